// Does a watch tell everything once and in order, whatever the server does to it?
#include "protocol/kubernetes_watch.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace drover::kubernetes {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Send = Watch::Send;
using Wait = Watch::Wait;

constexpr const char* pods = "https://k/api/v1/namespaces/n/pods";
const Instant start_of_time{};

http::Response answer(int status, std::string body = "", http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}
std::string object(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + std::to_string(version) + R"("}})";
}
std::string line(const std::string& type, const std::string& body) {
  return R"({"type":")" + type + R"(","object":)" + body + "}\n";
}
http::Response page(const std::vector<std::string>& objects, int version, const std::string& next = "") {
  std::string items;
  for (const auto& text : objects) items += (items.empty() ? "" : ",") + text;
  return answer(200, R"({"kind":"PodList","metadata":{"resourceVersion":")" + std::to_string(version) +
                         R"(","continue":")" + next + R"("},"items":[)" + items + "]}");
}
const std::string gone = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"})";

/// "listed a b", "added c": what a reader of the events sees.
std::vector<std::string> told(Watch& watch) {
  static const char* const names[] = {"listed", "added", "modified", "deleted"};
  std::vector<std::string> texts;
  for (const auto& event : watch.take_events()) {
    std::string text = names[static_cast<int>(event.kind)];
    for (const auto& each : event.objects) text += " " + each["metadata"]["name"].get<std::string>();
    texts.push_back(text);
  }
  return texts;
}
std::string url_of(const Watch::Step& step) {
  const auto* send = std::get_if<Send>(&step);
  return send ? send->request.url : "";
}
Instant until(const Watch::Step& step) {
  const auto* wait = std::get_if<Wait>(&step);
  EXPECT_NE(wait, nullptr);
  return wait ? wait->until : Instant{};
}
Watch listed_at_10(WatchOptions options = {}) {
  Watch watch(pods, options, 1);
  watch.start();
  watch.on_end(page({object("a", 3)}, 10), start_of_time);
  EXPECT_EQ(told(watch), std::vector<std::string>{"listed a"});
  return watch;
}

TEST(KubernetesWatch, ListsPageByPageThenWatchesFromThere) {
  Watch watch(std::string(pods) + "?labelSelector=x", {.page_size = 2}, 1);
  EXPECT_EQ(url_of(watch.start()), std::string(pods) + "?labelSelector=x&limit=2");
  const auto second = watch.on_end(page({object("a", 1), object("b", 2)}, 10, "to ken"), start_of_time);
  EXPECT_EQ(url_of(second), std::string(pods) + "?labelSelector=x&limit=2&continue=to%20ken");
  EXPECT_TRUE(told(watch).empty());
  const auto third = watch.on_end(page({object("c", 3)}, 11), start_of_time);
  EXPECT_EQ(told(watch), std::vector<std::string>{"listed a b c"});
  EXPECT_EQ(
      url_of(third),
      std::string(pods) + "?labelSelector=x&watch=1&allowWatchBookmarks=true&resourceVersion=11&timeoutSeconds=240");
  EXPECT_TRUE(std::get<Send>(third).streams);
}

TEST(KubernetesWatch, GoesOnFromTheLastThingSeenBookmarksIncluded) {
  Watch watch = listed_at_10();
  EXPECT_TRUE(watch.on_bytes(line("ADDED", object("b", 11)) + line("MODIFIED", object("a", 12)) +
                             line("DELETED", object("b", 13)) + line("BOOKMARK", object("", 40))));
  EXPECT_EQ(told(watch), (std::vector<std::string>{"added b", "modified a", "deleted b"}));
  EXPECT_NE(url_of(watch.on_end(answer(200), start_of_time + 240s)).find("resourceVersion=40"), std::string::npos);
}

TEST(KubernetesWatch, TellsTheSameHoweverTheBytesAreCut) {
  const std::string text = line("ADDED", object("b", 11)) + "\n" + line("MODIFIED", object("ümläut", 12)) +
                           line("BOOKMARK", object("", 20)) + line("NEWS", object("x", 21)) +
                           line("DELETED", object("b", 22));
  const std::vector<std::string> expected = {"added b", "modified ümläut", "deleted b"};
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Watch watch = listed_at_10();
    for (std::size_t at = 0; at < text.size(); at += size) EXPECT_TRUE(watch.on_bytes(text.substr(at, size)));
    EXPECT_EQ(told(watch), expected) << "pieces of " << size;
    EXPECT_EQ(watch.resource_version(), "22");
  }
}

TEST(KubernetesWatch, LosesNothingWhenTheConnectionBreaksInALine) {
  Watch watch = listed_at_10();
  const std::string second = line("ADDED", object("c", 12));
  watch.on_bytes(line("ADDED", object("b", 11)) + second.substr(0, second.size() - 5));
  const auto step = watch.on_end(fail(Code::unavailable, "broken"), start_of_time + 5s);
  EXPECT_NE(url_of(step).find("resourceVersion=11"), std::string::npos);
  watch.on_bytes(second);
  EXPECT_EQ(told(watch), (std::vector<std::string>{"added b", "added c"}));
}

TEST(KubernetesWatch, ListsAnewWhenTheServerHasForgotten) {
  for (const bool as_event : {true, false}) {
    Watch watch = listed_at_10();
    if (as_event) EXPECT_FALSE(watch.on_bytes(line("ERROR", gone)));
    const Result<http::Response> outcome =
        as_event ? Result<http::Response>(fail(Code::cancelled, "the reader stopped")) : answer(410, gone);
    EXPECT_EQ(url_of(watch.on_end(outcome, start_of_time + 5s)), std::string(pods) + "?limit=500");
    watch.on_end(page({object("z", 90)}, 95), start_of_time + 5s);
    EXPECT_EQ(told(watch), std::vector<std::string>{"listed z"});
    EXPECT_EQ(watch.resource_version(), "95");
  }
}

TEST(KubernetesWatch, AsksForAllAtOnceWhenThePagesExpire) {
  Watch watch(pods, {}, 1);
  watch.start();
  watch.on_end(page({object("a", 1)}, 10, "token"), start_of_time);
  EXPECT_EQ(url_of(watch.on_end(answer(410, gone), start_of_time)), pods);
  watch.on_end(page({object("a", 1), object("b", 2)}, 11), start_of_time);
  EXPECT_EQ(told(watch), std::vector<std::string>{"listed a b"});
}

TEST(KubernetesWatch, IsPatientWithAServerThatForgetsAtOnceAndEndsSomeTime) {
  Watch watch = listed_at_10();
  Instant now = start_of_time;
  Watch::Step step = watch.on_end(answer(410, gone), now);
  EXPECT_TRUE(std::holds_alternative<Send>(step));
  int lists = 0;
  Duration longest{};
  while (!std::holds_alternative<Error>(step) && lists < 100) {
    if (const auto* wait = std::get_if<Wait>(&step)) {
      longest = std::max(longest, wait->until - now);
      now = wait->until;
      step = watch.on_tick(now);
    } else if (std::get<Send>(step).streams) {
      step = watch.on_end(answer(410, gone), now);
    } else {
      ++lists;
      step = watch.on_end(page({}, 10), now);
    }
  }
  EXPECT_TRUE(std::holds_alternative<Error>(step));
  EXPECT_EQ(lists, 26);
  EXPECT_GE(longest, 15s);
}

TEST(KubernetesWatch, PausesLongerWithEachFailureAndEndsWithTheLast) {
  Watch watch = listed_at_10({.failures_max = 4});
  Instant now = start_of_time;
  Duration last{};
  for (int i = 1; i <= 4; ++i) {
    const auto step = watch.on_end(fail(Code::unavailable, "no connection"), now);
    const Duration pause = until(step) - now;
    EXPECT_GE(pause, last / 2 * 2 - last / 2) << i;  // each within its upper half
    EXPECT_LE(pause, 200ms * (1 << (i - 1)));
    EXPECT_GE(pause, 100ms * (1 << (i - 1)));
    last = pause;
    now += pause;
    EXPECT_TRUE(std::get<Send>(watch.on_tick(now)).streams);
  }
  const auto step = watch.on_end(fail(Code::unavailable, "no connection"), now);
  ASSERT_TRUE(std::holds_alternative<Error>(step));
  EXPECT_EQ(std::get<Error>(step).message, "gave up after 4 failures: no connection");
}

TEST(KubernetesWatch, WaitsAsLongAsTheServerAsks) {
  Watch watch = listed_at_10();
  const auto step = watch.on_end(answer(429, "slow down", {{"Retry-After", "17"}}), start_of_time);
  EXPECT_EQ(until(step), start_of_time + 17s);
}

TEST(KubernetesWatch, EndsAtOnceWhenItIsNotAllowed) {
  Watch watch(pods, {}, 1);
  watch.start();
  const auto step = watch.on_end(
      answer(403, R"({"kind":"Status","code":403,"reason":"Forbidden","message":"pods is forbidden"})"), start_of_time);
  ASSERT_TRUE(std::holds_alternative<Error>(step));
  EXPECT_EQ(std::get<Error>(step).code, Code::permission_denied);
}

TEST(KubernetesWatch, DoesNotHammerAServerThatEndsEachWatchAtOnce) {
  Watch watch = listed_at_10();
  EXPECT_GT(until(watch.on_end(answer(200), start_of_time)), start_of_time);
  // One that was merely quiet for its whole time is watched on at once.
  Watch quiet = listed_at_10();
  EXPECT_TRUE(std::holds_alternative<Send>(quiet.on_end(answer(200), start_of_time + 240s)));
}

TEST(KubernetesWatch, TakesNoNonsense) {
  for (const std::string& text :
       {std::string("no json\n"), std::string("[]\n"), std::string(R"({"type":"ADDED"})") + "\n", line("ADDED", "{}"),
        std::string(200, 'x')}) {
    Watch watch = listed_at_10({.line_bytes_max = 150});
    EXPECT_FALSE(watch.on_bytes(text)) << text;
    EXPECT_FALSE(watch.on_bytes(line("ADDED", object("b", 11))));
    const auto step = watch.on_end(fail(Code::cancelled, "the reader stopped"), start_of_time);
    EXPECT_TRUE(std::holds_alternative<Wait>(step)) << text;
    EXPECT_TRUE(told(watch).empty());
  }
  Watch watch(pods, {}, 1);
  watch.start();
  EXPECT_TRUE(std::holds_alternative<Wait>(watch.on_end(answer(200, "<html>"), start_of_time)));
  EXPECT_EQ(watch.last_error().code, Code::corrupt);
}

}  // namespace
}  // namespace drover::kubernetes
