#include "codec/load_log_bytes.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace drover::codec {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view hint;
};

constexpr std::string_view save_as_csv = "save it as CSV (UTF-8) and read that";
constexpr std::string_view export_as_csv = "export its rows as CSV and read those";

constexpr std::array<Magic, 24> magics = {{
    {"\x1F\x8B"sv, "a file compressed by gzip", "unpack it first: gunzip -k FILE"},
    {"\x28\xB5\x2F\xFD"sv, "a file compressed by zstd", "unpack it first: unzstd FILE"},
    {"\xFD\x37zXZ\0"sv, "a file compressed by xz", "unpack it first: unxz -k FILE"},
    {"BZh"sv, "a file compressed by bzip2", "unpack it first: bunzip2 -k FILE"},
    {"\x04\x22\x4D\x18"sv, "a file compressed by lz4", "unpack it first: unlz4 FILE"},
    {"\xFFsNaPpY"sv, "a file compressed by snappy", "unpack it first"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive", "unpack it first: 7z x FILE"},
    {"Rar!"sv, "a RAR archive", "unpack it first"},
    {"PK\x03\x04"sv, "a zip archive", "unpack it first: unzip FILE"},
    {"PK\x05\x06"sv, "a zip archive that holds nothing", "bring the log itself"},
    {"\xD0\xCF\x11\xE0"sv, "a workbook or document of an older Microsoft Office", save_as_csv},
    {"%PDF-"sv, "a PDF document", "bring the log that it was made of"},
    {"SQLite format 3\0"sv, "an SQLite database", export_as_csv},
    {"PAR1"sv, "a Parquet file", export_as_csv},
    {"ARROW1"sv, "an Arrow or Feather file", export_as_csv},
    {"Obj\x01"sv, "an Avro file", export_as_csv},
    {"ORC"sv, "an ORC file", export_as_csv},
    {"\x89HDF"sv, "an HDF5 file", export_as_csv},
    {"\xFF\xFE\0\0"sv, "text in UTF-32", "write it in UTF-8: iconv -f UTF-32 -t UTF-8 FILE"},
    {"\0\0\xFE\xFF"sv, "text in UTF-32", "write it in UTF-8: iconv -f UTF-32 -t UTF-8 FILE"},
    {"\xFF\xFE"sv, "text in UTF-16", "write it in UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
    {"\xFE\xFF"sv, "text in UTF-16", "write it in UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
    {"<?xml"sv, "an XML document", export_as_csv},
    {"{\\rtf"sv, "an RTF document", "save it as plain text"},
}};

/// Looked at for zeros, which no text holds.
constexpr std::size_t bytes_looked_at = 64 * 1024;

/// A workbook is a zip archive whose first entries say what it is.
std::optional<NotText> workbook(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  if (head.contains("[Content_Types].xml") || head.contains("xl/") || head.contains("_rels/"))
    return NotText{"an Excel workbook (.xlsx)", std::string(save_as_csv)};
  if (head.contains("application/vnd.oasis.opendocument"))
    return NotText{"an OpenDocument spreadsheet (.ods)", std::string(save_as_csv)};
  return std::nullopt;
}

/// A page or an answer of a server, saved in the place of a log.
std::optional<NotText> document(std::string_view bytes) {
  std::string_view text = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
  text = trim(text.substr(0, 256));
  if (starts_with_ignore_case(text, "<!doctype html") || starts_with_ignore_case(text, "<html"))
    return NotText{"a web page", "it may be a sign-in page that was saved instead of the log; fetch the log again"};
  const std::string_view after = text.empty() ? text : trim(text.substr(1));
  const bool is_object = text.starts_with('{') && (after.starts_with('"') || after.starts_with('}'));
  const bool is_list = text.starts_with('[') && (after.starts_with('{') || after.starts_with('['));
  if (is_object || is_list)
    return NotText{"JSON", "write it as CSV with a column of times and one of numbers (jq -r '... | @csv')"};
  return std::nullopt;
}

std::optional<NotText> zeros(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, bytes_looked_at);
  const auto at = head.find('\0');
  if (at == std::string_view::npos) return std::nullopt;
  const auto count = static_cast<std::size_t>(std::ranges::count(head, '\0'));
  if (count * 3 >= head.size() && count * 3 <= head.size() * 2)
    return NotText{"text in UTF-16", "write it in UTF-8: iconv -f UTF-16LE -t UTF-8 FILE"};
  return NotText{"not text: byte " + std::to_string(at + 1) + " of it is a zero", "bring the log as text"};
}

}  // namespace

std::optional<NotText> what_is_no_text(std::string_view bytes) {
  for (const Magic& magic : magics) {
    if (!bytes.starts_with(magic.bytes)) continue;
    if (magic.bytes.starts_with("PK"))
      if (auto book = workbook(bytes)) return book;
    // Words that a header may begin with are told from magic by what follows.
    const bool is_word = magic.bytes == "ORC" || magic.bytes == "PAR1" || magic.bytes == "BZh" || magic.bytes == "Rar!";
    if (is_word && !bytes.substr(0, bytes_looked_at).contains('\0')) continue;
    return NotText{std::string(magic.what), std::string(magic.hint)};
  }
  if (auto page = document(bytes)) return page;
  return zeros(bytes);
}

}  // namespace drover::codec
