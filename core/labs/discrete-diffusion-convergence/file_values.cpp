#include "labs/discrete-diffusion-convergence/file_values.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reprise::diffusion {

void refuse(const std::string& file, const std::string& place, const std::string& found,
            const std::string& allowed) {
  throw InputError(
      Problem{file, found, allowed, file + " " + place + ": " + found + "; allowed: " + allowed});
}

std::string file_name_of(const TaskContext& context, std::string_view input) {
  const auto found = context.inputs().find(input);
  const bool named = found != context.inputs().end() && !found->second.file_name.empty();
  return named ? found->second.file_name : std::string(input);
}

FileKind kind_of(const ByteSource& source) {
  std::array<std::byte, 64> head{};
  const std::size_t length = source.read(0, head);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), length);
  if (text.starts_with("\x93NUMPY")) return FileKind::Npy;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' ? FileKind::Json : FileKind::Csv;
}

Json read_json(const ByteSource& source, const std::string& file) {
  if (source.size() > most_json_bytes) {
    refuse(file, "has", std::to_string(source.size()) + " bytes",
           "at most " + grouped(most_json_bytes) + " bytes of JSON; larger rates as NPY or CSV");
  }
  const std::vector<std::byte> bytes = read_all(source);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(text)) refuse(file, "holds", "bytes that are not UTF-8", "JSON");
  try {
    return Json::parse(text);
  } catch (const InputError& error) {
    refuse(file, "is no JSON", error.what(), "one JSON object");
  }
}

void check_keys(const Json& object, const std::string& file, std::initializer_list<std::string_view> keys) {
  std::string allowed;
  for (const std::string_view key : keys) allowed += (allowed.empty() ? "" : ", ") + std::string(key);
  for (const auto& [key, value] : object.as_object()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) refuse(file, "key", in_quotes(key), allowed);
  }
}

double number_at(const Json& value, const std::string& file, const std::string& place) {
  if (!value.is_number()) refuse(file, place, shown(value.dump()), "a number");
  return value.as_number();
}

std::vector<double> numbers_at(const Json& object, std::string_view key, const std::string& file) {
  const Json& list = object.at(key);
  const std::string name(key);
  if (!list.is_array()) refuse(file, name, shown(list.dump()), "a list of numbers");
  std::vector<double> values;
  values.reserve(list.size());
  for (const Json& value : list.as_array()) {
    values.push_back(number_at(value, file, name + " entry " + std::to_string(values.size() + 1)));
  }
  return values;
}

std::size_t symbol_of(double value, std::size_t below, const std::string& file, const std::string& place) {
  if (!(value >= 0 && value < static_cast<double>(below)) || value != std::floor(value)) {
    refuse(file, place, number_to_text(value), "symbols 0…" + std::to_string(below - 1));
  }
  return static_cast<std::size_t>(value);
}

std::size_t count_of(double value, double low, double high, const std::string& file,
                     const std::string& place) {
  if (!(value >= low && value <= high) || value != std::floor(value)) {
    refuse(file, place, number_to_text(value),
           "integers " + number_to_text(low) + "…" + number_to_text(high));
  }
  return static_cast<std::size_t>(value);
}

}  // namespace reprise::diffusion
