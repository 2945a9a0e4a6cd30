#include "study/description.h"

#include <stdexcept>

template class std::vector<reprise::InputSpec>;
template class std::vector<reprise::Mark>;
template class std::vector<reprise::Figure>;
template class std::vector<reprise::ClaimSpec>;

namespace reprise {

namespace {

std::string_view kind_name(Mark::Kind kind) {
  switch (kind) {
    case Mark::Kind::Line:
      return "line";
    case Mark::Kind::Points:
      return "points";
    case Mark::Kind::Band:
      return "band";
    case Mark::Kind::Bars:
      return "bars";
    case Mark::Kind::Heat:
      return "heat";
    case Mark::Kind::Rule:
      return "rule";
    case Mark::Kind::Slope:
      return "slope";
    case Mark::Kind::Diagonal:
      return "diagonal";
  }
  throw std::logic_error("unknown mark");
}

Json to_json(const FigureNumber& number) {
  switch (number.from) {
    case FigureNumber::From::Constant:
      return number.value;
    case FigureNumber::From::Metric:
      return Json::object({{"metric", number.name}});
    case FigureNumber::From::Config:
      return Json::object({{"config", number.name}});
  }
  throw std::logic_error("unknown figure number");
}

Json to_json(const Axis& axis) {
  Json json = Json::object({{"label", axis.label}, {"unit", axis.unit}, {"logarithmic", axis.logarithmic}});
  if (axis.low) json["low"] = *axis.low;
  if (axis.high) json["high"] = *axis.high;
  return json;
}

Json to_json(const Mark& mark) {
  Json json = Json::object({{"kind", kind_name(mark.kind)}});
  const auto add = [&json](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  add("series", mark.series);
  add("table", mark.table);
  add("grid", mark.grid);
  add("x", mark.x);
  add("y", mark.y);
  add("low", mark.low);
  add("high", mark.high);
  add("color", mark.color);
  add("group", mark.group);
  add("label", mark.label);
  add("style", mark.style);
  if (!mark.filter_column.empty()) {
    json["filter"] = Json::object({{"column", mark.filter_column}, {"value", mark.filter_value}});
  }
  if (mark.kind == Mark::Kind::Rule) json["axis"] = std::string(1, mark.rule_axis);
  if (mark.at) json["at"] = to_json(*mark.at);
  return json;
}

Json to_json(const Figure& figure) {
  Json marks = Json::array();
  for (const Mark& mark : figure.marks) marks.push_back(to_json(mark));
  Json json = Json::object({{"id", figure.id},
                            {"question", figure.question},
                            {"title", figure.title},
                            {"subtitle", figure.subtitle},
                            {"x", to_json(figure.x)},
                            {"y", to_json(figure.y)},
                            {"marks", std::move(marks)}});
  if (figure.color) json["color"] = to_json(*figure.color);
  return json;
}

Json to_json(const ClaimSpec& claim) {
  Json threshold = claim.threshold;
  if (!claim.threshold_parameter.empty()) threshold = Json::object({{"config", claim.threshold_parameter}});
  if (claim.relation == Relation::Within) {
    threshold = Json::array();
    threshold.push_back(claim.threshold);
    threshold.push_back(claim.threshold_high);
  }
  Json json = Json::object({{"id", claim.id},
                            {"statement", claim.statement},
                            {"relation", text_of(claim.relation)},
                            {"threshold", std::move(threshold)},
                            {"why", claim.why}});
  if (!claim.judged_when.empty()) json["judged_when"] = claim.judged_when;
  if (claim.judged_with.is_object()) json["judged_with"] = claim.judged_with;
  return json;
}

Json to_json(const InputSpec& input) {
  return Json::object({{"name", input.name},
                       {"required", input.required},
                       {"formats", Json(input.formats)},
                       {"description", input.description},
                       {"columns", input.columns},
                       {"example", input.example}});
}

Json to_json(const AssetUse& use) {
  Json when = Json::object();
  if (!use.parameter.empty()) when[use.parameter] = use.value;
  return Json::object({{"name", use.name}, {"when", std::move(when)}});
}

template <class T>
Json list_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_json(value));
  return list;
}

}  // namespace

Mark::Mark() = default;
Mark::~Mark() = default;
Mark::Mark(const Mark& other) = default;
Mark::Mark(Mark&& other) noexcept = default;
Mark& Mark::operator=(const Mark& other) = default;
Mark& Mark::operator=(Mark&& other) noexcept = default;

Figure::Figure() = default;
Figure::~Figure() = default;
Figure::Figure(const Figure& other) = default;
Figure::Figure(Figure&& other) noexcept = default;
Figure& Figure::operator=(const Figure& other) = default;
Figure& Figure::operator=(Figure&& other) noexcept = default;

ClaimSpec::ClaimSpec() = default;
ClaimSpec::~ClaimSpec() = default;
ClaimSpec::ClaimSpec(const ClaimSpec& other) = default;
ClaimSpec::ClaimSpec(ClaimSpec&& other) noexcept = default;
ClaimSpec& ClaimSpec::operator=(const ClaimSpec& other) = default;
ClaimSpec& ClaimSpec::operator=(ClaimSpec&& other) noexcept = default;

Description::Description() = default;
Description::~Description() = default;
Description::Description(const Description& other) = default;
Description::Description(Description&& other) noexcept = default;
Description& Description::operator=(const Description& other) = default;
Description& Description::operator=(Description&& other) noexcept = default;

FigureNumber FigureNumber::constant(double value) {
  return {From::Constant, value, {}};
}
FigureNumber FigureNumber::metric(std::string_view name) {
  return {From::Metric, 0, std::string(name)};
}
FigureNumber FigureNumber::config(std::string_view name) {
  return {From::Config, 0, std::string(name)};
}

std::string Description::lab() const {
  return study.substr(0, study.find('/'));
}

std::string_view text_of(Relation relation) {
  switch (relation) {
    case Relation::AtMost:
      return "<=";
    case Relation::AtLeast:
      return ">=";
    case Relation::Below:
      return "<";
    case Relation::Above:
      return ">";
    case Relation::Equal:
      return "==";
    case Relation::Within:
      return "in";
  }
  throw std::logic_error("unknown relation");
}

const ClaimSpec& Description::claim(std::string_view id) const {
  for (const ClaimSpec& claim : claims) {
    if (claim.id == id) return claim;
  }
  throw std::logic_error("undeclared claim " + std::string(id));
}

Json Description::to_json(const Json& lab_json) const {
  Json presets = Json::object();
  for (const std::string& name : preset_names) presets[name] = preset_config(parameters, name);
  const Json* paper = lab_json.find("paper");
  return Json::object({{"study", study},
                       {"revision", revision},
                       {"lab", lab()},
                       {"title", title},
                       {"question", question},
                       {"summary", summary},
                       {"paper", paper == nullptr ? Json::object() : *paper},
                       {"parameters", config_schema(parameters)},
                       {"presets", std::move(presets)},
                       {"inputs", list_json(inputs)},
                       {"assets", list_json(assets)},
                       {"figures", list_json(figures)},
                       {"claims", list_json(claims)},
                       {"guarantee", guarantee}});
}

}  // namespace reprise
