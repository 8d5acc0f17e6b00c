# SPDX-License-Identifier: MIT
#[[
thalnet_add_test(<name> SOURCES <file>... [STATIC | DOUBLE] [LABELS <label>...] [TIMEOUT <seconds>]
                 [LIBRARIES <target>...] [DEFINITIONS <name=value>...])

One Check program, test_<name>, and one ctest test, <name>.
  (nothing)  uses the public interface: links the shared library
  STATIC     looks inside: links the static library and finds the headers of lib/
  DOUBLE     links the library built in double precision, and finds the headers of lib/
  LABELS     unit unless told: unit, gradient, golden, fault, slow, ...
  TIMEOUT    60 seconds unless told; ten times as much under a sanitizer or where coverage is counted
Files next to each other in tests/ include each other by their path from there.
]]

find_package(PkgConfig REQUIRED)
pkg_check_modules(CHECK IMPORTED_TARGET check)
if(NOT CHECK_FOUND)
  message(FATAL_ERROR "The tests need Check (Debian: apt-get install check). Install it, or configure with "
    "-DTHALNET_BUILD_TESTS=OFF")
endif()

set(thalnet_test_environment OPENBLAS_NUM_THREADS=1 BLIS_NUM_THREADS=1 OMP_NUM_THREADS=1)
set(thalnet_test_patience 1)
if(THALNET_SANITIZE OR CMAKE_C_FLAGS_DEBUG MATCHES "coverage")
  set(thalnet_test_patience 10)
endif()
if(THALNET_SANITIZE)
  list(APPEND thalnet_test_environment CK_FORK=no
    "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1"
    "UBSAN_OPTIONS=print_stacktrace=1" "TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1")
endif()

function(thalnet_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC;DOUBLE" "TIMEOUT" "SOURCES;LABELS;LIBRARIES;DEFINITIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "thalnet_add_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(arg_STATIC AND NOT THALNET_BUILD_STATIC)
    message(STATUS "Test ${name} is left out: it needs THALNET_BUILD_STATIC")
    return()
  endif()

  add_executable(test_${name} ${arg_SOURCES})
  thalnet_target_defaults(test_${name} EASY)
  target_compile_definitions(test_${name} PRIVATE ${arg_DEFINITIONS})
  target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(arg_DOUBLE)
    target_link_libraries(test_${name} PRIVATE thalnet_double)
  elseif(arg_STATIC)
    target_link_libraries(test_${name} PRIVATE thalnet::static)
  else()
    target_link_libraries(test_${name} PRIVATE thalnet::thalnet)
  endif()
  if(arg_DOUBLE OR arg_STATIC)
    target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}/lib")
  endif()
  target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} PkgConfig::CHECK m)
  if(TARGET test_check_memory)
    target_link_libraries(test_${name} PRIVATE test_check_memory)
  endif()

  set(environment ${thalnet_test_environment}
    CK_TIMEOUT_MULTIPLIER=${thalnet_test_patience} CK_DEFAULT_TIMEOUT=${arg_TIMEOUT})
  math(EXPR timeout "${arg_TIMEOUT} * ${thalnet_test_patience}")
  if(THALNET_SANITIZE MATCHES memory AND arg_LIBRARIES MATCHES "JANSSON|ZLIB") # writes of theirs are not seen
    list(APPEND environment MSAN_OPTIONS=poison_in_malloc=0:poison_in_free=0)
  endif()
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}"
    TIMEOUT ${timeout}
    ENVIRONMENT "${environment}")
endfunction()
