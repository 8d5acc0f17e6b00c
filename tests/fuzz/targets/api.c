/* SPDX-License-Identifier: MIT */
/* Bytes as a program of API calls, in any order and with any arguments, wrong handles among them. Any status is fine. */
#include "api.h"

#include <math.h>
#include <string.h>

enum { CALLS_MOST = 160, WORK = 400000 };

/* --- handles ---------------------------------------------------------------------------------------------------------- */

void *api_take(struct api *api, int kind) {
  const uint8_t byte = fuzz_byte(&api->input);
  const int from = byte % 32 == 31 ? byte / 32 % KINDS : kind, none = byte % 32 == 30;
  size_t slot = byte % 32 == 31 ? 0 : byte % SLOTS;
  for (int i = 0; i < SLOTS && api->handles[from][slot] == NULL; i++) slot = (slot + 1) % SLOTS; /* rather than none */
  api->home = none ? NULL : api->homes[from][slot];
  return none ? NULL : api->handles[from][slot];
}

static void free_handle(struct api *api, int kind, void *handle) {
  switch (kind) {
  case CENTER: thalnet_center_free(handle); break;
  case BATCH: thalnet_batch_free(handle); break;
  case STATE:
    thalnet_state_free(handle);
    if (api->borrower == handle) api->borrower = NULL;
    break;
  case OPTIMIZER: thalnet_optimizer_free(handle); break;
  case GRAPH: thalnet_graph_free(handle); break;
  case CHECKPOINT: thalnet_checkpoint_free(handle); break;
  default: break; /* owned by their center */
  }
}

/* Modules and readers may not be touched once their center was freed; others keep it alive. */
static void lose_home(struct api *api, const thalnet_center *net) {
  for (int kind = 0; kind < KINDS; kind++)
    for (size_t slot = 0; slot < SLOTS; slot++) {
      if (api->homes[kind][slot] != net) continue;
      api->homes[kind][slot] = NULL;
      if (kind == MODULE || kind == READER) api->handles[kind][slot] = NULL;
    }
}

void api_drop(struct api *api, int kind, size_t slot) {
  void *handle = api->handles[kind][slot];
  api->handles[kind][slot] = NULL;
  api->homes[kind][slot] = NULL;
  if (kind == CENTER && handle != NULL) lose_home(api, handle);
  free_handle(api, kind, handle);
}

void api_keep(struct api *api, int kind, thalnet_status status, void *handle, thalnet_center *home) {
  const size_t slot = fuzz_below(&api->input, SLOTS);
  if ((status == THALNET_OK) != (handle != NULL)) fuzz_fail("handle %p with %s", handle, thalnet_status_name(status));
  if (handle == NULL) return;
  api_drop(api, kind, slot);
  api->handles[kind][slot] = handle;
  api->homes[kind][slot] = home;
}

void api_forget(struct api *api, const void *handle) {
  for (size_t slot = 0; slot < SLOTS; slot++)
    if (api->handles[MODULE][slot] == handle) api->handles[MODULE][slot] = NULL;
}

/* --- arguments --------------------------------------------------------------------------------------------------------- */

size_t api_size(struct api *api) {
  static const size_t odd[] = {0,       9, 33, 100, THALNET_COUNT_LIMIT + 1, THALNET_SIZE_LIMIT, THALNET_SIZE_LIMIT + 1,
                               SIZE_MAX};
  const uint8_t byte = fuzz_byte(&api->input);
  return byte % 32 != 31 ? 1 + byte % 4u : odd[byte / 32];
}

int32_t api_index(struct api *api) {
  static const int32_t odd[] = {-1, 3, 4, 5, 1000, INT32_MAX, INT32_MIN, -2};
  const uint8_t byte = fuzz_byte(&api->input);
  return byte % 32 != 31 ? byte % 3 : odd[byte / 32];
}

int32_t api_steps(struct api *api) {
  static const int32_t odd[] = {0, -1, 5, 7, 64, THALNET_STEPS_LIMIT, THALNET_STEPS_LIMIT + 1, INT32_MAX};
  const uint8_t byte = fuzz_byte(&api->input);
  return byte % 32 == 31 ? odd[byte / 32] : byte % 4 > 0 ? 1 : 1 + byte / 4 % 3;
}

float api_rate(struct api *api) {
  static const float odd[] = {-1.0f, 1.0f, NAN, INFINITY, 1e-30f, 1e30f, -0.0f, 0.999999f};
  const uint8_t byte = fuzz_byte(&api->input);
  return byte % 16 != 15 ? (float)(byte % 4) / 4.0f : odd[byte / 32];
}

const char *api_name(struct api *api) {
  static const char *const names[] = {"x",
                                      "y",
                                      "z",
                                      "a",
                                      "b",
                                      "c",
                                      NULL,
                                      "",
                                      "A",
                                      "x y",
                                      "0123456789012345678901234567890123456789012345678901234567890123"};
  const uint8_t byte = fuzz_byte(&api->input);
  return byte % 16 != 15 ? names[byte % 6] : names[byte / 16 % 11];
}

const char *api_tensor(struct api *api, const thalnet_center *net) {
  const uint8_t byte = fuzz_byte(&api->input);
  const size_t count = thalnet_center_tensor_count(net);
  if (byte % 4 == 0) return NULL;
  return byte % 32 != 31 && count > 0 ? thalnet_center_tensor_name(net, byte % count) : "modules.0.layers.0.weight";
}

size_t api_count(struct api *api, size_t right) {
  const size_t odd[] = {0, right + 1, right - 1, VALUES, 1, 2 * right, right / 2, right};
  const uint8_t byte = fuzz_byte(&api->input);
  const size_t count = byte % 16 != 15 ? right : odd[byte / 32];
  return count < VALUES ? count : VALUES;
}

void *api_maybe(struct api *api, void *pointer) { return fuzz_byte(&api->input) % 64 != 63 ? pointer : NULL; }

int api_can_compute(struct api *api, const thalnet_center *net, size_t sequences, size_t frames, size_t times) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  if (thalnet_center_measure(net, &size) != THALNET_OK) return 1; /* it will be refused */
  const int32_t pace = thalnet_center_steps_per_frame(net), settle = thalnet_center_settle_steps(net);
  const uint64_t steps = frames * (uint64_t)(pace > 0 ? pace : 1) + (uint64_t)settle + 1, most = UINT64_C(1) << 20;
  if (size.step_operations > most || steps > most || sequences > most || times > most) return 0;
  const uint64_t cost = (size.step_operations + size.state_values + 100) * (sequences + 1);
  if (cost > most || cost * steps > most || cost * steps * times > api->work) return 0;
  api->work -= cost * steps * times;
  return 1;
}

int api_can_compute_batch(struct api *api, const thalnet_center *net, const thalnet_batch *batch, size_t times) {
  return api_can_compute(api, net, thalnet_batch_sequences(batch), thalnet_batch_frames(batch), times);
}

/* --- a start -------------------------------------------------------------------------------------------------------- */

static void put(struct api *api, int kind, size_t slot, void *handle, thalnet_center *home) {
  api->handles[kind][slot] = handle;
  api->homes[kind][slot] = home;
}

/* A network with all that belongs to it, and a draft of the next one: few programs would come to have them by themselves. */
static void start(struct api *api) {
  const uint8_t byte = fuzz_byte(&api->input);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_optimizer_options updates = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_center *net = NULL, *draft = NULL;
  thalnet_batch *batch = NULL;
  thalnet_state *state = NULL;
  thalnet_optimizer *optimizer = NULL;
  if (byte % 8 == 7) return; /* from nothing */
  options.memory = &api->memory.hooks;
  options.learned_start = byte >> 5 & 1;
  options.in_order = byte >> 6 & 1;
  updates.average = byte & 128 ? 0.5 : 0.0;
  FUZZ_OK(support_try_net(byte >> 3 & 3, &options, &net));
  FUZZ_OK(thalnet_batch_create(net, 3, 3, NULL, &batch));
  FUZZ_OK(support_try_fill(net, batch, 2, 2, byte));
  FUZZ_OK(thalnet_state_create(net, 3, NULL, &state));
  FUZZ_OK(thalnet_optimizer_create(net, byte % 4, &updates, &optimizer));
  FUZZ_OK(thalnet_center_edit(net, &draft));
  put(api, CENTER, 0, net, NULL);
  put(api, CENTER, 1, draft, NULL);
  put(api, MODULE, 0, thalnet_center_get_module(draft, 0), draft);
  put(api, BATCH, 0, batch, net);
  put(api, STATE, 0, state, net);
  put(api, OPTIMIZER, 0, optimizer, net);
}

/* --- programs ----------------------------------------------------------------------------------------------------------- */

static void run_call(struct api *api) {
  const struct api_calls *const groups[] = {&api_build_calls, &api_batch_calls, &api_compute_calls, &api_look_calls,
                                            &api_file_calls};
  size_t number = fuzz_byte(&api->input), count = 0;
  for (size_t i = 0; i < 5; i++) count += groups[i]->count;
  number %= count;
  for (size_t i = 0; i < 5; i++) {
    if (number < groups[i]->count) {
      groups[i]->calls[number](api);
      return;
    }
    number -= groups[i]->count;
  }
}

/* In an order that the program chooses, kind by kind. */
static void free_all(struct api *api) {
  const unsigned first = fuzz_byte(&api->input);
  const unsigned stride = 1 + 2 * fuzz_below(&api->input, 4); /* odd, and KINDS is a power of two: all of them come */
  for (unsigned i = 0; i < KINDS; i++)
    for (size_t slot = 0; slot < SLOTS; slot++) api_drop(api, (int)((first + i * stride) % KINDS), slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static struct api api;
  memset(&api, 0, sizeof api);
  api.input = (struct fuzz_input){bytes, size};
  api.work = WORK;
  api.failing.inner = &host_leaky;
  api.threads = support_executor_hooks(&api.executor);
  fuzz_memory_start(&api.memory, 4 << 20);
  start(&api);
  for (int call = 0; call < CALLS_MOST && api.input.size > 0; call++) run_call(&api);
  free_all(&api);
  fuzz_memory_end(&api.memory, "a program");
  return 0;
}
