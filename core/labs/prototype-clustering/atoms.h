// Two instances that are solved exactly: a small cluster that has to be seen, and outliers that have to be
// ignored. Atoms on a line, two prototypes (derived form).
#pragma once

#include "labs/prototype-clustering/loss.h"

#include <cstdint>

namespace reprise::protoclust {

/// Least a·ψ(t) + b·ψ(distance − t): the cost of one prototype for two atoms of masses a and b.
double pair_cost(const Loss& loss, double a, double b, double distance);

/// TwoAtom: masses (1 − p)/2 at −1 and at 1, mass p at D; the benchmark is {±1}, {D}.
/// Outlier: masses (1 − p)/2 at 0 and at 1, mass p at D; the benchmark is {0}, {1}, with the outliers in the
/// second.
enum class AtomInstance { TwoAtom, Outlier };

/// Whether two clusters are cheapest with the far atom alone: the small cluster is seen, or the outliers have
/// stolen a prototype.
bool far_atom_alone(AtomInstance instance, const Loss& loss, double share, double distance);
/// The smallest distance in [1, 10⁶] from which it is, to 10⁻⁹ relative; infinite where it never is.
double measured_threshold(AtomInstance instance, const Loss& loss, double share);
/// The same from the closed form: power losses; infinite for a capped loss that cannot see so small a share;
/// NaN elsewhere.
double closed_form_threshold(AtomInstance instance, const Loss& loss, double share);

}  // namespace reprise::protoclust
