#include "control/scale/pool_keeper.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/rng.hpp"
#include "scaling/replay.hpp"

namespace drover::control {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Instant begin = *parse_iso("2026-11-01T00:00:00Z");

/// A pool whose nodes are ready a lead time after they were asked for, and which gives back ready ones at once.
class SlowPool final : public PoolLever {
 public:
  explicit SlowPool(Duration lead) : lead_(lead) {}

  Result<PoolState> look() override {
    PoolState state{.asked = static_cast<int>(nodes_.size()), .nodes_known = knows_nodes, .selector = "agentpool=web"};
    if (busy) state.busy = "it is being scaled";
    for (const auto& [name, ready] : nodes_)
      if (ready <= now && knows_nodes) state.nodes.push_back({.name = name, .is_ready = true, .ready_since = ready});
    return state;
  }
  Status set(int nodes) override {
    sets.push_back(nodes);
    if (refuses) return fail(Code::failed, "AllocationFailed: there are none");
    while (static_cast<int>(nodes_.size()) < nodes) nodes_.emplace_back("n" + std::to_string(++last_), now + lead_);
    while (static_cast<int>(nodes_.size()) > nodes) {
      const auto ready = std::ranges::find_if(nodes_, [&](const auto& node) { return node.second <= now; });
      if (ready == nodes_.end()) break;
      nodes_.erase(ready);
    }
    return {};
  }
  Status remove(const std::vector<std::string>&, int nodes_left) override { return set(nodes_left); }
  Result<std::vector<CoreQuota>> quotas() override {
    ++quotas_asked;
    return std::vector<CoreQuota>{{.family = "standardDv3Family", .used = asked() * 4, .limit = cores}};
  }
  int asked() const { return static_cast<int>(nodes_.size()); }

  Instant now = begin;
  bool busy = false, refuses = false, knows_nodes = true;
  std::vector<int> sets;
  int cores = 1000, quotas_asked = 0;

 private:
  Duration lead_;
  int last_ = 0;
  std::vector<std::pair<std::string, Instant>> nodes_;
};

class SeriesMeter final : public LoadMeter {
 public:
  explicit SeriesMeter(std::vector<double> load) : load_(std::move(load)) {}
  Result<LoadSamples> read(Instant from, Instant to, Duration step) override {
    ++reads;
    if (is_down) return fail(Code::unavailable, "nobody answers");
    LoadSamples samples{.start = from, .step = step};
    for (Instant at = from; at + step <= to; at += step) {
      const auto index = at < begin ? -1 : (at - begin) / step;
      const bool is_there = index >= 0 && index < static_cast<std::ptrdiff_t>(load_.size());
      samples.values.push_back(is_there ? load_[static_cast<std::size_t>(index)] : std::nan(""));
    }
    return samples;
  }
  std::string words() const override { return "a series"; }

  bool is_down = false;
  int reads = 0;

 private:
  std::vector<double> load_;
};

std::vector<double> daily(int days) {
  std::vector<double> load;
  Rng rng(11);
  for (int t = 0; t < days * 1440; ++t)
    load.push_back(std::max(0.0, 500 + 400 * std::sin(t * 6.283185307 / 1440) + 15 * rng.normal()));
  return load;
}

KeeperWish web(bool acts = true) {
  KeeperWish wish{.name = "lab/web",
                  .lead = minutes{10},
                  .acts = acts,
                  .queue = {.pool = {.name = "lab/web", .vm_size = "Standard_D4_v3", .nodes_max = 60}}};
  wish.pool.per_node = 50;
  wish.pool.terms.ceiling = 60;
  wish.pool.terms.floor = 1;
  return wish;
}

struct Bench {
  SlowPool pool{minutes{10}};
  SeriesMeter meter;
  MemoryStore store;
  KeeperWish wish;
  std::unique_ptr<PoolKeeper> keeper;

  explicit Bench(std::vector<double> load, KeeperWish what = web()) : meter(std::move(load)), wish(std::move(what)) {
    restart();
  }
  /// As after a kill: all that is left is the store and the pool.
  void restart() {
    keeper = std::make_unique<PoolKeeper>(KeeperParts{pool, &meter, {}, ScaleBook(store, "lab/web")}, wish);
  }
  Turn turn(Instant at, bool dry_run = false) {
    pool.now = at;
    auto turn = keeper->turn(at, dry_run);
    EXPECT_TRUE(turn) << turn.error().message;
    return std::move(*turn);
  }
  ScaleBook book() { return {store, "lab/web"}; }
};

/// What the replay would have done, from the same history.
std::vector<int> replayed(const KeeperWish& wish, const std::vector<double>& load, int first) {
  const auto terms = scaling::pool_terms(wish.pool, wish.lead, begin);
  scaling::Portfolio portfolio(terms, scaling::portfolio_families());
  return scaling::replay(portfolio, terms, load, first).nodes;
}

TEST(PoolKeeper, DecidesWhatTheReplayDecides) {
  const auto load = daily(7);
  Bench bench(load);
  constexpr int first = 6 * 1440, steps = 700;
  bench.pool.now = begin;
  ASSERT_TRUE(bench.pool.set(scaling::pool_terms(bench.wish.pool, minutes{10}, begin).needed(load[first])));
  const auto wanted = replayed(bench.wish, {load.begin(), load.begin() + first + steps}, first);
  for (int t = 0; t < steps; ++t) {
    const Turn turn = bench.turn(begin + (first + t) * minutes{1});
    ASSERT_TRUE(turn.acts) << turn.observes_because;
    ASSERT_EQ(bench.pool.asked(), wanted[static_cast<std::size_t>(t)])
        << "step " << t << ": " << turn.decision.sentence;
    if (t % 97 == 0) bench.restart();
  }
}

TEST(PoolKeeper, ObservesUntilItIsToldToAct) {
  Bench bench(daily(6), web(false));
  ASSERT_TRUE(bench.pool.set(1));
  const Turn turn = bench.turn(begin + hours{130});
  EXPECT_FALSE(turn.acts);
  EXPECT_EQ(turn.observes_because, "mode: observe");
  EXPECT_GT(turn.decision.to, 1);
  ASSERT_TRUE(turn.trial);
  EXPECT_TRUE(turn.trial->is_won);
  EXPECT_EQ(bench.pool.sets.size(), 1u) << "only the test's own";
}

TEST(PoolKeeper, ADryRunLeavesNothingBehind) {
  Bench bench(daily(6));
  ASSERT_TRUE(bench.pool.set(1));
  EXPECT_GT(bench.turn(begin + hours{130}, true).decision.to, 1);
  EXPECT_EQ(bench.pool.sets.size(), 1u);
  EXPECT_TRUE(bench.book().decisions(Instant{}, instant_max, 9)->empty());
}

TEST(PoolKeeper, DoesNotActOnTooShortAPast) {
  Bench bench(daily(6));
  ASSERT_TRUE(bench.pool.set(1));
  const Turn turn = bench.turn(begin + hours{50});
  EXPECT_FALSE(turn.acts);
  EXPECT_EQ(turn.observes_because, "its load is known for 2d2h of time, and a trial needs 3d");
}

/// A load that nobody can foresee: reaction is as good, and cheaper.
TEST(PoolKeeper, RefusesToActWhereItsForecastLoses) {
  Bench bench(daily(6));
  std::vector<double> load(6 * 1440, 400);
  for (std::size_t t = 4 * 1440; t < load.size(); t += 37) load[t] = 500 + 97.0 * static_cast<double>(t % 13);
  Bench bursts(load);
  ASSERT_TRUE(bursts.pool.set(8));
  const Turn turn = bursts.turn(begin + hours{144});
  ASSERT_TRUE(turn.trial);
  EXPECT_EQ(turn.acts, turn.trial->is_won);
  if (!turn.acts)
    EXPECT_TRUE(turn.observes_because.starts_with("its forecast loses to plain reaction")) << turn.observes_because;
}

TEST(PoolKeeper, AMeterThatIsSilentTakesNothingAway) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(30));
  const Instant at = begin + hours{150};
  bench.turn(at - minutes{1});
  bench.pool.sets.clear();
  bench.meter.is_down = true;
  for (int t = 0; t < 40; ++t) {
    const Turn turn = bench.turn(at + t * minutes{1});
    EXPECT_FALSE(turn.decision.shrinks()) << turn.decision.sentence;
    EXPECT_EQ(turn.notes.at(0), "its load cannot be read: nobody answers");
    if (t > 5) EXPECT_FALSE(turn.alerts.empty()) << "after five minutes somebody is told";
  }
  EXPECT_TRUE(bench.pool.sets.empty());
}

TEST(PoolKeeper, APersonsPinHoldsUntilItsTime) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(9));
  const Instant at = begin + hours{150};
  ASSERT_TRUE(bench.book().set_hand(ScaleHand{.pinned = 3, .until = at + minutes{2}, .reason = "exam", .by = "ada"}));
  const Turn pinned = bench.turn(at);
  EXPECT_EQ(pinned.decision.to, 3);
  EXPECT_TRUE(pinned.decision.sentence.contains("exam, by ada")) << pinned.decision.sentence;
  EXPECT_NE(bench.turn(at + minutes{2}).decision.winner->source, scaling::WishSource::pin);
  ASSERT_TRUE(bench.book().set_hand(ScaleHand{.until = at + hours{5}, .by = "ada"}));
  const Turn paused = bench.turn(at + minutes{3});
  EXPECT_EQ(paused.decision.to, paused.decision.from);
}

TEST(PoolKeeper, WhatIsBusyIsAskedAgainLater) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(1));
  bench.pool.busy = true;
  const Instant at = begin + hours{150};
  const Turn busy = bench.turn(at);
  EXPECT_TRUE(busy.done.empty());
  EXPECT_EQ(busy.notes.at(0), "more nodes are asked for later: it is being scaled");
  bench.pool.busy = false;
  EXPECT_EQ(bench.turn(at + minutes{1}).done.size(), 1u);
}

bool alerts_of(const Turn& turn, const std::string& words) {
  return std::ranges::any_of(turn.alerts, [&](const auto& alert) { return alert.contains(words); });
}

TEST(PoolKeeper, WhatTheCloudHasNotIsAskedForAgainAfterAWhile) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(1));
  bench.pool.sets.clear();
  bench.pool.refuses = true;
  const Instant at = begin + hours{150};
  bench.turn(at);
  EXPECT_EQ(bench.pool.sets.size(), 1u);
  for (int t = 1; t < 5; ++t) {
    const Turn turn = bench.turn(at + t * minutes{1});
    EXPECT_EQ(turn.decision.to, turn.decision.from);
    EXPECT_TRUE(
        turn.decision.sentence.contains("no machines of Standard_D4_v3 are to be had (AllocationFailed until "
                                        "2026-11-07 06:05 UTC)"))
        << turn.decision.sentence;
    EXPECT_TRUE(alerts_of(turn, "no machines of Standard_D4_v3 are to be had since 2026-11-07 06:00 UTC"));
    if (t == 2) bench.restart();
  }
  EXPECT_EQ(bench.pool.sets.size(), 1u) << "not again before";
  bench.turn(at + minutes{5});
  EXPECT_EQ(bench.pool.sets.size(), 2u);
  bench.turn(at + minutes{14});
  EXPECT_EQ(bench.pool.sets.size(), 2u) << "the second time it waits longer";
  bench.pool.refuses = false;
  bench.turn(at + minutes{15});
  EXPECT_EQ(bench.pool.sets.size(), 3u);
  EXPECT_FALSE(alerts_of(bench.turn(at + minutes{26}), "no machines")) << "they have come";
}

TEST(PoolKeeper, AsksForNoMoreThanTheQuotaAndNamesIt) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(1));
  bench.pool.cores = 14;
  const Instant at = begin + hours{150};
  const Turn turn = bench.turn(at);
  EXPECT_EQ(turn.decision.to, 3);
  EXPECT_TRUE(turn.decision.sentence.contains(
      "the quota is 3 nodes (4 of 14 cores of standardDv3Family are in use, and a node has 4)"))
      << turn.decision.sentence;
  EXPECT_TRUE(alerts_of(turn, "the quota is 3 nodes"));
  EXPECT_EQ(bench.pool.quotas_asked, 1);
  bench.turn(at + minutes{1});
  EXPECT_EQ(bench.pool.quotas_asked, 1) << "it is known for five minutes";
  bench.pool.cores = 1000;
  EXPECT_GT(bench.turn(at + minutes{6}).decision.to, 3);
}

TEST(PoolKeeper, AComputeHasItsLeastCountRaisedWhileJobsAreOnTheirWay) {
  SlowPool pool(minutes{4});
  MemoryStore store;
  KeeperWish wish = web();
  wish.kind = Compute::kind;
  wish.pool.terms.floor = 0;
  wish.pool.terms.zero_allowed = true;
  Result<JobsAhead> ahead = JobsAhead{.jobs = {{.id = "a", .instances = 3}}};
  KeeperParts parts{pool, nullptr, {}, ScaleBook(store, "train")};
  parts.jobs = [&] { return ahead; };
  PoolKeeper keeper(std::move(parts), wish);
  const auto turn = [&](Instant at) {
    pool.now = at;
    return *keeper.turn(at, false);
  };
  EXPECT_TRUE(turn(begin).decision.sentence.starts_with("3 nodes: the queue needs 3 (1 job on the way to it)"));
  EXPECT_EQ(pool.asked(), 3);
  ahead = fail(Code::unavailable, "the store is away");
  const Turn blind = turn(begin + minutes{30});
  EXPECT_EQ(blind.decision.to, 3) << "nothing is taken away in the dark";
  EXPECT_EQ(blind.notes.at(0), "Drover's jobs cannot be read: the store is away");
  ahead = JobsAhead{.nodes_at_work = 3};
  turn(begin + minutes{31});
  EXPECT_EQ(turn(begin + minutes{60}).decision.to, 0) << "it keeps busy nodes by itself, and gives back idle ones";
}

/// Two pools of a cluster, neither of which has nodes, and a pod that waits.
class EmptyPool final : public PoolLever {
 public:
  Result<PoolState> look() override {
    PoolState state{.nodes_known = true, .selector = "agentpool=large"};
    state.pod_objects.push_back(nlohmann::json::parse(R"({"metadata": {"namespace": "d", "name": "p"},
      "spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}, "status": {"phase": "Pending",
      "conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]}})"));
    return state;
  }
  Status set(int) override { return {}; }
  Status remove(const std::vector<std::string>&, int) override { return {}; }
};

TEST(PoolKeeper, TakesTheWorkOfANeighbourThatGetsNoMachines) {
  EmptyPool pool;
  MemoryStore store;
  KeeperWish wish = web();
  wish.pool.terms.floor = 0;
  wish.pool.terms.zero_allowed = true;
  wish.queue.pool = {.name = "lab/large", .vm_size = "Standard_D4_v3", .nodes_max = 9};
  wish.queue.neighbours = {
      {.name = "lab/small", .selector = "agentpool=small", .vm_size = "Standard_D2_v3", .nodes_max = 9}};
  PoolKeeper keeper({pool, nullptr, {}, ScaleBook(store, "lab/large")}, wish);
  EXPECT_EQ(keeper.turn(begin, true)->decision.to, 0) << "the other one is cheaper";
  ScaleBook other(store, "lab/small");
  ScaleMemory memory;
  memory.stock.refuse("AllocationFailed", begin);
  ASSERT_TRUE(other.keep(memory, begin, nlohmann::json::object()));
  const Turn turn = *keeper.turn(begin + minutes{1}, true);
  EXPECT_EQ(turn.decision.to, 1);
  EXPECT_TRUE(
      turn.decision.sentence.contains("which lab/small would take but gets no machines (AllocationFailed until "
                                      "2026-11-01 00:05 UTC)"))
      << turn.decision.sentence;
  EXPECT_EQ(keeper.turn(begin + minutes{6}, true)->decision.to, 0) << "then it is asked again";
  memory.stock = {};
  memory.quota = {.at = begin + minutes{7}, .nodes = 0, .words = "0 of 0"};
  ASSERT_TRUE(other.keep(memory, begin + minutes{7}, nlohmann::json::object()));
  EXPECT_EQ(keeper.turn(begin + minutes{8}, true)->decision.to, 1) << "its quota leaves it no room";
}

TEST(PoolKeeper, BootsThatNobodySawTheEndOfAreGivenUp) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(2));
  const Instant at = begin + hours{150};
  bench.turn(at);
  auto memory = *bench.book().memory();
  for (int i = 0; i < 3; ++i) memory.boots.push_back({.requested = at});
  ASSERT_TRUE(bench.book().keep(memory, at + minutes{1}, nlohmann::json::object()));
  for (int t = 2; t < 40; ++t) bench.turn(at + t * minutes{1});
  const auto boots = bench.book().memory()->boots;
  for (const auto& boot : boots)
    if (boot.requested == at) EXPECT_TRUE(boot.ready || boot.failed);
}

TEST(PoolKeeper, LearnsHowLongNodesTake) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(2));
  const Instant at = begin + hours{147};
  bench.turn(at);
  for (int t = 1; t < 60; ++t) bench.turn(at + t * minutes{1});
  const auto memory = bench.book().memory();
  ASSERT_TRUE(memory);
  ASSERT_FALSE(memory->boots.empty());
  const auto& boot = memory->boots.front();
  ASSERT_TRUE(boot.ready);
  EXPECT_EQ(*boot.ready - boot.requested, minutes{10});
}

TEST(PoolKeeper, KeepsEveryDecisionWithWhatItWasMadeFrom) {
  Bench bench(daily(7));
  ASSERT_TRUE(bench.pool.set(2));
  const Instant at = begin + hours{150};
  bench.turn(at);
  bench.turn(at + minutes{1});
  const auto kept = bench.book().decisions(Instant{}, at, 9);
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 1u) << "those up to then";
  const auto& decision = kept->front();
  EXPECT_EQ(decision["decision"]["from"], 2);
  EXPECT_EQ(decision["decision"]["wishes"][0]["source"], "forecast");
  EXPECT_TRUE(decision["decision"]["terms"].contains("ceiling"));
  EXPECT_TRUE(decision.contains("load") && decision.contains("trial") && decision.contains("lead_s"));
}

TEST(ScaleMemory, ReadyRunsSayWhatWasReadyWhen) {
  ScaleMemory memory;
  memory.note_ready(begin, minutes{1}, 3);
  memory.note_ready(begin + minutes{1}, minutes{1}, 3);
  memory.note_ready(begin + minutes{1}, minutes{1}, 9);
  memory.note_ready(begin + minutes{4}, minutes{1}, 4);
  EXPECT_EQ(memory.ready.size(), 2u);
  EXPECT_EQ(memory.ready_at(begin + minutes{1}), 3);
  EXPECT_EQ(memory.ready_at(begin + minutes{2}), std::nullopt);
  EXPECT_EQ(memory.ready_at(begin + minutes{4}), 4);
  EXPECT_EQ(memory.ready_at(begin - minutes{1}), std::nullopt);
}

}  // namespace
}  // namespace drover::control
