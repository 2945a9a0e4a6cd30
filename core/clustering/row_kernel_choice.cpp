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

const RowKernels& row_kernels() {
#if defined(REPRISE_CPU_X86)
  static const RowKernels& chosen = []() -> const RowKernels& {
    const bool wide = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    if (wide) return avx512::row_kernel_table;
    if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0)
      return avx2::row_kernel_table;
    return sse4::row_kernel_table;
  }();
  return chosen;
#elif defined(REPRISE_CPU_WASM)
  return wasm::row_kernel_table;
#else
  return generic::row_kernel_table;
#endif
}

}  // namespace reprise::clustering::cpu
