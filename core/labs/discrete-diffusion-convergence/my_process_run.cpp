// The task of the study my-process: its parts, one after the other.
#include "labs/discrete-diffusion-convergence/my_process.h"
#include "labs/discrete-diffusion-convergence/process_state.h"

#include <memory>

namespace reprise::diffusion {

namespace {

class ProcessStepper final : public Stepper {
 public:
  ProcessStepper(const MyProcessConfig& config, TaskContext& context) : state_(config, context) {}

  bool step() override {
    if (!part_) part_ = begin_part();
    if (!part_->step()) return false;
    part_.reset();
    return ++done_ == parts();
  }
  double progress() const override {
    constexpr double begins[] = {0, 0.05, 0.25, 0.85, 1};
    if (done_ == 4) return 1;
    const double within = part_ ? part_->progress() : 0;
    return begins[done_] + within * (begins[done_ + 1] - begins[done_]);
  }

 private:
  std::unique_ptr<Stepper> begin_part() {
    switch (done_) {
      case 0:
        return begin_process(state_);
      case 1:
        return sweep_process(state_);
      case 2:
        return bound_process(state_);
      default:
        return aim_process(state_);
    }
  }
  // A sampler of one's own has no rates to bound; grids that end without noise are taken as they are.
  std::size_t parts() const {
    if (done_ < 2 || state_.own_kernels) return 2;
    return state_.grid().sigma.back() > 0 ? 4 : 3;
  }

  ProcessState state_;
  std::unique_ptr<Stepper> part_;
  std::size_t done_ = 0;
};

}  // namespace

std::unique_ptr<Stepper> start_my_process(const MyProcessConfig& config, TaskContext& context) {
  return std::make_unique<ProcessStepper>(config, context);
}

}  // namespace reprise::diffusion
