#include "localcloud/kubernetes/protobuf.hpp"

#include <charconv>
#include <map>
#include <optional>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "localcloud/kubernetes/schema.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Numbers of fields, as Kubernetes' generated.proto files have them.
constexpr std::string_view numbers =
    R"(ObjectMeta 1:name 2:generateName 3:namespace 4:selfLink 5:uid 6:resourceVersion 7:generation 8:creationTimestamp 9:deletionTimestamp 10:deletionGracePeriodSeconds 11:labels 12:annotations 14:finalizers
ConfigMap 1:metadata 2:data 3:binaryData 4:immutable
Secret 1:metadata 2:data 3:type 4:stringData 5:immutable
Namespace 1:metadata 2:spec 3:status
NamespaceSpec 1:finalizers
NamespaceStatus 1:phase
ServiceAccount 1:metadata 4:automountServiceAccountToken
Job 1:metadata 2:spec 3:status
JobSpec 1:parallelism 2:completions 3:activeDeadlineSeconds 4:selector 5:manualSelector 6:template 7:backoffLimit 8:ttlSecondsAfterFinished 9:completionMode 10:suspend
JobStatus 4:active 5:succeeded 6:failed
Deployment 1:metadata 2:spec 3:status
DeploymentSpec 1:replicas 2:selector 3:template 4:strategy 5:minReadySeconds 6:revisionHistoryLimit 7:paused 9:progressDeadlineSeconds
DeploymentStatus 1:observedGeneration 2:replicas 3:updatedReplicas 4:availableReplicas 5:unavailableReplicas 7:readyReplicas
DeploymentStrategy 1:type
PodTemplateSpec 1:metadata 2:spec
PodSpec 2:containers 3:restartPolicy 4:terminationGracePeriodSeconds 5:activeDeadlineSeconds 6:dnsPolicy 7:nodeSelector 8:serviceAccountName 9:serviceAccount 10:nodeName 11:hostNetwork 12:hostPID 13:hostIPC 16:hostname 17:subdomain 19:schedulerName
Container 1:name 2:image 3:command 4:args 5:workingDir 7:env 8:resources 14:imagePullPolicy 16:stdin 17:stdinOnce 18:tty
EnvVar 1:name 2:value
ResourceRequirements
LabelSelector 1:matchLabels
PodDisruptionBudget 1:metadata 2:spec 3:status
PodDisruptionBudgetSpec 1:minAvailable 2:selector 3:maxUnavailable
PodDisruptionBudgetStatus 1:observedGeneration 3:disruptionsAllowed 4:currentHealthy 5:desiredHealthy 6:expectedPods)";

/// Messages within messages: objects of Kubernetes are ten deep.
constexpr int depth_max = 32;

const std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>>& field_numbers() {
  static const auto all = [] {
    std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> made;
    for (const auto line : split(numbers, '\n')) {
      const auto words = split(line, ' ');
      auto& fields = made[std::string(words[0])];
      for (std::size_t i = 1; i < words.size(); ++i) {
        const auto colon = words[i].find(':');
        std::uint64_t number = 0;
        std::from_chars(words[i].data(), words[i].data() + colon, number);
        fields[number] = words[i].substr(colon + 1);
      }
    }
    return made;
  }();
  return all;
}

std::unexpected<Error> unreadable(const std::string& what) {
  return fail(Code::invalid_input, "the protocol buffer does not read: " + what);
}

/// One field of a message: a number, or bytes.
struct Item {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
  bool is_bytes = false;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }

  Result<Item> next() {
    const auto key = varint();
    if (!key) return unreadable("a cut number");
    Item item{.number = *key >> 3, .value = 0, .bytes = {}, .is_bytes = (*key & 7) == 2};
    if ((*key & 7) != 0 && !item.is_bytes) return unreadable("a field that is neither a number nor bytes");
    const auto value = varint();
    if (!value) return unreadable("a cut field");
    item.value = *value;
    if (!item.is_bytes) return item;
    if (*value > rest_.size()) return unreadable("a field longer than its message");
    item.bytes = rest_.substr(0, *value);
    rest_.remove_prefix(*value);
    return item;
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }
  std::string_view rest_;
};

Result<Json> read_structure(const Structure& structure, std::string_view bytes, int depth);

/// metav1.Time: seconds and nanoseconds; null for the zero time.
Result<Json> read_time(std::string_view bytes) {
  Reader reader(bytes);
  std::uint64_t seconds = 0;
  while (!reader.at_end()) {
    DROVER_TRY(item, reader.next());
    if (item.number == 1) seconds = item.value;
  }
  constexpr std::uint64_t year_9999 = 253402300799;
  if (seconds == 0 || seconds > year_9999) return Json();
  return Json(format_iso(Instant(std::chrono::seconds(seconds))));
}

/// intstr.IntOrString: which of the two, and both.
Result<Json> read_integer_or_text(std::string_view bytes) {
  Reader reader(bytes);
  bool is_text = false;
  Json number = 0;
  Json text = "";
  while (!reader.at_end()) {
    DROVER_TRY(item, reader.next());
    if (item.number == 1) is_text = item.value == 1;
    if (item.number == 2) number = static_cast<std::int64_t>(item.value);
    if (item.number == 3) text = std::string(item.bytes);
  }
  return is_text ? text : number;
}

Result<Json> read_value(const Field& field, const Item& item, int depth) {
  if (field.form == Form::integer) return Json(static_cast<std::int64_t>(item.value));
  if (field.form == Form::boolean) return Json(item.value != 0);
  if (!item.is_bytes) return unreadable("a number where there should be bytes");
  switch (field.form) {
    case Form::text:
      return Json(std::string(item.bytes));
    case Form::time:
      return read_time(item.bytes);
    case Form::integer_or_text:
      return read_integer_or_text(item.bytes);
    case Form::object:
      return read_structure(*field.structure, item.bytes, depth + 1);
    default:
      return unreadable("a form that is only read in JSON");
  }
}

/// An entry of a map: key and value. Bytes become base64, as in JSON.
Status read_entry(Json& map, std::string_view bytes, bool is_binary) {
  Reader reader(bytes);
  std::string key;
  std::string value;
  while (!reader.at_end()) {
    DROVER_TRY(item, reader.next());
    if (item.number == 1) key = item.bytes;
    if (item.number == 2) value = item.bytes;
  }
  map[key] = is_binary ? base64_encode(value) : value;
  return {};
}

Result<Json> read_structure(const Structure& structure, std::string_view bytes, int depth) {
  if (depth > depth_max) return unreadable("messages too deep");
  Json object = Json::object();
  const auto known = field_numbers().find(structure.name);
  Reader reader(bytes);
  while (!reader.at_end()) {
    DROVER_TRY(item, reader.next());
    if (known == field_numbers().end() || !known->second.contains(item.number))
      return fail(Code::invalid_input,
                  "field " + std::to_string(item.number) + " of " + structure.name + " is only read in JSON here");
    const std::string& name = known->second.at(item.number);
    const Field& field = *structure.find(name);
    if (field.form == Form::map) {
      const bool is_binary = (structure.name == "Secret" && name == "data") || name == "binaryData";
      if (!object.contains(name)) object[name] = Json::object();
      DROVER_CHECK(read_entry(object[name], item.bytes, is_binary));
      continue;
    }
    DROVER_TRY(value, read_value(field.form == Form::list ? *field.element : field, item, depth));
    const bool is_empty = value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
    if (field.form == Form::list) {
      if (!object.contains(name)) object[name] = Json::array();
      object[name].push_back(std::move(value));
    } else if (!is_empty) {  // empty text is how these messages say "not set"
      object[name] = std::move(value);
    }
  }
  return object;
}

}  // namespace

Result<Json> read_protobuf(std::string_view bytes) {
  constexpr std::string_view magic("k8s\0", 4);
  if (!bytes.starts_with(magic)) return unreadable("it does not begin with k8s");
  Reader envelope(bytes.substr(magic.size()));
  std::string version;
  std::string kind;
  std::string_view raw;
  while (!envelope.at_end()) {
    DROVER_TRY(item, envelope.next());
    if (item.number == 2) raw = item.bytes;
    if (item.number != 1) continue;
    Reader type(item.bytes);
    while (!type.at_end()) {
      DROVER_TRY(part, type.next());
      (part.number == 1 ? version : kind) = part.bytes;
    }
  }
  const Structure* structure = find_structure(kind);
  if (structure == nullptr) return unreadable("a kind that is not here: " + printable(kind));
  DROVER_TRY(object, read_structure(*structure, raw, 0));
  object["apiVersion"] = version;
  object["kind"] = kind;
  return object;
}

}  // namespace drover::localcloud::kubernetes
