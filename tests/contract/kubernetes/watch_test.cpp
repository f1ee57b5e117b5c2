// Does a watch tell every change of a real server: in order, over the end of a connection, a forgotten version, a
// restart?
#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/contract/kubernetes/bench.hpp"

namespace drover::kubernetes_suite {
namespace {

class KubernetesWatches : public KubernetesTest {
 protected:
  json config_map(const std::string& name, int value) {
    json made = object(kinds::config_maps, name);
    made["data"] = {{"value", std::to_string(value)}};
    return made;
  }
  /// A watch on our config maps, and what it has told: "listed 0", "added a", ...
  Flow<Status> watching(std::vector<std::string>& told, std::size_t enough) {
    return cluster().watch({kinds::config_maps, space_, "test"}, [&told, enough](WatchEvent event) {
      static const char* const names[] = {"listed", "added", "modified", "deleted"};
      const std::string kind = names[static_cast<int>(event.kind)];
      told.push_back(event.kind == WatchEvent::Kind::listed
                         ? kind + " " + std::to_string(event.objects.size())
                         : kind + " " + event.objects[0]["metadata"]["name"].get<std::string>());
      return told.size() < enough;
    });
  }
  void run_until(const std::function<bool()>& is_so) {
    const Instant end = connection_->clock.now() + patience;
    while (!is_so() && connection_->clock.now() < end) connection_->flows.step(connection_->clock.now() + 100ms);
    EXPECT_TRUE(is_so());
  }
  void change_and_remove(const std::string& name) {
    must(cluster().create(config_map(name, 1)));
    must(cluster().patch(named(kinds::config_maps, name), PatchKind::merge, {{"data", {{"value", "2"}}}}, ""));
    must(cluster().remove(named(kinds::config_maps, name), {}));
  }
  /// Runs one exchange of `machine` to its end (a watch: to the server's end of it).
  Watch::Step run(Watch& machine, Watch::Step step) {
    struct Sink final : BodySink {
      Watch* watch = nullptr;
      bool write(std::string_view bytes) override { return watch->on_bytes(bytes); }
    } sink;
    sink.watch = &machine;
    auto& todo = std::get<Watch::Send>(step);
    (void)connection_->credentials.authorize(todo.request, connection_->clock.now());
    const auto outcome = send(connection_->transport, todo.request, todo.time, todo.streams ? &sink : nullptr);
    return machine.on_end(outcome, connection_->clock.now());
  }
  std::string config_maps_url() const {
    return access_.cluster.server + "/api/v1/namespaces/" + space_ + "/configmaps?labelSelector=none";
  }
};

TEST_F(KubernetesWatches, TellEveryChangeInOrder) {
  std::vector<std::string> told;
  auto watch = watching(told, 4);
  watch.start();
  run_until([&] { return told.size() == 1; });
  change_and_remove("a");
  run_until([&] { return watch.done(); });
  EXPECT_EQ(told, (std::vector<std::string>{"listed 0", "added a", "modified a", "deleted a"}));
}

TEST_F(KubernetesWatches, GoOnWhenTheServerEndsThem) {
  cluster().set_watch_options({.watch_time = 2s});
  std::vector<std::string> told;
  auto watch = watching(told, 10);
  watch.start();
  run_until([&] { return told.size() == 1; });
  for (const std::string name : {"a", "b", "c"}) {
    change_and_remove(name);
    const Instant later = connection_->clock.now() + 3s;  // over the end of one watch into the next
    run_until([&] { return connection_->clock.now() > later; });
  }
  run_until([&] { return watch.done(); });
  EXPECT_EQ(told, (std::vector<std::string>{"listed 0", "added a", "modified a", "deleted a", "added b", "modified b",
                                            "deleted b", "added c", "modified c", "deleted c"}));
}

TEST_F(KubernetesWatches, AreGivenUpWithoutATrace) {
  std::vector<std::string> told;
  {
    auto watch = watching(told, 10);
    watch.start();
    run_until([&] { return told.size() == 1; });
  }
  EXPECT_TRUE(connection_->flows.idle());
  change_and_remove("a");
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(KubernetesWatches, HearBookmarksWhereNothingHappens) {
  Watch machine(config_maps_url(), {.watch_time = 5s}, 1);
  Watch::Step step = run(machine, machine.start());
  const std::string listed = machine.resource_version();
  ASSERT_NE(listed, "");
  // Changes that the selector leaves out move only the bookmarks. They have to come while the watch is open: Kubernetes
  // 1.20 sends no bookmark for what had happened before (cacheWatcher.processEvents). Servers send one 2 s before the
  // end.
  std::atomic<bool> is_heard = false;
  std::thread elsewhere([&] {
    Connection other(access_);
    while (!is_heard) {
      wait(other, other.cluster.create(config_map("unseen", 1)));
      wait(other, other.cluster.remove(named(kinds::config_maps, "unseen"), {}));
    }
  });
  const Instant end = connection_->clock.now() + patience;
  while (machine.resource_version() == listed && connection_->clock.now() < end) {
    if (std::holds_alternative<Watch::Wait>(step)) step = machine.on_tick(connection_->clock.now());
    if (std::holds_alternative<Watch::Send>(step)) step = run(machine, std::move(step));
  }
  is_heard = true;
  elsewhere.join();
  EXPECT_NE(machine.resource_version(), listed);
  const auto events = machine.take_events();
  EXPECT_EQ(events.size(), 1u) << "only the list";
}

TEST_F(KubernetesWatches, ListAnewFromAVersionThatIsForgotten) {
  Watch machine(config_maps_url(), {.watch_time = 5s}, 1);
  const auto step = run(machine, machine.resume("1", connection_->clock.now()));
  const auto* send = std::get_if<Watch::Send>(&step);
  ASSERT_NE(send, nullptr) << machine.last_error().message;
  EXPECT_FALSE(send->streams);
  run(machine, step);
  const auto events = machine.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, WatchEvent::Kind::listed);
}

// DROVER_TEST_RESTART is a command that kills the API server and starts it again; it returns when that is done.
TEST_F(KubernetesWatches, OutliveTheServer) {
  const char* restart = std::getenv("DROVER_TEST_RESTART");
  if (!restart) GTEST_SKIP() << "no DROVER_TEST_RESTART";
  std::vector<std::string> told;
  auto watch = watching(told, SIZE_MAX);
  watch.start();
  run_until([&] { return told.size() == 1; });
  must(cluster().create(config_map("before", 1)));
  run_until([&] { return !told.empty() && told.back() == "added before"; });
  ASSERT_EQ(std::system(restart), 0);
  must(cluster().create(config_map("after", 1)));
  run_until([&] { return told.back() == "added after" || told.back() == "listed 2"; });
  EXPECT_FALSE(watch.done());
}

}  // namespace
}  // namespace drover::kubernetes_suite
