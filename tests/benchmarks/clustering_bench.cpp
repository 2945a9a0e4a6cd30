// Times k-means, natively and in WebAssembly:
//   clustering_bench FOLDER      writes FOLDER/points.npy and start.npy for the peer, then answers lines
//                                (line_protocol.h):
//       {"case": "lloyd", "rows": 1000000, "iterations": 20, "threads": 2, "set": "sse4"}
//         ->  {"seconds", "loss", "iterations", "repeats": 1}
//   clustering_bench ask LINE    answers one line: tensor-process.mjs calls main again and again
// Cases: lloyd, hamerly, elkan (from the same start), plus_plus (greedy k-means++; the loss of its seeds,
// unless the request says "quiet": true). Without threads seconds are those of the processor, with threads
// those of the clock on the wall.
#include "base/error.h"
#include "base/random.h"
#include "benchmarks/line_protocol.h"
#include "clustering/cpu/row_kernels.h"
#include "clustering/kmeans.h"
#include "data/npy.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <string>

#ifndef __EMSCRIPTEN__
#include <thread>
#endif

namespace {

using namespace reprise::clustering;
using reprise::Json;
using reprise::Random;

constexpr std::int64_t dims = 32, clusters = 64, peer_rows = 1'000'000;
constexpr double spread = 0.6;  // of the groups' centres: neighbours overlap, as in data without clear groups

const Points& points_of(std::int64_t rows) {
  static std::map<std::int64_t, Points> made;
  Points& points = made[rows];
  if (points.rows > 0) return points;
  points = Points(rows, dims);
  Random of_centers(1, "centers"), random(1, "points");
  std::vector<double> centers(static_cast<std::size_t>(clusters * dims));
  for (double& value : centers) value = spread * of_centers.normal();
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t group = i % clusters;
    for (std::int64_t j = 0; j < dims; ++j)
      points.row(i)[j] = centers[static_cast<std::size_t>(group * dims + j)] + random.normal();
  }
  return points;
}

/// Rows far apart in the file: some groups get several, some none.
Points start_of(const Points& points) {
  Points start(clusters, dims);
  for (std::int64_t c = 0; c < clusters; ++c)
    std::copy_n(points.row((c * 7919 + 13) % points.rows), dims, start.row(c));
  return start;
}

ParallelFor threads_of(std::int64_t count) {
  if (count <= 1) return one_by_one;
#ifdef __EMSCRIPTEN__
  throw reprise::InputError("one thread only");
#else
  return [count](std::int64_t jobs, const std::function<void(std::int64_t)>& job) {
    std::atomic<std::int64_t> next{0};
    const auto work = [&] {
      for (std::int64_t i = next++; i < jobs; i = next++) job(i);
    };
    std::vector<std::thread> others;
    for (std::int64_t t = 1; t < count; ++t) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
  };
#endif
}

template <class Work>
double timed(std::int64_t threads, const Work& work) {
  if (threads <= 1) return reprise::benchmarks::seconds_of(work);
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

Json answer(const Json& request) {
  const std::string& name = request.at("case").as_string();
  const auto number = [&](const char* key, std::int64_t otherwise) {
    return request.find(key) != nullptr ? request.at(key).as_integer() : otherwise;
  };
  const Points& points = points_of(number("rows", peer_rows));
  const std::int64_t threads = number("threads", 1);
  const ParallelFor parallel = threads_of(threads);
  KMeansOptions options;
  options.max_iterations = static_cast<int>(number("iterations", 20));
  if (request.find("set") != nullptr) {
    options.kernels = cpu::row_kernels_of(request.at("set").as_string());
    if (options.kernels == nullptr) throw reprise::InputError("no such instruction set");
  }
  if (name == "plus_plus") {
    Random random(static_cast<std::uint64_t>(number("seed", 1)), "start");
    Points seeds;
    const double seconds = timed(threads, [&] {
      seeds = seed_plus_plus(points, clusters, random, greedy_candidates(clusters), nullptr, parallel,
                             options.kernels);
    });
    if (request.find("quiet") != nullptr) return Json::object({{"seconds", seconds}, {"repeats", 1}});
    Labels labels(static_cast<std::size_t>(points.rows));
    assign_nearest(points, 0, points.rows, Centers(seeds), labels.data());
    return Json::object(
        {{"seconds", seconds}, {"repeats", 1}, {"loss", within_cluster_sum(points, seeds, labels)}});
  }
  options.screened_bounds = true;
  if (name == "hamerly") options.method = KMeansMethod::Hamerly;
  if (name == "elkan") options.method = KMeansMethod::Elkan;
  if (name != "lloyd" && options.method == KMeansMethod::Lloyd) throw reprise::InputError("no case " + name);
  const Points start = start_of(points);
  Clustering found;
  const double seconds = timed(threads, [&] { found = kmeans(points, start, options, parallel); });
  return Json::object({{"seconds", seconds},
                       {"repeats", 1},
                       {"loss", found.loss},
                       {"iterations", found.iterations},
                       {"distance_evaluations", static_cast<double>(found.distance_evaluations)}});
}

void write_points(const Points& points, const std::string& path) {
  const std::vector<std::byte> bytes = reprise::write_npy(points.values, {points.rows, points.dims});
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "ask") {
    std::cout << answer(Json::parse(argv[2])).dump() << std::endl;
    return 0;
  }
  if (argc < 2) {
    std::cerr << "usage: clustering_bench FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  write_points(points_of(peer_rows), folder + "/points.npy");
  write_points(start_of(points_of(peer_rows)), folder + "/start.npy");
  return reprise::benchmarks::serve_lines(answer);
}
