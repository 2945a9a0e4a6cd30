// One task of `feature-aware-head`: a linear classifier, a head that looks at the input again, five scores.
#include "base/math.h"
#include "classify/error_head.h"
#include "classify/network.h"
#include "classify/scores.h"
#include "classify/two_moons.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/calibrators.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/feature_head.h"
#include "labs/selective-classification/two_moons_budget.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

constexpr std::size_t posterior_rows_a_step = 500;
constexpr std::int64_t batch = 64;

class HeadTask final : public Stepper {
 public:
  HeadTask(const FeatureHeadConfig& config, double sigma, std::int64_t repeat, TaskContext& context)
      : config_(config),
        sigma_(sigma),
        repeat_(repeat),
        code_(sigma_code(sigma)),
        run_(static_cast<std::uint64_t>(repeat)),
        context_(context),
        eta_(sigma) {
    const auto draw = [&](const char* name, std::int64_t rows) {
      Random random = context.random(name, {code_, run_});
      return classify::draw_two_moons(rows, sigma, random);
    };
    train_ = draw("train", config.n_train);
    held_out_ = draw("head", config.n_head);
    test_ = draw("test", config.n_test);
    classify::NetworkOptions options;
    options.widths = {2, 2};
    options.epochs = config.epochs;
    options.batch = batch;
    options.learning_rate = config.learning_rate;
    base_.emplace(options, train_.x, train_.label, streams("base"));
  }

  bool step() override {
    if (posterior_.size() < test_.rows()) {
      fill_posterior();
      return false;
    }
    if (!base_done_) {
      base_done_ = base_->step();
      if (base_done_) begin_head();
      return false;
    }
    if (!head_->step()) return false;
    evaluate();
    return true;
  }

  double progress() const override {
    if (!base_done_) {
      return 0.3 * static_cast<double>(posterior_.size()) / static_cast<double>(test_.rows()) +
             0.2 * base_->progress();
    }
    return 0.5 + 0.5 * head_->progress();
  }

 private:
  classify::NetworkStreams streams(const std::string& who) {
    TaskContext* context = &context_;
    const std::uint64_t code = code_, run = run_;
    return {[=] {
              return context->random("weights of " + who, {code, run});
            },
            [=](std::uint64_t epoch) {
              return context->random("order of " + who, {code, run, epoch});
            }};
  }

  void fill_posterior() {
    const std::size_t first = posterior_.size();
    for (std::size_t i = first; i < std::min(test_.rows(), first + posterior_rows_a_step); ++i)
      posterior_.push_back(eta_(test_.x[2 * i], test_.x[2 * i + 1]));
  }

  void begin_head() {
    held_out_logits_ = base_->logits(held_out_.x);
    const classify::LogitsView view(held_out_logits_, 2);
    held_out_right_ = classify::right_answers(classify::predictions(view), held_out_.label);
    std::vector<double> wrong;
    for (const std::uint8_t right : held_out_right_) wrong.push_back(right ? 0 : 1);
    if (config_.head_targets == "permuted") {
      Random random = context_.random("permutation", {code_, run_});
      for (std::size_t i = wrong.size(); i > 1; --i)
        std::swap(wrong[i - 1], wrong[static_cast<std::size_t>(random.below(i))]);
    }
    classify::HeadOptions options;
    options.hidden = {config_.head_hidden, config_.head_hidden};
    options.epochs = config_.head_epochs;
    options.batch = batch;
    options.learning_rate = config_.head_learning_rate;
    head_.emplace(classify::HeadTarget::Wrong, held_out_.x, 2, std::move(wrong), options, streams("head"));
  }

  void evaluate() {
    const std::vector<double> logits = base_->logits(test_.x);
    const classify::LogitsView view(logits, 2);
    const std::vector<std::int32_t> prediction = classify::predictions(view);
    const std::vector<std::uint8_t> correct = classify::right_answers(prediction, test_.label);
    std::vector<double> right, best;
    for (std::size_t i = 0; i < prediction.size(); ++i) {
      const double p = posterior_[i];
      right.push_back(prediction[i] == 1 ? p : 1 - p);
      best.push_back(std::max(p, 1 - p));
    }

    const std::vector<double> msp = classify::score_from_logits(view, classify::ScoreKind::Msp);
    const classify::LogitsView held_out(held_out_logits_, 2);
    const Temperature temperature = fit_temperature(held_out, held_out_.label);
    if (temperature.at_bound)
      context_.partial().warn(
          "A temperature is at the bound of its range 0.02…50: its rows can be separated.");
    std::vector<double> scaled = logits;
    for (double& z : scaled) z /= temperature.value;
    const Platt platt =
        fit_platt(classify::score_from_logits(held_out, classify::ScoreKind::Msp), held_out_right_);
    if (platt.slope <= 0)
      context_.partial().warn("Some Platt slope is not positive: there a higher score is not righter.");
    std::vector<double> by_platt, by_head = head_->scores(test_.x);
    for (const double s : msp) by_platt.push_back(platt.linear(s));
    const std::vector<std::vector<double>> scores = {
        msp, classify::score_from_logits(classify::LogitsView(scaled, 2), classify::ScoreKind::Msp), by_platt,
        by_head, right};

    Table& cells = context_.partial().table("cells", head_cell_columns);
    std::vector<double> empirical, population;
    for (std::size_t m = 0; m < head_methods.size(); ++m) {
      const RankedOutcomes outcomes(scores[m], correct);
      const Curve curve = accuracy_coverage(outcomes, grid_ranks(outcomes.rows(), config_.coverage_points));
      empirical.push_back(curve.e_aurc);
      population.push_back(exact_budget(right, best, scores[m]).mean_gap);
      cells.append_row(sigma_, repeat_, head_methods[m], outcomes.accuracy(), empirical[m], population[m]);
      if (repeat_ > 0) continue;
      Table& curves = context_.partial().table("curves", head_curve_columns);
      for (std::size_t i = 0; i < curve.k.size(); ++i)
        curves.append_row(sigma_, head_methods[m], curve.coverage[i], curve.accuracy[i], curve.oracle[i]);
    }
    double difference = std::fabs(empirical[1] - empirical[0]);
    if (platt.slope > 0) difference = std::max(difference, std::fabs(empirical[2] - empirical[0]));
    context_.partial()
        .table("checks", head_check_columns)
        .append_row(difference, population[3] - population[4]);
  }

  const FeatureHeadConfig config_;
  const double sigma_;
  const std::int64_t repeat_;
  const std::uint64_t code_, run_;
  TaskContext& context_;
  const classify::TwoMoonsPosterior eta_;
  classify::LabelledPoints train_, held_out_, test_;
  std::vector<double> posterior_;  // of class 1, test points
  std::optional<classify::NetworkTraining> base_;
  std::optional<classify::ErrorHead> head_;
  bool base_done_ = false;
  std::vector<double> held_out_logits_;
  std::vector<std::uint8_t> held_out_right_;
};

}  // namespace

std::unique_ptr<Stepper> start_head(const FeatureHeadConfig& config, double sigma, std::int64_t repeat,
                                    TaskContext& context) {
  return std::make_unique<HeadTask>(config, sigma, repeat, context);
}

}  // namespace reprise::selective
