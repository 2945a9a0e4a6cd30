#include "labs/selective-classification/training_sample.h"

#include "base/error.h"
#include "base/math.h"
#include "classify/blobs.h"
#include "classify/image_files.h"
#include "classify/scores.h"
#include "data/fashion_mnist.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace reprise::selective {

namespace {

using classify::LabelledPoints;

constexpr std::int64_t blobs_a_step = 2000, images_a_step = 200;
constexpr std::int64_t rows_that_scale = 500;

class BlobSource final : public SampleSource {
 public:
  BlobSource(const SampleChoice& choice, std::uint64_t repeat, TaskContext& context)
      : inputs_(choice.dimension),
        blobs_(drawn(choice, repeat, context)),
        random_{context.random("train", {repeat}), context.random("val", {repeat}),
                context.random("test", {repeat})} {}

  std::int64_t inputs() const override { return inputs_; }
  std::int64_t classes() const override { return static_cast<std::int64_t>(blobs_.classes()); }
  void append(std::size_t part, std::int64_t count, LabelledPoints& rows) override {
    const LabelledPoints more = blobs_.draw(count, random_[part]);
    rows.x.insert(rows.x.end(), more.x.begin(), more.x.end());
    rows.label.insert(rows.label.end(), more.label.begin(), more.label.end());
  }
  std::vector<double> posterior(std::span<const double> x) const override {
    std::vector<double> p = blobs_.log_densities(x);
    const double total = classify::log_sum_exp(p);
    for (double& value : p) value = math::exp(value - total);
    return p;
  }

 private:
  static classify::Blobs drawn(const SampleChoice& choice, std::uint64_t repeat, TaskContext& context) {
    Random centres = context.random("centres", {repeat});
    return {choice.classes, choice.modes, choice.dimension, choice.radius, centres};
  }

  std::int64_t inputs_;
  classify::Blobs blobs_;
  std::array<Random, 3> random_;
};

std::vector<std::uint32_t> shuffled(std::size_t rows, Random random) {
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
  return order;
}

/// The bundled images: parts of one permutation, one behind the other.
class FashionSource final : public SampleSource {
 public:
  FashionSource(const SampleChoice& choice, std::uint64_t repeat, TaskContext& context)
      : images_(read_fashion_images(context.asset(fashion_asset))),
        order_(shuffled(images_.labels.size(), context.random("order of images", {repeat}))),
        next_{0, static_cast<std::size_t>(choice.n_train),
              static_cast<std::size_t>(choice.n_train + choice.n_val)} {}

  std::int64_t inputs() const override { return FashionImages::pixels; }
  std::int64_t classes() const override { return FashionImages::classes; }
  nn::ImageSize image() const override { return {1, FashionImages::side, FashionImages::side}; }
  void append(std::size_t part, std::int64_t count, LabelledPoints& rows) override {
    constexpr auto pixels = static_cast<std::size_t>(FashionImages::pixels);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::size_t image = order_.at(next_[part]++);
      for (std::size_t j = image * pixels; j < (image + 1) * pixels; ++j) {
        const double grey = images_.levels[j] / static_cast<double>(FashionImages::largest_level);
        rows.x.push_back((grey - fashion_mean) / fashion_deviation);
      }
      rows.label.push_back(images_.labels[image]);
    }
  }

 private:
  FashionImages images_;
  std::vector<std::uint32_t> order_;
  std::array<std::size_t, 3> next_;
};

/// Images of one pair of files, in an order of their own.
struct ImageSet {
  ImageSet(TaskContext& context, const std::string& which, Random random)
      : images_name(name_of(context, which + "_images")),
        images(context.input(which + "_images"), images_name) {
    const bool own_labels = context.inputs().find(which + "_labels") != context.inputs().end();
    if (images.has_labels() && !own_labels) {
      label = images.labels();
    } else {
      const std::string labels_name = name_of(context, which + "_labels");
      label = classify::read_label_file(context.input(which + "_labels"), labels_name);
      if (static_cast<std::int64_t>(label.size()) != images.rows())
        throw InputError(labels_name + " holds " + std::to_string(label.size()) + " labels, " + images_name +
                         " " + std::to_string(images.rows()) + " images; they must be as many");
    }
    order = shuffled(label.size(), random);
  }

  static std::string name_of(const TaskContext& context, const std::string& input) {
    const auto info = context.inputs().find(input);
    const bool named = info != context.inputs().end() && !info->second.file_name.empty();
    return named ? info->second.file_name : input;
  }
  void need(const char* key, std::int64_t rows) const {
    if (rows > images.rows())
      throw InputError(Problem{key, std::to_string(rows), "at most " + std::to_string(images.rows()),
                               std::string(key) + ": " + std::to_string(rows) + " images are asked for, " +
                                   images_name + " holds " + std::to_string(images.rows())});
  }

  std::string images_name;
  classify::ImageFile images;
  std::vector<std::int32_t> label;
  std::vector<std::uint32_t> order;
};

class FileSource final : public SampleSource {
 public:
  FileSource(const SampleChoice& choice, std::uint64_t repeat, TaskContext& context)
      : train_(context, "train", context.random("order of training images", {repeat})),
        next_{0, static_cast<std::size_t>(choice.n_train), 0} {
    train_.need(choice.n_val > 0 ? "n_train + n_val" : "n_train", choice.n_train + choice.n_val);
    classes_ = 1 + *std::max_element(train_.label.begin(), train_.label.end());
    if (choice.n_test > 0) open_test(choice, repeat, context);
    scale_by(std::min(choice.n_train, rows_that_scale));
  }

  std::int64_t inputs() const override { return train_.images.pixels(); }
  std::int64_t classes() const override { return classes_; }
  nn::ImageSize image() const override { return train_.images.size(); }
  void append(std::size_t part, std::int64_t count, LabelledPoints& rows) override {
    const ImageSet& set = part == 2 ? *test_ : train_;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::uint32_t image = set.order[next_[part]++];
      append_image(set, image, rows);
    }
  }

 private:
  void open_test(const SampleChoice& choice, std::uint64_t repeat, TaskContext& context) {
    test_.emplace(context, "test", context.random("order of test images", {repeat}));
    test_->need("n_test", choice.n_test);
    if (test_->images.pixels() != train_.images.pixels())
      throw InputError(test_->images_name + ": images of " + std::to_string(test_->images.pixels()) +
                       " pixels; those of " + train_.images_name + " have " +
                       std::to_string(train_.images.pixels()));
    for (std::size_t row = 0; row < test_->label.size(); ++row) {
      if (test_->label[row] >= classes_)
        throw InputError("test_labels, row " + std::to_string(row + 1) + ": label " +
                         std::to_string(test_->label[row]) + "; the training labels are 0…" +
                         std::to_string(classes_ - 1));
    }
  }

  void append_image(const ImageSet& set, std::uint32_t image, LabelledPoints& rows) const {
    const auto pixels = static_cast<std::size_t>(set.images.pixels());
    const std::size_t first = rows.x.size();
    rows.x.resize(first + pixels);
    set.images.read(image, std::span<double>(rows.x).subspan(first, pixels));
    for (std::size_t i = first; i < rows.x.size(); ++i) rows.x[i] = (rows.x[i] - mean_) * scale_;
    rows.label.push_back(set.label[image]);
  }

  void scale_by(std::int64_t rows) {
    LabelledPoints some;
    for (std::int64_t i = 0; i < rows; ++i)
      append_image(train_, train_.order[static_cast<std::size_t>(i)], some);
    if (some.x.empty()) return;
    const auto count = static_cast<double>(some.x.size());
    double sum = 0, square = 0;
    for (const double value : some.x) sum += value;
    mean_ = sum / count;
    for (const double value : some.x) square += (value - mean_) * (value - mean_);
    scale_ = square > 0 ? 1 / std::sqrt(square / count) : 1;
  }

  ImageSet train_;
  std::optional<ImageSet> test_;
  std::array<std::size_t, 3> next_;
  std::int64_t classes_ = 0;
  double mean_ = 0, scale_ = 1;
};

}  // namespace

std::unique_ptr<SampleSource> blob_source(const SampleChoice& choice, std::uint64_t repeat,
                                          TaskContext& context) {
  return std::make_unique<BlobSource>(choice, repeat, context);
}

std::unique_ptr<SampleSource> fashion_source(const SampleChoice& choice, std::uint64_t repeat,
                                             TaskContext& context) {
  return std::make_unique<FashionSource>(choice, repeat, context);
}

std::unique_ptr<SampleSource> file_source(const SampleChoice& choice, std::uint64_t repeat,
                                          TaskContext& context) {
  return std::make_unique<FileSource>(choice, repeat, context);
}

SampleLoader::SampleLoader(const SampleChoice& choice, std::int64_t repeat, TaskContext& context)
    : choice_(choice) {
  const auto code = static_cast<std::uint64_t>(repeat);
  source_ = choice.data == "files"           ? file_source(choice, code, context)
            : choice.data == "fashion-mnist" ? fashion_source(choice, code, context)
                                             : blob_source(choice, code, context);
  sample_.inputs = source_->inputs();
  sample_.classes = source_->classes();
  sample_.image = source_->image();
  for (LabelledPoints* part : {&sample_.train, &sample_.val, &sample_.test})
    part->dimension = static_cast<std::size_t>(sample_.inputs);
}

bool SampleLoader::step() {
  const std::array<std::pair<LabelledPoints*, std::int64_t>, 3> parts = {
      std::pair{&sample_.train, choice_.n_train},
      {&sample_.val, choice_.n_val},
      {&sample_.test, choice_.n_test}};
  for (std::size_t part = 0; part < parts.size(); ++part) {
    LabelledPoints& rows = *parts[part].first;
    const std::int64_t missing = parts[part].second - static_cast<std::int64_t>(rows.rows());
    if (missing <= 0 || !choice_.wanted[part]) continue;
    const std::size_t before = rows.rows();
    source_->append(part, std::min(missing, choice_.data == "kblobs" ? blobs_a_step : images_a_step), rows);
    if (part == 2) {
      const auto width = static_cast<std::size_t>(sample_.inputs);
      for (std::size_t i = before; i < rows.rows(); ++i) {
        const std::vector<double> p =
            source_->posterior(std::span<const double>(rows.x).subspan(i * width, width));
        sample_.posterior.insert(sample_.posterior.end(), p.begin(), p.end());
      }
    }
    return false;
  }
  return true;
}

double SampleLoader::progress() const {
  const std::array<std::int64_t, 3> rows = {choice_.n_train, choice_.n_val, choice_.n_test};
  double wanted = 0;
  for (std::size_t part = 0; part < rows.size(); ++part)
    wanted += choice_.wanted[part] ? static_cast<double>(rows[part]) : 0;
  const auto got = static_cast<double>(sample_.train.rows() + sample_.val.rows() + sample_.test.rows());
  return wanted > 0 ? got / wanted : 1;
}

std::vector<InputSpec> image_inputs() {
  std::vector<InputSpec> specs;
  for (const char* which : {"train", "test"}) {
    InputSpec images;
    images.name = std::string(which) + "_images";
    images.formats = {"idx", "bin", "npy"};
    images.description = "Images for data = files: IDX, CIFAR binary records, or an NPY array.";
    images.columns =
        "IDX: unsigned bytes, three dimensions. CIFAR: 1 or 2 label bytes and 3072 bytes a record. NPY: (N, "
        "D), "
        "(N, H, W) or (N, C, H, W) of uint8, float32 or float64.";
    InputSpec labels;
    labels.name = std::string(which) + "_labels";
    labels.formats = {"idx", "npy"};
    labels.description =
        "Their labels 0, 1, …; CIFAR records carry their own, which these replace (such as human ones).";
    labels.columns = "IDX: unsigned bytes, one dimension. NPY: (N) of whole numbers.";
    specs.push_back(images);
    specs.push_back(labels);
  }
  return specs;
}

void check_fashion_rows(std::int64_t rows, const std::string& keys, std::vector<Problem>& problems) {
  if (rows <= FashionImages::rows) return;
  problems.push_back({keys, std::to_string(rows), "at most " + std::to_string(FashionImages::rows),
                      keys + ": " + std::to_string(rows) + " images are asked for, the bundled data has " +
                          std::to_string(FashionImages::rows)});
}

void check_image_inputs(const InputInfos& inputs, std::vector<Problem>& problems) {
  for (const char* name : {"train_images", "test_images"}) {
    if (inputs.find(name) != inputs.end()) continue;
    problems.push_back({"data", "files", std::string("another choice, or the input ") + name,
                        std::string("data = files needs the input ") + name +
                            " (IDX, CIFAR binary or NPY); it was not given"});
  }
}

nn::ImageSize expected_image(const std::string& data, const InputInfos& inputs) {
  if (data == "fashion-mnist") return {1, FashionImages::side, FashionImages::side};
  constexpr nn::ImageSize colour = {3, 32, 32}, grey = {1, 28, 28};
  const auto found = inputs.find("train_images");
  if (found == inputs.end()) return grey;
  const InputInfo& file = found->second;
  if (file.rows <= 0) return file.bytes % 3073 == 0 || file.bytes % 3074 == 0 ? colour : grey;
  const auto bytes = static_cast<std::int64_t>(file.bytes) / file.rows;  // of an image, 1 to 8 a pixel
  if (bytes % 3072 == 0) return colour;
  if (bytes % 784 == 0) return grey;
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(bytes)));
  const std::int64_t likely = std::clamp<std::int64_t>(side, 8, 256);
  return {1, likely, likely};
}

bool looks_at_images(const std::string& model) {
  return model == "cnn" || model == "resnet18" || model == "wrn50";
}

classify::NetworkOptions network_for(const std::string& model, std::int64_t inputs,
                                     const nn::ImageSize& image, std::int64_t hidden, std::int64_t outputs) {
  classify::NetworkOptions options;
  options.widths = {inputs};
  if (model == "mlp") options.widths.insert(options.widths.end(), 2, hidden);
  options.widths.push_back(outputs);
  if (!looks_at_images(model)) return options;
  options.architecture = model == "cnn"        ? nn::Architecture::Cnn
                         : model == "resnet18" ? nn::Architecture::ResNet18
                                               : nn::Architecture::Wrn50;
  options.image = image;
  return options;
}

}  // namespace reprise::selective
