// An apply as it goes: on a terminal a block of lines that redraws itself, in a pipe one line for each thing that
// ended.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/event_stream.hpp"
#include "planning/plan.hpp"

namespace drover::cli {

/// `share` (0 to 1) of 20 cells, in eighths of a cell.
std::string bar(double share);

/// Takes the event stream of /v1/apply.
class Progress final : public EventStream {
 public:
  explicit Progress(const Context& context) : context_(context) {}

  const planning::Plan& plan() const { return plan_; }

 private:
  struct Row {
    std::string label;  ///< kind and name, padded
    std::string action;
    Instant began;
    Duration expected{};
  };

  void on_event(const std::string& name, const nlohmann::json& data) override;
  /// An object in a cluster.
  void on_content(const nlohmann::json& data);
  void print_line(const std::string& line);
  void draw();
  void erase();
  std::string label_of(const std::string& key) const;

  const Context& context_;
  planning::Plan plan_;
  std::map<std::string, Row> running_;  ///< by key
  std::map<std::string, std::string> labels_;
  std::size_t waiting_ = 0, done_ = 0;
  Instant now_{};
  std::size_t drawn_lines_ = 0;
};

}  // namespace drover::cli
