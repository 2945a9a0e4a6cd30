// Arms: the loss kernels that a study compares, written as "format:form" or "format:form:order".
//
//   Arm arm = parse_arm("bfloat16:log_softmax");       // order sequential
//   tensor::RoundedCrossEntropy loss(kernel_options(arm));
#pragma once

#include "base/error.h"
#include "tensor/rounded_cross_entropy.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::slingshot {

using tensor::CrossEntropyForm;
using tensor::FloatFormat;
using tensor::SumOrder;

struct Arm {
  std::string name;  ///< as it was written
  FloatFormat format = tensor::float_formats()[1];
  CrossEntropyForm form = CrossEntropyForm::log_softmax;
  SumOrder order = SumOrder::sequential;
};

/// The seven formats of tensor/float_format.h, and p2 … p52: that many significant bits, exponents of float32
/// ("p8", "p08"). Nothing for other names.
std::optional<FloatFormat> find_arm_format(std::string_view name);
/// Names of the seven formats; of forms; of orders: for choices and messages.
std::vector<std::string> format_names();
std::vector<std::string> form_names();
std::vector<std::string> order_names();

/// "format:form" or "format:form:order"; "float64" alone means float64:log_softmax. InputError names the part
/// that is unknown and what is allowed.
Arm parse_arm(std::string_view text);
/// All of them; the list must have passed check_arms.
std::vector<Arm> parse_arms(const std::vector<std::string>& texts);
/// Appends a problem for every entry that does not parse or repeats an earlier one, with its place in the
/// list.
void check_arms(std::string_view key, const std::vector<std::string>& texts, std::vector<Problem>& problems);

/// What the kernel is made with; `scale` 0 means 1/rows.
tensor::RoundedCrossEntropyOptions kernel_options(const Arm& arm, double scale = 0);

/// Restores the zero sum of the class gradients: form recentred or log1p.
bool is_repaired(const Arm& arm);
bool is_float64(const Arm& arm);
/// Place of the first arm with form softmax, log_softmax or logsumexp that is not float64: the one in which
/// absorption is expected.
std::optional<std::size_t> test_arm(std::span<const Arm> arms);

}  // namespace reprise::slingshot
