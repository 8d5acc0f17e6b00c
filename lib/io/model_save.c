/* SPDX-License-Identifier: MIT */
/* From a network to a file. */
#include "core/options.h"
#include "io/host_files.h"
#include "io/image.h"
#include "io/model.h"
#include "io/model_metadata.h"

static void thalnet__describe_model(const void *subject, thalnet__text *text, size_t *checksum) {
  const thalnet_center *net = subject;
  thalnet__describe_network(text, net, checksum);
  thalnet__text_add(text, "}");
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    thalnet__describe_tensor(text, "", tensor->name, (size_t)tensor->shape.rank, tensor->shape.dimensions,
                             tensor->place);
  }
}

static const real *thalnet__model_block(const void *subject, size_t number, size_t *count) {
  const thalnet_center *net = subject;
  *count = net->parameter_count;
  return number == 0 ? net->parameters : NULL;
}

static thalnet__image thalnet__model_image(const thalnet_center *net) {
  return (thalnet__image){
      .memory = &net->memory, .subject = net, .describe = thalnet__describe_model, .block = thalnet__model_block};
}

thalnet_status thalnet__model_save_memory(const thalnet_center *net, void *bytes, size_t size, size_t *size_out) {
  const thalnet__image image = thalnet__model_image(net);
  return thalnet__image_save_memory(&image, bytes, size, size_out);
}

thalnet_status thalnet__model_save(const thalnet_center *net, const char *path, const thalnet_save_options *given) {
  thalnet_save_options options = THALNET_SAVE_OPTIONS_INIT;
  thalnet_io io;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_save_options"));
  THALNET__TRY(thalnet__io_init(&io, options.io));
  const thalnet__image image = thalnet__model_image(net);
  return thalnet__image_save(&image, path, &io);
}
