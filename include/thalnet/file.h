/* SPDX-License-Identifier: MIT */
/** @file
 * Model files: one self-describing safetensors file with float32 tensors and the network's shape in its metadata; the
 * format is written down in docs/format.md. Loading a file from an untrusted source is in scope: everything is validated
 * before anything is allocated from it, and no half-loaded center ever escapes. */
#ifndef THALNET_FILE_H
#define THALNET_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/center.h>
#include <thalnet/host.h>
#include <thalnet/layer.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct thalnet_load_options {
  size_t struct_size;
  const thalnet_center_options
      *center; /**< memory, executor, threads, chunks; its settle_steps, learned_start and in_order are ignored:
                                             the file has them. NULL: defaults */
  const thalnet_io *io;         /**< NULL: the machine's files */
  uint64_t max_parameters;      /**< more are THALNET_ERROR_LIMIT */
  uint64_t max_step_operations; /**< thalnet_center_size.step_operations above this are THALNET_ERROR_LIMIT */
  int32_t allow_nonfinite;      /**< 1: NaN and infinity are accepted as weights */
  int32_t reserved;             /**< 0 */
  const thalnet_layer *const
      *layers; /**< [layer_count]: layers of the host that a file may have, found by their names */
  size_t layer_count;
} thalnet_load_options;
/** 2^30 parameters (4 GiB) and 2^34 operations a step (some seconds). */
#define THALNET_LOAD_OPTIONS_INIT                                                                                      \
  { sizeof(thalnet_load_options), NULL, NULL, (uint64_t)1 << 30, (uint64_t)1 << 34, 0, 0, NULL, 0 }

typedef struct thalnet_save_options {
  size_t struct_size;
  const thalnet_io *io; /**< NULL: the machine's files */
} thalnet_save_options;
#define THALNET_SAVE_OPTIONS_INIT                                                                                      \
  { sizeof(thalnet_save_options), NULL }

/** Loads a model file as a built center. What belongs to training is not in the file: outputs have the loss weight 1.
 * @param[out] net_out free with thalnet_center_free; NULL on error
 * @retval THALNET_ERROR_ARGUMENT, THALNET_ERROR_VERSION
 * @retval THALNET_ERROR_IO        the file cannot be read (the text has the path and the reason)
 * @retval THALNET_ERROR_TRUNCATED it ends too early
 * @retval THALNET_ERROR_FORMAT    it is not a valid model file
 * @retval THALNET_ERROR_CHECKSUM  its content was changed
 * @retval THALNET_ERROR_LIMIT     it is larger than the options allow
 * @retval THALNET_ERROR_NONFINITE a weight is NaN or infinite
 * @retval THALNET_ERROR_UNSUPPORTED it has a layer of the host that is not in the options
 * @retval THALNET_ERROR_MISMATCH  such a layer has other gates, vectors or memory than the one in the options
 * @retval THALNET_ERROR_OVERFLOW, THALNET_ERROR_MEMORY
 * @retval what thalnet_module_add_layer says of a layer in the options */
THALNET_API thalnet_status thalnet_center_load(const char *path, const thalnet_load_options *options,
                                               thalnet_center **net_out);

/** The same from memory, which is borrowed until the call returns. */
THALNET_API thalnet_status thalnet_center_load_memory(const void *bytes, size_t size,
                                                      const thalnet_load_options *options, thalnet_center **net_out);

/** Saves a built center. The file is replaced in one step: `path`.tmp is written, made durable and renamed; on an error
 * before that the old file is untouched. If only making the rename durable fails, the new file is there already. Weights are
 * finite, unless the center was loaded with allow_nonfinite: then they are saved as they are, and load in the same way.
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE (not built), THALNET_ERROR_ARGUMENT, THALNET_ERROR_VERSION
 * @retval THALNET_ERROR_IO, THALNET_ERROR_MEMORY
 * @retval THALNET_ERROR_BUSY the center is being written; or another thread or process is saving to that path
 * @retval THALNET_ERROR_LIMIT, THALNET_ERROR_OVERFLOW the description of the network is too large for a file */
THALNET_API thalnet_status thalnet_center_save(const thalnet_center *net, const char *path,
                                               const thalnet_save_options *options);

/** Writes the same bytes to memory. With bytes NULL and size 0 only *size_out, the exact size, is set.
 * @retval THALNET_ERROR_SIZE size is below the file's (which *size_out then holds) */
THALNET_API thalnet_status thalnet_center_save_memory(const thalnet_center *net, void *bytes, size_t size,
                                                      size_t *size_out);

#ifdef __cplusplus
}
#endif
#endif
