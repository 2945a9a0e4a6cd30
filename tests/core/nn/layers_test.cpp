#include "nn/layers.h"

#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "tensor/autodiff.h"

#include <cmath>
#include <gtest/gtest.h>

namespace reprise::nn {
namespace {

using tensor::DType;

TEST(Mlp, LossAndGradientsOfPyTorch) {
  const Device cpu = Device::cpu();
  MlpOptions options;
  options.widths = {2, 3, 2};
  options.initializer.type = DType::float64;
  Mlp model(cpu, options, Random(1, "init"));
  const auto of = [&](std::vector<double> v, const Shape& shape) {
    return Tensor::from<double>(cpu, v, shape);
  };
  model.layers()[0].weight.value = of({0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, {3, 2});
  model.layers()[0].bias.value = of({0.01, 0.02, 0.03}, {3});
  model.layers()[1].weight.value = of({0.7, -0.8, 0.9, -1.0, 1.1, -1.2}, {2, 3});
  model.layers()[1].bias.value = of({0.1, -0.1}, {2});
  tensor::Tape tape(cpu);
  for (Parameter* parameter : model.parameters()) tape.watch(parameter->value);
  const Tensor logits = model(of({1, 2, -1.5, 0.5, 0.3, -0.7}, {3, 2}));
  const Tensor loss = cross_entropy(logits, Tensor::from<std::int32_t>(cpu, {0, 1, 1}, {3}));
  EXPECT_NEAR(loss.item(), 1.4790647340692387, 1e-14);
  tape.backward(loss);
  const std::vector<std::vector<double>> expected = {
      {0.10605761337822844, -0.2474677645491997, 0.3784076516904436, 0.7568153033808872, -1.3862012589383097,
       -0.5138263312046898},
      {0.35352537792742816, 0.3784076516904436, 0.22706744582735422},
      {0.03743209883937475, -0.2230613525754194, 0.18648421624817216, -0.03743209883937475,
       0.2230613525754194, -0.18648421624817216},
      {0.316083459819076, -0.31608345981907604}};
  const std::vector<Parameter*> parameters = model.parameters();
  ASSERT_EQ(parameters.size(), 4u);
  EXPECT_EQ(parameters[3]->name, "layers.1.bias");
  for (std::size_t i = 0; i < 4; ++i) {
    const std::vector<double> gradient = tape.gradient(parameters[i]->value).values<double>();
    ASSERT_EQ(gradient.size(), expected[i].size());
    for (std::size_t j = 0; j < gradient.size(); ++j) EXPECT_NEAR(gradient[j], expected[i][j], 1e-14);
  }
}

TEST(Mlp, WidthsAndScalesAreChecked) {
  const Device cpu = Device::cpu();
  EXPECT_THROW(Mlp(cpu, {.widths = {3}}, Random(1, "init")), InputError);
  MlpOptions options;
  options.widths = {3, 4, 2};
  options.layer_scales = {1};
  EXPECT_THROW(Mlp(cpu, options, Random(1, "init")), InputError);
  options.layer_scales = {1, 10};
  Mlp scaled(cpu, options, Random(1, "init"));
  options.layer_scales.clear();
  Mlp plain(cpu, options, Random(1, "init"));
  const auto a = plain.layers()[1].weight.value.values<float>();
  const auto b = scaled.layers()[1].weight.value.values<float>();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(b[i], 10 * a[i], 1e-5);
  EXPECT_EQ(plain.layers()[0].weight.value.values<float>(), scaled.layers()[0].weight.value.values<float>());
}

TEST(Embedding, RowsAndTheirGradient) {
  const Device cpu = Device::cpu();
  Random random(1, "init");
  Embedding embedding(cpu, "token", 5, 3, {.scheme = Scheme::normal}, random);
  tensor::Tape tape(cpu);
  tape.watch(embedding.table.value);
  const Tensor rows = embedding(Tensor::from<std::int32_t>(cpu, {4, 4, 1}, {3}));
  tape.backward(sum(rows));
  EXPECT_EQ(tape.gradient(embedding.table.value).values<float>(),
            (std::vector<float>{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2}));
}

/// Mean and mean square of many draws.
std::pair<double, double> moments(Scheme scheme, const Shape& shape) {
  Random random(11, "moments");
  const auto values = draw(Device::cpu(), shape, {scheme, 1, DType::float64}, random).values<double>();
  double total = 0, square = 0;
  for (const double value : values) {
    total += value;
    square += value * value;
  }
  const auto count = static_cast<double>(values.size());
  return {total / count, square / count};
}

TEST(Initializers, Variances) {
  // 60,000 draws: the mean square has a relative standard error of at most √2/√60000 = 0.6 %.
  const std::pair<Scheme, double> expected[] = {{Scheme::fan_in_uniform, 1.0 / (3 * 200)},
                                                {Scheme::kaiming_normal, 2.0 / 200},
                                                {Scheme::kaiming_uniform, 2.0 / 200},
                                                {Scheme::lecun_normal, 1.0 / 200},
                                                {Scheme::xavier_normal, 2.0 / 500},
                                                {Scheme::xavier_uniform, 2.0 / 500},
                                                {Scheme::normal, 1},
                                                {Scheme::zeros, 0}};
  for (const auto& [scheme, variance] : expected) {
    const auto [mean, square] = moments(scheme, {300, 200});
    EXPECT_NEAR(square, variance, 0.03 * variance);
    EXPECT_NEAR(mean, 0, 5 * std::sqrt(variance / 60000) + 1e-300);
  }
}

TEST(Initializers, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{5, 20}, Shape{20, 5}, Shape{7, 7}}) {
    Random random(2, "orthogonal");
    const Tensor w = draw(Device::cpu(), shape, {Scheme::orthogonal, 3, DType::float64}, random);
    const Tensor product = shape[0] <= shape[1] ? matmul(w, transpose(w)) : matmul(transpose(w), w);
    const std::vector<double> values = product.values<double>();
    const auto size = static_cast<std::size_t>(std::min(shape[0], shape[1]));
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) EXPECT_NEAR(values[i * size + j], i == j ? 9 : 0, 1e-13);
    }
  }
  Random random(1, "x");
  EXPECT_THROW(draw(Device::cpu(), {3}, {}, random), InputError);
}

}  // namespace
}  // namespace reprise::nn
