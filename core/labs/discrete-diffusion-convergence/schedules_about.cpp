// What the study schedules says about itself: parameters, figures, claims.
#include "labs/discrete-diffusion-convergence/schedules.h"
#include "labs/discrete-diffusion-convergence/target_parameters.h"

namespace reprise::diffusion {

namespace {

Mark points(const char* column) {
  Mark mark = table_mark(Mark::Kind::Points, "schedules", "schedule", column, "freeze");
  mark.filter_column = "levels";
  mark.filter_value = "max";
  return mark;
}

std::vector<Figure> figures() {
  Figure error;
  error.id = "error";
  error.question = "Which grid has the smallest error?";
  error.title = "Freezing the whole rate leaves {metrics.rate_freeze_cancels:.3f} of the error";
  error.subtitle = "Total variation with the most steps, by schedule and by what is frozen during a step";
  error.x = axis("schedule");
  error.y = axis("total variation", "", true);
  error.marks = {points("tv")};
  Figure bound;
  bound.id = "bound";
  bound.question = "Which grid has the smallest bound?";
  bound.title = "The optimal grid has {metrics.optimal_grid_smallest_bound:.2f} of the best schedule's bound";
  bound.subtitle = "Residual bound with the most steps, by schedule and by what is frozen during a step";
  bound.x = axis("schedule");
  bound.y = axis("residual bound", "", true);
  bound.marks = {points("residual_bound")};
  Figure density;
  density.id = "density";
  density.question = "Where does the bound spend its budget?";
  density.subtitle = "Residual of a step over its squared length, by noise level, for the chosen schedule";
  density.x = axis("noise level σ", "noise clock", true);
  density.y = axis("residual / h²", "", true);
  density.marks = {line_mark("residual_density", "residual / h²")};
  return {error, bound, density};
}

std::vector<ClaimSpec> claims() {
  return {
      claim_spec("linear-modes-coincide",
                 "With a linear schedule both ways of freezing are the same: largest difference of the laws.",
                 Relation::AtMost, 1e-12, "An identity: its speed is constant."),
      claim_spec("optimal-grid-smallest-bound",
                 "The bound-optimal grid has a smaller bound than all five schedules: ratio to the best.",
                 Relation::AtMost, 0.95, "Measured 0.86 to 0.91; 0.945 for chains of three tokens."),
      claim_spec(
          "rate-freeze-cancels",
          "Freezing the whole rate, not the score alone, lets errors cancel: ratio of total variations.",
          Relation::AtMost, 0.3,
          "Measured 0.05 to 0.17 (geometric), 0.03 to 0.09 (quadratic). Linear and α-linear must fail."),
      claim_spec(
          "absolute-bound-misses-cancellation",
          "The bound does not see the cancellation: bound with frozen rate over bound with frozen score.",
          Relation::AtLeast, 2, "Measured 3.6 to 6.7 for a geometric schedule."),
  };
}

}  // namespace

Parameters<SchedulesConfig> schedules_parameters() {
  using Config = SchedulesConfig;
  Parameters<Config> list;
  describe_target(list, 50257);
  list.integers("levels_list", &Config::levels_list)
      .within(2, 4096)
      .entries(1, 20)
      .increasing()
      .label("Steps N")
      .help("Every schedule is run with each of them.")
      .essential()
      .preset("browser", Json(std::vector<std::int64_t>{8, 16, 32, 64}))
      .preset("paper", Json(std::vector<std::int64_t>{16, 32, 64, 128, 256, 512}));
  describe_noise(list);
  describe_instances(list);
  return list;
}

Description schedules_description() {
  Description about;
  about.study = "discrete-diffusion-convergence/schedules";
  about.title = "Schedules and the best grid";
  about.question = "Which grid of noise levels has the smallest error, and which the smallest bound?";
  about.summary =
      "Five schedules, each with the score or with the whole rate frozen during a step, and the grid that "
      "spends "
      "the bound evenly. Errors of a step have signs and may cancel; a bound adds their sizes.";
  about.inputs = {law_input()};
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::diffusion
