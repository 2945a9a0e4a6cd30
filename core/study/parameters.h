// Parameters of a study, declared once: validation, defaults, presets, JSON Schema, the form on the page and
// `--set` all come from the same description function.
//
//   struct CoinConfig { std::int64_t tosses = 100; double p = 0.5; };
//   Parameters<CoinConfig> describe_coin() {
//     Parameters<CoinConfig> list;
//     list.integer("tosses", &CoinConfig::tosses).within(1, 1000000).label("Tosses").preset("paper", 10000);
//     list.real("p", &CoinConfig::p).above(0).below(1).label("Probability of heads");
//     return list;
//   }
#pragma once

#include "base/error.h"
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise {

enum class ParameterKind { Boolean, Integer, Real, Choice, Text, Integers, Reals, Texts };

/// What is allowed for one number; prints as "2…400", "(0, 10]", "> 0".
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool contains(double value) const;
  std::string text() const;
};

/// Everything about one parameter but where it is stored.
struct Parameter {
  std::string key;
  ParameterKind kind = ParameterKind::Real;
  Json default_value;
  Range range;                          // of the number, or of each entry of a list
  std::size_t min_entries = 0;          // lists
  std::size_t max_entries = 1000;       // lists
  bool increasing = false;              // lists: strictly
  std::vector<std::string> choices;     // Choice; Texts: what each entry may be (empty: any text)
  std::map<std::string, Json> presets;  // values that differ from the default
  std::string label;                    // short name on the page
  std::string help;                     // one sentence
  std::string unit;
  std::string allowed_text;   // Text and Texts: what the study accepts, in words
  bool may_be_empty = false;  // Text
  bool essential = false;     // among the few controls that are shown at first
  bool logarithmic = false;   // slider scale
  std::string only_when_key;  // shown only while that parameter has one of these values
  std::vector<std::string> only_when_values;

  // Compiled once, in parameters.cpp: hundreds of files would each carry a copy.
  Parameter();
  ~Parameter();
  Parameter(const Parameter& other);
  Parameter(Parameter&& other) noexcept;
  Parameter& operator=(const Parameter& other);
  Parameter& operator=(Parameter&& other) noexcept;

  bool is_list() const {
    return kind == ParameterKind::Integers || kind == ParameterKind::Reals || kind == ParameterKind::Texts;
  }
  /// The problem with `value`, or nothing: appended to `problems`.
  void check(const Json& value, std::vector<Problem>& problems) const;
  /// What is allowed, for messages: "integers 20…10000000, 2–12 entries, increasing".
  std::string allowed() const;
  Json schema() const;  ///< JSON Schema 2020-12, with x-label, x-unit, x-essential, … for the form
};

/// Fluent setters for one Parameter.
class ParameterBuilder {
 public:
  explicit ParameterBuilder(Parameter& parameter) : parameter_(parameter) {}
  ParameterBuilder& within(double low, double high);
  ParameterBuilder& at_least(double low);
  ParameterBuilder& at_most(double high);
  ParameterBuilder& above(double low);
  ParameterBuilder& below(double high);
  ParameterBuilder& entries(std::size_t least, std::size_t most);
  ParameterBuilder& increasing();
  ParameterBuilder& preset(std::string_view name, Json value);
  ParameterBuilder& label(std::string_view text);
  ParameterBuilder& help(std::string_view text);
  /// What the texts may be, for messages, where the study's own check decides: "format:form[:order]".
  ParameterBuilder& allowed_text(std::string_view text);
  ParameterBuilder& may_be_empty();  ///< "" is allowed: nothing chosen
  ParameterBuilder& unit(std::string_view text);
  ParameterBuilder& essential();
  ParameterBuilder& logarithmic();
  ParameterBuilder& only_when(std::string_view key, std::vector<std::string> values);

 private:
  Parameter& parameter_;
};

/// Parameters and the distance of each one's member from the beginning of the config struct.
class ParameterList {
 public:
  const std::vector<Parameter>& list() const { return list_; }

 protected:
  /// `member`, of the type that belongs to `kind`, lies in the struct at `defaults` and holds the default.
  ParameterBuilder add(std::string_view key, ParameterKind kind, const void* defaults, const void* member,
                       std::vector<std::string> choices = {});
  /// Fills the struct at `target` with a full, valid config.
  void fill(void* target, const Json& config) const;

 private:
  std::vector<Parameter> list_;
  std::vector<std::ptrdiff_t> offsets_;
};

/// The parameters of a Config struct, each bound to a member; defaults are those of `Config{}`.
template <class Config>
class Parameters : public ParameterList {
 public:
  ParameterBuilder boolean(std::string_view key, bool Config::*member) {
    return add(key, ParameterKind::Boolean, &defaults_, &(defaults_.*member));
  }
  ParameterBuilder integer(std::string_view key, std::int64_t Config::*member) {
    return add(key, ParameterKind::Integer, &defaults_, &(defaults_.*member));
  }
  ParameterBuilder real(std::string_view key, double Config::*member) {
    return add(key, ParameterKind::Real, &defaults_, &(defaults_.*member));
  }
  ParameterBuilder choice(std::string_view key, std::string Config::*member,
                          std::vector<std::string> choices) {
    return add(key, ParameterKind::Choice, &defaults_, &(defaults_.*member), std::move(choices));
  }
  /// Any text of 1 to 200 bytes.
  ParameterBuilder text(std::string_view key, std::string Config::*member) {
    return add(key, ParameterKind::Text, &defaults_, &(defaults_.*member));
  }
  /// A list of texts; with `choices` each entry is one of them.
  ParameterBuilder texts(std::string_view key, std::vector<std::string> Config::*member,
                         std::vector<std::string> choices = {}) {
    return add(key, ParameterKind::Texts, &defaults_, &(defaults_.*member), std::move(choices));
  }
  ParameterBuilder integers(std::string_view key, std::vector<std::int64_t> Config::*member) {
    return add(key, ParameterKind::Integers, &defaults_, &(defaults_.*member));
  }
  ParameterBuilder reals(std::string_view key, std::vector<double> Config::*member) {
    return add(key, ParameterKind::Reals, &defaults_, &(defaults_.*member));
  }

  /// A full, valid config as a struct.
  Config decode(const Json& config) const {
    Config result;
    fill(&result, config);
    return result;
  }

 private:
  Config defaults_;
};

/// Checks a (possibly incomplete) config against the parameters: unknown keys, types, ranges; all problems.
std::vector<Problem> check_config(const std::vector<Parameter>& parameters, const Json& config);
/// The defaults, with the values of `preset` ("" or "widget": none) in their place.
Json preset_config(const std::vector<Parameter>& parameters, std::string_view preset);
/// JSON Schema 2020-12 of the whole config.
Json config_schema(const std::vector<Parameter>& parameters);
/// The value of `--set key=text`: JSON where it parses, else text; lists also as a,b,c. Unknown keys pass
/// through, so that validation reports them with the rest.
Json setting_value(const std::vector<Parameter>& parameters, std::string_view key, std::string_view text);

}  // namespace reprise

extern template class std::vector<reprise::Parameter>;
