#include "labs/selective-classification/score_rows.h"

#include "base/math.h"
#include "base/number_text.h"
#include "classify/blobs.h"
#include "data/text.h"

#include <algorithm>
#include <cmath>

namespace reprise::selective {

namespace {

constexpr int rows_a_step = 8000;
constexpr double least_probability = 1e-300;
const std::vector<std::string> known_names = {"score",  "correct",    "label", "pred", "split",
                                              "domain", "confidence", "group", "id"};

template <class T>
void pick(std::vector<T>& to, const std::vector<T>& from, const std::vector<std::uint32_t>& rows,
          std::size_t width) {
  if (from.empty()) return;
  to.reserve(rows.size() * width);
  for (const std::uint32_t row : rows) {
    const auto begin = from.begin() + static_cast<std::ptrdiff_t>(row * width);
    to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::uint32_t> ScoreRows::rows_of(bool val) const {
  std::vector<std::uint32_t> found;
  for (std::size_t row = 0; row < rows(); ++row) {
    const bool here = has_split() ? (is_val[row] != 0) == val : !val;
    if (here) found.push_back(static_cast<std::uint32_t>(row));
  }
  return found;
}

ScoreRows ScoreRows::only(const std::vector<std::uint32_t>& wanted) const {
  ScoreRows part;
  part.classes = classes;
  part.annotator_count = annotator_count;
  part.feature_count = feature_count;
  part.group_names = group_names;
  pick(part.score, score, wanted, 1);
  pick(part.correct, correct, wanted, 1);
  pick(part.label, label, wanted, 1);
  pick(part.pred, pred, wanted, 1);
  pick(part.is_val, is_val, wanted, 1);
  pick(part.is_target, is_target, wanted, 1);
  pick(part.confidence, confidence, wanted, 1);
  pick(part.group, group, wanted, 1);
  pick(part.logits, logits, wanted, classes);
  pick(part.posterior, posterior, wanted, classes);
  pick(part.annotators, annotators, wanted, annotator_count);
  pick(part.features, features, wanted, feature_count);
  return part;
}

ScoreRowsReader::ScoreRowsReader(const ByteSource& source, std::string file_name, classify::ScoreKind kind)
    : file_name_(std::move(file_name)), kind_(kind), csv_(source, file_name_) {
  find_columns();
}

std::vector<std::size_t> ScoreRowsReader::numbered(const std::string& prefix, std::int64_t first) {
  std::vector<std::size_t> found;
  for (std::int64_t k = first;; ++k) {
    const auto column = csv_.column(prefix + std::to_string(k));
    if (!column) break;
    found.push_back(*column);
  }
  for (const std::string& name : csv_.columns()) {
    if (name.rfind(prefix, 0) != 0 || name.size() == prefix.size()) continue;
    const std::string digits = name.substr(prefix.size());
    if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto k = parse_integer(digits);
    const auto count = static_cast<std::int64_t>(found.size());
    if (k && *k >= first && *k < first + count) continue;
    const std::string missing = prefix + std::to_string(first + count);
    throw InputError(Problem{"scores", name, missing,
                             file_name_ + " header: there is " + name + " but no " + missing +
                                 "; columns are numbered from " + std::to_string(first) + " without gaps"});
  }
  return found;
}

void ScoreRowsReader::find_columns() {
  for (const std::string& name : known_names) {
    if (const auto column = csv_.column(name)) named_[name] = *column;
  }
  probability_ = numbered("p_", 0);
  logit_ = numbered("z_", 0);
  posterior_ = numbered("posterior_", 0);
  annotator_ = numbered("label_", 1);
  for (std::size_t column = 0; column < csv_.columns().size(); ++column) {
    if (csv_.columns()[column].rfind("f_", 0) == 0) feature_.push_back(column);
  }
  const auto fail = [&](const std::string& found, const std::string& allowed, const std::string& message) {
    throw InputError(Problem{"scores", found, allowed, file_name_ + " header: " + message});
  };
  if (!probability_.empty() && !logit_.empty())
    fail("p_0 and z_0", "one of them",
         "columns p_… (probabilities) and z_… (logits) together; allowed: one kind");
  const bool outputs = !probability_.empty() || !logit_.empty();
  const bool has_label = named_.count("label") != 0, has_score = named_.count("score") != 0;
  const bool answers = named_.count("correct") != 0 || (has_label && (named_.count("pred") != 0 || outputs));
  if (!(answers && (has_score || outputs))) {
    fail("", "score and correct",
         "needed are score and correct; or score, label and pred; or label and p_0, p_1, … (or z_0, z_1, …)");
  }
  const std::size_t classes = std::max(probability_.size(), logit_.size());
  if (!posterior_.empty() && classes != 0 && posterior_.size() != classes) {
    fail(std::to_string(posterior_.size()) + " posterior columns", std::to_string(classes),
         "there are " + std::to_string(posterior_.size()) + " columns posterior_… and " +
             std::to_string(classes) + " classes; equally many are needed");
  }
  if (!posterior_.empty() && named_.count("pred") == 0 && !outputs)
    fail("posterior_0", "pred", "posterior_… needs pred, or p_… or z_… columns, to say what was answered");
  rows_.classes = std::max(classes, posterior_.size());
  rows_.annotator_count = annotator_.size();
  rows_.feature_count = feature_.size();
}

void ScoreRowsReader::note(const std::string& column, const std::string& found, const std::string& allowed,
                           const std::string& message) {
  problems_.push_back(
      {"scores", found, allowed,
       file_name_ + " row " + std::to_string(csv_.row()) + ", column " + column + ": " + message});
  if (problems_.size() < most_row_problems) return;
  problems_.push_back(
      {"scores", "", "", file_name_ + ": reading stopped after 20 problems; there may be more"});
  throw InputError(problems_);
}

std::optional<double> ScoreRowsReader::number(std::size_t column) {
  const std::string_view text = trimmed(csv_.field(column));
  const std::optional<double> value = parse_number(text);
  if (value && std::isfinite(*value)) return value;
  note(csv_.columns()[column], shown(text), "a finite number",
       (text.empty() ? std::string("empty") : shown(text)) + "; finite number required");
  return std::nullopt;
}

std::optional<std::int32_t> ScoreRowsReader::class_of(std::size_t column) {
  const std::optional<double> value = number(column);
  if (!value) return std::nullopt;
  const double most = rows_.classes > 0 ? static_cast<double>(rows_.classes) - 1 : 1e6;
  if (*value >= 0 && *value <= most && *value == std::floor(*value)) return static_cast<std::int32_t>(*value);
  const std::string allowed = "0…" + number_to_text(most);
  note(csv_.columns()[column], number_to_text(*value), allowed,
       number_to_text(*value) + " is no class; allowed: whole numbers " + allowed);
  return std::nullopt;
}

void ScoreRowsReader::read_words() {
  const auto word = [&](const char* name, const char* zero, const char* one, std::vector<std::uint8_t>& to) {
    if (named_.count(name) == 0) return;
    const std::string_view text = trimmed(csv_.field(named_.at(name)));
    if (text != zero && text != one) {
      const std::string allowed = std::string(zero) + " or " + one;
      note(name, shown(text), allowed, in_quotes(text) + "; allowed: " + allowed);
    }
    to.push_back(text == one ? 1 : 0);
  };
  word("split", "test", "val", rows_.is_val);
  word("domain", "source", "target", rows_.is_target);
  if (named_.count("group") != 0) {
    const std::string name = shown(trimmed(csv_.field(named_.at("group"))));
    const auto [entry, fresh] = groups_.emplace(name, static_cast<std::int32_t>(groups_.size()));
    if (fresh) rows_.group_names.push_back(name);
    rows_.group.push_back(entry->second);
  }
  if (named_.count("id") == 0) return;
  const bool val = rows_.has_split() && rows_.is_val.back() != 0;
  const std::string id(csv_.field(named_.at("id")));
  const auto [entry, fresh] = ids_.emplace(id, std::pair{csv_.row(), val});
  if (!fresh && entry->second.second != val) {
    note("id", shown(id), "rows of one split only",
         "id " + in_quotes(id) + " is also in row " + std::to_string(entry->second.first) +
             ", in the other split; val and test may share no row");
  }
}

// Appends this row's outputs; false when something is wrong with them.
bool ScoreRowsReader::read_classes(std::vector<double>& logits, std::vector<double>& posterior) {
  const std::size_t before = problems_.size();
  for (const std::size_t column : logit_) logits.push_back(number(column).value_or(0));
  const auto shares = [&](const std::vector<std::size_t>& columns, std::vector<double>& to,
                          const std::string& hint) {
    if (columns.empty()) return;
    double sum = 0;
    bool fine = true;
    for (const std::size_t column : columns) {
      const double p = number(column).value_or(0);
      if (p < 0 && fine) {
        fine = false;
        note(csv_.columns()[column], number_to_text(p), "0…1",
             number_to_text(p) + " is no probability" + hint);
      }
      to.push_back(p);
      sum += p;
    }
    if (fine && problems_.size() == before && !(std::fabs(sum - 1) <= 1e-3)) {
      note(csv_.columns()[columns.front()], number_to_text(sum), "sum 1",
           "the row sums to " + number_to_text(sum) + "; 1 is needed within 0.001 — renormalise the rows" +
               hint);
    }
  };
  const std::size_t first = logits.size();
  shares(probability_, logits,
         "; these look like logits if rows do not sum to 1: name the columns z_0, z_1, …");
  if (!probability_.empty()) {
    for (std::size_t k = first; k < logits.size(); ++k)
      logits[k] = math::log(std::max(logits[k], least_probability));
  }
  shares(posterior_, posterior, "");
  return problems_.size() == before;
}

void ScoreRowsReader::read_row() {
  const std::size_t before = problems_.size();
  read_words();
  read_classes(rows_.logits, rows_.posterior);
  std::optional<std::int32_t> label, pred;
  if (named_.count("label") != 0) label = class_of(named_.at("label"));
  if (named_.count("pred") != 0) pred = class_of(named_.at("pred"));
  for (const std::size_t column : annotator_) rows_.annotators.push_back(class_of(column).value_or(0));
  for (const std::size_t column : feature_) rows_.features.push_back(number(column).value_or(0));
  if (named_.count("confidence") != 0) {
    const double p = number(named_.at("confidence")).value_or(0);
    if (!(p >= 0 && p <= 1))
      note("confidence", number_to_text(p), "0…1", number_to_text(p) + " is no probability; allowed: 0…1");
    rows_.confidence.push_back(p);
  }
  std::optional<double> score, correct;
  if (named_.count("score") != 0) score = number(named_.at("score"));
  if (named_.count("correct") != 0) {
    correct = number(named_.at("correct"));
    if (correct && *correct != 0 && *correct != 1)
      note("correct", number_to_text(*correct), "0 or 1", number_to_text(*correct) + "; allowed: 0 or 1");
  }
  if (problems_.size() > before) return;
  if (!probability_.empty() || !logit_.empty()) {
    const std::size_t classes = std::max(probability_.size(), logit_.size());
    const std::span<const double> z = std::span<const double>(rows_.logits).last(classes);
    if (!pred) pred = static_cast<std::int32_t>(classify::first_largest(z));
    if (!score) score = classify::score_of(z, kind_);
  }
  if (label) rows_.label.push_back(*label);
  if (pred) rows_.pred.push_back(*pred);
  rows_.score.push_back(*score);
  rows_.correct.push_back(correct ? *correct == 1 : *label == *pred);
}

bool ScoreRowsReader::step() {
  for (int i = 0; i < rows_a_step; ++i) {
    if (!csv_.next_row()) {
      finish();
      return true;
    }
    read_row();
  }
  return false;
}

void ScoreRowsReader::finish() {
  if (!problems_.empty()) throw InputError(problems_);
  if (rows_.rows() < 2) {
    throw InputError(
        Problem{"scores", std::to_string(rows_.rows()) + " rows", "at least 2 rows",
                file_name_ + ": 2 or more rows are needed, got " + std::to_string(rows_.rows())});
  }
  if (!rows_.has_split()) return;
  const auto val = std::count(rows_.is_val.begin(), rows_.is_val.end(), std::uint8_t{1});
  const char* missing = val == 0                                           ? "val"
                        : val == static_cast<std::ptrdiff_t>(rows_.rows()) ? "test"
                                                                           : nullptr;
  if (missing == nullptr) return;
  throw InputError(Problem{"scores", std::string("no ") + missing + " row", "rows of both splits",
                           file_name_ + ": column split has no " + missing +
                               " row; allowed: rows of both val and test, or no column split"});
}

ScoreRows generated_rows(Random& centres, Random& points, classify::ScoreKind kind) {
  constexpr std::int64_t count = 2000;
  constexpr double centre_error = 0.3;
  const classify::Blobs truth(6, 2, 8, 1.1, centres);
  const classify::Blobs model = truth.disturbed(centre_error, centres);
  const classify::LabelledPoints sample = truth.draw(count, points);
  ScoreRows rows;
  rows.classes = truth.classes();
  rows.label = sample.label;
  for (std::size_t i = 0; i < sample.rows(); ++i) {
    const std::span<const double> x = std::span<const double>(sample.x).subspan(i * 8, 8);
    const std::vector<double> z = model.log_densities(x), exact = truth.log_densities(x);
    const double total = classify::log_sum_exp(exact);
    rows.logits.insert(rows.logits.end(), z.begin(), z.end());
    for (const double value : exact) rows.posterior.push_back(math::exp(value - total));
    rows.pred.push_back(static_cast<std::int32_t>(classify::first_largest(z)));
    rows.score.push_back(classify::score_of(z, kind));
    rows.correct.push_back(rows.pred.back() == rows.label[i] ? 1 : 0);
    rows.is_val.push_back(i < static_cast<std::size_t>(count / 2) ? 1 : 0);
  }
  return rows;
}

}  // namespace reprise::selective
