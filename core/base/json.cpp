#include "base/json.h"

#include "base/error.h"
#include "base/number_text.h"

#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace reprise {
namespace {

constexpr std::size_t kMaximumDepth = 64;
constexpr std::size_t kMaximumExcerpt = 80;  // bytes of the user's text repeated in a message

std::string kind_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "a boolean";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  return "an object";
}

std::string shortened(std::string text) {
  if (text.size() > kMaximumExcerpt) {
    std::size_t cut = kMaximumExcerpt;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
      --cut;  // not inside a character
    text.resize(cut);
    text += "…";
  }
  return text;
}

[[noreturn]] void expected(const char* what, const Json& found) {
  std::string value = shortened(found.dump());
  std::string message = std::string("expected ") + what + ", found " + kind_of(found);
  if (!found.is_null()) message += " " + value;
  throw InputError(Problem{"", value, what, message});
}

/// Characters for nlohmann's lexer; remembers how far it has read, because its SAX events carry no position.
class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  TrackingIterator& operator++() {
    ++at_;
    *furthest_ = at_;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

/// "line 2, column 7" of the last character of `read`; columns count code points from 1.
std::string place_of_last(std::string_view read) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i + 1 < read.size(); ++i) {
    if (read[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(read[i + 1]) & 0xC0) != 0x80) {
      ++column;  // the next character begins
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// Builds a Json from nlohmann's events; returns false from an event to stop, with the reason in `problem`.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) { return add(Json(static_cast<long long>(value))); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(Json(static_cast<double>(value)));
    }
    return add(Json(static_cast<unsigned long long>(value)));
  }
  // The lexer's own value comes from strtod; ours is the same in every C library and locale.
  bool number_float(number_float_t value, const string_t& text) {
    const std::optional<double> parsed = parse_number(text);
    return add(Json(parsed ? *parsed : value));
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return fail("binary values are not JSON"); }

  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& value) {
    if (open_.back()->find(value) != nullptr) {
      std::string quoted;
      append_json_string(quoted, shortened(value));
      return fail("duplicate key " + quoted + "; each key may occur once in an object");
    }
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t, const std::string& last_token, const nlohmann::json::exception& error) {
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&error) != nullptr) {
      return fail("the number " + shortened(last_token) +
                  " is too large; numbers up to about 1.8e308 are allowed");
    }
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …; last read: '…'"
    std::string message = error.what();
    const std::size_t reason = message.find("syntax error");
    if (reason != std::string::npos) message.erase(0, reason);
    const std::size_t excerpt = message.find("; last read: '");
    if (excerpt != std::string::npos) message.resize(excerpt);
    if (!last_token.empty()) message += "; last read: " + shortened(last_token);
    return fail(std::move(message));
  }

  Json result;
  std::string problem;

 private:
  bool fail(std::string message) {
    problem = std::move(message);
    return false;
  }
  Json* place(Json value) {
    if (open_.empty()) {
      result = std::move(value);
      return &result;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.as_array().back();
    }
    Json& member = parent[key_];
    member = std::move(value);
    return &member;
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() == kMaximumDepth) {
      return fail("arrays and objects are nested more than " + std::to_string(kMaximumDepth) + " deep");
    }
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*> open_;  // from the outermost container inwards; an open one never moves
  std::string key_;
};

/// The parsed value, or the problem with its place.
struct Parsed {
  Json value;
  std::string problem;
};

Parsed parse_text(std::string_view text) {
  const auto problem_at = [&](std::size_t count, const std::string& problem) {
    return Parsed{Json(), "invalid JSON at " + place_of_last(text.substr(0, count)) + ": " + problem};
  };
  const std::size_t zero = text.find('\0');  // the lexer would take it for the end of the text
  if (zero != std::string_view::npos) return problem_at(zero + 1, "a zero byte is not allowed");
  const char* furthest = text.data();
  Builder builder;
  const char* const end = text.data() + text.size();
  const bool done = nlohmann::json::sax_parse(TrackingIterator(text.data(), &furthest),
                                              TrackingIterator(end, &furthest), &builder);
  if (!done) return problem_at(static_cast<std::size_t>(furthest - text.data()), builder.problem);
  return Parsed{std::move(builder.result), ""};
}

/// Bytes of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0 when there is
/// none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool overlong = first == 0xF0 && byte(1) < 0x90;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
}

}  // namespace

Json::Json() noexcept = default;
Json::~Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::Json(bool value) : value_(value) {}
Json::Json(long long value) : value_(static_cast<std::int64_t>(value)) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}

Json Json::array() {
  return Json(Array{});
}
Json Json::object() {
  return Json(Object{});
}
Json Json::object(std::initializer_list<Member> members) {
  Object object;
  for (const Member& member : members) object.insert_or_assign(std::string(member.key), member.value);
  return Json(std::move(object));
}

bool Json::operator==(const Json& other) const {
  return value_ == other.value_;
}

Json Json::parse(std::string_view text) {
  Parsed parsed = parse_text(text);
  if (!parsed.problem.empty()) throw InputError(parsed.problem);
  return std::move(parsed.value);
}

Json Json::parse_or_string(std::string_view text) {
  Parsed parsed = parse_text(text);
  if (!parsed.problem.empty()) return Json(text);
  return std::move(parsed.value);
}

bool Json::as_bool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  expected("a boolean (true or false)", *this);
}

std::int64_t Json::as_integer() const {
  if (const std::int64_t* value = std::get_if<std::int64_t>(&value_)) return *value;
  constexpr double kLargest = 9007199254740991.0;  // 2^53 − 1: from there on doubles skip integers
  if (const double* value = std::get_if<double>(&value_)) {
    if (std::fabs(*value) <= kLargest && std::floor(*value) == *value)
      return static_cast<std::int64_t>(*value);
  }
  expected("an integer within ±(2^53 − 1)", *this);
}

double Json::as_number() const {
  if (const std::int64_t* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const std::string* value = std::get_if<std::string>(&value_)) {
    if (*value == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (*value == "Infinity") return std::numeric_limits<double>::infinity();
    if (*value == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  expected("a number", *this);
}

const std::string& Json::as_string() const {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  expected("a string", *this);
}

const Json::Array& Json::as_array() const {
  if (const Array* value = std::get_if<Array>(&value_)) return *value;
  expected("an array", *this);
}

Json::Array& Json::as_array() {
  if (Array* value = std::get_if<Array>(&value_)) return *value;
  expected("an array", *this);
}

const Json::Object& Json::as_object() const {
  if (const Object* value = std::get_if<Object>(&value_)) return *value;
  expected("an object", *this);
}

Json::Object& Json::as_object() {
  if (Object* value = std::get_if<Object>(&value_)) return *value;
  expected("an object", *this);
}

const Json* Json::find(std::string_view key) const {
  const Object* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view key) const {
  const Object& object = as_object();
  const auto found = object.find(key);
  if (found != object.end()) return found->second;
  std::string present;
  for (const auto& [name, member] : object) present += (present.empty() ? "" : ", ") + name;
  present = shortened(present);
  std::string message = "the key \"" + std::string(key) + "\" is missing; ";
  message += object.empty() ? "the object is empty" : "there are: " + present;
  throw InputError(Problem{std::string(key), "", "", message});
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  Object& object = as_object();
  const auto found = object.lower_bound(key);
  if (found != object.end() && found->first == key) return found->second;
  return object.emplace_hint(found, std::string(key), Json())->second;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  as_array().push_back(std::move(value));
}

std::size_t Json::size() const {
  if (const Array* array = std::get_if<Array>(&value_)) return array->size();
  if (const Object* object = std::get_if<Object>(&value_)) return object->size();
  if (is_null()) return 0;
  expected("an array or an object", *this);
}

std::string Json::dump() const {
  std::string text;
  dump_to(text);
  return text;
}

void Json::dump_to(std::string& out) const {
  if (const bool* boolean = std::get_if<bool>(&value_)) {
    out += *boolean ? "true" : "false";
  } else if (const std::int64_t* integer = std::get_if<std::int64_t>(&value_)) {
    append_number(out, *integer);
  } else if (const double* number = std::get_if<double>(&value_)) {
    const bool finite = std::isfinite(*number);
    if (!finite) out += '"';
    append_number(out, *number);
    if (!finite) out += '"';
  } else if (const std::string* text = std::get_if<std::string>(&value_)) {
    append_json_string(out, *text);
  } else if (const Array* array = std::get_if<Array>(&value_)) {
    out += '[';
    const char* separator = "";
    for (const Json& element : *array) {
      out += separator;
      element.dump_to(out);
      separator = ",";
    }
    out += ']';
  } else if (const Object* object = std::get_if<Object>(&value_)) {
    out += '{';
    const char* separator = "";
    for (const auto& [key, member] : *object) {
      out += separator;
      append_json_string(out, key);
      out += ':';
      member.dump_to(out);
      separator = ",";
    }
    out += '}';
  } else {
    out += "null";
  }
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // start of the bytes that are copied as they are
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? 1 : utf8_length(text.substr(at));
    if (length > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
      at += length;
      continue;
    }
    out += text.substr(plain, at - plain);
    if (length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD for a byte that is no UTF-8
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += static_cast<char>(byte);
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
    plain = ++at;
  }
  out += text.substr(plain);
  out += '"';
}

}  // namespace reprise
