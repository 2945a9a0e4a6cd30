// Which compiled level of the row kernels this machine runs.
#include "clustering/cpu/row_kernels.h"

namespace reprise::clustering::cpu {

#if defined(REPRISE_CPU_X86)
namespace sse4 {
extern const RowKernels row_kernel_table;
}
namespace avx2 {
extern const RowKernels row_kernel_table;
}
namespace avx512 {
extern const RowKernels row_kernel_table;
}
#elif defined(REPRISE_CPU_WASM)
namespace wasm {
extern const RowKernels row_kernel_table;
}
#else
namespace generic {
extern const RowKernels row_kernel_table;
}
#endif

#if defined(REPRISE_CPU_X86)
namespace {

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

}  // namespace
#endif

const RowKernels& row_kernels() {
#if defined(REPRISE_CPU_X86)
  static const RowKernels& chosen = has_avx512() ? avx512::row_kernel_table
                                    : has_avx2() ? avx2::row_kernel_table
                                                 : sse4::row_kernel_table;
  return chosen;
#elif defined(REPRISE_CPU_WASM)
  return wasm::row_kernel_table;
#else
  return generic::row_kernel_table;
#endif
}

const RowKernels* row_kernels_of(std::string_view level) {
#if defined(REPRISE_CPU_X86)
  if (level == "sse4") return &sse4::row_kernel_table;
  if (level == "avx2" && has_avx2()) return &avx2::row_kernel_table;
  if (level == "avx512" && has_avx512()) return &avx512::row_kernel_table;
#endif
  (void)level;
  return nullptr;
}

}  // namespace reprise::clustering::cpu
