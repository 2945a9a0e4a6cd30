// What the store keeps over restarts.

#include "store/store.h"

#include "clock/clock.h"
#include "server_under_test.h"
#include "store/data_folder.h"

namespace reprise::testing {
namespace {

JobRecord make_job(const std::string& id) {
  JobRecord job;
  job.id = id;
  job.owner = "anonymous";
  job.study = "test/work";
  job.preset = "paper";
  job.config = Json::parse(R"({"tasks": 3, "rate": 0.1, "name": "a'b\"c; DROP TABLE jobs"})");
  job.seed = (std::uint64_t{1} << 53) - 1;
  job.run_id = std::string(64, 'r');
  job.created = 1'700'000'000'000;
  job.tasks_total = 3;
  return job;
}

TEST(Store, KeepsJobsAndRanges) {
  const TemporaryFolder folder;
  const std::string id(32, 'a');
  {
    Store store(folder.path());
    JobRecord job = make_job(id);
    EXPECT_EQ(store.submit(job, "", ""), Store::Submission::Accepted);
    store.set_started(id, 5);
    store.save_progress({{id, 2, {{"draw", 0, 0}, {"draw", 2, 2}}, Json::array()}});
    store.save_progress({{id, 3, {{"draw", 0, 2}}, Json::parse(R"([{"stage": "draw"}])")}});
  }
  Store store(folder.path());
  const JobRecord job = store.find_job(id).value();
  EXPECT_EQ(job.config, make_job(id).config);
  EXPECT_EQ(job.seed, make_job(id).seed);
  EXPECT_EQ(job.state, JobState::Running);
  EXPECT_EQ(job.started, 5);
  EXPECT_EQ(job.tasks_done, 3);
  EXPECT_EQ(job.attempts.size(), 1U);
  EXPECT_EQ(store.finished_ranges(id), (std::vector<TaskRange>{{"draw", 0, 2}}));
  EXPECT_EQ(store.live_jobs().size(), 1U);
  store.finish({id, 3, {{"draw", 0, 2}}, Json::array()}, JobState::Failed, 9,
               Json::parse(R"([{"key": "x"}])"));
  EXPECT_TRUE(store.live_jobs().empty());
  EXPECT_EQ(store.jobs_by_state().at("failed"), 1);
  EXPECT_EQ(store.request_cancel(id), JobState::Failed);
  EXPECT_EQ(store.find_job(id)->state, JobState::Failed);
  EXPECT_EQ(store.request_cancel("none"), std::nullopt);
}

TEST(Store, IdempotencyKeysLastADay) {
  const TemporaryFolder folder;
  Store store(folder.path());
  JobRecord first = make_job(std::string(32, '1'));
  JobRecord again = make_job(std::string(32, '2'));
  EXPECT_EQ(store.submit(first, "key", "body"), Store::Submission::Accepted);
  EXPECT_EQ(store.submit(again, "key", "body"), Store::Submission::Repeated);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(store.submit(again, "key", "other"), Store::Submission::OtherBody);
  JobRecord next_day = make_job(std::string(32, '3'));
  next_day.created += 24 * 3600 * 1000 + 1;
  EXPECT_EQ(store.submit(next_day, "key", "other"), Store::Submission::Accepted);
  EXPECT_EQ(store.list_jobs("anonymous", std::nullopt, 0, 10).size(), 2U);
  EXPECT_TRUE(store.list_jobs("somebody", std::nullopt, 0, 10).empty());
}

TEST(Store, DatasetsOfLiveJobsStay) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const DatasetRecord dataset{{std::string(64, 'd'), "a.csv", 10, 2}, 7};
  JobRecord job = make_job(std::string(32, '1'));
  job.inputs["numbers"] = dataset.info;
  EXPECT_EQ(store.submit(job, "", ""), Store::Submission::MissingDataset);
  store.place_dataset(dataset, [] {});
  EXPECT_EQ(store.submit(job, "", ""), Store::Submission::Accepted);
  EXPECT_EQ(store.find_job(job.id)->inputs.at("numbers").rows, 2);
  int removed = 0;
  const auto remove = [&] { return store.remove_dataset(dataset.info.sha256, [&] { ++removed; }); };
  EXPECT_EQ(remove(), Store::Removal::InUse);
  store.finish({job.id, 3, {}, Json::array()}, JobState::Succeeded, 9, Json::array());
  EXPECT_EQ(remove(), Store::Removal::Removed);
  EXPECT_EQ(remove(), Store::Removal::Unknown);
  EXPECT_EQ(removed, 1);
}

TEST(DataFolder, FilesAppearWhole) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b.txt";
  write_file(path, "one");
  write_file(path, "two", true);
  EXPECT_EQ(file_text(path), "two");
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path() / "a"))
    ++entries;
  EXPECT_EQ(entries, 1U);
  EXPECT_THROW(write_file("/proc/none/file", "x"), std::exception);
  EXPECT_NE(random_id(), random_id());
  EXPECT_EQ(random_id().size(), 32U);
}

TEST(DataFolder, LeftOverUploadsGo) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "uploads");
  std::ofstream(folder.path() / "uploads/x.part") << "half";
  const DataFolder data(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(data.uploads()));
  EXPECT_THROW(DataFolder second(folder.path()), std::runtime_error);
}

TEST(Clock, Rfc3339) {
  EXPECT_EQ(rfc3339(1'000'000'000'123), "2001-09-09T01:46:40.123Z");  // the billennium
  EXPECT_EQ(rfc3339(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

}  // namespace
}  // namespace reprise::testing
