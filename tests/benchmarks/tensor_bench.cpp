// Times the tensor engine, one thread, float32:
//   tensor_bench                          answers lines (line_protocol.h):
//       {"case": "mlp_784", "set": "avx512", "level": "fma", "repeats": 20}  ->  {"seconds": per repeat, …}
//   tensor_bench ROUNDS [SET LEVEL]...    prints one JSON object: for each device and case the shortest and
//                                         the median of ROUNDS measurements, in microseconds
//   tensor_bench ask LINE                 answers one line: tensor-process.mjs calls main again and again
// Cases: mlp_784 (step of an MLP 784-256-256-10, batch 128, Adam), mlp_2 (2-32-32-2, batch 32), gemm_128 …
// gemm_1024, cross_entropy (4096 × 1000, forward and backward), conv_1, conv_2, conv_64 (a convolution of 3 ×
// 3 with bias, forward and backward in kernel and bias, conv_2 and conv_64 in the images as well), adam_269k,
// add_1 (one recorded operation).
#include "base/error.h"
#include "base/random.h"
#include "benchmarks/line_protocol.h"
#include "nn/layers.h"
#include "nn/optimizers.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>

namespace {

using namespace reprise::tensor;
namespace nn = reprise::nn;
using reprise::Json;
using reprise::Random;
using reprise::benchmarks::seconds_of;

Tensor normal(const Device& device, const Shape& shape, const char* name) {
  Random random(1, name);
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& value : values) value = static_cast<float>(random.normal());
  return Tensor::from<float>(device, values, shape);
}

Tensor labels(const Device& device, std::int64_t count, std::int64_t classes) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(7 * i + i / 3) % classes);
  }
  return Tensor::from<std::int32_t>(device, values, {count});
}

/// A case ready to run: does its work once, returns a number that depends on all of it.
using Work = std::function<double()>;

struct MlpStep {
  MlpStep(Device device, std::vector<std::int64_t> widths, std::int64_t batch)
      : model(device, {widths, true, {}, {}}, Random(1, "init")),
        adam(model.parameters()),
        inputs(normal(device, {batch, widths.front()}, "inputs")),
        targets(labels(device, batch, widths.back())),
        tape(device) {
    for (nn::Parameter* parameter : adam.parameters()) tape.watch(parameter->value);
  }
  double operator()() {
    const Tensor loss = cross_entropy(model(inputs), targets);
    tape.backward(loss);
    nn::collect_gradients(tape, adam.parameters(), gradients);
    adam.step(gradients, 1e-3);
    return loss.item();
  }
  nn::Mlp model;
  nn::Adam adam;
  Tensor inputs, targets;
  Tape tape;
  std::vector<Tensor> gradients;
};

Work mlp(const Device& device, std::vector<std::int64_t> widths, std::int64_t batch) {
  auto step = std::make_shared<MlpStep>(device, std::move(widths), batch);
  return [step] { return (*step)(); };
}

Work gemm(const Device& device, std::int64_t size) {
  const Tensor a = normal(device, {size, size}, "a");
  const Tensor b = normal(device, {size, size}, "b");
  return [=] { return static_cast<double>(matmul(a, b).data<float>()[size]); };
}

Work cross_entropy_step(const Device& device) {
  auto tape = std::make_shared<Tape>(device);
  auto logits = std::make_shared<Tensor>(normal(device, {4096, 1000}, "logits"));
  const Tensor targets = labels(device, 4096, 1000);
  tape->watch(*logits);
  return [=] {
    const Tensor loss = cross_entropy(*logits, targets);
    tape->backward(loss);
    return loss.item();
  };
}

/// A layer of 3 × 3 with padding 1; the first of a network needs no gradient of its images.
Work convolution(const Device& device, const Shape& images, std::int64_t outputs, bool first) {
  struct Leaves {
    Tensor x, weight, bias, g;
  };
  auto tape = std::make_shared<Tape>(device);
  auto leaves = std::make_shared<Leaves>(Leaves{
      normal(device, images, "x"), normal(device, {outputs, images[1], 3, 3}, "weight"),
      normal(device, {outputs}, "bias"), normal(device, {images[0], outputs, images[2], images[3]}, "g")});
  if (!first) tape->watch(leaves->x);
  tape->watch(leaves->weight);
  tape->watch(leaves->bias);
  return [=] {
    const Tensor out = conv2d(leaves->x, leaves->weight, leaves->bias, {1, 1});
    tape->backward(out, leaves->g);
    return static_cast<double>(tape->gradient(leaves->weight).data<float>()[0]);
  };
}

Work adam(const Device& device) {
  auto parameter = std::make_shared<nn::Parameter>(nn::Parameter{"p", normal(device, {269322}, "p")});
  auto optimizer = std::make_shared<nn::Adam>(std::vector<nn::Parameter*>{parameter.get()});
  const std::vector<Tensor> gradients{normal(device, {269322}, "g")};
  return [=] {
    optimizer->step(gradients, 1e-3);
    return static_cast<double>(parameter->value.data<float>()[1]);
  };
}

/// Overhead: one operation on single numbers, recorded and walked back.
Work one_operation(const Device& device) {
  auto tape = std::make_shared<Tape>(device);
  auto x = std::make_shared<Tensor>(Tensor::full(device, {}, 1));
  tape->watch(*x);
  return [=] {
    Tensor y = *x;
    for (int i = 0; i < 100; ++i) y = add(y, *x);
    tape->backward(y);
    return tape->gradient(*x).item();
  };
}

struct Case {
  const char* name;
  int repeats;  // in one measurement: some milliseconds
  std::function<Work(const Device&)> prepare;
};

const std::vector<Case> cases = {
    {"mlp_784", 5,
     [](const Device& d) {
       return mlp(d, {784, 256, 256, 10}, 128);
     }},
    {"mlp_2", 200,
     [](const Device& d) {
       return mlp(d, {2, 32, 32, 2}, 32);
     }},
    {"gemm_128", 50, [](const Device& d) { return gemm(d, 128); }},
    {"gemm_256", 10, [](const Device& d) { return gemm(d, 256); }},
    {"gemm_512", 2, [](const Device& d) { return gemm(d, 512); }},
    {"gemm_1024", 1, [](const Device& d) { return gemm(d, 1024); }},
    {"cross_entropy", 2, cross_entropy_step},
    {"conv_1", 5,
     [](const Device& d) {
       return convolution(d, {64, 1, 28, 28}, 8, true);
     }},
    {"conv_2", 5,
     [](const Device& d) {
       return convolution(d, {64, 8, 14, 14}, 16, false);
     }},
    {"conv_64", 1,
     [](const Device& d) {
       return convolution(d, {16, 64, 32, 32}, 64, false);
     }},
    {"adam_269k", 10, adam},
    {"add_1_x100", 50, one_operation},
};

Device device_of(const std::string& set, const std::string& level) {
  if (set.empty()) return Device::cpu();
  const NumericLevel numeric = level == "fma" ? NumericLevel::fma : NumericLevel::portable;
  for (const InstructionSet each : Device::instruction_sets()) {
    if (name_of(each) == set) return Device::cpu(numeric, each);
  }
  throw reprise::InputError("no instruction set " + set);
}

double seconds_per_repeat(const Work& work, int repeats, double* result) {
  return seconds_of([&] {
           for (int i = 0; i < repeats; ++i) *result = work();
         }) /
         repeats;
}

/// Answers one line; prepared cases stay between lines.
Json answer(const Json& request) {
  static std::map<std::string, Work> prepared;
  const std::string& name = request.at("case").as_string();
  const std::string set = request.find("set") != nullptr ? request.at("set").as_string() : "";
  const std::string level = request.find("level") != nullptr ? request.at("level").as_string() : "";
  const auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& c) { return c.name == name; });
  if (found == cases.end()) throw reprise::InputError("no case " + name);
  Work& work = prepared[name + "/" + set + "/" + level];
  if (!work) work = found->prepare(device_of(set, level));
  const int repeats = request.find("repeats") != nullptr
                          ? static_cast<int>(request.at("repeats").as_integer())
                          : found->repeats;
  double result = 0;
  const double seconds = seconds_per_repeat(work, repeats, &result);
  return Json::object({{"seconds", seconds}, {"repeats", repeats}, {"result", result}});
}

Json measure(const Device& device, int rounds) {
  Json report = Json::object();
  for (const Case& each : cases) {
    const Work work = each.prepare(device);
    std::vector<double> times;
    double result = 0;
    for (int round = 0; round < rounds + 1; ++round)
      times.push_back(1e6 * seconds_per_repeat(work, each.repeats, &result));
    times.erase(times.begin());  // the first one warms up
    std::sort(times.begin(), times.end());
    report[each.name] =
        Json::object({{"shortest", times.front()}, {"median", times[times.size() / 2]}, {"result", result}});
  }
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return reprise::benchmarks::serve_lines(answer);
  if (std::string(argv[1]) == "ask") {
    std::cout << answer(Json::parse(argv[2])).dump() << std::endl;
    return 0;
  }
  const int rounds = std::max(1, std::atoi(argv[1]));
  Json report = Json::object();
  try {
    std::vector<Device> devices;
    for (int i = 2; i + 1 < argc; i += 2) devices.push_back(device_of(argv[i], argv[i + 1]));
    if (devices.empty()) devices.push_back(Device::cpu());
    for (const Device& device : devices) {
      report[std::string(name_of(device.instruction_set())) + "/" + std::string(name_of(device.level()))] =
          measure(device, rounds);
    }
  } catch (const reprise::InputError& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  std::cout << report.dump() << '\n';
  return 0;
}
