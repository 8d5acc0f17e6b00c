/* SPDX-License-Identifier: MIT */
/* The files of loading and saving: the host's own, or those of the machine. */
#ifndef THALNET_IO_HOST_FILES_H
#define THALNET_IO_HOST_FILES_H

#include <stdint.h>

#include <thalnet/host.h>

/* The callbacks for options->io; NULL: POSIX files. Those never touch errno, open regular files only, and never wait for a
 * device or a reader. */
thalnet_status thalnet__io_init(thalnet_io *io, const thalnet_io *given);

/* THALNET_ERROR_IO, as "<what>: <reason> (errno <error>)". */
thalnet_status thalnet__io_fail(const char *what, int32_t error);

#endif
