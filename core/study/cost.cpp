#include "study/cost.h"

#include "base/error.h"
#include "base/math.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace reprise {

namespace {

constexpr std::size_t vector_length = 16384;

double vector_work() {
  std::vector<double> values(vector_length, 0.5);
  constexpr int passes = 64;
  for (int pass = 0; pass < passes; ++pass) {
    const double add = 0.25 + pass * 1e-3;
    for (double& value : values) value = value * 0.5 + add;
  }
  return 2.0 * passes * vector_length + (values[17] > 1e9 ? 1 : 0);
}

double special_work() {
  constexpr int count = 1 << 16;
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += math::normal_quantile((i + 0.5) / count) + math::exp(-i * 1e-3);
  return 2.0 * count + (sum > 1e300 ? 1 : 0);
}

double sort_work() {
  constexpr std::size_t count = 1 << 15;
  std::vector<double> values(count);
  std::uint64_t state = 88172645463325252ULL;  // xorshift64 (Marsaglia 2003): any scrambled order will do
  for (double& value : values) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    value = static_cast<double>(state >> 11);
  }
  std::sort(values.begin(), values.end());
  return count * 15.0 + (values[0] < 0 ? 1 : 0);
}

// Copies back and forth between two buffers, each larger than a cache; every copy depends on the one before
// it, so that no compiler leaves it out.
double bytes_work() {
  std::vector<unsigned char> from(std::size_t{1} << 22), to(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<unsigned char>(i * 7);
  constexpr int copies = 8;
  unsigned sum = 0;
  for (int copy = 0; copy < copies; ++copy) {
    from[sum % from.size()] ^= 1;
    std::memcpy(to.data(), from.data(), from.size());
    for (std::size_t i = 0; i < to.size(); i += 4096) sum += to[i];
    from.swap(to);
  }
  return 2.0 * copies * static_cast<double>(from.size()) + (sum == 1 ? 1 : 0);
}

double gemm_work() {
  constexpr std::size_t n = 128;
  std::vector<float> a(n * n, 0.5F), b(n * n, 0.25F), c(n * n, 0.0F);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      const float scale = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += scale * b[k * n + j];
    }
  }
  return 2.0 * n * n * n + (c[5] < 0 ? 1 : 0);
}

// Seconds of `work` units at `speed` units per second; work of a kind the machine was not timed for is free.
double seconds_of(double work, double speed) {
  return speed > 0 ? work / speed : 0;
}

double stage_seconds(const StageCost& cost, const Speeds& speeds) {
  return seconds_of(cost.gemm_flops, speeds.gemm_flops) + seconds_of(cost.vector_ops, speeds.vector_ops) +
         seconds_of(cost.special_ops, speeds.special_ops) +
         seconds_of(cost.sort_elements, speeds.sort_elements) +
         seconds_of(cost.bytes_touched, speeds.bytes_touched);
}

}  // namespace

const std::vector<std::string> calibration_kinds = {"gemm_flops", "vector_ops", "special_ops",
                                                    "sort_elements", "bytes_touched"};

double calibration_work(const std::string& kind) {
  if (kind == "gemm_flops") return gemm_work();
  if (kind == "vector_ops") return vector_work();
  if (kind == "special_ops") return special_work();
  if (kind == "sort_elements") return sort_work();
  if (kind == "bytes_touched") return bytes_work();
  throw InputError("unknown kind of calibration work '" + kind + "'");
}

double predicted_seconds(const Estimate& estimate, const Speeds& speeds, int workers) {
  double seconds = 0;
  for (const StageCost& stage : estimate.stages) {
    const double total = stage_seconds(stage, speeds);
    seconds += std::max(total / std::max(workers, 1), total * std::min(stage.longest_task_share, 1.0));
  }
  return seconds;
}

double predicted_memory(const Estimate& estimate, int workers) {
  double largest = 0;
  for (const StageCost& stage : estimate.stages) {
    largest = std::max(largest, stage.bytes_shared + std::max(workers, 1) * stage.bytes_task);
  }
  return largest + estimate.report_bytes;
}

Json Estimate::to_json() const {
  Json list = Json::array();
  for (const StageCost& cost : stages) {
    list.push_back(Json::object({{"stage", cost.stage},
                                 {"gemm_flops", cost.gemm_flops},
                                 {"vector_ops", cost.vector_ops},
                                 {"special_ops", cost.special_ops},
                                 {"sort_elements", cost.sort_elements},
                                 {"bytes_touched", cost.bytes_touched},
                                 {"bytes_task", cost.bytes_task},
                                 {"bytes_shared", cost.bytes_shared},
                                 {"longest_task_share", cost.longest_task_share}}));
  }
  return Json::object({{"stages", std::move(list)}, {"report_bytes", report_bytes}});
}

Estimate Estimate::from_json(const Json& json) {
  Estimate estimate;
  for (const Json& entry : json.at("stages").as_array()) {
    StageCost cost;
    cost.stage = entry.at("stage").as_string();
    cost.gemm_flops = entry.at("gemm_flops").as_number();
    cost.vector_ops = entry.at("vector_ops").as_number();
    cost.special_ops = entry.at("special_ops").as_number();
    cost.sort_elements = entry.at("sort_elements").as_number();
    cost.bytes_touched = entry.at("bytes_touched").as_number();
    cost.bytes_task = entry.at("bytes_task").as_number();
    cost.bytes_shared = entry.at("bytes_shared").as_number();
    cost.longest_task_share = entry.at("longest_task_share").as_number();
    estimate.stages.push_back(cost);
  }
  estimate.report_bytes = json.at("report_bytes").as_number();
  return estimate;
}

Json Speeds::to_json() const {
  return Json::object({{"gemm_flops", gemm_flops},
                       {"vector_ops", vector_ops},
                       {"special_ops", special_ops},
                       {"sort_elements", sort_elements},
                       {"bytes_touched", bytes_touched}});
}

Speeds Speeds::from_json(const Json& json) {
  return {json.at("gemm_flops").as_number(), json.at("vector_ops").as_number(),
          json.at("special_ops").as_number(), json.at("sort_elements").as_number(),
          json.at("bytes_touched").as_number()};
}

}  // namespace reprise
