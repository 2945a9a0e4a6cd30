// Random tensors and devices for the tests of the engine.
#pragma once

#include "base/random.h"
#include "tensor/ops.h"

#include <cstring>
#include <vector>

namespace reprise::tensor {

/// Every instruction set and level of this machine.
inline std::vector<Device> all_devices() {
  std::vector<Device> devices;
  for (const InstructionSet set : Device::instruction_sets()) {
    devices.push_back(Device::cpu(NumericLevel::portable, set));
    if (Device::has_fma(set)) devices.push_back(Device::cpu(NumericLevel::fma, set));
  }
  return devices;
}

template <class T>
std::vector<T> normal_values(std::int64_t count, const char* name, std::uint64_t index = 0) {
  Random random(3, name, {index});
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(random.normal());
  return values;
}

template <class T>
Tensor normal_tensor(const Device& device, const Shape& shape, const char* name, std::uint64_t index = 0) {
  return Tensor::from<T>(device, normal_values<T>(shape.elements(), name, index), shape);
}

/// The same bits (all NaN count as one).
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != a[i] && b[i] != b[i]) continue;
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0) return false;
  }
  return true;
}

}  // namespace reprise::tensor
