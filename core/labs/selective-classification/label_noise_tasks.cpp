// Tasks of `label-noise`: a teacher, and students whose labels the teacher draws, so that the posterior of
// every label is known on real images.
#include "base/math.h"
#include "classify/scores.h"
#include "data/npy.h"
#include "labs/selective-classification/budget.h"
#include "labs/selective-classification/curve.h"
#include "labs/selective-classification/label_noise.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

namespace reprise::selective {

namespace {

using classify::LogitsView;
using Layer = classify::NetworkOutputs::Layer;

SampleChoice parts(SampleChoice choice, std::array<bool, 3> wanted) {
  choice.wanted = wanted;
  return choice;
}

/// Students start alike and see their images in the same order at every temperature.
classify::NetworkStreams streams_of(TaskContext* context, const std::string& who, std::int64_t repeat) {
  const auto run = static_cast<std::uint64_t>(repeat);
  classify::NetworkStreams streams;
  streams.weights = [=] { return context->random("weights of " + who, {run}); };
  streams.order = [=](std::uint64_t epoch) { return context->random("order of " + who, {run, epoch}); };
  return streams;
}

class TeacherTask final : public Stepper {
 public:
  TeacherTask(const LabelNoiseConfig& config, std::int64_t repeat, TaskContext& context)
      : config_(config), repeat_(repeat), context_(context), loader_(config.sample(), repeat, context) {}

  bool step() override {
    if (!loaded_) {
      loaded_ = loader_.step();
      return false;
    }
    const Sample& sample = loader_.sample();
    if (!training_) {
      // A student that cannot look at these images is refused before anything is learned.
      for (const std::string& student : config_.students) {
        const classify::NetworkOptions options =
            student_options(config_, student, sample.inputs, sample.image, sample.classes);
        nn::check_classifier({options.architecture, options.widths, options.image});
      }
      training_.emplace(teacher_options(config_, sample.inputs, sample.classes), sample.train.x,
                        sample.train.label, streams_of(&context_, "teacher", repeat_));
      return false;
    }
    if (!trained_) {
      trained_ = training_->step();
      return false;
    }
    if (!outputs_) outputs_.emplace(*training_, train_left_ ? sample.test.x : sample.val.x, Layer::Logits);
    if (!outputs_->step()) return false;
    const std::vector<double> logits = outputs_->take();
    outputs_.reset();
    leave(train_left_ ? teacher_test_logits : teacher_train_logits, logits);
    if (!train_left_) {
      train_left_ = true;
      return false;
    }
    const LogitsView view(logits, static_cast<std::size_t>(sample.classes));
    const std::vector<std::uint8_t> right =
        classify::right_answers(classify::predictions(view), sample.test.label);
    context_.partial()
        .table("teachers", teacher_columns)
        .append_row(repeat_, static_cast<double>(std::count(right.begin(), right.end(), 1)) /
                                 static_cast<double>(right.size()));
    return true;
  }

  double progress() const override {
    return training_ ? 0.1 + 0.9 * training_->progress() : 0.1 * loader_.progress();
  }

 private:
  void leave(const char* name, std::span<const double> logits) {
    const std::int64_t classes = loader_.sample().classes;
    context_.leave_artefact(name,
                            write_npy(logits, {static_cast<std::int64_t>(logits.size()) / classes, classes}));
  }

  const LabelNoiseConfig config_;
  const std::int64_t repeat_;
  TaskContext& context_;
  SampleLoader loader_;
  bool loaded_ = false, trained_ = false, train_left_ = false;
  std::optional<classify::NetworkTraining> training_;
  std::optional<classify::NetworkOutputs> outputs_;
};

class StudentTask final : public Stepper {
 public:
  StudentTask(const LabelNoiseConfig& config, double temperature, const std::string& student,
              std::int64_t repeat, TaskContext& context)
      : config_(config),
        temperature_(temperature),
        student_(student),
        repeat_(repeat),
        context_(context),
        loader_(parts(config.sample(), {false, true, true}), repeat, context) {}

  bool step() override {
    if (!loaded_) {
      loaded_ = loader_.step();
      return false;
    }
    if (!training_) {
      begin();
      return false;
    }
    if (!trained_) {
      trained_ = training_->step();
      return false;
    }
    if (!outputs_) outputs_.emplace(*training_, loader_.sample().test.x, Layer::Logits);
    if (!outputs_->step()) return false;
    evaluate(outputs_->take());
    return true;
  }

  double progress() const override {
    return training_ ? 0.1 + 0.9 * training_->progress() : 0.1 * loader_.progress();
  }

 private:
  std::vector<double> posterior_of(const char* name) const {
    const NpyReader reader(context_.artefact(teachers_stage, repeat_, name), name);
    return softened(reader.read_rows(0, reader.rows()), static_cast<std::size_t>(reader.row_size()),
                    temperature_);
  }

  /// The same uniform numbers at every temperature: labels change only where the posterior moves past them.
  std::vector<std::int32_t> labels(const char* stream, std::span<const double> posterior) const {
    Random random = context_.random(stream, {static_cast<std::uint64_t>(repeat_)});
    const auto classes = static_cast<std::size_t>(loader_.sample().classes);
    std::vector<double> uniform(posterior.size() / classes);
    for (double& u : uniform) u = random.uniform();
    return drawn_labels(posterior, classes, uniform);
  }

  void begin() {
    const Sample& sample = loader_.sample();
    const std::vector<double> train_posterior = posterior_of(teacher_train_logits);
    posterior_ = posterior_of(teacher_test_logits);
    test_label_ = labels("labels of test", posterior_);
    training_.emplace(student_options(config_, student_, sample.inputs, sample.image, sample.classes),
                      sample.val.x, labels("labels of train", train_posterior),
                      streams_of(&context_, student_, repeat_));
  }

  void evaluate(const std::vector<double>& logits) {
    const auto classes = static_cast<std::size_t>(loader_.sample().classes);
    const LogitsView view(logits, classes);
    const std::vector<std::int32_t> prediction = classify::predictions(view);
    const std::vector<double> score = classify::score_from_logits(view, classify::ScoreKind::Msp);
    const std::vector<std::uint8_t> correct = classify::right_answers(prediction, test_label_);
    const std::vector<std::int64_t> ranks = grid_ranks(config_.n_test, config_.coverage_points);
    const CurveSummary empirical = summarise(RankedOutcomes(score, correct));
    const Budget budget = exact_budget(LogitsView(posterior_, classes), prediction, score, ranks);
    const std::array<double, 2> halves = halves_by_noise(score, correct);
    context_.partial()
        .table("cells", label_noise_cell_columns)
        .append_row(temperature_, student_, repeat_, empirical.accuracy, empirical.e_aurc, budget.mean_gap,
                    budget.mean_bayes, budget.mean_approximation, budget.mean_ranking, budget.mean_discount,
                    halves[0], halves[1]);
    context_.partial().table("checks", label_noise_check_columns).append_row(budget.residual);
    if (repeat_ > 0) return;
    Table& curves = context_.partial().table("curves", label_noise_curve_columns);
    for (std::size_t i = 0; i < budget.k.size(); ++i)
      curves.append_row(temperature_, student_, budget.coverage[i], budget.accuracy[i],
                        budget.accuracy[i] + budget.gap[i], budget.gap[i], budget.bayes[i],
                        budget.approximation[i], budget.ranking[i], budget.discount[i]);
  }

  /// E-AURC of the half of the test images with the least label noise 1 − η*, and of the other half.
  std::array<double, 2> halves_by_noise(const std::vector<double>& score,
                                        const std::vector<std::uint8_t>& correct) const {
    const LogitsView posterior(posterior_, posterior_.size() / score.size());
    std::vector<double> noise;
    for (std::size_t i = 0; i < score.size(); ++i)
      noise.push_back(1 - posterior.row(i)[classify::first_largest(posterior.row(i))]);
    std::vector<std::size_t> order(score.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return noise[a] < noise[b]; });
    std::array<double, 2> result{};
    for (std::size_t half = 0; half < 2; ++half) {
      std::vector<double> some;
      std::vector<std::uint8_t> right;
      for (std::size_t i = half * (order.size() / 2); i < (half == 0 ? order.size() / 2 : order.size());
           ++i) {
        some.push_back(score[order[i]]);
        right.push_back(correct[order[i]]);
      }
      result[half] = summarise(RankedOutcomes(some, right)).e_aurc;
    }
    return result;
  }

  const LabelNoiseConfig config_;
  const double temperature_;
  const std::string student_;
  const std::int64_t repeat_;
  TaskContext& context_;
  SampleLoader loader_;
  bool loaded_ = false, trained_ = false;
  std::vector<double> posterior_;  // of the test images
  std::vector<std::int32_t> test_label_;
  std::optional<classify::NetworkTraining> training_;
  std::optional<classify::NetworkOutputs> outputs_;
};

}  // namespace

std::vector<double> softened(std::span<const double> logits, std::size_t classes, double temperature) {
  std::vector<double> p(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) p[i] = logits[i] / temperature;
  for (std::size_t begin = 0; begin < p.size(); begin += classes) {
    const std::span<double> row = std::span<double>(p).subspan(begin, classes);
    const double total = classify::log_sum_exp(row);
    for (double& value : row) value = math::exp(value - total);
  }
  return p;
}

std::vector<std::int32_t> drawn_labels(std::span<const double> posterior, std::size_t classes,
                                       std::span<const double> uniform) {
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < uniform.size(); ++i) {
    const std::span<const double> row = posterior.subspan(i * classes, classes);
    double sum = 0;
    std::size_t label = 0;
    // The sum may end just below 1: then the likeliest class stands in.
    for (; label < classes; ++label) {
      sum += row[label];
      if (uniform[i] < sum) break;
    }
    labels.push_back(static_cast<std::int32_t>(label < classes ? label : classify::first_largest(row)));
  }
  return labels;
}

classify::NetworkOptions teacher_options(const LabelNoiseConfig& config, std::int64_t inputs,
                                         std::int64_t classes) {
  classify::NetworkOptions options = network_for("mlp", inputs, {}, config.hidden, classes);
  options.epochs = config.epochs;
  options.learning_rate = 2e-3;
  return options;
}

classify::NetworkOptions student_options(const LabelNoiseConfig& config, const std::string& student,
                                         std::int64_t inputs, const nn::ImageSize& image,
                                         std::int64_t classes) {
  classify::NetworkOptions options = network_for(student, inputs, image, config.hidden, classes);
  options.epochs = config.epochs;
  options.learning_rate = 1e-3;
  return options;
}

std::unique_ptr<Stepper> start_teacher(const LabelNoiseConfig& config, std::int64_t repeat,
                                       TaskContext& context) {
  return std::make_unique<TeacherTask>(config, repeat, context);
}

std::unique_ptr<Stepper> start_student(const LabelNoiseConfig& config, double temperature,
                                       const std::string& student, std::int64_t repeat,
                                       TaskContext& context) {
  return std::make_unique<StudentTask>(config, temperature, student, repeat, context);
}

}  // namespace reprise::selective
