#include "ports/file_walk.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace drover {
namespace {

namespace fs = std::filesystem;

class FileWalk : public testing::Test {
 protected:
  void SetUp() override {
    top_ = fs::canonical(fs::temp_directory_path()) / ("drover-walk-" + std::to_string(::getpid()));
    fs::remove_all(top_);
    fs::create_directories(top_ / "code");
  }
  void TearDown() override { fs::remove_all(top_); }

  void write(const std::string& path, const std::string& text = "x") {
    fs::create_directories((top_ / path).parent_path());
    std::ofstream(top_ / path) << text;
  }
  void link(const std::string& target, const std::string& path) {
    fs::create_directories((top_ / path).parent_path());
    fs::create_symlink(target, top_ / path);
  }
  /// "a.txt lib/ now>lib": files, folders and links, then after "!" what is left out.
  std::string walked(WalkRules rules = {.boundary = "/"}) {
    const auto walk = walk_folder((top_ / "code").string(), rules);
    if (!walk) return format_error(walk.error());
    std::string text;
    for (const auto& entry : walk->entries) {
      text += (text.empty() ? "" : " ") + entry.path;
      if (entry.kind == WalkEntry::Kind::folder) text += "/";
      if (entry.kind == WalkEntry::Kind::link) text += ">" + entry.link;
    }
    for (const auto& left : walk->left_out) text += " !" + left.path;
    return text;
  }

  fs::path top_;
};

TEST_F(FileWalk, FollowsLinksThatLeadOut) {
  write("shared/lib.py");
  write("config.json");
  link("../config.json", "code/config.json");
  link("../shared", "code/common");
  link((top_ / "shared/lib.py").string(), "code/absolute.py");
  EXPECT_EQ(walked(), "absolute.py common/ common/lib.py config.json");
  EXPECT_EQ(walked({.keeps_links = true, .boundary = "/"}), "absolute.py common/ common/lib.py config.json");
  EXPECT_EQ(walked({}), " !absolute.py !common !config.json");
  EXPECT_EQ(walked({.boundary = (top_ / "shared").string()}), "absolute.py common/ common/lib.py !config.json");
}

TEST_F(FileWalk, KeepsLinksThatStayInside) {
  write("code/ckpt-3/step");
  link("ckpt-3", "code/latest");
  link((top_ / "code/ckpt-3").string(), "code/deep/absolute");
  EXPECT_EQ(walked({.keeps_links = true}), "ckpt-3/ ckpt-3/step deep/ deep/absolute>../ckpt-3 latest>ckpt-3");
  EXPECT_EQ(walked({}), "ckpt-3/ ckpt-3/step deep/ deep/absolute/ deep/absolute/step latest/ latest/step");
}

TEST_F(FileWalk, LinksMadeUnderAnotherNameOfTheFolderAreUnderstood) {
  write("code/ckpt-3/step");
  link("/tmp/drover/outputs/ckpt-3", "code/latest");
  EXPECT_EQ(walked({.keeps_links = true, .seen_as = "/tmp/drover/outputs"}), "ckpt-3/ ckpt-3/step latest>ckpt-3");
}

TEST_F(FileWalk, LinksInALinkedFolderStayLinks) {
  write("shared/data/one");
  link("data/one", "shared/now");
  link("../shared", "code/common");
  EXPECT_EQ(walked({.keeps_links = true, .boundary = "/"}), "common/ common/data/ common/data/one common/now>data/one");
}

TEST_F(FileWalk, WhatLeadsNowhereOrRoundIsLeftOut) {
  write("code/a.txt");
  link("gone", "code/dangling");
  link("loop", "code/loop");
  link("..", "code/parent");
  link(".", "code/self");
  link("/", "code/root");
  link("/proc/self", "code/process");
  EXPECT_EQ(walked(), "a.txt !dangling !loop !parent !process !root !self");
}

TEST_F(FileWalk, SocketsPipesAndDevicesAreNamed) {
  write("code/a.txt");
  ASSERT_EQ(::mkfifo((top_ / "code/pipe").c_str(), 0600), 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = (top_ / "code/daemon.ipc").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(made);
  link("/dev/null", "code/null");
  EXPECT_EQ(walked(), "a.txt !daemon.ipc !null !pipe");
  const auto walk = walk_folder((top_ / "code").string(), {});
  EXPECT_EQ(describe({walk->left_out.front()}), "daemon.ipc (it is a socket)");
}

TEST_F(FileWalk, WhatLiesTooDeepIsNamed) {
  write("code/a.txt");
  // Deeper than a path can say: each folder is made from the one above it.
  const std::string name(250, 'd');
  int folder = ::open((top_ / "code").c_str(), O_DIRECTORY | O_CLOEXEC);
  for (int depth = 0; depth < 20; ++depth) {
    ASSERT_EQ(::mkdirat(folder, name.c_str(), 0755), 0);
    const int next = ::openat(folder, name.c_str(), O_DIRECTORY | O_CLOEXEC);
    ::close(folder);
    folder = next;
  }
  ::close(folder);
  const auto walk = walk_folder((top_ / "code").string(), {});
  ASSERT_EQ(walk->left_out.size(), 1U);
  EXPECT_EQ(walk->left_out.front().why, "its path is too long");
  EXPECT_EQ(walk->left_out.front().path, walk->entries.back().path + "/" + name) << "the first that cannot be named";
  EXPECT_FALSE(walk_folder((top_ / std::string(300, 'x')).string(), {})) << "not the same as nothing";
}

TEST_F(FileWalk, WhatCannotBeLookedAtIsNamed) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may look at everything";
  write("code/a.txt");
  write("code/shut/inside/x");
  write("elsewhere/x");
  link("../elsewhere/x", "code/link");
  fs::permissions(top_ / "elsewhere", fs::perms::none);
  fs::permissions(top_ / "code/shut", fs::perms::owner_read);  // its names, and nothing of what they mean
  EXPECT_EQ(walked(), "a.txt shut/ !link !shut/inside");
  fs::permissions(top_ / "code/shut", fs::perms::owner_all);
  fs::permissions(top_ / "elsewhere", fs::perms::owner_all);
}

TEST_F(FileWalk, PassesOverWhatIsNotWanted) {
  write("code/a.txt");
  write("code/state/state.db");
  write("code/data/x");
  link("data/x", "code/x");
  link("state/state.db", "code/key");
  const WalkRules rules = {.keeps_links = true,
                           .boundary = "/",
                           .avoids = (top_ / "code/state").string(),
                           .leaves_out = [](const std::string& p, bool) { return p == "data"; }};
  EXPECT_EQ(walked(rules), "a.txt x") << "what a link leads to is not in the copy: it comes in its place";
}

TEST_F(FileWalk, NamesAreBytes) {
  write("code/back\\slash");
  write("code/\xff\x01");
  EXPECT_EQ(walked(), "back\\slash \xff\x01");
  EXPECT_EQ(describe({{"\xff\x01", "it is a pipe"}, {"b", "so"}}, 1), "\\xff\\x01 (it is a pipe), 1 more");
  const std::vector<LeftOut> many(12, {"a", "so"});
  EXPECT_TRUE(describe(many).ends_with(", 2 more"));
  EXPECT_TRUE(describe(many, named_in_log_max).ends_with(", a (so)")) << "all of them";
}

TEST_F(FileWalk, AFileAloneAndNothing) {
  write("code/a.txt", "four");
  const auto file = walk_folder((top_ / "code/a.txt").string(), {});
  ASSERT_EQ(file->entries.size(), 1U);
  EXPECT_EQ(file->entries.front().path, "");
  EXPECT_EQ(file->entries.front().bytes, 4);
  EXPECT_TRUE(walk_folder((top_ / "none").string(), {})->entries.empty());
}

}  // namespace
}  // namespace drover
