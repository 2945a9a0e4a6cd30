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

  // Everything that copies or destroys values is compiled once, in json.cpp: it keeps other files cheap.
  Json() noexcept;
  ~Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  Json(std::nullptr_t) : Json() {}
  Json(bool value);
  Json(int value) : Json(static_cast<long long>(value)) {}
  Json(long value) : Json(static_cast<long long>(value)) {}
  Json(long long value);
  Json(unsigned value) : Json(static_cast<long long>(value)) {}
  Json(unsigned long value) : Json(static_cast<long long>(value)) {}
  Json(unsigned long long value) : Json(static_cast<long long>(value)) {}
  Json(double value);
  Json(const char* value) : Json(std::string_view(value)) {}
  Json(std::string_view value);
  Json(std::string value);
  Json(Array value);
  Json(Object value);
  template <class T>
  Json(const std::vector<T>& values) : Json(array()) {
    for (const auto& value : values) push_back(Json(value));
  }

  /// One member of an object literal; the key is copied.
  struct Member;
  static Json array();
  static Json object();
  static Json object(std::initializer_list<Member> members);

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

  bool operator==(const Json& other) const;

  /// Canonical text: sorted keys, no white space, shortest numbers that read back the same (written as
  /// ECMAScript does), non-finite numbers as the strings "NaN", "Infinity", "-Infinity".
  std::string dump() const;
  /// The same, appended to `out`.
  void dump_to(std::string& out) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string_view key;
  Json value;
};

/// Appends `text` as a JSON string literal.
void append_json_string(std::string& out, std::string_view text);

}  // namespace reprise
