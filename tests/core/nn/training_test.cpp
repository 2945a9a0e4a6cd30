#include "nn/training.h"

#include "base/error.h"
#include "core/tensor/test_tensors.h"
#include "data/safetensors.h"
#include "nn/batches.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>

namespace reprise::nn {
namespace {

/// A small problem: 40 points in the plane, label = sign of a product; noise on the inputs from a stream.
struct Problem2d {
  explicit Problem2d(const Device& cpu, std::int64_t steps, std::int64_t checkpoint_every = 0)
      : device(cpu),
        model(cpu, {.widths = {2, 16, 2}}, Random(1, "init")),
        optimizer(model.parameters(), {.beta2 = 0.98}),
        points(tensor::normal_values<float>(80, "points")),
        batches(40, 16, [](std::uint64_t epoch) { return Random(1, "batches", {epoch}); }),
        noise(1, "noise") {
    TrainingOptions options;
    options.steps = steps;
    options.rate = Schedule::constant(0.01);
    options.clip_norm = 5;
    options.checkpoint_every = checkpoint_every;
    training = std::make_unique<Training>(
        device, optimizer, [this](std::int64_t step) { return loss(step); }, options,
        [this](const Training::Step& step) { losses.push_back(step.loss); });
    training->keep("noise", noise);
  }
  Tensor loss(std::int64_t step) {
    std::vector<float> x;
    std::vector<std::int32_t> y;
    for (const std::int32_t i : batches.at(step)) {
      const float a = points[static_cast<std::size_t>(2 * i)];
      const float b = points[static_cast<std::size_t>(2 * i + 1)];
      x.push_back(a + 0.05f * static_cast<float>(noise.normal()));
      x.push_back(b);
      y.push_back(a * b > 0 ? 1 : 0);
    }
    if (step == poisoned) x[0] = NAN;
    return cross_entropy(model(Tensor::from<float>(device, x, {16, 2})),
                         Tensor::from<std::int32_t>(device, y, {16}));
  }

  Device device;
  Mlp model;
  Adam optimizer;
  std::vector<float> points;
  Batches batches;
  Random noise;
  std::vector<double> losses;
  std::int64_t poisoned = -1;
  std::unique_ptr<Training> training;
};

TEST(Training, Learns) {
  Problem2d problem(Device::cpu(), 600);
  EXPECT_TRUE(problem.training->advance(UnlimitedBudget()));
  EXPECT_GT(problem.losses.front(), 0.5);
  EXPECT_LT(*std::min_element(problem.losses.end() - 20, problem.losses.end()), 0.1);
  EXPECT_EQ(problem.training->progress(), 1);
}

TEST(Training, SlicingAndResumingChangeNoBit) {
  for (const Device& device : tensor::all_devices()) {
    Problem2d whole(device, 57);
    whole.training->advance(UnlimitedBudget());
    const std::vector<std::byte> expected = whole.training->checkpoint();

    Problem2d sliced(Device::cpu(device.level(), device.instruction_set()), 57);
    while (!sliced.training->advance(SingleStep())) {
    }
    EXPECT_EQ(sliced.training->checkpoint(), expected);

    for (const int stop : {0, 1, 23, 56}) {
      Problem2d first(Device::cpu(device.level(), device.instruction_set()), 57);
      for (int i = 0; i < stop; ++i) first.training->step();
      const std::vector<std::byte> saved = first.training->checkpoint();
      Problem2d second(Device::cpu(device.level(), device.instruction_set()), 57);
      second.training->step();  // it need not be fresh
      second.training->resume(saved);
      EXPECT_EQ(second.training->steps_done(), stop);
      second.training->advance(UnlimitedBudget());
      EXPECT_EQ(second.training->checkpoint(), expected);
    }
  }
}

TEST(Training, TheSameBitsOnEveryInstructionSetOfALevel) {
  std::map<tensor::NumericLevel, std::vector<std::byte>> first;
  for (const Device& device : tensor::all_devices()) {
    Problem2d problem(device, 100);
    problem.training->advance(UnlimitedBudget());
    const std::vector<std::byte> result = problem.training->checkpoint();
    const auto [known, added] = first.emplace(device.level(), result);
    EXPECT_EQ(known->second, result) << name_of(device.instruction_set());
  }
}

TEST(Training, NoAllocationInASteadyStep) {
  Problem2d problem(Device::cpu(), 100);
  for (int i = 0; i < 10; ++i) problem.training->step();
  const std::int64_t before = problem.device.system_allocations();
  for (int i = 0; i < 50; ++i) problem.training->step();
  EXPECT_EQ(problem.device.system_allocations(), before);
}

TEST(Training, NonFiniteLossStopsWithStepLayersAndCheckpoint) {
  Problem2d problem(Device::cpu(), 100, 10);
  problem.poisoned = 25;
  try {
    problem.training->advance(UnlimitedBudget());
    FAIL();
  } catch (const NonFiniteLoss& stop) {
    EXPECT_EQ(stop.step, 25);
    EXPECT_TRUE(std::isnan(stop.loss));
    ASSERT_EQ(stop.layers.size(), 4u);
    EXPECT_EQ(stop.layers[0].name, "layers.0.weight");
    EXPECT_EQ(stop.layers[0].not_finite, 0);
    EXPECT_GT(stop.layers[0].norm, 0);
    EXPECT_GT(stop.layers[0].gradient_norm, 0);
    EXPECT_NE(std::string(stop.what()).find("the loss is NaN at step 25; layers.0.weight: norm "),
              std::string::npos);
    Problem2d again(Device::cpu(), 100);
    again.training->resume(stop.checkpoint);
    EXPECT_EQ(again.training->steps_done(), 20);
  }
}

TEST(Training, ForeignCheckpointsAreRefused) {
  Problem2d problem(Device::cpu(), 10);
  const Device cpu = Device::cpu();
  Tensor wrong = Tensor::zeros(cpu, {3, 3});
  const Metadata metadata{
      {"step", "0"}, {"updates", "0"}, {"random.noise.block", "0"}, {"random.noise.word", "4"}};
  try {
    problem.training->resume(write_checkpoint({{"layers.0.weight", &wrong}}, metadata), "mine.safetensors");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "mine.safetensors: tensor 'layers.0.weight' is F32 [3, 3]; the model needs F32 [16, 2]");
  }
  EXPECT_THROW(problem.training->resume(write_checkpoint({})), InputError);
  NamedTensors parameters;
  for (Parameter* parameter : problem.model.parameters())
    parameters.emplace_back(parameter->name, &parameter->value);
  for (auto& entry : problem.optimizer.state()) parameters.push_back(entry);
  const std::vector<std::byte> before = problem.training->checkpoint();
  EXPECT_THROW(problem.training->resume(write_checkpoint(parameters)), InputError);  // no step count
  EXPECT_EQ(problem.training->checkpoint(), before);
}

TEST(Checkpoint, IsASafetensorsFile) {
  const Device cpu = Device::cpu();
  Tensor a = Tensor::from<float>(cpu, {1, 2, 3, 4, 5, 6}, {2, 3});
  Tensor b = Tensor::from<double>(cpu, {7}, {});
  Tensor c = Tensor::from<std::int32_t>(cpu, {8, 9}, {2});
  const std::vector<std::byte> file = write_checkpoint({{"a", &a}, {"b", &b}, {"c", &c}}, {{"epoch", "3"}});
  const Safetensors parsed = Safetensors::parse(file);
  EXPECT_EQ(values_of<float>(parsed.at("a")), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(parsed.at("a").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(values_of<double>(parsed.at("b")), std::vector<double>{7});
  Tensor other = Tensor::zeros(cpu, {2, 3});
  EXPECT_EQ(read_checkpoint(file, {{"a", &other}}).at("epoch"), "3");
  EXPECT_EQ(other.values<float>(), a.values<float>());
}

TEST(Checkpoint, WeightsInShortFormatsAreWidened) {
  const std::vector<std::uint16_t> bits = {0x3F80, 0xC000};  // 1, −2 in bfloat16
  reprise::Tensor stored;
  stored.name = "w";
  stored.type = reprise::DType::BF16;
  stored.shape = {2};
  stored.bytes = std::as_bytes(std::span(bits));
  const std::vector<std::byte> file = write_safetensors({&stored, 1});
  Tensor w = Tensor::zeros(Device::cpu(), {2});
  read_checkpoint(file, {{"w", &w}});
  EXPECT_EQ(w.values<float>(), (std::vector<float>{1, -2}));
  Tensor exact = Tensor::from<double>(Device::cpu(), {5, 6}, {2});
  EXPECT_THROW(read_checkpoint(file, {{"w", &exact}}), InputError);
  EXPECT_EQ(exact.values<double>(), (std::vector<double>{5, 6}));
}

TEST(Batches, EveryEpochIsAPermutationAndStepsArePure) {
  const auto stream = [](std::uint64_t epoch) { return Random(7, "b", {epoch}); };
  Batches batches(10, 4, stream);
  std::vector<std::vector<std::int32_t>> seen;
  std::vector<std::int32_t> all;
  for (std::int64_t step = 0; step < 5; ++step) {
    const auto batch = batches.at(step);
    seen.emplace_back(batch.begin(), batch.end());
    all.insert(all.end(), batch.begin(), batch.end());
  }
  EXPECT_EQ(std::set<std::int32_t>(all.begin(), all.begin() + 10).size(), 10u);
  EXPECT_EQ(std::set<std::int32_t>(all.begin() + 10, all.end()).size(), 10u);
  Batches other(10, 4, stream);
  for (const std::size_t step : {3u, 0u, 4u, 2u}) {
    const auto batch = other.at(static_cast<std::int64_t>(step));
    EXPECT_EQ(std::vector<std::int32_t>(batch.begin(), batch.end()), seen[step]);
  }
  Batches full(3, 100, stream);
  EXPECT_EQ(full.at(8)[2], 2);
  EXPECT_THROW(Batches(0, 4, stream), InputError);
}

}  // namespace
}  // namespace reprise::nn
