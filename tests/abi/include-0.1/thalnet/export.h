/* SPDX-License-Identifier: MIT */
/** @file
 * How the library's functions are marked for export. Define THALNET_STATIC before including any header when linking the
 * static library on Windows; the CMake targets and the pkg-config file do that by themselves. */
#ifndef THALNET_EXPORT_H
#define THALNET_EXPORT_H

#if defined(THALNET_STATIC)
#define THALNET_API
#elif defined(_WIN32)
#if defined(THALNET_BUILD)
#define THALNET_API __declspec(dllexport)
#else
#define THALNET_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define THALNET_API __attribute__((visibility("default")))
#else
#define THALNET_API
#endif

#endif
