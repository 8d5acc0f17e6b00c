/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <stdlib.h>

#include "../api/host_layers.h"

const thalnet_layer *const fuzz_layers[FUZZ_LAYERS] = {&host_gru, &host_lstm, &host_peeps, &host_leaky};

/* What a file may make the library keep: so many times its own size, and that of a network of no size. Every tensor has a
 * name and a shape in the file; prepared for computing its numbers are padded to whole vectors. */
enum { MEMORY_FACTOR = 64, MEMORY_BASE = 256 << 10 };

thalnet_center *fuzz_load(const void *bytes, size_t size, const struct fuzz_load *load, struct fuzz_memory *memory) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = (thalnet_center *)(void *)memory; /* anything but NULL */
  fuzz_memory_start(memory, FUZZ_MEMORY_MOST);
  center.memory = &memory->hooks;
  options.center = &center;
  options.max_parameters = 1 << 14;
  options.max_step_operations = 1 << 17;
  options.allow_nonfinite = load->allow_nonfinite;
  options.layers = fuzz_layers;
  options.layer_count = load->layers;
  const thalnet_status status = FUZZ_CALL(thalnet_center_load_memory(bytes, size, &options, &net));
  if ((net == NULL) != (status != THALNET_OK))
    fuzz_fail("a center %p with %s", (void *)net, thalnet_status_name(status));
  const size_t peak = (size_t)atomic_load(&memory->counts.peak);
  if (peak > MEMORY_FACTOR * size + MEMORY_BASE || atomic_load(&memory->counts.failures) > 0)
    fuzz_fail("%zu bytes of memory, or more, for a file of %zu (%s)", peak, size, thalnet_status_name(status));
  if (net == NULL) fuzz_memory_end(memory, "a refused file");
  return net;
}

int fuzz_is_small(const thalnet_center *net, size_t sequences, size_t frames) {
  enum { OPERATIONS_MOST = 1000000 };
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  FUZZ_OK(thalnet_center_measure(net, &size));
  const uint64_t steps =
      frames * (uint64_t)thalnet_center_steps_per_frame(net) + (uint64_t)thalnet_center_settle_steps(net);
  return (size.step_operations + size.state_values) * steps * sequences <= OPERATIONS_MOST;
}

uint8_t *fuzz_save(const thalnet_center *net, size_t *size_out) {
  size_t size = 0;
  FUZZ_OK(thalnet_center_save_memory(net, NULL, 0, &size));
  uint8_t *bytes = malloc(size);
  if (bytes == NULL) fuzz_fail("no memory for a file of %zu bytes", size);
  FUZZ_OK(thalnet_center_save_memory(net, bytes, size, size_out));
  if (*size_out != size) fuzz_fail("a file of %zu bytes was announced with %zu", *size_out, size);
  return bytes;
}
