#include "study/driver.h"

#include "study/embedded_assets.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <thread>
#include <vector>

namespace reprise {

namespace {

// One run: the shared state of its workers. Tasks are taken in plan order, so that every task before a
// failing one has been started, and the failure that is reported does not depend on the number of workers.
class LocalRun {
 public:
  LocalRun(RunRequest& request, const RunHooks& hooks)
      : request_(request), hooks_(hooks), plan_(request.study->plan(request.config, request.inputs)) {
    for (const Stage& stage : plan_) {
      taken_.push_back(0);
      finished_.push_back(0);
      total_ += stage.count;
    }
    add_embedded_assets(*request.study, request.config, request.resources);
    results_.seed = request.seed;
    results_.inputs = request.inputs;
    results_.plan = plan_;
  }

  Report run() {
    std::vector<std::thread> threads;
    for (int i = 1; i < request_.workers; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    results_.complete = true;
    return request_.study->reduce(request_.config, results_);
  }

 private:
  struct Taken {
    std::size_t stage;
    std::int64_t index;
  };

  // The next task whose needs are met; waits while others may still make one ready. False: nothing left.
  bool take(Taken& task) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (failure_) return false;
      bool all_taken = true;
      for (std::size_t stage = 0; stage < plan_.size(); ++stage) {
        if (taken_[stage] == plan_[stage].count) continue;
        all_taken = false;
        if (!ready(plan_[stage])) continue;
        task = {stage, taken_[stage]++};
        return true;
      }
      if (all_taken) return false;
      changed_.wait(lock);
    }
  }

  bool ready(const Stage& stage) const {
    return std::all_of(stage.needs.begin(), stage.needs.end(), [this](const std::string& name) {
      for (std::size_t i = 0; i < plan_.size(); ++i) {
        if (plan_[i].name == name) return finished_[i] == plan_[i].count;
      }
      throw std::logic_error("a stage needs the unknown stage " + name);
    });
  }

  void work() {
    Taken task{};
    try {
      while (take(task)) execute(task);
    } catch (...) {
      fail(task, std::current_exception());
    }
  }

  void execute(const Taken& task) {
    const Stage& stage = plan_[task.stage];
    if (hooks_.restore) {
      std::unique_ptr<TaskOutput> output;
      {
        const std::lock_guard lock(mutex_);
        output = hooks_.restore(stage, task.index);
      }
      if (output) {
        finish(task, std::move(*output), false);
        return;
      }
    }
    Resources resources;
    {
      const std::lock_guard lock(mutex_);
      resources = request_.resources;  // a snapshot: others may add artefacts meanwhile
    }
    TaskContext context(request_.seed, request_.inputs, resources);
    TaskOutput output;
    if (hooks_.store_artefact) {
      context.keep_artefacts_with([&](const std::string& name, std::vector<std::byte> bytes) {
        const std::lock_guard lock(mutex_);
        output.stored_artefacts[name] = hooks_.store_artefact(stage, task.index, name, std::move(bytes));
      });
    }
    const std::unique_ptr<Stepper> stepper =
        request_.study->start(request_.config, stage.name, task.index, context);
    for (;;) {
      const std::unique_ptr<Budget> budget =
          hooks_.make_budget ? hooks_.make_budget() : std::make_unique<UnlimitedBudget>();
      if (stepper->advance(*budget)) break;
      const std::lock_guard lock(mutex_);
      if (hooks_.cancelled && hooks_.cancelled()) throw Cancelled();
      report_progress(task, stepper->progress());
    }
    output.partial = std::move(context.partial());
    output.artefacts = std::move(context.artefacts());
    finish(task, std::move(output), true);
  }

  void finish(const Taken& task, TaskOutput output, bool computed) {
    const Stage& stage = plan_[task.stage];
    const std::lock_guard lock(mutex_);
    if (computed && hooks_.finished) hooks_.finished(stage, task.index, output);
    for (auto& [name, bytes] : output.artefacts) {
      request_.resources.add_artefact(stage.name, task.index, name,
                                      std::make_shared<MemorySource>(std::move(bytes)));
    }
    for (const auto& [name, source] : output.stored_artefacts) {
      request_.resources.add_artefact(stage.name, task.index, name, source);
    }
    if (stage.rows_to_files) {
      if (!output.stored_partial) {
        output.stored_partial = std::make_shared<MemorySource>(output.partial.to_bytes());
      }
      results_.stored[stage.name][task.index] = {output.stored_partial};
    } else {
      results_.partials[stage.name][task.index] = std::move(output.partial);
    }
    ++finished_[task.stage];
    ++done_;
    in_hand_.erase({task.stage, task.index});
    if (hooks_.cancelled && hooks_.cancelled()) throw Cancelled();
    publish();
    changed_.notify_all();
  }

  void fail(const Taken& task, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    const std::pair<std::size_t, std::int64_t> place{task.stage, task.index};
    if (!failure_ || place < failed_place_) {
      failure_ = std::move(failure);
      failed_place_ = place;
    }
    changed_.notify_all();
  }

  void report_progress(const Taken& task, double share) {
    in_hand_[{task.stage, task.index}] = share;
    publish();
  }

  void publish() {
    if (!hooks_.progress) return;
    double begun = 0;
    for (const auto& [task, share] : in_hand_) begun += share;
    const double total = static_cast<double>(std::max<std::int64_t>(total_, 1));
    hooks_.progress({done_, total_, (static_cast<double>(done_) + begun) / total});
  }

  RunRequest& request_;
  const RunHooks& hooks_;
  const Plan plan_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> taken_, finished_;  // per stage
  std::int64_t done_ = 0, total_ = 0;
  std::map<std::pair<std::size_t, std::int64_t>, double> in_hand_;
  Results results_;
  std::exception_ptr failure_;
  std::pair<std::size_t, std::int64_t> failed_place_;
};

}  // namespace

Report run_locally(RunRequest request, const RunHooks& hooks) {
  return LocalRun(request, hooks).run();
}

std::int64_t task_count(const Plan& plan) {
  std::int64_t count = 0;
  for (const Stage& stage : plan) count += stage.count;
  return count;
}

}  // namespace reprise
