// Fitted maps as an artefact: numbers as tensors, so that not a bit is lost.
#include "base/error.h"
#include "base/json.h"
#include "data/safetensors.h"
#include "labs/recalibration/method_maps.h"

namespace reprise::recal {

namespace {

constexpr std::string_view layout_key = "reprise.method_maps";

std::string text_of(ScoreScale scale) {
  return scale == ScoreScale::Logit ? "logit" : "probability";
}
ScoreScale scale_named(const std::string& name) {
  return name == "logit" ? ScoreScale::Logit : ScoreScale::Probability;
}

/// Collects arrays whose owner stays alive.
class MapWriter {
 public:
  void reals(const std::string& name, const std::vector<double>& values) {
    tensors_.push_back(tensor_of<double>(name, values, {static_cast<std::int64_t>(values.size())}));
  }
  void bins(const std::string& name, const BinMap& map) {
    reals(name + "/edges", map.edges);
    reals(name + "/value", map.value);
    tensors_.push_back(
        tensor_of<std::int64_t>(name + "/count", map.count, {static_cast<std::int64_t>(map.count.size())}));
    layout_[name] =
        Json::object({{"rule", static_cast<std::int64_t>(map.rule)}, {"scale", text_of(map.scale)}});
  }
  Json& layout() { return layout_; }
  std::vector<std::byte> bytes() const {
    return write_safetensors(tensors_, {{std::string(layout_key), layout_.dump()}});
  }

 private:
  std::vector<Tensor> tensors_;
  Json layout_ = Json::object();
};

BinMap bins_from(const Safetensors& file, const std::string& name, const Json& layout) {
  BinMap map;
  map.edges = values_of<double>(file.at(name + "/edges"));
  map.value = values_of<double>(file.at(name + "/value"));
  map.count = values_of<std::int64_t>(file.at(name + "/count"));
  map.rule = static_cast<EdgeRule>(layout.at("rule").as_integer());
  map.scale = scale_named(layout.at("scale").as_string());
  return map;
}

}  // namespace

std::vector<std::byte> MethodMaps::to_bytes() const {
  MapWriter writer;
  Json& layout = writer.layout();
  layout["scale"] = text_of(scale);
  std::vector<double> numbers = {base_rate, 0, 0, 0};
  if (platt) {
    numbers[1] = platt->slope;
    numbers[2] = platt->intercept;
    layout["platt"] = Json::object({{"capped", platt->capped}});
  }
  if (temperature) {
    numbers[3] = temperature->temperature;
    layout["temperature"] = Json::object({{"at_edge", temperature->at_edge}});
  }
  writer.reals("numbers", numbers);
  if (isotonic) {
    writer.reals("isotonic/first", isotonic->first);
    writer.reals("isotonic/last", isotonic->last);
    writer.reals("isotonic/value", isotonic->value);
    layout["isotonic"] = true;
  }
  if (uniform_mass) writer.bins("uniform_mass", *uniform_mass);
  if (uniform_width) writer.bins("uniform_width", *uniform_width);
  if (scaling_binning) writer.bins("scaling_binning", scaling_binning->bins);
  return writer.bytes();
}

MethodMaps MethodMaps::from_bytes(std::span<const std::byte> bytes) {
  const Safetensors file = Safetensors::parse(bytes, "maps");
  const auto found = file.metadata().find(std::string(layout_key));
  if (found == file.metadata().end()) throw InputError("an artefact of maps lacks its layout");
  const Json layout = Json::parse(found->second);
  const std::vector<double> numbers = values_of<double>(file.at("numbers"));
  MethodMaps maps;
  maps.scale = scale_named(layout.at("scale").as_string());
  maps.base_rate = numbers.at(0);
  if (const Json* platt = layout.find("platt")) {
    maps.platt = Platt{numbers.at(1), numbers.at(2), maps.scale, platt->at("capped").as_bool()};
  }
  if (const Json* temperature = layout.find("temperature")) {
    maps.temperature = Temperature{numbers.at(3), maps.scale, temperature->at("at_edge").as_bool()};
  }
  if (layout.find("isotonic") != nullptr) {
    maps.isotonic =
        Isotonic{values_of<double>(file.at("isotonic/first")), values_of<double>(file.at("isotonic/last")),
                 values_of<double>(file.at("isotonic/value"))};
  }
  const auto bins = [&](const std::string& name) -> std::optional<BinMap> {
    const Json* entry = layout.find(name);
    return entry != nullptr ? std::optional(bins_from(file, name, *entry)) : std::nullopt;
  };
  maps.uniform_mass = bins("uniform_mass");
  maps.uniform_width = bins("uniform_width");
  if (const std::optional<BinMap> scaling = bins("scaling_binning"); scaling && maps.platt)
    maps.scaling_binning = ScalingBinning{*maps.platt, *scaling};
  return maps;
}

}  // namespace reprise::recal
