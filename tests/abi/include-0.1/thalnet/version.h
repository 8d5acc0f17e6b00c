/* SPDX-License-Identifier: MIT */
/** @file
 * The version of the headers and of the library that runs. The three numbers below are the project's single source of its
 * version: the build files read them from here. */
#ifndef THALNET_VERSION_H
#define THALNET_VERSION_H

#include <stdint.h>

#include <thalnet/export.h>

#define THALNET_VERSION_MAJOR 0
#define THALNET_VERSION_MINOR 1
#define THALNET_VERSION_PATCH 0

/** One number that grows with every release: 0xMMmmpp. */
#define THALNET_VERSION_NUMBER ((THALNET_VERSION_MAJOR << 16) | (THALNET_VERSION_MINOR << 8) | THALNET_VERSION_PATCH)

/** True when the headers are at least of this version. */
#define THALNET_AT_LEAST(major, minor, patch) (THALNET_VERSION_NUMBER >= (((major) << 16) | ((minor) << 8) | (patch)))

#ifdef __cplusplus
extern "C" {
#endif

/** THALNET_VERSION_NUMBER of the library that runs; may be newer than the headers'. */
THALNET_API int32_t thalnet_version_number(void);

/** The running library's version as text, such as "0.1.0"; constant storage. */
THALNET_API const char *thalnet_version_text(void);

/** What the running library was built with and which kernels it chose for this CPU, one line such as
 * "blas=openblas products=own threads=pthreadpool kernel=avx512 real=float"; constant storage. Results repeat bit for bit only where
 * this line is the same, and for certain only on the same machine: the BLAS and the C library choose kernels for the CPU as well. */
THALNET_API const char *thalnet_build_info(void);

#ifdef __cplusplus
}
#endif
#endif
