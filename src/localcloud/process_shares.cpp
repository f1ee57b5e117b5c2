#include "localcloud/process_shares.hpp"

#include <algorithm>
#include <iterator>

namespace drover::localcloud {

class ProcessShares::Share final : public Processes {
 public:
  Share(ProcessShares& all, std::string prefix) : all_(all), prefix_(std::move(prefix)) {}

  const Isolation& isolation() const override { return all_.processes_.isolation(); }
  Status start(const ProcessSpec& spec) override { return all_.processes_.start(spec); }
  void terminate(const std::string& name) override { all_.processes_.terminate(name); }
  void terminate_first(const std::string& name) override { all_.processes_.terminate_first(name); }
  void kill(const std::string& name) override { all_.processes_.kill(name); }
  void forget(const std::string& name) override { all_.processes_.forget(name); }
  bool wait(Instant until) override { return all_.processes_.wait(until); }

  std::vector<std::string> running() const override {
    std::vector<std::string> names = all_.processes_.running();
    std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix_); });
    return names;
  }

  std::vector<ProcessEnd> take_ended() override {
    all_.collect();
    auto& ends = all_.unclaimed_;
    const auto mine = std::stable_partition(ends.begin(), ends.end(),
                                            [&](const ProcessEnd& end) { return !end.name.starts_with(prefix_); });
    std::vector<ProcessEnd> taken(std::make_move_iterator(mine), std::make_move_iterator(ends.end()));
    ends.erase(mine, ends.end());
    return taken;
  }

 private:
  ProcessShares& all_;
  std::string prefix_;
};

ProcessShares::ProcessShares(Processes& processes) : processes_(processes) {}
ProcessShares::~ProcessShares() = default;

Processes* ProcessShares::share(std::string prefix) {
  return shares_.emplace_back(std::make_unique<Share>(*this, std::move(prefix))).get();
}

void ProcessShares::collect() {
  auto fresh = processes_.take_ended();
  std::ranges::move(fresh, std::back_inserter(unclaimed_));
}

}  // namespace drover::localcloud
