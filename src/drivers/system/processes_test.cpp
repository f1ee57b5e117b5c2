// Real processes: these tests start them, so they need bubblewrap and say so where it is missing.
#include "drivers/system/processes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/isolation.hpp"
#include "drivers/system/sandbox.hpp"

namespace drover::system {
namespace {

namespace fs = std::filesystem;

class RealProcesses : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "drover-processes-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    open();
    if (processes_->isolation().unconfined_only) GTEST_SKIP() << processes_->isolation().unconfined_only->message;
  }
  void TearDown() override {
    for (const auto& record : fs::directory_iterator(folder_ + "/records"))
      processes_->forget(record.path().filename().string());
    ::usleep(20'000);  // the kernel takes its time with empty groups
    processes_.reset();
    fs::remove_all(folder_);
  }

  void open() {
    auto opened = open_processes(folder_ + "/records");
    ASSERT_TRUE(opened) << format_error(opened.error());
    processes_ = std::move(*opened);
  }
  ProcessSpec shell(const std::string& name, const std::string& script) const {
    return {.name = name,
            .command = {"sh", "-c", script},
            .environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}},
            .log = folder_ + "/" + name + ".log"};
  }
  ProcessEnd finish(const std::string& name) {
    const Instant until = SystemClock().now() + std::chrono::seconds(30);
    while (SystemClock().now() < until) {
      for (auto& end : processes_->take_ended())
        if (end.name == name) return end;
      processes_->wait(until);
    }
    ADD_FAILURE() << name << " does not end";
    return {};
  }
  std::string log_of(const std::string& name) const { return read_file(folder_ + "/" + name + ".log").value_or(""); }
  void wait_for_log(const std::string& name, const std::string& text) const {
    for (int i = 0; i < 3000 && log_of(name).find(text) == std::string::npos; ++i) ::usleep(10'000);
  }

  std::string folder_;
  std::unique_ptr<Processes> processes_;
};

TEST_F(RealProcesses, RunShutInAndSayHowTheyEnded) {
  ASSERT_TRUE(processes_->start(shell("a", "echo $GREETING from $$; ls /proc | grep -c '^[0-9]*$'; touch /x; exit 7")));
  EXPECT_EQ(processes_->running(), std::vector<std::string>{"a"});
  const auto end = finish("a");
  EXPECT_EQ(end.exit_code, 7);
  EXPECT_FALSE(end.lost);
  EXPECT_TRUE(log_of("a").starts_with("hello from 2\n")) << log_of("a");
  EXPECT_NE(log_of("a").find("Read-only file system"), std::string::npos) << log_of("a");
  EXPECT_TRUE(processes_->running().empty());
  EXPECT_EQ(processes_->start(shell("a", "true")).error().code, Code::already_exists);
  processes_->forget("a");
  EXPECT_TRUE(processes_->start(shell("a", "true")));
  EXPECT_EQ(finish("a").exit_code, 0);
}

TEST_F(RealProcesses, SeeWhatIsMountedAndNothingElse) {
  fs::create_directories(folder_ + "/made");
  auto spec = shell("m", "pwd; echo kept > out; ls /root/.. > /dev/null; ls " + folder_);
  spec.mounts = {{folder_ + "/made", "/tmp/made", true}};
  spec.folder = "/tmp/made";
  ASSERT_TRUE(processes_->start(spec));
  EXPECT_EQ(finish("m").exit_code, 2);  // ls: the temporary folder of the machine is not there
  EXPECT_EQ(read_file(folder_ + "/made/out").value_or(""), "kept\n");
  EXPECT_TRUE(log_of("m").starts_with("/tmp/made\n")) << log_of("m");
}

TEST_F(RealProcesses, SayThatACommandIsMissingAsAShellDoes) {
  auto spec = shell("n", "");
  spec.command = {"no-such-program"};
  ASSERT_TRUE(processes_->start(spec));
  EXPECT_EQ(finish("n").exit_code, 127);
  EXPECT_EQ(log_of("n"), "no-such-program: command not found\n");
  spec.name = "d";
  spec.log = folder_ + "/d.log";
  spec.command = {"/etc/passwd"};
  ASSERT_TRUE(processes_->start(spec));
  EXPECT_EQ(finish("d").exit_code, 126);
}

TEST_F(RealProcesses, EndWhenTheyAreAsked) {
  ASSERT_TRUE(
      processes_->start(shell("t", "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done")));
  wait_for_log("t", "ready");
  processes_->terminate("t");
  EXPECT_EQ(finish("t").exit_code, 3);
  EXPECT_TRUE(log_of("t").ends_with("caught\n")) << log_of("t");  // after what sh says of its sleep
  ASSERT_TRUE(processes_->start(shell("k", "trap '' TERM; echo ready; sleep 60 & sleep 60")));
  wait_for_log("k", "ready");
  processes_->terminate("k");
  processes_->kill("k");
  EXPECT_EQ(finish("k").exit_code, 137);
}

TEST_F(RealProcesses, AreKilledForTheirMemoryLimit) {
  if (processes_->isolation().no_limits) GTEST_SKIP() << processes_->isolation().no_limits->message;
  auto spec = shell("o", "exec tail /dev/zero");
  spec.limits = {.memory_bytes = 32 << 20, .cpus = 1, .processes = 16};
  ASSERT_TRUE(processes_->start(spec));
  const auto end = finish("o");
  EXPECT_EQ(end.exit_code, 137);
  EXPECT_TRUE(end.out_of_memory);
}

TEST_F(RealProcesses, MayNotForkWithoutEnd) {
  if (processes_->isolation().no_limits) GTEST_SKIP() << processes_->isolation().no_limits->message;
  auto spec = shell("f", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done; echo all of them");
  spec.limits = {.processes = 8};
  ASSERT_TRUE(processes_->start(spec));
  EXPECT_NE(finish("f").exit_code, 0);
  EXPECT_NE(log_of("f").find("fork"), std::string::npos) << log_of("f");
  EXPECT_EQ(log_of("f").find("all of them"), std::string::npos) << log_of("f");
}

TEST_F(RealProcesses, RunInAGroupOfTheirOwnWithItsQuota) {
  if (processes_->isolation().no_limits) GTEST_SKIP() << processes_->isolation().no_limits->message;
  auto spec = shell("q", "cat /proc/self/cgroup; echo ready; sleep 60");
  spec.limits = {.memory_bytes = 64 << 20, .cpus = 0.5, .processes = 16};
  ASSERT_TRUE(processes_->start(spec));
  wait_for_log("q", "ready");
  // The quota as the kernel has it, found by the group's name in whichever tree has it.
  std::vector<std::string> quotas;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it("/sys/fs/cgroup", fs::directory_options::skip_permission_denied, ignored),
       end;
       it != end; it.increment(ignored))
    if (it->path().filename() == "q" && it->is_directory(ignored))
      for (const char* file : {"/cpu.max", "/cpu.cfs_quota_us"})
        if (const auto text = read_file(it->path().string() + file)) quotas.push_back(std::string(trim(*text)));
  processes_->kill("q");
  finish("q");
  ASSERT_EQ(quotas.size(), 1u);
  EXPECT_TRUE(quotas.front() == "50000 100000" || quotas.front() == "50000") << quotas.front();
}

TEST_F(RealProcesses, AreFoundAgainByTheNextProgram) {
  ASSERT_TRUE(processes_->start(shell("long", "echo ready; while [ ! -e /tmp/never ]; do sleep 0.05; done")));
  ASSERT_TRUE(processes_->start(shell("short", "exit 5")));
  wait_for_log("long", "ready");
  while (processes_->running().size() != 1) finish("short");
  open();
  EXPECT_EQ(processes_->running(), std::vector<std::string>{"long"});
  EXPECT_EQ(finish("short").exit_code, 5);  // its end was never forgotten
  processes_->terminate("long");
  EXPECT_EQ(finish("long").exit_code, 143);
  processes_->forget("long");
  processes_->forget("short");
  open();
  EXPECT_TRUE(processes_->take_ended().empty());
}

TEST_F(RealProcesses, AreLostWhenTheirRecordHasNoEnd) {
  std::ofstream(folder_ + "/records/gone") << "{\"child-pid\": 1}\n";  // some other process by now
  // Of long ago: the first process of a machine that has just booted is hardly older than this test.
  fs::last_write_time(folder_ + "/records/gone", fs::file_time_type::clock::now() - std::chrono::hours(24));
  open();
  const auto end = finish("gone");
  EXPECT_TRUE(end.lost);
}

TEST_F(RealProcesses, RunUnconfinedWhenAsked) {
  auto spec = shell("u", "echo $GREETING; exit 4");
  spec.confined = false;
  spec.folder = folder_;
  ASSERT_TRUE(processes_->start(spec));
  EXPECT_EQ(finish("u").exit_code, 4);
  EXPECT_EQ(log_of("u"), "hello\n");
  spec = shell("v", "echo ready; sleep 60");
  spec.confined = false;
  ASSERT_TRUE(processes_->start(spec));
  wait_for_log("v", "ready");
  processes_->terminate("v");
  EXPECT_EQ(finish("v").exit_code, 143);
  spec.name = "w";
  spec.limits.cpus = 1;
  EXPECT_EQ(processes_->start(spec).error().code, Code::invalid_input);
}

/// Whether any process of this machine has these words as its arguments.
bool runs(const std::string& word) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto text = read_file(entry.path().string() + "/cmdline", 1 << 16);
    if (text && text->find(word) != std::string::npos) return true;
  }
  return false;
}

/// In the background, in a session of its own, and left to process 1.
std::string leave_behind(const std::string& seconds) {
  return "sleep " + seconds + " & setsid sleep " + seconds + " & (setsid sleep " + seconds + " &); echo left";
}

TEST_F(RealProcesses, EndsWhatItLeftInTheBackground) {
  for (const bool confined : {true, false}) {
    const std::string name = confined ? "shut" : "open",
                      seconds = "86399.2" + std::to_string(::getpid()) + std::to_string(name.size());
    auto spec = shell(name, leave_behind(seconds));
    spec.confined = confined;
    ASSERT_TRUE(processes_->start(spec));
    EXPECT_EQ(finish(name).exit_code, 0);
    EXPECT_EQ(log_of(name), "left\n");
    for (int tries = 0; tries < 500 && runs(seconds); ++tries) ::usleep(10'000);  // the kernel ends them by and by
    EXPECT_FALSE(runs(seconds)) << name;
  }
}

TEST_F(RealProcesses, EndsWhatWasLeftWhileNoProgramLooked) {
  const std::string seconds = "86398.2" + std::to_string(::getpid());
  ASSERT_TRUE(processes_->start(shell("a", leave_behind(seconds))));
  wait_for_log("a", "left");
  for (int tries = 0; tries < 500 && read_file(folder_ + "/records/a")->find("exit-code") == std::string::npos; ++tries)
    ::usleep(10'000);
  processes_.reset();
  open();
  EXPECT_EQ(finish("a").exit_code, 0);
  for (int tries = 0; tries < 500 && runs(seconds); ++tries) ::usleep(10'000);
  EXPECT_FALSE(runs(seconds));
}

TEST_F(RealProcesses, WhatHasAnArgumentThatIsTooLongIsRefused) {
  EXPECT_EQ(processes_->start(shell("long", std::string(140'000, ' '))).error().code, Code::invalid_input);
}

TEST(Isolation, SaysWhatHelps) {
  const auto hint = [](IsolationFacts facts) { return explain_isolation(facts).hint; };
  EXPECT_NE(hint({.said = "bwrap: setting up uid map: Permission denied", .restricts_users = true})
                .find("apparmor_restrict_unprivileged_userns=0"),
            std::string::npos);
  EXPECT_NE(hint({.said = "bwrap: pivot_root: Invalid argument", .is_root = true}).find("mount --bind"),
            std::string::npos);
  EXPECT_NE(hint({.said = "bwrap: No permissions to create new namespace", .is_container = true}).find("--privileged"),
            std::string::npos);
  EXPECT_NE(hint({.said = "x", .forbids_users = true}).find("unprivileged_userns_clone=1"), std::string::npos);
  for (const bool is_root : {true, false})
    EXPECT_NE(hint({.is_root = is_root}).find("--unconfined"), std::string::npos);
}

TEST(Sandbox, RefusesWhatCannotBe) {
  const ProcessSpec good{.name = "a", .command = {"true"}, .log = "/dev/null"};
  EXPECT_TRUE(check_spec(good));
  const auto refuses = [&](auto change) {
    auto spec = good;
    change(spec);
    return !check_spec(spec);
  };
  EXPECT_TRUE(refuses([](auto& s) { s.name = "../x"; }));
  EXPECT_TRUE(refuses([](auto& s) { s.name = std::string(201, 'a'); }));
  EXPECT_TRUE(refuses([](auto& s) { s.command = {}; }));
  EXPECT_TRUE(refuses([](auto& s) { s.command = {std::string("a\0b", 3)}; }));
  EXPECT_TRUE(refuses([](auto& s) { s.environment = {{"A=B", "c"}}; }));
  EXPECT_TRUE(refuses([](auto& s) { s.folder = "work"; }));
  EXPECT_TRUE(refuses([](auto& s) { s.mounts = {{"a", "/b"}}; }));
  EXPECT_TRUE(refuses([](auto& s) { s.limits.cpus = -1; }));
}

TEST(Sandbox, FindsCommandsBehindMounts) {
  const ProcessSpec spec{.name = "a",
                         .command = {"run.sh"},
                         .environment = {{"PATH", "/bin:/job/bin"}},
                         .root = "/images/1",
                         .mounts = {{"/data/job", "/job", true}}};
  EXPECT_EQ(outside_path(spec, "/bin/sh"), "/images/1/bin/sh");
  EXPECT_EQ(outside_path(spec, "/job/bin/run.sh"), "/data/job/bin/run.sh");
  EXPECT_EQ(outside_path(spec, "/jobs"), "/images/1/jobs");
  const auto only = [](const std::string& there, int code) {
    return FileQuestions{[=](const std::string& path) { return path == there ? code : 127; },
                         [](const std::string& path) -> std::optional<std::string> {
                           if (path == "/images/1/bin") return "usr/bin";
                           if (path == "/images/1/usr/bin/sh") return "/bin/busybox";
                           if (path == "/images/1/usr/bin/loop") return "loop";
                           return std::nullopt;
                         }};
  };
  EXPECT_EQ(cannot_run(spec, only("/data/job/bin/run.sh", 0)), std::nullopt);
  EXPECT_EQ(cannot_run(spec, only("/images/1/usr/bin/run.sh", 126)), 126);
  EXPECT_EQ(cannot_run(spec, only("", 0)), 127);
  // The image's links are not this machine's.
  ProcessSpec shell = spec;
  shell.command = {"/bin/sh"};
  EXPECT_EQ(cannot_run(shell, only("/images/1/usr/bin/busybox", 0)), std::nullopt);
  EXPECT_EQ(cannot_run(shell, only("/bin/busybox", 0)), 127);
  shell.command = {"/bin/loop"};
  EXPECT_EQ(cannot_run(shell, only("/bin/loop", 0)), 127);
}

}  // namespace
}  // namespace drover::system
