// Times the library parts of the labs `recalibration` and `selective-classification` against
// tests/peers/recalibration_peer.py on the same rows:
//   recalibration_bench FOLDER
// writes FOLDER/scores.npy and FOLDER/scores.csv (n rows of score and label), then answers lines
//   {"case": "umb"}       sort once, fit every number of bins in {"bins": [...]}
//   {"case": "isotonic"}  sort, pool adjacent violators
//   {"case": "csv"}       read the file into two arrays
//   {"case": "coverage"}  accuracy–coverage curve, AURC and a band of 200 bootstrap resamples at 100
//   coverages
// with {"seconds": …, "result": […]}; the results are compared with the peer's.
#include "base/random.h"
#include "benchmarks/line_protocol.h"
#include "data/csv.h"
#include "labs/recalibration/bin_map.h"
#include "labs/recalibration/calibrators.h"
#include "labs/recalibration/score_models.h"
#include "labs/selective-classification/bootstrap.h"
#include "labs/selective-classification/curve.h"

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace {

using reprise::Json;
using reprise::benchmarks::seconds_of;
namespace recal = reprise::recal;
namespace selective = reprise::selective;

constexpr std::size_t rows = 1'000'000;

struct Rows {
  std::vector<double> score;
  std::vector<std::uint8_t> label;
};

Rows draw_rows() {
  const recal::ScoreModel model = recal::ScoreModel::named("logistic44", 2, 0.5, 1, 1, 0);
  reprise::Random random(1, "benchmark", {});
  Rows result;
  for (std::size_t row = 0; row < rows; ++row) {
    const recal::Draw draw = model.draw(random);
    result.score.push_back(draw.score);
    result.label.push_back(draw.label);
  }
  return result;
}

// The same rows for the peer: float64 of shape (n, 2), and CSV with shortest numbers that read back the same.
void write_files(const Rows& data, const std::string& folder) {
  std::string header =
      "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", 2), }";
  header.resize(118 - 1, ' ');
  header += '\n';
  std::ofstream npy(folder + "/scores.npy", std::ios::binary);
  npy.write("\x93NUMPY\x01\x00", 8);
  const char length[2] = {static_cast<char>(header.size()), 0};
  npy.write(length, 2);
  npy << header;
  std::string csv;
  reprise::CsvWriter writer(csv);
  writer.text("score");
  writer.text("label");
  writer.end_row();
  for (std::size_t row = 0; row < rows; ++row) {
    const double pair[2] = {data.score[row], static_cast<double>(data.label[row])};
    npy.write(reinterpret_cast<const char*>(pair), sizeof pair);
    writer.number(data.score[row]);
    writer.integer(data.label[row]);
    writer.end_row();
  }
  std::ofstream(folder + "/scores.csv", std::ios::binary) << csv;
  if (!npy) throw std::runtime_error("cannot write to " + folder);
}

class File final : public reprise::ByteSource {
 public:
  explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw std::runtime_error("cannot open " + path);
    std::fseek(file_, 0, SEEK_END);
    size_ = static_cast<std::uint64_t>(std::ftell(file_));
  }
  ~File() override { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, std::span<std::byte> target) const override {
    std::fseek(file_, static_cast<long>(offset), SEEK_SET);
    return std::fread(target.data(), 1, target.size(), file_);
  }

 private:
  std::FILE* file_;
  std::uint64_t size_ = 0;
};

Json time_umb(const Rows& data, const Json& bins) {
  double sum = 0;
  std::vector<double> last;
  const double seconds = seconds_of([&] {
    const recal::SortedScores sample(data.score, data.label);
    for (const Json& count : bins.as_array()) {
      last = recal::fit_histogram(sample, count.as_integer(), recal::EdgeRule::OrderStatistic,
                                  recal::TiePolicy::Merge)
                 .value;
      for (const double value : last) sum += value;
    }
  });
  return Json::object(
      {{"seconds", seconds}, {"result", std::vector<double>{sum, last.front(), last.back()}}});
}

Json time_isotonic(const Rows& data) {
  recal::Isotonic map;
  const double seconds =
      seconds_of([&] { map = recal::fit_isotonic(recal::SortedScores(data.score, data.label)); });
  return Json::object({{"seconds", seconds},
                       {"result", std::vector<double>{map(0.1), map(0.3), map(0.5), map(0.7), map(0.9)}}});
}

Json time_csv(const std::string& folder) {
  std::vector<double> score, label;
  const double seconds = seconds_of([&] {
    const File file(folder + "/scores.csv");
    reprise::CsvReader reader(file, "scores.csv");
    const std::size_t score_column = reader.required_column("score");
    const std::size_t label_column = reader.required_column("label");
    while (reader.next_row()) {
      score.push_back(reader.number(score_column));
      label.push_back(reader.number(label_column));
    }
  });
  double score_sum = 0, label_sum = 0;
  for (const double value : score) score_sum += value;
  for (const double value : label) label_sum += value;
  return Json::object(
      {{"seconds", seconds},
       {"result", std::vector<double>{static_cast<double>(score.size()), score_sum, label_sum}}});
}

Json time_coverage(const Rows& data) {
  constexpr int resamples = 200;
  selective::Curve curve;
  selective::Band band;
  const double seconds = seconds_of([&] {
    const selective::RankedOutcomes outcomes(data.score, data.label);
    const std::vector<std::int64_t> ranks = selective::grid_ranks(outcomes.rows(), 100);
    curve = selective::accuracy_coverage(outcomes, ranks);
    reprise::Random random(1, "bootstrap", {});
    band = selective::bootstrap_band(outcomes, ranks, resamples, 0.95, random);
  });
  return Json::object(
      {{"seconds", seconds},
       {"result", std::vector<double>{curve.aurc, curve.accuracy[49], band.low[49], band.high[49]}}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: recalibration_bench FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  const Rows data = draw_rows();
  write_files(data, folder);
  return reprise::benchmarks::serve_lines([&](const Json& request) -> Json {
    const std::string& name = request.at("case").as_string();
    if (name == "ready") return true;
    if (name == "umb") return time_umb(data, request.at("bins"));
    if (name == "isotonic") return time_isotonic(data);
    if (name == "csv") return time_csv(folder);
    if (name == "coverage") return time_coverage(data);
    throw std::runtime_error("unknown case " + name);
  });
}
