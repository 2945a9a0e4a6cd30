// Study loss-tradeoff: its settings, and what it says about itself.
#pragma once

#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct TradeoffConfig {
  std::string instance = "two-atom";
  std::vector<std::string> losses = {"power:2", "power:1", "huber:2", "capped:5"};
  std::vector<double> shares = {0.2, 0.09283, 0.04309, 0.02, 0.009283, 0.004309, 0.002};
  std::int64_t n = 300;
  std::int64_t trials = 4;
  std::int64_t distance_points = 24;

  bool discs() const { return instance == "discs"; }
};

Parameters<TradeoffConfig> tradeoff_parameters();
Description tradeoff_description();

}  // namespace reprise::protoclust
