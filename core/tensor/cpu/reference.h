// The kernels once more, as plain loops: what the fast ones are tested against, bit for bit where the order
// of operations is part of the contract. Nothing else uses them.
#pragma once

#include "tensor/cpu/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace reprise::tensor::cpu::reference {

/// C(i, j) = one chain of multiply-adds over rising k, from bias[j], 0 or C(i, j).
template <class T>
void gemm(const Gemm<T>& task, bool fused) {
  for (std::int64_t i = 0; i < task.m; ++i) {
    for (std::int64_t j = 0; j < task.n; ++j) {
      T& c = task.c[i * task.c_row + j];
      T sum = task.accumulate ? c : (task.bias != nullptr ? task.bias[j] : T(0));
      for (std::int64_t k = 0; k < task.k; ++k) {
        const T a = task.a[i * task.a_row + k * task.a_column];
        const T b = task.b[k * task.b_row + j * task.b_column];
        sum = fused ? std::fma(a, b, sum) : sum + a * b;
      }
      c = task.relu && !(sum > 0) && sum == sum ? T(0) : sum;
    }
  }
}

/// Element k belongs to lane k mod 16; lanes are added pairwise: i and i + 8, + 4, + 2, + 1.
template <class T, class Function>
T sum_in_lanes(std::int64_t count, const T* x, Function function) {
  std::array<T, 16> lane{};
  for (std::int64_t k = 0; k < count; ++k) lane[static_cast<std::size_t>(k % 16)] += function(x[k]);
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  }
  return lane[0];
}

/// Lanes inside blocks of 4096, blocks added in double.
template <class T>
T sum(std::int64_t count, const T* x) {
  const auto same = [](T value) { return value; };
  if (count <= 4096) return sum_in_lanes(count, x, same);
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += 4096) {
    total += static_cast<double>(sum_in_lanes(std::min<std::int64_t>(4096, count - begin), x + begin, same));
  }
  return static_cast<T>(total);
}

/// Rows in blocks of 64, one by one; blocks one by one.
template <class T>
void sum_rows(std::int64_t rows, std::int64_t columns, const T* x, T* out) {
  for (std::int64_t j = 0; j < columns; ++j) {
    T total = 0;
    for (std::int64_t begin = 0; begin < rows; begin += 64) {
      T part = x[begin * columns + j];
      for (std::int64_t i = begin + 1; i < std::min(rows, begin + 64); ++i) part += x[i * columns + j];
      total = begin == 0 ? part : total + part;
    }
    out[j] = total;
  }
}

template <class T>
void adam(std::int64_t count, const AdamStep& s, const T* gradient, T* mean, T* square, T* parameter) {
  const auto beta1 = static_cast<T>(s.beta1);
  const auto beta2 = static_cast<T>(s.beta2);
  for (std::int64_t i = 0; i < count; ++i) {
    T g = gradient[i];
    if (s.coupled_decay != 0) g = g + static_cast<T>(s.coupled_decay) * parameter[i];
    mean[i] = beta1 * mean[i] + static_cast<T>(1 - s.beta1) * g;
    square[i] = beta2 * square[i] + static_cast<T>(1 - s.beta2) * (g * g);
    const T denominator = std::sqrt(square[i]) * static_cast<T>(s.root_scale) + static_cast<T>(s.epsilon);
    parameter[i] =
        static_cast<T>(s.keep) * parameter[i] - static_cast<T>(s.step_size) * mean[i] / denominator;
  }
}

}  // namespace reprise::tensor::cpu::reference
