// The table of one instruction set.
#include "tensor/cpu/tables.h"

namespace reprise::tensor::cpu {
namespace REPRISE_CPU_LEVEL {
namespace {

Kernels make() {
  Kernels table{};
  add_elementwise(table);
  add_reductions(table);
  add_softmax(table);
  add_channels(table);
  add_pooling(table);
  add_gemm_float32(table);
  add_gemm_float64(table);
  add_optimizers(table);
  return table;
}

}  // namespace

const Kernels& kernels() {
  static const Kernels table = make();
  return table;
}

}  // namespace REPRISE_CPU_LEVEL
}  // namespace reprise::tensor::cpu
