// The cost model: studies count their work in a few units, a machine is described by how fast it does each.
// Engines time `calibration_work` once and predict every run from it.
#pragma once

#include "base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise {

/// Work of one stage, summed over its tasks.
struct StageCost {
  std::string stage;
  double gemm_flops = 0;          // floating-point operations inside matrix products
  double vector_ops = 0;          // simple operations over arrays
  double special_ops = 0;         // exp, log, erfc, quantile, one random normal, …
  double sort_elements = 0;       // elements sorted, times log2 of the length
  double bytes_touched = 0;       // bytes read and written beyond caches
  double bytes_task = 0;          // memory of one task in hand
  double bytes_shared = 0;        // memory that all tasks of a worker share (inputs)
  double longest_task_share = 1;  // time of the longest task over the stage's total: bounds the speed-up
};

struct Estimate {
  std::vector<StageCost> stages;
  double report_bytes = 0;
  Json to_json() const;
  static Estimate from_json(const Json& json);
};

/// What a machine does per second, one worker.
struct Speeds {
  double gemm_flops = 0;
  double vector_ops = 0;
  double special_ops = 0;
  double sort_elements = 0;
  double bytes_touched = 0;
  Json to_json() const;
  static Speeds from_json(const Json& json);
};

/// Seconds for the whole run on `workers` equal workers.
double predicted_seconds(const Estimate& estimate, const Speeds& speeds, int workers);
/// Memory in bytes with `workers` tasks in hand at once.
double predicted_memory(const Estimate& estimate, int workers);

/// The five kinds of work that a calibration times: "gemm_flops", "vector_ops", …
extern const std::vector<std::string> calibration_kinds;
/// Does a piece of work of one kind, a few milliseconds native; returns how many units it did. The caller
/// times it.
double calibration_work(const std::string& kind);

}  // namespace reprise
