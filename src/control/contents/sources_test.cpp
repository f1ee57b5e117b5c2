#include "control/contents/sources.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "drivers/system/folders.hpp"

namespace drover::control {
namespace {

class ManifestSources : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drover-manifests-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::filesystem::create_directories(folder_ + "/lab/more/below");
    write("lab/b.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
    write("lab/a.json", R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})");
    write("lab/README.md", "not a manifest");
    write("lab/more/below/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& path, const std::string& text) { std::ofstream(folder_ + "/" + path) << text; }

  std::vector<std::string> names(const std::vector<estate::Text>& named) {
    auto read = read_manifests(folders_, folder_, "lab/estate.yaml", named, "manifests");
    std::vector<std::string> found;
    if (!read)
      for (const auto& error : read.error()) found.push_back(format_error(error));
    else
      for (const auto& manifest : *read)
        found.push_back(manifest.object["metadata"]["name"].get<std::string>() + " " + format_span(manifest.where));
    return found;
  }

  std::string folder_;
  system::SystemFolders folders_;
};

TEST_F(ManifestSources, FoldersAndFilesBesideTheEstate) {
  EXPECT_EQ(names({{"."}}), (std::vector<std::string>{"a lab/./a.json:1:1", "b lab/./b.yml:1:1"}));
  EXPECT_EQ(names({{"more/below/c.yaml"}}), (std::vector<std::string>{"c lab/more/below/c.yaml:1:1"}));
  EXPECT_EQ(names({{folder_ + "/lab/b.yml"}}), (std::vector<std::string>{"b " + folder_ + "/lab/b.yml:1:1"}));
}

TEST_F(ManifestSources, WhatIsNotThereOrEmptyIsSaidAtOnce) {
  write("lab/more/below/c.yaml", "kind: [\n");
  const auto errors = names({{"nowhere"}, {"more"}, {"more/below"}});
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_NE(errors[0].find("manifests[0]: there is no lab/nowhere"), std::string::npos) << errors[0];
  EXPECT_NE(errors[1].find("manifests[1]: no manifest lies in lab/more"), std::string::npos) << errors[1];
  EXPECT_EQ(errors[2].find("lab/more/below/c.yaml:2:1: not YAML"), 0u) << errors[2];
}

}  // namespace
}  // namespace drover::control
