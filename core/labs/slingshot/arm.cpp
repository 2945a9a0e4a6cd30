#include "labs/slingshot/arm.h"

#include <algorithm>
#include <array>

namespace reprise::slingshot {

namespace {

constexpr int float32_least_exponent = -126;
constexpr int least_bits = 2;
constexpr int most_bits = 52;

// "p2", "p3", … with static lifetime, as FloatFormat::name wants it.
constexpr std::array<char, 3 * (most_bits + 1)> make_precision_names() {
  std::array<char, 3 * (most_bits + 1)> text{};
  for (int bits = 0; bits <= most_bits; ++bits) {
    const auto at = static_cast<std::size_t>(3 * bits);
    text[at] = 'p';
    text[at + 1] = static_cast<char>('0' + (bits < 10 ? bits : bits / 10));
    text[at + 2] = static_cast<char>('0' + bits % 10);
  }
  return text;
}
constexpr auto precision_names = make_precision_names();

std::vector<std::string> as_strings(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string allowed_formats() {
  return joined(format_names()) + ", p2…p52";
}

constexpr std::string_view grammar = "format:form or format:form:order, or float64";

}  // namespace

std::optional<FloatFormat> find_arm_format(std::string_view name) {
  if (const std::optional<FloatFormat> format = tensor::find_format(name)) return format;
  if (name.size() < 2 || name.size() > 3 || name[0] != 'p') return std::nullopt;
  int bits = 0;
  for (const char digit : name.substr(1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    bits = 10 * bits + (digit - '0');
  }
  if (bits < least_bits || bits > most_bits) return std::nullopt;
  FloatFormat format = tensor::custom_format(bits, float32_least_exponent);
  format.name = std::string_view(precision_names.data() + 3 * bits, bits < 10 ? 2 : 3);
  return format;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FloatFormat& format : tensor::float_formats()) names.emplace_back(format.name);
  return names;
}

std::vector<std::string> form_names() {
  return as_strings(tensor::cross_entropy_form_names());
}

std::vector<std::string> order_names() {
  return as_strings(tensor::sum_order_names());
}

Arm parse_arm(std::string_view text) {
  const auto fail = [&](const std::string& what, const std::string& allowed) {
    throw InputError(Problem{"", std::string(text), allowed,
                             "'" + std::string(text) + "': " + what + "; allowed: " + allowed});
  };
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t colon = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, colon - begin));
    begin = colon + 1;
  }
  Arm arm;
  arm.name = text;
  const std::optional<FloatFormat> format = find_arm_format(parts[0]);
  if (!format) fail("unknown format '" + std::string(parts[0]) + "'", allowed_formats());
  arm.format = *format;
  if (parts.size() == 1 && parts[0] == "float64") return arm;
  if (parts.size() < 2 || parts.size() > 3) {
    fail(parts.size() < 2 ? "the form is missing" : "too many parts", std::string(grammar));
  }
  const std::optional<CrossEntropyForm> form = tensor::find_cross_entropy_form(parts[1]);
  if (!form) fail("unknown form '" + std::string(parts[1]) + "'", joined(form_names()));
  arm.form = *form;
  if (parts.size() == 3) {
    const std::optional<SumOrder> order = tensor::find_sum_order(parts[2]);
    if (!order) fail("unknown order '" + std::string(parts[2]) + "'", joined(order_names()));
    arm.order = *order;
  }
  return arm;
}

std::vector<Arm> parse_arms(const std::vector<std::string>& texts) {
  std::vector<Arm> arms;
  for (const std::string& text : texts) arms.push_back(parse_arm(text));
  return arms;
}

void check_arms(std::string_view key, const std::vector<std::string>& texts, std::vector<Problem>& problems) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string place = std::string(key) + ": entry " + std::to_string(i + 1) + " ";
    try {
      parse_arm(texts[i]);
    } catch (const InputError& error) {
      const Problem& found = error.problems().front();
      problems.push_back({std::string(key), texts[i], found.allowed, place + found.message});
      continue;
    }
    const auto same = std::find(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(i), texts[i]);
    if (same != texts.begin() + static_cast<std::ptrdiff_t>(i)) {
      problems.push_back({std::string(key), texts[i], "every arm once",
                          place + "'" + texts[i] + "' repeats entry " +
                              std::to_string(same - texts.begin() + 1) + "; allowed: every arm once"});
    }
  }
}

tensor::RoundedCrossEntropyOptions kernel_options(const Arm& arm, double scale) {
  tensor::RoundedCrossEntropyOptions options;
  options.format = arm.format;
  options.form = arm.form;
  options.order = arm.order;
  options.scale = scale;
  return options;
}

bool is_repaired(const Arm& arm) {
  return arm.form == CrossEntropyForm::recentred || arm.form == CrossEntropyForm::log1p;
}

bool is_float64(const Arm& arm) {
  return arm.format.name == "float64";
}

std::optional<std::size_t> test_arm(std::span<const Arm> arms) {
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const CrossEntropyForm form = arms[i].form;
    const bool plain = form == CrossEntropyForm::softmax || form == CrossEntropyForm::log_softmax ||
                       form == CrossEntropyForm::logsumexp;
    if (plain && !is_float64(arms[i])) return i;
  }
  return std::nullopt;
}

}  // namespace reprise::slingshot
