// Where do the rows of a CSV begin, and what are its columns called?
#pragma once

#include "codec/load_log_layout.hpp"

namespace drover::codec {

/// Separator, names, header and first row. Passed over, and said in the notes: "sep=;", lines of "#", titles above the
/// header. A header may stand behind the "#" of the last comment; "#Fields:" is that of the W3C's extended log format,
/// whose columns are separated by blanks. Columns without a header are called column1, column2, ...
/// Errors: invalid_input with the line (an empty log, a header that is too long, has too many columns or an open quote,
/// a header without rows).
Result<CsvLayout> find_header(std::string_view text, const LineTally& tally);

}  // namespace drover::codec
