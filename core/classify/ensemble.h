// Deep ensembles: networks that differ in initial weights and order of rows alone, their probabilities
// averaged.
//
//   std::vector<double> log_p = mean_log_probabilities(members, 3);   // logits of each member, [n × 3]
//   LogitsView ensemble(log_p, 3);                                    // log p̄ serves as logits
//   std::vector<double> s = score_from_logits(ensemble, ScoreKind::Msp);
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reprise::classify {

/// log p̄ = log Σ_e p^(e) − log E of the members' softmax probabilities, row-major [n × classes]; computed
/// from logarithms throughout, so that confident rows stay distinct. At least one member, all with the same
/// rows (InputError). Lakshminarayanan, Pritzel, Blundell 2017.
std::vector<double> mean_log_probabilities(std::span<const std::vector<double>> members, std::size_t classes);

}  // namespace reprise::classify
