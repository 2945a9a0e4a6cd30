#include "labs/slingshot/arm_task.h"

#include "tensor/ops.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace reprise::slingshot {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<ColumnSpec> columns(const std::vector<std::string>& integers_first,
                                const std::vector<std::string>& reals) {
  std::vector<ColumnSpec> specs = {{"arm", ColumnType::Text}};
  for (const std::string& name : integers_first) specs.push_back({name, ColumnType::Integer});
  for (const std::string& name : reals) specs.push_back({name, ColumnType::Real});
  return specs;
}

std::vector<ColumnSpec> make_event_columns() {
  std::vector<ColumnSpec> specs =
      columns({"repeat", "first_absorption", "onset", "majority", "first_spike", "slingshots"},
              {"peak_true_loss", "min_train_accuracy", "norm_ratio", "cosine_before_spike", "final_cosine",
               "final_w_mean_norm", "final_h_mean_norm", "final_zero_sum_defect", "max_absorbed",
               "train_accuracy", "test_accuracy"});
  specs.push_back({"diverged_at", ColumnType::Integer});
  return specs;
}

std::vector<ColumnSpec> make_summary_columns() {
  std::vector<ColumnSpec> specs = make_event_columns();
  specs.push_back({"lowest_cosine", ColumnType::Real});
  specs.push_back({"absorbed_tail", ColumnType::Real});
  return specs;
}

}  // namespace

const std::vector<ColumnSpec> trace_columns =
    columns({"repeat", "step"},
            {"true_loss", "kernel_loss", "train_accuracy", "absorbed", "silent", "zero_sum_defect",
             "w_mean_norm", "h_mean_norm", "w_norm", "cosine", "median_margin", "max_logit"});
const std::vector<ColumnSpec> slingshot_columns = columns({"repeat", "start", "end"}, {"peak_true_loss"});
const std::vector<ColumnSpec> fit_columns =
    columns({"repeat", "window_start", "window_end"}, {"slope", "r2_exponential", "r2_linear"});
const std::vector<ColumnSpec> event_columns = make_event_columns();
const std::vector<ColumnSpec> summary_columns = make_summary_columns();
const std::vector<ColumnSpec> accuracy_columns =
    columns({"repeat", "step"}, {"train_accuracy", "test_accuracy"});

const std::vector<ColumnSpec> weight_columns = {
    {"layer", ColumnType::Integer}, {"outputs", ColumnType::Integer}, {"value", ColumnType::Real}};

void append_weights(const Network& network, Partial& partial) {
  Table& table = partial.table("weights", weight_columns);
  const std::vector<tensor::Tensor> weights = network.weights();
  for (std::size_t layer = 0; layer < weights.size(); ++layer) {
    const std::vector<float> values = weights[layer].values<float>();
    const std::int64_t outputs = weights[layer].size(0);
    table.integers("layer").insert(table.integers("layer").end(), values.size(),
                                   static_cast<std::int64_t>(layer));
    table.integers("outputs").insert(table.integers("outputs").end(), values.size(), outputs);
    table.reals("value").insert(table.reals("value").end(), values.begin(), values.end());
  }
}

void ArmRecorder::observe(const StepRecord& r) {
  monitor_.observe(r);
  if (r.step % log_every_ != 0) return;
  partial_.table("trace", trace_columns)
      .append_row(arm_, repeat_, r.step, r.true_loss, r.kernel_loss, r.train_accuracy, r.absorbed, r.silent,
                  r.zero_sum_defect, r.w_mean_norm, r.h_mean_norm, r.w_norm, r.cosine, r.median_margin,
                  r.max_logit);
}

void ArmRecorder::finish(double train_accuracy, double test_accuracy, const Network& network) {
  if (repeat_ == 0) append_weights(network, partial_);
  const RunSummary s = monitor_.summary();
  partial_.table("summary", summary_columns)
      .append_row(arm_, repeat_, s.first_absorption, s.onset, s.majority, s.first_spike,
                  static_cast<std::int64_t>(s.slingshots.size()), s.peak_true_loss, s.min_train_accuracy,
                  s.norm_ratio, s.cosine_before_spike, s.last.cosine, s.last.w_mean_norm, s.last.h_mean_norm,
                  s.last.zero_sum_defect, s.max_absorbed, train_accuracy, test_accuracy, s.diverged_at,
                  s.lowest_cosine, s.absorbed_tail);
  Table& slingshots = partial_.table("slingshots", slingshot_columns);
  for (const Spike& spike : s.slingshots) {
    slingshots.append_row(arm_, repeat_, spike.start, spike.end, spike.peak);
  }
  partial_.table("fits", fit_columns)
      .append_row(arm_, repeat_, s.window.start, s.window.end, s.growth.slope, s.growth.r2_exponential,
                  s.growth.r2_linear);
}

void check_training(const TrainingConfig& config, std::vector<Problem>& problems) {
  const std::int64_t pairs = config.modulus * config.modulus;
  const std::int64_t train = modular_train_rows(config.modulus, config.train_fraction);
  if (train >= 1 && train < pairs) return;
  problems.push_back({"train_fraction", Json(config.train_fraction).dump(),
                      "both parts with at least one pair",
                      "train_fraction: " + std::to_string(train) + " of " + std::to_string(pairs) +
                          " pairs to train on; allowed: both parts with at least one pair"});
}

std::int64_t steps_per_slice(std::int64_t rows, std::int64_t width, std::int64_t classes) {
  const double products = 6.0 * static_cast<double>(rows * width * (width + classes));
  const double kernel = static_cast<double>(rows * classes);
  const double seconds = 2e-5 + products / 1e10 + 1e-7 * kernel;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(3e-3 / seconds));
}

Split modular_split(const TrainingConfig& config, const TaskContext& context, std::int64_t repeat) {
  return modular_addition(config.modulus, config.train_fraction,
                          context.random("split", {static_cast<std::uint64_t>(repeat)}));
}

NetworkShape modular_network(const TrainingConfig& config) {
  return {2 * config.modulus, config.width, config.modulus, true};
}

Random weight_stream(const TaskContext& context, std::int64_t repeat) {
  return context.random("weights", {static_cast<std::uint64_t>(repeat)});
}

namespace {

class ArmTask final : public Stepper {
 public:
  ArmTask(const TrainingConfig& config, const Arm& arm, std::int64_t repeat, std::int64_t test_every,
          TaskContext& context)
      : steps_(config.steps),
        test_every_(test_every),
        arm_(arm.name),
        repeat_(repeat),
        partial_(context.partial()),
        device_(tensor::Device::cpu(tensor::NumericLevel::portable)),
        split_(modular_split(config, context, repeat)),
        train_(device_, split_.train),
        test_(device_, split_.test),
        network_(device_, modular_network(config), weight_stream(context, repeat)),
        trainer_(network_, config.trainer(arm)),
        recorder_(context.partial(), arm.name, repeat, config.log_every),
        slice_(steps_per_slice(train_.rows(), config.width, config.modulus)) {}

  bool step() override {
    for (std::int64_t i = 0; i < slice_; ++i) {
      StepRecord record;
      if (!trainer_.step(train_, record)) {
        recorder_.monitor().diverged(done_);
        recorder_.finish(nan, nan, network_);
        return true;
      }
      recorder_.observe(record);
      ++done_;
      const bool last = done_ == steps_;
      if (test_every_ > 0 && done_ % test_every_ == 0) append_accuracy();
      if (!last) continue;
      recorder_.finish(accuracy_on(train_), accuracy_on(test_), network_);
      return true;
    }
    return false;
  }
  double progress() const override { return static_cast<double>(done_) / static_cast<double>(steps_); }

 private:
  double accuracy_on(const Batch& batch) const {
    const tensor::Unrecorded unrecorded(device_);
    return accuracy(network_(batch).logits, batch.labels());
  }
  void append_accuracy() {
    partial_.table("accuracy", accuracy_columns)
        .append_row(arm_, repeat_, done_, accuracy_on(train_), accuracy_on(test_));
  }

  std::int64_t steps_, test_every_;
  std::string arm_;
  std::int64_t repeat_;
  Partial& partial_;
  tensor::Device device_;
  Split split_;
  Batch train_, test_;
  Network network_;
  Trainer trainer_;
  ArmRecorder recorder_;
  std::int64_t slice_;
  std::int64_t done_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> start_arm(const TrainingConfig& config, const Arm& arm, std::int64_t repeat,
                                   std::int64_t test_every, TaskContext& context) {
  return std::make_unique<ArmTask>(config, arm, repeat, test_every, context);
}

StageCost training_cost(std::string_view stage, std::int64_t rows, std::int64_t width, std::int64_t classes,
                        double steps, double tasks) {
  const double n = static_cast<double>(rows), h = static_cast<double>(width),
               k = static_cast<double>(classes);
  // Exponentials and roundings of the emulated kernel and of the true loss, in special functions a value.
  constexpr double special_a_value = 5;
  constexpr double packed =
      0.7;  // packed products take less time than the plain loop that a machine is timed with
  constexpr double vector_overhead = 40000;  // noting and walking operations, kernels of a few elements
  StageCost cost;
  cost.stage = stage;
  cost.gemm_flops = packed * 6 * n * (h * h + h * k) * steps * tasks;
  cost.special_ops = special_a_value * n * k * steps * tasks;
  cost.vector_ops = (12 * n * h + 10 * (h * h + 3 * h * k) + vector_overhead) * steps * tasks;
  cost.bytes_task = 40 * n * (2 * h + 2 * k) + 16 * (h * h + 4 * h * k) + 1e6;
  cost.longest_task_share = 1 / tasks;
  return cost;
}

}  // namespace reprise::slingshot
