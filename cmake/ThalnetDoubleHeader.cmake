# SPDX-License-Identifier: MIT
# cmake -DINPUT=<header> -DOUTPUT=<header> -P ThalnetDoubleHeader.cmake
# Writes a copy of a public header in which the type float has become double, for the test-only double build.

file(READ "${INPUT}" text)
string(PREPEND text "\n")
foreach(pass RANGE 1) # twice: neighbours share the character between them
  string(REGEX REPLACE "([^A-Za-z0-9_])float([^A-Za-z0-9_])" "\\1double\\2" text "${text}")
endforeach()
string(SUBSTRING "${text}" 1 -1 text)
file(WRITE "${OUTPUT}" "${text}")
