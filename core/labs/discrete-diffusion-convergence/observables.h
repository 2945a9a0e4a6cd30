// Functions of a sequence whose expected value is followed.
#pragma once

#include "markov/noise.h"

#include <optional>
#include <string>
#include <vector>

namespace reprise::diffusion {

/// "first_two_equal", "first_token_zero", "token_zero_count", "file".
const std::vector<std::string>& observable_keys();
/// The key that is computed: first_two_equal of one token is first_token_zero.
std::string effective_observable(const std::string& key, std::size_t length);
/// first_two_equal: 1 when the first two tokens agree and are no mask; first_token_zero: 1 when the first
/// token is 0; token_zero_count: how many tokens are 0. Not "file".
std::vector<double> make_observable(const std::string& key, const markov::StateSpace& space,
                                    std::optional<std::size_t> mask);

}  // namespace reprise::diffusion
