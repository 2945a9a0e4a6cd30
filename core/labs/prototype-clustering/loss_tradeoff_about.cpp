// What the study loss-tradeoff says about itself: parameters, presets, figures, claims.
#include "labs/prototype-clustering/loss_tradeoff.h"
#include "study/marks.h"

namespace reprise::protoclust {

namespace {

/// 0.2 … 0.002, equal ratios, four digits.
const std::vector<double>& browser_shares() {
  static const std::vector<double> shares = {
      0.2,      0.1651,   0.1363,   0.1125,   0.09283,  0.07663,  0.06325, 0.05221,  0.04309,
      0.03557,  0.02936,  0.02423,  0.02,     0.01651,  0.01363,  0.01125, 0.009283, 0.007663,
      0.006325, 0.005221, 0.004309, 0.003557, 0.002936, 0.002423, 0.002};
  return shares;
}

std::vector<Figure> figures() {
  Figure seen;
  seen.id = "thresholds";
  seen.question = "How far must a small cluster be to be seen?";
  seen.subtitle =
      "Smallest distance from which it is recovered, by its share of the points (outlier: from which the "
      "outliers "
      "take a prototype); dashed: closed form (derived)";
  seen.x = axis("share of the small cluster", "", true);
  seen.y = axis("smallest distance", "radii", true);
  Mark closed = table_mark(Mark::Kind::Line, "closed_forms", "share", "closed_form", "loss");
  closed.style = "dashed";
  seen.marks = {table_mark(Mark::Kind::Line, "finite_thresholds", "share", "measured", "loss"), closed,
                slope_mark(-0.5, "slope −1/2"), slope_mark(-1, "slope −1")};

  Figure recovered;
  recovered.id = "recovered";
  recovered.question = "Which separations are recovered?";
  recovered.subtitle =
      "With the first of the losses: share of the samples (atoms: 0 or 1) where the groups are found";
  recovered.x = axis("distance", "radii", true);
  recovered.y = axis("share of the small cluster", "", true);
  recovered.color = axis("recovered");
  Mark heat;
  heat.kind = Mark::Kind::Heat;
  heat.table = "recovery_first";
  heat.x = "distance";
  heat.y = "share";
  heat.color = "recovered";
  recovered.marks = {heat};
  return {seen, recovered};
}

std::vector<ClaimSpec> claims() {
  return {
      judged_when(
          claim_spec("closed-form",
                     "Power losses on atoms: thresholds by bisection agree with the closed form, largest "
                     "relative error.",
                     Relation::AtMost, 1e-6, "Both are exact; bisection stops at 1e-9."),
          "instance two-atom or outlier and a power loss", Json::object({{"instance", "two-atom"}})),
      judged_when(
          claim_spec("slope-kmeans",
                     "k-means sees a cluster of share p from a distance ~ p^(−1/2): |slope + 1/2|.",
                     Relation::AtMost, 0.03, "Measured −0.494 for shares up to 0.05; the limit is −1/2."),
          "an instance of atoms, power:2, and shares that reach from 0.05 to 0.01 or below",
          Json::object({{"instance", "two-atom"}})),
      judged_when(
          claim_spec("slope-kmedians", "k-medians sees it only from a distance ~ 1/p: |slope + 1|.",
                     Relation::AtMost, 0.05, "Measured −1.013 for shares up to 0.05; the limit is −1."),
          "an instance of atoms, power:1, and shares that reach from 0.05 to 0.01 or below",
          Json::object({{"instance", "two-atom"}})),
      judged_when(
          claim_spec(
              "capped-blind",
              "A capped loss never sees a share below 1/(1 + δ²) and sees every larger one: shares that "
              "disagree.",
              Relation::AtMost, 0, "A law (derived form); shares within 10 % of the limit do not count."),
          "instance two-atom and capped:δ with δ of at least 2", Json::object({{"instance", "two-atom"}})),
      judged_when(claim_spec("discs-ratio",
                             "On discs k-medians needs a larger distance than k-means: ratio of the "
                             "thresholds at the smallest "
                             "share.",
                             Relation::AtLeast, 1.8,
                             "Measured at least 2.2 at a share of 0.02; at most 1.35 at 0.1."),
                  "instance discs with power:1 and power:2",
                  Json::object({{"instance", "discs"},
                                {"losses", Json(std::vector<std::string>{"power:2", "power:1"})},
                                {"shares", Json(std::vector<double>{0.1, 0.02})}})),
  };
}

}  // namespace

Parameters<TradeoffConfig> tradeoff_parameters() {
  using Config = TradeoffConfig;
  Parameters<Config> list;
  list.choice("instance", &Config::instance, {"two-atom", "outlier", "discs"})
      .label("Instance")
      .help("two-atom and outlier are solved exactly; discs are sampled and clustered.")
      .essential()
      .preset("paper", "discs");
  list.texts("losses", &Config::losses)
      .entries(1, 20)
      .label("Losses ψ")
      .help("What a point pays for its distance: kmeans, kmedians, power:q, huber:δ, logcosh:s, capped:δ.")
      .allowed_text("kmeans, kmedians, power:q, huber:δ, logcosh:s or capped:δ")
      .essential()
      .preset("paper", Json(std::vector<std::string>{"power:2", "power:1"}));
  list.reals("shares", &Config::shares)
      .above(0)
      .at_most(0.33)
      .entries(1, 200)
      .label("Shares of the small cluster")
      .help("Of all points; for the outlier instance the share of the outliers.")
      .essential()
      .preset("browser", Json(browser_shares()))
      .preset("paper", Json(std::vector<double>{0.1, 0.05, 0.02, 0.01, 0.005}));
  list.integer("n", &Config::n)
      .within(50, 20000)
      .label("Points n")
      .help("Of each sample of two discs; at least 2 are in the small one.")
      .logarithmic()
      .only_when("instance", {"discs"})
      .preset("paper", 2000);
  list.integer("trials", &Config::trials)
      .within(1, 10000)
      .label("Samples a distance")
      .help("A distance counts as recovered when at least half of them are.")
      .only_when("instance", {"discs"})
      .preset("browser", 20)
      .preset("paper", 200);
  list.integer("distance_points", &Config::distance_points)
      .within(2, 1000)
      .label("Distances")
      .help("Between 2.05 and 20 radii, equal ratios.")
      .only_when("instance", {"discs"})
      .preset("paper", 60);
  return list;
}

Description tradeoff_description() {
  Description about;
  about.study = "prototype-clustering/loss-tradeoff";
  about.title = "Loss trade-off";
  about.question = "Which loss sees small clusters, and which resists outliers?";
  about.summary =
      "From which distance on is a small cluster found, and from which do a few outliers steal a prototype? "
      "Both "
      "follow the same power of their share, set by the loss: robust losses are blind to small clusters.";
  about.figures = figures();
  about.claims = claims();
  return about;
}

}  // namespace reprise::protoclust
