#include "labs/recalibration/score_table.h"

#include "base/math.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

namespace reprise::recal {

namespace {

constexpr std::string_view input_name = "scores";

bool looks_like_npy(const ByteSource& source, std::string_view file_name) {
  std::array<std::byte, 6> head{};
  const bool magic = source.read(0, head) == head.size() && std::memcmp(head.data(), "\x93NUMPY", 6) == 0;
  return magic || file_name.ends_with(".npy");
}

/// Runs `work`; problems that the file readers report belong to the input, whatever the file is called.
template <class Work>
auto as_problem_of_input(const Work& work) {
  try {
    return work();
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) problem.key = input_name;
    throw InputError(std::move(problems));
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// k of a column named <letter>_<k>.
std::optional<std::int64_t> class_of_column(std::string_view name, char letter) {
  if (name.size() < 3 || name[0] != letter || name[1] != '_') return std::nullopt;
  const std::string_view digits = name.substr(2);
  const bool plain = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
                     (digits.size() == 1 || digits[0] != '0') && digits.size() <= 6;
  return plain ? parse_integer(digits) : std::nullopt;
}

/// p = softmax(z), in place.
void softmax(std::vector<double>& z) {
  const double largest = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double& value : z) sum += value = math::exp(value - largest);
  for (double& value : z) value /= sum;
}

}  // namespace

ScoreTableReader::ScoreTableReader(const ByteSource& source, std::string file_name,
                                   const ScoreOptions& options)
    : source_(source), file_name_(std::move(file_name)), options_(options) {
  table_.scale = options.mode == ScoreMode::Binary ? options.scale : ScoreScale::Probability;
  as_problem_of_input([&] {
    if (looks_like_npy(source_, file_name_)) {
      npy_ = std::make_unique<NpyReader>(source_, file_name_);
    } else {
      csv_ = std::make_unique<CsvReader>(source_, file_name_);
    }
  });
  if (npy_) check_npy();
  if (csv_) find_columns();
}

ScoreTableReader::~ScoreTableReader() = default;

void ScoreTableReader::check_npy() const {
  if (options_.mode != ScoreMode::Binary) {
    throw InputError({"mode", options_.mode == ScoreMode::TopLabel ? "top_label" : "one_vs_rest", "binary",
                      file_name_ +
                          ": an NPY file holds score and label only; for several classes use CSV with " +
                          "the columns label, p_0, p_1, …"});
  }
  const std::vector<std::int64_t>& shape = npy_->shape();
  const bool fits = shape.size() == 2 && shape[1] == 2;
  const bool floating = npy_->type() == NpyType::F64 || npy_->type() == NpyType::F32;
  if (fits && floating) return;
  std::string found = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) found += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  found += shape.size() == 1 ? ",)" : ")";
  found += " of " + std::string(npy_->type_name());
  throw InputError({"scores", found, "(n, 2) of <f8",
                    file_name_ + ": the array has shape " + found +
                        "; allowed: float64 of shape (n, 2), the columns score and label"});
}

void ScoreTableReader::find_columns() {
  std::vector<Problem> problems;
  const bool binary = options_.mode == ScoreMode::Binary;
  const std::string allowed =
      binary ? "score, label, split, domain, id" : "label, p_0, p_1, … (or z_0, z_1, …), split, domain, id";
  const auto complain = [&](std::string found, std::string needed, const std::string& message,
                            std::string_view key = input_name) {
    problems.push_back(
        {std::string(key), std::move(found), std::move(needed), file_name_ + " header: " + message});
  };

  std::vector<std::string> class_names;
  for (std::size_t column = 0; column < csv_->columns().size(); ++column) {
    const std::string& name = csv_->columns()[column];
    if (name == "label") {
      label_column_ = column;
    } else if (name == "split") {
      split_column_ = column;
    } else if (name == "domain") {
      domain_column_ = column;
    } else if (name == "id") {
      id_column_ = column;
    } else if (name == "score" && binary) {
      score_column_ = column;
    } else if (name == "weight") {
      complain("weight", allowed,
               "column \"weight\": weighted rows are not supported; allowed columns: " + allowed);
    } else if (class_of_column(name, 'p') || class_of_column(name, 'z')) {
      class_names.push_back(name);
    } else {
      complain(shown(name), allowed, "unknown column " + in_quotes(name) + "; allowed: " + allowed);
    }
  }
  if (binary && !class_names.empty()) {
    complain(class_names.front(), "top_label, one_vs_rest",
             "columns of several classes (" + class_names.front() + (class_names.size() > 1 ? ", …" : "") +
                 ") with mode=binary; use mode=top_label or " + "mode=one_vs_rest, or a column score",
             "mode");
  }
  if (binary && score_column_ == none && class_names.empty()) {
    complain("", "score", "column \"score\" is missing; needed: score, label");
  }
  if (label_column_ == none) {
    complain("", "label",
             std::string("column \"label\" is missing; needed: ") +
                 (binary ? "score, label" : "label, p_0, p_1, …"));
  }
  if (!binary) find_class_columns(problems);
  if (problems.size() > most_reported_problems) {
    const std::size_t more = problems.size() - most_reported_problems;
    problems.resize(most_reported_problems);
    complain("", allowed, std::to_string(more) + " more problems of the columns");
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  table_.has_split = split_column_ != none;
  table_.has_domain = domain_column_ != none;
}

void ScoreTableReader::find_class_columns(std::vector<Problem>& problems) {
  const auto complain = [&](std::string found, std::string needed, const std::string& message,
                            std::string_view key = input_name) {
    problems.push_back(
        {std::string(key), std::move(found), std::move(needed), file_name_ + " header: " + message});
  };
  std::size_t with_letter[2] = {0, 0};
  for (const std::string& name : csv_->columns()) {
    if (class_of_column(name, 'p')) ++with_letter[0];
    if (class_of_column(name, 'z')) ++with_letter[1];
  }
  if (with_letter[0] > 0 && with_letter[1] > 0) {
    complain("p_… and z_…", "one of them",
             "columns p_… (probabilities) and z_… (logits) together; allowed: one kind");
    return;
  }
  class_logits_ = with_letter[1] > 0;
  const char letter = class_logits_ ? 'z' : 'p';
  const std::size_t classes = with_letter[class_logits_ ? 1 : 0];
  if (classes < 2) {
    complain(std::to_string(classes), "2 or more",
             std::string("mode=") + (options_.mode == ScoreMode::TopLabel ? "top_label" : "one_vs_rest") +
                 " needs a column for each of two or more classes: p_0, p_1, … (or logits z_0, z_1, …); " +
                 std::to_string(classes) + " found");
    return;
  }
  class_columns_.resize(classes);
  for (std::size_t k = 0; k < classes; ++k) {
    const std::string name = std::string(1, letter) + "_" + std::to_string(k);
    const std::optional<std::size_t> column = csv_->column(name);
    if (!column) {
      complain("", name,
               "column \"" + name + "\" is missing; " + std::to_string(classes) +
                   " classes have to be numbered 0…" + std::to_string(classes - 1));
    }
    class_columns_[k] = column.value_or(0);
  }
  class_values_.resize(classes);
  const auto last = static_cast<std::int64_t>(classes) - 1;
  if (options_.mode == ScoreMode::OneVsRest && options_.positive_class > last) {
    const std::string found = std::to_string(options_.positive_class);
    const std::string allowed = "0…" + std::to_string(last);
    complain(found, allowed, "positive_class=" + found + ", but the classes are " + allowed,
             "positive_class");
  }
}

void ScoreTableReader::reserve(std::int64_t rows) {
  // A row of two columns has at least four bytes; estimates from the first rows miss by a few per cent.
  const auto most = source_.size() / 4;
  const auto wanted = static_cast<std::uint64_t>(std::max<std::int64_t>(rows, 0));
  const auto count = static_cast<std::size_t>(std::min(most, npy_ ? wanted : wanted + wanted / 16));
  table_.score.reserve(count);
  table_.label.reserve(count);
  table_.role.reserve(count);
  if (id_column_ != none) ids_ = IdSet(count);
}

bool ScoreTableReader::step(std::int64_t rows) {
  const bool done = as_problem_of_input([&] { return csv_ ? read_csv_rows(rows) : read_npy_rows(rows); });
  if (done) finish();
  return done;
}

double ScoreTableReader::progress() const {
  if (npy_) {
    return npy_->rows() == 0 ? 1 : static_cast<double>(npy_row_) / static_cast<double>(npy_->rows());
  }
  return static_cast<double>(csv_->bytes_read()) /
         static_cast<double>(std::max<std::uint64_t>(source_.size(), 1));
}

void ScoreTableReader::finish() const {
  if (!problems_.empty()) throw InputError(problems_);
  if (table_.rows() == 0) {
    throw InputError({"scores", "0 rows", "at least 2 rows",
                      file_name_ + ": there is a header, but no row; at least 2 rows are needed"});
  }
}

/// Keeps a problem of a row; beyond the limit nothing more is collected.
void ScoreTableReader::note(std::int64_t row, std::string_view column, std::string found, std::string allowed,
                            const std::string& message) {
  ++row_problems_;
  std::string text = file_name_ + " row " + std::to_string(row);
  if (!column.empty()) text += ", column \"" + std::string(column) + "\"";
  problems_.push_back({std::string(input_name), std::move(found), std::move(allowed), text + ": " + message});
  if (problems_.size() < most_reported_problems) return;
  problems_.push_back({std::string(input_name), "", "",
                       file_name_ + ": reading stopped after " + std::to_string(most_reported_problems) +
                           " problems; there may be more"});
  throw InputError(problems_);
}

void ScoreTableReader::check_score(std::int64_t row, double score) {
  if (table_.scale == ScoreScale::Logit || (score >= 0 && score <= 1)) return;
  const std::string found = number_to_text(score);
  note(row, "score", found, "0…1",
       "score " + found + "; allowed 0…1 — use score_kind=logit for real-valued scores");
}

void ScoreTableReader::add_row(double score, std::uint8_t label, RowRole role) {
  table_.score.push_back(score);
  table_.label.push_back(label);
  table_.role.push_back(role);
}

bool ScoreTableReader::read_npy_rows(std::int64_t rows) {
  const std::int64_t count = std::min(rows, npy_->rows() - npy_row_);
  const std::vector<double> values = npy_->read_rows(npy_row_, count);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = npy_row_ + i + 1;
    const double score = values[static_cast<std::size_t>(2 * i)];
    const double label = values[static_cast<std::size_t>(2 * i + 1)];
    if (!std::isfinite(score)) {
      note(row, "score", number_to_text(score), "finite numbers",
           "score " + number_to_text(score) + "; allowed: finite numbers");
    } else {
      check_score(row, score);
    }
    if (label != 0 && label != 1) {
      note(row, "label", number_to_text(label), "0 or 1",
           "label " + number_to_text(label) + "; allowed: 0 or 1");
    }
    add_row(score, label == 1 ? 1 : 0, RowRole::Fitted);
  }
  npy_row_ += count;
  return npy_row_ == npy_->rows();
}

bool ScoreTableReader::read_csv_rows(std::int64_t rows) {
  // A structural error ends reading; what was found before it is told with it.
  try {
    for (std::int64_t i = 0; i < rows; ++i) {
      if (!csv_->next_row()) return true;
      read_csv_row();
    }
  } catch (const InputError& error) {
    if (problems_.empty() || problems_.size() >= most_reported_problems) throw;
    std::vector<Problem> all = problems_;
    all.insert(all.end(), error.problems().begin(), error.problems().end());
    throw InputError(std::move(all));
  }
  return false;
}

void ScoreTableReader::read_csv_row() {
  row_problems_ = 0;
  if (id_column_ != none) check_id();
  const RowRole role = read_role();
  if (options_.mode == ScoreMode::Binary) {
    const double score = read_binary_score();
    const std::uint8_t label = read_binary_label(role);
    add_row(score, label, role);
  } else {
    read_class_row(role);
  }
}

void ScoreTableReader::check_id() {
  const std::string_view id = csv_->field(id_column_);
  if (id.empty()) {
    note(csv_->row(), "id", "", "a name that no other row has",
         "the id is empty; allowed: a different one in every row");
    return;
  }
  const std::optional<std::int64_t> first = ids_.insert(id, csv_->row());
  if (!first) return;
  note(csv_->row(), "id", shown(id), "a name that no other row has",
       "id " + in_quotes(id) + " is also in row " + std::to_string(*first) +
           "; every id may stand once, in all splits and domains together");
}

RowRole ScoreTableReader::read_role() {
  RowRole role = RowRole::Fitted;
  if (split_column_ != none) {
    const std::string_view split = trimmed(csv_->field(split_column_));
    if (split == "test") {
      role = RowRole::Test;
    } else if (split != "cal") {
      note(csv_->row(), "split", shown(split), "cal or test",
           "split " + in_quotes(split) + "; allowed: cal or test");
    }
  }
  if (domain_column_ != none) {
    const std::string_view domain = trimmed(csv_->field(domain_column_));
    if (domain == "target") {
      role = RowRole::Target;
    } else if (domain != "source") {
      note(csv_->row(), "domain", shown(domain), "source or target",
           "domain " + in_quotes(domain) + "; allowed: source or target");
    }
  }
  return role;
}

double ScoreTableReader::read_number(std::size_t column) {
  const std::string_view text = trimmed(csv_->field(column));
  if (const std::optional<double> value = parse_number(text)) return *value;
  note(csv_->row(), csv_->columns()[column], shown(text), "a finite number",
       (text.empty() ? std::string("the field is empty") : in_quotes(text) + " is not a finite number") +
           "; allowed: finite decimal numbers such as 0.25 or -1e-3");
  return 0;
}

double ScoreTableReader::read_binary_score() {
  const std::size_t before = row_problems_;
  const double score = read_number(score_column_);
  if (row_problems_ == before) check_score(csv_->row(), score);
  return score;
}

std::uint8_t ScoreTableReader::read_binary_label(RowRole role) {
  const std::string_view text = trimmed(csv_->field(label_column_));
  if (text.empty() && role != RowRole::Fitted) return no_label;
  const std::optional<double> value = parse_number(text);
  if (value && (*value == 0 || *value == 1)) return *value == 1 ? 1 : 0;
  if (text.empty()) {
    note(csv_->row(), "label", "", "0 or 1",
         "the label is empty; allowed: 0 or 1 (only rows with domain=target or split=test may have none)");
  } else {
    note(csv_->row(), "label", shown(text), "0 or 1", "label " + in_quotes(text) + "; allowed: 0 or 1");
  }
  return 0;
}

void ScoreTableReader::read_class_row(RowRole role) {
  const std::int64_t classes = static_cast<std::int64_t>(class_columns_.size());
  for (std::size_t k = 0; k < class_columns_.size(); ++k) {
    const std::size_t before = row_problems_;
    const double value = class_values_[k] = read_number(class_columns_[k]);
    if (row_problems_ == before && !class_logits_ && !(value >= 0 && value <= 1)) {
      note(csv_->row(), csv_->columns()[class_columns_[k]], number_to_text(value), "0…1",
           "probability " + number_to_text(value) +
               "; allowed 0…1 — name the columns z_0, z_1, … if they are logits");
    }
  }
  const std::string_view text = trimmed(csv_->field(label_column_));
  const std::optional<double> number = parse_number(text);  // also "3.0", as pandas writes labels with gaps
  const bool whole =
      number && *number >= 0 && *number < static_cast<double>(classes) && *number == std::floor(*number);
  const bool missing = text.empty() && role != RowRole::Fitted;
  const std::string allowed = "0…" + std::to_string(classes - 1);
  if (!missing && !whole) {
    note(csv_->row(), "label", shown(text), allowed,
         (text.empty() ? std::string("the label is empty") : "label " + in_quotes(text)) +
             "; allowed: the classes " + allowed);
  }
  if (row_problems_ > 0) {
    add_row(0, 0, role);
    return;
  }
  // The first maximum is looked for before the softmax, whose rounding could make new ties.
  const auto first_largest =
      std::max_element(class_values_.begin(), class_values_.end()) - class_values_.begin();
  if (class_logits_) softmax(class_values_);
  const std::int64_t wanted = options_.mode == ScoreMode::TopLabel ? first_largest : options_.positive_class;
  const std::uint8_t found = missing ? no_label : (*number == static_cast<double>(wanted) ? 1 : 0);
  add_row(class_values_[static_cast<std::size_t>(wanted)], found, role);
}

}  // namespace reprise::recal
