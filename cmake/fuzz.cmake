# One libFuzzer program for each tests/fuzz/*_fuzz.cpp (clang only; see tests/fuzz/run.sh). The presets instrument all rooms.
# Each links what it reads with and no more, so that CI has the four that it runs within minutes.

# Of codec, the files that read job files and kubeconfigs: the rest of it needs all pure rooms.
set(codec ${PROJECT_SOURCE_DIR}/src/codec)
add_library(drover_fuzz_yaml STATIC ${codec}/tree.cpp ${codec}/shape.cpp ${codec}/job_yaml.cpp ${codec}/kubeconfig.cpp)
target_link_libraries(drover_fuzz_yaml PUBLIC drover_jobs drover_protocol yaml-cpp)

set(fuzz_links
    api=drover_api arm=drover_protocol cron=drover_base estate_yaml=drover_codec http=drover_protocol job_yaml=drover_fuzz_yaml
    ignored=drover_jobs journal=drover_control json=drover_base kubeconfig=drover_fuzz_yaml kubernetes=drover_localcloud
    kubernetes_watch=drover_protocol load_log=drover_codec manifests=drover_control ml=drover_localcloud mlflow=drover_api model_json=drover_codec
    plan_json=drover_codec run_query=drover_control time=drover_base)

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
add_custom_target(drover_fuzzers)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" subject ${name})
  set(links ${fuzz_links})
  list(FILTER links INCLUDE REGEX "^${subject}=")
  if(NOT links)
    message(FATAL_ERROR "cmake/fuzz.cmake: say in fuzz_links what ${name} links")
  endif()
  string(REGEX REPLACE "^.*=" "" link "${links}")
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${link})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  add_dependencies(drover_fuzzers ${name})
endforeach()
