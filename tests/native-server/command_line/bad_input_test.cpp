// Every kind of bad call: exit code 2, a message that names what, where and what is allowed, nothing on
// stdout, nothing written.
#include "native-server/command_line/program.h"

#include <gtest/gtest.h>

namespace reprise::testing {
namespace {

struct BadCall {
  std::string name;
  std::string arguments;
  std::vector<std::string> message_parts;
};

class BadCalls : public ::testing::TestWithParam<BadCall> {};

TEST_P(BadCalls, AreRefusedWithAMessage) {
  const Outcome outcome = reprise_program(GetParam().arguments);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  for (const std::string& part : GetParam().message_parts) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << "missing: " << part << "\nin: " << outcome.err;
  }
}

const std::string bins = "run recalibration/optimal-bins ";

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadCalls,
    ::testing::Values(
        BadCall{"no_subcommand", "", {"subcommand"}}, BadCall{"unknown_subcommand", "dance", {"dance"}},
        BadCall{"unknown_option", bins + "--fast", {"--fast"}},
        BadCall{
            "unknown_study", "run recalibration/optimal-bin", {"recalibration/optimal-bin", "optimal-bins"}},
        BadCall{"unknown_study_described", "describe x/y", {"unknown study 'x/y'"}},
        BadCall{"unknown_key", bins + "--set sedes=3", {"unknown parameter 'sedes'", "seeds"}},
        BadCall{
            "unknown_preset", bins + "--preset huge", {"unknown preset 'huge'", "widget, browser, paper"}},
        BadCall{"unknown_input",
                bins + "--input scores=" REPRISE_SOURCE_DIR "/README.md",
                {"unknown input 'scores'", "allowed: none"}},
        BadCall{"wrong_type", bins + "--set seeds=many", {"seeds", "\"many\"", "an integer 1…1000"}},
        BadCall{"out_of_range", bins + "--set seeds=0", {"seeds", "found 0", "1…1000"}},
        BadCall{"not_a_number", bins + "--set mu=NaN", {"mu", "NaN", "(0, 10]"}},
        BadCall{"overflowing", bins + "--set mu=1e400", {"mu", "1e400", "(0, 10]"}},
        BadCall{"decreasing_list", bins + "--set n_list=300,200", {"n_list", "entry 2"}},
        BadCall{"several_at_once",
                bins + "--set seeds=0 --set mu=-1 --set nothing=1",
                {"seeds: found 0", "mu: found -1", "unknown parameter 'nothing'"}},
        BadCall{"no_value", bins + "--set seeds", {"--set 'seeds'", "NAME=VALUE"}},
        BadCall{"missing_file",
                "run recalibration/my-scores --input scores=/nonexistent.csv",
                {"/nonexistent.csv", "No such file"}},
        BadCall{"folder_as_file", "run recalibration/my-scores --input scores=/", {"not a regular file"}},
        BadCall{"required_input", "run recalibration/my-scores", {"input 'scores' is required"}},
        BadCall{"empty_preset", bins + "--preset \"\"", {"--preset", "empty"}},
        BadCall{"empty_out", bins + "--out \"\"", {"--out", "empty"}},
        BadCall{"empty_memory", bins + "--max-memory \"\"", {"--max-memory", "empty"}},
        BadCall{"out_that_cannot_be",
                bins + "--set seeds=1 --out /dev/null/folder",
                {"--out", "/dev/null/folder"}},
        BadCall{"input_twice",
                "run recalibration/my-scores --input scores=/etc/hostname --input scores=/etc/hostname",
                {"--input scores=/etc/hostname", "given before"}},
        BadCall{"negative_seed", bins + "--seed -1", {"seed"}},
        BadCall{"large_seed", bins + "--seed 9007199254740992", {"--seed", "9007199254740991"}},
        BadCall{"no_workers", bins + "--workers 0", {"--workers"}},
        BadCall{"no_gpu_work", bins + "--device cuda", {"cuda", "cpu"}},
        BadCall{"unknown_level", bins + "--isa neon", {"--isa neon", "portable"}},
        BadCall{"unreadable_size", bins + "--max-memory lots", {"--max-memory 'lots'", "512M"}},
        BadCall{"too_little_memory", bins + "--max-memory 1k", {"--max-memory", "needs about"}},
        BadCall{"listen_without_port", "serve --listen localhost", {"ADDRESS:PORT"}}),
    [](const auto& call) { return call.param.name; });

struct BadFile {
  std::string name;
  std::string content;
  std::vector<std::string> message_parts;
};

class BadFiles : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, AreRefusedAndNothingIsWritten) {
  const TemporaryFolder folder;
  const std::string file = folder.file(GetParam().name + ".csv", GetParam().content);
  const std::filesystem::path out = folder / "out";
  const Outcome outcome =
      reprise_program("run recalibration/my-scores --json --input scores=" + file + " --out " + out.string());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(std::filesystem::exists(out));
  for (const std::string& part : GetParam().message_parts) {
    EXPECT_NE(outcome.err.find(part), std::string::npos) << "missing: " << part << "\nin: " << outcome.err;
  }
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadFiles,
    ::testing::Values(
        BadFile{"empty", "", {"empty"}}, BadFile{"header_only", "score,label\n", {"no"}},
        BadFile{"missing_column", "score\n0.5\n", {"label"}},
        BadFile{"text_for_number", "score,label\n0.5,1\nhigh,0\n", {"row 2", "high"}},
        BadFile{"short_row", "score,label\n0.5,1\n0.2\n", {"row 2"}},
        BadFile{"other_label", "score,label\n0.5,2\n", {"row 1", "2", "0 or 1"}},
        BadFile{"not_a_number", "score,label\nnan,1\n", {"row 1", "nan"}},
        BadFile{"overflowing", "score,label\n1e400,1\n", {"row 1", "1e400"}},
        BadFile{"out_of_range", "score,label\n0.5,1\n3.7,1\n", {"row 2", "3.7", "score_kind=logit"}},
        BadFile{"binary", std::string("\x7f\0\1\2\3ELF", 8), {"binary"}}),
    [](const auto& file) { return file.param.name; });

TEST(BadNpy, AWrongHeaderIsNamed) {
  const TemporaryFolder folder;
  const std::string file = folder.file("scores.npy", "\x93NUMPY\x01");
  const Outcome outcome = reprise_program("run recalibration/my-scores --input scores=" + file);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("scores.npy"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace reprise::testing
