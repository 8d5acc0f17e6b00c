/* SPDX-License-Identifier: MIT */
/* The machine that runs a program of API calls: handles in slots, arrays that calls read and write, and the bytes that say
 * what comes next. */
#ifndef TESTS_FUZZ_API_H
#define TESTS_FUZZ_API_H

#include "../../api/host_layers.h"
#include "../load.h"

enum { CENTER, MODULE, READER, BATCH, STATE, OPTIMIZER, GRAPH, CHECKPOINT, KINDS };
enum { SLOTS = 3, VALUES = 2048, FILE_MOST = 1 << 15, STATE_ROOM = 1 << 14 };

struct api {
  struct fuzz_input input;
  struct fuzz_memory memory;
  struct support_executor executor; /* of no threads: tasks run one after the other, the last first */
  thalnet_executor threads;
  void *handles[KINDS][SLOTS];
  thalnet_center *homes[KINDS][SLOTS]; /* whose they are; NULL: it was freed */
  thalnet_center *home;                /* of the handle that was taken last, or NULL */
  uint64_t work;                       /* how much may still be computed */
  struct host_failing failing;         /* of a layer that fails */
  void *borrower;                      /* the state that lives in state_room, or NULL */
  uint8_t file[FILE_MOST];             /* saved last */
  size_t file_size;
  float values[VALUES];
  double doubles[VALUES];
  int32_t integers[VALUES];
  uint8_t flags[VALUES];
  uint64_t ids[VALUES];
  size_t numbers[VALUES];
};

typedef void api_call(struct api *api);
struct api_calls {
  api_call *const *calls;
  size_t count;
};
extern const struct api_calls api_build_calls, api_batch_calls, api_compute_calls, api_look_calls, api_file_calls;

/* --- handles ---------------------------------------------------------------------------------------------------------- */

/* One of that kind, or NULL, or, rarely, one of another kind. */
void *api_take(struct api *api, int kind);
/* What a call that makes something left: a handle and success, or neither. It is kept in a slot of that kind. */
void api_keep(struct api *api, int kind, thalnet_status status, void *handle, thalnet_center *home);
/* Frees what is in a slot. */
void api_drop(struct api *api, int kind, size_t slot);
/* A module is no more. */
void api_forget(struct api *api, const void *handle);

/* --- arguments --------------------------------------------------------------------------------------------------------- */

/* Sizes and numbers, mostly small and right. */
size_t api_size(struct api *api);
int32_t api_index(struct api *api);
int32_t api_steps(struct api *api);
float api_rate(struct api *api);
const char *api_name(struct api *api);
/* The name of a tensor of net, or another one. */
const char *api_tensor(struct api *api, const thalnet_center *net);
/* How many elements to hand over: mostly as many as are right, never more than VALUES. */
size_t api_count(struct api *api, size_t right);
/* A pointer, or NULL now and then. */
void *api_maybe(struct api *api, void *pointer);

/* 1 where so many sequences and frames of net can still be computed, `times` times; it then counts as done. */
int api_can_compute(struct api *api, const thalnet_center *net, size_t sequences, size_t frames, size_t times);
int api_can_compute_batch(struct api *api, const thalnet_center *net, const thalnet_batch *batch, size_t times);

#endif
