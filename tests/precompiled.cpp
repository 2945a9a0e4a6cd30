// A source for the target that owns the precompiled header (tests/CMakeLists.txt).
#include "precompiled.h"
