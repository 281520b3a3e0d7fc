# How a room of the house becomes a target. DESIGN's floors are enforced on includes by tools/floors.py;
# here each room links exactly the rooms below it that it uses, so a slip also fails to link.

# larder_light(<target>): code that calls for little of the compiler's work. Under sanitizers it goes without UBSan: for tests
# and templates, that was a third of the build.
function(larder_light target)
  if(LARDER_SANITIZE)
    set_target_properties(${target} PROPERTIES LARDER_LIGHT ON)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# larder_unity(<target>): with LARDER_UNITY, the compiler takes a dozen of its files at a time, for most of its work is
# the headers that they share. Never for what a HOT room ships: there each file is optimised by itself.
function(larder_unity target)
  if(LARDER_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # GCC takes the included files for headers.
    endif()
  endif()
endfunction()

# What nearly every test includes is read once for all of them. With ccache it would do harm, as larder_unity() would: a
# precompiled header differs from tree to tree.
function(larder_precompile target)
  if(NOT LARDER_UNITY)
    return()
  endif()
  if(NOT TARGET larder_test_headers)
    file(WRITE "${PROJECT_BINARY_DIR}/test_headers.cpp" "")
    add_library(larder_test_headers OBJECT "${PROJECT_BINARY_DIR}/test_headers.cpp")
    target_link_libraries(larder_test_headers PRIVATE larder_settings GTest::gtest GTest::gmock)
    larder_light(larder_test_headers)
    target_precompile_headers(larder_test_headers PRIVATE <gtest/gtest.h> <gmock/gmock.h> <algorithm> <atomic> <chrono>
      <functional> <memory> <mutex> <optional> <string> <string_view> <thread> <variant> <vector> <larder/error.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM larder_test_headers)
endfunction()

# larder_room(<name> [HOT|FACE] [FOLDERS folders...] [DEPS rooms-and-libraries...] [WITHOUT files...])
#   Every src/<name>/*.cpp, and those of its FOLDERS, become the library larder_<name>, except those that this build is without. A room without a
#   .cpp is header-only. Under sanitizers only a HOT room is optimised, where tests do millions of steps; a FACE, mostly a
#   heavy library's templates, goes without UBSan.
function(larder_room name)
  cmake_parse_arguments(ROOM "FACE;HOT" "" "DEPS;FOLDERS;WITHOUT" ${ARGN})
  list(TRANSFORM ROOM_FOLDERS REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/src/${name}/\\1/*.cpp")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp" ${ROOM_FOLDERS})
  foreach(file IN LISTS ROOM_WITHOUT)
    list(REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/src/${name}/${file}")
  endforeach()
  set(target "larder_${name}")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC larder_settings ${ROOM_DEPS})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(LARDER_SANITIZE OR NOT ROOM_HOT)
      larder_unity(${target})
    endif()
    if(LARDER_SANITIZE AND ROOM_FACE)
      larder_light(${target})
    elseif(LARDER_SANITIZE AND ROOM_HOT)
      target_compile_options(${target} PRIVATE -O1)
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE larder_settings ${ROOM_DEPS})
  endif()
  set_property(GLOBAL APPEND PROPERTY LARDER_ROOMS ${target})
endfunction()

# larder_unit_tests(<room> [LABELS ...] [DEPS ...])
#   tests/unit/<room>/*_test.cpp become one program, <room>_tests. Files named *_threads_test.cpp go to
#   <room>_threads_tests, which carries the label `threads`: those run under TSan too. A build without TLS leaves out
#   files named tls_*.
function(larder_unit_tests room)
  cmake_parse_arguments(T "" "" "LABELS;DEPS" ${ARGN})
  if(NOT T_LABELS)
    set(T_LABELS unit)
  endif()
  file(GLOB all CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/unit/${room}/*_test.cpp")
  if(LARDER_TLS)
    list(APPEND T_DEPS larder_test_certificates)
  else()
    list(FILTER all EXCLUDE REGEX "/tls_[^/]*$")
  endif()
  set(threads ${all})
  list(FILTER threads INCLUDE REGEX "_threads_test\\.cpp$")
  set(plain ${all})
  list(FILTER plain EXCLUDE REGEX "_threads_test\\.cpp$")
  if(plain)
    larder_gtest(${room}_tests LABELS ${T_LABELS} SOURCES ${plain} DEPS larder_${room} ${T_DEPS})
  endif()
  if(threads)
    larder_gtest(${room}_threads_tests LABELS ${T_LABELS} threads SOURCES ${threads} DEPS larder_${room} ${T_DEPS})
  endif()
endfunction()

# larder_gtest(<target> [SHARDS n] LABELS ... SOURCES ... DEPS ...): one GoogleTest program, each case a ctest entry; with
# SHARDS, n entries with a part of the cases each, for those that start servers which many cases share. Those with the
# labels unit, contract and threads run under ASan and UBSan, threads under TSan too, and with --quick in the release
# build; they are no part of `all`, but of the targets in tests/CMakeLists.txt.
function(larder_gtest target)
  cmake_parse_arguments(T "" "SHARDS" "LABELS;SOURCES;DEPS" ${ARGN})
  add_executable(${target} ${T_SOURCES})
  target_link_libraries(${target} PRIVATE ${T_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  # What a test's own code does wrong is not what is looked for.
  larder_light(${target})
  larder_precompile(${target})
  larder_unity(${target})
  list(JOIN T_LABELS "." labels)  # one word, for ctest -L to search in: a list falls apart in the discovery script
  if(T_SHARDS)
    foreach(shard RANGE 1 ${T_SHARDS})
      math(EXPR index "${shard} - 1")
      add_test(NAME ${target}.${shard} COMMAND ${target})
      set_tests_properties(${target}.${shard} PROPERTIES LABELS "${labels}" TIMEOUT 600
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${T_SHARDS};GTEST_SHARD_INDEX=${index}")
    endforeach()
  else()
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${target}." PROPERTIES LABELS "${labels}" TIMEOUT 120)
  endif()
  if(T_LABELS MATCHES "unit|contract|threads")
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    set_property(GLOBAL APPEND PROPERTY LARDER_TESTS_ASAN ${target})
  endif()
  if("threads" IN_LIST T_LABELS)
    set_property(GLOBAL APPEND PROPERTY LARDER_TESTS_TSAN ${target})
  endif()
endfunction()
