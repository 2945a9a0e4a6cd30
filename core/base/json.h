// JSON values and the one writer of the project. The parser behind it is nlohmann/json, compiled once in
// json.cpp; nothing else includes it.
//
//   Json config = Json::parse(R"({"seeds": 20})");
//   config["model"] = "gauss";
//   config.dump();                       // {"model":"gauss","seeds":20}
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reprise {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;  // sorted by key, as the writer needs it

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(long long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(unsigned value) : value_(static_cast<std::int64_t>(value)) {}
  Json(unsigned long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(unsigned long long value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  template <class T>
  Json(const std::vector<T>& values) : value_(Array(values.begin(), values.end())) {}

  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }
  static Json object(std::initializer_list<std::pair<const std::string, Json>> members) {
    return Json(Object(members));
  }

  /// Parses one JSON text (UTF-8, depth <= 64, no duplicate keys). Throws InputError naming line and column.
  static Json parse(std::string_view text);
  /// The value if `text` is one JSON text, else `text` itself as a string (the rule of `--set`).
  static Json parse_or_string(std::string_view text);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Access to a value of a known kind; another kind is InputError ("expected …, found …").
  bool as_bool() const;
  std::int64_t as_integer() const;  ///< also accepts a double without fraction within ±(2^53 − 1)
  double as_number() const;         ///< also accepts "NaN", "Infinity", "-Infinity"
  const std::string& as_string() const;
  const Array& as_array() const;
  Array& as_array();
  const Object& as_object() const;
  Object& as_object();

  /// Member of an object, or nullptr; nullptr also when this is no object.
  const Json* find(std::string_view key) const;
  /// Member of an object; InputError when it is missing.
  const Json& at(std::string_view key) const;
  /// Member of an object, created when missing; null becomes an object first.
  Json& operator[](std::string_view key);
  /// Appends to an array; null becomes an array first.
  void push_back(Json value);
  std::size_t size() const;

  bool operator==(const Json& other) const { return value_ == other.value_; }

  /// Canonical text: sorted keys, no white space, shortest numbers that read back the same (written as
  /// ECMAScript does), non-finite numbers as the strings "NaN", "Infinity", "-Infinity".
  std::string dump() const;
  /// The same, appended to `out`.
  void dump_to(std::string& out) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// Appends `text` as a JSON string literal.
void append_json_string(std::string& out, std::string_view text);

}  // namespace reprise
