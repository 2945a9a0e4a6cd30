#include "labs/discrete-diffusion-convergence/observables.h"

namespace reprise::diffusion {

const std::vector<std::string>& observable_keys() {
  static const std::vector<std::string> keys = {"first_two_equal", "first_token_zero", "token_zero_count",
                                                "file"};
  return keys;
}

std::string effective_observable(const std::string& key, std::size_t length) {
  return key == "first_two_equal" && length < 2 ? "first_token_zero" : key;
}

std::vector<double> make_observable(const std::string& key, const markov::StateSpace& space,
                                    std::optional<std::size_t> mask) {
  const std::string kind = effective_observable(key, space.length);
  std::vector<double> phi(space.size(), 0);
  for (std::size_t y = 0; y < phi.size(); ++y) {
    const std::size_t first = space.symbol(y, 0);
    if (kind == "first_two_equal") {
      phi[y] = first == space.symbol(y, 1) && first != mask ? 1 : 0;
    } else if (kind == "first_token_zero") {
      phi[y] = first == 0 ? 1 : 0;
    } else {
      for (std::size_t axis = 0; axis < space.length; ++axis) phi[y] += space.symbol(y, axis) == 0 ? 1 : 0;
    }
  }
  return phi;
}

}  // namespace reprise::diffusion
