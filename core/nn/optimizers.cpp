#include "nn/optimizers.h"

#include "base/error.h"
#include "base/math.h"
#include "base/number_text.h"
#include "tensor/device_state.h"

#include <cmath>

namespace reprise::nn {
namespace {

using tensor::DType;

Tensor zeros_like(const Tensor& x, DType type) {
  return Tensor::zeros(x.device(), x.shape(), type);
}

void require(bool condition, const char* key, double value, const char* allowed) {
  if (condition) return;
  const std::string found = number_to_text(value);
  throw InputError(
      Problem{key, found, allowed, std::string(key) + " is " + found + "; allowed is " + allowed});
}

/// Adam with moments and arithmetic in double, for parameters of either type.
template <class T>
void adam_in_double(const tensor::cpu::AdamStep& s, std::int64_t count, const T* gradient, double* mean,
                    double* square, T* parameter) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto p = static_cast<double>(parameter[i]);
    const double g = static_cast<double>(gradient[i]) + s.coupled_decay * p;
    mean[i] = s.beta1 * mean[i] + (1 - s.beta1) * g;
    square[i] = s.beta2 * square[i] + (1 - s.beta2) * (g * g);
    parameter[i] = static_cast<T>(s.keep * p -
                                  s.step_size * mean[i] / (std::sqrt(square[i]) * s.root_scale + s.epsilon));
  }
}

}  // namespace

void Optimizer::step(std::span<const Tensor> gradients, double rate) {
  if (gradients.size() != parameters_.size()) throw std::logic_error("one gradient for each parameter");
  ++steps_;
  begin_step(rate);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& parameter = parameters_[i]->value;
    if (gradients[i].shape() != parameter.shape()) {
      throw InputError("optimizer step: " + parameters_[i]->name + " has shape " + parameter.shape().text() +
                       ", its gradient " + gradients[i].shape().text());
    }
    if (!parameter.is_contiguous()) throw std::logic_error("a parameter must be contiguous");
    if (gradients[i].is_contiguous()) {
      update(i, parameter, gradients[i], rate);
    } else {
      update(i, parameter, tensor::contiguous(tensor::detach(gradients[i])), rate);
    }
  }
}

Sgd::Sgd(std::vector<Parameter*> parameters, SgdOptions options)
    : Optimizer(std::move(parameters)), options_(options) {
  require(options.momentum >= 0 && options.momentum < 1, "momentum", options.momentum, "[0, 1)");
  if (options.momentum == 0) return;
  for (const Parameter* parameter : this->parameters()) {
    velocity_.push_back(zeros_like(parameter->value, parameter->value.dtype()));
  }
}

std::vector<std::pair<std::string, Tensor*>> Sgd::state() {
  std::vector<std::pair<std::string, Tensor*>> list;
  for (std::size_t i = 0; i < velocity_.size(); ++i)
    list.emplace_back("sgd.velocity." + parameters()[i]->name, &velocity_[i]);
  return list;
}

void Sgd::update(std::size_t index, Tensor& parameter, const Tensor& gradient, double rate) {
  tensor::with_real_type(parameter.dtype(), [&](auto type) {
    using T = decltype(type);
    parameter.state().kernels.of<T>().sgd(
        parameter.elements(), static_cast<T>(rate), static_cast<T>(options_.momentum),
        static_cast<T>(options_.weight_decay), static_cast<T>(1 - rate * options_.decoupled_decay),
        gradient.data<T>(), velocity_.empty() ? nullptr : velocity_[index].data<T>(), parameter.data<T>());
  });
}

Adam::Adam(std::vector<Parameter*> parameters, AdamOptions options)
    : Optimizer(std::move(parameters)), options_(options) {
  require(options.beta1 >= 0 && options.beta1 < 1, "beta1", options.beta1, "[0, 1)");
  require(options.beta2 >= 0 && options.beta2 < 1, "beta2", options.beta2, "[0, 1)");
  require(options.epsilon >= 0, "epsilon", options.epsilon, ">= 0");
  for (const Parameter* parameter : this->parameters()) {
    const bool wide = options.state_type == DType::float64;
    const DType type = wide ? DType::float64 : parameter->value.dtype();
    mean_.push_back(zeros_like(parameter->value, type));
    square_.push_back(zeros_like(parameter->value, type));
  }
}

std::vector<std::pair<std::string, Tensor*>> Adam::state() {
  std::vector<std::pair<std::string, Tensor*>> list;
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    list.emplace_back("adam.mean." + parameters()[i]->name, &mean_[i]);
    list.emplace_back("adam.square." + parameters()[i]->name, &square_[i]);
  }
  return list;
}

void Adam::begin_step(double rate) {
  const auto t = static_cast<double>(steps());
  numbers_.beta1 = options_.beta1;
  numbers_.beta2 = options_.beta2;
  numbers_.step_size = rate / (1 - math::pow(options_.beta1, t));
  numbers_.root_scale = 1 / std::sqrt(1 - math::pow(options_.beta2, t));
  numbers_.epsilon = options_.epsilon;
  numbers_.keep = 1 - rate * options_.decoupled_decay;
  numbers_.coupled_decay = options_.weight_decay;
}

void Adam::update(std::size_t index, Tensor& parameter, const Tensor& gradient, double) {
  tensor::with_real_type(parameter.dtype(), [&](auto type) {
    using T = decltype(type);
    Tensor& mean = mean_[index];
    Tensor& square = square_[index];
    if (mean.dtype() == DType::float64 && parameter.dtype() == DType::float32) {
      adam_in_double(numbers_, parameter.elements(), gradient.data<T>(), mean.data<double>(),
                     square.data<double>(), parameter.data<T>());
    } else {
      parameter.state().kernels.of<T>().adam(parameter.elements(), numbers_, gradient.data<T>(),
                                             mean.data<T>(), square.data<T>(), parameter.data<T>());
    }
  });
}

void collect_gradients(const tensor::Tape& tape, std::span<Parameter* const> parameters,
                       std::vector<Tensor>& gradients) {
  gradients.resize(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) gradients[i] = tape.gradient(parameters[i]->value);
}

double global_norm(std::span<const Tensor> gradients) {
  double total = 0;
  for (const Tensor& gradient : gradients) {
    const Tensor dense = tensor::contiguous(tensor::detach(gradient));
    tensor::with_real_type(dense.dtype(), [&](auto type) {
      using T = decltype(type);
      total += dense.state().kernels.of<T>().sum_of_squares(dense.elements(), dense.data<T>());
    });
  }
  return std::sqrt(total);
}

double clip_global_norm(std::span<Tensor> gradients, double largest) {
  const double norm = global_norm(gradients);
  if (!(norm > largest)) return norm;
  for (Tensor& gradient : gradients) gradient = tensor::scale(tensor::detach(gradient), largest / norm);
  return norm;
}

}  // namespace reprise::nn
