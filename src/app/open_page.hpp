// drover open: the page of a state folder in the user's browser.
#pragma once

#include "app/environment.hpp"
#include "cli/context.hpp"

namespace drover::app {

/// Says the page's address, with the token in it, and opens a browser where there is one. Starts a server in the
/// background where none runs. The exit code: that no browser could be opened is no failure.
int open_page(const cli::Context& context, const Environment& environment);

}  // namespace drover::app
