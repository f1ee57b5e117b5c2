#include "localcloud/world_codec.hpp"

#include "base/number.hpp"
#include "localcloud/json.hpp"

namespace drover::localcloud {
namespace {

/// Takes fields off the front of a text, one line at a time.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::string next() {
    const auto end = rest_.find('\n');
    std::string field(rest_.substr(0, end));
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    return field;
  }
  long long next_number() { return parse_whole<long long>(next()).value_or(0); }
  Instant next_instant() { return Instant(Duration(next_number())); }
  std::string rest() const { return std::string(rest_); }

 private:
  std::string_view rest_;
};

std::string text(Instant instant) { return std::to_string(instant.time_since_epoch().count()); }

}  // namespace

std::string encode_resource(const Resource& r) {
  std::string out;
  out.reserve(r.id.size() + r.state.size() + r.operation.size() + r.later.size() + r.body.size() + 4);
  return out.append(r.id)
      .append("\n")
      .append(r.state)
      .append("\n")
      .append(r.operation)
      .append("\n")
      .append(r.later)
      .append("\n")
      .append(r.body);
}

Resource decode_resource(std::string_view bytes) {
  Lines lines(bytes);
  Resource r;
  r.id = lines.next();
  r.state = lines.next();
  r.operation = lines.next();
  r.later = lines.next();
  r.body = lines.rest();
  return r;
}

std::string encode_operation(const Operation& o) {
  std::string out = o.id + "\n" + o.target + "\n" + std::to_string(static_cast<int>(o.effect)) + "\n";
  out += std::string(o.whole_tree ? "1" : "0") + "\n" + text(o.start) + "\n" + text(o.due) + "\n";
  out += std::to_string(static_cast<int>(o.status)) + "\n" + o.error + "\n" + o.body;
  return out;
}

Operation decode_operation(std::string_view bytes) {
  Lines lines(bytes);
  Operation o;
  o.id = lines.next();
  o.target = lines.next();
  o.effect = static_cast<Effect>(lines.next_number());
  o.whole_tree = lines.next_number() != 0;
  o.start = lines.next_instant();
  o.due = lines.next_instant();
  o.status = static_cast<OperationStatus>(lines.next_number());
  o.error = lines.next();
  o.body = lines.rest();
  return o;
}

std::string encode_blob(const Blob& blob) {
  Json metadata = Json::object();
  for (const auto& [name, value] : blob.metadata) metadata[name] = value;
  return blob.content_type + "\n" + blob.etag + "\n" + blob.md5 + "\n" + text(blob.modified) + "\n" + dump(metadata) +
         "\n" + blob.bytes;
}

Blob decode_blob(std::string_view bytes) {
  Lines lines(bytes);
  Blob blob;
  blob.content_type = lines.next();
  blob.etag = lines.next();
  blob.md5 = lines.next();
  blob.modified = lines.next_instant();
  const auto metadata = parse_body(lines.next());
  if (metadata)
    for (const auto& [name, value] : metadata->items()) blob.metadata.emplace_back(name, value.get<std::string>());
  blob.bytes = lines.rest();
  return blob;
}

std::string global_name(std::string_view key) {
  const auto name_after = [&](std::string_view type) -> std::string_view {
    const auto at = key.find(type);
    if (at == std::string_view::npos) return {};
    const auto name = key.substr(at + type.size());
    return name.find('/') == std::string_view::npos ? name : std::string_view{};
  };
  if (const auto name = name_after("/providers/microsoft.storage/storageaccounts/"); !name.empty())
    return "storage:" + std::string(name);
  if (const auto name = name_after("/providers/microsoft.keyvault/vaults/"); !name.empty())
    return "vault:" + std::string(name);
  if (const auto name = name_after("/deletedvaults/"); !name.empty()) return "deleted-vault:" + std::string(name);
  return "";
}

}  // namespace drover::localcloud
