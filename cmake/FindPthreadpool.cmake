# SPDX-License-Identifier: MIT
#[[
Finds pthreadpool, which many distributions ship as a bare header and library, proven by linking pthreadpool_create.

  Pthreadpool_LIBRARY, Pthreadpool_INCLUDE_DIR   used as given when set
  Pthreadpool_FOUND, target Pthreadpool::Pthreadpool

Installed beside the package configuration of thalnet, whose static library needs it.
]]

include(FindPackageHandleStandardArgs)
find_package(Threads QUIET)

find_path(Pthreadpool_INCLUDE_DIR NAMES pthreadpool.h)
find_library(Pthreadpool_LIBRARY NAMES pthreadpool)
mark_as_advanced(Pthreadpool_INCLUDE_DIR Pthreadpool_LIBRARY)

set(_pthreadpool_links FALSE)
if(Pthreadpool_INCLUDE_DIR AND Pthreadpool_LIBRARY)
  set(_pthreadpool_program "
#include <pthreadpool.h>
int main(void) {
  pthreadpool_t pool = pthreadpool_create(1);
  pthreadpool_destroy(pool);
  return pool == 0;
}
")
  set(_pthreadpool_includes "${CMAKE_REQUIRED_INCLUDES}")
  set(_pthreadpool_libraries "${CMAKE_REQUIRED_LIBRARIES}")
  set(_pthreadpool_quiet "${CMAKE_REQUIRED_QUIET}")
  set(CMAKE_REQUIRED_INCLUDES "${Pthreadpool_INCLUDE_DIR}")
  set(CMAKE_REQUIRED_LIBRARIES "${Pthreadpool_LIBRARY}" Threads::Threads)
  set(CMAKE_REQUIRED_QUIET ON)
  string(MD5 _pthreadpool_key "${Pthreadpool_LIBRARY}|${Pthreadpool_INCLUDE_DIR}")
  set(_pthreadpool_known "Pthreadpool_PROOF_${_pthreadpool_key}")
  get_property(_pthreadpool_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST _pthreadpool_languages)
    include(CheckCSourceCompiles)
    check_c_source_compiles("${_pthreadpool_program}" ${_pthreadpool_known})
  elseif("CXX" IN_LIST _pthreadpool_languages)
    include(CheckCXXSourceCompiles)
    check_cxx_source_compiles("${_pthreadpool_program}" ${_pthreadpool_known})
  else()
    set(${_pthreadpool_known} TRUE)
  endif()
  set(_pthreadpool_links ${${_pthreadpool_known}})
  if(NOT _pthreadpool_links)
    unset(${_pthreadpool_known} CACHE)
  endif()
  set(CMAKE_REQUIRED_INCLUDES "${_pthreadpool_includes}")
  set(CMAKE_REQUIRED_LIBRARIES "${_pthreadpool_libraries}")
  set(CMAKE_REQUIRED_QUIET "${_pthreadpool_quiet}")
endif()

find_package_handle_standard_args(Pthreadpool
  REQUIRED_VARS Pthreadpool_LIBRARY Pthreadpool_INCLUDE_DIR _pthreadpool_links)

if(Pthreadpool_FOUND AND NOT TARGET Pthreadpool::Pthreadpool)
  add_library(Pthreadpool::Pthreadpool UNKNOWN IMPORTED)
  set_target_properties(Pthreadpool::Pthreadpool PROPERTIES
    IMPORTED_LOCATION "${Pthreadpool_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Pthreadpool_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
