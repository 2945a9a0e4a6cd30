#include "labs/recalibration/map_file.h"

#include "base/number_text.h"

#include <utility>

namespace reprise::recal {

namespace {
constexpr std::size_t most_problems = 20;
}

MapReader::MapReader(const ByteSource& source, const std::string& file_name)
    : reader_(source, file_name), file_name_(file_name) {
  for (const std::string& column : reader_.columns()) {
    if (column == "lower" || column == "upper" || column == "value") continue;
    problem(column, "lower, upper, value", "unknown column '" + column + "'; allowed: lower, upper, value");
  }
  refuse_if_bad();
  lower_ = reader_.required_column("lower");
  upper_ = reader_.required_column("upper");
  value_ = reader_.required_column("value");
  map_.edges.push_back(0);
}

bool MapReader::step(std::size_t rows) {
  for (std::size_t k = 0; k < rows; ++k) {
    if (!reader_.next_row()) {
      finish();
      return true;
    }
    add_row();
  }
  return false;
}

void MapReader::add_row() {
  const double lower = reader_.number(lower_);
  const double upper = reader_.number(upper_);
  const double value = reader_.number(value_);
  const std::string row = "row " + std::to_string(reader_.row()) + ": ";
  const double before = map_.edges.back();
  if (lower != before) {
    const std::string wanted = number_to_text(before);
    problem(number_to_text(lower), wanted,
            row + "lower " + number_to_text(lower) +
                (map_.value.empty() ? "; the first lower has to be 0"
                                    : (lower > before ? " leaves a gap" : " overlaps") +
                                          (" after upper " + wanted) + "; allowed: " + wanted));
  }
  if (!(upper > lower)) {
    problem(number_to_text(upper), "above lower",
            row + "upper " + number_to_text(upper) + "; allowed: above lower " + number_to_text(lower));
  }
  if (upper > 1) {
    problem(number_to_text(upper), "at most 1",
            row + "upper " + number_to_text(upper) + "; allowed: at most 1");
  }
  if (!(value >= 0 && value <= 1)) {
    problem(number_to_text(value), "0…1", row + "value " + number_to_text(value) + "; allowed: 0…1");
  }
  map_.edges.push_back(upper);
  map_.value.push_back(value);
  map_.count.push_back(0);
}

void MapReader::finish() {
  if (map_.value.empty()) {
    problem("", "at least one row", "no bins; allowed: at least one row");
  } else if (map_.edges.back() < 1) {
    problem(number_to_text(map_.edges.back()), "1",
            "row " + std::to_string(reader_.row()) + ": upper " + number_to_text(map_.edges.back()) +
                "; the last upper has to be 1");
  }
  refuse_if_bad();
}

void MapReader::problem(std::string value, std::string allowed, const std::string& message) {
  problems_.push_back({"map", std::move(value), std::move(allowed), file_name_ + ", " + message});
  if (problems_.size() >= most_problems) refuse_if_bad();
}

void MapReader::refuse_if_bad() const {
  if (!problems_.empty()) throw InputError(problems_);
}

}  // namespace reprise::recal
