#include "localcloud/images.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/digest.hpp"

namespace drover::localcloud {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class ImagesOf : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder = testing::TempDir() + "drover-images-" + test->name();
    fs::remove_all(folder);
    fs::create_directories(folder);
    connect();
  }
  void TearDown() override { fs::remove_all(folder); }
  void connect() {
    images = Images();
    images.set_machine({.processes = &processes, .folder = folder});
  }
  ImageLook want(const std::string& reference, Pull pull = Pull::due) { return images.want(reference, now, pull); }
  static std::string process(const std::string& reference) { return "pull." + sha256_hex(reference); }
  /// What the pull's script leaves, and its end.
  void unpack(const std::string& reference) {
    write("images/" + sha256_hex(reference) + "/image.json", R"({"config":{"Cmd":["serve"],"Env":["A=b=c","none"]}})");
    processes.finish(process(reference), 0);
  }
  void refuse(const std::string& reference, const std::string& said) {
    write("images/" + sha256_hex(reference) + ".log", said);
    processes.finish(process(reference), 1);
  }
  void write(const std::string& path, const std::string& text) const {
    const fs::path place = fs::path(folder) / path;
    fs::create_directories(place.parent_path());
    std::ofstream(place) << text;
  }

  FakeProcesses processes;
  Images images;
  std::string folder;
  Instant now = Instant{} + std::chrono::hours(24);
};

TEST_F(ImagesOf, AreFetchedOnceForAll) {
  EXPECT_TRUE(want("registry.io/a:1").has_begun);
  const auto again = want("registry.io/a:1");
  EXPECT_TRUE(again.is_pulling);
  EXPECT_FALSE(again.has_begun);
  const ProcessSpec* pull = processes.find(process("registry.io/a:1"));
  ASSERT_NE(pull, nullptr);
  EXPECT_EQ(pull->command.at(3), "docker://registry.io/a:1");
  EXPECT_EQ(pull->command.at(5), "");
  unpack("registry.io/a:1");
  const auto here = want("registry.io/a:1");
  ASSERT_TRUE(here.image) << here.problem;
  EXPECT_EQ(here.image->command, std::vector<std::string>{"serve"});
  EXPECT_EQ(here.image->environment, (std::vector<std::pair<std::string, std::string>>{{"A", "b=c"}}));
  EXPECT_TRUE(processes.running().empty());
  EXPECT_TRUE(want("registry.io/a:1", Pull::never).image);
}

TEST_F(ImagesOf, FailInTheWordsOfSkopeoAndAreTriedAgain) {
  want("a:1");
  refuse("a:1", "noise\ntime=\"t\" level=fatal msg=\"initializing source: \\\"a\\\" is not there\"\n\n");
  auto failed = want("a:1");
  EXPECT_EQ(failed.problem, "initializing source: \"a\" is not there");
  EXPECT_FALSE(failed.is_pulling);
  now += seconds(9);
  EXPECT_FALSE(want("a:1").is_pulling);
  EXPECT_FALSE(want("a:1", Pull::never).is_pulling);
  now += seconds(1);
  EXPECT_TRUE(want("a:1").has_begun);
  refuse("a:1", "");
  EXPECT_EQ(want("a:1").problem, "it failed without a word");
  now += seconds(19);
  EXPECT_FALSE(want("a:1").is_pulling) << "the pauses grow";
  EXPECT_TRUE(want("a:1", Pull::now).has_begun);
  unpack("a:1");
  EXPECT_TRUE(want("a:1").image);
}

TEST_F(ImagesOf, AreFoundAgainAfterAKill) {
  want("a:1");
  want("b:1");
  connect();
  EXPECT_TRUE(want("a:1").is_pulling);
  EXPECT_FALSE(want("a:1").has_begun);
  unpack("a:1");
  refuse("b:1", "no");
  connect();
  processes.tell_again();
  EXPECT_TRUE(want("a:1").image);
  EXPECT_EQ(want("b:1").problem, "no");
  want("c:1");
  processes.lose_all();  // a reboot
  EXPECT_TRUE(want("c:1").has_begun);
}

TEST_F(ImagesOf, WaitForOthers) {
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_TRUE(want(name).is_pulling);
  EXPECT_EQ(processes.running().size(), 3U);
  unpack("a");
  EXPECT_TRUE(want("d").has_begun);
}

TEST_F(ImagesOf, OfALayoutAreWhatItHoldsNow) {
  write("layout/index.json", "{}");
  const std::string reference = "oci:" + folder + "/layout:1";
  want(reference);
  const auto first = processes.running();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(processes.find(first[0])->command.at(3), reference);
  write("layout/index.json", "{\"manifests\":[]}");
  EXPECT_TRUE(want(reference).has_begun);
  EXPECT_EQ(processes.running().size(), 2U);
}

TEST_F(ImagesOf, NeedAMachineAndAReference) {
  EXPECT_NE(want("No/Such").problem.find("no reference"), std::string::npos);
  EXPECT_TRUE(processes.running().empty());
  Images none;
  EXPECT_NE(none.want("a", now, Pull::due).problem.find("not being served"), std::string::npos);
  want("localhost:5000/a");
  EXPECT_EQ(processes.find(process("localhost:5000/a"))->command.at(5), "--src-tls-verify=false");
}

TEST_F(ImagesOf, WithoutAConfigurationThatReadsSaySo) {
  write("images/" + sha256_hex("a") + "/image.json", "{");
  EXPECT_NE(want("a").problem.find("does not read"), std::string::npos);
}

TEST(ImageReferences, AreTold) {
  for (const char* good : {"busybox", "busybox:1.36", "localhost:5000/a/b_c:V1", "ghcr.io/a/b@sha256:0123abc",
                           "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest", "oci:/a/b", "oci:/a b:1"})
    EXPECT_TRUE(is_image_reference(good)) << good;
  for (const char* bad :
       {"", "A", "a b", "a:", "/a", "a/", "-a", "a//b", "docker://a", "oci:a", "oci:/a\nb", "a;b", "a:1/$x", "a@"})
    EXPECT_FALSE(is_image_reference(bad)) << bad;
}

TEST(ImageCommands, ComeOfTheImageAndTheContainer) {
  const Image image{.entrypoint = {"run"}, .command = {"it"}};
  using Words = std::vector<std::string>;
  EXPECT_EQ(command_of(image, {}, {}), (Words{"run", "it"}));
  EXPECT_EQ(command_of(image, {}, {"that"}), (Words{"run", "that"}));
  EXPECT_EQ(command_of(image, {"do"}, {}), (Words{"do"}));
  EXPECT_EQ(command_of(image, {"do"}, {"that"}), (Words{"do", "that"}));
}

class ImageRoots : public ImagesOf {
 protected:
  void SetUp() override {
    ImagesOf::SetUp();
    image.root = folder + "/rootfs";
    write("rootfs/usr/bin/sh", "");
    write("rootfs/data/kept", "");
    write("rootfs/tmp/old", "");
    write("rootfs/dev/null", "");
    fs::create_symlink("usr/bin", image.root + "/bin");
    fs::create_symlink("/usr/../data", image.root + "/usr/link");
    fs::create_symlink("loop", image.root + "/loop");
  }
  /// What the container sees at that place: a place of this machine; "" for none.
  std::string seen(const std::string& place) const {
    std::string from;
    for (const auto& mount : spec.mounts)
      if (mount.to == place) from = mount.from;
    return from;
  }
  Image image;
  ProcessSpec spec{.name = "a", .command = {"sh"}};
};

TEST_F(ImageRoots, FollowTheirOwnLinksOnly) {
  EXPECT_EQ(resolve_in(image.root, "/bin/sh"), "/usr/bin/sh");
  EXPECT_EQ(resolve_in(image.root, "/usr/link/x"), "/data/x");
  EXPECT_EQ(resolve_in(image.root, "/../../etc"), "/etc");
  EXPECT_EQ(resolve_in(image.root, "//data/./new/"), "/data/new");
  EXPECT_EQ(resolve_in(image.root, "/"), "/");
  EXPECT_EQ(resolve_in(image.root, "/loop"), "/loop");
}

TEST_F(ImageRoots, AreReadOnlyAroundWhatIsMounted) {
  spec.mounts = {{folder + "/volume", "/data/new", true}, {folder + "/other", "/bin", false}};
  spec.folder = "/inner/deep";
  ASSERT_TRUE(enter_image(image, folder + "/own", spec));
  const std::string own = folder + "/own/root";
  EXPECT_EQ(spec.root, own);
  EXPECT_EQ(seen("/usr"), image.root + "/usr");
  EXPECT_EQ(seen("/data"), "") << "it has to hold a place for the volume";
  EXPECT_EQ(seen("/data/kept"), image.root + "/data/kept");
  EXPECT_EQ(seen("/data/new"), folder + "/volume");
  EXPECT_EQ(seen("/usr/bin"), folder + "/other");
  EXPECT_EQ(seen("/tmp"), folder + "/own/tmp");
  EXPECT_EQ(seen("/dev"), "");
  EXPECT_EQ(fs::read_symlink(own + "/bin"), "usr/bin");
  EXPECT_TRUE(fs::is_directory(own + "/inner/deep"));
  for (const auto& mount : spec.mounts)
    EXPECT_FALSE(mount.writable && mount.from.starts_with(image.root)) << mount.from;
  ProcessSpec again{.mounts = {{folder + "/volume", "/data/new", true}, {folder + "/other", "/bin", false}}};
  again.folder = "/inner/deep";
  ASSERT_TRUE(enter_image(image, folder + "/own", again));
  EXPECT_EQ(again.mounts.size(), spec.mounts.size());
}

}  // namespace
}  // namespace drover::localcloud
