#include "labs/slingshot/sample_probe.h"

#include "base/error.h"
#include "base/math.h"
#include "labs/slingshot/absorption.h"
#include "study/parameters.h"
#include "tensor/rounded_math.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace reprise::slingshot {

namespace {

constexpr std::size_t most_offsets = 15;
constexpr double widest = 800;

double number_within(const Json& value, const char* key, const Range& range) {
  const double number = value.is_number() ? value.as_number() : std::nan("");
  if (!range.contains(number) || std::isnan(number)) {
    throw InputError(Problem{key, value.dump(), range.text(),
                             std::string(key) + ": found " + value.dump() + "; allowed: " + range.text()});
  }
  return number;
}

/// The question, checked.
struct Question {
  explicit Question(const Json& arguments)
      : arm(parse_arm(arguments.at("format").as_string() + ":" + arguments.at("form").as_string())),
        margin(number_within(arguments.at("margin"), "margin", {0, widest})),
        max_margin(number_within(arguments.at("max_margin"), "max_margin", {1, widest})),
        points(static_cast<int>(number_within(arguments.at("points"), "points", {2, 1000}))) {
    for (const Json& entry : arguments.at("offsets").as_array()) {
      offsets.push_back(number_within(entry, "offsets", {0, widest}));
    }
    if (offsets.size() > most_offsets) {
      const std::string found = std::to_string(offsets.size());
      throw InputError(Problem{"offsets", found, "at most 15 entries",
                               "offsets: found " + found + " entries; allowed: at most 15"});
    }
  }

  std::vector<double> logits(double at) const {
    std::vector<double> z = {0, -at};
    for (const double offset : offsets) z.push_back(-at - offset);
    return z;
  }

  Arm arm;
  double margin, max_margin;
  int points;
  std::vector<double> offsets;
};

SampleResult run(const Arm& arm, const std::vector<double>& logits, std::int32_t label) {
  SampleResult result;
  result.gradient.resize(logits.size());
  const std::array<std::int32_t, 1> labels = {label};
  std::array<double, 1> loss{};
  tensor::RoundedCrossEntropy kernel(kernel_options(arm, 1));
  kernel(1, static_cast<std::int64_t>(logits.size()), logits, labels, loss, result.gradient);
  result.loss = loss[0];
  return result;
}

double sum_of(const std::vector<double>& values, std::size_t first) {
  double sum = 0;
  for (std::size_t k = first; k < values.size(); ++k) sum += values[k];
  return sum;
}

/// p of every class: the gradient that a class has when another is the label.
Json probabilities(const Question& question, const std::vector<double>& logits) {
  Arm arm = question.arm;
  if (arm.form == CrossEntropyForm::log1p || arm.form == CrossEntropyForm::stablemax) return Json();
  if (arm.form != CrossEntropyForm::softmax && arm.form != CrossEntropyForm::logsumexp) {
    arm.form = CrossEntropyForm::log_softmax;
  }
  std::vector<double> p = run(arm, logits, 0).gradient;
  p[0] = run(arm, logits, 1).gradient[0];
  return Json(p);
}

/// Smallest margin of the curve with an exactly zero gradient of the true class.
Json curve_of(const Question& question, Json& first_absorbed) {
  std::vector<double> margins, true_class, others;
  for (int i = 0; i < question.points; ++i) {
    const double margin = i * question.max_margin / (question.points - 1);
    const SampleResult at = run(question.arm, question.logits(margin), 0);
    margins.push_back(margin);
    true_class.push_back(std::fabs(at.gradient[0]));
    others.push_back(sum_of(at.gradient, 1));
    if (at.gradient[0] == 0 && first_absorbed.is_null()) first_absorbed = margin;
  }
  return Json::object({{"margin", Json(margins)}, {"true", Json(true_class)}, {"others", Json(others)}});
}

}  // namespace

Json probe_sample(const Json& arguments) {
  const Question question(arguments);
  const FloatFormat& format = question.arm.format;
  std::vector<double> z = question.logits(question.margin);
  const SampleResult kernel = run(question.arm, z, 0);
  Arm wide = parse_arm("float64:log1p");
  const SampleResult exact = run(wide, z, 0);

  std::vector<double> terms, sums;
  double sum = 0;
  const Json probability = probabilities(question, z);
  for (double& logit : z) {
    logit = tensor::round_to(logit, format);
    const double term =
        tensor::round_to(tensor::rounded_math::exp(tensor::round_to(logit - z[0], format)), format);
    sum = tensor::round_to(sum + term, format);
    terms.push_back(term);
    sums.push_back(sum);
  }
  const AbsorptionThreshold threshold = absorption_threshold(format, static_cast<std::int64_t>(z.size()));
  Json first_absorbed;
  Json curve = curve_of(question, first_absorbed);
  return Json::object({{"logits", Json(z)},
                       {"terms", Json(terms)},
                       {"sums", Json(sums)},
                       {"probabilities", probability},
                       {"loss", kernel.loss},
                       {"exact_loss", exact.loss},
                       {"gradient", Json(kernel.gradient)},
                       {"exact_gradient", Json(exact.gradient)},
                       {"gradient_sum", sum_of(kernel.gradient, 0)},
                       {"precision", format.precision},
                       {"least_exponent", format.least_exponent},
                       {"threshold", threshold.single},
                       {"underflow", threshold.zero_underflow},
                       {"first_absorbed", std::move(first_absorbed)},
                       {"curve", std::move(curve)}});
}

}  // namespace reprise::slingshot
