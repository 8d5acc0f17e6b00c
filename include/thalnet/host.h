/* SPDX-License-Identifier: MIT */
/** @file
 * What a host program may replace: memory, threads and files. All structures are copied by the call that takes them; what
 * `user` points to must live as long as any handle made with it. Callbacks must not call back into the same handle, throw
 * or longjmp.
 *
 * **Fork.** The child of a fork may make handles of its own, and go on with those of its parent that no call was inside when it
 * was forked: built-in threads are started anew when it first computes, and results are the same bits in both. What a call of
 * another thread was inside stays busy in the child for ever and is left alone there, not even freed. All this holds where
 * malloc and the BLAS work in such children, as those of glibc and OpenBLAS do; the host's own memory, executor and files
 * are the host's care.
 *
 * **Unloading.** The library has neither constructors nor threads beside those of centers: once all handles are freed it can be
 * unloaded (dlclose), and loaded again. BLIS, where it is the BLAS, leaves its buffers behind each time. */
#ifndef THALNET_HOST_H
#define THALNET_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/export.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where a center and everything created from it take their memory. Both callbacks may be called from any thread that
 * calls the library. BLAS and the built-in thread pool allocate beside it (a few MiB, once). */
typedef struct thalnet_memory {
  size_t struct_size; /**< sizeof(thalnet_memory) */
  void *user;         /**< passed to both callbacks */
  /** Returns `size` bytes at a multiple of `alignment` (a power of two), or NULL; `size` is never 0. */
  void *(*allocate)(void *user, size_t size, size_t alignment);
  /** Takes back what allocate returned, with the same size and alignment; `memory` is never NULL. */
  void (*release)(void *user, void *memory, size_t size, size_t alignment);
} thalnet_memory;

/** The host's own thread pool, used instead of the built-in one. */
typedef struct thalnet_executor {
  size_t struct_size; /**< sizeof(thalnet_executor) */
  void *user;         /**< passed to run */
  /** Calls task(argument, index) once for every index in 0..count-1, on any threads in any order, and returns when all
   * calls have returned. Several threads may be in it at once: those that compute with one center. Large networks call it
   * several times a step, and also when parameters are written: it should not start threads each time. */
  void (*run)(void *user, void (*task)(void *argument, size_t index), void *argument, size_t count);
} thalnet_executor;

/** The file calls of loading and saving. Every callback returns 0 or an errno value. A short read or write is no error:
 * the library goes on where it stopped; a read of 0 bytes is the end of the file. */
typedef struct thalnet_io {
  size_t struct_size; /**< sizeof(thalnet_io) */
  void *user;         /**< passed to every callback */
  /** Opens an existing file for reading and tells its size. */
  int32_t (*open_read)(void *user, const char *path, void **file_out, uint64_t *size_out);
  /** Creates or truncates a file for writing. */
  int32_t (*open_write)(void *user, const char *path, void **file_out);
  int32_t (*read)(void *user, void *file, void *bytes, size_t size, size_t *done_out);
  int32_t (*write)(void *user, void *file, const void *bytes, size_t size, size_t *done_out);
  /** Makes what was written durable. */
  int32_t (*sync)(void *user, void *file);
  /** Closes the file; `file` is gone afterwards, whatever is returned. */
  int32_t (*close)(void *user, void *file);
  /** Replaces `to` by `from` in one step. */
  int32_t (*rename)(void *user, const char *from, const char *to);
  int32_t (*remove)(void *user, const char *path);
  /** Makes the rename of `path` durable, in the folder that holds it. */
  int32_t (*sync_folder)(void *user, const char *path);
} thalnet_io;

/** The BLAS library that the products go to where the library has none of its own for the processor: "openblas", "blis",
 * "generic", or "reference" for built-in loops. With AVX-512, AVX2 and on 64-bit ARM it computes nothing, unless the library
 * was built with -DTHALNET_OWN_PRODUCTS=OFF. */
THALNET_API const char *thalnet_blas_vendor(void);

/** Sets the number of threads that BLAS uses for one product. This is process-wide: it changes every other user of the
 * same BLAS library too, which is why the library never does it by itself. Where libthalnet calls
 * BLAS, 1 is right for it: its own threads each do so, and with more, training works but results no longer repeat bit for bit.
 * @retval THALNET_ERROR_ARGUMENT threads is below 1
 * @retval THALNET_ERROR_UNSUPPORTED the BLAS library offers no such call */
THALNET_API thalnet_status thalnet_blas_set_threads(int32_t threads);

/** The number of threads BLAS uses for one product, or 0 where it cannot be asked. */
THALNET_API int32_t thalnet_blas_get_threads(void);

#ifdef __cplusplus
}
#endif
#endif
