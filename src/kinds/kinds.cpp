#include "kinds/kinds.hpp"

#include <utility>

namespace drover {
namespace {

template <std::size_t... I>
Spec make_spec_of(Kind kind, std::index_sequence<I...>) {
  Spec spec;
  (void)((all_kinds[I] == kind ? (spec.emplace<I>(), true) : false) || ...);
  return spec;
}

}  // namespace

Spec make_spec(Kind kind) { return make_spec_of(kind, std::make_index_sequence<std::variant_size_v<Spec>>{}); }

std::optional<Kind> parse_kind(std::string_view name) {
  for (const Kind kind : all_kinds)
    if (name == kind->name) return kind;
  return std::nullopt;
}

}  // namespace drover
