#include "labs/prototype-clustering/loss.h"

#include "base/error.h"
#include "base/json.h"
#include "base/math.h"
#include "base/number_text.h"
#include "clustering/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::protoclust {

namespace {

constexpr double log_two = 0.69314718055994530942;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

bool Loss::squared() const {
  return kind == LossKind::KMeans || (kind == LossKind::Power && par == 2);
}

bool Loss::linear() const {
  return kind == LossKind::KMedians || (kind == LossKind::Power && par == 1);
}

double Loss::psi(double t) const {
  if (squared()) return t * t;
  switch (kind) {
    case LossKind::Power:
      return par == 1 ? t : math::pow(t, par);
    case LossKind::Huber:
      return t <= par ? t * t / 2 : par * (t - par / 2);
    case LossKind::LogCosh: {
      const double scaled = t / par;
      return std::max(0.0, par * par * (scaled + math::log1p(math::exp(-2 * scaled)) - log_two));
    }
    case LossKind::Capped:
      return t <= par ? t * t : par * par;
    default:
      return t;
  }
}

double Loss::inverse(double value) const {
  if (squared()) return std::sqrt(value);
  switch (kind) {
    case LossKind::Power:
      return par == 1 ? value : math::pow(value, 1 / par);
    case LossKind::Huber:
      return value <= par * par / 2 ? std::sqrt(2 * value) : value / par + par / 2;
    case LossKind::LogCosh: {  // acosh(e^v), v = value/s²
      const double scaled = value / (par * par);
      const double excess = math::expm1(-2 * scaled);  // −(1 − e^(−2v))
      return par * (scaled + math::log1p(std::sqrt(-excess)));
    }
    case LossKind::Capped:
      return value < par * par ? std::sqrt(value) : infinity;
    default:
      return value;
  }
}

double Loss::irls_weight(double t) const {
  if (squared()) return 2;
  switch (kind) {
    case LossKind::Power:
      return par == 1 ? 1 / t : par * math::pow(t, par - 2);
    case LossKind::Huber:
      return t <= par ? 1 : par / t;
    case LossKind::LogCosh:
      return t == 0 ? 1 : par * math::tanh(t / par) / t;
    case LossKind::Capped:
      return t <= par ? 2 : 0;
    default:
      return 1 / t;
  }
}

double Loss::quasi_triangle() const {
  if (linear() || manhattan()) return 1;
  return kind == LossKind::Power ? math::pow(2, par - 1) : 2;
}

double Loss::distance(const double* a, const double* b, std::int64_t dims) const {
  if (!manhattan()) return std::sqrt(clustering::squared_distance(a, b, dims));
  double sum = 0;
  for (std::int64_t j = 0; j < dims; ++j) sum += std::fabs(a[j] - b[j]);
  return sum;
}

std::string Loss::name() const {
  switch (kind) {
    case LossKind::KMeans:
      return "kmeans";
    case LossKind::KMedians:
      return "kmedians";
    case LossKind::KMediansL1:
      return "kmedians-l1";
    case LossKind::Power:
      return "power:" + number_to_text(par);
    case LossKind::Huber:
      return "huber:" + number_to_text(par);
    case LossKind::LogCosh:
      return "logcosh:" + number_to_text(par);
    case LossKind::Capped:
      return "capped:" + number_to_text(par);
  }
  return {};
}

Loss parse_loss(std::string_view text, std::string_view key) {
  if (text == "kmeans") return {LossKind::KMeans, 0};
  if (text == "kmedians") return {LossKind::KMedians, 0};
  if (text == "kmedians-l1") return {LossKind::KMediansL1, 0};
  const auto fail = [&](const std::string& what) {
    throw InputError(Problem{std::string(key), std::string(text), std::string(loss_names),
                             std::string(key) + ": " + what + "; allowed: " + std::string(loss_names)});
  };
  const std::size_t colon = text.find(':');
  const std::string_view family = text.substr(0, colon);
  const std::pair<std::string_view, LossKind> families[] = {{"power", LossKind::Power},
                                                            {"huber", LossKind::Huber},
                                                            {"logcosh", LossKind::LogCosh},
                                                            {"capped", LossKind::Capped}};
  for (const auto& [name, kind] : families) {
    if (family != name || colon == std::string_view::npos) continue;
    const Json number = Json::parse_or_string(text.substr(colon + 1));
    const std::string shown = "'" + std::string(text) + "'";
    if (!number.is_number()) fail(shown + " has no number after the colon");
    const double value = number.as_number();
    if (kind == LossKind::Power && !(value >= 1 && value <= 20)) fail(shown + ": q lies in 1…20");
    if (!(value > 0 && value <= 1e100)) fail(shown + ": the number is positive");
    return {kind, value};
  }
  fail("unknown loss '" + std::string(text) + "'");
  return {};
}

}  // namespace reprise::protoclust
