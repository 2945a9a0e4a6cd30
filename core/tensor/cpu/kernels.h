// The kernels of one instruction set, as a table: filled by cpu/*.cpp, chosen when a Device is made. Arrays
// are contiguous unless a stride is given; sizes count elements; results never depend on the instruction set,
// except that `gemm_fused` multiplies and adds with one rounding and `gemm` with two. Results may not overlap
// operands unless a function says so.
#pragma once

#include <cstdint>

namespace reprise::tensor::cpu {

enum class Unary : std::uint8_t {
  Copy,
  Negate,
  Scale,  // x × constant
  Shift,  // x + constant
  Relu,   // x > 0 ? x : 0
  Step,   // x > 0 ? 1 : 0
  Exp,
  Log,
  Sqrt,
  Square,
  Tanh,
  Logistic,  // 1/(1 + e^−x)
  Reciprocal,
};

enum class Binary : std::uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  WherePositive,  // a where b > 0, else 0
};

/// The patches of images under the kernel of a convolution as a matrix that is never stored: row (channel,
/// ky, kx), column (image, y, x); zeros where the kernel lies outside the image. Planes of an image are
/// contiguous.
template <class T>
struct Patches {
  const T* images = nullptr;
  std::int64_t image_step = 0;  // elements from one image to the next
  std::int64_t height = 0, width = 0;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t rows = 0, columns = 0;  // positions of the kernel
  std::int64_t stride = 1;             // between positions
  std::int64_t padding_y = 0, padding_x = 0;
  std::int64_t spacing = 1;  // pixels lie this far apart, zeros between them; above 1 only with stride 1
};

/// C = A·B (+ bias) with any strides for A (m × k) and B (k × n); C (m × n) has contiguous rows. Every
/// element is one sum over rising k that begins at bias[column], or 0; `accumulate`: at C itself.
template <class T>
struct Gemm {
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::int64_t a_row = 0, a_column = 0;
  const T* b = nullptr;
  std::int64_t b_row = 0, b_column = 0;
  T* c = nullptr;
  std::int64_t c_row = 0;
  const T* bias = nullptr;
  bool accumulate = false;
  bool relu = false;                      // C = max(C, 0) at the end
  const Patches<T>* a_patches = nullptr;  // A is this matrix; a is not read
  const Patches<T>* b_patches = nullptr;  // B is this matrix; b is not read
};

/// Adam with bias correction folded into two factors.
struct AdamStep {
  double beta1 = 0, beta2 = 0;
  double step_size = 0;   // η/(1 − β₁^t)
  double root_scale = 0;  // 1/√(1 − β₂^t)
  double epsilon = 0;
  double keep = 1;           // decoupled decay: parameters are multiplied by it first (1 − ηλ)
  double coupled_decay = 0;  // L2: added to the gradient, times the parameter
};

template <class T>
struct TypedKernels {
  void (*unary)(Unary, std::int64_t count, const T* x, T* out, T constant);  // out may be x
  /// Steps are 0 (one value for all) or 1. out may be a or b.
  void (*binary)(Binary, std::int64_t count, const T* a, int a_step, const T* b, int b_step, T* out);
  T (*sum)(std::int64_t count, const T* x);      // 16 lanes, blocks of 4096, block sums in double
  T (*maximum)(std::int64_t count, const T* x);  // NaN if there is one; −inf of nothing
  double (*sum_of_squares)(std::int64_t count, const T* x);
  /// Sum over the rows: blocks of 64 rows one by one, then the block sums one by one.
  void (*sum_rows)(std::int64_t rows, std::int64_t columns, const T* x, T* out);
  double (*squares_about)(std::int64_t count, const T* x, T centre);              // Σ (x − centre)²
  double (*product_about)(std::int64_t count, const T* a, const T* x, T centre);  // Σ a (x − centre)
  /// a_factor·a + (x_factor·x + constant); x may be null. out may be a or x.
  void (*blend)(std::int64_t count, const T* a, T a_factor, const T* x, T x_factor, T constant, T* out);
  /// Largest of each 2 × 2 window of a plane, the first of equals, NaN before all; which[i] = 2·dy + dx of
  /// it. An odd last row or column is left out.
  void (*max_pool)(std::int64_t height, std::int64_t width, const T* x, T* out, std::int32_t* which);
  /// The other way: out [height × width] is 0 but where `which` points.
  void (*max_unpool)(std::int64_t height, std::int64_t width, const T* x, const std::int32_t* which, T* out);
  void (*softmax)(std::int64_t rows, std::int64_t columns, const T* x, T* out);  // over columns
  void (*log_softmax)(std::int64_t rows, std::int64_t columns, const T* x, T* out);
  void (*log_sum_exp)(std::int64_t rows, std::int64_t columns, const T* x, T* out);  // one value a row
  /// losses[i] = log Σ_j e^(x_ij − x_iy); gradient (or null) = (softmax(x) − onehot) × scale.
  void (*cross_entropy)(std::int64_t rows, std::int64_t columns, const T* x, const std::int32_t* labels,
                        double* losses, T* gradient, T scale);
  std::int64_t (*gemm_workspace)(std::int64_t m, std::int64_t n, std::int64_t k);  // elements
  void (*gemm)(const Gemm<T>&, T* workspace);
  void (*gemm_fused)(const Gemm<T>&, T* workspace);  // null where there is no such instruction
  void (*adam)(std::int64_t count, const AdamStep&, const T* gradient, T* mean, T* square, T* parameter);
  /// velocity = momentum·velocity + (gradient + decay·parameter); parameter = keep·parameter − rate·velocity.
  /// velocity may be null when momentum is 0.
  void (*sgd)(std::int64_t count, T rate, T momentum, T decay, T keep, const T* gradient, T* velocity,
              T* parameter);
};

struct Kernels {
  TypedKernels<float> float32;
  TypedKernels<double> float64;

  template <class T>
  const TypedKernels<T>& of() const;
};
template <>
inline const TypedKernels<float>& Kernels::of<float>() const {
  return float32;
}
template <>
inline const TypedKernels<double>& Kernels::of<double>() const {
  return float64;
}

// The tables; those that the machine's architecture does not have are not compiled.
namespace sse4 {
const Kernels& kernels();
}
namespace avx2 {
const Kernels& kernels();
}
namespace avx512 {
const Kernels& kernels();
}
namespace wasm {
const Kernels& kernels();
}
namespace generic {
const Kernels& kernels();
}

}  // namespace reprise::tensor::cpu
