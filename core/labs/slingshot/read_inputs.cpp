#include "labs/slingshot/read_inputs.h"

#include "base/number_text.h"

#include <algorithm>
#include <cmath>

namespace reprise::slingshot {

std::string file_name_of(const TaskContext& context, std::string_view input) {
  const auto found = context.inputs().find(input);
  const bool named = found != context.inputs().end() && !found->second.file_name.empty();
  return named ? found->second.file_name : std::string(input);
}

std::vector<std::int32_t> labels_of(const NumberMatrix& column, const std::string& file_name,
                                    std::int64_t classes) {
  if (column.columns != 1) {
    const std::string found = std::to_string(column.columns);
    throw InputError(Problem{file_name, found, "1 column",
                             file_name + " has " + found + " columns; labels are one integer a row"});
  }
  std::vector<std::int32_t> labels;
  labels.reserve(column.values.size());
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    const double value = column.values[row];
    if (!(value >= 0 && value < static_cast<double>(classes)) || value != std::floor(value)) {
      const std::string found = number_to_text(value);
      const std::string allowed = "integers 0…" + std::to_string(classes - 1);
      throw InputError(Problem{
          file_name, found, allowed,
          file_name + " row " + std::to_string(row + 1) + ": label " + found + "; allowed are " + allowed});
    }
    labels.push_back(static_cast<std::int32_t>(value));
  }
  return labels;
}

void check_together(const InputInfos& inputs, const std::vector<std::string>& names,
                    std::vector<Problem>& problems) {
  const auto given = [&](const std::string& name) { return inputs.find(name) != inputs.end(); };
  if (std::none_of(names.begin(), names.end(), given)) return;
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  for (const std::string& name : names) {
    if (given(name)) continue;
    problems.push_back({name, "", "a file", "input '" + name + "' is missing; " + all + " come together"});
  }
}

}  // namespace reprise::slingshot
