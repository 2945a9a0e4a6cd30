#include "markov/token_network.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

namespace reprise::markov {

namespace {

constexpr std::size_t blocks = 4, width = 5, frequencies = 16;
constexpr std::size_t dilation[blocks] = {1, 2, 1, 4};

std::string text_of(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (const std::size_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + ")";
}

[[noreturn]] void refuse(const std::string& name, const std::string& found, const std::string& allowed) {
  throw InputError(
      Problem{"network", found, allowed, "network array " + name + " is " + found + "; allowed: " + allowed});
}

// out[o] = bias[o] + Σ_i weight[o, i]·x[i]
std::vector<double> linear(const std::vector<double>& weight, const std::vector<double>& bias,
                           std::span<const double> x) {
  std::vector<double> out(bias);
  for (std::size_t o = 0; o < out.size(); ++o) {
    out[o] += dot(std::span(weight).subspan(o * x.size(), x.size()), x);
  }
  return out;
}

double gelu(double x) {
  return x * math::normal_cdf(x);
}

}  // namespace

TokenNetwork::TokenNetwork(NetworkWeights weights) : weights_(std::move(weights)) {
  const auto rows = [&](const std::string& name) {
    const auto found = weights_.find(name);
    if (found == weights_.end()) refuse(name, "missing", "an array of two dimensions");
    if (found->second.shape.size() != 2) refuse(name, text_of(found->second.shape), "two dimensions");
    return found->second.shape;
  };
  symbols_ = rows("embedding.weight")[0];
  channels_ = rows("embedding.weight")[1];
  tokens_ = rows("head.weight")[0];
  const std::size_t d = channels_;
  take("embedding.weight", {symbols_, d});
  take("noise.0.weight", {d, 2 * frequencies});
  take("noise.0.bias", {d});
  take("noise.2.weight", {blocks * d, d});
  take("noise.2.bias", {blocks * d});
  for (std::size_t k = 0; k < blocks; ++k) {
    const std::string block = "blocks." + std::to_string(k);
    take(block + ".norm.weight", {d});
    take(block + ".norm.bias", {d});
    take(block + ".conv.weight", {d, d, width});
    take(block + ".conv.bias", {d});
    take(block + ".mix.weight", {d, d});
    take(block + ".mix.bias", {d});
  }
  take("head.weight", {tokens_, d});
  take("head.bias", {tokens_});
}

const std::vector<double>& TokenNetwork::take(const std::string& name,
                                              const std::vector<std::size_t>& shape) const {
  const auto found = weights_.find(name);
  if (found == weights_.end()) refuse(name, "missing", text_of(shape));
  if (found->second.shape != shape) refuse(name, text_of(found->second.shape), text_of(shape));
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  const std::vector<double>& values = found->second.values;
  if (values.size() != count || count == 0) {
    refuse(name, std::to_string(values.size()) + " numbers", text_of(shape));
  }
  for (std::size_t at = 0; at < count; ++at) {
    if (!std::isfinite(values[at])) {
      refuse(name, number_to_text(values[at]) + " at place " + std::to_string(at), "finite numbers");
    }
  }
  return values;
}

std::size_t TokenNetwork::weight_count() const {
  std::size_t count = 0;
  for (const auto& [name, array_of] : weights_) count += array_of.values.size();
  return count;
}

std::vector<double> TokenNetwork::noise_channels(double sigma) const {
  std::vector<double> features(2 * frequencies);
  for (std::size_t j = 0; j < frequencies; ++j) {
    const double a = math::log(sigma) / 2 * math::exp(3 * static_cast<double>(j) / (frequencies - 1));
    features[j] = math::sin(a);
    features[frequencies + j] = math::cos(a);
  }
  std::vector<double> hidden = linear(array("noise.0.weight"), array("noise.0.bias"), features);
  for (double& value : hidden) value *= math::logistic(value);
  return linear(array("noise.2.weight"), array("noise.2.bias"), hidden);
}

// h: length × channels.
void TokenNetwork::add_block(std::size_t k, const double* channels, std::size_t length,
                             std::vector<double>& h) const {
  constexpr double epsilon = 1e-5;
  const std::string block = "blocks." + std::to_string(k);
  const std::size_t d = channels_;
  const std::vector<double>&scale = array(block + ".norm.weight"), &shift = array(block + ".norm.bias");
  const double count = static_cast<double>(h.size());
  const double mean = lane_sum(h.data(), h.size()) / count;
  std::vector<double> in(h.size());
  for (std::size_t at = 0; at < h.size(); ++at) in[at] = (h[at] - mean) * (h[at] - mean);
  const double deviation = std::sqrt(lane_sum(in.data(), in.size()) / count + epsilon);
  for (std::size_t at = 0; at < h.size(); ++at) {
    in[at] = (h[at] - mean) / deviation * scale[at % d] + shift[at % d] + channels[at % d];
  }
  const std::vector<double>&conv = array(block + ".conv.weight"), &conv_bias = array(block + ".conv.bias"),
        &mix = array(block + ".mix.weight"), &mix_bias = array(block + ".mix.bias");
  std::vector<double> after(d);
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t out = 0; out < d; ++out) {
      double sum = conv_bias[out];
      for (std::size_t place = 0; place < width; ++place) {
        const std::size_t ahead = i + place * dilation[k], back = width / 2 * dilation[k];
        if (ahead < back || ahead - back >= length) continue;
        const double* x = in.data() + (ahead - back) * d;
        for (std::size_t c = 0; c < d; ++c) sum += conv[(out * d + c) * width + place] * x[c];
      }
      after[out] = gelu(sum);
    }
    for (std::size_t out = 0; out < d; ++out) {
      h[i * d + out] += mix_bias[out] + dot(std::span(mix).subspan(out * d, d), after);
    }
  }
}

void TokenNetwork::evaluate(const TokenBatch& x, double sigma, std::vector<double>& out) const {
  const std::size_t d = channels_;
  const std::vector<double> channels = noise_channels(sigma);
  const std::vector<double>&embedding = array("embedding.weight"), &head = array("head.weight"),
        &head_bias = array("head.bias");
  out.assign(x.tokens.size() * tokens_, 0);
  std::vector<double> h(x.length * d);
  for (std::size_t row = 0; row < x.rows(); ++row) {
    for (std::size_t i = 0; i < x.length; ++i) {
      const std::size_t token = x.row(row)[i];
      if (token >= symbols_) {
        throw InputError(Problem{
            "network", std::to_string(token), "0…" + std::to_string(symbols_ - 1),
            "a token is " + std::to_string(token) + "; the network knows 0…" + std::to_string(symbols_ - 1)});
      }
      std::copy_n(embedding.begin() + static_cast<std::ptrdiff_t>(token * d), d,
                  h.begin() + static_cast<std::ptrdiff_t>(i * d));
    }
    for (std::size_t k = 0; k < blocks; ++k) add_block(k, channels.data() + k * d, x.length, h);
    for (std::size_t i = 0; i < x.length; ++i) {
      const std::vector<double> logits = linear(head, head_bias, std::span(h).subspan(i * d, d));
      std::copy(logits.begin(), logits.end(),
                out.begin() + static_cast<std::ptrdiff_t>((row * x.length + i) * tokens_));
    }
  }
}

}  // namespace reprise::markov
