#include "labs/slingshot/examples.h"

#include "base/error.h"
#include "base/number_text.h"
#include "data/csv.h"
#include "data/digits.h"
#include "tensor/ops.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace reprise::slingshot {

namespace {

constexpr double largest_pixel = 16;
constexpr double most_classes = 100000;

std::vector<std::int64_t> permutation(std::int64_t count, Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

void append_row(const Examples& from, std::int64_t row, Examples& to) {
  const std::int64_t begin = row * from.inputs;
  to.features.insert(to.features.end(), from.features.begin() + begin,
                     from.features.begin() + begin + from.inputs);
  to.labels.push_back(from.labels[static_cast<std::size_t>(row)]);
  ++to.rows;
}

Examples empty_like(const Examples& from) {
  Examples part;
  part.classes = from.classes;
  part.inputs = from.inputs;
  return part;
}

[[noreturn]] void fail(const std::string& found, const std::string& allowed, const std::string& message) {
  throw InputError(Problem{"train", found, allowed, message + "; allowed: " + allowed});
}

}  // namespace

std::int64_t modular_train_rows(std::int64_t modulus, double train_fraction) {
  return static_cast<std::int64_t>(std::floor(train_fraction * static_cast<double>(modulus * modulus)));
}

Split modular_addition(std::int64_t modulus, double train_fraction, Random random) {
  const std::int64_t pairs = modulus * modulus;
  const std::int64_t train = modular_train_rows(modulus, train_fraction);
  Split split;
  split.train.classes = split.test.classes = modulus;
  split.train.inputs = split.test.inputs = 2 * modulus;
  std::int64_t place = 0;
  for (const std::int64_t pair : permutation(pairs, random)) {
    Examples& part = place++ < train ? split.train : split.test;
    const std::int64_t a = pair / modulus, b = pair % modulus;
    part.first.push_back(static_cast<std::int32_t>(a));
    part.second.push_back(static_cast<std::int32_t>(modulus + b));
    part.labels.push_back(static_cast<std::int32_t>((a + b) % modulus));
    ++part.rows;
  }
  return split;
}

Examples digit_examples() {
  const Digits digits = bundled_digits();
  Examples examples;
  examples.rows = Digits::rows;
  examples.inputs = Digits::pixels;
  examples.classes = Digits::classes;
  examples.labels = digits.labels;
  examples.features.reserve(digits.values.size());
  for (const std::uint8_t value : digits.values) {
    examples.features.push_back(static_cast<float>(value / largest_pixel));
  }
  return examples;
}

Examples read_examples(const ByteSource& source, const std::string& file_name) {
  try {
    CsvReader reader(source, file_name);
    const std::vector<std::string>& names = reader.columns();
    if (names.size() < 2 || names.back() != "label") {
      fail(
          names.back(), "one or more numeric columns, then 'label'",
          file_name + ": the last of " + std::to_string(names.size()) + " columns is '" + names.back() + "'");
    }
    Examples examples;
    examples.inputs = static_cast<std::int64_t>(names.size()) - 1;
    while (reader.next_row()) {
      for (std::size_t column = 0; column + 1 < names.size(); ++column) {
        examples.features.push_back(static_cast<float>(reader.number(column)));
      }
      const double label = reader.number(names.size() - 1);
      if (label != std::floor(label) || label < 0 || label >= most_classes) {
        const std::string found = number_to_text(label);
        fail(found, "integers 0…K − 1",
             file_name + ": row " + std::to_string(reader.row()) + ", column 'label' is " + found);
      }
      examples.labels.push_back(static_cast<std::int32_t>(label));
      examples.classes = std::max<std::int64_t>(examples.classes, examples.labels.back() + 1);
      ++examples.rows;
    }
    if (examples.rows == 0) fail("0 rows", "at least 2 rows", file_name + " has no rows");
    if (examples.classes < 2) {
      fail("1 class", "at least 2 classes", file_name + ": every label is 0, so there is one class");
    }
    return examples;
  } catch (const InputError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) problem.key = "train";
    throw InputError(std::move(problems));
  }
}

Split split_examples(const Examples& examples, std::int64_t n_train, Random random) {
  if (n_train < 1 || n_train >= examples.rows) {
    const std::string found = std::to_string(n_train);
    const std::string allowed = "1…" + std::to_string(examples.rows - 1);
    throw InputError(Problem{"n_train", found, allowed,
                             "n_train=" + found + " leaves no row for " +
                                 (n_train < 1 ? "training" : "testing") + " out of " +
                                 std::to_string(examples.rows) + "; allowed: " + allowed});
  }
  Split split{empty_like(examples), empty_like(examples)};
  std::int64_t place = 0;
  for (const std::int64_t row : permutation(examples.rows, random)) {
    append_row(examples, row, place++ < n_train ? split.train : split.test);
  }
  return split;
}

Batch::Batch(const tensor::Device& device, const Examples& examples, tensor::DType type)
    : all_labels_(examples.labels), labels_(examples.labels) {
  if (examples.pairs()) {
    first_ = tensor::Tensor::from<std::int32_t>(device, examples.first, {examples.rows});
    second_ = tensor::Tensor::from<std::int32_t>(device, examples.second, {examples.rows});
    return;
  }
  const tensor::Shape shape{examples.rows, examples.inputs};
  if (type == tensor::DType::float64) {
    const std::vector<double> wide(examples.features.begin(), examples.features.end());
    all_features_ = tensor::Tensor::from<double>(device, wide, shape);
  } else {
    all_features_ = tensor::Tensor::from<float>(device, examples.features, shape);
  }
  features_ = all_features_;
}

void Batch::select(std::span<const std::int32_t> rows) {
  if (!all_features_) throw std::logic_error("pairs are learned as a whole");
  const auto count = static_cast<std::int64_t>(rows.size());
  if (!row_indices_ || row_indices_.elements() != count) {
    row_indices_ = tensor::Tensor::empty(all_features_.device(), {count}, tensor::DType::int32);
  }
  std::copy(rows.begin(), rows.end(), row_indices_.data<std::int32_t>());
  features_ = tensor::gather(all_features_, row_indices_);
  labels_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    labels_[i] = all_labels_[static_cast<std::size_t>(rows[i])];
  }
}

}  // namespace reprise::slingshot
