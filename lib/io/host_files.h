/* SPDX-License-Identifier: MIT */
/* The files of loading and saving: the host's own, or those of the machine. */
#ifndef THALNET_IO_HOST_FILES_H
#define THALNET_IO_HOST_FILES_H

#include <stdint.h>

#include <thalnet/host.h>

/* The callbacks for options->io; NULL: POSIX files. Those never touch errno, open regular files only, and never wait for a
 * device or a reader. */
thalnet_status thalnet__io_init(thalnet_io *io, const thalnet_io *given);

/* Locks a file that is going to be written, made where there is none, until it has another name: two programs that save to one
 * path would otherwise write into the same temporary file. Of the machine's files alone, else *guard_out is -1. Gives an errno value;
 * EWOULDBLOCK: somebody else has it. */
int32_t thalnet__guard_file(const thalnet_io *io, const char *path, int *guard_out);
void thalnet__release_guard(int guard);

/* THALNET_ERROR_IO, as "<what>: <reason> (errno <error>)". */
thalnet_status thalnet__io_fail(const char *what, int32_t error);

#endif
