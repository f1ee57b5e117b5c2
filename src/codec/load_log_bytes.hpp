// Is a file text at all? What was compressed, exported as a workbook or written in another encoding is named as what it
// is, with what to do, before anybody looks for lines in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover::codec {

struct NotText {
  std::string what;  ///< "a file compressed by gzip"
  std::string hint;  ///< what makes a log of it
};

/// nullopt for text in UTF-8 or an encoding that agrees with ASCII. Told by the first bytes (file(1) does the same), of
/// UTF-16 without a mark by its zeros.
std::optional<NotText> what_is_no_text(std::string_view bytes);

}  // namespace drover::codec
