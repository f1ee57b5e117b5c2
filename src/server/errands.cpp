#include "server/errands.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

namespace drover::server {
namespace {

/// As large as a thread's: decoders that recurse are bounded by it. Only pages that were touched take memory.
constexpr std::size_t stack_bytes = std::size_t{8} << 20;

/// An errand that computes gives way this often.
constexpr Duration turn_max = std::chrono::milliseconds(10);

/// After a stop, errands that sleep look this often whether they are to end.
constexpr Duration nap_max = std::chrono::milliseconds(200);

}  // namespace

struct Errands::Errand {
  ErrandId id;
  boost::context::fiber stack = {};   ///< empty while it runs
  boost::context::fiber caller = {};  ///< who resumed it
  Instant due{};
  Instant resumed{};
  std::vector<int> awaited = {};
  bool is_over = false;
};

Errands::Errands(const Clock& clock) : clock_(clock), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

Errands::~Errands() {
  // Unwinding them would run their code halfway. They stay reachable, so that no checker takes them for lost.
  static auto& left = *new std::vector<std::unique_ptr<Errand>>;
  for (auto& errand : errands_) left.push_back(std::move(errand));
  ::close(epoll_);
}

ErrandId Errands::start(std::function<void()> work) {
  const ErrandId id{++last_id_};
  auto& errand = *errands_.emplace_back(std::make_unique<Errand>(Errand{.id = id}));
  errand.stack = boost::context::fiber(std::allocator_arg, boost::context::protected_fixedsize_stack(stack_bytes),
                                       [&errand, work = std::move(work)](boost::context::fiber&& caller) {
                                         errand.caller = std::move(caller);
                                         work();
                                         errand.is_over = true;
                                         return std::move(errand.caller);
                                       });
  resume(errand);
  return id;
}

void Errands::resume(Errand& errand) {
  Errand* const outer = std::exchange(current_, &errand);
  errand.resumed = clock_.now();
  errand.stack = std::move(errand.stack).resume();
  current_ = outer;
  if (errand.is_over) std::erase_if(errands_, [&](const auto& held) { return held.get() == &errand; });
}

void Errands::wait_until(Instant until, const std::vector<Awaited>& awaited) {
  Errand& self = *current_;
  for (const auto& [descriptor, reads, writes] : awaited) {
    epoll_event event{.events = EPOLLONESHOT | (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U),
                      .data = {.u64 = self.id.value}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) self.awaited.push_back(descriptor);
  }
  self.due = until;
  self.caller = std::move(self.caller).resume();
  for (const int descriptor : self.awaited) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  self.awaited.clear();
}

void Errands::be_fair() {
  if (current_ != nullptr && clock_.now() - current_->resumed > turn_max) wait_until(clock_.now());
}

void Errands::wake(ErrandId id) {
  for (auto& errand : errands_)
    if (errand->id == id) errand->due = Instant::min();
}

void Errands::wake_all() {
  for (auto& errand : errands_) errand->due = Instant::min();
}

void Errands::run_due() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) wake(ErrandId{events[static_cast<std::size_t>(i)].data.u64});
  std::vector<ErrandId> due;
  const Instant now = clock_.now();
  for (const auto& errand : errands_)
    if (errand->due <= now) due.push_back(errand->id);
  for (const ErrandId id : due) {
    const auto it = std::ranges::find(errands_, id, [](const auto& errand) { return errand->id; });
    if (it != errands_.end()) resume(**it);
  }
}

Instant Errands::next_due() const {
  Instant earliest = instant_max;
  for (const auto& errand : errands_) earliest = std::min(earliest, errand->due);
  return earliest;
}

void YieldingClock::sleep_until(Instant instant) {
  if (!errands_.is_inside()) return inner_->sleep_until(instant);
  const Instant due = real_at_(instant);
  const Instant now = errands_.now();
  if (due <= now) {
    inner_->sleep_until(instant);
    return errands_.be_fair();
  }
  errands_.wait_until(stop_asked_() ? std::min(due, now + nap_max) : due);
}

std::optional<Completion> YieldingTransport::next(Instant until) {
  if (!errands_.is_inside()) return inner_.next(until);
  while (true) {
    const Instant now = clock().now();
    if (auto completion = inner_.next(now)) return completion;
    if (now >= until) return std::nullopt;
    const auto [awaited, at_most] = readiness_();
    errands_.wait_until(std::min(until, at_most < until - now ? now + at_most : until), awaited);
  }
}

bool YieldingProcesses::wait(Instant until) {
  if (!errands_.is_inside()) return inner_.wait(until);
  if (inner_.wait(errands_.now())) return true;
  // Woken early by others: callers look again anyway.
  errands_.wait_until(until, {{.descriptor = inner_.descriptor()}});
  return inner_.wait(errands_.now());
}

}  // namespace drover::server
