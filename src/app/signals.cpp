#include "app/signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace drover::app {
namespace {

int descriptor = -1;

void on_signal(int signal) {
  if (stop_requested.exchange(true)) std::_Exit(128 + signal);
  const std::uint64_t one = 1;
  if (::write(descriptor, &one, sizeof one) < 0) return;  // whoever sleeps on it looks again by itself
}

}  // namespace

std::atomic<bool> stop_requested{false};

void heed_signals() {
  descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_descriptor() { return descriptor; }

}  // namespace drover::app
