// The operations on tensors. Shapes broadcast as in NumPy; operands share device and type. All are
// differentiable in both directions unless they say otherwise. InputError names the operation and the shapes
// that do not fit. Views (marked) copy nothing and share memory with their operand.
#pragma once

#include "tensor/float_format.h"
#include "tensor/tensor.h"

#include <initializer_list>
#include <span>

namespace reprise::tensor {

// Element by element.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);
Tensor negate(const Tensor& x);
Tensor scale(const Tensor& x, double factor);                     ///< factor × x
Tensor shift(const Tensor& x, double amount);                     ///< x + amount
Tensor relu(const Tensor& x);                                     ///< max(x, 0); derivative 0 at 0
Tensor step(const Tensor& x);                                     ///< 1 where x > 0, else 0; derivative 0
Tensor where_positive(const Tensor& x, const Tensor& condition);  ///< x where condition > 0, else 0
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor square(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor logistic(const Tensor& x);  ///< 1/(1 + e^−x)
/// Every element rounded to `format`; the derivative is that of the identity ("straight through").
Tensor round_to(const Tensor& x, const FloatFormat& format);

// Sums, in an order that depends on shapes only.
Tensor sum(const Tensor& x);                                   ///< of all elements; shape []
Tensor sum(const Tensor& x, std::initializer_list<int> axes);  ///< those axes vanish; negative: from the end
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, std::initializer_list<int> axes);
Tensor sum_to(const Tensor& x, const Shape& shape);  ///< undoes a broadcast from `shape`

// Matrix products over the last two axes; further axes are batches and broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);  ///< [.., m, k] × [.., k, n]; transposed operands as views
enum class Activation : std::uint8_t { none, relu };
/// activation(x·weightᵀ + bias): x [.., in], weight [out, in], bias [out] or empty. One pass.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::none);

// Images [n, channels, height, width]. Global average pooling is mean(x, {2, 3}).
struct Convolution {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros on all four sides
};
/// activation(x ∗ weight + bias), the cross-correlation that networks call convolution: weight [out,
/// channels, kernel height, kernel width], bias [out] or empty. An element is one sum over rising (channel,
/// ky, kx) that begins at the bias. InputError when the kernel is larger than the padded image.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, Convolution shape = {},
              Activation activation = Activation::none);
/// The reverse of conv2d in its first operand (transposed convolution): g has the shape of its result, the
/// images of the outcome are height × width.
Tensor conv2d_to_input(const Tensor& g, const Tensor& weight, std::int64_t height, std::int64_t width,
                       Convolution shape = {});
/// The reverse in its second operand: [out, channels, kernel height, kernel width]. Sums over rising (image,
/// y, x).
Tensor conv2d_to_weight(const Tensor& x, const Tensor& g, std::int64_t kernel_height,
                        std::int64_t kernel_width, Convolution shape = {});
/// Largest of each 2 × 2 window, step 2; of equals the first counts. An odd last row or column is left out.
/// InputError for images lower or narrower than 2.
Tensor max_pool2d(const Tensor& x);
/// Mean and mean squared deviation of each channel, [channels]; no derivative.
struct ChannelMoments {
  Tensor mean, variance;
};
/// Each channel (axis 1) of [n, channels, ..] brought to mean bias[channel] and deviation weight[channel]
/// over the batch: weight·(x − mean)/√(variance + epsilon) + bias. Ioffe & Szegedy 2015. InputError for no
/// rows.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                  ChannelMoments* moments = nullptr);

// Over the last axis.
Tensor softmax(const Tensor& x);
Tensor log_softmax(const Tensor& x);
Tensor log_sum_exp(const Tensor& x);  ///< that axis vanishes
/// Mean of −log softmax(logits)[label]: logits [n, classes], labels int32 [n]. InputError for a label outside
/// 0…classes − 1 (with its row), or no rows.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels);

// Parts and whole.
/// Rows of a table [count, ..] by int32 indices [..]: shape [indices.., ..]. InputError for an index outside.
Tensor gather(const Tensor& table, const Tensor& indices);
/// [rows, ..] with out[indices[i]] += x[i]: the reverse of gather; sums in the order of i.
Tensor scatter_add(const Tensor& x, const Tensor& indices, std::int64_t rows);
Tensor concatenate(std::span<const Tensor> parts, int axis);
Tensor slice(const Tensor& x, int axis, std::int64_t begin, std::int64_t end);  ///< view
/// Zeros of size `size` along `axis`, with x from `begin` on: the reverse of slice.
Tensor embed(const Tensor& x, int axis, std::int64_t begin, std::int64_t size);

// Layout.
Tensor reshape(const Tensor& x, const Shape& shape);               ///< view if x is contiguous
Tensor permute(const Tensor& x, std::initializer_list<int> axes);  ///< view
Tensor transpose(const Tensor& x);                                 ///< view; the last two axes
Tensor broadcast_to(const Tensor& x, const Shape& shape);          ///< view
Tensor contiguous(const Tensor& x);                                ///< a copy unless it is row-major already
Tensor detach(const Tensor& x);                                    ///< view; derivative 0

}  // namespace reprise::tensor
