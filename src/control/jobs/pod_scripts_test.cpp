// The scripts of a pod's containers, run here on a folder of their own.
#include "jobs/pod_scripts.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "jobs/pod_agent.hpp"
#include "jobs/pod_manifest.hpp"

namespace drover::jobs {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string quoted(const std::string& text) { return "'" + replace_all(text, "'", "'\\''") + "'"; }

class PodScripts : public ::testing::Test {
 protected:
  PodScripts() : root_(fs::canonical(fs::temp_directory_path()) / ("drover-pod-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(home());
  }
  ~PodScripts() override { fs::remove_all(root_); }

  fs::path home() const { return root_ / "pod"; }
  std::string here(const std::string& text) const { return replace_all(text, "/tmp/drover", home().string()); }

  /// Exit code of the command's container; what both printed lies in files.
  int run(const std::string& command, const std::string& arguments = "1 0") const {
    const std::string main = "sh -c " + quoted(here(run_script)) + " drover " + quoted(here(command)) + " " + arguments;
    const std::string handing = "sh -c " + quoted(here(hand_over_script)) + " drover 0";
    const std::string all = "( " + handing + " ) >" + (root_ / "handed").string() + " 2>&1 & ( " + main + " ) >" +
                            (root_ / "log").string() + " 2>&1; code=$?; wait; exit $code";
    return WEXITSTATUS(std::system(all.c_str()));
  }
  std::string log() const { return read(root_ / "log"); }

  /// What came of the outputs, in a folder; the sentences beside them.
  std::string unpack() const {
    std::string archive, notes;
    const std::string handed = read(root_ / "handed");
    for (const auto line : split(handed, '\n'))
      (line.starts_with("drover: ") ? notes : archive) += std::string(line) + "\n";
    std::erase(archive, '\n');
    const auto bytes = base64_decode(archive);
    EXPECT_TRUE(bytes) << handed;
    std::ofstream(root_ / "outputs.tgz", std::ios::binary) << bytes.value_or("");
    fs::create_directories(root_ / "got");
    EXPECT_EQ(std::system(
                  ("tar xzf '" + (root_ / "outputs.tgz").string() + "' -C '" + (root_ / "got").string() + "'").c_str()),
              0);
    return notes;
  }

  fs::path root_;
};

TEST_F(PodScripts, OneOddFileDoesNotLoseTheOthers) {
  EXPECT_EQ(run("echo precious >outputs/plain; mkdir -p outputs/blobs outputs/snap made; echo w >outputs/blobs/abc\n"
                "ln -s ../blobs/abc outputs/snap/model; mkfifo outputs/pipe; echo best >made/best.bin\n"
                "ln -s /tmp/drover/code/made/best.bin outputs/best; ln -s /etc/passwd outputs/out\n"
                "ln -s \"$PWD/outputs/blobs\" outputs/latest; echo n >\"outputs/nam\\\\e\""),
            0)
      << log();
  const std::string notes = unpack();
  EXPECT_EQ(read(root_ / "got/plain"), "precious\n");
  EXPECT_EQ(read(root_ / "got/snap/model"), "w\n");
  EXPECT_EQ(read(root_ / "got/best"), "best\n") << "what the job made comes in place of the link";
  EXPECT_EQ(fs::read_symlink(root_ / "got/latest"), home() / "outputs/blobs") << "not by way of code";
  EXPECT_TRUE(fs::is_symlink(root_ / "got/out")) << "the rest is decided where it arrives";
  EXPECT_EQ(read(root_ / "got/nam\\e"), "n\n");
  EXPECT_NE(notes.find("outputs/pipe is left out"), std::string::npos) << notes;
  EXPECT_TRUE(notes.ends_with(std::string(outputs_mark) + "\n")) << notes;
}

TEST_F(PodScripts, LeaveTheVariablesOfTheJobAsTheyAre) {
  for (const char* name : {"code", "i", "shell", "children", "child", "this", "RANK", "LOCAL_RANK"})
    ::setenv(name, "mine", 1);
  EXPECT_EQ(run("echo $code $i $shell $children $child $this $RANK $LOCAL_RANK; exit 7"), 7);
  for (const char* name : {"code", "i", "shell", "children", "child", "this", "RANK", "LOCAL_RANK"}) ::unsetenv(name);
  EXPECT_EQ(log(), "mine mine mine mine mine mine mine mine\n");
}

TEST_F(PodScripts, SeveralProcessesKnowTheirRanksAndFolders) {
  EXPECT_EQ(run("echo $RANK $LOCAL_RANK >\"outputs/model a/$RANK\"", "2 3 'model a'"), 0) << log();
  unpack();
  EXPECT_EQ(read(root_ / "got/model a/6"), "6 0\n");
  EXPECT_EQ(read(root_ / "got/model a/7"), "7 1\n");
}

/// What the agent finds, as it says it; "" where there is no Python.
TEST_F(PodScripts, TheAgentNamesWhatCannotTravelAndFindsTheRest) {
  if (std::system("python3 -c pass 2>/dev/null") != 0) GTEST_SKIP() << "there is no python3 here";
  fs::create_directories(home() / "outputs/blobs");
  fs::create_directories(home() / "code/made");
  std::ofstream(home() / "outputs/plain") << "x";
  std::ofstream(home() / "outputs/blobs/abc") << "x";
  std::ofstream(home() / "outputs/latin\xE9") << "x";
  std::ofstream(home() / "outputs/bell\a") << "x";
  std::ofstream(home() /
                "outputs/donn\xC3\xA9"
                "es")
      << "x";
  std::ofstream(home() / "code/made/best") << "x";
  fs::create_symlink("blobs", home() / "outputs/latest");
  fs::create_symlink("../code/made/best", home() / "outputs/best");
  fs::create_symlink("/etc/passwd", home() / "outputs/out");
  fs::create_symlink("nowhere", home() / "outputs/dangling");
  fs::create_symlink(".", home() / "outputs/round");
  ASSERT_EQ(::mkfifo((home() / "outputs/pipe").c_str(), 0600), 0);
  std::string program = here(std::string(pod_agent()));
  program.resize(program.rfind("\ntry:"));
  program +=
      "\nos.chdir(HOME)\nlook = Look()\n"
      "for path in sorted(look.files): print(readable(path))\n"
      "for path in sorted(look.odd): print('odd', readable(path))\n";
  std::ofstream(root_ / "agent.py") << program;
  std::ofstream(root_ / "store.json") << format_pod_store({.door = {.url = "http://x"}});
  const std::string out = (root_ / "found").string();
  ASSERT_EQ(std::system(("PYTHONUTF8=1 python3 '" + (root_ / "agent.py").string() + "' >'" + out + "'").c_str()), 0);
  EXPECT_EQ(read(out),
            "outputs/best\noutputs/blobs/abc\noutputs/donn\xC3\xA9"
            "es\noutputs/latest/abc\noutputs/plain\n"
            "odd outputs/bell\a\nodd outputs/dangling\nodd outputs/latin\\xe9\nodd outputs/out\nodd outputs/pipe\n"
            "odd outputs/round\n");
}

}  // namespace
}  // namespace drover::jobs
