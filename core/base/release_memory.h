// Gives the memory of a vector back. `values = {}` and `values.clear()` keep it.
#pragma once

namespace reprise {

template <class Vector>
void release_memory(Vector& values) {
  Vector().swap(values);
}

}  // namespace reprise
