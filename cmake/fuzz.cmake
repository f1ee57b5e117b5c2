# One libFuzzer program for each tests/fuzz/*_fuzz.cpp (clang only; see tests/fuzz/run.sh). The presets instrument all rooms.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
add_compile_options(-Wno-deprecated-declarations)  # libstdc++ 12's own stable_sort, as clang sees it
add_custom_target(drover_fuzzers)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE drover_api drover_localcloud)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  add_dependencies(drover_fuzzers ${name})
endforeach()
