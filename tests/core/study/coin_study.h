// A small complete study for tests: stage "toss" counts heads in `tosses` tosses for each of `repeats` tasks
// and leaves the count as an artefact; stage "sum" adds the artefacts up. Claims: the share of heads is near
// p.
#pragma once

#include "study/registry.h"

#include <cmath>

namespace reprise::testing {

struct CoinConfig {
  std::int64_t tosses = 1000;
  std::int64_t repeats = 5;
  double p = 0.5;
  std::vector<std::int64_t> sizes = {1, 2};
  std::string side = "heads";
  bool fair = true;
  double tolerance = 0.1;
};

inline Parameters<CoinConfig> coin_parameters() {
  Parameters<CoinConfig> list;
  list.integer("tosses", &CoinConfig::tosses)
      .within(1, 1000000)
      .label("Tosses")
      .preset("paper", 5000)
      .essential();
  list.integer("repeats", &CoinConfig::repeats).within(1, 1000).label("Repeats");
  list.real("p", &CoinConfig::p).above(0).below(1).label("Probability of heads");
  list.integers("sizes", &CoinConfig::sizes).within(1, 100).entries(1, 4).increasing();
  list.choice("side", &CoinConfig::side, {"heads", "tails"});
  list.boolean("fair", &CoinConfig::fair);
  list.real("tolerance", &CoinConfig::tolerance).above(0).at_most(1);
  return list;
}

inline Description coin_description() {
  Description description;
  description.study = "toy/coin";
  description.revision = 3;
  description.title = "Coin";
  description.question = "Is the coin fair?";
  InputSpec bias;
  bias.name = "bias";
  bias.formats = {"csv"};
  description.inputs = {bias};
  ClaimSpec near;
  near.id = "share-near-p";
  near.statement = "The share of heads is near p.";
  near.threshold_parameter = "tolerance";
  near.why = "the test chooses it";
  ClaimSpec undefined;
  undefined.id = "undefined";
  undefined.statement = "A statistic that does not exist.";
  undefined.relation = Relation::AtLeast;
  description.claims = {near, undefined};
  return description;
}

class CoinStudy final : public StudyOf<CoinConfig> {
 public:
  CoinStudy() : StudyOf(coin_parameters(), coin_description()) {}

 private:
  void check(const CoinConfig& config, const InputInfos&, std::vector<Problem>& problems) const override {
    if (config.fair && config.p != 0.5) {
      problems.push_back({"p", std::to_string(config.p), "0.5", "p: a fair coin has p = 0.5"});
    }
  }
  Plan plan_of(const CoinConfig& config, const InputInfos&) const override {
    return {{"toss", config.repeats, {}, "cpu", 1}, {"sum", 1, {"toss"}, "cpu", 1}};
  }
  Estimate estimate_of(const CoinConfig& config, const InputInfos&) const override {
    StageCost toss;
    toss.stage = "toss";
    toss.vector_ops = 20.0 * static_cast<double>(config.tosses * config.repeats);
    return {{toss}, 1000};
  }
  Json key_of(const CoinConfig&, std::string_view, std::int64_t index) const override {
    return Json::object({{"repeat", index}});
  }
  std::unique_ptr<Stepper> start_task(const CoinConfig& config, std::string_view stage, std::int64_t index,
                                      TaskContext& context) const override {
    if (stage == "sum") {
      return simple_task([&context, repeats = config.repeats] {
        double heads = 0;
        for (std::int64_t i = 0; i < repeats; ++i) {
          heads += static_cast<double>(read_all(context.artefact("toss", i, "heads")).size());
        }
        context.partial().table("sums", {{"heads", ColumnType::Integer}}).append_row(heads);
      });
    }
    class Toss final : public Stepper {
     public:
      Toss(const CoinConfig& config, std::int64_t index, TaskContext& context)
          : config_(config),
            context_(context),
            random_(context.random("toss", {static_cast<std::uint64_t>(index)})) {}
      bool step() override {
        for (int i = 0; i < 100 && done_ < config_.tosses; ++i, ++done_)
          heads_ += random_.bernoulli(config_.p);
        Table& table = context_.partial().table(
            "counts",
            {{"done", ColumnType::Integer}, {"heads", ColumnType::Integer}, {"side", ColumnType::Text}});
        table.append_row(done_, heads_, config_.side);
        if (done_ < config_.tosses) return false;
        context_.leave_artefact("heads", std::vector<std::byte>(static_cast<std::size_t>(heads_)));
        context_.partial().warn("a coin was tossed");
        return true;
      }
      double progress() const override {
        return static_cast<double>(done_) / static_cast<double>(config_.tosses);
      }

     private:
      CoinConfig config_;
      TaskContext& context_;
      Random random_;
      std::int64_t done_ = 0, heads_ = 0;
    };
    return std::make_unique<Toss>(config, index, context);
  }
  void fill_report(const CoinConfig& config, const Results& results, Report& report) const override {
    const Table sums = results.gather("sum", "sums", {{"heads", ColumnType::Integer}});
    double share = std::nan("");
    if (sums.rows() == 1) {
      share = static_cast<double>(sums.integers("heads")[0]) /
              static_cast<double>(config.tosses * config.repeats);
    }
    report.metrics["share"] = share;
    report.tables["counts"] = results.gather(
        "toss", "counts",
        {{"done", ColumnType::Integer}, {"heads", ColumnType::Integer}, {"side", ColumnType::Text}});
    judge(report, results, "share-near-p", std::fabs(share - config.p));
    judge(report, results, "undefined", std::nan(""));
  }
};

}  // namespace reprise::testing
