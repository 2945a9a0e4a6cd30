// Absorption from C++: reads the logits of a model, says which samples a low-precision loss would leave
// without a gradient, and what that does to classifier and features under gradient descent.
//
//   example_slingshot [logits.csv labels.csv]      without files: 2000 simulated samples of 10 classes
#include "base/byte_source.h"
#include "base/error.h"
#include "base/random.h"
#include "data/number_matrix.h"
#include "labs/slingshot/absorption.h"
#include "labs/slingshot/inflation.h"
#include "labs/slingshot/logit_audit.h"
#include "labs/slingshot/read_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

using namespace reprise;
using namespace reprise::slingshot;

namespace {

NumberMatrix read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("cannot open " + path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return read_number_matrix(MemoryView(text), path);
}

LabelledLogits read_logits(const char* logits_path, const char* labels_path) {
  const NumberMatrix matrix = read_file(logits_path);
  LabelledLogits data;
  data.classes = matrix.columns;
  data.logits = matrix.values;
  data.labels = labels_of(read_file(labels_path), labels_path, matrix.columns);
  return data;
}

/// A model that was trained for long: the true class is up to 25 nats ahead of noise.
LabelledLogits simulate(int samples) {
  Random random(1, "example");
  LabelledLogits data;
  data.classes = 10;
  for (int i = 0; i < samples; ++i) {
    const auto label = static_cast<std::int32_t>(random.below(10));
    data.labels.push_back(label);
    const double margin = 25 * random.uniform();
    for (int k = 0; k < 10; ++k) data.logits.push_back(random.normal() + (k == label ? margin : 0));
  }
  return data;
}

void show(const LabelledLogits& data) {
  std::printf("format         threshold  absorbed  silent    zero-sum defect, and with the recentred form\n");
  for (const tensor::FloatFormat& format : tensor::float_formats()) {
    const std::string name(format.name);
    const AbsorptionReport plain = audit_logits(data, kernel_options(parse_arm(name + ":log_softmax")));
    const AbsorptionReport repaired = audit_logits(data, kernel_options(parse_arm(name + ":recentred")));
    std::printf("%-13s  %7.3f    %7.4f   %7.4f   %.2e  %.2e\n", name.c_str(),
                absorption_threshold(format, data.classes).single, plain.absorbed, plain.silent,
                plain.zero_sum_defect, repaired.zero_sum_defect);
  }

  // If all of them were absorbed, with wrong-class probabilities of a margin of 8 nats:
  const LinearInflation model = predict_growth({.delta = std::exp(-8.0),
                                                .num_classes = data.classes,
                                                .num_samples = data.samples(),
                                                .eta_w = 1,
                                                .eta_h = 1});
  std::printf("\nmean row and mean feature grow by a factor e every %.0f steps of gradient descent\n",
              1 / model.eigenvalue());
}

}  // namespace

int main(int count, char** arguments) {
  try {
    show(count > 2 ? read_logits(arguments[1], arguments[2]) : simulate(2000));
    return 0;
  } catch (const InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
