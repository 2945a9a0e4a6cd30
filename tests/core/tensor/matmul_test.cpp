#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "tensor/cpu/reference.h"

#include <gtest/gtest.h>

namespace reprise::tensor {
namespace {

template <class T>
void compare_with_loop(const Device& device, const Shape& size, bool a_transposed, bool b_transposed) {
  const std::int64_t m = size[0], n = size[1], k = size[2];
  const Tensor a = normal_tensor<T>(device, a_transposed ? Shape{k, m} : Shape{m, k}, "a");
  const Tensor b = normal_tensor<T>(device, b_transposed ? Shape{n, k} : Shape{k, n}, "b");
  const Tensor product = matmul(a_transposed ? transpose(a) : a, b_transposed ? transpose(b) : b);
  ASSERT_EQ(product.shape(), (Shape{m, n}));
  std::vector<T> expected(static_cast<std::size_t>(m * n));
  cpu::Gemm<T> task;
  task.m = m;
  task.n = n;
  task.k = k;
  task.a = a.data<T>();
  task.a_row = a_transposed ? 1 : k;
  task.a_column = a_transposed ? m : 1;
  task.b = b.data<T>();
  task.b_row = b_transposed ? 1 : n;
  task.b_column = b_transposed ? k : 1;
  task.c = expected.data();
  task.c_row = n;
  cpu::reference::gemm(task, device.level() == NumericLevel::fma);
  EXPECT_TRUE(same_bits(product.values<T>(), expected))
      << name_of(device.instruction_set()) << " " << name_of(device.level()) << " " << size.text() << " "
      << a_transposed << b_transposed;
}

TEST(Matmul, SameBitsAsTheTripleLoopOnEveryInstructionSet) {
  const std::vector<Shape> sizes = {{1, 1, 1},   {2, 3, 4},   {6, 8, 5},    {7, 9, 300},   {13, 33, 17},
                                    {32, 2, 32}, {25, 31, 1}, {64, 530, 3}, {12, 32, 257}, {0, 4, 3},
                                    {4, 0, 3},   {3, 5, 0},   {1, 65, 2},   {129, 1, 70},  {50, 48, 513}};
  for (const Device& device : all_devices()) {
    for (const Shape& size : sizes) {
      for (const bool a_transposed : {false, true}) {
        for (const bool b_transposed : {false, true}) {
          compare_with_loop<float>(device, size, a_transposed, b_transposed);
          compare_with_loop<double>(device, size, a_transposed, b_transposed);
        }
      }
    }
  }
}

TEST(Matmul, NoInnerAxisGivesZeros) {
  const Device cpu = Device::cpu();
  const Tensor product = matmul(Tensor::zeros(cpu, {2, 0}), Tensor::zeros(cpu, {0, 3}));
  EXPECT_EQ(product.values<float>(), std::vector<float>(6, 0.0f));
}

TEST(Matmul, ByHand) {
  const Device cpu = Device::cpu();
  const Tensor a = Tensor::from<float>(cpu, {1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(matmul(a, transpose(a)).values<float>(), (std::vector<float>{14, 32, 32, 77}));
  EXPECT_EQ(matmul(transpose(a), a).values<float>(),
            (std::vector<float>{17, 22, 27, 22, 29, 36, 27, 36, 45}));
}

TEST(Matmul, EveryBatchIsAProductOfItsOwn) {
  const Device cpu = Device::cpu();
  const Tensor a = normal_tensor<double>(cpu, {3, 1, 4, 5}, "a");
  const Tensor b = normal_tensor<double>(cpu, {2, 5, 6}, "b");
  const Tensor product = matmul(a, b);
  ASSERT_EQ(product.shape(), (Shape{3, 2, 4, 6}));
  const std::vector<double> values = product.values<double>();
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      const Tensor one =
          matmul(reshape(slice(a, 0, i, i + 1), {4, 5}), reshape(slice(b, 0, j, j + 1), {5, 6}));
      const auto begin = values.begin() + (i * 2 + j) * 24;
      EXPECT_EQ(one.values<double>(), std::vector<double>(begin, begin + 24));
    }
  }
  // Rows of a batch times one matrix, also when the batch is a transposed view.
  const Tensor weight = normal_tensor<double>(cpu, {5, 7}, "w");
  const Tensor x = normal_tensor<double>(cpu, {3, 5, 4}, "x");
  const Tensor y = matmul(permute(x, {0, 2, 1}), weight);
  const Tensor z = matmul(contiguous(permute(x, {0, 2, 1})), weight);
  EXPECT_EQ(y.values<double>(), z.values<double>());
}

TEST(Linear, BiasBeginsTheSumAndReluEndsIt) {
  for (const Device& device : all_devices()) {
    const Tensor x = normal_tensor<float>(device, {19, 300}, "x");
    const Tensor weight = normal_tensor<float>(device, {21, 300}, "w");
    const Tensor bias = normal_tensor<float>(device, {21}, "b");
    std::vector<float> expected(19 * 21);
    cpu::Gemm<float> task;
    task.m = 19;
    task.n = 21;
    task.k = 300;
    task.a = x.data<float>();
    task.a_row = 300;
    task.a_column = 1;
    task.b = weight.data<float>();
    task.b_row = 1;
    task.b_column = 300;
    task.c = expected.data();
    task.c_row = 21;
    task.bias = bias.data<float>();
    cpu::reference::gemm(task, device.level() == NumericLevel::fma);
    EXPECT_TRUE(same_bits(linear(x, weight, bias).values<float>(), expected));
    task.relu = true;
    cpu::reference::gemm(task, device.level() == NumericLevel::fma);
    EXPECT_TRUE(same_bits(linear(x, weight, bias, Activation::relu).values<float>(), expected));
  }
}

TEST(Linear, TakesAnyAxesInFront) {
  const Device cpu = Device::cpu();
  const Tensor x = normal_tensor<float>(cpu, {2, 3, 4}, "x");
  const Tensor weight = normal_tensor<float>(cpu, {5, 4}, "w");
  const Tensor y = linear(x, weight);
  EXPECT_EQ(y.shape(), (Shape{2, 3, 5}));
  EXPECT_EQ(y.values<float>(), linear(reshape(x, {6, 4}), weight).values<float>());
}

TEST(Matmul, ErrorsNameTheOperationAndBothShapes) {
  const Device cpu = Device::cpu();
  try {
    matmul(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(cpu, {4, 5}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "matmul: the shapes [2, 3] and [4, 5] do not fit; allowed are [.., m, k] and [.., k, n]");
  }
  EXPECT_THROW(linear(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(cpu, {4, 5})), InputError);
  EXPECT_THROW(linear(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(cpu, {4, 3}), Tensor::zeros(cpu, {3})),
               InputError);
  EXPECT_THROW(matmul(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(cpu, {3, 2}, DType::float64)), InputError);
  EXPECT_THROW(matmul(Tensor::zeros(cpu, {2, 3}), Tensor::zeros(Device::cpu(), {3, 2})), InputError);
}

}  // namespace
}  // namespace reprise::tensor
