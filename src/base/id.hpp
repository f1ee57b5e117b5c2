// Names of one kind that cannot be mistaken for names of another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace drover {

/// A small number given out by whoever owns the things that it names; 0 names none.
template <class Tag>
struct Id {
  std::uint64_t value = 0;

  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(Id, Id) = default;
};

}  // namespace drover

template <class Tag>
struct std::hash<drover::Id<Tag>> {
  std::size_t operator()(drover::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
