#include "ports/flow.hpp"

#include <algorithm>

namespace drover {

void Flows::Exchanging::await_suspend(std::coroutine_handle<> handle) {
  const Instant deadline = flows.now() + timeout;
  const ExchangeId id = flows.transport_.submit(std::move(request), deadline, sink);
  flows.exchanges_.emplace(id, Waiting{handle, this});
  waiting_for = id;
}

void Flows::give_up(ExchangeId id) {
  transport_.cancel(id);
  exchanges_.erase(id);
}

void Flows::give_up(Instant until, std::coroutine_handle<> waiting) {
  const auto [begin, end] = pauses_.equal_range(until);
  for (auto it = begin; it != end; ++it)
    if (it->second == waiting) {
      pauses_.erase(it);
      return;
    }
}

bool Flows::step(Instant until) {
  while (true) {
    if (!pauses_.empty() && pauses_.begin()->first <= now()) {
      const auto handle = pauses_.begin()->second;
      pauses_.erase(pauses_.begin());
      handle.resume();
      return true;
    }
    const Instant wake = pauses_.empty() ? until : std::min(until, pauses_.begin()->first);
    auto completion = transport_.next(wake);
    if (completion) {
      const auto it = exchanges_.find(completion->id);
      if (it == exchanges_.end()) continue;
      const Waiting waiting = it->second;
      exchanges_.erase(it);
      waiting.exchanging->waiting_for = {};
      waiting.exchanging->outcome = std::move(completion->outcome);
      waiting.handle.resume();
      return true;
    }
    if (now() >= until && (pauses_.empty() || pauses_.begin()->first > now())) return false;
  }
}

}  // namespace drover
