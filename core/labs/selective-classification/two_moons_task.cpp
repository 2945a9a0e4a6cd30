// One task of `two-moons-budget`: one noise level and repeat, all models trained on the same sample.
#include "base/error.h"
#include "base/math.h"
#include "classify/network.h"
#include "classify/scores.h"
#include "classify/two_moons.h"
#include "data/csv.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/two_moons_budget.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

namespace reprise::selective {

namespace {

constexpr std::size_t posterior_rows_a_step = 500;

double axis_point(std::size_t i, double low, double high) {
  return low + (high - low) * static_cast<double>(i) / static_cast<double>(map_side - 1);
}

class MoonsTask final : public Stepper {
 public:
  MoonsTask(const TwoMoonsBudgetConfig& config, std::size_t sigma_index, std::int64_t repeat,
            TaskContext& context)
      : config_(config),
        sigma_(config.sigma_list[sigma_index]),
        // The map is shown for the two largest noise levels.
        with_map_(repeat == 0 && sigma_index + 2 >= config.sigma_list.size()),
        repeat_(repeat),
        context_(context),
        eta_(sigma_) {
    const std::uint64_t code = sigma_code(sigma_), run = static_cast<std::uint64_t>(repeat);
    Random train = context.random("train", {code, run}), test = context.random("test", {code, run});
    train_ = classify::draw_two_moons(config.n_train, sigma_, train);
    test_ = classify::draw_two_moons(config.n_test, sigma_, test);
  }

  bool step() override {
    if (posterior_.size() < 2 * test_.rows()) {
      fill_posterior();
      return false;
    }
    if (repeat_ == 0 && !points_done_) {
      points_done_ = true;
      answer_points();
      return false;
    }
    if (model_ == config_.models.size()) return true;
    if (!training_) begin_training();
    if (!training_->step()) return false;
    evaluate();
    training_.reset();
    return ++model_ == config_.models.size();
  }

  double progress() const override {
    const double models = static_cast<double>(config_.models.size());
    const double done = static_cast<double>(model_) + (training_ ? training_->progress() : 0);
    return 0.3 * static_cast<double>(posterior_.size()) / static_cast<double>(2 * test_.rows()) +
           0.7 * done / models;
  }

 private:
  void fill_posterior() {
    const std::size_t first = posterior_.size() / 2;
    const std::size_t end = std::min(test_.rows(), first + posterior_rows_a_step);
    for (std::size_t i = first; i < end; ++i) {
      const double p = eta_(test_.x[2 * i], test_.x[2 * i + 1]);
      posterior_.push_back(1 - p);
      posterior_.push_back(p);
    }
  }

  // The visitor's own points: the exact posterior at each of them.
  void answer_points() {
    if (!context_.has_input("points")) return;
    Table& rows = context_.partial().table("posterior", moons_posterior_columns);
    const auto info = context_.inputs().find("points");
    const bool named = info != context_.inputs().end() && !info->second.file_name.empty();
    CsvReader reader(context_.input("points"), named ? info->second.file_name : "points");
    const std::size_t first = reader.required_column("x1"), second = reader.required_column("x2");
    while (reader.next_row()) {
      const double x1 = reader.number(first), x2 = reader.number(second);
      rows.append_row(sigma_, x1, x2, eta_(x1, x2));
    }
  }

  void begin_training() {
    const std::string& model = config_.models[model_];
    classify::NetworkOptions options;
    options.widths = moons_widths(model, config_.hidden);
    options.epochs = config_.epochs;
    options.batch = config_.batch_size;
    options.learning_rate = config_.learning_rate;
    const std::uint64_t code = sigma_code(sigma_), run = static_cast<std::uint64_t>(repeat_);
    TaskContext* context = &context_;
    classify::NetworkStreams streams;
    streams.weights = [=] { return context->random("weights of " + model, {code, run}); };
    streams.order = [=](std::uint64_t epoch) {
      return context->random("order of " + model, {code, run, epoch});
    };
    training_.emplace(options, train_.x, train_.label, streams);
  }

  void evaluate() {
    const std::string& model = config_.models[model_];
    const std::vector<double> logits = training_->logits(test_.x);
    const classify::LogitsView view(logits, 2);
    const std::vector<std::int32_t> prediction = classify::predictions(view);
    const std::vector<double> score = classify::score_from_logits(view, classify::ScoreKind::Msp);
    const std::vector<std::uint8_t> correct = classify::right_answers(prediction, test_.label);
    const Curve curve = accuracy_coverage(score, correct);
    const Budget budget = exact_budget(classify::LogitsView(posterior_, 2), prediction, score);

    std::int64_t violations = 0;
    for (std::size_t i = 0; i < curve.k.size(); ++i) {
      const double width = uniform_half_width(curve.coverage[i], curve.rows, config_.delta);
      violations += std::fabs(curve.gap[i] - budget.gap[i]) > width ? 1 : 0;
    }
    Partial& partial = context_.partial();
    partial.table("cells", moons_cell_columns)
        .append_row(sigma_, model, repeat_, curve.accuracy.back(), curve.e_aurc, budget.mean_gap,
                    budget.mean_bayes, budget.mean_approximation, budget.mean_ranking, budget.mean_discount,
                    budget.mean_paper_bound, budget.residual,
                    static_cast<double>(violations) / static_cast<double>(curve.rows));
    partial.table("slack", moons_slack_columns).append_row(budget.least_slack);
    if (repeat_ == 0) put_curves(model, curve, budget);
    if (with_map_) put_map(model, score);
  }

  void put_curves(const std::string& model, const Curve& curve, const Budget& budget) {
    Table& rows = context_.partial().table("curves", moons_curve_columns);
    for (const std::int64_t k : grid_ranks(config_.n_test, config_.coverage_points)) {
      const auto i = static_cast<std::size_t>(k - 1);
      rows.append_row(sigma_, model, curve.coverage[i], curve.accuracy[i], curve.oracle[i], curve.gap[i],
                      budget.gap[i], budget.bayes[i], budget.approximation[i], budget.ranking[i],
                      budget.discount[i], budget.paper_bound[i], budget.misordered_mass[i],
                      uniform_half_width(curve.coverage[i], curve.rows, config_.delta));
    }
  }

  void put_map(const std::string& model, std::vector<double> score) {
    std::vector<double> x, at;
    for (std::size_t i = 0; i < map_side; ++i) {
      for (std::size_t j = 0; j < map_side; ++j) {
        x.push_back(axis_point(j, -2, 3));
        x.push_back(axis_point(i, -1.5, 2));
      }
    }
    const std::vector<double> logits = training_->logits(x);
    const std::vector<double> scores =
        classify::score_from_logits(classify::LogitsView(logits, 2), classify::ScoreKind::Msp);
    Table& rows = context_.partial().table("map", moons_map_columns);
    for (std::size_t i = 0; i < scores.size(); ++i)
      rows.append_row(sigma_, model, x[2 * i], x[2 * i + 1], eta_(x[2 * i], x[2 * i + 1]), scores[i]);

    // Where the score between two neighbours passes the threshold of that coverage.
    std::sort(score.begin(), score.end(), std::greater<>());
    const double threshold = score[static_cast<std::size_t>(rank_at(edge_coverage, config_.n_test) - 1)];
    Table& edge = context_.partial().table("edge", moons_edge_columns);
    const auto cross = [&](std::size_t a, std::size_t b) {
      const double above = scores[a] - threshold, below = scores[b] - threshold;
      if ((above >= 0) == (below >= 0)) return;
      const double share = above / (above - below);
      edge.append_row(sigma_, model, x[2 * a] + share * (x[2 * b] - x[2 * a]),
                      x[2 * a + 1] + share * (x[2 * b + 1] - x[2 * a + 1]));
    };
    for (std::size_t i = 0; i < map_side; ++i) {
      for (std::size_t j = 0; j < map_side; ++j) {
        if (j + 1 < map_side) cross(i * map_side + j, i * map_side + j + 1);
        if (i + 1 < map_side) cross(i * map_side + j, (i + 1) * map_side + j);
      }
    }
  }

  const TwoMoonsBudgetConfig config_;
  const double sigma_;
  const bool with_map_;
  const std::int64_t repeat_;
  TaskContext& context_;
  const classify::TwoMoonsPosterior eta_;
  classify::LabelledPoints train_, test_;
  std::vector<double> posterior_;  // [n_test × 2]
  bool points_done_ = false;
  std::size_t model_ = 0;
  std::optional<classify::NetworkTraining> training_;
};

}  // namespace

std::vector<std::int64_t> moons_widths(const std::string& model, std::int64_t hidden) {
  if (model == "logreg") return {2, 2};
  return {2, hidden, hidden, 2};
}

std::uint64_t sigma_code(double sigma) {
  return static_cast<std::uint64_t>(std::llround(sigma * 1e9));
}

std::unique_ptr<Stepper> start_moons(const TwoMoonsBudgetConfig& config, std::size_t sigma,
                                     std::int64_t repeat, TaskContext& context) {
  return std::make_unique<MoonsTask>(config, sigma, repeat, context);
}

}  // namespace reprise::selective
