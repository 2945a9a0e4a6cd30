#include "tensor/cpu/gemm.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

void add_gemm_float32(Kernels& table) {
  add_gemm(table.float32);
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
