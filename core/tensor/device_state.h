// The inside of a Device: memory pool, kernels, record of operations. For the engine's own files.
#pragma once

#include "tensor/device.h"

#include <array>
#include <cstddef>
#include <memory>

namespace reprise::tensor {

struct Graph;

/// One block of memory; its data follow at the next multiple of 64 bytes.
struct Storage {
  DeviceState* device;
  Storage* next_free;
  std::int64_t bytes;
  std::int32_t references;
  std::int32_t size_class;

  std::byte* data() { return reinterpret_cast<std::byte*>(this) + 64; }
};
static_assert(sizeof(Storage) <= 64);

/// Freed blocks are kept by size class (four to an octave) and handed out again. The state lives until the
/// last Device and the last Storage are gone.
struct DeviceState {
  DeviceState(NumericLevel level, InstructionSet set, const cpu::Kernels& table);
  ~DeviceState();
  DeviceState(const DeviceState&) = delete;
  DeviceState& operator=(const DeviceState&) = delete;

  /// At least `bytes`; one reference. std::bad_alloc when there is no memory.
  Storage* allocate(std::int64_t bytes);
  void release(Storage* storage);
  void forget_handle();

  NumericLevel level;
  InstructionSet instruction_set;
  const cpu::Kernels& kernels;
  std::unique_ptr<Graph> graph;
  std::int64_t handles = 0;      // Devices
  std::int64_t live_blocks = 0;  // Storages in use
  std::int64_t bytes_in_use = 0;
  std::int64_t bytes_held = 0;
  std::int64_t system_allocations = 0;
  std::array<Storage*, 160> free{};
};

inline void release(Storage* storage) {
  if (storage != nullptr && --storage->references == 0) storage->device->release(storage);
}

/// Uninitialised memory of the pool for the length of a scope.
template <class T>
class Scratch {
 public:
  Scratch(DeviceState& device, std::int64_t count)
      : storage_(device.allocate(count * static_cast<std::int64_t>(sizeof(T)))) {}
  ~Scratch() { release(storage_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() { return reinterpret_cast<T*>(storage_->data()); }

 private:
  Storage* storage_;
};

}  // namespace reprise::tensor
