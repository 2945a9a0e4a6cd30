// Matrices and labels from a visitor's files, with the place of what is wrong.
#pragma once

#include "data/number_matrix.h"
#include "study/study.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::slingshot {

/// The file's name, or the input's where it has none.
std::string file_name_of(const TaskContext& context, std::string_view input);

/// A column of integers as labels of `classes` classes. InputError: several columns, a number that is no
/// integer in 0…classes − 1 (row and value).
std::vector<std::int32_t> labels_of(const NumberMatrix& column, const std::string& file_name,
                                    std::int64_t classes);

/// Appends a problem for every input of the list that is missing while another of it is there.
void check_together(const InputInfos& inputs, const std::vector<std::string>& names,
                    std::vector<Problem>& problems);

}  // namespace reprise::slingshot
