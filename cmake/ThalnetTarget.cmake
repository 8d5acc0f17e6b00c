# SPDX-License-Identifier: MIT
# What every target of ours gets: the C dialect, the warnings, the sanitizers. Nothing here touches global flags, and
# nothing is passed on to those who link us.

set(thalnet_warnings "")
set(thalnet_frame_limit "")
set(thalnet_float_options "")
if(CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang|AppleClang)$")
  set(thalnet_warnings
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion -Wshadow -Wundef
    -Wvla -Wcast-qual -Wwrite-strings -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes -Wformat=2
    -Wimplicit-fallthrough)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND thalnet_warnings -Wcast-align=strict -Wlogical-op -Wduplicated-cond)
  else()
    list(APPEND thalnet_warnings -Wcast-align)
  endif()
  # Hosts may have small stacks; tests/host/stack.c runs everything in 64 KiB. Sanitizers put more on them.
  set(thalnet_frame_limit -Wframe-larger-than=16384)
  # The same sums from every compiler: no fusing of a product and a sum unless a kernel asks for it. Not a step
  # further: the "fast math" switches change the floating-point mode of the host program when linked.
  set(thalnet_float_options -ffp-contract=off -fno-math-errno -fno-trapping-math)
endif()

# thalnet_target_defaults(<target> [EASY])
# EASY leaves out the conversion warnings, for the programs of tests and examples.
function(thalnet_target_defaults target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "EASY" "" "")
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  if(UNIX)
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
  endif()
  set(warnings ${thalnet_warnings})
  if(arg_EASY)
    list(REMOVE_ITEM warnings -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion)
  endif()
  if(THALNET_WERROR)
    list(APPEND warnings -Werror)
  endif()
  target_compile_options(${target} PRIVATE ${warnings} ${thalnet_float_options})
  if(THALNET_SANITIZE)
    target_compile_options(${target} PRIVATE
      "-fsanitize=${THALNET_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE "-fsanitize=${THALNET_SANITIZE}")
    if(THALNET_SANITIZE MATCHES memory)
      target_compile_options(${target} PRIVATE -fsanitize-memory-track-origins)
    endif()
  endif()
endfunction()

if(THALNET_SANITIZE MATCHES "thread|memory" AND NOT THALNET_BLAS_VENDOR STREQUAL "reference")
  message(WARNING "THALNET_SANITIZE=${THALNET_SANITIZE} reports what happens inside ${THALNET_BLAS_VENDOR}: "
    "use -DTHALNET_BLAS=reference")
endif()
