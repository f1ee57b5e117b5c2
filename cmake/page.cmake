# The page (web/) as files inside the program. npm fetches its tools when CMake configures, since only then can a machine
# without npm, or without a network, be told that its program has no page; building runs Vite when web/ has changed, and
# never npm. The types of the API are checked after the program is built, which prints them.
option(DROVER_PAGE "build the page with npm, where it is there, and put it into the program" ON)

set(web ${PROJECT_SOURCE_DIR}/web)
set(page ${PROJECT_BINARY_DIR}/page)
set(page_lacks "")  # why there is none

find_program(DROVER_NODE NAMES node nodejs)
find_program(DROVER_NPM npm)
if(NOT DROVER_PAGE)
  set(page_lacks "DROVER_PAGE is off")
elseif(NOT DROVER_NODE OR NOT DROVER_NPM)
  set(page_lacks "there is no npm here; ./dev setup installs it")
else()
  execute_process(COMMAND ${DROVER_NODE} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REGEX REPLACE "^v" "" node_version "${node_version}")
  if(node_version VERSION_LESS 18)
    set(page_lacks "Node ${node_version} is older than 18")
  endif()
endif()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${web}/package.json ${web}/package-lock.json)
set(page_tools ${web}/node_modules/.package-lock.json)  # npm writes it last
if(NOT page_lacks AND (NOT EXISTS ${page_tools} OR ${web}/package-lock.json IS_NEWER_THAN ${page_tools}))
  message(STATUS "Fetching the page's tools (npm ci in web/)")
  # Short pauses: npm's own make a machine without a network wait for minutes.
  execute_process(COMMAND ${DROVER_NPM} ci --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000
                          --fetch-retry-maxtimeout=2000 --fetch-timeout=60000
                  WORKING_DIRECTORY ${web} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE said TIMEOUT 600)
  if(failed)
    string(REGEX MATCH "npm (error|ERR!) [^\n]*" said "${said}")
    set(page_lacks "npm ci in web/ failed (${said}); run cmake again once npm's registry can be reached")
    file(REMOVE ${page_tools})
  else()
    file(TOUCH ${page_tools})
  endif()
endif()

if(page_lacks)
  if(DROVER_PAGE)
    message(WARNING "The program will have no page: ${page_lacks}. All else is as ever.")
  endif()
  file(CONFIGURE OUTPUT ${page}/none.cpp @ONLY CONTENT
       "#include \"app/page_files.hpp\"\n\nnamespace drover::app {\nstd::span<const server::ShelvedFile> page_files() { return {}; }\n}\n")
  target_sources(drover PRIVATE ${page}/none.cpp)
  return()
endif()

file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${web}/src/*.ts ${web}/src/*.tsx ${web}/src/*.css ${web}/public/*)
list(FILTER page_sources EXCLUDE REGEX "/api\\.d\\.ts$")
list(APPEND page_sources ${web}/index.html ${web}/vite.config.ts ${web}/tsconfig.json)
set(page_shipped ${page_sources})
list(FILTER page_shipped EXCLUDE REGEX "\\.test\\.ts$")

add_custom_command(
  OUTPUT ${page}/page_files.cpp
  COMMAND ${DROVER_NODE} node_modules/vite/bin/vite.js build --logLevel warn --outDir ${page}/files --emptyOutDir
  COMMAND ${CMAKE_COMMAND} -DFOLDER=${page}/files -DOUTPUT=${page}/page_files.cpp -P ${PROJECT_SOURCE_DIR}/cmake/shelve.cmake
  DEPENDS ${page_shipped} ${page_tools} ${PROJECT_SOURCE_DIR}/cmake/shelve.cmake
  WORKING_DIRECTORY ${web}
  COMMENT "Building the page" VERBATIM)
target_sources(drover PRIVATE ${page}/page_files.cpp)

# The document of the API, which changes seldom: what hangs on it is left alone when it has not.
add_custom_command(
  OUTPUT ${page}/api.json
  COMMAND drover schema --api > ${page}/api.json.new
  COMMAND ${CMAKE_COMMAND} -E copy_if_different ${page}/api.json.new ${page}/api.json
  DEPENDS drover
  COMMENT "Describing the API" VERBATIM)
add_custom_command(
  OUTPUT ${page}/checked
  COMMAND ${DROVER_NODE} node_modules/openapi-typescript/bin/cli.js ${page}/api.json -o src/api.d.ts > ${page}/types.log
  COMMAND ${DROVER_NODE} node_modules/typescript/bin/tsc --noEmit
  COMMAND ${CMAKE_COMMAND} -E touch ${page}/checked
  DEPENDS ${page}/api.json ${page_sources} ${page_tools}
  WORKING_DIRECTORY ${web}
  COMMENT "Checking the page against the API" VERBATIM)
add_custom_target(drover_page_check ALL DEPENDS ${page}/checked)

if(DROVER_TESTS)
  add_test(NAME page COMMAND ${DROVER_NPM} test --silent WORKING_DIRECTORY ${web})
endif()
