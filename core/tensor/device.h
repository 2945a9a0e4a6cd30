// Where tensors live and are computed: an ordinary argument. A Device also holds what a computation needs and
// a library must not keep globally: the chosen kernels, the pool of memory, the record for derivatives.
//
//   Device cpu = Device::cpu();                           // fastest instruction set, fused multiply-add
//   Device same = Device::cpu(NumericLevel::portable);    // the bits that WebAssembly computes
#pragma once

#include "tensor/cpu/kernels.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::tensor {

/// Decides the bits of matrix products; everything else has the same bits on both.
enum class NumericLevel : std::uint8_t {
  portable,  ///< multiply, round, add, round: the same bits on every processor and in WebAssembly
  fma,       ///< fused multiply-add: the same bits on every processor that has it
};
/// Decides speed alone.
enum class InstructionSet : std::uint8_t { generic, wasm, sse4, avx2, avx512 };

std::string_view name_of(NumericLevel level);
std::string_view name_of(InstructionSet set);

struct DeviceState;
struct Storage;

/// A handle; copies mean the same device. A device and its tensors belong to one thread at a time.
class Device {
 public:
  /// What this machine does fastest: level fma where it has it.
  static Device cpu();
  /// InputError when this machine has no fused multiply-add.
  static Device cpu(NumericLevel level);
  /// InputError when this machine cannot run `set`, or `set` has no such level.
  static Device cpu(NumericLevel level, InstructionSet set);
  /// Slowest first.
  static std::vector<InstructionSet> instruction_sets();
  static bool has_fma(InstructionSet set) {
    return set == InstructionSet::avx2 || set == InstructionSet::avx512;
  }

  Device(const Device& other);
  Device& operator=(const Device& other);
  ~Device();

  NumericLevel level() const;
  InstructionSet instruction_set() const;
  const cpu::Kernels& kernels() const;

  std::int64_t bytes_in_use() const;  ///< of live tensors
  std::int64_t bytes_held() const;    ///< taken from the system so far: in use and kept for the next tensors
  /// Requests that reached the system: does not rise in a steady training step.
  std::int64_t system_allocations() const;

  bool operator==(const Device& other) const { return state_ == other.state_; }
  DeviceState& state() const { return *state_; }  ///< for the engine itself
  explicit Device(DeviceState* state);

 private:
  DeviceState* state_;
};

}  // namespace reprise::tensor
