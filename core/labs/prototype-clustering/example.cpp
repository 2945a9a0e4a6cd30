// Cluster points and certify the result, from C++ alone:
//   example_prototype-clustering              three generated groups
//   example_prototype-clustering FILE.csv K   rows of numbers without a header
#include "base/error.h"
#include "data/number_matrix.h"
#include "labs/prototype-clustering/certificate.h"
#include "labs/prototype-clustering/condition.h"
#include "labs/prototype-clustering/prototype.h"
#include "labs/prototype-clustering/sources.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

using namespace reprise;

clustering::Points points_of_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + std::string(path));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  NumberMatrix matrix = read_number_matrix(MemoryView(text), path);
  return clustering::Points(matrix.rows, matrix.columns, std::move(matrix.values));
}

void show(clustering::Points points, std::int64_t clusters) {
  protoclust::center_columns(
      points);  // error terms of the certificate grow with the distance from the origin
  const protoclust::Loss loss = protoclust::parse_loss("kmeans");
  const clustering::Clustering found = protoclust::fit(points, clusters, loss, {10, 300}, 1);
  const protoclust::ConditionReport numbers =
      protoclust::condition(points, found.labels, found.prototypes, loss, 0.01);
  std::printf("\nloss %.6g\nkappa_alpha %.4f\n", found.loss, numbers.kappa_alpha);
  for (const double epsilon : {0.0, 0.05}) {
    const protoclust::Certificate certificate =
        protoclust::certify(points, found.labels, clusters, loss, epsilon);
    std::printf("gap %.2f: %s, at most %.4f of the points differ, separation ratio %.3f\n", epsilon,
                std::string(protoclust::name_of(certificate.status)).c_str(), certificate.bound,
                certificate.separation_ratio);
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count == 3) {
      show(points_of_file(arguments[1]), std::atoll(arguments[2]));
    } else {
      Random random(1, "sample");
      show(protoclust::gaussian_groups(600, 2, 3, 9, {}, random).points, 3);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
