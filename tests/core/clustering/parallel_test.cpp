// Threads and instruction sets change no bit of a k-means run or of its start.
#include "clustering/cpu/row_kernels.h"
#include "clustering/kmeans.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace reprise::clustering {
namespace {

Points cloud(std::int64_t n, std::int64_t dims) {
  Random random(3, "cloud");
  Points points(n, dims);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < dims; ++j) points.row(i)[j] = random.normal() + (i % 5 == j ? 4 : 0);
  }
  return points;
}

void on_three_threads(std::int64_t count, const std::function<void(std::int64_t)>& job) {
  std::atomic<std::int64_t> next{0};
  const auto work = [&] {
    for (std::int64_t i = next++; i < count; i = next++) job(i);
  };
  std::thread one(work), two(work);
  work();
  one.join();
  two.join();
}

TEST(Parallel, ThreadsChangeNoBit) {
  const Points points = cloud(20'000, 7);
  for (const std::int64_t candidates : {1, 4}) {
    Random here(1, "start"), there(1, "start");
    EXPECT_EQ(seed_plus_plus(points, 9, here, candidates).values,
              seed_plus_plus(points, 9, there, candidates, nullptr, on_three_threads).values);
  }
  Random random(1, "start");
  const Points start = seed_random_rows(points, 9, random);
  for (const KMeansMethod method : {KMeansMethod::Lloyd, KMeansMethod::Hamerly, KMeansMethod::Elkan}) {
    KMeansOptions options;
    options.method = method;
    options.tolerance = 1e-6;
    const Clustering one = kmeans(points, start, options);
    const Clustering three = kmeans(points, start, options, on_three_threads);
    EXPECT_EQ(one.prototypes.values, three.prototypes.values);
    EXPECT_EQ(one.labels, three.labels);
    EXPECT_EQ(one.loss, three.loss);
    EXPECT_EQ(one.iterations, three.iterations);
    EXPECT_EQ(one.distance_evaluations, three.distance_evaluations);
  }
}

TEST(Parallel, InstructionSetsChangeNoBit) {
  const Points points = cloud(3000, 37);
  Random random(1, "start");
  const Points start = seed_random_rows(points, 19, random);
  const Clustering best = kmeans(points, start);
  for (const char* level : {"sse4", "avx2", "avx512"}) {
    KMeansOptions options;
    options.kernels = cpu::row_kernels_of(level);
    if (options.kernels == nullptr) continue;
    const Clustering found = kmeans(points, start, options);
    EXPECT_EQ(found.prototypes.values, best.prototypes.values) << level;
    EXPECT_EQ(found.labels, best.labels) << level;
    for (const KMeansMethod method : {KMeansMethod::Hamerly, KMeansMethod::Elkan}) {
      options.method = method;
      options.screened_bounds = false;
      KMeansOptions usual = options;
      usual.kernels = nullptr;
      const Clustering bounded = kmeans(points, start, options);
      EXPECT_EQ(bounded.labels, best.labels) << level;
      EXPECT_EQ(bounded.distance_evaluations, kmeans(points, start, usual).distance_evaluations) << level;
      options.screened_bounds = true;
      EXPECT_EQ(kmeans(points, start, options).labels, best.labels) << level;
      EXPECT_EQ(kmeans(points, start, options).loss, best.loss) << level;
    }
    Random here(1, "start"), there(1, "start");
    EXPECT_EQ(seed_plus_plus(points, 5, here, 3).values,
              seed_plus_plus(points, 5, there, 3, nullptr, one_by_one, options.kernels).values);
  }
  EXPECT_EQ(cpu::row_kernels_of("none"), nullptr);
}

}  // namespace
}  // namespace reprise::clustering
