// Text that people write (YAML, and JSON, which is nearly a part of it) as one tree whose every node knows its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace drover::codec {

struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
  struct Field;

  Kind kind = Kind::null;
  bool quoted = false;  ///< a scalar in quotes is text, never a number
  std::uint32_t line = 0, column = 0;
  std::string text;
  std::vector<Node> items;    ///< of a sequence
  std::vector<Field> fields;  ///< of a mapping, in the order of the file, merge keys resolved

  // Defined where Field is whole, which it cannot be here.
  Node();
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();

  const Node* find(std::string_view key) const;
};

struct Node::Field {
  Node key, value;
};

/// What a plain scalar says as YAML 1.1 has truth values, in any letters: true, yes, on; false, no, off. None for
/// others.
std::optional<bool> flag_of(const Node& node);

/// Bounds of what is read, against mistakes and malice.
struct TreeLimits {
  std::size_t bytes_max = 16u << 20;  ///< an estate of 10,000 resources has under 1 MB
  std::size_t nodes_max = 2'000'000;  ///< values in all, those of expanded aliases included
  /// Values copied for aliases and anchors: a few lines can mean billions. Far above what people share (a block of ten
  /// settings in each of 10,000 resources), and a second's work at worst.
  std::size_t copies_max = 500'000;
  int depth_max = 64;  ///< the deepest sensible estate has 8 levels
};

/// What can be said of a file's bytes before it is parsed: too many, not text, not UTF-8. Errors: invalid_input with
/// the place.
Status check_text(std::string_view text, const std::shared_ptr<const std::string>& file, const TreeLimits& limits = {});

/// The single document in `text`. Errors: invalid_input with the place in `file`: what check_text says, malformed YAML,
/// several documents, a key that stands twice in one mapping, unknown aliases, more than `limits` allow.
Result<Node> parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file, TreeLimits limits = {});

/// The same for all documents in `text`, perhaps none.
Result<std::vector<Node>> parse_yaml_documents(std::string_view text, const std::shared_ptr<const std::string>& file,
                                               TreeLimits limits = {});

}  // namespace drover::codec
