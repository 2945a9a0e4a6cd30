#include "labs/prototype-clustering/study_points.h"

#include "base/error.h"
#include "labs/prototype-clustering/report_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace reprise::protoclust {

namespace {

constexpr double operations_per_step = 1e7;
constexpr double least_variance = 1e-12;  // relative to the largest: below it is rounding

std::vector<std::int64_t> all_rows(std::int64_t rows) {
  std::vector<std::int64_t> list(static_cast<std::size_t>(rows));
  std::iota(list.begin(), list.end(), std::int64_t{0});
  return list;
}

void subtract(clustering::Points& points, const std::vector<double>& center) {
  for (std::int64_t i = 0; i < points.rows; ++i) {
    for (std::int64_t j = 0; j < points.dims; ++j) points.row(i)[j] -= center[static_cast<std::size_t>(j)];
  }
}

bool given(const InputInfos& inputs, const char* name) {
  return inputs.find(name) != inputs.end();
}

std::string missing_data(const std::string& dataset) {
  if (dataset == "upload") return "input 'data' is missing; dataset=upload reads it";
  return "input 'data' is missing; dataset=fashion-mnist reads the images of Fashion-MNIST from it, an IDX "
         "file: train-images-idx3-ubyte (60,000 images) or t10k-images-idx3-ubyte. Debian's package "
         "dataset-fashion-mnist has them as .gz files in /usr/share/datasets/fashion-mnist: unpack one with "
         "gunzip and give it as 'data'. Allowed without a file: another dataset";
}

}  // namespace

PrincipalDirections::PrincipalDirections(const clustering::Points& points, std::int64_t count)
    : points_(points),
      count_(count),
      rows_(all_rows(points.rows)),
      origin_(static_cast<std::size_t>(points.dims)),
      scatter_(points, rows_, origin_.data()) {}

bool PrincipalDirections::step() {
  if (!scatter_.step()) return false;
  const stats::SymmetricEigen eigen = scatter_.eigen(true);
  const auto known = static_cast<std::int64_t>(eigen.values.size());
  std::int64_t kept = 1;
  while (kept < std::min(count_, known) &&
         eigen.values[static_cast<std::size_t>(kept)] > least_variance * eigen.values[0])
    ++kept;
  directions_ = clustering::Points(kept, points_.dims);
  for (std::int64_t a = 0; a < kept; ++a) {
    const double* vector = eigen.vectors.data() + a * scatter_.size();
    double* direction = directions_.row(a);
    if (!scatter_.is_gram()) {
      std::copy_n(vector, points_.dims, direction);
      continue;
    }
    const double length = std::sqrt(std::max(eigen.values[static_cast<std::size_t>(a)], 0.0));
    for (std::int64_t i = 0; i < points_.rows && length > 0; ++i) {
      for (std::int64_t j = 0; j < points_.dims; ++j) direction[j] += vector[i] * points_.at(i, j) / length;
    }
  }
  return true;
}

clustering::Points PrincipalDirections::take() {
  return std::move(directions_);
}

void project(const clustering::Points& points, const clustering::Points& directions, std::int64_t first,
             std::int64_t last, clustering::Points& result) {
  for (std::int64_t i = first; i < last; ++i) {
    for (std::int64_t a = 0; a < directions.rows; ++a) {
      double sum = 0;
      for (std::int64_t j = 0; j < points.dims; ++j) sum += points.row(i)[j] * directions.row(a)[j];
      result.row(i)[a] = sum;
    }
  }
}

StudyPoints::StudyPoints(PointsRequest request, TaskContext& context)
    : request_(std::move(request)), context_(context) {
  if (request_.dataset != "upload" && request_.dataset != "fashion-mnist") return;
  const bool upload = request_.dataset == "upload";
  ReadOptions options;
  options.label_column = request_.label_column;
  options.standardise = upload && request_.standardise;
  options.inputs = request_.inputs;
  options.most_rows = upload ? 0 : request_.n;
  reader_.emplace(context, options);
}

bool StudyPoints::begin() {
  if (reader_) {
    if (!reader_->step()) return false;
    OwnData data = reader_->take();
    reader_.reset();
    stored.points = std::move(data.points);
    if (data.labels) stored.labels = std::move(*data.labels);
    prototypes = std::move(data.prototypes);
    stored.clusters = data.clusters;
  } else if (request_.dataset == "gmm") {
    Random random = context_.random("sample");
    stored.points = gaussian_groups(request_.n, request_.d, request_.k, request_.sep, {}, random).points;
  } else if (request_.dataset == "uniform" || request_.dataset == "ring") {
    Random random = context_.random("sample");
    stored.points =
        request_.dataset == "ring" ? ring(request_.n, random) : uniform_square(request_.n, random);
  } else {
    LabelledPoints data = bundled(request_.dataset);
    if (request_.dataset == "digits") keep_first(data, request_.n);
    stored.points = std::move(data.points);
  }
  for (const char* name : {"prototypes", "starts"}) {
    const bool read =
        std::find(request_.inputs.begin(), request_.inputs.end(), name) != request_.inputs.end();
    if (!prototypes && read && context_.has_input(name)) {
      prototypes = read_prototypes(context_, name, stored.points.dims);
      stored.clusters = prototypes->rows;
    }
  }
  const bool fixed = stored.clusters > 0;
  if (!fixed) stored.clusters = request_.k;
  if (stored.labels.empty()) check_distinct(stored.points, stored.clusters, fixed ? "starts" : "k");
  return true;
}

void StudyPoints::subtract_means() {
  stored.center = center_columns(stored.points);
  if (prototypes) subtract(*prototypes, stored.center);
  if (request_.d_pca > 0 && request_.d_pca < stored.points.dims)
    search_ = std::make_unique<PrincipalDirections>(stored.points, request_.d_pca);
}

bool StudyPoints::reduce() {
  if (!directions_) {
    if (!search_->step()) return false;
    directions_ = search_->take();
    reduced_ = clustering::Points(stored.points.rows, directions_->rows);
    return false;
  }
  const auto each = static_cast<double>(2 * directions_->rows * directions_->dims);
  const std::int64_t last =
      std::min(stored.points.rows,
               next_row_ + std::max<std::int64_t>(1, static_cast<std::int64_t>(operations_per_step / each)));
  project(stored.points, *directions_, next_row_, last, reduced_);
  next_row_ = last;
  if (next_row_ < stored.points.rows) return false;
  stored.points = std::move(reduced_);
  stored.center.assign(static_cast<std::size_t>(directions_->rows), 0.0);
  if (prototypes) {
    clustering::Points shifted(prototypes->rows, directions_->rows);
    project(*prototypes, *directions_, 0, prototypes->rows, shifted);
    prototypes = std::move(shifted);
  }
  return true;
}

bool StudyPoints::step() {
  if (!ready_) {
    ready_ = begin();
    if (ready_) subtract_means();
    return ready_ && !search_;
  }
  return reduce();
}

void check_points(const PointsRequest& request, const InputInfos& inputs, std::vector<Problem>& problems) {
  const bool reads = request.dataset == "upload" || request.dataset == "fashion-mnist";
  if (reads && !given(inputs, "data"))
    problems.push_back({"data", "", "a file", missing_data(request.dataset)});
  for (const char* name : {"data", "labels"}) {
    if (!reads && given(inputs, name))
      problems.push_back({"dataset", request.dataset, "upload",
                          "dataset=" + request.dataset + " does not read the input '" + name +
                              "'; allowed with it: upload"});
  }
  if (reads) check_inputs(inputs, request.label_column, problems);
  if (request.dataset == "gmm" && request.k >= 3 && request.d < 2)
    problems.push_back(
        {"d", std::to_string(request.d), "at least 2 when k is 3 or more",
         "d=1 has no polygon of " + std::to_string(request.k) + " centres; allowed: at least 2"});
}

PointsSize size_of_points(const PointsRequest& request, const InputInfos& inputs) {
  PointsSize size;
  size.n = static_cast<double>(request.n);
  size.d = request.dataset == "gmm" ? static_cast<double>(request.d) : 2;
  if (request.dataset == "digits") {
    size.n = std::min(size.n, 1797.0);
    size.d = 64;
  }
  if (request.dataset == "iris") size.n = 150, size.d = 4;
  if (request.dataset == "wine") size.n = 178, size.d = 13;
  if (request.dataset == "upload" || request.dataset == "fashion-mnist") {
    const InputSize read = size_of_data(inputs);
    const double rows = std::max(1.0, read.rows);
    size.bytes = read.bytes;
    size.d = std::max(1.0, read.values / rows);
    size.n = request.dataset == "upload" ? rows : std::min(rows, size.n);
  }
  size.raw_d = size.d;
  if (request.d_pca > 0) size.d = std::min(size.d, static_cast<double>(request.d_pca));
  return size;
}

}  // namespace reprise::protoclust
