#include "app/measures.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace drover::app {

namespace {

/// From what answers at once to what takes as long as a cluster.
const prometheus::Histogram::BucketBoundaries seconds = {0.001, 0.01, 0.1, 1, 10, 60, 300, 1800};

}  // namespace

struct Measures::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("drover_requests_total").Help("Requests to the API").Register(registry);
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("drover_errand_seconds")
                                                             .Help("From a request to its whole answer")
                                                             .Register(registry);
  prometheus::Gauge& errands = prometheus::BuildGauge()
                                   .Name("drover_errands")
                                   .Help("Requests that are being worked on")
                                   .Register(registry)
                                   .Add({});
  prometheus::Family<prometheus::Gauge>& jobs =
      prometheus::BuildGauge().Name("drover_jobs").Help("Jobs on record, by state").Register(registry);
  prometheus::Counter& job_ticks = prometheus::BuildCounter()
                                       .Name("drover_job_ticks_total")
                                       .Help("Looks at all open jobs")
                                       .Register(registry)
                                       .Add({});
  std::map<jobs::State, prometheus::Gauge*> job_states;
};

Measures::Measures(const std::string& version, Instant started) : families_(std::make_unique<Families>()) {
  auto& registry = families_->registry;
  prometheus::BuildGauge()
      .Name("process_start_time_seconds")
      .Help("Since 1970")
      .Register(registry)
      .Add({})
      .Set(to_seconds(started.time_since_epoch()));
  prometheus::BuildGauge()
      .Name("drover_build_info")
      .Help("Which drover this is")
      .Register(registry)
      .Add({{"version", version}})
      .Set(1);
}

Measures::~Measures() = default;

void Measures::count_request(const std::string& method, const std::string& route, int status, Duration took) {
  families_->requests.Add({{"method", method}, {"route", route}, {"status", std::to_string(status)}}).Increment();
  families_->durations.Add({{"route", route}}, seconds).Observe(to_seconds(took));
}

void Measures::set_errands(std::size_t under_way) { families_->errands.Set(static_cast<double>(under_way)); }

void Measures::set_jobs(const std::map<jobs::State, std::size_t>& by_state) {
  for (const auto& [state, count] : by_state) {
    auto& gauge = families_->job_states[state];
    if (gauge == nullptr) gauge = &families_->jobs.Add({{"state", jobs::state_name(state)}});
    gauge->Set(static_cast<double>(count));
  }
}

void Measures::count_job_tick() { families_->job_ticks.Increment(); }

std::string Measures::text() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

}  // namespace drover::app
