# Writes the files of FOLDER as bytes in a C++ file, OUTPUT: cmake -DFOLDER=... -DOUTPUT=... -P shelve.cmake
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(arrays "")
set(shelf "")
set(number 0)
foreach(file IN LISTS files)
  file(READ ${FOLDER}/${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char file_${number}[] = {\n${bytes}};\n")
  string(APPEND shelf "    file(\"/${file}\", file_${number}),\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"app/page_files.hpp\"

namespace drover::app {
namespace {

${arrays}
template <std::size_t size>
server::ShelvedFile file(std::string_view path, const unsigned char (&bytes)[size]) {
  return {path, {reinterpret_cast<const char*>(bytes), size}};
}

}  // namespace

std::span<const server::ShelvedFile> page_files() {
  static const server::ShelvedFile shelf[] = {
${shelf}  };
  return shelf;
}

}  // namespace drover::app
")
