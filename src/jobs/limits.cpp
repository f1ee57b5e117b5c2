#include "jobs/limits.hpp"

#include <charconv>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"

namespace drover::jobs {
namespace {

std::unexpected<Error> refusal(const std::string& message, const SourceSpan& where) {
  return std::unexpected(Error{.code = Code::invalid_input,
                               .message = "resources." + message,
                               .hint = "--memory SIZE, --cpus NUMBER, --gpus NUMBER, --shm-size SIZE and --ipc=host "
                                       "are understood",
                               .where = where});
}

Result<double> parse_cpus(std::string_view text) {
  const auto cpus = parse_real(text);
  if (!cpus || *cpus <= 0) return fail(Code::invalid_input, printable(text) + " is no number of processors");
  return *cpus;
}

Result<int> parse_gpus(std::string_view text) {
  constexpr int most = 64;  // no machine has more
  int gpus = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), gpus);
  if (error != std::errc{} || end != text.data() + text.size() || gpus < 1 || gpus > most)
    return fail(Code::invalid_input, printable(text) + " is no number of GPUs");
  return gpus;
}

/// Names and values by turns, however they were joined: "--memory=2g" or "--memory 2g".
std::vector<std::string_view> words_of(std::string_view arguments) {
  std::vector<std::string_view> words;
  for (const auto word : split(arguments, ' ')) {
    const auto equals = word.find('=');
    if (word.empty()) continue;
    words.push_back(word.substr(0, equals));
    if (equals != std::string_view::npos) words.push_back(word.substr(equals + 1));
  }
  return words;
}

template <class Into, class From>
Status put(Into& into, Result<From> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  into = *value;
  return {};
}

Status take_argument(Limits& limits, std::string_view name, std::string_view value) {
  if (name == "--cpus" && !value.empty()) return put(limits.cpus, parse_cpus(value));
  if (name == "--gpus" && !value.empty()) return put(limits.gpus, parse_gpus(value));
  if ((name == "--memory" || name == "-m") && !value.empty()) return put(limits.memory_bytes, parse_size(value));
  if (name == "--shm-size" && !value.empty()) return put(limits.shared_memory_bytes, parse_size(value));
  if (name == "--ipc" && value == "host") return put(limits.shares_host_ipc, Result<bool>(true));
  return fail(Code::invalid_input, printable(name) + " is not understood");
}

}  // namespace

Result<std::int64_t> parse_size(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  int shift = 0;
  if (unit == "k" || unit == "K" || unit == "kb")
    shift = 10;
  else if (unit == "m" || unit == "M" || unit == "mb")
    shift = 20;
  else if (unit == "g" || unit == "G" || unit == "gb")
    shift = 30;
  else if (!unit.empty() && unit != "b")
    shift = -1;
  constexpr std::int64_t largest = std::int64_t{1} << 50;  // a petabyte: no machine has more
  if (error != std::errc{} || shift < 0 || number <= 0 || number > (largest >> shift))
    return fail(Code::invalid_input, printable(text) + " is no size", "write it as 512m or 2g");
  return number << shift;
}

Result<Limits> limits_of(const JobSpec& spec) {
  Limits limits;
  const SourceSpan& where = spec.where_of("resources.docker_args");
  const auto words = words_of(spec.docker_arguments);
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view value = i + 1 < words.size() ? words[i + 1] : "";
    if (auto taken = take_argument(limits, words[i], value); !taken)
      return refusal("docker_args: " + taken.error().message, where);
  }
  if (spec.shared_memory.empty()) return limits;
  const auto bytes = parse_size(spec.shared_memory);
  if (!bytes) return refusal("shm_size: " + bytes.error().message, spec.where_of("resources.shm_size"));
  limits.shared_memory_bytes = *bytes;
  return limits;
}

}  // namespace drover::jobs
