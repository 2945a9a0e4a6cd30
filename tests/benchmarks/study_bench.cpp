// Times whole studies on threads of this process, and says what the cost model expected:
//   study_bench
// answers lines
//   {"case": "studies"}                                          names
//   {"case": "speeds"}                                           this machine's speeds, one worker
//   {"case": "run", "study": …, "preset": …, "set": {…}, "inputs": {name: path}, "workers": 1}
// the last with {"seconds", "predicted", "tasks", "holds", "claims", "result_sha256"}; {"case": "estimate"}
// has the same members and runs nothing.
#include "base/hash.h"
#include "benchmarks/line_protocol.h"
#include "study/driver.h"
#include "study/registry.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace {

using reprise::Json;
using reprise::benchmarks::seconds_of;

// Units per second of every kind of work, the best of several short trials, as a browser measures itself.
reprise::Speeds measure_speeds() {
  Json speeds = Json::object();
  for (const std::string& kind : reprise::calibration_kinds) {
    double best = 0;
    for (int trial = 0; trial < 9; ++trial) {
      double units = 0;
      const double seconds = seconds_of([&] { units = reprise::calibration_work(kind); });
      best = std::max(best, units / seconds);
    }
    speeds[kind] = best;
  }
  return reprise::Speeds::from_json(speeds);
}

void add_input(reprise::RunRequest& request, const std::string& name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  const auto source =
      std::make_shared<reprise::MemorySource>(std::vector<std::byte>(begin, begin + text.size()));
  request.inputs[name] = reprise::inspect_input(*source, path.substr(path.rfind('/') + 1));
  request.inputs[name].sha256 = reprise::sha256_hex(text);
  request.resources.add_input(name, source);
}

reprise::RunRequest request_of(const reprise::Registry& registry, const Json& line) {
  reprise::RunRequest request;
  request.study = &registry.find(line.at("study").as_string());
  const Json* settings = line.find("set");
  request.config =
      request.study->resolve(line.at("preset").as_string(), settings ? *settings : Json::object());
  request.seed = reprise::default_seed;
  if (const Json* inputs = line.find("inputs")) {
    for (const auto& [name, path] : inputs->as_object()) add_input(request, name, path.as_string());
  }
  if (const Json* workers = line.find("workers")) request.workers = static_cast<int>(workers->as_integer());
  return request;
}

Json estimate(const reprise::RunRequest& request, const reprise::Speeds& speeds) {
  const auto cost = request.study->estimate(request.config, request.inputs);
  return Json::object({{"predicted", reprise::predicted_seconds(cost, speeds, request.workers)},
                       {"memory_bytes", reprise::predicted_memory(cost, request.workers)},
                       {"tasks", reprise::task_count(request.study->plan(request.config, request.inputs))}});
}

Json run(reprise::RunRequest request, const reprise::Speeds& speeds) {
  Json answer = estimate(request, speeds);
  reprise::WrittenReport written;
  reprise::Report report;
  answer["seconds"] = seconds_of([&] {
    report = reprise::run_locally(std::move(request));
    written = reprise::write_report(report, std::nullopt);
  });
  int holds = 0;
  for (const reprise::Claim& claim : report.claims) holds += claim.status == reprise::ClaimStatus::Holds;
  answer["holds"] = holds;
  answer["claims"] = report.claims.size();
  answer["result_sha256"] = written.result_sha256;
  return answer;
}

}  // namespace

int main() {
  const reprise::Registry registry = reprise::make_registry();
  const reprise::Speeds speeds = measure_speeds();
  return reprise::benchmarks::serve_lines([&](const Json& line) -> Json {
    const std::string& name = line.at("case").as_string();
    if (name == "studies") return registry.list();
    if (name == "speeds") return speeds.to_json();
    if (name == "estimate") return estimate(request_of(registry, line), speeds);
    if (name == "run") return run(request_of(registry, line), speeds);
    throw std::runtime_error("unknown case " + name);
  });
}
