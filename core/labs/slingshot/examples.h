// What the networks learn: addition modulo P, handwritten digits, a user's table. Each is split into a
// training and a test part by a random permutation.
#pragma once

#include "base/byte_source.h"
#include "base/random.h"
#include "tensor/tensor.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace reprise::slingshot {

/// Rows to classify: either pairs of residues or feature vectors.
struct Examples {
  std::int64_t rows = 0;
  std::int64_t classes = 0;
  std::int64_t inputs = 0;           ///< width of a feature vector; pairs: 2·modulus, as two one-hots
  std::vector<std::int32_t> first;   ///< pairs: row of the first-layer table for a, in 0…P − 1
  std::vector<std::int32_t> second;  ///< pairs: the one for b, in P…2P − 1
  std::vector<float> features;       ///< [rows × inputs]
  std::vector<std::int32_t> labels;  ///< [rows], 0…classes − 1

  bool pairs() const { return !first.empty(); }
};

struct Split {
  Examples train, test;
};

/// Every pair (a, b) with label (a + b) mod P, shuffled; the first ⌊fraction·P²⌋ are the training part.
Split modular_addition(std::int64_t modulus, double train_fraction, Random random);
/// ⌊fraction·P²⌋.
std::int64_t modular_train_rows(std::int64_t modulus, double train_fraction);

/// The bundled digits, values/16.
Examples digit_examples();
/// A CSV with a header: numeric columns, the last one `label` with integers 0…K − 1. InputError names row,
/// column and what is allowed: no feature column, no rows, a label that is no such integer, fewer than two
/// classes.
Examples read_examples(const ByteSource& source, const std::string& file_name);
/// The first `n_train` of a random permutation against the rest. InputError (key n_train) when one of the
/// parts would be empty.
Split split_examples(const Examples& examples, std::int64_t n_train, Random random);

/// Examples as tensors, whole or a batch at a time.
class Batch {
 public:
  Batch(const tensor::Device& device, const Examples& examples, tensor::DType type = tensor::DType::float32);
  /// Only these rows, from now on.
  void select(std::span<const std::int32_t> rows);

  std::int64_t rows() const { return static_cast<std::int64_t>(labels_.size()); }
  std::span<const std::int32_t> labels() const { return labels_; }
  const tensor::Tensor& first() const { return first_; }        ///< int32 [rows]; pairs
  const tensor::Tensor& second() const { return second_; }      ///< int32 [rows]; pairs
  const tensor::Tensor& features() const { return features_; }  ///< [rows, inputs]

 private:
  tensor::Tensor all_features_, row_indices_;
  std::vector<std::int32_t> all_labels_;
  tensor::Tensor first_, second_, features_;
  std::vector<std::int32_t> labels_;
};

}  // namespace reprise::slingshot
