# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/thalnet")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/thalnet" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)

# One export set a library: a program that wants the shared one needs nothing of what the static one links.
foreach(kind IN ITEMS shared static)
  if(TARGET thalnet_${kind})
    install(TARGETS thalnet_${kind} EXPORT thalnet-${kind}-targets
      ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
      LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development
      RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
    install(EXPORT thalnet-${kind}-targets NAMESPACE thalnet:: DESTINATION "${package_dir}" COMPONENT development)
  endif()
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/thalnet-config.cmake.in"
  "${PROJECT_BINARY_DIR}/thalnet-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/thalnet-config-version.cmake"
  VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/thalnet-config.cmake"
  "${PROJECT_BINARY_DIR}/thalnet-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT development)
if(THALNET_BUILD_STATIC)
  if(NOT THALNET_BLAS_VENDOR STREQUAL "reference")
    install(FILES "${PROJECT_SOURCE_DIR}/cmake/FindCBLAS.cmake" DESTINATION "${package_dir}" COMPONENT development)
  endif()
  if(THALNET_HAVE_PTHREADPOOL)
    install(FILES "${PROJECT_SOURCE_DIR}/cmake/FindPthreadpool.cmake"
      DESTINATION "${package_dir}" COMPONENT development)
  endif()
endif()

# pkg-config. Relative folders are kept relative to the .pc file, so that the tree can be moved.
set(thalnet_pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  string(REPLACE " " "\\ " thalnet_pc_prefix "${CMAKE_INSTALL_PREFIX}") # spaces are escaped; pcfiledir comes that way
  string(REPLACE " " "\\ " thalnet_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
  file(RELATIVE_PATH up "/prefix/${thalnet_pc_dir}" "/prefix")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(thalnet_pc_prefix "\${pcfiledir}/${up}")
  set(thalnet_pc_libdir "\${exec_prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  string(REPLACE " " "\\ " thalnet_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(thalnet_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(THALNET_BUILD_SHARED)
  set(thalnet_pc_cflags_private "Cflags.private: -DTHALNET_STATIC")
  set(thalnet_pc_cflags "")
else()
  set(thalnet_pc_cflags_private "")
  set(thalnet_pc_cflags " -DTHALNET_STATIC")
endif()

# The BLAS library by name, not by its own .pc file: OpenBLAS' asks for the Fortran runtime's development files, which
# distributions do not install with it and which only a fully static program needs.
set(private_libs "")
if(NOT THALNET_BLAS_VENDOR STREQUAL "reference")
  foreach(library IN LISTS CBLAS_LIBRARIES)
    get_filename_component(name "${library}" NAME)
    get_filename_component(folder "${library}" DIRECTORY)
    get_filename_component(above "${folder}" DIRECTORY) # where alternatives of a distribution link to
    if(NOT name MATCHES "^lib(.+)\\.(so|a|dylib)$" OR CBLAS_LIBRARY)
      string(APPEND private_libs " ${library}")
      continue()
    endif()
    set(link " -l${CMAKE_MATCH_1}")
    if(NOT folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES AND NOT above IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
      string(APPEND private_libs " -L${folder}")
    endif()
    string(APPEND private_libs "${link}")
  endforeach()
endif()
if(THALNET_HAVE_PTHREADPOOL)
  string(APPEND private_libs " -lpthreadpool")
endif()
set(thalnet_pc_libs_private "${private_libs} -lm -lpthread")
configure_file("${PROJECT_SOURCE_DIR}/thalnet.pc.in" "${PROJECT_BINARY_DIR}/thalnet.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/thalnet.pc" DESTINATION "${thalnet_pc_dir}" COMPONENT development)
