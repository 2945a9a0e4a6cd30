// Columns of the tables that a run of my-process writes, and its metrics.
#include "labs/discrete-diffusion-convergence/my_process.h"

namespace reprise::diffusion {

const Specs& process_metric_columns() {
  static const Specs specs = {{"name", ColumnType::Text}, {"value", ColumnType::Real}};
  return specs;
}
const Specs& process_marginal_columns() {
  static const Specs specs = {{"level", ColumnType::Integer},
                              {"sigma", ColumnType::Real},
                              {"tv_to_stationary", ColumnType::Real},
                              {"entropy", ColumnType::Real},
                              {"expected_observable", ColumnType::Real}};
  return specs;
}
const Specs& process_backward_columns() {
  static const Specs specs = {{"step", ColumnType::Integer},
                              {"sigma", ColumnType::Real},
                              {"sigma_next", ColumnType::Real},
                              {"h", ColumnType::Real},
                              {"discretisation_term", ColumnType::Real},
                              {"oscillation", ColumnType::Real},
                              {"max_neighbour_difference", ColumnType::Real}};
  return specs;
}
const Specs& process_bound_columns() {
  static const Specs specs = {{"step", ColumnType::Integer}, {"residual", ColumnType::Real}};
  return specs;
}
const Specs& process_grid_columns() {
  static const Specs specs = {{"t", ColumnType::Real}, {"sigma", ColumnType::Real}};
  return specs;
}
const Specs& process_goal_columns() {
  static const Specs specs = {
      {"t", ColumnType::Real}, {"sigma", ColumnType::Real}, {"predicted_term", ColumnType::Real}};
  return specs;
}
const Specs& process_symbol_columns() {
  static const Specs specs = {
      {"symbol", ColumnType::Integer}, {"text", ColumnType::Text}, {"count", ColumnType::Integer}};
  return specs;
}
const Specs& process_states_columns() {
  static const Specs specs = {{"states", ColumnType::Integer}};
  return specs;
}
const Specs& process_array_columns() {
  static const Specs specs = {{"value", ColumnType::Real}};
  return specs;
}
const std::vector<std::string>& process_metric_names() {
  static const std::vector<std::string> names = {"symbols",
                                                 "jumps",
                                                 "tv",
                                                 "tv_init",
                                                 "kl_init",
                                                 "residual_bound",
                                                 "bound",
                                                 "error",
                                                 "init_term",
                                                 "discretisation_term",
                                                 "early_stop_tv",
                                                 "identity_residual",
                                                 "sum_of_terms",
                                                 "goal_steps",
                                                 "goal_predicted_error",
                                                 "goal_error_bar",
                                                 "goal_error",
                                                 "goal_init_term",
                                                 "goal_sum_of_terms",
                                                 "goal_tv",
                                                 "recommended_tv",
                                                 "recommended_residual_bound",
                                                 "observable_oscillation",
                                                 "largest_oscillation_increase"};
  return names;
}

}  // namespace reprise::diffusion
