# One test program for all unit tests, and one for each folder of tests/ that holds C++ files.
include(GoogleTest)

get_property(unit_tests GLOBAL PROPERTY DROVER_UNIT_TESTS)
add_library(drover_everything INTERFACE)
target_link_libraries(drover_everything INTERFACE drover_app
                      GTest::gtest GTest::gmock)
# What the simulations need, so that building them with a sanitizer leaves the rest out.
add_library(drover_simulated INTERFACE)
target_link_libraries(drover_simulated INTERFACE drover_control drover_drivers drover_localcloud GTest::gtest GTest::gmock)

# drover_test_program(NAME [LINKS LIBRARY] SOURCE...)
function(drover_test_program name)
  cmake_parse_arguments(PROGRAM "" "LINKS" "" ${ARGN})
  if(NOT PROGRAM_LINKS)
    set(PROGRAM_LINKS drover_everything)
  endif()
  add_executable(${name} ${PROGRAM_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # EXPECT_ macros after an if; and tests are not worth optimising: half the time to compile. Simulations are: they run
  # for hours, and the linker may take a template of theirs for the whole program.
  target_compile_options(${name} PRIVATE -Wno-dangling-else $<IF:$<STREQUAL:${name},drover_simulation_tests>,-O2,-O0>)
  if(DROVER_SANITIZE)
    target_compile_options(${name} PRIVATE -O1 -g1 ${DROVER_SANITIZERS})
  endif()
  target_compile_definitions(${name} PRIVATE DROVER_SOURCE="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${PROGRAM_LINKS} GTest::gtest_main)
  if(name STREQUAL "drover_unit_tests" OR NOT PROGRAM_LINKS STREQUAL "drover_everything")
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h> ${DROVER_PRELUDE})
  else()
    target_precompile_headers(${name} REUSE_FROM drover_unit_tests)
  endif()
endfunction()

drover_test_program(drover_unit_tests ${unit_tests})
add_test(NAME unit COMMAND drover_unit_tests)

foreach(folder property contract simulation)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
  if(sources)
    if(folder STREQUAL "simulation")
      drover_test_program(drover_${folder}_tests LINKS drover_simulated ${sources})
    else()
      drover_test_program(drover_${folder}_tests ${sources})
    endif()
    add_test(NAME ${folder} COMMAND drover_${folder}_tests WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
endforeach()

target_link_libraries(drover_property_tests PRIVATE rapidcheck)

# Needs a cluster: without DROVER_TEST_KUBECONFIG it skips everything, saying so (./dev test --engine kubernetes).
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/contract/kubernetes/*.cpp)
drover_test_program(drover_kubernetes_tests ${sources})

add_executable(drover_tidy ${PROJECT_SOURCE_DIR}/tools/tidy/tidy.cpp)
add_test(NAME tidy COMMAND drover_tidy ${PROJECT_SOURCE_DIR})
add_test(NAME serve COMMAND ${PROJECT_SOURCE_DIR}/tests/e2e/serve.sh $<TARGET_FILE:drover>)
add_test(NAME ml COMMAND ${PROJECT_SOURCE_DIR}/tests/e2e/ml.sh $<TARGET_FILE:drover>)
add_test(NAME workspace_jobs COMMAND ${PROJECT_SOURCE_DIR}/tests/e2e/workspace_jobs.sh $<TARGET_FILE:drover>)
add_test(NAME serve_api COMMAND ${PROJECT_SOURCE_DIR}/tests/e2e/serve_api.sh $<TARGET_FILE:drover>)

add_executable(drover_bench ${PROJECT_SOURCE_DIR}/tests/bench/bench.cpp)
add_executable(drover_bench_empty ${PROJECT_SOURCE_DIR}/tests/bench/empty.cpp)
target_link_libraries(drover_bench_empty PRIVATE drover_allocator drover_app)
target_link_options(drover_bench_empty PRIVATE -Wl,--no-as-needed)  # linked alike: the same libraries are loaded
add_executable(drover_job_cost ${PROJECT_SOURCE_DIR}/tests/bench/job_cost.cpp)
target_link_libraries(drover_job_cost PRIVATE drover_drivers)
find_package(benchmark REQUIRED)
add_executable(drover_scaling_bench ${PROJECT_SOURCE_DIR}/tests/bench/scaling.cpp)
target_link_libraries(drover_scaling_bench PRIVATE drover_scaling benchmark::benchmark)
target_compile_definitions(drover_scaling_bench PRIVATE DROVER_SOURCE="${PROJECT_SOURCE_DIR}")
add_executable(drover_scaling_ground ${PROJECT_SOURCE_DIR}/tests/bench/scaling_ground.cpp)
target_link_libraries(drover_scaling_ground PRIVATE drover_codec)
target_include_directories(drover_scaling_ground PRIVATE ${PROJECT_SOURCE_DIR})
add_executable(drover_forecast_ground ${PROJECT_SOURCE_DIR}/tests/bench/forecast_ground.cpp)
target_link_libraries(drover_forecast_ground PRIVATE drover_codec)
add_executable(drover_queue_ground ${PROJECT_SOURCE_DIR}/tests/bench/queue_ground.cpp)
target_link_libraries(drover_queue_ground PRIVATE drover_scaling)
