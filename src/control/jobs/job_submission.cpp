// What a submission keeps: copies of code and data, names that mean one job, and the record; and what stays behind.
#include <filesystem>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "control/jobs/job_loop.hpp"
#include "jobs/assess.hpp"
#include "jobs/ignored.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;

/// Of a state folder, where nobody named another.
constexpr const char* state_name = ".drover";

std::string left_out_text(const std::string& what, const std::vector<LeftOut>& left_out) {
  return what + ": left out, since it cannot be copied: " + describe(left_out);
}

}  // namespace

/// From what makes it what it is, so that it needs no chance: order and time.
std::string JobLoop::new_id(const JobRecord& job) const {
  std::string id;
  do {
    id = sha256_hex(std::to_string(job.order) + job.spec.command + format_iso(job.submitted) + id)
             .substr(0, job_id_length);
  } while (book_.find(id) != nullptr);
  return id;
}

Result<std::vector<std::string>> JobLoop::submit(std::vector<JobRecord> jobs) {
  DROVER_CHECK(check_names(jobs));
  std::vector<Runner*> runners;
  for (const auto& job : jobs) {
    DROVER_TRY(runner, parts_.runner(job));
    runners.push_back(runner);
  }
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    JobRecord& job = jobs[i];
    job.order = book_.next_order();
    job.submitted = parts_.clock.now();
    job.id = new_id(job);
    // Crash, or trouble with another, before they are kept: folders without a record, which nobody misses.
    auto copied = parts_.folders.make(folder_of(job));
    if (copied) copied = keep_copies(job, *runners[i]);
    if (!copied) {
      for (const auto& id : ids) book_.erase(id);
      return std::unexpected(std::move(copied.error()));
    }
    ids.push_back(job.id);
    book_.put(std::move(job));
  }
  // Whoever has a slot begins at once, and is kept together with the others.
  const auto ticked = tick();
  if (!ids.empty() && book_.find(ids.front()) == nullptr) return std::unexpected(ticked.error());
  if (!ids.empty() && !book_.is_kept(ids.front())) DROVER_CHECK(book_.commit());
  return ids;
}

/// Its folder of code, but for what an ignore file in it leaves out, and for state folders, which hold all jobs and
/// secrets: copied into this one the copy would hold itself.
Result<WalkRules> JobLoop::code_rules(const std::string& code) const {
  constexpr std::int64_t rules_bytes_max = 1 << 20;
  WalkRules rules = {.keeps_links = true, .boundary = "/", .avoids = parts_.folder};
  jobs::IgnoreRules ignored("");
  for (const char* file : jobs::ignore_files) {
    if (!parts_.folders.exists(code + "/" + file)) continue;
    DROVER_TRY(text, parts_.folders.read(code + "/" + file, 0, rules_bytes_max));
    ignored = jobs::IgnoreRules(text);
    break;
  }
  rules.leaves_out = [this, code, ignored = std::move(ignored)](const std::string& path, bool is_folder) {
    const bool is_state = is_folder && (path == state_name || path.ends_with(std::string("/") + state_name)) &&
                          parts_.folders.exists(code + "/" + path + "/state.db");
    return is_state || ignored.ignores(path, is_folder);
  };
  return rules;
}

Result<std::vector<JobLoop::Brought>> JobLoop::brought(const JobRecord& job, const Runner& runner) const {
  const JobPaths paths = paths_of(job);
  std::vector<Brought> all;
  if (!job.spec.code.empty()) {
    const std::string code = jobs::beside(job.folder, job.spec.code);
    if (std::filesystem::path(code + "/.").lexically_normal() ==
        std::filesystem::path(parts_.folder + "/.").lexically_normal())
      return std::unexpected(
          Error{.code = Code::precondition,
                .message = "code: this is the state folder of Drover, which holds all jobs and secrets",
                .hint = "keep the code, or the state (DROVER_STATE), in a folder of its own",
                .where = job.spec.where_of("code")});
    DROVER_TRY(rules, code_rules(code));
    all.push_back({"code", code, paths.code, std::move(rules)});
  }
  if (!all.empty()) all.front().rules.needs_text_names = runner.needs_text_names();
  if (!runner.takes_copies()) return all;
  for (const auto& [name, input] : job.spec.inputs) {
    if (!input.is_data() || !jobs::is_path(input.path)) continue;
    all.push_back({"inputs." + name,
                   jobs::beside(job.folder, input.path),
                   paths.inputs + "/" + name,
                   {.keeps_links = true,
                    .boundary = "/",
                    .avoids = parts_.folder,
                    .needs_text_names = runner.needs_text_names()}});
  }
  return all;
}

Status JobLoop::keep_copies(JobRecord& job, const Runner& runner) {
  DROVER_TRY(all, brought(job, runner));
  for (const auto& each : all) {
    DROVER_TRY(left_out, parts_.folders.copy_by(each.from, each.to, each.rules));
    if (!left_out.empty()) job.notes.push_back(left_out_text(each.what, left_out));
  }
  return {};
}

Result<std::vector<std::string>> JobLoop::left_behind(const JobRecord& job) const {
  DROVER_TRY(runner, parts_.runner(job));
  DROVER_TRY(all, brought(job, *runner));
  std::vector<std::string> sentences;
  for (const auto& each : all) {
    DROVER_TRY(left_out, parts_.folders.left_out(each.from, each.rules));
    if (!left_out.empty() && left_out.front().path.empty())
      return fail(Code::precondition, each.what + ": " + printable(each.from) + ": " + left_out.front().why);
    if (!left_out.empty()) sentences.push_back(left_out_text(each.what, left_out));
  }
  return sentences;
}

Status JobLoop::check_names(const std::vector<JobRecord>& jobs) const {
  std::set<std::string> taken;
  const auto refuse = [](const JobRecord& job, const std::string& other) {
    return std::unexpected(Error{.code = Code::already_exists,
                                 .message = "name: there is a job " + printable(job.spec.name) + " already" + other,
                                 .hint = "leave out name:, say another (--set name=...), or delete that one",
                                 .where = job.spec.where_of("name")});
  };
  for (const auto& job : jobs) {
    if (job.spec.name.empty()) continue;
    if (!taken.insert(job.spec.name).second) return refuse(job, ", in another of these files");
    for (const auto& [id, other] : book_.all())
      if (id == job.spec.name || other.spec.name == job.spec.name) return refuse(job, " (" + id + ")");
  }
  return {};
}

}  // namespace drover::control
