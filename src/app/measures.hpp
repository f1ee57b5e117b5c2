// What a server counts, as Prometheus reads it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "jobs/job.hpp"

namespace drover::app {

class Measures {
 public:
  Measures(const std::string& version, Instant started);
  ~Measures();

  /// `route` is a template of the table of routes, so that their number is bounded.
  void count_request(const std::string& method, const std::string& route, int status, Duration took);
  void set_errands(std::size_t under_way);
  void set_jobs(const std::map<jobs::State, std::size_t>& by_state);
  void count_job_tick();
  /// The text format.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace drover::app
