// Whether somebody asked the whole program to stop.
#pragma once

#include <atomic>

namespace drover::app {

/// Set by SIGINT and SIGTERM.
extern std::atomic<bool> stop_requested;

/// The first signal asks for an orderly end; the second ends at once, which loses nothing either.
void heed_signals();
/// Readable once a stop was asked for.
int stop_descriptor();

}  // namespace drover::app
