#include "control/contents/inventory.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

TEST(Inventory, ReadsWhatItWrites) {
  const KeptObjects objects = {{{"apps", "Deployment", "train", "web"}, Kept::made},
                               {{"", "Namespace", "", "train"}, Kept::adopted}};
  const std::string text = format_inventory(objects);
  EXPECT_EQ(text, "Namespace train adopted\nDeployment.apps train/web\n");
  EXPECT_EQ(*parse_inventory(text), objects);
  EXPECT_TRUE(parse_inventory("")->empty());
}

TEST(Inventory, WhatSomebodyEditedIsCorrupt) {
  for (const char* text : {"Deployment", "a b c", "Pod train/\n", "Pod. x\n"}) {
    const auto read = parse_inventory(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::corrupt);
  }
}

}  // namespace
}  // namespace drover::control
