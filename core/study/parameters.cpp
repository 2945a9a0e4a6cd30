#include "study/parameters.h"

#include "base/number_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

template class std::vector<reprise::Parameter>;

namespace reprise {

namespace {

constexpr std::size_t longest_text = 200;
constexpr double largest_exact_integer = 9007199254740991.0;  // 2^53 − 1

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// The value as a finite number, or nothing.
std::optional<double> finite_number(const Json& value, bool whole) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.as_number();
  if (!std::isfinite(number)) return std::nullopt;
  if (whole && (number != std::floor(number) || std::fabs(number) > largest_exact_integer))
    return std::nullopt;
  return number;
}

bool is_short_text(const Json& value) {
  return value.is_string() && !value.as_string().empty() && value.as_string().size() <= longest_text;
}

std::string shortened(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

}  // namespace

Parameter::Parameter() = default;
Parameter::~Parameter() = default;
Parameter::Parameter(const Parameter& other) = default;
Parameter::Parameter(Parameter&& other) noexcept = default;
Parameter& Parameter::operator=(const Parameter& other) = default;
Parameter& Parameter::operator=(Parameter&& other) noexcept = default;

bool Range::contains(double value) const {
  if (low_open ? value <= low : value < low) return false;
  return !(high_open ? value >= high : value > high);
}

std::string Range::text() const {
  const bool has_low = std::isfinite(low);
  const bool has_high = std::isfinite(high);
  if (has_low && has_high) {
    if (!low_open && !high_open) return number_to_text(low) + "…" + number_to_text(high);
    return (low_open ? "(" : "[") + number_to_text(low) + ", " + number_to_text(high) +
           (high_open ? ")" : "]");
  }
  if (has_low) return (low_open ? "> " : "≥ ") + number_to_text(low);
  if (has_high) return (high_open ? "< " : "≤ ") + number_to_text(high);
  return "any";
}

std::string Parameter::allowed() const {
  switch (kind) {
    case ParameterKind::Boolean:
      return "true or false";
    case ParameterKind::Choice:
      return joined(choices, ", ");
    case ParameterKind::Integer:
      return "an integer " + range.text();
    case ParameterKind::Real:
      return "a number " + range.text();
    case ParameterKind::Text:
      return allowed_text.empty() ? "a text of 1 to 200 characters" : allowed_text;
    case ParameterKind::Integers:
    case ParameterKind::Reals:
    case ParameterKind::Texts:
      break;
  }
  std::string text;
  if (kind == ParameterKind::Texts) {
    text = !choices.empty() ? joined(choices, ", ") : allowed_text.empty() ? "texts" : allowed_text;
  } else {
    text = (kind == ParameterKind::Integers ? "integers " : "numbers ") + range.text();
  }
  text += (choices.empty() ? ", " : "; ") + std::to_string(min_entries) + "–" + std::to_string(max_entries) +
          " entries";
  if (increasing) text += ", strictly increasing";
  return text;
}

void Parameter::check(const Json& value, std::vector<Problem>& problems) const {
  const auto report = [&](const std::string& found) {
    problems.push_back({key, shortened(value), allowed(), key + ": " + found + "; allowed: " + allowed()});
  };
  const bool whole = kind == ParameterKind::Integer || kind == ParameterKind::Integers;
  switch (kind) {
    case ParameterKind::Boolean:
      if (!value.is_bool()) report("found " + shortened(value));
      return;
    case ParameterKind::Choice:
      if (!value.is_string() ||
          std::find(choices.begin(), choices.end(), value.as_string()) == choices.end()) {
        report("found " + shortened(value));
      }
      return;
    case ParameterKind::Integer:
    case ParameterKind::Real: {
      const std::optional<double> number = finite_number(value, whole);
      if (!number || !range.contains(*number)) report("found " + shortened(value));
      return;
    }
    case ParameterKind::Text:
      if (may_be_empty && value == Json("")) return;
      if (!is_short_text(value)) report("found " + shortened(value));
      return;
    case ParameterKind::Integers:
    case ParameterKind::Reals:
    case ParameterKind::Texts:
      break;
  }
  if (!value.is_array()) {
    report("found " + shortened(value));
    return;
  }
  const Json::Array& entries = value.as_array();
  if (entries.size() < min_entries || entries.size() > max_entries) {
    report("found " + std::to_string(entries.size()) + (entries.size() == 1 ? " entry" : " entries"));
  }
  if (kind == ParameterKind::Texts) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool known = choices.empty() ||
                         (entries[i].is_string() &&
                          std::find(choices.begin(), choices.end(), entries[i].as_string()) != choices.end());
      if (known && is_short_text(entries[i])) continue;
      report("entry " + std::to_string(i + 1) + " is " + shortened(entries[i]));
      return;
    }
    return;
  }
  std::optional<double> previous;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::optional<double> number = finite_number(entries[i], whole);
    if (!number || !range.contains(*number)) {
      report("entry " + std::to_string(i + 1) + " is " + shortened(entries[i]));
      return;
    }
    if (increasing && previous && *number <= *previous) {
      report("entry " + std::to_string(i + 1) + " (" + shortened(entries[i]) +
             ") is not above the one before");
      return;
    }
    previous = number;
  }
}

Json Parameter::schema() const {
  Json schema = Json::object(
      {{"title", label.empty() ? key : label}, {"default", default_value}, {"x-allowed", allowed()}});
  if (!help.empty()) schema["description"] = help;
  const auto add_range = [this](Json& target) {
    if (std::isfinite(range.low)) target[range.low_open ? "exclusiveMinimum" : "minimum"] = range.low;
    if (std::isfinite(range.high)) target[range.high_open ? "exclusiveMaximum" : "maximum"] = range.high;
  };
  switch (kind) {
    case ParameterKind::Boolean:
      schema["type"] = "boolean";
      break;
    case ParameterKind::Choice:
      schema["type"] = "string";
      schema["enum"] = Json(choices);
      break;
    case ParameterKind::Integer:
    case ParameterKind::Real:
      schema["type"] = kind == ParameterKind::Integer ? "integer" : "number";
      add_range(schema);
      break;
    case ParameterKind::Text:
      schema["type"] = "string";
      schema["minLength"] = may_be_empty ? 0 : 1;
      schema["maxLength"] = longest_text;
      break;
    case ParameterKind::Texts: {
      schema["type"] = "array";
      Json items = Json::object({{"type", "string"}});
      if (!choices.empty()) items["enum"] = Json(choices);
      schema["items"] = items;
      schema["minItems"] = min_entries;
      schema["maxItems"] = max_entries;
      break;
    }
    case ParameterKind::Integers:
    case ParameterKind::Reals: {
      schema["type"] = "array";
      Json items = Json::object({{"type", kind == ParameterKind::Integers ? "integer" : "number"}});
      add_range(items);
      schema["items"] = items;
      schema["minItems"] = min_entries;
      schema["maxItems"] = max_entries;
      if (increasing) schema["x-increasing"] = true;
      break;
    }
  }
  if (!unit.empty()) schema["x-unit"] = unit;
  if (essential) schema["x-essential"] = true;
  if (logarithmic) schema["x-logarithmic"] = true;
  if (!only_when_key.empty()) {
    schema["x-only-when"] = Json::object({{"key", only_when_key}, {"values", Json(only_when_values)}});
  }
  return schema;
}

ParameterBuilder& ParameterBuilder::within(double low, double high) {
  return at_least(low).at_most(high);
}
ParameterBuilder& ParameterBuilder::at_least(double low) {
  parameter_.range.low = low;
  parameter_.range.low_open = false;
  return *this;
}
ParameterBuilder& ParameterBuilder::at_most(double high) {
  parameter_.range.high = high;
  parameter_.range.high_open = false;
  return *this;
}
ParameterBuilder& ParameterBuilder::above(double low) {
  parameter_.range.low = low;
  parameter_.range.low_open = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::below(double high) {
  parameter_.range.high = high;
  parameter_.range.high_open = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::entries(std::size_t least, std::size_t most) {
  parameter_.min_entries = least;
  parameter_.max_entries = most;
  return *this;
}
ParameterBuilder& ParameterBuilder::increasing() {
  parameter_.increasing = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::preset(std::string_view name, Json value) {
  parameter_.presets[std::string(name)] = std::move(value);
  return *this;
}
ParameterBuilder& ParameterBuilder::label(std::string_view text) {
  parameter_.label = text;
  return *this;
}
ParameterBuilder& ParameterBuilder::help(std::string_view text) {
  parameter_.help = text;
  return *this;
}
ParameterBuilder& ParameterBuilder::may_be_empty() {
  parameter_.may_be_empty = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::allowed_text(std::string_view text) {
  parameter_.allowed_text = text;
  return *this;
}
ParameterBuilder& ParameterBuilder::unit(std::string_view text) {
  parameter_.unit = text;
  return *this;
}
ParameterBuilder& ParameterBuilder::essential() {
  parameter_.essential = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::logarithmic() {
  parameter_.logarithmic = true;
  return *this;
}
ParameterBuilder& ParameterBuilder::only_when(std::string_view key, std::vector<std::string> values) {
  parameter_.only_when_key = key;
  parameter_.only_when_values = std::move(values);
  return *this;
}

std::vector<Problem> check_config(const std::vector<Parameter>& parameters, const Json& config) {
  std::vector<Problem> problems;
  if (!config.is_object()) {
    problems.push_back({"", config.dump(), "an object", "the config is no JSON object"});
    return problems;
  }
  std::vector<std::string> keys;
  for (const Parameter& parameter : parameters) keys.push_back(parameter.key);
  for (const auto& [key, value] : config.as_object()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      const std::string allowed = joined(keys, ", ");
      problems.push_back(
          {key, shortened(value), allowed, "unknown parameter '" + key + "'; allowed: " + allowed});
    }
  }
  for (const Parameter& parameter : parameters) {
    if (const Json* value = config.find(parameter.key)) parameter.check(*value, problems);
  }
  return problems;
}

Json preset_config(const std::vector<Parameter>& parameters, std::string_view preset) {
  Json config = Json::object();
  for (const Parameter& parameter : parameters) {
    const auto found = parameter.presets.find(std::string(preset));
    config[parameter.key] = found == parameter.presets.end() ? parameter.default_value : found->second;
  }
  return config;
}

Json config_schema(const std::vector<Parameter>& parameters) {
  Json properties = Json::object();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Json schema = parameters[i].schema();
    schema["x-order"] = i;  // JSON objects are sorted by key; a form shows the order of declaration
    properties[parameters[i].key] = std::move(schema);
  }
  return Json::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"type", "object"},
                       {"additionalProperties", false},
                       {"properties", std::move(properties)}});
}

Json setting_value(const std::vector<Parameter>& parameters, std::string_view key, std::string_view text) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [key](const Parameter& parameter) { return parameter.key == key; });
  const Json parsed = Json::parse_or_string(text);
  if (found == parameters.end()) return parsed;
  if (found->kind == ParameterKind::Choice || found->kind == ParameterKind::Text)
    return parsed.is_string() ? parsed : Json(text);
  if (!found->is_list() || parsed.is_array()) return parsed;
  Json list = Json::array();
  std::size_t begin = 0;
  while (begin <= text.size() && !text.empty()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string_view entry = text.substr(begin, comma - begin);
    list.push_back(found->kind == ParameterKind::Texts ? Json(entry) : Json::parse_or_string(entry));
    begin = comma + 1;
  }
  return list;
}

}  // namespace reprise
