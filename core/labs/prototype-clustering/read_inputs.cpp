#include "labs/prototype-clustering/read_inputs.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data/text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t values_per_step = 20'000;
constexpr std::int64_t most_values = 100'000'000;  // 800 MB
constexpr std::int64_t most_rows = 10'000'000;

bool ends_in_npy(const std::string& name) {
  if (name.size() < 4) return false;
  std::string end = name.substr(name.size() - 4);
  for (char& c : end) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return end == ".npy";
}

/// A field that stands for a number, though perhaps for none that is allowed.
bool looks_numeric(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || parse_number(text)) return true;
  std::string lower;
  for (const char c : text) {
    if (c != '+' && c != '-') lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower == "nan" || lower == "inf" || lower == "infinity" || lower == "1e400";
}

/// Rows of numbers with at most one column of texts and one of weights taken out.
class TableReader {
 public:
  TableReader(const ByteSource& source, std::string file_name, std::string label_column,
              std::string weight_column)
      : file_(std::move(file_name)) {
    if (ends_in_npy(file_)) {
      npy_.emplace(source, file_);
      if (npy_->shape().size() > 2)
        fail(std::to_string(npy_->shape().size()) + " dimensions", "an array of one or two dimensions");
      columns = npy_->shape().size() == 2 ? npy_->row_size() : 1;
      total_rows_ = npy_->rows();
      if (!label_column.empty() || !weight_column.empty())
        fail("no column names", "label_column and weight_column only with CSV");
      return;
    }
    {
      CsvReader probe(source, file_, std::size_t{1} << 20, CsvHeader::absent);
      if (!probe.next_row()) fail("no rows", "at least one row");
      for (std::size_t c = 0; c < probe.columns().size(); ++c)
        header_ = header_ || !looks_numeric(probe.field(c));
    }
    csv_.emplace(source, file_, std::size_t{1} << 20, header_ ? CsvHeader::present : CsvHeader::absent);
    if (!label_column.empty()) label_at_ = csv_->required_column(label_column);
    if (!weight_column.empty()) weight_at_ = csv_->required_column(weight_column);
    for (std::size_t c = 0; c < csv_->columns().size(); ++c) {
      if (c == label_at_ || c == weight_at_) continue;
      used_.push_back(c);
      names.push_back(csv_->columns()[c]);
    }
    columns = static_cast<std::int64_t>(used_.size());
    if (columns == 0) fail("no column of numbers", "at least one");
  }

  bool step() {
    std::int64_t left = values_per_step;
    if (npy_) {
      const std::int64_t count =
          std::min(total_rows_ - rows, std::max<std::int64_t>(1, left / std::max<std::int64_t>(1, columns)));
      if (count > 0) {
        const std::vector<double> block = npy_->read_rows(rows, count);
        for (std::size_t at = 0; at < block.size(); ++at) {
          if (std::isfinite(block[at])) continue;
          const auto row = rows + static_cast<std::int64_t>(at) / columns + 1;
          fail_at(row, std::to_string(static_cast<std::int64_t>(at) % columns + 1),
                  number_to_text(block[at]));
        }
        values.insert(values.end(), block.begin(), block.end());
        rows += count;
      }
      check_size();
      return rows == total_rows_;
    }
    for (; left > 0; left -= columns) {
      if (!csv_->next_row()) {
        if (rows == 0) fail("no rows", "at least one row");
        return true;
      }
      for (const std::size_t c : used_) {
        if (!parse_number(trimmed(csv_->field(c))))
          fail_at(csv_->row(), header_ ? "'" + csv_->columns()[c] + "'" : csv_->columns()[c],
                  std::string(csv_->field(c)));
        values.push_back(csv_->number(c));
      }
      if (label_at_ != none) labels.push_back(std::string(trimmed(csv_->field(label_at_))));
      if (weight_at_ != none) add_weight();
      ++rows;
    }
    check_size();
    return false;
  }

  std::int64_t rows = 0, columns = 0;
  std::vector<double> values, weights;
  std::vector<std::string> labels, names;

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
  }
  void add_weight() {
    const double weight = csv_->number(weight_at_);
    if (!(weight > 0)) {
      const std::string found = number_to_text(weight);
      throw InputError(Problem{"weight_column", found, "> 0",
                               file_ + " row " + std::to_string(csv_->row()) + ", column '" +
                                   csv_->columns()[weight_at_] + "': weight " + found +
                                   "; allowed are numbers above 0"});
    }
    weights.push_back(weight);
  }
  void check_size() const {
    if (rows > most_rows || rows * columns > most_values)
      fail(std::to_string(rows) + " rows of " + std::to_string(columns) + " numbers",
           "at most 10,000,000 rows and 100,000,000 numbers");
  }
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const {
    throw InputError(Problem{file_, found, allowed, file_ + ": " + found + "; allowed: " + allowed});
  }
  [[noreturn]] void fail_at(std::int64_t row, const std::string& column, const std::string& found) const {
    throw InputError(Problem{file_, found, "finite numbers",
                             file_ + " row " + std::to_string(row) + ", column " + column + ": " +
                                 in_quotes(found) + " is not finite; allowed are finite numbers"});
  }

  std::string file_;
  std::optional<NpyReader> npy_;
  std::optional<CsvReader> csv_;
  bool header_ = false;
  std::int64_t total_rows_ = 0;
  std::size_t label_at_ = none, weight_at_ = none;
  std::vector<std::size_t> used_;
};

/// Texts as labels 0…k − 1 in the order of their sorted distinct values; returns k.
std::int64_t labels_of_texts(const std::vector<std::string>& texts, clustering::Labels& labels) {
  std::vector<std::string> values = texts;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const bool integers = std::all_of(values.begin(), values.end(),
                                    [](const std::string& text) { return parse_integer(text).has_value(); });
  std::vector<std::size_t> rank(values.size());
  for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = i;
  if (integers) {
    std::sort(rank.begin(), rank.end(), [&](std::size_t a, std::size_t b) {
      return *parse_integer(values[a]) < *parse_integer(values[b]);
    });
  }
  std::vector<std::int32_t> place(values.size());
  for (std::size_t i = 0; i < rank.size(); ++i) place[rank[i]] = static_cast<std::int32_t>(i);
  labels.clear();
  for (const std::string& text : texts)
    labels.push_back(place[static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), text) -
                                                    values.begin())]);
  return static_cast<std::int64_t>(values.size());
}

/// One column of labels, with or without the header "label".
std::vector<std::string> read_label_texts(const ByteSource& source, const std::string& file) {
  std::vector<std::string> texts;
  const auto fail = [&](const std::string& found, const std::string& allowed) {
    throw InputError(Problem{file, found, allowed, file + ": " + found + "; allowed: " + allowed});
  };
  if (ends_in_npy(file)) {
    const NpyReader npy(source, file);
    if (npy.shape().size() > 1 && npy.row_size() != 1)
      fail(std::to_string(npy.row_size()) + " columns", "one column of integers");
    for (std::int64_t first = 0; first < npy.rows(); first += values_per_step) {
      for (const double value : npy.read_rows(first, std::min(values_per_step, npy.rows() - first))) {
        if (value != std::floor(value) || !(std::fabs(value) < 1e15))
          fail("label " + number_to_text(value) + " in row " + std::to_string(texts.size() + 1), "integers");
        texts.push_back(std::to_string(static_cast<std::int64_t>(value)));
      }
    }
    return texts;
  }
  CsvReader csv(source, file, std::size_t{1} << 20, CsvHeader::absent);
  if (csv.columns().size() != 1)
    fail(std::to_string(csv.columns().size()) + " columns", "one column, a label for each row of data");
  while (csv.next_row()) {
    std::string text(csv.field(0));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    while (!text.empty() && text.front() == ' ') text.erase(text.begin());
    if (text.empty()) fail("an empty label in row " + std::to_string(csv.row()), "a label in each row");
    if (texts.empty() && csv.row() == 1 && text == "label") continue;
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

class OwnDataReader::Work {
 public:
  Work(TaskContext& context, ReadOptions options)
      : context_(context),
        options_(std::move(options)),
        table_(context.input("data"), file_name_of(context, "data"), options_.label_column,
               options_.weight_column) {}

  bool step() {
    if (!read_) {
      read_ = table_.step();
      return false;
    }
    finish();
    return true;
  }
  OwnData data;

 private:
  bool reads(const char* name) const {
    return context_.has_input(name) &&
           std::find(options_.inputs.begin(), options_.inputs.end(), name) != options_.inputs.end();
  }
  clustering::Labels labels_from(const std::vector<std::string>& texts, const std::string& file,
                                 std::int64_t& clusters) const {
    if (static_cast<std::int64_t>(texts.size()) != table_.rows) {
      const std::string found =
          std::to_string(texts.size()) + " labels for " + std::to_string(table_.rows) + " rows of data";
      throw InputError(Problem{file, found, "as many labels as rows",
                               file + " has " + found + "; allowed: as many labels as rows"});
    }
    clustering::Labels labels;
    clusters = labels_of_texts(texts, labels);
    return labels;
  }
  void finish() {
    data.points = clustering::Points(table_.rows, table_.columns, std::move(table_.values));
    data.weights = std::move(table_.weights);
    if (reads("labels")) {
      const std::string file = file_name_of(context_, "labels");
      data.labels = labels_from(read_label_texts(context_.input("labels"), file), file, data.clusters);
    } else if (!table_.labels.empty()) {
      data.labels = labels_from(table_.labels, file_name_of(context_, "data"), data.clusters);
    }
    if (reads("reference_labels")) {
      const std::string file = file_name_of(context_, "reference_labels");
      std::int64_t clusters = 0;
      data.reference =
          labels_from(read_label_texts(context_.input("reference_labels"), file), file, clusters);
    }
    if (reads("prototypes")) read_prototypes();
    if (!options_.standardise) return;
    const std::int64_t columns = data.points.dims;
    const Standardised by = standardise(data.points);
    std::size_t next = 0;
    for (std::int64_t j = 0; j < columns; ++j) {
      if (next < by.kept.size() && by.kept[next] == j) {
        ++next;
        continue;
      }
      const std::string name = table_.names.empty() ? std::to_string(j + 1)
                                                    : "'" + table_.names[static_cast<std::size_t>(j)] + "'";
      context_.partial().warn("Column " + name + " is constant and was left out: it cannot be standardised.");
    }
    if (by.kept.empty())
      throw InputError(Problem{"data", "constant columns only", "columns that vary",
                               "data: every column is constant; allowed: at least one column that varies"});
    if (data.prototypes) data.prototypes = transformed(*data.prototypes, by);
  }
  void read_prototypes() {
    const std::string file = file_name_of(context_, "prototypes");
    TableReader reader(context_.input("prototypes"), file, "", "");
    while (!reader.step()) {
    }
    if (reader.columns != data.points.dims) {
      const std::string found = std::to_string(reader.columns) + " columns";
      const std::string allowed = std::to_string(data.points.dims) + ", as many as data";
      throw InputError(Problem{file, found, allowed, file + " has " + found + "; allowed: " + allowed});
    }
    if (data.labels && reader.rows != data.clusters) {
      const std::string found = std::to_string(reader.rows) + " prototypes";
      const std::string allowed = std::to_string(data.clusters) + ", one a label";
      throw InputError(Problem{file, found, allowed, file + " has " + found + "; allowed: " + allowed});
    }
    data.clusters = reader.rows;
    data.prototypes = clustering::Points(reader.rows, reader.columns, std::move(reader.values));
  }

  TaskContext& context_;
  ReadOptions options_;
  TableReader table_;
  bool read_ = false;
};

OwnDataReader::OwnDataReader(TaskContext& context, ReadOptions options)
    : work_(std::make_unique<Work>(context, std::move(options))) {}
OwnDataReader::~OwnDataReader() = default;
bool OwnDataReader::step() {
  return work_->step();
}
OwnData OwnDataReader::take() {
  return std::move(work_->data);
}

std::string file_name_of(const TaskContext& context, std::string_view input) {
  const auto found = context.inputs().find(input);
  const bool named = found != context.inputs().end() && !found->second.file_name.empty();
  return named ? found->second.file_name : std::string(input);
}

InputSpec data_input(bool required) {
  InputSpec input;
  input.name = "data";
  input.required = required;
  input.formats = {"csv", "npy"};
  input.description = "Your points, one a row.";
  input.columns =
      "Numbers, one column a coordinate; a first row with a field that is no number holds the column names. "
      "One column may hold labels and one weights: name them in the settings. NPY: an array (n, d). At most "
      "10,000,000 rows and 100,000,000 numbers.";
  input.example = "length,width\n5.1,3.5\n4.9,3.0\n7.0,3.2\n6.4,3.2\n";
  return input;
}

InputSpec labels_input(std::string name) {
  InputSpec input;
  const bool reference = name == "reference_labels";
  input.name = std::move(name);
  input.formats = {"csv", "npy"};
  input.description = reference ? "The groups that the labels are compared with, one a row of data."
                                : "The clustering to look at: one label a row of data.";
  input.columns = "One column of integers or names; a first row “label” is skipped. NPY: integers.";
  input.example = "label\n0\n0\n1\n1\n";
  return input;
}

InputSpec prototypes_input(std::string name) {
  InputSpec input;
  input.name = std::move(name);
  input.formats = {"csv", "npy"};
  input.description = "One prototype a row, in the units of data.";
  input.columns = "As many columns of numbers as data has.";
  input.example = "5.0,3.4\n6.7,3.2\n";
  return input;
}

void check_distinct(const clustering::Points& points, std::int64_t k, std::string_view key) {
  const std::int64_t distinct = clustering::distinct_rows(points, k);
  if (k <= distinct) return;
  throw InputError(Problem{std::string(key), std::to_string(k), "1…" + std::to_string(distinct),
                           std::string(key) + "=" + std::to_string(k) + " but only " +
                               std::to_string(distinct) + " distinct points; allowed: 1…" +
                               std::to_string(distinct)});
}

InputSize size_of_data(const InputInfos& inputs) {
  InputSize size;
  const auto found = inputs.find("data");
  if (found == inputs.end()) return size;
  size.bytes = static_cast<double>(found->second.bytes);
  size.rows = std::max(1.0, static_cast<double>(found->second.rows));
  size.values = std::max(size.rows, size.bytes / (ends_in_npy(found->second.file_name) ? 8 : 7));
  return size;
}

}  // namespace reprise::protoclust
