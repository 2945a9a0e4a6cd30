// The message of the InputError that a call throws, so that tests can look at what users read.
#pragma once

#include "base/error.h"

#include <gtest/gtest.h>
#include <string>

namespace reprise::testing_data {

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no InputError";
  return {};
}

/// Expects an InputError whose message holds `part`.
#define EXPECT_INPUT_ERROR(call, part)                                                 \
  do {                                                                                 \
    const std::string message = ::reprise::testing_data::message_of([&] { call; });    \
    EXPECT_NE(message.find(part), std::string::npos) << "message: " << message << '\n' \
                                                     << "expected part: " << (part);   \
  } while (false)

}  // namespace reprise::testing_data
