#include "markov/noise_levels.h"

#include "base/math.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace reprise::markov {

namespace {

constexpr std::size_t near_states = 4096;   // with their terms: some 200 kB, which the second cache holds
constexpr std::size_t most_rows = 8;        // states of the leading tokens, of which a panel has all
constexpr std::size_t panel_states = 4096;  // rows × columns of a panel
constexpr std::size_t least_columns = 256;  // laws are written in runs of 2 kB or more: short ones cost twice

// terms[j + 1] += redrawn terms[j], the highest j first: one axis of `states` neighbours, `inner` apart.
// `terms` are `count` arrays of `stride` numbers; array `count` is there and becomes the new highest.
void redraw_axis(double* terms, std::size_t stride, std::size_t count, std::size_t states,
                 std::size_t symbols, std::size_t inner, const std::vector<double>& prior, double* sums) {
  for (std::size_t j = count; j-- > 0;) {
    const double* source = terms + j * stride;
    double* target = terms + (j + 1) * stride;
    for (std::size_t group = 0; group < states; group += symbols * inner) {
      if (inner == 1) {
        const double sum = lane_sum(source + group, symbols);
        for (std::size_t a = 0; a < symbols; ++a) target[group + a] += prior[a] * sum;
        continue;
      }
      std::memcpy(sums, source + group, inner * sizeof(double));
      for (std::size_t a = 1; a < symbols; ++a) {
        const double* row = source + group + a * inner;
        for (std::size_t i = 0; i < inner; ++i) sums[i] += row[i];
      }
      for (std::size_t a = 0; a < symbols; ++a) {
        double* row = target + group + a * inner;
        const double share = prior[a];
        for (std::size_t i = 0; i < inner; ++i) row[i] += share * sums[i];
      }
    }
  }
}

// out[i] = Σ_j weight[j]·terms[j·stride + i] for N terms, or added to what is there.
template <std::size_t N, bool Add>
void combine(const double* weight, const double* terms, std::size_t stride, std::size_t count, double* out) {
  std::array<double, N> w;
  std::copy_n(weight, N, w.begin());
  for (std::size_t i = 0; i < count; ++i) {
    double sum = Add ? out[i] : 0.0;
    for (std::size_t j = 0; j < N; ++j) sum += w[j] * terms[j * stride + i];
    out[i] = sum;
  }
}

template <bool Add>
void combine_some(std::size_t terms_left, const double* weight, const double* terms, std::size_t stride,
                  std::size_t count, double* out) {
  switch (terms_left) {
    case 1:
      return combine<1, Add>(weight, terms, stride, count, out);
    case 2:
      return combine<2, Add>(weight, terms, stride, count, out);
    case 3:
      return combine<3, Add>(weight, terms, stride, count, out);
    case 4:
      return combine<4, Add>(weight, terms, stride, count, out);
    case 5:
      return combine<5, Add>(weight, terms, stride, count, out);
    case 6:
      return combine<6, Add>(weight, terms, stride, count, out);
    case 7:
      return combine<7, Add>(weight, terms, stride, count, out);
    default:
      return combine<8, Add>(weight, terms, stride, count, out);
  }
}

void combine_all(std::size_t terms_left, const double* weight, const double* terms, std::size_t stride,
                 std::size_t count, double* out) {
  constexpr std::size_t at_once = 8;
  combine_some<false>(std::min(terms_left, at_once), weight, terms, stride, count, out);
  for (std::size_t done = at_once; done < terms_left; done += at_once) {
    combine_some<true>(std::min(terms_left - done, at_once), weight + done, terms + done * stride, stride,
                       count, out);
  }
}

}  // namespace

NoiseLevels::NoiseLevels(const Law& law, const RankOneNoise& noise)
    : space_(law.space), prior_(noise.prior), trailing_(law.space.length) {
  if (law.space.symbols != noise.symbols() || law.p.size() != law.space.size()) {
    throw std::invalid_argument("law and noise have different symbols");
  }
  std::size_t rows = 1;
  while (trailing_ > 1 && rows * space_.symbols <= most_rows) {
    rows *= space_.symbols;
    --trailing_;
  }
  if (rows == 1 && trailing_ > 1) {  // many symbols: at least one token is left for the panels
    rows = space_.symbols;
    --trailing_;
  }
  block_ = law.p.size() / rows;
  const std::size_t arrays = trailing_ + 1;
  terms_.assign(rows * arrays * block_, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    double* block = terms_.data() + row * arrays * block_;
    std::copy_n(law.p.data() + row * block_, block_, block);
    redraw_block(block);
  }
}

void NoiseLevels::redraw_block(double* block) const {
  std::vector<double> sums(block_);
  std::size_t near = 1, axes = 0;
  while (axes < trailing_ && (axes == 0 || near * space_.symbols <= near_states)) {
    near *= space_.symbols;
    ++axes;
  }
  for (std::size_t begin = 0; begin < block_; begin += near) {
    std::size_t inner = 1;
    for (std::size_t axis = 0; axis < axes; ++axis, inner *= space_.symbols) {
      redraw_axis(block + begin, block_, axis + 1, near, space_.symbols, inner, prior_, sums.data());
    }
  }
  std::size_t inner = near;
  for (std::size_t axis = axes; axis < trailing_; ++axis, inner *= space_.symbols) {
    redraw_axis(block, block_, axis + 1, block_, space_.symbols, inner, prior_, sums.data());
  }
}

void NoiseLevels::laws(std::span<const double> sigma, std::span<double* const> out) const {
  const std::size_t length = space_.length, arrays = length + 1, done = trailing_ + 1;
  std::vector<double> weight(sigma.size() * arrays);
  for (std::size_t level = 0; level < sigma.size(); ++level) {
    const double kept = math::exp(-sigma[level]), redrawn = -math::expm1(-sigma[level]);
    for (std::size_t j = 0; j < arrays; ++j) {
      double& w = weight[level * arrays + j];
      w = 1;
      for (std::size_t i = 0; i < length; ++i) w *= i < j ? redrawn : kept;
    }
  }
  const std::size_t rows = terms_.size() / (done * block_);
  const std::size_t width = std::min(block_, std::max(least_columns, panel_states / rows));
  std::vector<double> panel(arrays * rows * width), sums(rows * width);
  for (std::size_t first = 0; first < block_; first += width) {
    const std::size_t columns = std::min(width, block_ - first), states = rows * columns;
    for (std::size_t j = 0; j < arrays; ++j) {
      double* target = panel.data() + j * states;
      if (j >= done) {
        std::fill_n(target, states, 0.0);
        continue;
      }
      for (std::size_t row = 0; row < rows; ++row) {
        std::memcpy(target + row * columns, terms_.data() + (row * done + j) * block_ + first,
                    columns * sizeof(double));
      }
    }
    std::size_t inner = columns;
    for (std::size_t axis = trailing_; axis < length; ++axis, inner *= space_.symbols) {
      redraw_axis(panel.data(), states, axis + 1, states, space_.symbols, inner, prior_, sums.data());
    }
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t level = 0; level < sigma.size(); ++level) {
        combine_all(arrays, weight.data() + level * arrays, panel.data() + row * columns, states, columns,
                    out[level] + row * block_ + first);
      }
    }
  }
}

std::vector<Law> NoiseLevels::laws(const std::vector<double>& sigma) const {
  std::vector<Law> laws(sigma.size());
  std::vector<double*> out;
  for (Law& law : laws) {
    law.space = space_;
    law.p.resize(space_.size());
    out.push_back(law.p.data());
  }
  this->laws(sigma, out);
  return laws;
}

}  // namespace reprise::markov
