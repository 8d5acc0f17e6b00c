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

# THALNET_HARDENING: what distributions build with. Debug builds do not optimise, which the checked calls need; sanitizers look
# at the same things themselves.
set(thalnet_hardening "")
set(thalnet_hardening_link "")
if(THALNET_HARDENING AND NOT THALNET_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang)$")
  include(CheckCCompilerFlag)
  include(CheckCSourceCompiles)
  include(CheckLinkerFlag)
  set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Werror")
  check_c_source_compiles("#include <string.h>\nint main(void) { return 0; }" THALNET_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  set(fortify 2)
  if(THALNET_FORTIFY_3) # older C libraries warn of it
    set(fortify 3)
  endif()
  list(APPEND thalnet_hardening -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify})
  foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection)
    string(MAKE_C_IDENTIFIER "THALNET${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
      list(APPEND thalnet_hardening ${flag})
    endif()
  endforeach()
  check_linker_flag(C "LINKER:-z,relro,-z,now" THALNET_LINKER_RELRO)
  if(THALNET_LINKER_RELRO)
    set(thalnet_hardening_link "LINKER:-z,relro,-z,now")
  endif()
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
  target_compile_options(${target} PRIVATE "$<$<NOT:$<CONFIG:Debug>>:${thalnet_hardening}>")
  target_link_options(${target} PRIVATE ${thalnet_hardening_link})
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
