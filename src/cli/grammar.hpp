// The words and options that there are; it and parse.cpp know CLI11, nothing else does.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/invocation.hpp"

namespace drover::cli {

/// One for each parse: what is read lands in `typed`.
struct Grammar {
  CLI::App app{"Drives the compute that machine-learning teams train on."};
  Invocation typed;

  Grammar();

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& what, Command command,
                bool takes_estate = true);
  void add_plan_options(CLI::App* sub);
  void add_forecast();
  void add_scale();
  void add_load_options(CLI::App* sub);
  void add_replay(CLI::App& scale);
  void add_hand(CLI::App& scale);
  void add_cloud();
  void add_serve();
  void add_job_options(CLI::App* sub);
  void add_jobs();
  void add_compute();
};

}  // namespace drover::cli
