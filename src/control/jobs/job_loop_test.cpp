#include "control/jobs/job_loop.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "control/jobs/process_runner.hpp"
#include "drivers/system/folders.hpp"

namespace drover::control {
namespace {

namespace fs = std::filesystem;

/// Counts the transactions that it is asked for.
class CountingStore final : public Store {
 public:
  Status commit(const std::vector<StoreWrite>& writes) override {
    ++commits;
    if (fails) return fail(Code::unavailable, "the disk is full");
    return inner.commit(writes);
  }
  Result<std::optional<std::string>> get(std::string_view key) override { return inner.get(key); }
  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override {
    return inner.scan(prefix);
  }

  MemoryStore inner;
  int commits = 0;
  bool fails = false;
};

class JobLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("drover-jobs-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    open();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void open() {
    auto opened = JobLoop::open({.store = store_,
                                 .folders = folders_,
                                 .clock = clock_,
                                 .folder = folder_,
                                 .runner = [this](const jobs::JobRecord&) -> Result<Runner*> {
                                   if (is_place_known_) return &runner_;
                                   return fail(Code::not_found, "there is no context train");
                                 }});
    ASSERT_TRUE(opened);
    loop_.emplace(std::move(*opened));
  }
  std::vector<std::string> submit(int count, int retries = 0) {
    std::vector<jobs::JobRecord> wanted(static_cast<std::size_t>(count));
    for (auto& job : wanted) {
      job.spec.command = "true";
      job.retries = retries;
    }
    auto ids = loop_->submit(std::move(wanted));
    EXPECT_TRUE(ids);
    return ids.value_or(std::vector<std::string>());
  }
  const jobs::JobRecord& job(const std::string& id) { return **loop_->find(id); }
  std::string running() {
    std::string names;
    for (const auto& name : processes_.running()) names += name + " ";
    return names;
  }
  void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  std::string variable(const std::string& process, const std::string& name) {
    const ProcessSpec* spec = processes_.find(process);
    if (spec == nullptr) return "no such process";
    for (const auto& [key, value] : spec->environment)
      if (key == name) return value;
    return "";
  }

  std::string folder_;
  CountingStore store_;
  SimClock clock_{Instant(std::chrono::days(20000))};
  FakeProcesses processes_;
  system::SystemFolders folders_;
  ProcessRunner runner_{processes_, folders_, 2, {}};
  bool is_place_known_ = true;
  std::optional<JobLoop> loop_;
};

TEST_F(JobLoopTest, KeepsAllThatATickDecidesInOneTransaction) {
  const auto ids = submit(5);
  EXPECT_EQ(store_.commits, 1) << "five records, of which two have begun";
  EXPECT_EQ(processes_.running().size(), 2U);
  for (const auto& name : processes_.running()) processes_.finish(name, 0);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(store_.commits, 2) << "two ends and two beginnings";
  EXPECT_EQ(processes_.running().size(), 2U);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(store_.commits, 2) << "nothing has happened";
  EXPECT_EQ(loop_->take_over().size(), 2U);
  EXPECT_TRUE(loop_->take_over().empty()) << "each is told once";
}

TEST_F(JobLoopTest, DoesNothingOfWhatCouldNotBeKept) {
  store_.fails = true;
  EXPECT_FALSE(loop_->submit({jobs::JobRecord{}}));
  EXPECT_TRUE(processes_.running().empty());
  EXPECT_TRUE(loop_->all().empty());
  store_.fails = false;
  const auto ids = submit(1);
  processes_.finish(ids[0] + ".1", 0);
  store_.fails = true;
  EXPECT_FALSE(loop_->tick());
  EXPECT_FALSE(jobs::is_over(job(ids[0]).state)) << "not before it is on record";
  store_.fails = false;
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(ids[0]).state, jobs::State::completed);
}

TEST_F(JobLoopTest, BeginsALostAttemptWithTheOutputsOfTheOneBefore) {
  const std::string id = submit(1)[0];
  EXPECT_EQ(variable(id + ".1", "DROVER_RESUME"), "");
  write(folder_ + "/jobs/" + id + "/1/outputs/checkpoint", "epoch 7");
  processes_.lose_all();
  processes_.tell_again();
  ASSERT_TRUE(loop_->tick());
  clock_.advance(jobs::retry_pause_max);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(running(), id + ".2 ");
  const std::string outputs = folder_ + "/jobs/" + id + "/2/outputs";
  EXPECT_EQ(variable(id + ".2", "DROVER_RESUME"), outputs);
  EXPECT_EQ(*folders_.read(outputs + "/checkpoint", 0, 100), "epoch 7");
  EXPECT_EQ(loop_->outputs_path(job(id)), outputs);
}

TEST_F(JobLoopTest, ACheckpointLinkLeadsToTheCopyInTheNextAttempt) {
  const std::string id = submit(1)[0];
  const std::string first = folder_ + "/jobs/" + id + "/1";
  fs::create_directories(first + "/outputs/ckpt-3");
  write(first + "/outputs/ckpt-3/step", "3");
  write(first + "/note", "beside");
  fs::create_symlink(first + "/outputs/ckpt-3", first + "/outputs/latest");
  fs::create_symlink("../note", first + "/outputs/note");
  fs::create_symlink("/etc/hostname", first + "/outputs/machine");
  fs::create_symlink("gone", first + "/outputs/dangling");
  processes_.lose_all();
  processes_.tell_again();
  ASSERT_TRUE(loop_->tick());
  clock_.advance(jobs::retry_pause_max);
  ASSERT_TRUE(loop_->tick());
  fs::remove_all(first);
  const std::string outputs = folder_ + "/jobs/" + id + "/2/outputs";
  EXPECT_EQ(*folders_.read(outputs + "/latest/step", 0, 9), "3");
  EXPECT_EQ(*folders_.read(outputs + "/note", 0, 9), "beside") << "it lies in the folder of the attempt";
  EXPECT_FALSE(fs::exists(outputs + "/machine")) << "what a job links to on this machine is not its output";
  const std::string log = *loop_->read_log(job(id), 0);
  EXPECT_NE(log.find("dangling (it is a link to "), std::string::npos) << log;
}

TEST_F(JobLoopTest, TheCodeFolderMayHoldTheStateFolderAndOddFiles) {
  fs::create_directories(folder_ + "/src/.drover");
  write(folder_ + "/src/train.py", "print()");
  write(folder_ + "/src/.drover/state.db", "secret");
  ASSERT_EQ(::mkfifo((folder_ + "/src/pipe").c_str(), 0600), 0);
  jobs::JobRecord wanted{.folder = folder_};
  wanted.spec.command = "true";
  wanted.spec.code = "src";
  const auto ids = loop_->submit({wanted});
  ASSERT_TRUE(ids) << format_error(ids.error());
  const std::string kept = folder_ + "/jobs/" + ids->front() + "/code";
  EXPECT_TRUE(fs::exists(kept + "/train.py"));
  EXPECT_FALSE(fs::exists(kept + "/.drover"));
  EXPECT_EQ(job(ids->front()).notes,
            std::vector<std::string>{"code: left out, since it cannot be copied: pipe (it is a pipe)"});
  EXPECT_EQ(loop_->left_behind(wanted).value(), job(ids->front()).notes) << "a dry run says the same";

  wanted.spec.code = ".";
  EXPECT_EQ(loop_->submit({wanted}).error().code, Code::precondition) << "the copy would hold itself, and secrets";
}

TEST_F(JobLoopTest, NamesMeanOneJob) {
  jobs::JobRecord wanted;
  wanted.spec.command = "true";
  wanted.spec.name = "same";
  wanted.spec.display_name = "shown";
  ASSERT_TRUE(loop_->submit({wanted}));
  EXPECT_EQ(loop_->submit({wanted}).error().code, Code::already_exists);
  wanted.spec.name = "other";
  EXPECT_EQ(loop_->submit({wanted, wanted}).error().code, Code::already_exists) << "twice in one submission";
  EXPECT_EQ((*loop_->find("same"))->spec.name, "same");
  EXPECT_EQ((*loop_->find("shown"))->spec.name, "same") << "the only one that is shown so";
  ASSERT_TRUE(loop_->submit({wanted}));
  EXPECT_EQ(loop_->find("shown").error().code, Code::invalid_input);
  wanted.spec.name = (*loop_->find("same"))->id;
  EXPECT_EQ(loop_->submit({wanted}).error().code, Code::already_exists) << "the id of another";
}

TEST_F(JobLoopTest, TheReasonOfAFailureHasTheLastWordsOfTheLog) {
  const std::string id = submit(1)[0];
  write(folder_ + "/jobs/" + id + "/log", "step 1\nValueError: loss is \x1b[31mNaN\n\n");
  processes_.finish(id + ".1", 1);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(id).reason, "its command ended with exit code 1: ValueError: loss is \\x1b[31mNaN");
}

TEST_F(JobLoopTest, ALongCommandRunsFromAFileAndRanksFromAScript) {
  jobs::JobRecord wanted;
  wanted.spec.command = std::string(200'000, 'a');
  wanted.spec.distribution = {.type = "pytorch", .processes_per_instance = 2};
  const std::string id = loop_->submit({wanted})->front();
  const ProcessSpec* process = processes_.find(id + ".1");
  ASSERT_NE(process, nullptr);
  const std::string script = folder_ + "/jobs/" + id + "/1.command";
  EXPECT_EQ(process->command.back(), script);
  EXPECT_EQ(*folders_.size(script), 200'000);
  EXPECT_EQ(process->command.at(3), "2");
  EXPECT_EQ(variable(id + ".1", "WORLD_SIZE"), "2");
}

TEST_F(JobLoopTest, AnOutputThatIsAFileIsNoFolder) {
  jobs::JobRecord wanted;
  wanted.spec.command = "true";
  wanted.spec.outputs = {{"table", {.type = "uri_file"}}, {"model", {}}};
  const std::string id = loop_->submit({wanted})->front();
  EXPECT_FALSE(fs::exists(folder_ + "/jobs/" + id + "/1/outputs/table"));
  EXPECT_TRUE(fs::is_directory(folder_ + "/jobs/" + id + "/1/outputs/model"));
}

TEST_F(JobLoopTest, PausesBeforeItTriesAgainWhatWasLostAndRemembersThatWhenItIsKilled) {
  const std::string lost = submit(1)[0];
  processes_.lose_all();
  processes_.tell_again();
  ASSERT_TRUE(loop_->tick());
  open();
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(running(), "");
  const std::string why = loop_->why(job(lost));
  EXPECT_NE(why.find(" before attempt 2 of 3, since its process was lost"), std::string::npos) << why;
  open();  // another process reads the records
  ASSERT_EQ(job(lost).past.size(), 1U);
  EXPECT_EQ(job(lost).past[0].attempt, 1);
  EXPECT_EQ(job(lost).past[0].reason, "its process was lost: the machine went down under it");
  EXPECT_LE(job(lost).past[0].started, job(lost).past[0].ended);
  EXPECT_NE(job(lost).past[0].started, Instant{});
  EXPECT_TRUE(loop_->has_open());
  // Others take the slots meanwhile, and it goes before whoever came later once its pause is over.
  const auto others = submit(3);
  EXPECT_EQ(processes_.running().size(), 2U);
  clock_.advance(jobs::retry_pause_max);
  EXPECT_EQ(loop_->why(job(others[2])).substr(loop_->why(job(others[2])).find(", and ")),
            ", and 1 job goes before it.");
  processes_.finish(others[0] + ".1", 0);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(lost).state, jobs::State::running);
  EXPECT_EQ(job(lost).again, Instant{});
}

TEST_F(JobLoopTest, TriesAgainWhatFailedOnlyWhereItsAuthorAsked) {
  const std::string once = submit(1)[0], twice = submit(1, 1)[0];
  processes_.finish(once + ".1", 3);
  processes_.finish(twice + ".1", 3);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(once).state, jobs::State::failed);
  EXPECT_EQ(running(), twice + ".2 ");
  processes_.finish(twice + ".2", 0);
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(twice).state, jobs::State::completed);
}

TEST_F(JobLoopTest, EndsOnRecordWhatIsCanceledInAPlaceThatIsNotKnownAnyMore) {
  const auto ids = submit(3);
  is_place_known_ = false;
  EXPECT_TRUE(loop_->cancel(ids[2]));
  EXPECT_EQ(job(ids[2]).state, jobs::State::canceled) << "it had not begun";
  EXPECT_FALSE(job(ids[2]).leaves_traces);

  EXPECT_TRUE(loop_->cancel(ids[1]));
  EXPECT_EQ(job(ids[1]).state, jobs::State::stopping);
  clock_.advance(2 * jobs::unseen_patience);
  EXPECT_TRUE(loop_->tick());
  EXPECT_EQ(job(ids[1]).state, jobs::State::stopping) << "the machine slept: nobody has looked";
  for (Duration looked{0}; looked < jobs::unseen_patience; looked += std::chrono::seconds(50)) {
    EXPECT_EQ(job(ids[1]).state, jobs::State::stopping);
    clock_.advance(std::chrono::seconds(50));
    EXPECT_TRUE(loop_->tick());
  }
  EXPECT_NE(loop_->why(job(ids[1])).find("there is no context train"), std::string::npos) << loop_->why(job(ids[1]));
  EXPECT_EQ(job(ids[1]).state, jobs::State::canceled);
  EXPECT_NE(job(ids[1]).reason.find("is not known: there is no context train"), std::string::npos)
      << job(ids[1]).reason;
  EXPECT_TRUE(job(ids[1]).leaves_traces);

  EXPECT_EQ(job(ids[0]).state, jobs::State::running) << "nobody asked it to end";

  EXPECT_TRUE(loop_->cancel(ids[0]));
  clock_.advance(2 * jobs::unseen_patience);
  open();
  EXPECT_TRUE(loop_->tick());
  EXPECT_EQ(job(ids[0]).state, jobs::State::stopping) << "a program that has just begun has not looked for long";
  is_place_known_ = true;
  processes_.finish(ids[0] + ".1", 0);
  EXPECT_TRUE(loop_->tick());
  EXPECT_EQ(job(ids[0]).state, jobs::State::canceled);
  EXPECT_EQ(job(ids[0]).reason, "it was canceled") << "its end was seen";
}

TEST_F(JobLoopTest, FindsItsJobsAgain) {
  const auto ids = submit(3);
  processes_.finish(ids[0] + ".1", 0);
  ASSERT_TRUE(loop_->tick());
  open();
  EXPECT_EQ(loop_->counts().at(jobs::State::completed), 1U);
  EXPECT_TRUE(loop_->has_open());
  ASSERT_TRUE(loop_->tick());
  EXPECT_EQ(job(ids[1]).state, jobs::State::running);
  EXPECT_EQ(job(ids[2]).state, jobs::State::running);
  EXPECT_EQ(loop_->why(job(ids[0])), "Completed after 0.0 s.");
}

TEST_F(JobLoopTest, ForgetsWhatEndedLongAgo) {
  const auto ids = submit(3);
  processes_.finish(ids[0] + ".1", 0);
  ASSERT_TRUE(loop_->tick());
  clock_.advance(std::chrono::days(40));
  EXPECT_EQ(loop_->outdated(std::chrono::days(30)), std::vector<std::string>{ids[0]}) << "not those that are open";
  ASSERT_TRUE(loop_->remove(ids[0]));
  EXPECT_FALSE(fs::exists(folder_ + "/jobs/" + ids[0]));
  EXPECT_FALSE(loop_->find(ids[0]));
  EXPECT_FALSE(loop_->remove(ids[1])) << "it runs";
}

}  // namespace
}  // namespace drover::control
