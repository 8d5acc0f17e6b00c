# SPDX-License-Identifier: MIT
#[[
Finds a CBLAS: one library together with the header that belongs to it, proven by linking a call of cblas_sgemm.

Asked for by these variables:
  CBLAS_VENDOR        auto (default), openblas, blis or generic; auto tries them in this order
  CBLAS_LIBRARY       library or list of libraries, used as given instead of any search
  CBLAS_INCLUDE_DIR   folder of cblas.h, used as given

Answers with the target CBLAS::CBLAS and
  CBLAS_FOUND, CBLAS_PROVIDER (openblas, blis or generic), CBLAS_LIBRARIES, CBLAS_INCLUDE_DIRS
  CBLAS_PKG_CONFIG    name of the pkg-config module that describes the same library, or empty

Integers of 32 bits are assumed, as in every distribution's default build. The same file is installed beside the
package configuration of thalnet, whose static library needs it.
]]

include(FindPackageHandleStandardArgs)

# Sets ${result} to true if a program that calls cblas_sgemm compiles against the folders and links with the libraries.
function(_cblas_prove result libraries folders)
  set(program "
#include <cblas.h>
int main(void) {
  float a[1] = {2.0f}, b[1] = {3.0f}, c[1] = {0.0f};
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 1, 1, 1, 1.0f, a, 1, b, 1, 0.0f, c, 1);
  return c[0] > 5.0f ? 0 : 1;
}
")
  set(CMAKE_REQUIRED_LIBRARIES "${libraries}")
  set(CMAKE_REQUIRED_INCLUDES "${folders}")
  set(CMAKE_REQUIRED_QUIET ON)
  string(MD5 key "${libraries}|${folders}")
  set(known "CBLAS_PROOF_${key}")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    include(CheckCSourceCompiles)
    check_c_source_compiles("${program}" ${known})
  elseif("CXX" IN_LIST languages)
    include(CheckCXXSourceCompiles)
    check_cxx_source_compiles("${program}" ${known})
  else()
    set(${known} TRUE)
  endif()
  if(NOT ${known})
    unset(${known} CACHE) # a failure may be repaired by installing something: ask again next time
    set(${result} FALSE PARENT_SCOPE)
  else()
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# Looks for one vendor; on success sets _cblas_libraries, _cblas_folder and _cblas_module for the caller.
function(_cblas_look vendor)
  set(_cblas_libraries "" PARENT_SCOPE)
  set(module "")
  set(hints_library "")
  set(hints_header "")
  if(vendor STREQUAL "openblas")
    set(names openblas)
    set(suffixes openblas openblas-pthread openblas-openmp openblas-serial)
    set(modules openblas)
  elseif(vendor STREQUAL "blis")
    set(names blis)
    set(suffixes blis blis-openmp blis-pthread blis-serial)
    set(modules blis)
  else()
    set(names cblas blas)
    set(suffixes "")
    set(modules cblas blas)
  endif()

  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    foreach(candidate IN LISTS modules)
      pkg_check_modules(_CBLAS_PC_${candidate} QUIET ${candidate})
      if(_CBLAS_PC_${candidate}_FOUND)
        set(module ${candidate})
        set(hints_library ${_CBLAS_PC_${candidate}_LIBRARY_DIRS})
        set(hints_header ${_CBLAS_PC_${candidate}_INCLUDE_DIRS})
        break()
      endif()
    endforeach()
  endif()

  if(CBLAS_LIBRARY)
    set(libraries "${CBLAS_LIBRARY}")
    set(module "")
  else()
    set(libraries "")
    foreach(name IN LISTS names)
      find_library(CBLAS_${vendor}_${name}_LIBRARY NAMES ${name} HINTS ${hints_library} PATH_SUFFIXES ${suffixes})
      mark_as_advanced(CBLAS_${vendor}_${name}_LIBRARY)
      if(CBLAS_${vendor}_${name}_LIBRARY)
        list(APPEND libraries "${CBLAS_${vendor}_${name}_LIBRARY}")
      endif()
    endforeach()
    if(NOT libraries)
      return()
    endif()
  endif()

  # The header next to the real file: lib/<triplet>/blis-openmp/libblis.so.4 goes with include/<triplet>/blis-openmp.
  list(GET libraries 0 first)
  set(pairs "")
  if(IS_ABSOLUTE "${first}")
    get_filename_component(real "${first}" REALPATH)
    get_filename_component(folder "${real}" DIRECTORY)
    get_filename_component(flavor "${folder}" NAME)
    string(REGEX REPLACE "/lib(64|32)?/(.*)$" "/include/\\2" beside "${folder}")
    string(REGEX REPLACE "/lib(64|32)?(/.*)?$" "/include" above "${folder}")
    set(pairs "${beside}" "${above}/${flavor}" "${above}")
  endif()
  if(CBLAS_INCLUDE_DIR)
    set(header "${CBLAS_INCLUDE_DIR}")
  else()
    find_path(CBLAS_${vendor}_INCLUDE_DIR NAMES cblas.h HINTS ${pairs} ${hints_header} PATH_SUFFIXES ${suffixes})
    mark_as_advanced(CBLAS_${vendor}_INCLUDE_DIR)
    set(header "${CBLAS_${vendor}_INCLUDE_DIR}")
  endif()
  if(NOT header)
    message(STATUS "CBLAS: ${vendor} library ${libraries} has no cblas.h")
    return()
  endif()

  _cblas_prove(proven "${libraries}" "${header}")
  if(NOT proven AND vendor STREQUAL "generic" AND NOT CBLAS_LIBRARY)
    list(REVERSE libraries) # a libblas with the C interface inside needs no libcblas
    list(GET libraries 0 libraries)
    _cblas_prove(proven "${libraries}" "${header}")
  endif()
  if(NOT proven)
    message(STATUS "CBLAS: a call of cblas_sgemm does not link: vendor ${vendor}, library ${libraries}, "
      "header folder ${header}")
    return()
  endif()
  set(_cblas_libraries "${libraries}" PARENT_SCOPE)
  set(_cblas_folder "${header}" PARENT_SCOPE)
  set(_cblas_module "${module}" PARENT_SCOPE)
endfunction()

if(NOT CBLAS_VENDOR)
  set(CBLAS_VENDOR auto)
endif()

if(TARGET CBLAS::CBLAS)
  # Somebody in this build has decided already, perhaps an earlier call of ours.
  get_target_property(CBLAS_PROVIDER CBLAS::CBLAS THALNET_CBLAS_PROVIDER)
  if(NOT CBLAS_PROVIDER)
    set(CBLAS_PROVIDER generic)
  endif()
  get_target_property(CBLAS_PKG_CONFIG CBLAS::CBLAS THALNET_CBLAS_PKG_CONFIG)
  if(NOT CBLAS_PKG_CONFIG)
    set(CBLAS_PKG_CONFIG "")
  endif()
  set(CBLAS_LIBRARIES CBLAS::CBLAS)
  set(CBLAS_FOUND TRUE)
  return()
endif()

set(CBLAS_LIBRARIES "")
set(CBLAS_INCLUDE_DIRS "")
set(CBLAS_PROVIDER "")
set(CBLAS_PKG_CONFIG "")
set(_cblas_vendors ${CBLAS_VENDOR})
if(CBLAS_VENDOR STREQUAL "auto")
  set(_cblas_vendors openblas blis generic)
  if(CBLAS_LIBRARY) # the name of a given library tells whose it is
    set(_cblas_vendors generic)
    if("${CBLAS_LIBRARY}" MATCHES "openblas")
      set(_cblas_vendors openblas)
    elseif("${CBLAS_LIBRARY}" MATCHES "blis")
      set(_cblas_vendors blis)
    endif()
  endif()
endif()
foreach(_cblas_vendor IN LISTS _cblas_vendors)
  _cblas_look(${_cblas_vendor})
  if(_cblas_libraries)
    set(CBLAS_LIBRARIES "${_cblas_libraries}")
    set(CBLAS_INCLUDE_DIRS "${_cblas_folder}")
    set(CBLAS_PROVIDER "${_cblas_vendor}")
    set(CBLAS_PKG_CONFIG "${_cblas_module}")
    break()
  endif()
endforeach()

find_package_handle_standard_args(CBLAS
  REQUIRED_VARS CBLAS_LIBRARIES CBLAS_INCLUDE_DIRS CBLAS_PROVIDER
  REASON_FAILURE_MESSAGE
    "CBLAS_VENDOR='${CBLAS_VENDOR}' CBLAS_LIBRARY='${CBLAS_LIBRARY}' CBLAS_INCLUDE_DIR='${CBLAS_INCLUDE_DIR}'")

if(CBLAS_FOUND)
  add_library(CBLAS::CBLAS INTERFACE IMPORTED)
  set_target_properties(CBLAS::CBLAS PROPERTIES
    INTERFACE_LINK_LIBRARIES "${CBLAS_LIBRARIES}"
    INTERFACE_INCLUDE_DIRECTORIES "${CBLAS_INCLUDE_DIRS}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CBLAS_INCLUDE_DIRS}"
    THALNET_CBLAS_PROVIDER "${CBLAS_PROVIDER}"
    THALNET_CBLAS_PKG_CONFIG "${CBLAS_PKG_CONFIG}")
endif()
unset(_cblas_vendor)
unset(_cblas_vendors)
unset(_cblas_libraries)
unset(_cblas_folder)
unset(_cblas_module)
