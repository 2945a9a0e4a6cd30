#include "engine/run_state.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace reprise {

namespace {

constexpr double lease_seconds = 1.0;  // between 0.5 and 5: short for live figures, long against overhead
constexpr double shortest_lease_seconds = 0.1;  // near the end of a stage
constexpr std::int64_t enough_measured = 3;
constexpr double least_task_seconds = 1e-4;  // a process needs about that for any task: a message and a file

double predicted_task_seconds(const Stage& stage, const Estimate& estimate, const Speeds& speeds) {
  for (const StageCost& cost : estimate.stages) {
    if (cost.stage != stage.name) continue;
    Estimate one;
    one.stages = {cost};
    const double seconds =
        predicted_seconds(one, speeds, 1) / static_cast<double>(std::max<std::int64_t>(stage.count, 1));
    if (std::isfinite(seconds)) return std::max(seconds, least_task_seconds);
  }
  return least_task_seconds;
}

}  // namespace

double RunState::StageState::task_seconds() const {
  if (measured < enough_measured) return predicted_seconds;
  return std::max(measured_seconds / static_cast<double>(measured), least_task_seconds);
}

RunState::RunState(Plan plan, const Estimate& estimate, const Speeds& speeds) : plan_(std::move(plan)) {
  for (const Stage& stage : plan_) {
    StageState state;
    state.waiting = RangeSet(0, stage.count - 1);
    state.predicted_seconds = predicted_task_seconds(stage, estimate, speeds);
    total_ += stage.count;
    predicted_total_ += state.predicted_seconds * static_cast<double>(stage.count);
    stages_.push_back(std::move(state));
  }
}

std::size_t RunState::position(std::string_view stage) const {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (plan_[i].name == stage) return i;
  }
  throw std::logic_error("the plan has no stage " + std::string(stage));
}

void RunState::restore(const std::vector<TaskRange>& ranges) {
  for (const TaskRange& range : ranges) {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (plan_[i].name != range.stage) continue;
      const std::int64_t first = std::max<std::int64_t>(range.first, 0);
      const std::int64_t last = std::min(range.last, plan_[i].count - 1);
      const std::int64_t before = stages_[i].finished.count();
      stages_[i].finished.insert(first, last);
      stages_[i].waiting.erase(first, last);
      done_ += stages_[i].finished.count() - before;
    }
  }
}

std::vector<TaskRange> RunState::finished_ranges() const {
  std::vector<TaskRange> ranges;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    for (const auto& [first, last] : stages_[i].finished.ranges())
      ranges.push_back({plan_[i].name, first, last});
  }
  return ranges;
}

std::map<std::string, RangeSet> RunState::finished() const {
  std::map<std::string, RangeSet> sets;
  for (std::size_t i = 0; i < plan_.size(); ++i) sets[plan_[i].name] = stages_[i].finished;
  return sets;
}

bool RunState::is_ready(const Stage& stage) const {
  return std::all_of(stage.needs.begin(), stage.needs.end(), [&](const std::string& name) {
    const std::size_t i = position(name);
    return stages_[i].finished.count() == plan_[i].count;
  });
}

bool RunState::has_waiting() const {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (!stages_[i].waiting.empty() && is_ready(plan_[i])) return true;
  }
  return false;
}

std::optional<TaskSpan> RunState::take(int workers) {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    StageState& state = stages_[i];
    if (state.waiting.empty() || !is_ready(plan_[i])) continue;
    const double seconds = state.task_seconds();
    const auto tasks_in = [&](double time) {
      return static_cast<std::int64_t>(std::clamp(std::round(time / seconds), 1.0, 1e9));
    };
    const std::int64_t fair_share = state.waiting.count() / (2 * std::max(workers, 1));
    std::int64_t most =
        std::min(tasks_in(lease_seconds), std::max(fair_share, tasks_in(shortest_lease_seconds)));
    most = std::max(most, std::min(plan_[i].batch_hint, fair_share));
    const auto [first, count] = state.waiting.take_front(most);
    return TaskSpan{plan_[i].name, first, count};
  }
  return std::nullopt;
}

bool RunState::take_one(std::string_view stage, std::int64_t index) {
  StageState& state = stages_[position(stage)];
  if (!state.waiting.contains(index)) return false;
  state.waiting.erase(index);
  return true;
}

bool RunState::finish(std::string_view stage, std::int64_t index, double seconds) {
  const std::size_t i = position(stage);
  StageState& state = stages_[i];
  if (index < 0 || index >= plan_[i].count || state.finished.contains(index)) return false;
  state.finished.insert(index);
  state.waiting.erase(index);
  state.measured_seconds += seconds;
  ++state.measured;
  ++done_;
  return true;
}

void RunState::give_back(const TaskSpan& span) {
  StageState& state = stages_[position(span.stage)];
  for (std::int64_t index = span.first; index < span.first + span.count; ++index) {
    if (!state.finished.contains(index)) state.waiting.insert(index);
  }
}

void RunState::lose(std::string_view stage, std::int64_t index) {
  StageState& state = stages_[position(stage)];
  if (!state.finished.contains(index)) return;
  state.finished.erase(index);
  state.waiting.insert(index);
  --done_;
}

double RunState::share_of_task(std::string_view stage) const {
  return predicted_total_ > 0 ? stages_[position(stage)].predicted_seconds / predicted_total_ : 0;
}

double RunState::fraction() const {
  if (all_done()) return 1;
  double done = 0;
  for (const StageState& state : stages_)
    done += state.predicted_seconds * static_cast<double>(state.finished.count());
  return predicted_total_ > 0 ? std::min(done / predicted_total_, 1.0) : 0;
}

double RunState::remaining_seconds() const {
  double seconds = 0;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    seconds += stages_[i].task_seconds() * static_cast<double>(plan_[i].count - stages_[i].finished.count());
  }
  return seconds;
}

}  // namespace reprise
