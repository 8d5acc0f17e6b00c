/* SPDX-License-Identifier: MIT */
/* A small device: one pool for everything, the model in flash, the state in memory of the host, nothing allocated at
 * run time. */
#include "host.h"

enum { INPUTS = 4, OUTPUTS = 2 };

static _Alignas(64) unsigned char pool[256 * 1024];
static _Alignas(64) unsigned char stream[16 * 1024];
static size_t used, largest;

static void *take(void *user, size_t size, size_t alignment) {
  (void)user;
  size_t place = (used + alignment - 1) / alignment * alignment;
  if (place > sizeof pool || size > sizeof pool - place) {
    return NULL;
  }
  used = place + size;
  largest = used > largest ? used : largest;
  return pool + place;
}

/* A pool frees nothing, except what was taken last. */
static void give(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)alignment;
  size_t place = (size_t)((unsigned char *)memory - pool);
  if (place + size == used) {
    used = place;
  }
}

/* What a workshop computer does once: trains, and burns the file into flash. */
static unsigned char *flash(size_t *size) {
  thalnet_center *net;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "sensor", INPUTS, NULL, NULL);
  thalnet_center_add_output(net, "motor", OUTPUTS, THALNET_MEAN_SQUARED_ERROR, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 8, NULL);
    thalnet_module_add_reader(module, THALNET_LINEAR, 4, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 1));
  DO(thalnet_center_save_memory(net, NULL, 0, size));
  unsigned char *bytes = malloc(*size);
  DO(thalnet_center_save_memory(net, bytes, *size, size));
  thalnet_center_free(net);
  return bytes;
}

int main(void) {
  thalnet_memory memory = {sizeof memory, NULL, take, give};
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center_size weight = {.struct_size = sizeof weight};
  thalnet_center *net;
  thalnet_state *state;
  uint64_t need;
  size_t size;
  unsigned char *model = flash(&size);

  center.memory = &memory;
  options.center = &center;
  DO(thalnet_center_load_memory(model, size, &options, &net));
  DO(thalnet_center_measure(net, &weight));
  CHECK(weight.parameter_bytes < used && used < 64 * 1024);
  DO(thalnet_state_measure_memory(net, 1, NULL, &need));
  CHECK(need <= sizeof stream);
  DO(thalnet_state_create_in(net, 1, NULL, stream, (size_t)need, &state));

  size_t mark = used;
  float sensor[INPUTS] = {0.5f, -0.5f, 0.25f, 1.0f}, motor[OUTPUTS];
  for (int k = 0; k < 1000; k++) {
    sensor[k % INPUTS] = -sensor[k % INPUTS];
    if (k == 500) {
      sensor[0] = INFINITY;
    }
    if (thalnet_state_step(net, state, sensor, INPUTS, motor, OUTPUTS)) {
      CHECK(k == 500);
      DO(thalnet_state_reset(state, NULL, 0));
      sensor[0] = 0.5f;
    }
    CHECK(isfinite(motor[0]) && isfinite(motor[1]));
  }
  CHECK(used == mark);
  thalnet_state_free(state);
  thalnet_center_free(net);
  printf("%zu bytes of the pool were needed, %zu to load, %llu for the stream\n", mark, largest,
         (unsigned long long)need);
  free(model);
  return EXIT_SUCCESS;
}
