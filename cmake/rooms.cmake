# One static library for each room of src/. A room's sources are all its .cpp files except *_test.cpp.

# What most files read anyway, read once: two of the four seconds that a file takes. It is no licence to leave an include
# out: the fuzz and sanitizer presets build without it.
set(DROVER_PRELUDE <algorithm> <chrono> <coroutine> <functional> <map> <memory> <optional> <set> <string> <variant> <vector>
                   <nlohmann/json.hpp>)

# What holds state that several flows share, and what speaks for it: the rooms that are built with the sanitizers. The rest
# is the release's own objects, from the compiler's cache; parsers have their fuzzers, with sanitizers of their own.
set(DROVER_SANITIZED jobs ports control drivers)

function(drover_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS;UNDER" ${ARGN})
  if(NOT ROOM_UNDER)
    set(ROOM_UNDER ${name})
  endif()
  string(REPLACE "/" "_" target ${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${ROOM_UNDER}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  # What a kind is to the driver belongs to the driver: a file's name tells its layer there (ADR 20).
  list(FILTER sources EXCLUDE REGEX "/kinds/[^/]*/azure\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set_property(GLOBAL APPEND PROPERTY DROVER_UNIT_TESTS ${tests})
  if(sources)
    add_library(drover_${target} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(drover_${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  if(DROVER_SANITIZE AND target IN_LIST DROVER_SANITIZED)
    target_compile_options(drover_${target} PRIVATE -O1 -g1 ${DROVER_SANITIZERS})
    if(target STREQUAL "jobs")
      target_precompile_headers(drover_jobs PRIVATE ${DROVER_PRELUDE})
    else()
      target_precompile_headers(drover_${target} REUSE_FROM drover_jobs)
    endif()
  elseif(sources AND target STREQUAL "base")
    target_precompile_headers(drover_base PRIVATE ${DROVER_PRELUDE})
  elseif(sources)
    target_precompile_headers(drover_${target} REUSE_FROM drover_base)
  endif()
  target_include_directories(drover_${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(drover_${target} ${scope} ${ROOM_LINKS})
endfunction()

drover_room(base LINKS OpenSSL::Crypto nlohmann_json::nlohmann_json simdjson::simdjson)
drover_room(kinds LINKS drover_base)
drover_room(model LINKS drover_kinds)
drover_room(protocol LINKS drover_model)
drover_room(estate LINKS drover_model)
drover_room(planning LINKS drover_model)
drover_room(forecast LINKS drover_model Eigen3::Eigen)
if(DROVER_BOOSTED_TREES)
  # Loaded when it is wanted, not linked.
  target_include_directories(drover_forecast SYSTEM PRIVATE ${XGBOOST_INCLUDE_DIRS})
  target_link_libraries(drover_forecast PRIVATE ${CMAKE_DL_LIBS})
  target_compile_definitions(drover_forecast PRIVATE DROVER_BOOSTED_TREES)
else()
  get_target_property(forecast_sources drover_forecast SOURCES)
  list(FILTER forecast_sources EXCLUDE REGEX "/boosted_trees\\.cpp$")
  set_target_properties(drover_forecast PROPERTIES SOURCES "${forecast_sources}")
  get_property(tests GLOBAL PROPERTY DROVER_UNIT_TESTS)
  list(FILTER tests EXCLUDE REGEX "/boosted_trees_test\\.cpp$")
  set_property(GLOBAL PROPERTY DROVER_UNIT_TESTS ${tests})
endif()
drover_room(scaling LINKS drover_forecast)
# Replaying a fortnight of minutes with every policy is loops over arrays: worth vectorising. The precompiled header would
# bring its own -O2 along.
foreach(file forecast/autoregression forecast/load_features forecast/load_forecaster forecast/online_ridge
             scaling/candidates scaling/counterfactual scaling/optimum scaling/peer_signals scaling/portfolio
             scaling/tally_window forecast/like_days)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/${file}.cpp PROPERTIES COMPILE_OPTIONS -O3
                              SKIP_PRECOMPILE_HEADERS ON)
endforeach()
drover_room(jobs LINKS drover_model)
drover_room(ports LINKS drover_protocol)
drover_room(codec LINKS drover_estate drover_planning drover_forecast drover_scaling drover_jobs yaml-cpp)
drover_room(control LINKS drover_codec drover_ports)
drover_room(drivers LINKS drover_codec drover_ports CURL::libcurl SQLite::SQLite3 PkgConfig::SODIUM OpenSSL::Crypto
            pugixml::pugixml PkgConfig::ARCHIVE date::date-tz)
file(GLOB azure_kinds CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kinds/*/azure.cpp)
target_sources(drover_drivers PRIVATE ${azure_kinds})
drover_room(localcloud LINKS drover_ports OpenSSL::Crypto)
drover_room(api LINKS drover_control)
drover_room(server LINKS drover_ports OpenSSL::SSL OpenSSL::Crypto Boost::context Threads::Threads)
# Beast and Asio are compiled in one file (src/server/asio.cpp), not in each that includes them.
target_compile_definitions(drover_server PRIVATE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
drover_room(cli LINKS drover_codec drover_ports)

# Where no time is spent at run time, the compiler's is spared: a quarter of it. Not in api and cli: an apply of 10,000
# sends its events through them, and of the templates that all share the linker may take theirs.
target_compile_options(drover_server PRIVATE -O1)
foreach(folder localcloud/kubernetes drivers/kubernetes)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -O1)
endforeach()

# All of app/ but main() is a library, so that its tests can have it.
drover_room(app LINKS drover_cli drover_server drover_api drover_localcloud drover_drivers PkgConfig::PROMETHEUS)
get_target_property(app_sources drover_app SOURCES)
list(FILTER app_sources EXCLUDE REGEX "/main\\.cpp$")
set_target_properties(drover_app PROPERTIES SOURCES "${app_sources}")
target_compile_definitions(drover_app PUBLIC DROVER_VERSION="${PROJECT_VERSION}")
target_compile_definitions(drover_cli PRIVATE DROVER_VERSION="${PROJECT_VERSION}")

add_executable(drover ${PROJECT_SOURCE_DIR}/src/app/main.cpp)
target_precompile_headers(drover REUSE_FROM drover_base)
target_link_libraries(drover PRIVATE drover_allocator drover_app)

if(DROVER_TESTS)
  enable_testing()
endif()
include(cmake/page.cmake)
if(DROVER_TESTS)
  find_package(GTest REQUIRED)
  include(cmake/tests.cmake)
endif()
