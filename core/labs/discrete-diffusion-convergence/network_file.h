// A network's weights from a visitor's safetensors file.
#pragma once

#include "base/byte_source.h"
#include "markov/token_network.h"

#include <cstddef>
#include <string>

namespace reprise::diffusion {

/// Bytes of a file of weights.
inline constexpr std::size_t most_network_bytes = 256'000'000;

/// Arrays of floating-point numbers with the names of markov::TokenNetwork; others are passed over.
/// InputError: what the format or the network refuses, arrays of another type (name), too large a file.
markov::TokenNetwork read_network(const ByteSource& source, const std::string& file_name);

}  // namespace reprise::diffusion
