#include "labs/prototype-clustering/points_artefact.h"

#include "data/safetensors.h"

#include <span>

namespace reprise::protoclust {

std::vector<std::byte> to_bytes(const StoredPoints& stored) {
  const std::vector<std::int64_t> clusters = {stored.clusters};
  const Tensor tensors[] = {
      tensor_of<double>("points", std::span(stored.points.values), {stored.points.rows, stored.points.dims}),
      tensor_of<double>("center", std::span(stored.center),
                        {static_cast<std::int64_t>(stored.center.size())}),
      tensor_of<std::int64_t>("clusters", std::span(clusters), {1}),
      tensor_of<std::int32_t>("labels", std::span(stored.labels),
                              {static_cast<std::int64_t>(stored.labels.size())}),
  };
  return write_safetensors(tensors);
}

StoredPoints stored_points(const ByteSource& source) {
  const std::vector<std::byte> bytes = read_all(source);
  const Safetensors file = Safetensors::parse(bytes);
  StoredPoints stored;
  const auto& shape = file.at("points").shape;
  stored.points = clustering::Points(shape.at(0), shape.at(1), values_of<double>(file.at("points")));
  stored.center = values_of<double>(file.at("center"));
  stored.clusters = values_of<std::int64_t>(file.at("clusters")).at(0);
  stored.labels = values_of<std::int32_t>(file.at("labels"));
  return stored;
}

std::vector<std::byte> to_bytes(const clustering::Labels& labels) {
  const Tensor tensors[] = {
      tensor_of<std::int32_t>("labels", std::span(labels), {static_cast<std::int64_t>(labels.size())})};
  return write_safetensors(tensors);
}

clustering::Labels stored_labels(const ByteSource& source) {
  const std::vector<std::byte> bytes = read_all(source);
  return values_of<std::int32_t>(Safetensors::parse(bytes).at("labels"));
}

}  // namespace reprise::protoclust
