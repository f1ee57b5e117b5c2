// Programs that die between any two of their doings, and disks that are full, as a seed has it.
#pragma once

#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ports/store.hpp"

namespace drover::simulation {

/// The program was killed here.
struct Killed {};

/// Dies, now and then, just before or just after what it is asked to do.
class Fate {
 public:
  Fate(Rng& rng, double odds) : rng_(rng), odds_(odds) {}
  void before_or_after() {
    if (is_on && rng_.uniform() < odds_) throw Killed{};
  }
  bool is_on = true;

 private:
  Rng& rng_;
  double odds_;
};

class FatefulStore final : public Store {
 public:
  FatefulStore(MemoryStore& inner, Fate& fate, Rng& rng) : inner_(inner), fate_(fate), rng_(rng) {}
  Status commit(const std::vector<StoreWrite>& writes) override {
    fate_.before_or_after();
    if (fate_.is_on && rng_.uniform() < 0.03) return fail(Code::unavailable, "database or disk is full");
    auto done = inner_.commit(writes);
    fate_.before_or_after();
    return done;
  }
  Result<std::optional<std::string>> get(std::string_view key) override { return inner_.get(key); }
  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override {
    return inner_.scan(prefix);
  }

 private:
  MemoryStore& inner_;
  Fate& fate_;
  Rng& rng_;
};

}  // namespace drover::simulation
