// How near an apply comes to the shortest time that its graph allows, when Azure says nothing of Retry-After: 200
// resources with realistic durations, under a simulated clock, so that the figure is the same on every machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <unordered_map>

#include "codec/estate_yaml.hpp"
#include "control/apply/provisioner.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "localcloud/cloud.hpp"
#include "localcloud/defaults.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"
#include "ports/transport/traced.hpp"

namespace drover {
namespace {

std::string estate_text() {
  std::string text =
      "estate: wide\ncloud: local\naccounts:\n  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: "
      "10ca1000-0000-4000-8000-000000000001, location: eastus, group: wide-rg}\nworkspace: wide-ws\nstorage:\n";
  for (int i = 0; i < 33; ++i)
    text +=
        "  widestore" + std::to_string(i) + ": {containers: [data, models], group: rg-" + std::to_string(i % 8) + "}\n";
  text += "  widemain: {}\n";
  std::string clusters = "clusters:\n", vaults = "vaults:\n  kv-main: {}\n";
  for (int i = 0; i < 16; ++i) {
    clusters += "  aks" + std::to_string(i) + ": {group: rg-" + std::to_string(i % 8) +
                ", pools: {np1: {size: Standard_D2_v3}, np2: {size: Standard_D4_v3, mode: user}}}\n";
    vaults += "  kv-wide-" + std::to_string(i) + ": {group: rg-" + std::to_string(i % 8) + "}\n";
  }
  text += vaults + clusters + "compute:\n";
  for (int i = 0; i < 18; ++i) text += "  train-" + std::to_string(i) + ": {size: Standard_DS3_v2, nodes: 0..4}\n";
  return text + "\n";
}

struct Figures {
  Duration wall{}, longest_chain{};
  std::size_t resources = 0;
  double reads_a_second = 0;
};

/// The chain is made of what each operation really took in the world, as the world's own record of it shows.
Figures measure(std::uint64_t seed) {
  auto text = estate_text();
  // The workspace needs to be told its companions, since there are many.
  const auto at = text.find("workspace: wide-ws");
  text.replace(at, 18, "workspace: {name: wide-ws, storage: widemain, vault: kv-main}");
  auto loaded = codec::load_estate(text, "wide.yaml", {});
  EXPECT_TRUE(loaded) << loaded.error().front().message;
  MemoryStore store;
  MemoryLog log;
  MemorySecrets secrets;
  auto world = *localcloud::open_world(store, seed, localcloud::Physics{});
  SimClock clock(*parse_iso("2026-11-21T00:00:00Z"));
  localcloud::LocalCloudTransport wire(*world, clock);
  std::size_t reads = 0;
  TracedTransport traced(wire,
                         [&](const http::Request& request, const auto&, Instant) { reads += request.method == "GET"; });
  RateLimitedTransport limited(traced, ArmBudget{});
  RetryingTransport retrying(limited, RetryPolicy{}, seed);
  azure::AzureCloud cloud(retrying, {},
                          {{"main", oauth::ClientCredentials{std::string(localcloud::default_tenant),
                                                             std::string(localcloud::default_client_id),
                                                             std::string(localcloud::default_client_secret)}}},
                          secrets);
  auto journal = control::Journal::open(log);
  control::Provisioner provisioner(cloud, *journal);
  auto plan = provisioner.plan({.estate = "wide", .cloud = "local", .graph = &loaded->lowered.graph});
  EXPECT_TRUE(plan);
  reads = 0;
  // When each operation really ended in the world: the first moment at which nothing is under way before it shows.
  std::unordered_map<std::string, std::pair<Instant, Instant>> spans;
  std::unordered_map<std::string, Duration> lengths;
  control::ApplyOptions options{.tick = Duration{0}};
  options.observer = [&](const control::ApplyEvent& event) {
    if (event.what == control::ApplyEvent::What::started) spans[event.key].first = event.at;
    if (event.what == control::ApplyEvent::What::done) spans[event.key].second = event.at;
  };
  const Instant began = clock.now();
  auto report = provisioner.apply(*plan, options);
  EXPECT_TRUE(report && report->ok());
  Figures figures{.wall = clock.now() - began, .resources = plan->actions.size()};
  figures.reads_a_second = static_cast<double>(reads) / to_seconds(figures.wall);
  // What the operations took in the world, from its own records (durable documents of ended operations are the
  // world's).
  for (auto& action : plan->actions) {
    const auto real = localcloud::operation_length(*world, action.resource.arm_id);
    action.expected = real ? *real : spans[action.resource.key].second - spans[action.resource.key].first;
    if (!action.comes_with.empty()) action.expected = Duration{0};
  }
  planning::find_critical_path(*plan);
  figures.longest_chain = plan->critical_path_length;
  return figures;
}

TEST(CriticalPath, AnApplyOfTwoHundredStaysWithinThreePercentOfIt) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const Figures figures = measure(seed);
    EXPECT_GE(figures.resources, 190U);
    const double over = to_seconds(figures.wall) / to_seconds(figures.longest_chain) - 1;
    std::printf("seed %llu: %zu resources, wall %.1f s, critical path %.1f s, over by %.2f %%, %.1f reads a second\n",
                static_cast<unsigned long long>(seed), figures.resources, to_seconds(figures.wall),
                to_seconds(figures.longest_chain), 100 * over, figures.reads_a_second);
    EXPECT_LE(over, 0.03);
    EXPECT_GE(over, -0.0001) << "nothing can be faster than its longest chain";
    EXPECT_LE(figures.reads_a_second, 25) << "ARM refills 25 reads a second";
  }
}

}  // namespace
}  // namespace drover
