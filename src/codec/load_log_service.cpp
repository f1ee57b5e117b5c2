// The workshop's raw service log: a Start and an End line for each session and job, to load a step and a day.
#include <algorithm>
#include <array>
#include <limits>

#include "base/text.hpp"
#include "codec/load_log_lines.hpp"
#include "codec/log_number.hpp"

namespace drover::codec {
namespace {

constexpr std::array<const char*, 4> kind_names = {"admin_users", "config_users", "end_users", "jobs"};
constexpr std::uint8_t kind_jobs = 3;
constexpr std::string_view wanted = "time, id, level and message, separated by tabs";

struct Event {
  std::string_view id;
  Instant at;
  std::uint8_t kind = 0;
  bool is_end = false;
};

struct Session {
  Instant start;
  Instant end;
};

struct Fields {
  std::string_view time, id, message;
};

std::optional<Fields> split_line(std::string_view line) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto tab = line.find('\t');
    fields[i] = line.substr(0, tab);
    if (tab == std::string_view::npos && i + 1 < fields.size()) return std::nullopt;
    line = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
  }
  if (fields[1].empty() || fields[3].empty()) return std::nullopt;
  return Fields{fields[0], fields[1], fields[3]};
}

// nullopt for messages that are about no session or job.
std::optional<std::pair<std::uint8_t, bool>> classify(std::string_view message) {
  message = trim(message);
  const bool is_end = message.ends_with(" End");
  if (!is_end && !message.ends_with(" Start")) return std::nullopt;
  const std::string_view subject = message.substr(0, message.rfind(' '));
  if (subject.ends_with("Job")) return std::pair{kind_jobs, is_end};
  if (starts_with_ignore_case(subject, "admin user")) return std::pair{std::uint8_t{0}, is_end};
  if (starts_with_ignore_case(subject, "config user")) return std::pair{std::uint8_t{1}, is_end};
  if (starts_with_ignore_case(subject, "end user")) return std::pair{std::uint8_t{2}, is_end};
  return std::nullopt;
}

struct Pairs {
  std::array<std::vector<Session>, kind_names.size()> sessions;
  std::array<std::size_t, kind_names.size()> unmatched_starts{};
  std::array<std::size_t, kind_names.size()> unmatched_ends{};
};

// Lines may be out of order: all events of an id are brought together first, then paired by time, first start with
// first end.
Pairs pair_events(std::vector<Event> events) {
  std::ranges::sort(events, [](const Event& a, const Event& b) {
    return std::tie(a.kind, a.id, a.at, a.is_end) < std::tie(b.kind, b.id, b.at, b.is_end);
  });
  Pairs out;
  std::vector<Instant> open;
  std::size_t paired = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (!event.is_end) {
      open.push_back(event.at);
    } else if (paired < open.size()) {
      out.sessions[event.kind].push_back({open[paired++], event.at});
    } else {
      ++out.unmatched_ends[event.kind];
    }
    if (i + 1 == events.size() || events[i + 1].id != event.id || events[i + 1].kind != event.kind) {
      out.unmatched_starts[event.kind] += open.size() - paired;
      open.clear();
      paired = 0;
    }
  }
  for (auto& sessions : out.sessions)
    std::ranges::sort(sessions, [](const Session& a, const Session& b) {
      return std::tie(a.start, a.end) < std::tie(b.start, b.end);
    });
  return out;
}

std::size_t peak_concurrency(const std::vector<Session>& sessions) {
  std::vector<Instant> ends;
  ends.reserve(sessions.size());
  for (const auto& session : sessions) ends.push_back(session.end);
  std::ranges::sort(ends);
  std::size_t peak = 0;
  std::size_t ended = 0;
  for (std::size_t begun = 0; begun < sessions.size(); ++begun) {
    while (ended < ends.size() && ends[ended] <= sessions[begun].start) ++ended;
    // A session of no length ends the moment it begins and is not counted twice.
    peak = std::max(peak, begun + 1 - std::min(ended, begun + 1));
  }
  return peak;
}

SessionFacts facts_of(std::size_t kind, const Pairs& pairs) {
  const auto& sessions = pairs.sessions[kind];
  SessionFacts facts{.name = kind_names[kind],
                     .pairs = sessions.size(),
                     .unmatched_starts = pairs.unmatched_starts[kind],
                     .unmatched_ends = pairs.unmatched_ends[kind]};
  if (sessions.empty()) return facts;
  facts.min_seconds = std::numeric_limits<double>::max();
  double sum = 0;
  for (const auto& session : sessions) {
    const double seconds = to_seconds(session.end - session.start);
    sum += seconds;
    facts.min_seconds = std::min(facts.min_seconds, seconds);
    facts.max_seconds = std::max(facts.max_seconds, seconds);
  }
  facts.mean_seconds = sum / static_cast<double>(sessions.size());
  facts.peak_concurrency = peak_concurrency(sessions);
  return facts;
}

// Sessions begun a day, and the mean duration of the jobs begun that day; a day without jobs repeats the day before.
forecast::Table daily_table(const Pairs& pairs, const DayRange& range, std::vector<std::string>& notes) {
  forecast::Table table{.start = range.first, .step = forecast::one_day};
  const auto day_index = [&](Instant at) { return days_between(range.first, at); };
  const auto last = static_cast<std::int64_t>(range.days);
  for (std::size_t kind = 0; kind < kind_jobs; ++kind) {
    auto& column = table.columns.emplace_back(kind_names[kind], std::vector<double>(range.days));
    for (const auto& session : pairs.sessions[kind])
      if (const auto day = day_index(session.start); day >= 0 && day < last)
        ++column.values[static_cast<std::size_t>(day)];
  }
  std::vector<double> seconds(range.days);
  std::vector<std::size_t> jobs(range.days);
  for (const auto& job : pairs.sessions[kind_jobs]) {
    const auto day = day_index(job.start);
    if (day < 0 || day >= last) continue;
    seconds[static_cast<std::size_t>(day)] += to_seconds(job.end - job.start);
    ++jobs[static_cast<std::size_t>(day)];
  }
  std::size_t idle_days = 0;
  for (std::size_t day = 0; day < range.days; ++day) {
    if (jobs[day] > 0)
      seconds[day] /= static_cast<double>(jobs[day]);
    else if (day > 0)
      seconds[day] = seconds[day - 1];
    idle_days += jobs[day] == 0;
  }
  if (idle_days > 0)
    notes.push_back("No job began on " + std::to_string(idle_days) + " of " + std::to_string(range.days) +
                    " days; the completion time of the day before stands in.");
  table.columns.push_back({"avg_completion_time", std::move(seconds)});
  return table;
}

// How many of each kind were open at the begin of each step.
forecast::Table concurrency_table(const Pairs& pairs, Instant first, Instant last, Duration step,
                                  std::vector<std::string>& notes) {
  const auto steps = static_cast<std::size_t>((last - first) / step) + 1;
  if (steps > steps_max) {
    notes.push_back("The log spans " + format_count(static_cast<long long>(steps)) + " steps of " +
                    format_duration(step) + "; concurrency is not kept for more than " +
                    format_count(static_cast<long long>(steps_max)) + ".");
    return {};
  }
  forecast::Table table{.start = first, .step = step};
  // The first step whose begin is not before `at`.
  const auto step_from = [&](Instant at) {
    return std::min(static_cast<std::size_t>((at - first + step - Duration{1}) / step), steps);
  };
  for (std::size_t kind = 0; kind < kind_names.size(); ++kind) {
    std::vector<double> change(steps + 1);
    for (const auto& session : pairs.sessions[kind]) {
      change[step_from(session.start)] += 1;
      change[step_from(session.end)] -= 1;
    }
    double open = 0;
    for (auto& value : change) value = open += value;
    change.pop_back();
    table.columns.push_back({kind_names[kind], std::move(change)});
  }
  return table;
}

void note_unmatched(const std::vector<SessionFacts>& sessions, std::vector<std::string>& notes) {
  for (const auto& facts : sessions)
    if (facts.unmatched_starts + facts.unmatched_ends > 0)
      notes.push_back(facts.name + ": " + std::to_string(facts.unmatched_starts) + " Start lines have no End and " +
                      std::to_string(facts.unmatched_ends) + " End lines no Start; they were left out.");
}

}  // namespace

bool is_service_line(std::string_view line) {
  const auto fields = split_line(line);
  // A table between tabs has numbers where a message would be.
  return fields && parse_iso(trim(fields->time)).has_value() && !read_number(fields->message);
}

Result<LoadLog> read_service_log(std::string_view text, const std::string& file, const LoadLogOptions& options) {
  LineTally tally(file, options.malformed_share_max);
  std::vector<Event> events;
  LineCursor cursor(text);
  while (cursor.next()) {
    tally.count_line();
    const auto fields = cursor.line().size() > line_bytes_max ? std::nullopt : split_line(cursor.line());
    const auto at = fields ? parse_iso(trim(fields->time)) : std::nullopt;
    if (!at) {
      tally.count_malformed(cursor.number(), wanted, cell_words(cursor.line()));
      continue;
    }
    if (const auto kind = classify(fields->message))
      events.push_back({.id = fields->id, .at = *at, .kind = kind->first, .is_end = kind->second});
  }
  LoadLog log{.format = LoadLogFormat::service_log, .target = "avg_completion_time"};
  DROVER_CHECK(tally.finish(log));
  const Pairs pairs = pair_events(std::move(events));
  Instant first = instant_max;
  Instant last_start = Instant::min();
  Instant last_end = Instant::min();
  for (const auto& sessions : pairs.sessions)
    for (const auto& session : sessions) {
      first = std::min(first, session.start);
      last_start = std::max(last_start, session.start);
      last_end = std::max(last_end, session.end);
    }
  if (first == instant_max)
    return tally.fail_at(1, "the log has no pair of Start and End lines",
                         "messages are like 'End User Session Start' and 'CreateUsersJobHandler.cs Job End'");
  DROVER_TRY(range, whole_days(first, last_start, tally, log.notes));
  for (std::size_t kind = 0; kind < kind_names.size(); ++kind) log.sessions.push_back(facts_of(kind, pairs));
  note_unmatched(log.sessions, log.notes);
  log.daily = daily_table(pairs, range, log.notes);
  const Instant begin = std::chrono::floor<std::chrono::minutes>(first);
  log.load = concurrency_table(pairs, begin, last_end, options.step.value_or(std::chrono::minutes{1}), log.notes);
  return log;
}

}  // namespace drover::codec
