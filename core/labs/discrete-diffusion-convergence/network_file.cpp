#include "labs/discrete-diffusion-convergence/network_file.h"

#include "base/error.h"
#include "data/safetensors.h"
#include "data/text.h"

#include <utility>
#include <vector>

namespace reprise::diffusion {

namespace {

bool belongs(const std::string& name) {
  for (const char* part : {"embedding.", "noise.", "blocks.", "head."}) {
    if (name.starts_with(part)) return true;
  }
  return false;
}

}  // namespace

markov::TokenNetwork read_network(const ByteSource& source, const std::string& file_name) {
  if (source.size() > most_network_bytes) {
    const std::string found = grouped(source.size()) + " bytes";
    const std::string allowed = "at most " + grouped(most_network_bytes);
    throw InputError(
        Problem{file_name, found, allowed, file_name + " has " + found + "; allowed: " + allowed});
  }
  const std::vector<std::byte> bytes = read_all(source);
  const Safetensors file = Safetensors::parse(bytes, file_name);
  markov::NetworkWeights weights;
  for (const Tensor& tensor : file.tensors()) {
    if (!belongs(tensor.name)) continue;
    markov::WeightArray& array = weights[tensor.name];
    for (const std::int64_t n : tensor.shape) array.shape.push_back(static_cast<std::size_t>(n));
    if (tensor.type == DType::F64) {
      array.values = values_of<double>(tensor);
    } else {
      const std::vector<float> values = floats_of(tensor);
      array.values.assign(values.begin(), values.end());
    }
  }
  return markov::TokenNetwork(std::move(weights));
}

}  // namespace reprise::diffusion
