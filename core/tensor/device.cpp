#include "tensor/device.h"

#include "base/error.h"
#include "tensor/device_state.h"
#include "tensor/graph.h"

#include <bit>
#include <cstdint>
#include <new>

namespace reprise::tensor {
namespace {

constexpr std::int64_t kHeader = 64;
constexpr std::size_t kAlignment = 64;

/// Four classes to an octave, from 64 bytes on.
int size_class_of(std::int64_t bytes) {
  const auto quarter = static_cast<std::uint64_t>(bytes > 64 ? bytes - 1 : 63);
  const int octave = 63 - std::countl_zero(quarter);  // bytes lie in (2^octave, 2^(octave+1)]
  return (octave - 5) * 4 + static_cast<int>((quarter >> (octave - 2)) & 3);
}

std::int64_t bytes_of_class(int size_class) {
  return static_cast<std::int64_t>((std::uint64_t{5} + (size_class & 3)) << (size_class / 4 + 3));
}

#if defined(REPRISE_CPU_X86)
bool machine_has(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse4:
      return __builtin_cpu_supports("sse4.2") != 0;
    case InstructionSet::avx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    case InstructionSet::avx512:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
             __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
             __builtin_cpu_supports("fma") != 0;
    default:
      return false;
  }
}
#endif

const cpu::Kernels* table_of(InstructionSet set) {
#if defined(REPRISE_CPU_X86)
  if (!machine_has(set)) return nullptr;
  if (set == InstructionSet::sse4) return &cpu::sse4::kernels();
  if (set == InstructionSet::avx2) return &cpu::avx2::kernels();
  if (set == InstructionSet::avx512) return &cpu::avx512::kernels();
#elif defined(REPRISE_CPU_WASM)
  if (set == InstructionSet::wasm) return &cpu::wasm::kernels();
#else
  if (set == InstructionSet::generic) return &cpu::generic::kernels();
#endif
  return nullptr;
}

}  // namespace

std::string_view name_of(NumericLevel level) {
  return level == NumericLevel::fma ? "fma" : "portable";
}

std::string_view name_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::wasm:
      return "wasm";
    case InstructionSet::sse4:
      return "sse4";
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::generic:
      break;
  }
  return "generic";
}

std::vector<InstructionSet> Device::instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const InstructionSet set : {InstructionSet::generic, InstructionSet::wasm, InstructionSet::sse4,
                                   InstructionSet::avx2, InstructionSet::avx512}) {
    if (table_of(set) != nullptr) sets.push_back(set);
  }
  if (sets.empty()) throw InputError("this processor lacks SSE4.2, which the tensor engine needs");
  return sets;
}

Device Device::cpu() {
  const InstructionSet best = instruction_sets().back();
  return cpu(has_fma(best) ? NumericLevel::fma : NumericLevel::portable, best);
}

Device Device::cpu(NumericLevel level) {
  return cpu(level, instruction_sets().back());
}

Device Device::cpu(NumericLevel level, InstructionSet set) {
  const cpu::Kernels* table = table_of(set);
  if (table == nullptr || (level == NumericLevel::fma && !has_fma(set))) {
    std::string allowed;
    for (const InstructionSet each : instruction_sets()) {
      if (!allowed.empty()) allowed += ", ";
      allowed += std::string(name_of(each)) + (has_fma(each) ? " (portable or fma)" : " (portable)");
    }
    const std::string found = std::string(name_of(set)) + " with level " + std::string(name_of(level));
    throw InputError(Problem{"isa", found, allowed,
                             "this machine has no instruction set " + found + "; it has " + allowed});
  }
  return Device(new DeviceState(level, set, *table));
}

Device::Device(DeviceState* state) : state_(state) {
  ++state_->handles;
}
Device::Device(const Device& other) : state_(other.state_) {
  ++state_->handles;
}
Device& Device::operator=(const Device& other) {
  ++other.state_->handles;
  state_->forget_handle();
  state_ = other.state_;
  return *this;
}
Device::~Device() {
  state_->forget_handle();
}

NumericLevel Device::level() const {
  return state_->level;
}
InstructionSet Device::instruction_set() const {
  return state_->instruction_set;
}
const cpu::Kernels& Device::kernels() const {
  return state_->kernels;
}
std::int64_t Device::bytes_in_use() const {
  return state_->bytes_in_use;
}
std::int64_t Device::bytes_held() const {
  return state_->bytes_held;
}
std::int64_t Device::system_allocations() const {
  return state_->system_allocations;
}

DeviceState::DeviceState(NumericLevel numeric_level, InstructionSet set, const cpu::Kernels& table)
    : level(numeric_level), instruction_set(set), kernels(table), graph(std::make_unique<Graph>()) {}

DeviceState::~DeviceState() {
  for (Storage* list : free) {
    while (list != nullptr) {
      Storage* next = list->next_free;
      ::operator delete (list, std::align_val_t{kAlignment});
      list = next;
    }
  }
}

Storage* DeviceState::allocate(std::int64_t bytes) {
  if (bytes < 0 || static_cast<std::uint64_t>(bytes) > static_cast<std::uint64_t>(PTRDIFF_MAX) / 2 ||
      bytes > (std::int64_t{1} << 42)) {
    throw std::bad_alloc();
  }
  const int size_class = size_class_of(bytes);
  Storage*& list = free[static_cast<std::size_t>(size_class)];
  Storage* storage = list;
  const std::int64_t size = bytes_of_class(size_class);
  if (storage != nullptr) {
    list = storage->next_free;
  } else {
    void* memory = ::operator new (static_cast<std::size_t>(size + kHeader), std::align_val_t{kAlignment});
    storage = new (memory) Storage{this, nullptr, size, 0, size_class};
    bytes_held += size;
    ++system_allocations;
  }
  storage->next_free = nullptr;
  storage->references = 1;
  bytes_in_use += size;
  ++live_blocks;
  return storage;
}

void DeviceState::release(Storage* storage) {
  bytes_in_use -= storage->bytes;
  Storage*& list = free[static_cast<std::size_t>(storage->size_class)];
  storage->next_free = list;
  list = storage;
  if (--live_blocks == 0 && handles == 0) delete this;
}

void DeviceState::forget_handle() {
  // A record holds tensors only while a Tape lives, and a Tape is a handle: nothing here refers to itself.
  if (--handles == 0 && live_blocks == 0) delete this;
}

}  // namespace reprise::tensor
