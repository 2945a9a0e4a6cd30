// Each file of kernels writes its functions into the table of its instruction set.
#pragma once

#include "tensor/cpu/kernels.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {

void add_elementwise(Kernels& table);
void add_reductions(Kernels& table);
void add_softmax(Kernels& table);
void add_channels(Kernels& table);
void add_pooling(Kernels& table);
void add_gemm_float32(Kernels& table);
void add_gemm_float64(Kernels& table);
void add_optimizers(Kernels& table);

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
