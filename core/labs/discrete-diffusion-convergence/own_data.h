// Laws, priors, grids, observables, scores and samples from a visitor's files, with the place of what is
// wrong.
#pragma once

#include "data/npy.h"
#include "markov/noise.h"
#include "markov/schedule.h"
#include "study/study.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::diffusion {

/// Columns x1, …, xd, p; states that are missing have probability 0; S = 1 + largest token, at least 2.
/// InputError: columns of other names, tokens that are no integers, states given twice (both rows), more than
/// markov::most_states states, and what markov::check_law refuses.
markov::Law read_law(const TaskContext& context);

/// Columns token, p: every token 0…S − 1 once.
markov::RankOneNoise read_prior(const TaskContext& context, std::size_t symbols);

/// The input "grid" (formats: read_noise_grid in schedule_files.h), or the schedule's own grid without it.
markov::NoiseGrid read_grid(const TaskContext& context, const markov::Schedule& schedule, std::size_t levels);

/// Columns x1, …, xd, value: one row for every state of the working space.
std::vector<double> read_observable(const TaskContext& context, const markov::StateSpace& space);

/// Columns x1, …, xd: rows of tokens, from the input `name` ("samples" or "reference").
struct TokenRows {
  std::size_t length = 0;
  std::vector<std::int64_t> tokens;  ///< rows × length
  std::size_t rows() const { return length == 0 ? 0 : tokens.size() / length; }
};
TokenRows read_tokens(const TaskContext& context, std::string_view name);

/// Entries of one level of a score table.
inline constexpr std::size_t most_score_entries = 2'000'000;
/// NPY array (N, states, d, S) of ŝ at the N noisy ends, level by level.
class ScoreFile {
 public:
  /// InputError: another shape (both are named), more than most_score_entries a level.
  ScoreFile(const TaskContext& context, const markov::RankOneNoise& noise, const markov::StateSpace& space,
            std::size_t steps);
  /// InputError: a negative or non-finite value, or a value for a token that is not masked (position).
  std::vector<double> level(std::size_t step) const;

 private:
  const markov::RankOneNoise& noise_;
  markov::StateSpace space_;
  std::string file_name_;
  NpyReader reader_;
};

/// The six inputs as descriptions, by name.
InputSpec law_input();
InputSpec prior_input();
InputSpec grid_input();
InputSpec observable_input();
InputSpec score_input();
InputSpec samples_input(std::string name, std::string description);

}  // namespace reprise::diffusion
