// Study certificate: its settings, and what it says about itself.
#pragma once

#include "study/description.h"
#include "study/parameters.h"

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::protoclust {

struct CertificateConfig {
  std::string source = "gmm-sweep";
  std::string loss = "kmeans";
  std::vector<std::int64_t> k_list = {3};
  std::vector<double> sep_list = {6, 7, 8, 9};
  std::vector<double> shares;
  std::vector<double> eps_list = {0, 0.01, 0.05, 0.1, 0.2};
  std::int64_t n = 150;
  std::int64_t d = 2;
  std::int64_t trials = 6;
  std::int64_t restarts = 3;
  std::int64_t grid = 100;
  std::int64_t max_iterations = 60;
  bool enumerate = false;
  std::string label_column;
  bool standardise = true;

  bool sweeps() const { return source == "gmm-sweep"; }
};

Parameters<CertificateConfig> certificate_parameters();
Description certificate_description();

}  // namespace reprise::protoclust
