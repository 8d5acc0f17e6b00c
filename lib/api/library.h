/* SPDX-License-Identifier: MIT */
#ifndef THALNET_API_LIBRARY_H
#define THALNET_API_LIBRARY_H

/* The version, a space, and the line of thalnet_build_info; constant storage. */
const char *thalnet__library_line(void);

#endif
