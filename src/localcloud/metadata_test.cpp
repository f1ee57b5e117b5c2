#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

Json metadata(const std::string& version) {
  TestBench bench;
  return json_of(
      bench.send({.method = "GET", .url = "https://localhost:18443/metadata/endpoints?api-version=" + version}));
}

TEST(CloudMetadata, OfTheOldestShapeNamesEndpoints) {
  const Json cloud = metadata("2015-01-01");
  EXPECT_EQ(text_at(cloud, {"authentication", "loginEndpoint"}), "https://localhost:18443/adfs");
  EXPECT_NE(text_at(cloud, {"galleryEndpoint"}), "");
}

TEST(CloudMetadata, Of2019IsAList) {
  const Json clouds = metadata("2019-05-01");
  ASSERT_TRUE(clouds.is_array());
  EXPECT_EQ(text_at(clouds[0], {"resourceManager"}), "https://localhost:18443/");
}

TEST(CloudMetadata, Of2022IsOneObjectBecauseAListCrashesAz) {
  const Json cloud = metadata("2022-09-01");
  ASSERT_TRUE(cloud.is_object());
  EXPECT_EQ(text_at(cloud, {"suffixes", "storage"}), "localhost:18443");
  EXPECT_EQ(text_at(cloud, {"microsoftGraphResourceId"}), "https://localhost:18443/");
}

}  // namespace
}  // namespace drover::localcloud
