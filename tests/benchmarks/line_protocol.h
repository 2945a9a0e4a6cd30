// How scripts/bench talks to a program that measures: one case a line on stdin, one line of JSON back on
// stdout, until stdin ends. Both sides of a comparison stay alive and take turns, so that neither has the
// machine to itself.
#pragma once

#include "base/json.h"

#include <ctime>
#include <exception>
#include <iostream>
#include <string>

namespace reprise::benchmarks {

/// Processor seconds of `work`, of the whole process: on an idle machine the wall clock of work on one
/// thread, on a busy one still what the work itself took.
template <class Work>
double seconds_of(const Work& work) {
  const std::clock_t begun = std::clock();
  work();
  return static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
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
