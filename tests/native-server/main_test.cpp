// The test program is also the server and the worker under test, both with the studies of test_studies.h.

#include "serve.h"
#include "test_studies.h"
#include "worker.h"

#include <gtest/gtest.h>
#include <string>

namespace {

// serve DATA [--site=…] [--workers=…] [--allow-origin=…] [--max-upload=…]
int serve_tests(int argc, char** argv) {
  reprise::ServeOptions options;
  options.port = 0;
  options.workers = 2;
  options.data = argv[2];
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "--site") options.site = value;
    if (name == "--workers") options.workers = std::stoi(value);
    if (name == "--allow-origin") options.allowed_origins.push_back(value);
    if (name == "--allow-host") options.allowed_hosts.push_back(value);
    if (name == "--max-upload") options.max_upload = std::stoull(value);
  }
  return reprise::serve(options, reprise::testing::make_test_registry(), {"/proc/self/exe", "worker"});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::string(argv[1]) == "serve") return serve_tests(argc, argv);
  if (argc > 1 && std::string(argv[1]) == "worker")
    return reprise::work(reprise::testing::make_test_registry());
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
