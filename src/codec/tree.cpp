#include "codec/tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <string>
#include <unordered_set>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace drover::codec {
namespace {

/// Thrown through yaml-cpp, which has no other way to be stopped; caught in parse_yaml.
struct Refused {
  Error error;
};

/// Builds the tree from parse events: half the time and a third of the memory of YAML::Node.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::shared_ptr<const std::string> file, TreeLimits limits, bool is_single)
      : rest_(text), file_(std::move(file)), limits_(limits), is_single_(is_single) {}

  std::vector<Node> take() { return std::move(roots_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!roots_.empty() && !is_document_line(mark.line))
      refuse(mark, "not YAML: the value above has ended, and here more text follows",
             "check commas, quotes, brackets and indentation here and just above");
    if (is_single_ && !roots_.empty())
      refuse(mark, "a second document begins here", "put each estate in a file of its own");
    anchors_.clear();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(mark, anchor, Node::Kind::null, {}, false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    const bool null = !quoted && (value.empty() || value == "~" || value == "null");
    leaf(mark, anchor, null ? Node::Kind::null : Node::Kind::scalar, value, quoted);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) refuse(mark, "this alias points at itself or at nothing");
    count_copies(mark, it->second.nodes);
    count(mark, it->second.nodes);
    place(Node(*it->second.node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::mapping);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    resolve_merges(stack_.back().node);
    refuse_repeats(stack_.back().node);
    close();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    Node key;
    bool has_key = false;
    std::size_t nodes_before;
  };
  struct Anchored {
    std::shared_ptr<const Node> node;
    std::size_t nodes;
  };

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string message, std::string hint = "") {
    refuse_at(static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
              std::move(message), std::move(hint));
  }
  [[noreturn]] void refuse_at(std::uint32_t line, std::uint32_t column, std::string message, std::string hint = "") {
    throw Refused{{.code = Code::invalid_input,
                   .message = std::move(message),
                   .hint = std::move(hint),
                   .where = {file_, line, column}}};
  }

  /// Whether a document may begin on `line` (from 0, never less than the time before): the line begins with "---", or
  /// "..." has ended a document since. yaml-cpp takes anything after a value for a new document, and a stray comma for
  /// endlessly many.
  bool is_document_line(int line) {
    bool has_ended = false;
    for (; line_ < line; ++line_) {
      has_ended |= rest_.starts_with("...");
      const auto end = rest_.find('\n');
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    }
    return has_ended || rest_.starts_with("---");
  }

  void count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes_max)
      refuse(mark, "more than " + std::to_string(limits_.nodes_max) + " values",
             "aliases count as what they stand for");
  }

  void count_copies(const YAML::Mark& mark, std::size_t nodes) {
    copies_ += nodes;
    if (copies_ > limits_.copies_max)
      refuse(mark, "anchors and aliases make more than " + std::to_string(limits_.copies_max) + " copies of values",
             "an alias counts as all that it stands for, an anchor as all that it names");
  }

  Node make(const YAML::Mark& mark, Node::Kind kind) {
    count(mark, 1);
    Node node;
    node.kind = kind;
    node.line = static_cast<std::uint32_t>(mark.line + 1);
    node.column = static_cast<std::uint32_t>(mark.column + 1);
    return node;
  }

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind, const std::string& value, bool quoted) {
    Node node = make(mark, kind);
    node.text = value;
    node.quoted = quoted;
    remember(mark, anchor, node, 1);
    place(std::move(node), mark);
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (static_cast<int>(stack_.size()) >= limits_.depth_max)
      refuse(mark, "nested more than " + std::to_string(limits_.depth_max) + " deep");
    const std::size_t before = nodes_;
    stack_.push_back({make(mark, kind), anchor, {}, false, before});
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    YAML::Mark mark;
    mark.line = static_cast<int>(done.node.line) - 1;
    mark.column = static_cast<int>(done.node.column) - 1;
    remember(mark, done.anchor, done.node, nodes_ - done.nodes_before);
    place(std::move(done.node), mark);
  }

  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Node& node, std::size_t nodes) {
    if (anchor == YAML::NullAnchor) return;
    count_copies(mark, nodes);
    anchors_[anchor] = {std::make_shared<const Node>(node), nodes};
  }

  void place(Node node, const YAML::Mark& mark) {
    if (stack_.empty()) {
      roots_.push_back(std::move(node));
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.kind != Node::Kind::scalar) refuse(mark, "a key must be plain text");
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.node.fields.push_back({std::move(parent.key), std::move(node)});
      parent.has_key = false;
    }
  }

  /// YAML 1.1 merge keys: `<<: *defaults` or a list of them; what the mapping says itself wins.
  void resolve_merges(Node& mapping) {
    std::vector<Node> merged;
    std::erase_if(mapping.fields, [&](auto& field) {
      if (field.key.text != "<<" || field.key.quoted) return false;
      if (field.value.kind == Node::Kind::sequence)
        for (auto& item : field.value.items) merged.push_back(std::move(item));
      else
        merged.push_back(std::move(field.value));
      return true;
    });
    if (merged.empty()) return;
    std::unordered_set<std::string> keys;
    for (const auto& field : mapping.fields) keys.insert(field.key.text);
    for (auto& source : merged) {
      if (source.kind != Node::Kind::mapping) refuse_at(source.line, source.column, "<< merges mappings only");
      for (auto& field : source.fields)
        if (keys.insert(field.key.text).second) mapping.fields.push_back(std::move(field));
    }
  }

  void refuse_repeats(const Node& mapping) {
    std::unordered_set<std::string_view> seen;
    for (const auto& [key, value] : mapping.fields)
      if (!seen.insert(key.text).second)
        refuse_at(key.line, key.column, "\"" + key.text + "\" is there twice", "keep one of them");
  }

  std::string_view rest_;  ///< the text from line `line_` on
  int line_ = 0;
  std::shared_ptr<const std::string> file_;
  TreeLimits limits_;
  bool is_single_;
  std::vector<Node> roots_;  ///< one a document
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t copies_ = 0;
};

/// Line and column, from 1, of a byte; columns count bytes.
std::pair<std::uint32_t, std::uint32_t> place_of(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto begin = before.rfind('\n');
  return {static_cast<std::uint32_t>(line),
          static_cast<std::uint32_t>(begin == std::string_view::npos ? at + 1 : at - begin)};
}

/// Line `line` (from 1) or the one above it is indented with a tab, which YAML does not allow; the commonest of all
/// mistakes.
bool has_tab_near(std::string_view text, std::uint32_t line) {
  std::uint32_t at = 1;
  while (!text.empty() && at <= line) {
    const auto end = text.find('\n');
    const auto content = text.find_first_not_of(" \t");
    if (at + 1 >= line && text.substr(0, std::min(content, end)).find('\t') != std::string_view::npos) return true;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    ++at;
  }
  return false;
}

std::unexpected<Error> refusal(const std::shared_ptr<const std::string>& file, std::uint32_t line, std::uint32_t column,
                               std::string message, std::string hint = "") {
  return std::unexpected(Error{.code = Code::invalid_input,
                               .message = std::move(message),
                               .hint = std::move(hint),
                               .where = {file, line, column}});
}

/// Reads a string_view in place: yaml-cpp wants a stream.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written: no put area is set
    setg(begin, begin, begin + text.size());
  }
};

}  // namespace

Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const {
  const auto it = std::ranges::find_if(fields, [&](const auto& field) { return field.key.text == key; });
  return it == fields.end() ? nullptr : &it->value;
}

std::optional<bool> flag_of(const Node& node) {
  if (node.kind != Node::Kind::scalar || node.quoted || node.text.size() > 5) return std::nullopt;
  const std::string text = to_lower(node.text);
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

Status check_text(std::string_view text, const std::shared_ptr<const std::string>& file, const TreeLimits& limits) {
  if (text.size() > limits.bytes_max)
    return refusal(file, 0, 0,
                   "the file has " + std::to_string(text.size() >> 20) + " MiB; at most " +
                       std::to_string(limits.bytes_max >> 20) + " MiB are read",
                   "is it the right file?");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\0' ? 0 : utf8_length(text.substr(at));
    if (length == 0) {
      const auto [line, column] = place_of(text, at);
      if (text[at] == '\0')
        return refusal(file, line, column, "not text: here stands a zero byte",
                       "is it the right file? Estates are UTF-8 text");
      return refusal(file, line, column, "not UTF-8: here stand bytes that are no character", "save the file as UTF-8");
    }
    at += length;
  }
  return {};
}

namespace {

Result<std::vector<Node>> parse(std::string_view text, const std::shared_ptr<const std::string>& file,
                                TreeLimits limits, bool is_single) {
  DROVER_CHECK(check_text(text, file, limits));
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    TreeBuilder builder(text, file, limits, is_single);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return std::unexpected(refused.error);
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::uint32_t>(error.mark.line + 1);
    return refusal(file, line, static_cast<std::uint32_t>(error.mark.column + 1), "not YAML: " + error.msg,
                   has_tab_near(text, line) ? "YAML is indented with blanks, not with tabs"
                                            : "check quotes, brackets and indentation here and just above");
  } catch (const std::exception& error) {
    return refusal(file, 0, 0, std::string("not YAML: ") + error.what());
  }
}

}  // namespace

Result<Node> parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file, TreeLimits limits) {
  DROVER_TRY(documents, parse(text, file, limits, true));
  if (documents.empty()) return refusal(file, 1, 1, "the file is empty", "begin with estate: NAME");
  return std::move(documents.front());
}

Result<std::vector<Node>> parse_yaml_documents(std::string_view text, const std::shared_ptr<const std::string>& file,
                                               TreeLimits limits) {
  return parse(text, file, limits, false);
}

}  // namespace drover::codec
