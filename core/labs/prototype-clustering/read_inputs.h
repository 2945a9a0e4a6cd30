// What visitors bring: points as CSV, NPY or IDX, labels, prototypes; read in slices, checked, standardised.
#pragma once

#include "clustering/points.h"
#include "labs/prototype-clustering/sources.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct ReadOptions {
  std::string label_column;   ///< of `data`; empty: none. Left out where the study reads no labels
  std::string weight_column;  ///< of `data`; empty: none
  bool standardise = true;
  std::vector<std::string> inputs;  ///< of labels, reference_labels, prototypes, starts: which are read
  std::int64_t most_rows = 0;       ///< of `data`; 0: all
};

/// Everything that was given, in the units after standardising. Labels are 0-based in the order of the sorted
/// distinct values (as numbers when all are integers, else as text).
struct OwnData {
  clustering::Points points;
  std::optional<clustering::Labels> labels, reference;
  std::int64_t clusters = 0;                     ///< of labels, else rows of prototypes, else 0
  std::optional<clustering::Points> prototypes;  ///< or starts: a study reads one of the two
  std::vector<double> weights;
};

/// Reads `data` and the other inputs of a task that are there. InputError says what, where and what is
/// allowed.
class OwnDataReader {
 public:
  OwnDataReader(TaskContext& context, ReadOptions options);
  ~OwnDataReader();
  bool step();  ///< some milliseconds; true when all is read
  OwnData take();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

/// Prototypes (or starts) for points of `dims` coordinates. InputError for another number of columns.
clustering::Points read_prototypes(const TaskContext& context, const char* input, std::int64_t dims);
/// A square matrix of dissimilarities without a header; at most `most` rows and columns are kept. InputError
/// names the entry that is negative, not zero on the diagonal, or differs from its mirror image by more than
/// 10⁻⁹ of it.
clustering::Points read_dissimilarities(const TaskContext& context, std::int64_t most);

/// Name of an input's file for messages.
std::string file_name_of(const TaskContext& context, std::string_view input);
/// The input specifications shared by the studies of this lab.
InputSpec data_input(bool required = false);
InputSpec labels_input(std::string name = "labels");
InputSpec prototypes_input(std::string name = "prototypes");
InputSpec dissimilarity_input();

/// InputError unless k ≤ number of different rows: "k=5 but only 4 distinct points".
void check_distinct(const clustering::Points& points, std::int64_t k, std::string_view key);
/// Bytes and values of the input `data`, for estimates: rows, columns guessed from them.
struct InputSize {
  double bytes = 0, rows = 0, values = 0;
};
InputSize size_of_data(const InputInfos& inputs);

}  // namespace reprise::protoclust
