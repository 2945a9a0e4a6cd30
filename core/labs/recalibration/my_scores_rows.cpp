// Stage "recalibrate" of `my-scores`: every row by every method, target rows also adapted. The file is cut
// into parts; what a part writes depends on its rows alone.
#include "labs/recalibration/label_shift.h"
#include "labs/recalibration/my_scores.h"
#include "labs/recalibration/my_scores_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace reprise::recal {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t rows_per_step = 20'000;

class RecalibrateTask {
 public:
  RecalibrateTask(const MyScoresConfig& config, std::int64_t part, std::int64_t parts, TaskContext& context)
      : config_(config), context_(context), data_(context) {
    const std::int64_t rows = data_.summary().rows;
    row_ = static_cast<std::size_t>(rows * part / parts);
    end_ = static_cast<std::size_t>(rows * (part + 1) / parts);
  }

  bool begin() {
    maps_ = MethodMaps::from_bytes(read_all(context_.artefact("fit", 0, maps_artefact)));
    if (data_.summary().target_rows > 0) log_ratio_ = read_log_ratio(context_);
    return true;
  }

  bool recalibrate() {
    if (row_ == end_) return true;
    if (chunk_.size() == 0 || row_ / rows_per_chunk != chunk_number_) {
      chunk_number_ = row_ / rows_per_chunk;
      chunk_ = data_.rows(chunk_number_);
    }
    Table& table = context_.partial().table("recalibrated", recalibrated_columns);
    const std::size_t end = std::min({end_, row_ + rows_per_step, (chunk_number_ + 1) * rows_per_chunk});
    for (; row_ < end; ++row_) {
      const std::size_t place = row_ % rows_per_chunk;
      const double score = chunk_.score[place];
      const std::array<double, method_count> p = maps_.predict(score);
      table.append_row(row_ + 1, score, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
      if (chunk_.role[place] == static_cast<std::uint8_t>(RowRole::Target)) adapt(score);
    }
    return row_ == end_;
  }

 private:
  void adapt(double score) {
    const auto shift = [this](double p) {
      return std::isnan(log_ratio_) ? log_ratio_ : shifted(p, log_ratio_);
    };
    const BinMap* map = config_.chosen_map(maps_);
    const double source = map != nullptr ? (*map)(score) : not_a_number;
    const double raw = probability_of_score(score, maps_.scale);
    context_.partial()
        .table("adapted", adapted_columns)
        .append_row(row_ + 1, score, source, shift(raw), shift(source));
  }

  const MyScoresConfig config_;
  TaskContext& context_;
  PreparedScores data_;
  MethodMaps maps_;
  double log_ratio_ = not_a_number;
  RowsChunk chunk_;
  std::size_t chunk_number_ = 0;
  std::size_t row_ = 0, end_ = 0;  // rows of the file, from 0
};

}  // namespace

std::unique_ptr<Stepper> start_recalibrate(const MyScoresConfig& config, std::int64_t part,
                                           std::int64_t parts, TaskContext& context) {
  auto task = std::make_shared<RecalibrateTask>(config, part, parts, context);
  return sequence_task({[task] { return task->begin(); }, [task] { return task->recalibrate(); }});
}

}  // namespace reprise::recal
