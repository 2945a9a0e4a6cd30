// The program `reprise`: reads the command line and calls a subcommand. Exit codes are in
// command_line/commands.h.
#include "base/error.h"
#include "base/math_digest.h"
#include "build_version.h"
#include "command_line/commands.h"
#include "serve.h"
#include "worker.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

using reprise::RunOptions;
using reprise::ServeOptions;

std::string refuse_empty(const std::string& text) {
  return text.empty() ? "the value is empty" : "";
}

void add_run(CLI::App& app, RunOptions& options, std::string& memory) {
  app.add_option("study", options.study, "LAB/STUDY, as shown by `reprise list`")->required();
  app.add_option("--preset", options.preset, "widget (default), browser or paper")->check(refuse_empty);
  app.add_option("--set", options.settings, "K=V: a parameter; V is JSON or text, lists also a,b,c")
      ->allow_extra_args(false);
  app.add_option("--input", options.inputs, "NAME=FILE: data that the study reads")->allow_extra_args(false);
  app.add_option("--seed", options.seed, "seed of all random streams")->capture_default_str();
  app.add_option("--workers", options.workers, "tasks at a time; default: one a core")
      ->check(CLI::Range(1, 1024));
  app.add_option("--threads", options.threads, "threads inside a task")->check(CLI::Range(1, 1024));
  app.add_option("--device", options.device, "where tasks run")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  app.add_option("--isa", options.isa, "numeric level");
  app.add_option("--max-memory", memory, "such as 512M or 2G; fewer workers run when they would not fit")
      ->check(refuse_empty);
  app.add_flag("--json", options.json, "print the report as JSON, and nothing else, on stdout");
  app.add_option("--out", options.out, "folder for report, tables and files; a repeated call resumes from it")
      ->check(refuse_empty);
  app.add_flag("--check{on}", options.check, "exit 4 when a claim fails; =strict: or is not evaluated")
      ->check(CLI::IsMember({"on", "strict"}));
}

void add_serve(CLI::App& app, std::string& listen, ServeOptions& options) {
  app.add_option("--listen", listen, "address:port; port 0: any free one")->capture_default_str();
  app.add_option("--data", options.data, "folder for jobs and datasets")->capture_default_str();
  app.add_option("--site", options.site, "folder with the built pages");
  app.add_option("--workers", options.workers, "worker processes; default: one a core")
      ->check(CLI::Range(1, 1024));
  app.add_option("--allow-host", options.allowed_hosts, "another Host that may be asked for")
      ->allow_extra_args(false);
  app.add_option("--allow-origin", options.allowed_origins, "another web origin that may call the API")
      ->allow_extra_args(false);
  app.add_option("--max-upload", options.max_upload, "bytes of one dataset")->capture_default_str();
}

void split_listen(const std::string& listen, ServeOptions& options) {
  const std::size_t colon = listen.rfind(':');
  std::size_t used = 0;
  unsigned long port = 65536;
  try {
    if (colon != std::string::npos) port = std::stoul(listen.substr(colon + 1), &used);
  } catch (const std::exception&) {
    port = 65536;
  }
  if (colon == std::string::npos || colon == 0 || port > 65535 || used != listen.size() - colon - 1) {
    throw reprise::InputError("--listen '" + listen + "': expected ADDRESS:PORT, such as 127.0.0.1:8080");
  }
  options.address = listen.substr(0, colon);
  if (options.address.size() > 2 && options.address.front() == '[') {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  options.port = static_cast<std::uint16_t>(port);
}

int run_command(int argc, char** argv) {
  CLI::App app{"Reprise re-performs machine-learning papers."};
  app.require_subcommand(1);
  app.set_version_flag("--version", reprise::build_version);

  bool json = false;
  CLI::App* list = app.add_subcommand("list", "the studies of this build");
  list->add_flag("--json", json, "as JSON");

  std::string study;
  CLI::App* describe =
      app.add_subcommand("describe", "one study as JSON: parameters, presets, inputs, figures, claims");
  describe->add_option("study", study, "LAB/STUDY")->required();

  RunOptions run_options;
  std::string memory;
  CLI::App* run = app.add_subcommand("run", "runs a study and prints its report");
  add_run(*run, run_options, memory);

  std::string listen = "127.0.0.1:8080";
  ServeOptions serve_options;
  CLI::App* serve = app.add_subcommand("serve", "the HTTP server with the pages");
  add_serve(*serve, listen, serve_options);

  // Hidden: what the server starts, and what a test compares with the WebAssembly build.
  CLI::App* worker = app.add_subcommand("worker", "")->group("");
  std::uint64_t digest_count = 0;
  CLI::App* digest = app.add_subcommand("math-digest", "")->group("");
  digest->add_option("count", digest_count)->required();

  if (argc > 1 && argv[1][0] != '-') {
    try {
      app.get_subcommand(argv[1]);
    } catch (const CLI::OptionNotFound&) {
      throw reprise::InputError("unknown subcommand '" + std::string(argv[1]) +
                                "'; allowed: list, describe, run, serve");
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    std::cerr << "reprise: " << error.what() << "\nTry 'reprise --help'.\n";
    return reprise::exit_bad_input;
  }

  if (*list) return reprise::list_studies(json);
  if (*describe) return reprise::describe_study(study);
  if (*run) {
    if (!memory.empty()) run_options.memory_limit = reprise::parse_size(memory);
    return reprise::run_study(run_options);
  }
  if (*serve) {
    split_listen(listen, serve_options);
    return reprise::serve(serve_options);
  }
  if (*worker) return reprise::work();
  std::cout << reprise::math_digest(digest_count) << '\n';
  return reprise::exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command(argc, argv);
  } catch (const reprise::InputError& error) {
    for (const reprise::Problem& problem : error.problems())
      std::cerr << "reprise: " << problem.message << '\n';
    return reprise::exit_bad_input;
  } catch (const std::exception& error) {
    std::cerr << "reprise: " << error.what() << '\n';
    return reprise::exit_failure;
  }
}
