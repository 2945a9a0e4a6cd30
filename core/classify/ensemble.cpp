#include "classify/ensemble.h"

#include "base/error.h"
#include "base/math.h"
#include "classify/scores.h"

#include <string>

namespace reprise::classify {

std::vector<double> mean_log_probabilities(std::span<const std::vector<double>> members,
                                           std::size_t classes) {
  if (members.empty()) throw InputError("an ensemble needs at least one member");
  const std::size_t size = members.front().size();
  for (std::size_t e = 0; e < members.size(); ++e) {
    if (members[e].size() != size)
      throw InputError("member " + std::to_string(e) + " of the ensemble has " +
                       std::to_string(members[e].size()) + " logits, the first has " + std::to_string(size));
  }
  const double log_members = math::log(static_cast<double>(members.size()));
  std::vector<double> result(size), normaliser(members.size()), of_class(members.size());
  for (std::size_t begin = 0; begin < size; begin += classes) {
    for (std::size_t e = 0; e < members.size(); ++e)
      normaliser[e] = log_sum_exp(std::span<const double>(members[e]).subspan(begin, classes));
    for (std::size_t k = begin; k < begin + classes; ++k) {
      for (std::size_t e = 0; e < members.size(); ++e) of_class[e] = members[e][k] - normaliser[e];
      result[k] = log_sum_exp(of_class) - log_members;
    }
  }
  return result;
}

}  // namespace reprise::classify
