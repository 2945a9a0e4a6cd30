// The subcommands of `reprise` that end on their own: list, describe, run.
#pragma once

#include "study/study.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace reprise {

// Exit codes, read from outside.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_bad_input = 2;
inline constexpr int exit_cancelled = 3;
inline constexpr int exit_claim_fails = 4;

struct RunOptions {
  std::string study;
  std::string preset;
  std::vector<std::string> settings;  // K=V
  std::vector<std::string> inputs;    // NAME=FILE
  std::uint64_t seed = default_seed;
  int workers = 0;  // 0: one a core
  int threads = 1;  // inside a task
  std::string device = "auto";
  std::string isa;                     // numeric level; empty: the study's own
  std::optional<double> memory_limit;  // bytes
  bool json = false;
  std::filesystem::path out;  // empty: no files
  std::string check;          // "", "on", "strict"
};

int list_studies(bool json);
int describe_study(const std::string& study);
int run_study(const RunOptions& options);

/// "512M", "2G", "1.5e9" as bytes; InputError for anything else.
double parse_size(const std::string& text);

}  // namespace reprise
