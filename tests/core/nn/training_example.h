#include "nn/batches.h"
#include "nn/training.h"

namespace nn = reprise::nn;
using namespace reprise::tensor;

// Learns the sign of x·y from 200 points in the square; returns the loss of every step.
inline std::vector<double> train_example(std::uint64_t seed) {
  Device cpu = Device::cpu(NumericLevel::portable);  // the bits of the browser; cpu() for the fastest
  reprise::Random random(seed, "points");
  std::vector<float> points;
  std::vector<std::int32_t> signs;
  for (int i = 0; i < 200; ++i) {
    const double x = 2 * random.uniform() - 1, y = 2 * random.uniform() - 1;
    points.insert(points.end(), {static_cast<float>(x), static_cast<float>(y)});
    signs.push_back(x * y > 0 ? 1 : 0);
  }
  const Tensor inputs = Tensor::from<float>(cpu, points, {200, 2});
  const Tensor labels = Tensor::from<std::int32_t>(cpu, signs, {200});

  nn::Mlp model(cpu, {.widths = {2, 32, 32, 2}}, reprise::Random(seed, "init"));
  nn::Adam adam(model.parameters(), {.beta2 = 0.98});
  nn::Batches batches(200, 32,
                      [&](std::uint64_t epoch) { return reprise::Random(seed, "batches", {epoch}); });
  const auto loss = [&](std::int64_t step) {
    const Tensor rows = Tensor::from<std::int32_t>(cpu, batches.at(step), {32});
    return cross_entropy(model(gather(inputs, rows)), gather(labels, rows));
  };
  std::vector<double> losses;
  nn::Training training(cpu, adam, loss, {.steps = 400, .rate = nn::Schedule::constant(0.01)},
                        [&](const nn::Training::Step& step) { losses.push_back(step.loss); });
  while (!training.step()) {
  }
  return losses;  // training.checkpoint() would be a safetensors file from which another one resumes
}
