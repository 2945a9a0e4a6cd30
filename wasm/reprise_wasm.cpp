// The boundary to JavaScript: forwards to the core, holds no logic. README.md beside this file lists the
// calls.
#include "base/hash.h"
#include "base/math_digest.h"
#include "study/registry.h"

#include <emscripten.h>
#include <emscripten/bind.h>
#include <emscripten/val.h>
#include <memory>
#include <optional>
#include <string>

namespace {

using emscripten::val;
using reprise::Json;

const reprise::Registry& registry() {
  static const reprise::Registry all = reprise::make_registry();
  return all;
}

/// Runs `call`; its value, or what went wrong, as an envelope.
template <class Call>
std::string enveloped(Call call) {
  Json envelope = Json::object();
  try {
    envelope["ok"] = call();
  } catch (const reprise::InputError& error) {
    envelope["error"] = Json::object(
        {{"kind", "input"}, {"message", error.what()}, {"problems", reprise::to_json(error.problems())}});
  } catch (const std::exception& error) {
    envelope["error"] =
        Json::object({{"kind", "internal"}, {"message", error.what()}, {"problems", Json::array()}});
  }
  return envelope.dump();
}

std::vector<std::byte> bytes_of(const val& array) {
  std::vector<std::byte> bytes(array["length"].as<std::size_t>());
  if (!bytes.empty()) {
    val(emscripten::typed_memory_view(bytes.size(), reinterpret_cast<std::uint8_t*>(bytes.data())))
        .call<void>("set", array);
  }
  return bytes;
}

/// A copy: views into the heap break when it grows.
val array_of(std::span<const std::byte> bytes) {
  return val::global("Uint8Array")
      .new_(emscripten::typed_memory_view(bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data())));
}

/// A source behind a JavaScript function read(offset, length).
class CallbackSource final : public reprise::ByteSource {
 public:
  CallbackSource(double size, val read) : size_(static_cast<std::uint64_t>(size)), read_(std::move(read)) {}
  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override {
    if (offset >= size_ || target.empty()) return 0;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), size_ - offset));
    const val piece = read_(static_cast<double>(offset), static_cast<double>(length));
    if (piece["length"].as<std::size_t>() != length)
      throw reprise::InputError("the file changed while it was read");
    val(emscripten::typed_memory_view(length, reinterpret_cast<std::uint8_t*>(target.data())))
        .call<void>("set", piece);
    return length;
  }

 private:
  std::uint64_t size_;
  val read_;
};

/// Spent when the wall clock has passed a moment.
class Deadline final : public reprise::Budget {
 public:
  explicit Deadline(double milliseconds) : end_(emscripten_get_now() + milliseconds) {}
  bool spent() const override { return emscripten_get_now() >= end_; }

 private:
  double end_;
};

class Hasher {
 public:
  void update(const val& array) { hash_.update(bytes_of(array)); }
  std::string hex() { return hash_.hex(); }

 private:
  reprise::Sha256 hash_;
};

class Task {
 public:
  Task(const std::string& study, const std::string& config, double seed, const std::string& inputs,
       const std::string& stage, double index)
      : study_(study), config_(config), inputs_(inputs), stage_(stage), seed_(seed), index_(index) {}

  void add_input(const std::string& name, double size, const val& read) {
    resources_.add_input(name, std::make_shared<CallbackSource>(size, read));
  }
  void add_asset(const std::string& name, double size, const val& read) {
    resources_.add_asset(name, std::make_shared<CallbackSource>(size, read));
  }
  void add_artefact(const std::string& stage, double index, const std::string& name, const val& array) {
    resources_.add_artefact(stage, static_cast<std::int64_t>(index), name,
                            std::make_shared<reprise::MemorySource>(bytes_of(array)));
  }
  std::string start() {
    return enveloped([this] {
      context_.emplace(static_cast<std::uint64_t>(seed_),
                       reprise::input_infos_from_json(Json::parse(inputs_)), resources_);
      stepper_ = registry().find(study_).start(Json::parse(config_), stage_,
                                               static_cast<std::int64_t>(index_), *context_);
      return Json(true);
    });
  }
  std::string advance(double milliseconds) {
    return enveloped([this, milliseconds] {
      const bool done = stepper_->advance(Deadline(milliseconds));
      return Json::object({{"done", done}, {"progress", done ? 1.0 : stepper_->progress()}});
    });
  }
  val take_rows() {
    const reprise::Partial fresh = context_->partial().take_new_rows();
    return array_of(fresh.empty() ? std::vector<std::byte>{} : fresh.to_bytes());
  }
  std::string artefact_names() const {
    Json names = Json::array();
    for (const auto& [name, bytes] : context_->artefacts()) names.push_back(name);
    return names.dump();
  }
  val artefact(const std::string& name) const { return array_of(context_->artefacts().at(name)); }

 private:
  std::string study_, config_, inputs_, stage_;
  double seed_, index_;
  reprise::Resources resources_;
  mutable std::optional<reprise::TaskContext> context_;
  std::unique_ptr<reprise::Stepper> stepper_;  // destroyed before the context it refers to
};

class Reduction {
 public:
  Reduction(const std::string& study, const std::string& config, double seed, const std::string& inputs)
      : study_(registry().find(study)), config_(Json::parse(config)) {
    results_.seed = static_cast<std::uint64_t>(seed);
    results_.inputs = reprise::input_infos_from_json(Json::parse(inputs));
    results_.plan = study_.plan(config_, results_.inputs);
  }
  std::string append(const std::string& stage, double index, const val& rows) {
    return enveloped([&] {
      if (results_.goes_to_files(stage)) {
        auto& pieces = results_.stored[stage][static_cast<std::int64_t>(index)];
        if (rows["length"].as<std::size_t>() > 0)
          pieces.push_back(std::make_shared<reprise::MemorySource>(bytes_of(rows)));
        return Json(true);
      }
      reprise::Partial& partial = results_.partials[stage][static_cast<std::int64_t>(index)];
      if (rows["length"].as<std::size_t>() > 0) partial.append(reprise::Partial::from_bytes(bytes_of(rows)));
      return Json(true);
    });
  }
  /// Forgets the rows of a task that begins again elsewhere.
  void discard(const std::string& stage, double index) {
    results_.partials[stage].erase(static_cast<std::int64_t>(index));
    results_.stored[stage].erase(static_cast<std::int64_t>(index));
  }
  std::string reduce(bool complete, const std::string& provenance) {
    return enveloped([&] {
      results_.complete = complete;
      std::optional<reprise::Provenance> signed_by;
      if (!provenance.empty()) {
        const Json json = Json::parse(provenance);
        signed_by = reprise::Provenance{
            reprise::run_id(study_, config_, results_.seed, results_.inputs, reprise::portable_level),
            json.at("engine").as_string(),
            std::string(reprise::portable_level),
            json.at("device").as_string(),
            json.at("build").as_string(),
            json.at("tasks").as_integer(),
            json.at("seconds").as_number()};
      }
      written_ = reprise::write_report(study_.reduce(config_, results_), signed_by);
      Json files = Json::object();
      for (const auto& [name, file] : written_.files) files[name] = file.media_type;
      return Json::object({{"files", files}, {"result_sha256", written_.result_sha256}});
    });
  }
  std::string report() const { return written_.json; }
  val file(const std::string& name) const { return array_of(written_.files.at(name).bytes); }

 private:
  const reprise::Study& study_;
  Json config_;
  reprise::Results results_;
  reprise::WrittenReport written_;
};

std::string list() {
  return enveloped([] { return registry().list(); });
}
std::string describe(const std::string& study) {
  return enveloped([&] { return registry().describe(registry().find(study)); });
}
std::string resolve(const std::string& study, const std::string& preset, const std::string& overrides) {
  return enveloped([&] { return registry().find(study).resolve(preset, Json::parse(overrides)); });
}
std::string validate(const std::string& study, const std::string& config, const std::string& inputs) {
  return enveloped([&] {
    return reprise::to_json(registry().find(study).validate(
        Json::parse(config), reprise::input_infos_from_json(Json::parse(inputs))));
  });
}
std::string plan(const std::string& study, const std::string& config, const std::string& inputs) {
  return enveloped([&] {
    Json stages = Json::array();
    for (const reprise::Stage& stage : registry().find(study).plan(
             Json::parse(config), reprise::input_infos_from_json(Json::parse(inputs)))) {
      stages.push_back(stage.to_json());
    }
    return stages;
  });
}
std::string assets(const std::string& study, const std::string& config) {
  return enveloped(
      [&] { return reprise::to_json(registry().find(study).needed_assets(Json::parse(config))); });
}
std::string estimate(const std::string& study, const std::string& config, const std::string& inputs) {
  return enveloped([&] {
    return registry()
        .find(study)
        .estimate(Json::parse(config), reprise::input_infos_from_json(Json::parse(inputs)))
        .to_json();
  });
}
std::string predict(const std::string& estimate_json, const std::string& speeds, int workers) {
  return enveloped([&] {
    const reprise::Estimate cost = reprise::Estimate::from_json(Json::parse(estimate_json));
    return Json::object({{"seconds", reprise::predicted_seconds(
                                         cost, reprise::Speeds::from_json(Json::parse(speeds)), workers)},
                         {"memory_bytes", reprise::predicted_memory(cost, workers)}});
  });
}
std::string calibration_kinds() {
  return Json(reprise::calibration_kinds).dump();
}
std::string calibrate(const std::string& kind) {
  return enveloped([&] { return Json::object({{"units", reprise::calibration_work(kind)}}); });
}
std::string task_key(const std::string& study, const std::string& config, const std::string& stage,
                     double index) {
  return enveloped([&] {
    return registry().find(study).task_key(Json::parse(config), stage, static_cast<std::int64_t>(index));
  });
}
std::string probe(const std::string& study, const std::string& config, const std::string& name,
                  const std::string& arguments) {
  return enveloped(
      [&] { return registry().find(study).probe(Json::parse(config), name, Json::parse(arguments)); });
}
std::string run_identity(const std::string& study, const std::string& config, double seed,
                         const std::string& inputs) {
  return enveloped([&] {
    return Json(reprise::run_id(registry().find(study), Json::parse(config), static_cast<std::uint64_t>(seed),
                                reprise::input_infos_from_json(Json::parse(inputs)),
                                reprise::portable_level));
  });
}
std::string inspect(double size, const val& read, const std::string& file_name) {
  return enveloped([&] {
    return reprise::to_json({{"input", reprise::inspect_input(CallbackSource(size, read), file_name)}})
        .at("input");
  });
}
std::string math_bits(double count) {
  return reprise::math_digest(static_cast<std::uint64_t>(count));
}

}  // namespace

EMSCRIPTEN_BINDINGS(reprise) {
  emscripten::function("list", &list);
  emscripten::function("describe", &describe);
  emscripten::function("resolve", &resolve);
  emscripten::function("validate", &validate);
  emscripten::function("plan", &plan);
  emscripten::function("assets", &assets);
  emscripten::function("estimate", &estimate);
  emscripten::function("predict", &predict);
  emscripten::function("calibrationKinds", &calibration_kinds);
  emscripten::function("calibrate", &calibrate);
  emscripten::function("taskKey", &task_key);
  emscripten::function("probe", &probe);
  emscripten::function("runId", &run_identity);
  emscripten::function("inspect", &inspect);
  emscripten::function("mathDigest", &math_bits);
  emscripten::class_<Hasher>("Hasher")
      .constructor<>()
      .function("update", &Hasher::update)
      .function("hex", &Hasher::hex);
  emscripten::class_<Task>("Task")
      .constructor<const std::string&, const std::string&, double, const std::string&, const std::string&,
                   double>()
      .function("addInput", &Task::add_input)
      .function("addAsset", &Task::add_asset)
      .function("addArtefact", &Task::add_artefact)
      .function("start", &Task::start)
      .function("advance", &Task::advance)
      .function("takeRows", &Task::take_rows)
      .function("artefactNames", &Task::artefact_names)
      .function("artefact", &Task::artefact);
  emscripten::class_<Reduction>("Reduction")
      .constructor<const std::string&, const std::string&, double, const std::string&>()
      .function("append", &Reduction::append)
      .function("discard", &Reduction::discard)
      .function("reduce", &Reduction::reduce)
      .function("report", &Reduction::report)
      .function("file", &Reduction::file);
}
