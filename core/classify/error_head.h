// Small networks that look at held-out rows of a finished classifier and learn where it errs: the correctness
// head (is the answer wrong?) and the loss predictor (how large is its loss?). Their negative output is a
// score that can put answers in another order.
//
//   std::vector<double> seen = head_inputs(features, 48, logits);  // [features, logits, MSP score] of each
//   row ErrorHead head(HeadTarget::Wrong, seen, 59, wrong, {}, streams); while (!head.step()) {}
//   std::vector<double> score = head.scores(test_inputs);
#pragma once

#include "classify/network.h"
#include "classify/scores.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reprise::classify {

/// Columns with mean 0 and deviation 1 over the rows it was made from; constant columns become 0.
class Standardisation {
 public:
  /// Row-major [n × width].
  Standardisation(std::span<const double> x, std::size_t width);
  std::vector<double> operator()(std::span<const double> x) const;

 private:
  std::vector<double> mean_, deviation_;
};

/// What a head sees of each row: the network's last hidden layer, its logits, its confidence. Row-major
/// [n × (features + classes + 1)].
std::vector<double> head_inputs(std::span<const double> features, std::size_t feature_count,
                                const LogitsView& logits);

/// Cross-entropy of every row, −log softmax(z)[label].
std::vector<double> row_losses(const LogitsView& logits, std::span<const std::int32_t> label);

enum class HeadTarget {
  Wrong,  ///< 1 for a wrong answer, 0 for a right one; binary cross-entropy, the output is its log odds
  Loss,   ///< the loss of the row; mean squared error, the output is the loss
};

struct HeadOptions {
  std::vector<std::int64_t> hidden = {32, 32};
  std::int64_t epochs = 60;
  std::int64_t batch = 64;
  double learning_rate = 1e-3;  ///< of Adam; 1e-2 suits raw inputs in the plane
};
/// The network behind a head that sees `width` numbers.
NetworkOptions head_network(const HeadOptions& options, std::size_t width);

/// −log σ(±output), mean over rows: `wrong` 1 pulls the outputs [n, 1] up, 0 down.
tensor::Tensor binary_cross_entropy(const tensor::Tensor& outputs, std::span<const std::int32_t> wrong);
/// Mean (output − target)² of outputs [n, 1].
tensor::Tensor mean_squared_error(const tensor::Tensor& outputs, std::span<const double> target);

/// Trains on held-out rows: those of the classifier's own training would tell it that nothing is wrong.
class ErrorHead : public Stepper {
 public:
  /// `inputs`: [n × width], standardised here by their own means; `target`: one number a row.
  ErrorHead(HeadTarget kind, std::span<const double> inputs, std::size_t width, std::vector<double> target,
            const HeadOptions& options, const NetworkStreams& streams);

  bool step() override { return training_.step(); }
  double progress() const override { return training_.progress(); }
  /// Log odds of a wrong answer, or predicted loss.
  std::vector<double> outputs(std::span<const double> inputs) const;
  /// The negative outputs: higher means more confident.
  std::vector<double> scores(std::span<const double> inputs) const;

 private:
  Standardisation standard_;
  NetworkTraining training_;
};

/// Mean (H − ℓ)² − mean (prediction − ℓ)²: how much better the predictor knows the losses ℓ than the
/// classifier's own entropy H does. Above 0 on fresh rows: the classifier is not calibrated on every set that
/// the predictor can tell apart.
double loss_prediction_advantage(const LogitsView& logits, std::span<const std::int32_t> label,
                                 std::span<const double> predicted);

}  // namespace reprise::classify
