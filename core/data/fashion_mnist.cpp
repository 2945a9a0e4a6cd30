#include "data/fashion_mnist.h"

#include <cstddef>
#include <span>
#include <stdexcept>

namespace reprise {

namespace {

/// Two values a byte, the first one in the lower half.
template <class Value>
std::vector<Value> unpacked(std::span<const std::byte> bytes) {
  std::vector<Value> values;
  values.reserve(2 * bytes.size());
  for (const std::byte both : bytes) {
    values.push_back(static_cast<Value>(std::to_integer<int>(both) & 15));
    values.push_back(static_cast<Value>(std::to_integer<int>(both) >> 4));
  }
  return values;
}

}  // namespace

FashionImages read_fashion_images(const ByteSource& asset) {
  constexpr auto label_bytes = static_cast<std::size_t>(FashionImages::rows / 2);
  constexpr auto image_bytes = static_cast<std::size_t>(FashionImages::rows * FashionImages::pixels / 2);
  const std::vector<std::byte> bytes = read_all(asset);
  if (bytes.size() != label_bytes + image_bytes) throw std::logic_error("fashion-mnist has another size");
  const std::span<const std::byte> all(bytes);
  return {unpacked<std::uint8_t>(all.subspan(label_bytes)), unpacked<std::int32_t>(all.first(label_bytes))};
}

}  // namespace reprise
