// The contents of a cluster through many applies that are killed before any of their changing calls: what is wanted
// comes to be there, what an earlier apply made and nobody wants goes, and what is not Drover's stays as it is.
// DROVER_SIM_SEED replays one run.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "control/contents/contents.hpp"
#include "drivers/kubernetes/kubernetes_cluster.hpp"
#include "drivers/system/programs.hpp"
#include "localcloud/kubernetes/access.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/test_bench.hpp"
#include "tests/simulation/fate.hpp"
#include "tests/simulation/seeds.hpp"

namespace drover {
namespace {

using namespace simulation;
using control::Contents;
using nlohmann::json;

class NoFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path) override { return fail(Code::not_found, path); }
  Status write(const std::string&, std::string_view) override { return {}; }
  bool exists(const std::string&) override { return false; }
};
class NoTls final : public TlsHosts {
 public:
  void set_host(std::string, TlsHost) override {}
};

/// Dies, now and then, before a call that changes something.
class FatefulCluster final : public kubernetes::Cluster {
 public:
  FatefulCluster(kubernetes::Cluster& inner, Fate& fate) : inner_(inner), fate_(fate) {}
  Flow<Result<kubernetes::ApiResource>> discover(kubernetes::ObjectKind kind) override { return inner_.discover(kind); }
  Flow<Result<std::string>> server_version() override { return inner_.server_version(); }
  Flow<Result<json>> get(kubernetes::ObjectName name) override { return inner_.get(name); }
  Flow<Result<std::vector<json>>> list(kubernetes::ObjectSelection selection) override {
    return inner_.list(selection);
  }
  Flow<Status> watch(kubernetes::ObjectSelection selection, kubernetes::WatchObserver observer) override {
    return inner_.watch(selection, std::move(observer));
  }
  Flow<Result<json>> apply(json object, kubernetes::ApplyOptions options) override {
    const bool is_inventory = object["metadata"].value("namespace", "") == "kube-system";
    if (!options.dry_run && !is_inventory) fate_.before_or_after();
    return inner_.apply(std::move(object), options);
  }
  Flow<Result<json>> create(json object, kubernetes::Warnings* warnings) override {
    return inner_.create(std::move(object), warnings);
  }
  Flow<Result<json>> patch(kubernetes::ObjectName name, kubernetes::PatchKind kind, json change,
                           std::string subresource) override {
    return inner_.patch(name, kind, std::move(change), subresource);
  }
  Flow<Result<bool>> remove(kubernetes::ObjectName name, kubernetes::DeleteOptions options) override {
    if (name.space != "kube-system") fate_.before_or_after();
    return inner_.remove(name, options);
  }
  Flow<Status> logs(kubernetes::ObjectName pod, kubernetes::LogOptions options, BodySink& sink) override {
    return inner_.logs(pod, options, sink);
  }
  Flow<Status> evict(kubernetes::ObjectName pod, std::optional<std::int64_t> grace_seconds) override {
    return inner_.evict(pod, grace_seconds);
  }
  Instant now() const override { return inner_.now(); }

 private:
  kubernetes::Cluster& inner_;
  Fate& fate_;
};

const std::string arm_id = localcloud::bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";

codec::KubeAccess access_to(localcloud::World& world) {
  codec::KubeAccess access;
  access.cluster.server = "https://127.0.0.1";
  access.user.token.bytes = localcloud::kubernetes::admin_token(*world.fleet().find(to_lower(arm_id)));
  return access;
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed) {
    bench_.make_group();
    const auto made = bench_.arm(
        "PUT", arm_id,
        R"({"location":"westus2","properties":{"dnsPrefix":"t","agentPoolProfiles":[{"name":"pool","count":1,"vmSize":"Standard_D2_v3","mode":"System"}]}})");
    EXPECT_LT(made.status, 300) << made.body;
    bench_.pass(std::chrono::hours(1));
    localcloud::advance(bench_.world(), bench_.now());
    clock_.emplace(bench_.now());
    transport_.emplace(bench_.world(), *clock_, [] { return localcloud::Peer{.cluster = to_lower(arm_id)}; });
    flows_.emplace(*transport_);
    credentials_.emplace(access_to(bench_.world()), files_, programs_, tls_);
    cluster_.emplace(*flows_, *credentials_, 1);
    // Somebody else's, from before and to stay.
    for (const char* name : {"c0", "stranger"}) must(finish(*flows_, cluster_->create(config_map(name, "theirs"))));
  }

  void run() {
    for (int round = 0; round < 12; ++round) {
      wanted_.clear();
      for (int i = 0; i < 5; ++i)
        if (rng_.below(2) == 0) wanted_["c" + std::to_string(i)] = std::to_string(rng_.below(3));
      // Killed again and again, until once it gets through; another wish may come before that.
      const bool gives_up = rng_.below(3) == 0;
      bool is_done = false;
      for (int attempt = 0; attempt < (gives_up ? 2 : 100) && !is_done; ++attempt) is_done = try_apply();
      if (is_done) check();
    }
    fate_.is_on = false;
    wanted_.clear();
    EXPECT_TRUE(try_apply());
    check();
    const auto inventory =
        finish(*flows_, cluster_->get({kubernetes::kinds::config_maps, "kube-system", "drover-inventory-sim"}));
    EXPECT_FALSE(inventory) << "an inventory of nothing";
  }

 private:
  template <class T>
  void must(const Result<T>& outcome) {
    EXPECT_TRUE(outcome) << format_error(outcome.error());
  }
  static json config_map(const std::string& name, const std::string& value) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", name}, {"namespace", "default"}}},
            {"data", {{"a", value}}}};
  }

  bool try_apply() {
    FatefulCluster fateful(*cluster_, fate_);
    control::ContentsWish wish{.estate = "sim", .cluster = "cluster/training"};
    wish.force = true;  // c0 is somebody else's, and so is its value
    for (const auto& [name, value] : wanted_) wish.manifests.push_back({config_map(name, value)});
    try {
      Contents contents(fateful, *flows_, wish);
      auto plan = contents.plan();
      EXPECT_TRUE(plan) << format_error(plan.error());
      if (!plan) return false;
      control::ContentsOptions options;
      options.observer = [&](const planning::ContentAction&, const Error*) { fate_.before_or_after(); };
      auto done = contents.apply(*plan, options);
      EXPECT_TRUE(done) << format_error(done.error());
      return done && done->failed.empty();
    } catch (const Killed&) {
      return false;
    }
  }

  void check() {
    std::map<std::string, std::string> seen;
    const auto all = finish(*flows_, cluster_->list({kubernetes::kinds::config_maps, "default"}));
    ASSERT_TRUE(all);
    for (const auto& object : *all)
      if (object["metadata"]["name"] != "kube-root-ca.crt")
        seen[object["metadata"]["name"]] = object["data"].value("a", "");
    EXPECT_TRUE(seen.contains("c0")) << "adopted, and deleted all the same";
    EXPECT_EQ(seen["stranger"], "theirs");
    if (!wanted_.contains("c0")) seen.erase("c0");
    seen.erase("stranger");
    EXPECT_EQ(seen, wanted_);
  }

  Rng rng_;
  Fate fate_{rng_, 0.15};
  localcloud::TestBench bench_{localcloud::Physics{.duration_scale = 0, .call_latency = Duration{0}}};
  std::optional<SimClock> clock_;
  NoFiles files_;
  system::SystemPrograms programs_;
  NoTls tls_;
  std::optional<localcloud::LocalCloudTransport> transport_;
  std::optional<Flows> flows_;
  std::optional<kubernetes::Credentials> credentials_;
  std::optional<kubernetes::KubernetesCluster> cluster_;
  std::map<std::string, std::string> wanted_;
};

TEST(SimulatedContents, NothingIsLostOrForgottenWhereverAnApplyIsKilled) {
  for_each_seed(60, [](std::uint64_t seed) { Life(seed).run(); });
}

}  // namespace
}  // namespace drover
