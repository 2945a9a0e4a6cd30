// Tasks of the study certificate: a sample of the sweep; or reading, fitting and certifying one clustering.
#pragma once

#include "labs/prototype-clustering/certificate_study.h"
#include "study/study.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::protoclust {

inline constexpr std::string_view sweep_stage = "sweep";
inline constexpr std::string_view read_stage = "read";
inline constexpr std::string_view fit_stage = "fit";
inline constexpr std::string_view certify_stage = "certify";

/// One sample of the sweep.
struct SweepCell {
  std::int64_t k = 2;
  std::vector<double> shares;  // empty, or one
  double separation = 0;
  std::int64_t trial = 0;
};
std::size_t sweep_groups(const CertificateConfig& config);  ///< entries of shares, or of k_list
std::int64_t sweep_tasks(const CertificateConfig& config);
SweepCell sweep_cell(const CertificateConfig& config, std::int64_t index);
bool has_labels(const CertificateConfig& config, const InputInfos& inputs);

const std::vector<ColumnSpec>& certificate_columns();
/// Names and columns of the tables of one clustering.
const std::vector<std::pair<std::string, std::vector<ColumnSpec>>>& clustering_tables();

std::unique_ptr<Stepper> start_sweep_task(const CertificateConfig& config, std::int64_t index,
                                          TaskContext& context);
std::unique_ptr<Stepper> start_read_task(const CertificateConfig& config, TaskContext& context);
std::unique_ptr<Stepper> start_fit_task(const CertificateConfig& config, std::int64_t restart,
                                        TaskContext& context);
std::unique_ptr<Stepper> start_certify_task(const CertificateConfig& config, TaskContext& context);

}  // namespace reprise::protoclust
