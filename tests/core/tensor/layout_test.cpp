#include "base/error.h"
#include "core/tensor/test_tensors.h"

#include <array>
#include <gtest/gtest.h>

namespace reprise::tensor {
namespace {

Tensor counting(const Device& device, const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return Tensor::from<float>(device, values, shape);
}

TEST(Layout, ViewsShareMemory) {
  const Device cpu = Device::cpu();
  Tensor x = counting(cpu, {2, 3});
  const Tensor turned = transpose(x);
  const Tensor part = slice(x, 1, 1, 3);
  const Tensor flat = reshape(x, {6});
  EXPECT_EQ(turned.values<float>(), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(part.values<float>(), (std::vector<float>{1, 2, 4, 5}));
  x.data<float>()[1] = 7;
  EXPECT_EQ(turned.values<float>()[2], 7);
  EXPECT_EQ(part.values<float>()[0], 7);
  EXPECT_EQ(flat.values<float>()[1], 7);
  EXPECT_EQ(broadcast_to(slice(x, 0, 0, 1), {2, 2, 3}).values<float>(),
            (std::vector<float>{0, 7, 2, 0, 7, 2, 0, 7, 2, 0, 7, 2}));
}

TEST(Layout, PermuteAndReshape) {
  const Device cpu = Device::cpu();
  const Tensor x = counting(cpu, {2, 3, 4});
  const Tensor y = permute(x, {2, 0, -2});
  ASSERT_EQ(y.shape(), (Shape{4, 2, 3}));
  const std::vector<float> values = y.values<float>();
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      for (std::size_t k = 0; k < 3; ++k)
        EXPECT_EQ(values[i * 6 + j * 3 + k], static_cast<float>(j * 12 + k * 4 + i));
    }
  }
  EXPECT_EQ(reshape(transpose(counting(cpu, {2, 2})), {4}).values<float>(), (std::vector<float>{0, 2, 1, 3}));
  EXPECT_TRUE(reshape(Tensor::zeros(cpu, {0, 3}), {3, 0}).is_contiguous());
  EXPECT_THROW(reshape(x, {5, 5}), InputError);
  EXPECT_THROW(permute(x, {0, 0, 1}), InputError);
  EXPECT_THROW(permute(x, {0, 1}), InputError);
}

TEST(Layout, ConcatenateAndSliceUndoEachOther) {
  const Device cpu = Device::cpu();
  const Tensor x = counting(cpu, {3, 5, 2});
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t size = x.size(axis);
    const std::array<Tensor, 3> parts = {slice(x, axis, 0, 1), slice(x, axis, 1, 1), slice(x, axis, 1, size)};
    EXPECT_EQ(concatenate(parts, axis).values<float>(), x.values<float>());
  }
  const std::array<Tensor, 2> bad = {x, counting(cpu, {3, 4, 2})};
  EXPECT_THROW(concatenate(bad, 0), InputError);
  EXPECT_EQ(concatenate(bad, 1).shape(), (Shape{3, 9, 2}));
  EXPECT_THROW(slice(x, 0, 2, 4), InputError);
  EXPECT_EQ(embed(counting(cpu, {2}), 0, 1, 4).values<float>(), (std::vector<float>{0, 0, 1, 0}));
}

TEST(Layout, GatherAndScatter) {
  const Device cpu = Device::cpu();
  const Tensor table = counting(cpu, {4, 2});
  const Tensor indices = Tensor::from<std::int32_t>(cpu, {3, 0, 3, 1, 1, 1}, {3, 2});
  const Tensor rows = gather(table, indices);
  EXPECT_EQ(rows.shape(), (Shape{3, 2, 2}));
  EXPECT_EQ(rows.values<float>(), (std::vector<float>{6, 7, 0, 1, 6, 7, 2, 3, 2, 3, 2, 3}));
  EXPECT_EQ(scatter_add(rows, indices, 4).values<float>(), (std::vector<float>{0, 1, 6, 9, 0, 0, 12, 14}));
  EXPECT_EQ(gather(Tensor::from<std::int32_t>(cpu, {5, 6, 7, 8}, {4}), indices).values<std::int32_t>(),
            (std::vector<std::int32_t>{8, 5, 8, 6, 6, 6}));
  EXPECT_EQ(gather(table, Tensor::zeros(cpu, {0}, DType::int32)).shape(), (Shape{0, 2}));
  try {
    gather(table, Tensor::from<std::int32_t>(cpu, {0, 4}, {2}));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "gather: index 4 at position 1; allowed are 0…3");
  }
}

TEST(Tensor, WrongUseIsRefused) {
  const Device cpu = Device::cpu();
  EXPECT_THROW(Tensor::from<float>(cpu, {1, 2, 3}, {2, 2}), InputError);
  EXPECT_THROW((Shape{1, 2, 3, 4, 5, 6, 7}), InputError);
  EXPECT_THROW(Tensor::zeros(cpu, {-1}), InputError);
  EXPECT_THROW(Tensor::zeros(cpu, {1 << 30, 1 << 30, 1 << 30}), InputError);
  EXPECT_THROW(Tensor::zeros(cpu, {2}).item(), std::logic_error);
  EXPECT_THROW(Tensor::zeros(cpu, {2}).values<double>(), std::logic_error);
}

TEST(Device, MemoryComesBackAndIsUsedAgain) {
  const Device cpu = Device::cpu();
  {
    const Tensor a = Tensor::zeros(cpu, {1000});
    const Tensor b = transpose(reshape(a, {10, 100}));
    EXPECT_EQ(cpu.bytes_in_use(), 4096);
  }
  EXPECT_EQ(cpu.bytes_in_use(), 0);
  const std::int64_t held = cpu.bytes_held();
  const Tensor again = Tensor::zeros(cpu, {1001});
  EXPECT_EQ(cpu.bytes_held(), held);
  EXPECT_EQ(cpu.system_allocations(), 1);
}

TEST(Device, TensorsOutliveTheHandle) {
  Tensor x;
  {
    const Device cpu = Device::cpu();
    x = Tensor::full(cpu, {3}, 2);
  }
  EXPECT_EQ(sum(add(x, x)).item(), 12);
}

TEST(Device, LevelsAndInstructionSetsAreChecked) {
  EXPECT_THROW(Device::cpu(NumericLevel::fma, InstructionSet::generic), InputError);
  for (const InstructionSet set : Device::instruction_sets()) {
    EXPECT_EQ(Device::cpu(NumericLevel::portable, set).instruction_set(), set);
    if (!Device::has_fma(set)) {
      EXPECT_THROW(Device::cpu(NumericLevel::fma, set), InputError);
    }
  }
}

}  // namespace
}  // namespace reprise::tensor
