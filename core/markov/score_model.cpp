#include "markov/score_model.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace reprise::markov {

namespace {

[[noreturn]] void refuse(const char* key, const std::string& place, const std::string& found,
                         const std::string& allowed) {
  throw InputError(Problem{key, found, allowed, place + " is " + found + "; allowed: " + allowed});
}

// Rows that must be laws.
void check_rows(const char* key, const std::vector<double>& values, std::size_t rows, std::size_t width) {
  if (values.size() != rows * width || width == 0) {
    refuse(key, std::string("the size of ") + key, std::to_string(values.size()),
           std::to_string(rows) + " × " + std::to_string(width));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string place = std::string(key) + " row " + std::to_string(row + 1);
    double sum = 0;
    for (std::size_t a = 0; a < width; ++a) {
      const double p = values[row * width + a];
      if (!(p >= 0) || !std::isfinite(p)) {
        refuse(key, place + ", symbol " + std::to_string(a), number_to_text(p), "probabilities in 0…1");
      }
      sum += p;
    }
    if (!(std::fabs(sum - 1) <= 1e-6)) refuse(key, "the sum of " + place, number_to_text(sum), "1");
  }
}

void normalise(double* p, std::size_t count) {
  const double sum = lane_sum(p, count);
  for (std::size_t a = 0; a < count; ++a) p[a] = sum > 0 ? p[a] / sum : 1 / static_cast<double>(count);
}

}  // namespace

void ScoreModel::leave_one_out(const TokenBatch& x, double sigma, std::vector<double>& out) {
  if (x.length != length_ || (length_ > 0 && x.tokens.size() % length_ != 0)) {
    refuse("tokens", "the length of the sequences", std::to_string(x.length), std::to_string(length_));
  }
  if (!(sigma > 0) || !std::isfinite(sigma)) {
    refuse("sigma", "the noise level", number_to_text(sigma), "finite numbers above 0");
  }
  for (std::size_t at = 0; at < x.tokens.size(); ++at) {
    if (x.tokens[at] < symbols()) continue;
    refuse("tokens", "token " + std::to_string(at % length_) + " of sequence " + std::to_string(at / length_),
           std::to_string(x.tokens[at]), "0…" + std::to_string(symbols() - 1));
  }
  ++calls_;
  out.assign(x.tokens.size() * tokens(), 0);
  posterior(x, sigma, out);
}

void ScoreModel::conditionals(const TokenBatch& x, double sigma, std::vector<double>& out) {
  std::vector<double> clean;
  leave_one_out(x, sigma, clean);
  const double kept = math::exp(-sigma), redrawn = -math::expm1(-sigma);
  out.assign(x.tokens.size() * symbols(), 0);
  for (std::size_t at = 0; at < x.tokens.size(); ++at) {
    for (std::size_t b = 0; b < symbols(); ++b) {
      out[at * symbols() + b] =
          (b < tokens() ? kept * clean[at * tokens() + b] : 0) + redrawn * noise_.prior[b];
    }
  }
}

void ScoreModel::log_score(const TokenBatch& x, double sigma, std::vector<double>& out) {
  conditionals(x, sigma, out);
  for (std::size_t at = 0; at < x.tokens.size(); ++at) {
    double* g = out.data() + at * symbols();
    const std::size_t own = x.tokens[at];
    const double reference = g[own] > 0 ? math::log(g[own]) : 0;
    for (std::size_t b = 0; b < symbols(); ++b) {
      g[b] = g[b] > 0 && b != own ? math::log(g[b]) - reference : -std::numeric_limits<double>::infinity();
    }
    g[own] = 0;
  }
}

EnumeratedScore::EnumeratedScore(const RankOneNoise& noise, const Law& law)
    : ScoreModel(noise, law.space.length), clean_(with_mask(law, noise)) {
  check_law(law);
}

// ℓ_i is read off the law with noise on every token but i.
void EnumeratedScore::posterior(const TokenBatch& x, double sigma, std::vector<double>& out) {
  const StateSpace& space = clean_.space;
  const double kept = math::exp(-sigma), redrawn = -math::expm1(-sigma);
  std::vector<double> sums(clean_.p.size() / space.symbols), weight(noise().prior);
  for (double& w : weight) w *= redrawn;
  for (std::size_t i = 0; i < space.length; ++i) {
    std::vector<double> p = clean_.p;
    for (std::size_t axis = 0; axis < space.length; ++axis) {
      if (axis == i) continue;
      line_sums(space, axis, p.data(), sums.data());
      for (double& value : p) value *= kept;
      add_to_lines(space, axis, weight, sums.data(), p.data());
    }
    for (std::size_t row = 0; row < x.rows(); ++row) {
      std::size_t state = 0;
      for (std::size_t axis = 0; axis < space.length; ++axis) {
        state = state * space.symbols + (axis == i ? 0 : x.row(row)[axis]);
      }
      double* line = out.data() + (row * space.length + i) * tokens();
      for (std::size_t a = 0; a < tokens(); ++a) line[a] = p[state + a * space.stride(i)];
      normalise(line, tokens());
    }
  }
}

MarkovChainScore::MarkovChainScore(const RankOneNoise& noise, std::vector<double> initial,
                                   std::vector<double> transition, std::size_t length)
    : ScoreModel(noise, length), initial_(std::move(initial)), transition_(std::move(transition)) {
  check_rows("initial", initial_, 1, tokens());
  check_rows("transition", transition_, tokens(), tokens());
}

void MarkovChainScore::posterior(const TokenBatch& x, double sigma, std::vector<double>& out) {
  const std::size_t n = tokens(), d = length();
  const double kept = math::exp(-sigma);
  std::vector<double> message(n), seen_message(n);
  const auto weigh = [&](std::size_t b) {  // the message with what is seen of its token
    for (std::size_t a = 0; a < n; ++a) seen_message[a] = message[a] * seen(kept, a, b);
    normalise(seen_message.data(), n);
  };
  for (std::size_t row = 0; row < x.rows(); ++row) {
    const std::span<const std::uint32_t> sequence = x.row(row);
    double* line = out.data() + row * d * n;
    message = initial_;
    for (std::size_t i = 0; i < d; ++i) {
      std::copy(message.begin(), message.end(), line + i * n);
      weigh(sequence[i]);
      std::fill(message.begin(), message.end(), 0.0);
      for (std::size_t a = 0; a < n; ++a) {
        const double from = seen_message[a];
        for (std::size_t b = 0; b < n; ++b) message[b] += from * transition_[a * n + b];
      }
    }
    std::fill(message.begin(), message.end(), 1.0);
    for (std::size_t i = d; i-- > 0;) {
      for (std::size_t a = 0; a < n; ++a) line[i * n + a] *= message[a];
      normalise(line + i * n, n);
      weigh(sequence[i]);
      for (std::size_t a = 0; a < n; ++a) {
        message[a] = dot(std::span(transition_).subspan(a * n, n), seen_message);
      }
    }
  }
}

ProductMixtureScore::ProductMixtureScore(const RankOneNoise& noise, std::vector<double> weight,
                                         std::vector<double> tokens_of_parts, std::size_t length)
    : ScoreModel(noise, length), weight_(std::move(weight)), token_(std::move(tokens_of_parts)) {
  check_rows("weight", weight_, 1, weight_.size());
  check_rows("tokens", token_, weight_.size() * length, tokens());
}

void ProductMixtureScore::posterior(const TokenBatch& x, double sigma, std::vector<double>& out) {
  const std::size_t n = tokens(), d = length(), parts = weight_.size();
  constexpr double never = -std::numeric_limits<double>::infinity();
  const double kept = math::exp(-sigma), redrawn = -math::expm1(-sigma);
  std::vector<double> evidence(parts * d), total(parts), share(parts);  // ln of what is seen of each token
  std::vector<std::size_t> impossible(parts);                           // tokens that a part cannot show
  for (std::size_t row = 0; row < x.rows(); ++row) {
    for (std::size_t c = 0; c < parts; ++c) {
      total[c] = weight_[c] > 0 ? math::log(weight_[c]) : never;
      impossible[c] = 0;
      for (std::size_t i = 0; i < d; ++i) {
        const std::size_t b = x.row(row)[i];
        const double p = (b < n ? kept * token_[(c * d + i) * n + b] : 0) + redrawn * noise().prior[b];
        evidence[c * d + i] = p > 0 ? math::log(p) : never;
        if (p > 0) {
          total[c] += evidence[c * d + i];
        } else {
          ++impossible[c];
        }
      }
    }
    for (std::size_t i = 0; i < d; ++i) {
      double largest = never;
      for (std::size_t c = 0; c < parts; ++c) {
        const bool own = evidence[c * d + i] == never;
        const std::size_t others = impossible[c] - (own ? 1 : 0);
        share[c] = others > 0 ? never : total[c] - (own ? 0 : evidence[c * d + i]);
        largest = std::max(largest, share[c]);
      }
      for (double& s : share) s = largest == never ? 1 : math::exp(s - largest);
      normalise(share.data(), parts);
      double* line = out.data() + (row * d + i) * n;
      for (std::size_t c = 0; c < parts; ++c) {
        for (std::size_t a = 0; a < n; ++a) line[a] += share[c] * token_[(c * d + i) * n + a];
      }
    }
  }
}

NetworkScore::NetworkScore(const RankOneNoise& noise, std::size_t length, TokenLogits logits,
                           NetworkOutput output)
    : ScoreModel(noise, length), logits_(std::move(logits)), output_(output) {}

void NetworkScore::posterior(const TokenBatch& x, double sigma, std::vector<double>& out) {
  const std::size_t n = tokens();
  const double kept = math::exp(-sigma);
  logits_(x, sigma, out);
  if (out.size() != x.tokens.size() * n) {
    refuse("network", "the number of logits", std::to_string(out.size()),
           std::to_string(x.tokens.size() * n));
  }
  for (std::size_t at = 0; at < x.tokens.size(); ++at) {
    double* line = out.data() + at * n;
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < n; ++a) {
      if (std::isnan(line[a]) || line[a] == std::numeric_limits<double>::infinity()) {
        refuse("network",
               "the logit of token " + std::to_string(at % length()) + " of sequence " +
                   std::to_string(at / length()) + ", symbol " + std::to_string(a),
               number_to_text(line[a]), "numbers below infinity");
      }
      if (output_ == NetworkOutput::Denoiser) {
        const double q = seen(kept, a, x.tokens[at]);
        line[a] -= q > 0 ? math::log(q) : 0;
      }
      largest = std::max(largest, line[a]);
    }
    for (std::size_t a = 0; a < n; ++a) {
      line[a] = std::isinf(largest) ? 1 : math::exp(line[a] - largest);
    }
    normalise(line, n);
  }
}

}  // namespace reprise::markov
