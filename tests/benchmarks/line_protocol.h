// How scripts/bench talks to a program that measures: one case a line on stdin, one line of JSON back on
// stdout, until stdin ends. Both sides of a comparison stay alive and take turns, so that neither has the
// machine to itself.
#pragma once

#include "base/json.h"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace reprise::benchmarks {

/// Wall-clock seconds of `work`.
template <class Work>
double seconds_of(const Work& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// `answer(request)` for every line, as {"ok": …} or {"error": …}.
template <class Answer>
int serve_lines(const Answer& answer) {
  std::string line;
  while (std::getline(std::cin, line)) {
    Json reply = Json::object();
    try {
      reply["ok"] = answer(Json::parse(line));
    } catch (const std::exception& error) {
      reply["error"] = std::string(error.what());
    }
    std::cout << reply.dump() << std::endl;
  }
  return 0;
}

}  // namespace reprise::benchmarks
