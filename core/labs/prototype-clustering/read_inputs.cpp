#include "labs/prototype-clustering/read_inputs.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/text.h"
#include "labs/prototype-clustering/number_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr std::int64_t labels_per_step = 20'000;
constexpr double most_asymmetry = 1e-9;  // relative

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
  const auto read_numbers = [&](const auto& reader) {
    if (reader.shape().size() > 1 && reader.row_size() != 1)
      fail(std::to_string(reader.row_size()) + " columns", "one column of integers");
    for (std::int64_t first = 0; first < reader.rows(); first += labels_per_step) {
      for (const double value : reader.read_rows(first, std::min(labels_per_step, reader.rows() - first))) {
        if (value != std::floor(value) || !(std::fabs(value) < 1e15))
          fail("label " + number_to_text(value) + " in row " + std::to_string(texts.size() + 1), "integers");
        texts.push_back(std::to_string(static_cast<std::int64_t>(value)));
      }
    }
  };
  if (ends_in_npy(file)) {
    read_numbers(NpyReader(source, file));
    return texts;
  }
  if (IdxReader::recognises(source)) {
    read_numbers(IdxReader(source, file));
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
        table_(context.input("data"), file_name_of(context, "data"),
               {options_.label_column, options_.weight_column, true, options_.most_rows}) {}

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
  bool wants(const char* name) const {
    return std::find(options_.inputs.begin(), options_.inputs.end(), name) != options_.inputs.end();
  }
  bool reads(const char* name) const { return context_.has_input(name) && wants(name); }
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
    } else if (!table_.labels.empty() && wants("labels")) {
      data.labels = labels_from(table_.labels, file_name_of(context_, "data"), data.clusters);
    }
    if (reads("reference_labels")) {
      const std::string file = file_name_of(context_, "reference_labels");
      std::int64_t clusters = 0;
      data.reference =
          labels_from(read_label_texts(context_.input("reference_labels"), file), file, clusters);
    }
    if (reads("prototypes")) take_prototypes("prototypes");
    if (reads("starts")) take_prototypes("starts");
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
  void take_prototypes(const char* input) {
    clustering::Points given = read_prototypes(context_, input, data.points.dims);
    if (data.labels && given.rows != data.clusters) {
      const std::string file = file_name_of(context_, input);
      const std::string found = std::to_string(given.rows) + " prototypes";
      const std::string allowed = std::to_string(data.clusters) + ", one a label";
      throw InputError(Problem{file, found, allowed, file + " has " + found + "; allowed: " + allowed});
    }
    data.clusters = given.rows;
    data.prototypes = std::move(given);
  }

  TaskContext& context_;
  ReadOptions options_;
  NumberTable table_;
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

clustering::Points read_prototypes(const TaskContext& context, const char* input, std::int64_t dims) {
  const std::string file = file_name_of(context, input);
  NumberTable reader(context.input(input), file, {});
  while (!reader.step()) {
  }
  if (reader.columns != dims) {
    const std::string found = std::to_string(reader.columns) + " columns";
    const std::string allowed = std::to_string(dims) + ", as many as data";
    throw InputError(Problem{file, found, allowed, file + " has " + found + "; allowed: " + allowed});
  }
  return clustering::Points(reader.rows, reader.columns, std::move(reader.values));
}

clustering::Points read_dissimilarities(const TaskContext& context, std::int64_t most) {
  const std::string file = file_name_of(context, "dissimilarity");
  NumberTable::Options options;
  options.header = false;
  NumberTable reader(context.input("dissimilarity"), file, options);
  while (!reader.step()) {
  }
  const auto fail = [&](const std::string& found, const std::string& allowed) {
    throw InputError(Problem{file, found, allowed, file + ": " + found + "; allowed: " + allowed});
  };
  const auto place = [&](std::int64_t row, std::int64_t column) {
    return "entry (" + std::to_string(row + 1) + ", " + std::to_string(column + 1) + ")";
  };
  if (reader.rows != reader.columns)
    fail(std::to_string(reader.rows) + " rows of " + std::to_string(reader.columns) + " columns",
         "a square matrix");
  const std::int64_t n = reader.rows, kept = std::min(n, most);
  clustering::Points matrix(kept, kept);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      const double value = reader.values[static_cast<std::size_t>(i * n + j)];
      const double mirrored = reader.values[static_cast<std::size_t>(j * n + i)];
      const auto shown = [&] { return place(i, j) + " is " + number_to_text(value); };
      if (value < 0) fail(shown(), "no negative dissimilarity");
      if (i == j && value != 0) fail(shown(), "0 on the diagonal");
      if (std::fabs(value - mirrored) > most_asymmetry * std::max(value, mirrored))
        fail(shown() + " but " + place(j, i) + " is " + number_to_text(mirrored), "a symmetric matrix");
      if (i < kept && j < kept) matrix.row(i)[j] = i < j ? value : mirrored;
    }
  }
  return matrix;
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
  input.formats = {"csv", "npy", "idx"};
  input.description = "Your points, one a row.";
  input.columns =
      "Numbers, one column a coordinate; a first row with a field that is no number holds the column names. "
      "One column may hold labels and one weights: name them in the settings. NPY: an array (n, d). IDX: one "
      "image a row, pixels "
      "divided by 255. At most "
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

InputSpec dissimilarity_input() {
  InputSpec input;
  input.name = "dissimilarity";
  input.formats = {"csv", "npy"};
  input.description = "A matrix of dissimilarities instead of points; for k-medoids only.";
  input.columns =
      "n rows of n numbers without a header: symmetric, not negative, zero on the diagonal. "
      "Only fasterpam and pam can use it.";
  input.example = "0,1,5\n1,0,4\n5,4,0\n";
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
