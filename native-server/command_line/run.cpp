#include "base/number_text.h"
#include "build_version.h"
#include "command_line/commands.h"
#include "command_line/run_folder.h"
#include "command_line/summary.h"
#include "files/file_source.h"
#include "files/folder_sink.h"
#include "study/registry.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

namespace reprise {

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> interrupted{false};

// One slice of a task: 30 ms of wall clock.
class Slice final : public Budget {
 public:
  bool spent() const override { return Clock::now() >= end_; }

 private:
  Clock::time_point end_ = Clock::now() + std::chrono::milliseconds(30);
};

// "name=rest" of an option; both sides must be there.
std::pair<std::string, std::string> split_assignment(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError(Problem{text, text, "NAME=VALUE", option + " '" + text + "': expected NAME=VALUE"});
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void read_settings(const Study& study, const RunOptions& options, Json& overrides,
                   std::vector<Problem>& problems) {
  overrides = Json::object();
  for (const std::string& setting : options.settings) {
    try {
      const auto [key, text] = split_assignment("--set", setting);
      overrides[key] = setting_value(study.description().parameters, key, text);
    } catch (const InputError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
}

void read_inputs(const RunOptions& options, RunRequest& request, std::vector<Problem>& problems) {
  for (const std::string& assignment : options.inputs) {
    try {
      const auto [name, file] = split_assignment("--input", assignment);
      if (request.inputs.count(name) > 0) throw InputError("'" + name + "' was given before");
      const auto source = std::make_shared<FileSource>(file);
      InputInfo info = inspect_input(*source, std::filesystem::path(file).filename().string());
      info.sha256 = sha256_of(*source);
      request.inputs[name] = std::move(info);
      request.resources.add_input(name, source);
    } catch (const InputError& error) {
      for (Problem problem : error.problems()) {
        problem.message = "--input " + assignment + ": " + problem.message;
        problems.push_back(std::move(problem));
      }
    }
  }
}

void check_machine_options(const RunOptions& options, std::vector<Problem>& problems) {
  if (options.device == "cuda") {
    problems.push_back({"--device", "cuda", "auto, cpu",
                        "--device cuda: no study of this build has work for a GPU; allowed: auto, cpu"});
  }
  if (!options.isa.empty() && options.isa != portable_level) {
    problems.push_back({"--isa", options.isa, std::string(portable_level),
                        "--isa " + options.isa + ": this build has one numeric level; allowed: portable"});
  }
  if (options.seed > largest_seed) {
    problems.push_back({"--seed", std::to_string(options.seed), "0…9007199254740991",
                        "--seed " + std::to_string(options.seed) + ": allowed: 0…9007199254740991"});
  }
}

// Whether rows that only go to files are more than the memory should hold.
bool has_many_rows(const Plan& plan) {
  return std::any_of(plan.begin(), plan.end(),
                     [](const Stage& stage) { return stage.rows_to_files && stage.count > 1; });
}

// Workers that fit into the memory limit; InputError when not even one does.
int workers_within_memory(const RunOptions& options, Estimate estimate, const Plan& plan, int workers) {
  if (!options.memory_limit) return workers;
  if (has_many_rows(plan)) {  // inputs and artefacts stay on disk
    for (StageCost& stage : estimate.stages) stage.bytes_shared = 0;
  }
  while (workers > 1 && predicted_memory(estimate, workers) > *options.memory_limit) --workers;
  const double needed = predicted_memory(estimate, workers);
  if (needed > *options.memory_limit) {
    const std::string needed_text = std::to_string(static_cast<long long>(needed / 1e6)) + " MB";
    throw InputError(Problem{"--max-memory", number_to_text(*options.memory_limit), "at least " + needed_text,
                             "--max-memory: this run needs about " + needed_text});
  }
  return workers;
}

int check_exit(const RunOptions& options, const Report& report) {
  if (options.check.empty()) return exit_ok;
  for (const Claim& claim : report.claims) {
    if (claim.status == ClaimStatus::Fails) return exit_claim_fails;
    if (options.check == "strict" && claim.status == ClaimStatus::NotEvaluated) return exit_claim_fails;
  }
  return exit_ok;
}

}  // namespace

double parse_size(const std::string& text) {
  std::string digits = text;
  double unit = 1;
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'k':
      case 'K':
        unit = 1e3;
        break;
      case 'M':
        unit = 1e6;
        break;
      case 'G':
        unit = 1e9;
        break;
      case 'T':
        unit = 1e12;
        break;
      default:
        break;
    }
    if (unit > 1) digits.pop_back();
  }
  const std::optional<double> number = parse_number(digits);
  if (!number || *number <= 0) {
    throw InputError(Problem{"--max-memory", text, "a size such as 512M or 2G",
                             "--max-memory '" + text + "': expected a size such as 512M or 2G"});
  }
  return *number * unit;
}

int run_study(const RunOptions& options) {
  const Registry registry = make_registry();
  const Study& study = registry.find(options.study);

  // Everything that is wrong with the call, at once.
  std::vector<Problem> problems;
  RunRequest request;
  request.study = &study;
  request.seed = options.seed;
  check_machine_options(options, problems);
  Json overrides;
  read_settings(study, options, overrides, problems);
  read_inputs(options, request, problems);
  try {
    request.config = study.resolve(options.preset, overrides);
    for (Problem& problem : study.validate(request.config, request.inputs))
      problems.push_back(std::move(problem));
  } catch (const InputError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
  if (!problems.empty()) throw InputError(std::move(problems));

  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const Plan plan = study.plan(request.config, request.inputs);
  request.workers = workers_within_memory(options, study.estimate(request.config, request.inputs), plan,
                                          options.workers > 0 ? options.workers : cores);

  const std::string id = run_id(study, request.config, request.seed, request.inputs, portable_level);
  const bool keeps_files = !options.out.empty();
  std::unique_ptr<RunFolder> folder;
  if (keeps_files) {
    folder = std::make_unique<RunFolder>(options.out, id);
  } else if (has_many_rows(plan)) {
    folder = RunFolder::temporary(id);
  }

  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  ProgressBar bar;
  RunHooks hooks;
  hooks.make_budget = [] { return std::make_unique<Slice>(); };
  hooks.cancelled = [] { return interrupted.load(); };
  hooks.progress = [&bar](const RunProgress& progress) { bar.show(progress); };
  if (folder) {
    hooks.restore = [&](const Stage& stage, std::int64_t index) { return folder->restore(stage, index); };
    hooks.finished = [&](const Stage& stage, std::int64_t index, TaskOutput& output) {
      folder->keep(stage, index, output);
    };
    hooks.store_artefact = [&](const Stage& stage, std::int64_t index, const std::string& name,
                               const std::vector<std::byte>& bytes) {
      return folder->keep_artefact(stage, index, name, bytes);
    };
  }

  const std::int64_t tasks = task_count(plan);
  const Clock::time_point begun = Clock::now();
  double seconds = 0;
  Report report;
  WrittenReport written;
  try {
    report = run_locally(std::move(request), hooks);
    seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    const auto stop_if_interrupted = [] {
      if (interrupted) throw Cancelled();
    };
    std::unique_ptr<FileSink> sink;
    if (keeps_files) {
      sink = std::make_unique<FolderSink>(folder->files(), stop_if_interrupted);
    } else {
      sink = std::make_unique<DiscardingSink>(stop_if_interrupted);
    }
    written = write_report(
        report, Provenance{id, "local", std::string(portable_level), "cpu", build_version, tasks, seconds},
        sink.get());
  } catch (const InputError&) {
    bar.clear();
    if (keeps_files) folder->discard();
    throw;
  } catch (const Cancelled&) {
    bar.clear();
    std::cerr << "reprise: cancelled";
    if (keeps_files) std::cerr << "; the same call goes on from " << folder->path().string();
    std::cerr << '\n';
    return exit_cancelled;
  }
  bar.clear();
  if (keeps_files) {
    folder->write(report, written);
    folder->forget_rows(plan);
  }
  if (options.json) {
    std::cout << written.json;
  } else {
    print_summary(std::cout, report, seconds);
    if (keeps_files) std::cout << "\nWritten to " << folder->path().string() << '\n';
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("writing the report to stdout failed");
  return check_exit(options, report);
}

}  // namespace reprise
