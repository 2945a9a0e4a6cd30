// Derivatives. While a Tape exists, operations on watched tensors are recorded; `backward` walks the record
// in reverse (vector–Jacobian products), tangents run along with the operations (Jacobian–vector products).
// Rules are made of operations themselves, so derivatives can be nested: reverse over forward, forward over
// reverse.
//
//   Device cpu = Device::cpu();
//   Tape tape(cpu);
//   Tensor x = Tensor::from<float>(cpu, {3}, {});
//   tape.watch(x);
//   tape.backward(multiply(x, x));
//   tape.gradient(x).item();                   // 6
#pragma once

#include "tensor/tensor.h"

#include <functional>
#include <utility>
#include <vector>

namespace reprise::tensor {

/// The record of one device; at most one at a time (std::logic_error). Handles of watched tensors stay valid
/// after it is gone: then they are plain tensors.
class Tape {
 public:
  explicit Tape(Device device);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Makes `leaf` an input of which gradients are wanted, for as long as the tape lives; forgets what was
  /// recorded before.
  void watch(Tensor& leaf);
  /// Gives a tensor a tangent: later results of operations on it have tangents too. Not a leaf yet: it
  /// becomes one.
  void set_tangent(Tensor& tensor, Tensor tangent);
  /// The tangent of a result; zeros when it does not depend on anything that has one.
  Tensor tangent(const Tensor& result) const;

  enum class Record {
    use_up,          ///< the record is empty afterwards
    keep,            ///< it can be walked again
    differentiable,  ///< it is kept, and the walk itself is recorded
  };
  /// Gradients of a number with respect to every leaf. InputError when `result` has more than one element.
  void backward(const Tensor& result, Record record = Record::use_up);
  /// Gradients of Σ cotangent·result.
  void backward(const Tensor& result, Tensor cotangent, Record record = Record::use_up);
  /// The gradient of the last walk; zeros when the result did not depend on the leaf. std::logic_error when
  /// `leaf` is not watched.
  Tensor gradient(const Tensor& leaf) const;

  void clear();                  ///< forgets operations and tangents; leaves and gradients stay
  std::size_t recorded() const;  ///< operations

 private:
  Device device_;
};

/// While it lives, nothing is recorded on the device.
class Unrecorded {
 public:
  explicit Unrecorded(const Device& device);
  ~Unrecorded();
  Unrecorded(const Unrecorded&) = delete;
  Unrecorded& operator=(const Unrecorded&) = delete;

 private:
  Device device_;
  bool before_;
};

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;
/// f(inputs), and cotangentᵀ·J for each input.
std::pair<Tensor, std::vector<Tensor>> vjp(const TensorFunction& f, const std::vector<Tensor>& inputs,
                                           const Tensor& cotangent);
/// f(inputs), and J·tangents.
std::pair<Tensor, Tensor> jvp(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const std::vector<Tensor>& tangents);

}  // namespace reprise::tensor
