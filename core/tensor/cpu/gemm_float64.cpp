#include "tensor/cpu/gemm.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

void add_gemm_float64(Kernels& table) {
  add_gemm(table.float64);
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
