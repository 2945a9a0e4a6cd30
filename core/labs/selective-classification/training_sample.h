// Rows for studies that train classifiers: K-blobs with their exact posterior, or images from a visitor's
// files. They come split in training, validation and test rows.
//
//   SampleLoader loader(choice, repeat, context);
//   while (!loader.step()) {}
//   loader.sample().train.x;        // [n_train × inputs]
#pragma once

#include "classify/network.h"
#include "classify/two_moons.h"
#include "study/study.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reprise::selective {

struct SampleChoice {
  std::string data = "kblobs";                         // or "fashion-mnist", "files"
  std::int64_t n_train = 0, n_val = 0, n_test = 0;     // rows of each part; 0 is allowed
  std::int64_t classes = 6, modes = 2, dimension = 8;  // kblobs
  double radius = 1.1;                                 // kblobs: spread of the centres
  std::array<bool, 3> wanted = {true, true, true};     // parts that are filled; the others keep their place
};

struct Sample {
  std::int64_t inputs = 0, classes = 0;
  nn::ImageSize image;  ///< of a row; all 0: a row has no shape
  classify::LabelledPoints train, val, test;
  std::vector<double> posterior;  ///< of the test rows, [n_test × classes]; empty: not known
};

/// Where rows come from.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual std::int64_t inputs() const = 0;
  virtual std::int64_t classes() const = 0;
  virtual nn::ImageSize image() const { return {}; }
  /// Appends the next `count` rows of a part (0 train, 1 val, 2 test).
  virtual void append(std::size_t part, std::int64_t count, classify::LabelledPoints& rows) = 0;
  /// Of a test row; empty where it is not known.
  virtual std::vector<double> posterior(std::span<const double>) const { return {}; }
};

/// Centres and rows from the run's streams "centres", "train", "val", "test" of this repeat.
std::unique_ptr<SampleSource> blob_source(const SampleChoice& choice, std::uint64_t repeat,
                                          TaskContext& context);
inline constexpr const char* fashion_asset = "fashion-mnist";
/// The bundled images: training, validation and test rows are disjoint parts of one permutation ("order of
/// images"). Grey values are shifted by the mean ink of the whole data set and scaled by its deviation.
std::unique_ptr<SampleSource> fashion_source(const SampleChoice& choice, std::uint64_t repeat,
                                             TaskContext& context);
inline constexpr double fashion_mean = 0.286, fashion_deviation = 0.35;
/// Inputs train_images, train_labels, test_images, test_labels: training and validation rows are disjoint
/// parts of one permutation of the training files, test rows the beginning of one of the test files. Pixels
/// are shifted and scaled by mean and deviation of the first training rows (500 at most). InputError: files
/// that are missing, cannot be read, do not fit together or hold too few rows.
std::unique_ptr<SampleSource> file_source(const SampleChoice& choice, std::uint64_t repeat,
                                          TaskContext& context);

/// Fills a Sample a few hundred rows a step.
class SampleLoader : public Stepper {
 public:
  SampleLoader(const SampleChoice& choice, std::int64_t repeat, TaskContext& context);
  bool step() override;
  double progress() const override;
  Sample& sample() { return sample_; }
  const Sample& sample() const { return sample_; }

 private:
  SampleChoice choice_;
  std::unique_ptr<SampleSource> source_;
  Sample sample_;
};

/// The inputs of studies with data = files, and what is missing of them.
std::vector<InputSpec> image_inputs();
/// More bundled images than there are; `keys` names the parameters that ask for them.
void check_fashion_rows(std::int64_t rows, const std::string& keys, std::vector<Problem>& problems);
void check_image_inputs(const InputInfos& inputs, std::vector<Problem>& problems);
/// Size of the rows before they are read: of the bundled images, or as the length of the training file
/// suggests (28 × 28 when nothing is known).
nn::ImageSize expected_image(const std::string& data, const InputInfos& inputs);

/// "linear", "mlp" (two hidden layers), "cnn", "resnet18", "wrn50" for these rows.
classify::NetworkOptions network_for(const std::string& model, std::int64_t inputs,
                                     const nn::ImageSize& image, std::int64_t hidden, std::int64_t outputs);
/// Whether it wants images, not rows of numbers.
bool looks_at_images(const std::string& model);

}  // namespace reprise::selective
