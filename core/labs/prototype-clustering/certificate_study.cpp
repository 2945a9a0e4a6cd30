// Study "How far from the best partition can this clustering be?": certificates of one clustering, or of
// fitted clusterings of Gaussian groups at several separations.
#include "labs/prototype-clustering/certificate_study.h"

#include "base/number_text.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/certificate_tasks.h"
#include "labs/prototype-clustering/groups_probe.h"
#include "labs/prototype-clustering/read_inputs.h"
#include "labs/prototype-clustering/report_tables.h"
#include "labs/prototype-clustering/studies.h"
#include "study/study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace reprise::protoclust {

namespace {

using Config = CertificateConfig;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

const std::vector<ColumnSpec>& step_columns() {
  static const std::vector<ColumnSpec> specs = {
      {"kind", ColumnType::Text}, {"epsilon", ColumnType::Real}, {"bound", ColumnType::Real}};
  return specs;
}

class CertificateStudy final : public StudyOf<Config> {
 public:
  CertificateStudy() : StudyOf(certificate_parameters(), certificate_description()) {}

 protected:
  void check(const Config& config, const InputInfos& inputs, std::vector<Problem>& problems) const override;
  Plan plan_of(const Config& config, const InputInfos& inputs) const override {
    Stage sweep, read, fit, certify;
    sweep.name = sweep_stage;
    read.name = read_stage;
    fit.name = fit_stage;
    certify.name = certify_stage;
    if (config.sweeps()) {
      sweep.count = sweep_tasks(config);
      return {sweep};
    }
    certify.needs = {std::string(read_stage)};
    if (has_labels(config, inputs)) return {read, certify};
    fit.count = config.restarts;
    fit.needs = {std::string(read_stage)};
    certify.needs.push_back(std::string(fit_stage));
    return {read, fit, certify};
  }
  Estimate estimate_of(const Config& config, const InputInfos& inputs) const override;
  Json key_of(const Config& config, std::string_view stage, std::int64_t index) const override {
    if (stage == fit_stage) return Json::object({{"restart", index}});
    if (stage != sweep_stage) return Json::object({{"task", stage}});
    const SweepCell cell = sweep_cell(config, index);
    Json key = Json::object({{"k", cell.k}, {"sep", cell.separation}, {"trial", cell.trial}});
    if (!cell.shares.empty()) key["share"] = cell.shares[0];
    return key;
  }
  std::unique_ptr<Stepper> start_task(const Config& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == sweep_stage) return start_sweep_task(config, index, context);
    if (stage == read_stage) return start_read_task(config, context);
    if (stage == fit_stage) return start_fit_task(config, index, context);
    return start_certify_task(config, context);
  }
  void fill_report(const Config& config, const Results& results, Report& report) const override;
  Json probe_of(const Config& config, std::string_view name, const Json& arguments) const override {
    if (name == "groups") return probe_groups(arguments);
    return StudyOf::probe_of(config, name, arguments);
  }

 private:
  void fill_sweep(const Config& config, const Results& results, Report& report) const;
  void fill_clustering(const Config& config, const Results& results, Report& report) const;
};

void CertificateStudy::check(const Config& config, const InputInfos& inputs,
                             std::vector<Problem>& problems) const {
  check_loss(config.loss, problems);
  if (config.source == "upload") {
    check_inputs(inputs, config.label_column, problems);
    if (inputs.find("data") == inputs.end())
      problems.push_back({"data", "", "a file", "input 'data' is missing; source=upload reads it"});
  } else {
    for (const char* name : {"data", "labels"}) {
      if (inputs.find(name) != inputs.end())
        problems.push_back(
            {"source", config.source, "upload",
             "source=" + config.source + " does not read the input '" + name + "'; allowed with it: upload"});
    }
  }
  if (config.enumerate && config.loss != "kmeans" && config.loss != "power:2")
    problems.push_back({"enumerate", "true", "false, or loss=kmeans",
                        "enumerate compares k-means partitions; allowed: false, or loss=kmeans"});
  if (!config.sweeps()) return;
  if (config.enumerate)
    problems.push_back({"enumerate", "true", "false with source=gmm-sweep",
                        "enumerate is for one clustering of at most 11 points; allowed: false with "
                        "source=gmm-sweep"});
  for (const std::int64_t k : config.k_list) {
    if (!config.shares.empty()) break;
    if (k > config.n)
      problems.push_back({"k_list", std::to_string(k), "at most n",
                          "k_list: " + std::to_string(k) + " clusters of n=" + std::to_string(config.n) +
                              " points; allowed: at most n"});
    if (k >= 3 && config.d < 2)
      problems.push_back({"d", std::to_string(config.d), "at least 2 when k is 3 or more",
                          "d=1 has no polygon of " + std::to_string(k) + " centres; allowed: at least 2"});
  }
  for (const double share : config.shares) {
    if (std::floor(share * static_cast<double>(config.n)) < 1)
      problems.push_back({"shares", number_to_text(share), "at least 1/n",
                          "shares: " + number_to_text(share) + " of n=" + std::to_string(config.n) +
                              " points leaves the small cluster empty; allowed: at least 1/n"});
  }
}

Estimate CertificateStudy::estimate_of(const Config& config, const InputInfos& inputs) const {
  // A fit takes some ten assignments and two sweeps of single-point moves.
  constexpr double fit_passes = 20;
  const auto certify_cost = [&](double n, double d, double k, double epsilons, StageCost& cost) {
    cost.vector_ops += n * (3 * k * d + d * d + 20 * d) + k * 10 * d * d * d;
    cost.sort_elements += n * (k - 1) * std::log2(n / k + 2);
    cost.vector_ops += epsilons * (60 * n + 12 * static_cast<double>(config.grid) * k * (k + 0.02 * n));
  };
  const auto restarts = static_cast<double>(config.restarts);
  Estimate estimate;
  if (config.sweeps()) {
    StageCost sweep;
    sweep.stage = sweep_stage;
    const auto n = static_cast<double>(config.n), d = static_cast<double>(config.d);
    double largest = 0;
    const auto tasks = static_cast<double>(sweep_tasks(config));
    for (std::size_t group = 0; group < sweep_groups(config); ++group) {
      const auto k = static_cast<double>(config.shares.empty() ? config.k_list[group] : 2);
      const double cells = static_cast<double>(config.sep_list.size()) * static_cast<double>(config.trials);
      StageCost one;
      one.vector_ops = restarts * n * fit_passes * (4 * k * d + 20);
      certify_cost(n, d, k, 1, one);
      sweep.vector_ops += cells * one.vector_ops;
      sweep.sort_elements += cells * one.sort_elements;
      largest = std::max(largest, k);
    }
    sweep.special_ops = tasks * n * d;
    sweep.bytes_task = 1e6 + n * (16 * d + 8 * largest + 100);
    sweep.longest_task_share = std::min(1.0, 2 / tasks);
    estimate.stages = {sweep};
    estimate.report_bytes = 5000 + 100 * tasks;
    return estimate;
  }
  InputSize size;
  size.rows = config.source == "iris" ? 150 : 178;
  size.values = config.source == "iris" ? 600 : 178 * 13;
  if (config.source == "upload") size = size_of_data(inputs);
  const double d = std::max(1.0, size.values / std::max(1.0, size.rows));
  const auto k = static_cast<double>(config.k_list.front());
  StageCost read, fit, certify;
  read.stage = read_stage;
  read.vector_ops = 1000 + 30 * size.bytes + 30 * size.values;
  read.bytes_task = 2e6 + 30 * size.values + 100 * size.rows;
  fit.stage = fit_stage;
  fit.vector_ops = restarts * size.rows * fit_passes * (4 * k * d + 20);
  fit.longest_task_share = std::min(1.0, 2 / restarts);
  fit.bytes_task = 1e6 + 20 * size.values + 50 * size.rows;
  certify.stage = certify_stage;
  certify_cost(size.rows, d, k, static_cast<double>(config.eps_list.size()), certify);
  if (config.enumerate) certify.vector_ops += 3e5 * 11 * d * k;
  certify.bytes_task = 1e6 + 20 * size.values + (8 * k + 150) * size.rows;
  for (StageCost* cost : {&read, &fit, &certify}) cost->bytes_shared = size.bytes + 8 * size.values;
  estimate.stages = {read, fit, certify};
  if (has_labels(config, inputs)) estimate.stages = {read, certify};
  estimate.report_bytes = 8000 + 60 * std::min(size.rows, 20000.0);
  return estimate;
}

void CertificateStudy::fill_report(const Config& config, const Results& results, Report& report) const {
  if (config.sweeps()) {
    fill_sweep(config, results, report);
  } else {
    fill_clustering(config, results, report);
  }
}

void CertificateStudy::fill_sweep(const Config& config, const Results& results, Report& report) const {
  struct Cell {
    std::int64_t trials = 0, certified = 0, optimal = 0;
    double ratios = 0;
  };
  for (const auto& [name, specs] : clustering_tables()) report.table(name, specs);  // of the other figures
  report.table("bound_steps", step_columns());
  const std::size_t groups = sweep_groups(config), seps = config.sep_list.size();
  std::vector<Cell> cells(groups * seps);
  if (const auto stage = results.partials.find(sweep_stage); stage != results.partials.end()) {
    for (const auto& [index, partial] : stage->second) {
      const Table* found = partial.find("trial");
      if (found == nullptr || found->rows() == 0) continue;
      Cell& cell = cells[static_cast<std::size_t>(index / config.trials)];
      ++cell.trials;
      const std::int64_t status = found->integers("status")[0];
      cell.certified += status > 0 ? 1 : 0;
      cell.optimal += status == 2 ? 1 : 0;
      cell.ratios += found->reals("ratio")[0];
    }
  }
  Table& sweep = report.table("sweep", {{"k", ColumnType::Integer},
                                        {"share", ColumnType::Real},
                                        {"sep", ColumnType::Real},
                                        {"trials", ColumnType::Integer},
                                        {"certified", ColumnType::Integer},
                                        {"optimal", ColumnType::Integer},
                                        {"mean_ratio", ColumnType::Real}});
  Table& shown = report.table(
      "certified_share",
      {{"groups", ColumnType::Text}, {"sep", ColumnType::Real}, {"certified_share", ColumnType::Real}});
  Table& transition = report.table("transition", {{"k", ColumnType::Integer},
                                                  {"share", ColumnType::Real},
                                                  {"last_none", ColumnType::Real},
                                                  {"first_half", ColumnType::Real},
                                                  {"first_all", ColumnType::Real}});
  double factor = not_a_number;
  std::vector<double> half_at(groups, not_a_number);
  for (std::size_t group = 0; group < groups; ++group) {
    const std::int64_t k = config.shares.empty() ? config.k_list[group] : 2;
    const double share = config.shares.empty() ? not_a_number : config.shares[group];
    const std::string name =
        config.shares.empty() ? "k = " + std::to_string(k) : "share " + number_to_text(share);
    double none = not_a_number, half = not_a_number, all = not_a_number;
    for (std::size_t s = 0; s < seps; ++s) {
      const Cell& cell = cells[group * seps + s];
      if (cell.trials == 0) continue;
      const double sep = config.sep_list[s];
      sweep.append_row(k, share, sep, cell.trials, cell.certified, cell.optimal,
                       cell.ratios / static_cast<double>(cell.trials));
      shown.append_row(name, sep, static_cast<double>(cell.certified) / static_cast<double>(cell.trials));
      if (std::isnan(half) && 2 * cell.certified >= cell.trials) half = sep;
      if (std::isnan(all) && cell.certified == cell.trials) all = sep;
      if (std::isnan(half) && cell.certified == 0) none = sep;
    }
    transition.append_row(k, share, none, half, all);
    half_at[group] = half;
    if (none > 0 && all > 0) factor = std::isnan(factor) ? all / none : std::max(factor, all / none);
  }
  if (!std::isnan(factor)) report.metrics["transition_factor"] = factor;
  if (config.shares.size() < 2) return;
  const auto [low, high] = std::minmax_element(config.shares.begin(), config.shares.end());
  const double small = half_at[static_cast<std::size_t>(low - config.shares.begin())];
  const double large = half_at[static_cast<std::size_t>(high - config.shares.begin())];
  if (!std::isnan(small) && !std::isnan(large)) judge(report, results, "imbalance", small / large);
}

void CertificateStudy::fill_clustering(const Config& config, const Results& results, Report& report) const {
  copy_metrics(results, certify_stage, report);
  for (const auto& [name, specs] : clustering_tables())
    report.table(name, specs).append(results.gather(certify_stage, name, specs));
  const Table& certificates = report.table("certificate", certificate_columns());
  Table& steps = report.table("bound_steps", step_columns());
  const auto put_steps = [&](const char* column, const char* name) {
    const Series line = step_line(certificates.reals("epsilon"), certificates.reals(column));
    for (std::size_t i = 0; i < line.x.size(); ++i) steps.append_row(name, line.x[i], line.y[i]);
  };
  put_steps("bound", "certificate");
  if (parse_loss(config.loss).squared()) put_steps("subspace_bound", "spectral");
  const auto ratio = report.metrics.find("separation_ratio");
  if (ratio == report.metrics.end()) return;
  judge(report, results, "certified", ratio->second);
  if (results.complete) {
    const bool stands = report.metrics["status_code"] > 0;
    report.claims.back().reason = !stands ? too_close_text(ratio->second)
                                          : "at most " + percent_text(report.metrics["bound"]) +
                                                " of the labels differ in a solution with a loss up to " +
                                                percent_text(config.eps_list.front()) + " higher";
  }
  if (!config.enumerate) return;
  double excess = -std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < certificates.rows(); ++row)
    excess =
        std::max(excess, certificates.reals("enumerated_max_error")[row] - certificates.reals("bound")[row]);
  judge(report, results, "valid", excess);
}

}  // namespace

std::unique_ptr<Study> make_certificate() {
  return std::make_unique<CertificateStudy>();
}

}  // namespace reprise::protoclust
