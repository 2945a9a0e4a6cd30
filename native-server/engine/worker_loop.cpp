#include "engine/worker_loop.h"

#include "build_version.h"
#include "clock/clock.h"
#include "engine/mapped_file.h"
#include "files/file_source.h"
#include "files/folder_sink.h"
#include "study/embedded_assets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <set>
#include <unistd.h>

namespace reprise {

namespace {

constexpr std::chrono::milliseconds step_time{30};  // between looks at the input
constexpr double live_interval = 0.1;               // seconds between writes of the rows so far
constexpr double live_share = 0.1;                  // of the time at most

std::size_t rows_of(const Partial& partial) {
  std::size_t rows = 0;
  for (const auto& [name, table] : partial.tables()) rows += table.rows();
  return rows;
}

// Stages that `stage` needs, and those that they need.
void collect_needs(const Plan& plan, const std::string& stage, std::set<std::string>& names) {
  for (const Stage& candidate : plan) {
    if (candidate.name != stage) continue;
    for (const std::string& name : candidate.needs) {
      if (names.insert(name).second) collect_needs(plan, name, names);
    }
  }
}

}  // namespace

std::optional<std::string> LineReader::next(bool wait) {
  for (;;) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (ended_) return std::nullopt;
    pollfd entry{descriptor_, POLLIN, 0};
    const int ready = poll(&entry, 1, wait ? -1 : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    std::array<char, 65536> chunk{};
    const ssize_t count = read(descriptor_, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      ended_ = true;
    } else {
      buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }
}

struct WorkerLoop::Run {
  const Study* study = nullptr;
  Lease lease;  // the first of the run
  JobFolder folder;
  Resources resources;
  std::set<std::string> artefact_stages;  // already among the resources
  Results results;                        // partials that reductions have read

  Run(const Registry& registry, const Lease& first)
      : study(&registry.find(first.study)), lease(first), folder(first.folder) {
    results.seed = first.seed;
    results.inputs = first.inputs;
    results.plan = study->plan(first.config, first.inputs);
    for (const auto& [name, path] : first.input_paths) {
      auto file = MappedFile::find(path);
      if (!file) throw InputError("the bytes of the input '" + name + "' have gone from the server");
      resources.add_input(name, std::move(file));
    }
    add_embedded_assets(*study, first.config, resources);
  }

  // The artefacts of all stages that `stage` needs; those stages are finished.
  void add_artefacts_for(const std::string& stage) {
    std::set<std::string> names;
    collect_needs(results.plan, stage, names);
    for (const std::string& name : names) {
      if (!artefact_stages.insert(name).second) continue;
      std::error_code none;
      for (const auto& task : std::filesystem::directory_iterator(folder.artefacts(name), none)) {
        const std::int64_t index = std::strtoll(task.path().filename().c_str(), nullptr, 10);
        for (const auto& file : std::filesystem::directory_iterator(task.path())) {
          resources.add_artefact(name, index, file.path().filename().string(), MappedFile::find(file.path()));
        }
      }
    }
  }
};

WorkerLoop::WorkerLoop(const Registry& registry, int input, int output)
    : registry_(registry), reader_(input), output_(output) {}

WorkerLoop::~WorkerLoop() = default;

void WorkerLoop::send(const Lease& lease, std::string_view type, Json message) {
  message["lease"] = lease.number;
  message["token"] = lease.token;
  message["type"] = type;
  std::string line = message.dump();
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = write(output_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) std::_Exit(1);  // the server has gone
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void WorkerLoop::send_failure(const Lease& lease, FailureKind kind, const std::vector<Problem>& problems) {
  send(lease, "failed",
       Json::object({{"kind", text_of(kind)}, {"index", index_}, {"problems", to_json(problems)}}));
}

void WorkerLoop::stop_if_cancelled(const Lease& lease) {
  while (const auto line = reader_.next(false)) {
    const Json message = Json::parse(*line);
    if (message.at("type").as_string() == "cancel" && message.at("lease").as_integer() == lease.number) {
      throw Cancelled();
    }
  }
  if (reader_.ended()) std::_Exit(0);
}

void WorkerLoop::run() {
  while (const auto line = reader_.next(true)) {
    const Json message = Json::parse(*line);
    if (message.at("type").as_string() == "cancel") continue;  // came after the end of its lease
    execute(Lease::from_json(message));
  }
}

void WorkerLoop::execute(const Lease& lease) {
  index_ = -1;
  const auto task_name = [&] {
    return lease.is_reduction() ? std::string("the reduction")
                                : "task " + std::to_string(index_) + " of stage '" + lease.stage + "'";
  };
  try {
    if (!lease.is_reduction()) {
      execute_tasks(lease);
      return;
    }
    try {
      reduce(lease);
    } catch (...) {
      run_.reset();  // its results may hold rows of tasks in hand
      throw;
    }
  } catch (const Cancelled&) {
    send(lease, "cancelled");
  } catch (const InputError& error) {
    send_failure(lease, FailureKind::Input, error.problems());
  } catch (const std::bad_alloc&) {
    run_.reset();
    send_failure(lease, FailureKind::Memory, {{"", "", "", task_name() + " ran out of memory"}});
  } catch (const std::exception& error) {
    send_failure(lease, FailureKind::Internal, {{"", "", "", task_name() + " failed: " + error.what()}});
  }
}

WorkerLoop::Run& WorkerLoop::prepare(const Lease& lease) {
  if (!run_ || run_->lease.folder != lease.folder) {
    run_.reset();
    run_ = std::make_unique<Run>(registry_, lease);
  }
  return *run_;
}

void WorkerLoop::execute_tasks(const Lease& lease) {
  prepare(lease).add_artefacts_for(lease.stage);
  for (std::int64_t index = lease.first; index < lease.first + lease.count; ++index) {
    index_ = index;
    stop_if_cancelled(lease);
    execute_task(lease, index);
  }
  send(lease, "finished");
}

void WorkerLoop::execute_task(const Lease& lease, std::int64_t index) {
  Run& run = *run_;
  const SteadyTime start = steady_now();
  TaskContext context(lease.seed, lease.inputs, run.resources);
  context.keep_artefacts_with([&](const std::string& name, const std::vector<std::byte>& bytes) {
    write_file(run.folder.artefacts(lease.stage, index) / name, bytes);
  });
  const std::unique_ptr<Stepper> stepper = run.study->start(lease.config, lease.stage, index, context);
  const bool shows_rows = !run.results.goes_to_files(lease.stage);
  SteadyTime last_live = start;
  double live_seconds = 0;
  std::size_t live_rows = 0;
  while (!stepper->advance(TimeBudget(step_time))) {
    stop_if_cancelled(lease);
    if (seconds_since(last_live) < std::max(live_interval, live_seconds / live_share)) continue;
    const SteadyTime begin = steady_now();
    const std::size_t rows = rows_of(context.partial());
    if (shows_rows && rows != live_rows) {
      write_file(run.folder.live(lease.stage, index), context.partial().to_bytes());
      live_rows = rows;
    }
    send(lease, "rows", Json::object({{"index", index}, {"fraction", stepper->progress()}, {"rows", rows}}));
    live_seconds = seconds_since(begin);
    last_live = steady_now();
  }
  write_file(run.folder.partial(lease.stage, index), context.partial().to_bytes());
  if (live_rows > 0) {
    std::error_code ignored;
    std::filesystem::remove(run.folder.live(lease.stage, index), ignored);
  }
  Json rows = Json::object();
  for (const auto& [name, table] : context.partial().tables()) rows[name] = table.rows();
  send(lease, "task",
       Json::object({{"index", index}, {"rows", std::move(rows)}, {"seconds", seconds_since(start)}}));
}

// Partials that stay on disk; those that are not there or damaged are added to `missing`.
void WorkerLoop::find_stored(const std::string& stage, const RangeSet& ranges, Json& missing) {
  auto& stored = run_->results.stored[stage];
  for (const auto& [first, last] : ranges.ranges()) {
    for (std::int64_t index = first; index <= last; ++index) {
      if (stored.count(index) > 0) continue;
      const auto file = PathSource::find(run_->folder.partial(stage, index));
      try {
        if (!file) throw InputError("no such file");
        (void)PartialReader(*file);
        stored[index] = {file};
      } catch (const InputError&) {
        missing.push_back(Json(Json::Array{Json(stage), Json(index)}));
      }
    }
  }
}

void WorkerLoop::reduce(const Lease& lease) {
  Run& run = prepare(lease);
  Results& results = run.results;
  const SteadyTime start = steady_now();
  Json missing = Json::array();
  for (const auto& [stage, ranges] : lease.finished) {
    if (results.goes_to_files(stage)) {
      find_stored(stage, ranges, missing);
      continue;
    }
    auto& partials = results.partials[stage];
    for (const auto& [first, last] : ranges.ranges()) {
      for (std::int64_t index = first; index <= last; ++index) {
        if (partials.count(index) > 0) continue;
        stop_if_cancelled(lease);
        const auto file = MappedFile::find(run.folder.partial(stage, index));
        try {
          if (!file) throw InputError("no such file");
          partials.emplace(index, Partial::from_bytes(read_all(*file)));
        } catch (const InputError&) {
          missing.push_back(Json(Json::Array{Json(stage), Json(index)}));
        }
      }
    }
  }
  if (missing.size() > 0) {
    send(lease, "missing", Json::object({{"tasks", std::move(missing)}}));
    return;
  }
  for (const auto& [stage, indices] : lease.live) {
    if (results.goes_to_files(stage)) continue;
    for (const std::int64_t index : indices) {
      const auto file = MappedFile::find(run.folder.live(stage, index));
      if (file) results.partials[stage].emplace(index, Partial::from_bytes(read_all(*file)));
    }
  }
  results.complete = lease.complete;
  Provenance provenance{run_id(*run.study, lease.config, lease.seed, lease.inputs, portable_level),
                        "local",
                        std::string(portable_level),
                        "cpu",
                        build_version,
                        0,
                        lease.seconds};
  for (const auto& [stage, ranges] : lease.finished) provenance.tasks += ranges.count();
  FolderSink folder_sink(
      run.folder.files(), [&] { stop_if_cancelled(lease); }, true);
  DiscardingSink discarding_sink([&] { stop_if_cancelled(lease); });
  FileSink& sink = lease.complete ? static_cast<FileSink&>(folder_sink) : discarding_sink;
  const WrittenReport written = write_report(run.study->reduce(lease.config, results), provenance, &sink);
  for (const auto& [stage, indices] : lease.live) {
    for (const std::int64_t index : indices) results.partials[stage].erase(index);
  }
  if (lease.complete) {
    Json files = Json::object();
    for (const auto& [name, file] : written.files) files[name] = file.media_type;
    write_file(run.folder.file_types(), files.dump(), true);
    write_file(run.folder.report(), written.json, true);
    run_.reset();  // the partials of a finished run are only a burden
  } else {
    write_file(run.folder.partial_report(), written.json);
  }
  send(lease, "report", Json::object({{"seconds", seconds_since(start)}}));
}

}  // namespace reprise
