#include "markov/state_space.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace reprise::markov {

namespace {

constexpr std::size_t lanes = 8;
constexpr std::size_t block_states = 4096;  // 32 kB: a block of the trailing tokens stays in the first cache
constexpr std::size_t panel_bytes = 192 * 1024;

// One axis of a block: `outer` groups of `symbols` rows of `inner` neighbours. `sums` holds `inner` numbers.
void mix_axis(double* data, std::size_t outer, std::size_t symbols, std::size_t inner, double keep,
              std::span<const double> weight, double* sums) {
  for (std::size_t group = 0; group < outer; ++group, data += symbols * inner) {
    if (inner == 1) {
      const double sum = lane_sum(data, symbols);
      for (std::size_t a = 0; a < symbols; ++a) data[a] = keep * data[a] + weight[a] * sum;
      continue;
    }
    std::memcpy(sums, data, inner * sizeof(double));
    for (std::size_t a = 1; a < symbols; ++a) {
      const double* row = data + a * inner;
      for (std::size_t i = 0; i < inner; ++i) sums[i] += row[i];
    }
    for (std::size_t a = 0; a < symbols; ++a) {
      double* row = data + a * inner;
      const double factor = weight[a];
      for (std::size_t i = 0; i < inner; ++i) row[i] = keep * row[i] + factor * sums[i];
    }
  }
}

}  // namespace

std::size_t StateSpace::size() const {
  std::size_t product = 1;
  for (std::size_t i = 0; i < length; ++i) product *= symbols;
  return product;
}

std::size_t StateSpace::stride(std::size_t axis) const {
  std::size_t product = 1;
  for (std::size_t i = axis + 1; i < length; ++i) product *= symbols;
  return product;
}

std::size_t states_up_to_limit(std::size_t symbols, std::size_t length) {
  std::size_t product = 1;
  for (std::size_t i = 0; i < length; ++i) {
    product *= symbols;
    if (product > most_states) return most_states + 1;
  }
  return product;
}

double lane_sum(const double* values, std::size_t count) {
  if (count < 2 * lanes) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += values[i];
    return sum;
  }
  std::array<double, lanes> partial{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane] += values[i + lane];
  }
  for (std::size_t lane = 0; i < count; ++i, ++lane) partial[lane] += values[i];
  return ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
         ((partial[4] + partial[5]) + (partial[6] + partial[7]));
}

double dot(std::span<const double> a, std::span<const double> b) {
  std::array<double, lanes> partial{};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane] += a[i + lane] * b[i + lane];
  }
  for (std::size_t lane = 0; i < a.size(); ++i, ++lane) partial[lane] += a[i] * b[i];
  return ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
         ((partial[4] + partial[5]) + (partial[6] + partial[7]));
}

void line_sums(const StateSpace& space, std::size_t axis, const double* values, double* sums) {
  const std::size_t inner = space.stride(axis);
  const std::size_t groups = space.size() / (inner * space.symbols);
  for (std::size_t group = 0; group < groups; ++group, values += space.symbols * inner, sums += inner) {
    if (inner == 1) {
      *sums = lane_sum(values, space.symbols);
      continue;
    }
    std::memcpy(sums, values, inner * sizeof(double));
    for (std::size_t a = 1; a < space.symbols; ++a) {
      const double* row = values + a * inner;
      for (std::size_t i = 0; i < inner; ++i) sums[i] += row[i];
    }
  }
}

void weighted_line_sums(const StateSpace& space, std::size_t axis, std::span<const double> weight,
                        const double* values, double* sums) {
  const std::size_t inner = space.stride(axis);
  const std::size_t groups = space.size() / (inner * space.symbols);
  for (std::size_t group = 0; group < groups; ++group, values += space.symbols * inner, sums += inner) {
    std::fill(sums, sums + inner, 0.0);
    for (std::size_t a = 0; a < space.symbols; ++a) {
      const double* row = values + a * inner;
      const double factor = weight[a];
      if (factor == 0) continue;
      for (std::size_t i = 0; i < inner; ++i) sums[i] += factor * row[i];
    }
  }
}

void add_to_lines(const StateSpace& space, std::size_t axis, const double* per_line, double* values) {
  const std::size_t inner = space.stride(axis);
  const std::size_t groups = space.size() / (inner * space.symbols);
  for (std::size_t group = 0; group < groups; ++group, per_line += inner) {
    for (std::size_t a = 0; a < space.symbols; ++a, values += inner) {
      for (std::size_t i = 0; i < inner; ++i) values[i] += per_line[i];
    }
  }
}

void add_to_lines(const StateSpace& space, std::size_t axis, std::span<const double> weight,
                  const double* per_line, double* values) {
  const std::size_t inner = space.stride(axis);
  const std::size_t groups = space.size() / (inner * space.symbols);
  for (std::size_t group = 0; group < groups; ++group, per_line += inner) {
    for (std::size_t a = 0; a < space.symbols; ++a, values += inner) {
      const double factor = weight[a];
      if (factor == 0) continue;
      for (std::size_t i = 0; i < inner; ++i) values[i] += factor * per_line[i];
    }
  }
}

void mix_every_axis(const StateSpace& space, double keep, std::span<const double> weight,
                    std::vector<double>& values) {
  const std::size_t symbols = space.symbols;
  std::size_t trailing = 1, block = symbols;  // as many of the last tokens as fit a block
  while (trailing < space.length && block * symbols <= block_states) {
    block *= symbols;
    ++trailing;
  }
  std::vector<double> sums(block);
  for (std::size_t begin = 0; begin < values.size(); begin += block) {
    for (std::size_t inner = 1; inner < block; inner *= symbols) {
      mix_axis(values.data() + begin, block / (inner * symbols), symbols, inner, keep, weight, sums.data());
    }
  }
  if (trailing == space.length) return;

  // The leading tokens: columns of the array seen as rows of `block` states, a panel of columns at a time.
  const std::size_t rows = values.size() / block;
  const std::size_t width = std::min(block, std::max<std::size_t>(8, panel_bytes / (rows * sizeof(double))));
  std::vector<double> panel(rows * width), panel_sums(rows * width);
  for (std::size_t first = 0; first < block; first += width) {
    const std::size_t columns = std::min(width, block - first);
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(panel.data() + row * columns, values.data() + row * block + first,
                  columns * sizeof(double));
    }
    for (std::size_t inner = 1; inner < rows; inner *= symbols) {
      mix_axis(panel.data(), rows / (inner * symbols), symbols, inner * columns, keep, weight,
               panel_sums.data());
    }
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(values.data() + row * block + first, panel.data() + row * columns,
                  columns * sizeof(double));
    }
  }
}

void mix_every_axis_adjoint(const StateSpace& space, double keep, std::span<const double> weight,
                            std::vector<double>& values) {
  std::vector<double> sums(values.size() / space.symbols);
  for (std::size_t axis = 0; axis < space.length; ++axis) {
    weighted_line_sums(space, axis, weight, values.data(), sums.data());
    for (double& value : values) value *= keep;
    add_to_lines(space, axis, sums.data(), values.data());
  }
}

}  // namespace reprise::markov
