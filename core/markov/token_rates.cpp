#include "markov/token_rates.h"

#include "base/error.h"
#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace reprise::markov {

namespace {

constexpr double largest_row_sum = 1e-6;               // of a matrix, relative to its largest rate
constexpr double smallest_divisor = 1e-290;            // below it 1/w is not worth a number
constexpr std::uint64_t all = std::uint64_t{1} << 32;  // symbols are stored in 32 bits

[[noreturn]] void refuse(const std::string& place, const std::string& found, const std::string& allowed) {
  throw InputError(
      Problem{"rates", found, allowed, "rates: " + place + " is " + found + "; allowed: " + allowed});
}

std::string pair_text(const TokenRates::Jump& jump) {
  return "the rate from " + std::to_string(jump.from) + " to " + std::to_string(jump.to);
}

// Noise of one token as a generator on all of them.
class AxisNoise final : public Generator {
 public:
  AxisNoise(const TokenRates& rates, const StateSpace& space, std::size_t axis)
      : rates_(rates), space_(space), axis_(axis) {}
  void apply_law(const std::vector<double>& q, std::vector<double>& out) override {
    leave(q, out);
    rates_.add_inflow(space_, axis_, q, out);
  }
  void apply_observable(const std::vector<double>& u, std::vector<double>& out) override {
    leave(u, out);
    rates_.add_expectation(space_, axis_, u, out);
  }
  double max_exit_rate() const override { return rates_.max_exit_rate(); }

 private:
  void leave(const std::vector<double>& values, std::vector<double>& out) const {
    const std::size_t inner = space_.stride(axis_);
    std::size_t at = 0;
    while (at < values.size()) {
      for (std::size_t a = 0; a < space_.symbols; ++a) {
        const double rate = rates_.exit_rate(a);
        for (std::size_t i = 0; i < inner; ++i, ++at) out[at] = -rate * values[at];
      }
    }
  }

  const TokenRates& rates_;
  StateSpace space_;
  std::size_t axis_;
};

}  // namespace

TokenRates::TokenRates(std::size_t symbols, double refresh, std::vector<double> prior,
                       std::vector<Jump> jumps)
    : refresh_(refresh) {
  if (symbols < 2) refuse("the number of symbols", std::to_string(symbols), "at least 2");
  if (static_cast<std::uint64_t>(symbols) >= all)
    refuse("the number of symbols", std::to_string(symbols), "below 2^32");
  if (!(refresh >= 0) || !std::isfinite(refresh)) {
    refuse("the refresh rate", number_to_text(refresh), "finite numbers, 0 or more");
  }
  if (prior.size() != symbols) {
    refuse("the prior's length", std::to_string(prior.size()), std::to_string(symbols));
  }
  prior_ = RankOneNoise::general(std::move(prior)).prior;
  for (const Jump& jump : jumps) {
    if (jump.from >= symbols || jump.to >= symbols) {
      refuse("a symbol", std::to_string(std::max(jump.from, jump.to)), "0…" + std::to_string(symbols - 1));
    }
    if (!(jump.rate >= 0) || !std::isfinite(jump.rate)) {
      refuse(pair_text(jump), number_to_text(jump.rate), "finite numbers, 0 or more");
    }
    if (jump.from == jump.to) {
      refuse(pair_text(jump), number_to_text(jump.rate),
             "rates between different symbols; what stays follows from the others");
    }
  }
  std::sort(jumps.begin(), jumps.end(),
            [](const Jump& a, const Jump& b) { return a.from != b.from ? a.from < b.from : a.to < b.to; });
  for (std::size_t j = 1; j < jumps.size(); ++j) {
    if (jumps[j].from == jumps[j - 1].from && jumps[j].to == jumps[j - 1].to) {
      refuse(pair_text(jumps[j]), "given twice", "every pair once");
    }
  }
  std::erase_if(jumps, [](const Jump& jump) { return jump.rate == 0; });
  if (jumps.size() > most_jumps) {
    refuse("the number of jumps", std::to_string(jumps.size()), "at most " + std::to_string(most_jumps));
  }
  row_.assign(symbols + 1, 0);
  exit_.assign(symbols, refresh_);
  to_.reserve(jumps.size());
  rate_.reserve(jumps.size());
  for (const Jump& jump : jumps) {
    ++row_[jump.from + 1];
    to_.push_back(static_cast<std::uint32_t>(jump.to));
    rate_.push_back(jump.rate);
    exit_[jump.from] += jump.rate;
  }
  for (std::size_t a = 0; a < symbols; ++a) row_[a + 1] += row_[a];
  max_exit_ = *std::max_element(exit_.begin(), exit_.end());
  if (!(max_exit_ > 0)) refuse("every rate", "0", "at least one above 0");
  if (!std::isfinite(max_exit_)) refuse("the sum of a symbol's rates", "infinite", "finite numbers");
}

TokenRates TokenRates::from_matrix(std::size_t symbols, const std::vector<double>& matrix) {
  if (matrix.size() != symbols * symbols) throw std::invalid_argument("rate matrix has another shape");
  double largest = 0;
  bool diagonal = false;
  for (std::size_t a = 0; a < symbols; ++a) {
    for (std::size_t b = 0; b < symbols; ++b) {
      const double rate = matrix[a * symbols + b];
      if (!std::isfinite(rate) || (a != b && rate < 0)) {
        refuse(pair_text({a, b, rate}), number_to_text(rate), "finite numbers, 0 or more");
      }
      largest = std::max(largest, std::fabs(rate));
      if (a == b && rate != 0) diagonal = true;
    }
  }
  for (std::size_t a = 0; a < symbols && diagonal; ++a) {
    const double sum = lane_sum(matrix.data() + a * symbols, symbols);
    if (std::fabs(sum) > largest_row_sum * largest) {
      refuse("the sum of row " + std::to_string(a), number_to_text(sum),
             "0 (the diagonal is minus the sum of the others), or a diagonal of zeros");
    }
  }
  // Rank one: above the diagonal and below it a column holds one number.
  std::vector<double> column(symbols);
  bool rank_one = symbols > 2;
  for (std::size_t b = 0; b < symbols; ++b) {
    column[b] = matrix[(b == 0 ? 1 : 0) * symbols + b];
    for (std::size_t a = 0; a < symbols && rank_one; ++a) {
      rank_one = a == b || matrix[a * symbols + b] == column[b];
    }
  }
  const double refresh = lane_sum(column.data(), symbols);
  if (rank_one && refresh > 0) {
    for (double& share : column) share /= refresh;
    return TokenRates(symbols, refresh, std::move(column), {});
  }
  std::vector<Jump> jumps;
  for (std::size_t a = 0; a < symbols; ++a) {
    for (std::size_t b = 0; b < symbols; ++b) {
      if (a != b && matrix[a * symbols + b] > 0) jumps.push_back({a, b, matrix[a * symbols + b]});
    }
  }
  return TokenRates(symbols, 0, std::vector<double>(symbols, 1 / static_cast<double>(symbols)),
                    std::move(jumps));
}

TokenRates TokenRates::of(const RankOneNoise& noise) {
  return TokenRates(noise.symbols(), 1, noise.prior, {});
}

void TokenRates::add_inflow(const StateSpace& space, std::size_t axis, const std::vector<double>& v,
                            std::vector<double>& out) const {
  const std::size_t inner = space.stride(axis), group = inner * space.symbols;
  if (refresh_ > 0) {
    std::vector<double> sums(v.size() / space.symbols);
    line_sums(space, axis, v.data(), sums.data());
    for (double& sum : sums) sum *= refresh_;
    add_to_lines(space, axis, prior_, sums.data(), out.data());
  }
  for (std::size_t base = 0; base < v.size(); base += group) {
    for_each_jump([&](std::size_t from, std::size_t to, double rate) {
      const double* source = v.data() + base + from * inner;
      double* target = out.data() + base + to * inner;
      for (std::size_t i = 0; i < inner; ++i) target[i] += rate * source[i];
    });
  }
}

void TokenRates::add_expectation(const StateSpace& space, std::size_t axis, const std::vector<double>& v,
                                 std::vector<double>& out) const {
  const std::size_t inner = space.stride(axis), group = inner * space.symbols;
  if (refresh_ > 0) {
    std::vector<double> sums(v.size() / space.symbols);
    weighted_line_sums(space, axis, prior_, v.data(), sums.data());
    for (double& sum : sums) sum *= refresh_;
    add_to_lines(space, axis, sums.data(), out.data());
  }
  for (std::size_t base = 0; base < v.size(); base += group) {
    for_each_jump([&](std::size_t from, std::size_t to, double rate) {
      const double* source = v.data() + base + to * inner;
      double* target = out.data() + base + from * inner;
      for (std::size_t i = 0; i < inner; ++i) target[i] += rate * source[i];
    });
  }
}

Law noised(const Law& law, const TokenRates& rates, double sigma) {
  if (law.space.symbols != rates.symbols() || law.p.size() != law.space.size()) {
    throw std::invalid_argument("law and rates have different symbols");
  }
  if (!(sigma >= 0)) throw std::invalid_argument("noise level below 0");
  Law result = law;
  if (rates.is_rank_one()) {
    RankOneNoise noise;
    noise.prior = rates.prior();
    add_noise(result, noise, rates.refresh() * sigma);
    return result;
  }
  for (std::size_t axis = 0; axis < law.space.length; ++axis) {
    AxisNoise noise(rates, law.space, axis);
    push(noise, sigma, result.p);
  }
  return result;
}

Law product_law(const std::vector<double>& token, std::size_t length) {
  RankOneNoise noise;
  noise.prior = token;
  return prior_law(noise, length);
}

Law with_symbols(const Law& law, std::size_t symbols) {
  if (symbols == law.space.symbols) return law;
  if (symbols < law.space.symbols) {
    const std::string found = std::to_string(law.space.symbols);
    const std::string allowed = "at most " + std::to_string(symbols) + ", as the rates have";
    throw InputError(
        Problem{"law", found, allowed, "the law has " + found + " symbols; allowed: " + allowed});
  }
  if (states_up_to_limit(symbols, law.space.length) > most_states) {
    throw InputError(Problem{
        "rates", std::to_string(symbols) + " symbols", "at most " + std::to_string(most_states) + " states",
        "with the rates' symbols there are " + std::to_string(symbols) + "^" +
            std::to_string(law.space.length) + " states; allowed: at most " + std::to_string(most_states)});
  }
  Law wider{{symbols, law.space.length}, {}};
  wider.p.assign(wider.space.size(), 0);
  for (std::size_t state = 0; state < law.p.size(); ++state) {
    std::size_t target = 0;
    for (std::size_t axis = 0; axis < law.space.length; ++axis) {
      target = target * symbols + law.space.symbol(state, axis);
    }
    wider.p[target] = law.p[state];
  }
  return wider;
}

FrozenJumps::FrozenJumps(const TokenRates& rates, Law w)
    : rates_(rates), w_(std::move(w)), r_(w_.p.size()), outflow_(w_.p.size(), 0) {
  const std::size_t states = w_.p.size();
  if (w_.space.symbols != rates.symbols() || states != w_.space.size()) {
    throw std::invalid_argument("law and rates have different symbols");
  }
  product_.resize(states);
  gathered_.resize(states);
  for (std::size_t axis = 0; axis < w_.space.length; ++axis) {
    rates_.add_inflow(w_.space, axis, w_.p, outflow_);
  }
  for (std::size_t y = 0; y < states; ++y) {
    r_[y] = w_.p[y] > smallest_divisor ? 1 / w_.p[y] : 0;
    outflow_[y] *= r_[y];
    max_exit_rate_ = std::max(max_exit_rate_, outflow_[y]);
  }
}

void FrozenJumps::apply_law(const std::vector<double>& q, std::vector<double>& out) {
  for (std::size_t y = 0; y < q.size(); ++y) product_[y] = r_[y] * q[y];
  std::fill(gathered_.begin(), gathered_.end(), 0.0);
  for (std::size_t axis = 0; axis < w_.space.length; ++axis) {
    rates_.add_expectation(w_.space, axis, product_, gathered_);
  }
  for (std::size_t y = 0; y < q.size(); ++y) out[y] = w_.p[y] * gathered_[y] - outflow_[y] * q[y];
}

void FrozenJumps::apply_observable(const std::vector<double>& u, std::vector<double>& out) {
  for (std::size_t y = 0; y < u.size(); ++y) product_[y] = w_.p[y] * u[y];
  std::fill(gathered_.begin(), gathered_.end(), 0.0);
  for (std::size_t axis = 0; axis < w_.space.length; ++axis) {
    rates_.add_inflow(w_.space, axis, product_, gathered_);
  }
  for (std::size_t y = 0; y < u.size(); ++y) out[y] = r_[y] * gathered_[y] - outflow_[y] * u[y];
}

}  // namespace reprise::markov
