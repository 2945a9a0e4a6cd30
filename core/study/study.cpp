#include "study/study.h"

#include "base/hash.h"
#include "data/rows_estimate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

template class std::vector<reprise::Stage>;

namespace reprise {

namespace {

std::string artefact_key(std::string_view stage, std::int64_t index, std::string_view name) {
  return std::string(stage) + "/" + std::to_string(index) + "/" + std::string(name);
}

bool compare(Relation relation, double statistic, double threshold, double high) {
  switch (relation) {
    case Relation::AtMost:
      return statistic <= threshold;
    case Relation::AtLeast:
      return statistic >= threshold;
    case Relation::Below:
      return statistic < threshold;
    case Relation::Above:
      return statistic > threshold;
    case Relation::Equal:
      return statistic == threshold;
    case Relation::Within:
      return statistic >= threshold && statistic <= high;
  }
  throw std::logic_error("unknown relation");
}

class SimpleTask final : public Stepper {
 public:
  explicit SimpleTask(std::function<void()> work) : work_(std::move(work)) {}
  bool step() override {
    work_();
    return true;
  }

 private:
  std::function<void()> work_;
};

class SequenceTask final : public Stepper {
 public:
  explicit SequenceTask(std::vector<std::function<bool()>> steps) : steps_(std::move(steps)) {}
  bool step() override {
    if (next_ < steps_.size() && steps_[next_]()) ++next_;
    return next_ >= steps_.size();
  }
  double progress() const override {
    return steps_.empty() ? 1 : static_cast<double>(next_) / static_cast<double>(steps_.size());
  }

 private:
  std::vector<std::function<bool()>> steps_;
  std::size_t next_ = 0;
};

}  // namespace

Json to_json(const std::vector<Problem>& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back(Json::object({{"key", problem.key},
                                 {"value", problem.value},
                                 {"allowed", problem.allowed},
                                 {"message", problem.message}}));
  }
  return list;
}

Json to_json(const InputInfos& inputs) {
  Json json = Json::object();
  for (const auto& [name, info] : inputs) {
    json[name] = Json::object(
        {{"sha256", info.sha256}, {"file_name", info.file_name}, {"bytes", info.bytes}, {"rows", info.rows}});
  }
  return json;
}

InputInfos input_infos_from_json(const Json& json) {
  InputInfos inputs;
  for (const auto& [name, entry] : json.as_object()) {
    InputInfo info;
    info.sha256 = entry.at("sha256").as_string();
    info.file_name = entry.at("file_name").as_string();
    info.bytes = static_cast<std::uint64_t>(entry.at("bytes").as_integer());
    info.rows = entry.at("rows").as_integer();
    inputs.emplace(name, std::move(info));
  }
  return inputs;
}

InputInfo inspect_input(const ByteSource& source, std::string_view file_name) {
  InputInfo info;
  info.file_name = file_name;
  info.bytes = source.size();
  info.rows = estimate_rows(source, file_name).value_or(0);
  return info;
}

Json Stage::to_json() const {
  return Json::object({{"name", name},
                       {"count", count},
                       {"needs", Json(needs)},
                       {"device", device},
                       {"batch_hint", batch_hint}});
}

void Resources::add_input(std::string name, std::shared_ptr<const ByteSource> source) {
  inputs_[std::move(name)] = std::move(source);
}

void Resources::add_artefact(std::string_view stage, std::int64_t index, std::string_view name,
                             std::shared_ptr<const ByteSource> source) {
  artefacts_[artefact_key(stage, index, name)] = std::move(source);
}

void Resources::add_asset(std::string name, std::shared_ptr<const ByteSource> source) {
  assets_[std::move(name)] = std::move(source);
}

const ByteSource* Resources::input(std::string_view name) const {
  const auto found = inputs_.find(name);
  return found == inputs_.end() ? nullptr : found->second.get();
}

const ByteSource* Resources::artefact(std::string_view stage, std::int64_t index,
                                      std::string_view name) const {
  const auto found = artefacts_.find(artefact_key(stage, index, name));
  return found == artefacts_.end() ? nullptr : found->second.get();
}

const ByteSource* Resources::asset(std::string_view name) const {
  const auto found = assets_.find(name);
  return found == assets_.end() ? nullptr : found->second.get();
}

const ByteSource& TaskContext::input(std::string_view name) const {
  const ByteSource* source = resources_.input(name);
  if (source == nullptr) {
    throw InputError(
        Problem{std::string(name), "", "a file", "input '" + std::string(name) + "' is required"});
  }
  return *source;
}

const ByteSource& TaskContext::artefact(std::string_view stage, std::int64_t index,
                                        std::string_view name) const {
  const ByteSource* source = resources_.artefact(stage, index, name);
  if (source == nullptr) throw std::logic_error("missing artefact " + artefact_key(stage, index, name));
  return *source;
}

const ByteSource& TaskContext::asset(std::string_view name) const {
  const ByteSource* source = resources_.asset(name);
  if (source == nullptr) {
    throw std::logic_error("the asset " + std::string(name) +
                           " is not there: the description does not declare it for this config");
  }
  return *source;
}

void TaskContext::leave_artefact(std::string name, std::vector<std::byte> bytes) {
  if (keep_artefact_) {
    keep_artefact_(name, std::move(bytes));
  } else {
    artefacts_[std::move(name)] = std::move(bytes);
  }
}

std::unique_ptr<Stepper> simple_task(std::function<void()> work) {
  return std::make_unique<SimpleTask>(std::move(work));
}

std::unique_ptr<Stepper> sequence_task(std::vector<std::function<bool()>> steps) {
  return std::make_unique<SequenceTask>(std::move(steps));
}

Table Results::gather(std::string_view stage, std::string_view table,
                      const std::vector<ColumnSpec>& specs) const {
  Table all(specs);
  const auto found = partials.find(stage);
  if (found == partials.end()) return all;
  for (const auto& [index, partial] : found->second) {
    if (const Table* rows = partial.find(table)) all.append(*rows);
  }
  return all;
}

std::vector<std::string> Results::warnings() const {
  std::vector<std::string> all;
  for (const Stage& stage : plan) {
    const Table rows = gather(stage.name, "warnings", {{"text", ColumnType::Text}});
    for (const std::string& text : rows.texts("text")) {
      if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
  }
  return all;
}

StoredTable Results::stored_table(std::string_view stage, std::string_view table) const {
  StoredPartials all;
  if (const auto found = stored.find(stage); found != stored.end()) {
    for (const auto& [index, pieces] : found->second) all.insert(all.end(), pieces.begin(), pieces.end());
  }
  return find_stored_table(all, table);
}

bool Results::goes_to_files(std::string_view stage) const {
  return std::any_of(plan.begin(), plan.end(),
                     [&](const Stage& one) { return one.rows_to_files && one.name == stage; });
}

void pass_on_table(const Results& results, std::string_view stage, std::string_view table, Report& report) {
  StoredTable found = results.stored_table(stage, table);
  if (found.rows == 0) return;
  if (found.rows <= inline_rows_limit) {
    report.table(table, found.specs).append(first_rows(found, found.rows));
  } else if (results.complete) {
    report.stored_tables[std::string(table)] = std::move(found);
  }
}

Study::Study(const std::vector<Parameter>& parameters, Description description)
    : description_(std::move(description)) {
  description_.parameters = parameters;
}
Study::~Study() = default;

Json Study::resolve(std::string_view preset, const Json& overrides) const {
  std::vector<Problem> problems;
  if (!preset.empty() && std::find(preset_names.begin(), preset_names.end(), preset) == preset_names.end()) {
    problems.push_back({"preset", std::string(preset), "widget, browser, paper",
                        "unknown preset '" + std::string(preset) + "'; allowed: widget, browser, paper"});
  }
  if (!overrides.is_null()) {
    const std::vector<Problem> found = check_config(description_.parameters, overrides);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  Json config = preset_config(description_.parameters, preset);
  if (!overrides.is_null()) {
    for (const auto& [key, value] : overrides.as_object()) config[key] = value;
  }
  return config;
}

std::vector<Problem> Study::validate(const Json& config, const InputInfos& inputs) const {
  std::vector<Problem> problems = check_config(description_.parameters, config);
  if (config.is_object()) {
    for (const Parameter& parameter : description_.parameters) {
      if (config.find(parameter.key) == nullptr) {
        problems.push_back(
            {parameter.key, "", parameter.allowed(), "parameter '" + parameter.key + "' is missing"});
      }
    }
  }
  std::string known;
  for (const InputSpec& spec : description_.inputs) {
    known += (known.empty() ? "" : ", ") + spec.name;
    if (spec.required && inputs.find(spec.name) == inputs.end()) {
      problems.push_back({spec.name, "", "a file", "input '" + spec.name + "' is required"});
    }
  }
  for (const auto& [name, info] : inputs) {
    const bool found = std::any_of(description_.inputs.begin(), description_.inputs.end(),
                                   [&name = name](const InputSpec& spec) { return spec.name == name; });
    if (!found) {
      const std::string allowed = known.empty() ? "none" : known;
      problems.push_back({name, name, allowed, "unknown input '" + name + "'; allowed: " + allowed});
    }
  }
  const bool config_is_typed = check_config(description_.parameters, config).empty() && config.is_object() &&
                               config.size() == description_.parameters.size();
  if (config_is_typed) check_config_rules(config, inputs, problems);
  return problems;
}

std::vector<AssetInfo> Study::needed_assets(const Json& config) const {
  std::vector<AssetInfo> needed;
  for (const AssetUse& use : description_.assets) {
    if (use.parameter.empty() || config.at(use.parameter) == Json(use.value))
      needed.push_back(bundled_asset(use.name));
  }
  return needed;
}

Json Study::probe(const Json&, std::string_view name, const Json&) const {
  const std::string wanted(name.substr(0, 100));
  throw InputError(Problem{"probe", wanted, "", description_.study + " has no probe '" + wanted + "'"});
}

Report Study::begin_report(const Json& config, const Results& results) const {
  Report report;
  report.study = description_.study;
  report.revision = description_.revision;
  report.seed = results.seed;
  report.config = config;
  report.warnings = results.warnings();
  return report;
}

void Study::judge(Report& report, const Results& results, std::string_view id, double statistic) const {
  const ClaimSpec& spec = description_.claim(id);
  Claim claim;
  claim.id = spec.id;
  claim.statement = spec.statement;
  claim.statistic = statistic;
  claim.relation = spec.relation;
  claim.threshold = spec.threshold_parameter.empty() ? spec.threshold
                                                     : report.config.at(spec.threshold_parameter).as_number();
  claim.threshold_high = spec.threshold_high;
  if (!results.complete) {
    claim.status = ClaimStatus::NotEvaluated;
    claim.reason = "the run has not finished";
  } else if (!std::isfinite(statistic)) {
    claim.status = ClaimStatus::Fails;
    claim.reason = "the statistic is not a finite number";
  } else {
    claim.status = compare(spec.relation, statistic, claim.threshold, claim.threshold_high)
                       ? ClaimStatus::Holds
                       : ClaimStatus::Fails;
  }
  report.claims.push_back(std::move(claim));
}

std::string run_id(const Study& study, const Json& config, std::uint64_t seed, const InputInfos& inputs,
                   std::string_view level) {
  Json hashes = Json::object();
  for (const auto& [name, info] : inputs) hashes[name] = info.sha256;
  for (const AssetInfo& asset : study.needed_assets(config)) hashes["assets/" + asset.name] = asset.sha256;
  return sha256_hex(Json::object({{"study", study.description().study},
                                  {"revision", study.description().revision},
                                  {"config", config},
                                  {"seed", seed},
                                  {"inputs", std::move(hashes)},
                                  {"level", level}})
                        .dump());
}

}  // namespace reprise
