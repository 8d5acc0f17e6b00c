/* SPDX-License-Identifier: MIT */
/* Files made to hurt: what they may cost in memory and time, limits, and files that change while they are read. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"
#include "zoo.h"

/* --- memory that knows its peak --- */

struct peak {
  size_t live, most;
};

static void *peak_allocate(void *user, size_t size, size_t alignment) {
  struct peak *peak = user;
  void *block = NULL;
  peak->live += size;
  if (peak->live > peak->most) {
    peak->most = peak->live;
  }
  return posix_memalign(&block, alignment, size) ? NULL : block;
}

static void peak_release(void *user, void *block, size_t size, size_t alignment) {
  struct peak *peak = user;
  (void)alignment;
  peak->live -= size;
  free(block);
}

/* Loads under that memory; the seconds it took, as a release build counts them. */
static thalnet_status load(const struct model *model, thalnet_load_options options, struct peak *peak,
                           double *seconds) {
  const thalnet_memory memory = {sizeof memory, peak, peak_allocate, peak_release};
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  center.memory = &memory;
  options.center = &center;
  *peak = (struct peak){0, 0};
  clock_t start = clock();
  thalnet_status status = thalnet_center_load_memory(model->bytes, model->size, &options, &net);
  *seconds = (double)(clock() - start) / CLOCKS_PER_SEC / io_patience();
  ck_assert_int_eq(net != NULL, status == THALNET_OK);
  thalnet_center_free(net);
  ck_assert_uint_eq(peak->live, 0);
  return status;
}

/* --- headers by hand --- */

struct header {
  char *text;
  size_t size, room;
};

static void add(struct header *header, const char *format, ...) IO_PRINTF(2, 3);

static void add(struct header *header, const char *format, ...) {
  va_list arguments;
  if (header->room - header->size < 300) {
    header->text = realloc(header->text, header->room = 2 * header->room + 1000);
  }
  va_start(arguments, format);
  header->size += (size_t)vsnprintf(header->text + header->size, header->room - header->size, format, arguments);
  va_end(arguments);
}

static void start(struct header *header, const char *inputs, const char *outputs, unsigned modules) {
  *header = (struct header){NULL, 0, 0};
  add(header,
      "{\"__metadata__\":{\"thalnet.format\":\"1\",\"thalnet.checksum\":\"00000000\",\"thalnet.settle_steps\":\"0\"");
  add(header, ",\"thalnet.modules\":\"%u\",\"thalnet.outputs\":\"%s\",\"thalnet.inputs\":\"%s\"", modules, outputs,
      inputs);
}

static void add_list(struct header *header, unsigned module, const char *key, unsigned count, const char *word) {
  add(header, ",\"thalnet.module.%u.%s\":\"", module, key);
  for (unsigned i = 0; i < count; i++) {
    add(header, "%s%s", i ? " " : "", word);
  }
  add(header, "\"");
}

static void add_numbers(struct header *header, unsigned module, const char *key, unsigned count) {
  add(header, ",\"thalnet.module.%u.%s\":\"", module, key);
  for (unsigned i = 0; i < count; i++) {
    add(header, "%s%u", i ? " " : "", i);
  }
  add(header, "\"");
}

/* Ends the metadata, appends one-element tensors that nobody asked for, and makes a file of it. */
static struct model finish(struct header *header, unsigned tensors) {
  add(header, "}");
  for (unsigned i = 0; i < tensors; i++) {
    add(header, ",\"t%u\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[%u,%u]}", i, 4 * i, 4 * i + 4);
  }
  add(header, "}");
  struct model model = {calloc(1, 8 + header->size + 4 * (size_t)tensors), 8 + header->size + 4 * (size_t)tensors};
  for (int i = 0; i < 8; i++) {
    model.bytes[i] = (unsigned char)((uint64_t)header->size >> 8 * i);
  }
  memcpy(model.bytes + 8, header->text, header->size);
  free(header->text);
  model_seal(&model);
  return model;
}

/* Refused, at a cost in proportion to the file: what it makes the library keep, and how long it keeps it busy. */
static void refused_cheaply(struct model model, const char *says) {
  struct peak peak;
  double seconds;
  thalnet_status status = load(&model, (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT, &peak, &seconds);
  ck_assert_msg(status == THALNET_ERROR_FORMAT || status == THALNET_ERROR_LIMIT, "%s", thalnet_status_name(status));
  ck_assert_msg(strstr(thalnet_error_text(), says) != NULL, "%s: %s", says, thalnet_error_text());
  ck_assert_msg(peak.most < 16 * model.size + 65536, "%s: %zu bytes for a file of %zu", says, peak.most, model.size);
  ck_assert_msg(seconds < 0.2 + 1e-6 * (double)model.size, "%s: %.3f s for %zu bytes", says, seconds, model.size);
  model_free(&model);
}

/* Some bytes a layer in the file, hundreds in memory. */
START_TEST(many_layers) {
  for (unsigned tensors = 0; tensors <= 8000; tensors += 8000) {
    struct header header;
    start(&header, "x:1:dense:1", "", 40);
    for (unsigned i = 0; i < 40; i++) {
      add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
      add_list(&header, i, "layers", 4096, "gru:1");
      add_numbers(&header, i, "inputs", 1);
    }
    refused_cheaply(finish(&header, tensors), "more tensors than");
  }
}
END_TEST

/* 4096 inputs, and modules that are connected to all of them. */
START_TEST(many_connections) {
  struct header header;
  start(&header, "i0:1:dense:1", "", 200);
  header.size--; /* the list of inputs goes on */
  for (unsigned i = 1; i < 4096; i++) {
    add(&header, " i%u:1:dense:1", i);
  }
  add(&header, "\"");
  for (unsigned i = 0; i < 200; i++) {
    add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
    add_list(&header, i, "layers", 1, "dense:1:relu");
    add_numbers(&header, i, "inputs", 4096);
  }
  refused_cheaply(finish(&header, 400), "is missing");
}
END_TEST

/* As many modules as there may be, and one more. */
START_TEST(many_modules) {
  for (unsigned count = 4096; count <= 4097; count++) {
    struct header header;
    start(&header, "x:1:dense:1", "", count);
    for (unsigned i = 0; i < count; i++) {
      add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
      add_list(&header, i, "layers", 1, "dense:1:relu");
      add_numbers(&header, i, "inputs", 1);
    }
    refused_cheaply(finish(&header, 2 * count), count == 4096 ? "is missing" : "the limit is 4096");
  }
}
END_TEST

/* Two bytes say what a part sees of a slice, and a part brings three tensors at least: as many parts as there may be, and one more; and
 * more than there are tensors for. */
START_TEST(many_parts) {
  static const struct {
    unsigned modules, parts, tensors;
    const char *says;
  } list[] = {{1000, 4097, 14300, "is missing"}, /* the first row is that of no part */
              {1000, 4098, 14300, "parts, the limit is 4096"},
              {1000, 4097, 9000, "more tensors than"},
              {2, 4000000, 9000, "parts, the limit is 4096"},
              {2, 4096, 12500, "is missing"}};
  for (size_t k = 0; k < sizeof list / sizeof list[0]; k++) {
    struct header header;
    start(&header, "x:1:dense:1", "", list[k].modules);
    for (unsigned i = 0; i < list[k].modules; i++) {
      add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
      add_list(&header, i, "layers", 1, i ? "dense:1:relu" : "dense:5000:relu");
      add_numbers(&header, i, "inputs", 1);
    }
    add(&header, ",\"thalnet.module.0.reader\":\"softmax:1\",\"thalnet.module.0.reader_parts\":\"");
    for (unsigned row = 0; row < list[k].parts; row++) {
      const unsigned rest = 5000 - (list[k].parts - 2);
      if (row > 0) {
        add(&header, ";");
      }
      add(&header, "%u", row == 0 ? 0 : row == 1 ? rest : 1);
      for (unsigned i = 1; i < list[k].modules; i++) {
        add(&header, row == 1 ? ",1" : ",0");
      }
    }
    add(&header, "\"");
    refused_cheaply(finish(&header, list[k].tensors), list[k].says);
  }
}
END_TEST

/* Rows without numbers are short; what they would be read into is not. */
START_TEST(many_empty_parts) {
  enum { MODULES = 1000, ROWS = 4097 };
  struct header header;
  start(&header, "x:1:dense:1", "", MODULES);
  for (unsigned i = 0; i < MODULES; i++) {
    add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
    add_list(&header, i, "layers", 1, i ? "dense:1:relu" : "dense:5000:relu");
    add_numbers(&header, i, "inputs", 1);
  }
  add(&header, ",\"thalnet.module.0.reader\":\"softmax:1\",\"thalnet.module.0.reader_parts\":\"");
  for (unsigned row = 1; row < ROWS; row++) {
    add(&header, ";");
  }
  add(&header, "\"");
  refused_cheaply(finish(&header, 14300), "plain numbers for every part");
}
END_TEST

START_TEST(many_tensors) {
  struct header header;
  start(&header, "x:1:dense:1", "", 1);
  add(&header, ",\"thalnet.module.0.name\":\"m\"");
  add_list(&header, 0, "layers", 1, "dense:1:relu");
  add_numbers(&header, 0, "inputs", 1);
  refused_cheaply(finish(&header, 200000), "is missing");
}
END_TEST

/* Outputs, and a learned start, bring tensors too. */
START_TEST(more_outputs_than_tensors) {
  struct header header;
  start(&header, "x:1:dense:1", "y0:1:host:1", 0);
  header.size -= strlen("\",\"thalnet.inputs\":\"x:1:dense:1\""); /* the list of outputs goes on */
  for (unsigned i = 1; i < 4096; i++) {
    add(&header, " y%u:1:host:1", i);
  }
  add(&header, "\",\"thalnet.inputs\":\"x:1:dense:1\"");
  refused_cheaply(finish(&header, 4095), "more tensors than");
  start(&header, "x:1:dense:1", "", 0);
  add(&header, ",\"thalnet.learned_start\":\"1\"");
  refused_cheaply(finish(&header, 0), "more tensors than");
}
END_TEST

/* A large network of small parts is loaded and saved in good time, at a cost that can be told before. */
START_TEST(large_networks) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  for (int i = 0; i < 1024; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    for (int j = 0; j < 16; j++) {
      EXPECT_OK(thalnet_module_add_gru(module, 1, NULL));
    }
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_uint_eq(thalnet_center_tensor_count(net), 65536);
  clock_t before = clock();
  struct model model = model_of(net);
  ck_assert_double_lt((double)(clock() - before) / CLOCKS_PER_SEC / io_patience(), 1.0);
  struct peak peak;
  double seconds;
  EXPECT_OK(load(&model, (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT, &peak, &seconds));
  ck_assert_double_lt(seconds, 1.0);
  ck_assert_uint_lt(peak.most, 12 * model.size);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* --- limits --- */

/* The shape that is there and the one that is wanted are both told. */
START_TEST(shapes_are_told) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  struct model edited = model_edit(&model, "\"shape\":[15,9]", "\"shape\":[9,15]");
  struct peak peak;
  double seconds;
  EXPECT(load(&edited, (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT, &peak, &seconds), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "modules.0.layers.0.weight_ih: shape [9, 15], expected [15, 9]"));
  model_free(&edited);
  model_free(&model);
}
END_TEST

/* An output at the two ends of a wide center: few parameters, a prepared matrix of millions. */
START_TEST(wide_outputs_are_limited) {
  thalnet_center *net = NULL;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  struct peak peak;
  double seconds;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 1000, THALNET_HOST_LOSS, NULL, NULL));
  for (int i = 0; i < 3; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_dense(module, i == 1 ? 2000 : 1, THALNET_TANH, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    if (i != 1) {
      EXPECT_OK(thalnet_module_connect_output(module, 0));
    }
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  struct model model = model_of(net);
  size_t count = thalnet_center_parameter_count(net);
  EXPECT_OK(load(&model, options, &peak, &seconds));
  options.max_parameters = 10 * count;
  if (peak.most > 40 * count) { /* heads may be prepared in a tighter form one day */
    EXPECT(load(&model, options, &peak, &seconds), THALNET_ERROR_LIMIT);
    ck_assert_uint_lt(peak.most, 65536);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* The same within the default limits, in a small file: what lies between the modules would be gigabytes of zeros. */
START_TEST(zeros_between_modules_are_limited) {
  struct header header;
  start(&header, "x:1:dense:1", "y:16000:host:1", 3);
  for (unsigned i = 0; i < 3; i++) {
    add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
    add_list(&header, i, "layers", 1, i == 1 ? "dense:16000:relu" : "dense:1:relu");
    add_numbers(&header, i, "inputs", 1);
    if (i != 1) {
      add_numbers(&header, i, "outputs", 1);
    }
  }
  refused_cheaply(finish(&header, 12), "zeros between");
}
END_TEST

/* The same of a reader that leaves its own module's features out: few weights, and gigabytes of zeros beside them. */
START_TEST(zeros_in_readers_are_limited) {
  struct header header;
  start(&header, "x:1:dense:1", "", 2);
  for (unsigned i = 0; i < 2; i++) {
    add(&header, ",\"thalnet.module.%u.name\":\"m%u\"", i, i);
    add_list(&header, i, "layers", 1, i == 0 ? "dense:1:relu dense:80000:relu" : "dense:1:relu");
    add_numbers(&header, i, "inputs", 1);
  }
  add_list(&header, 0, "reader", 1, "linear:80000:skip_own");
  refused_cheaply(finish(&header, 7), "zeros between");
}
END_TEST

/* And one that is left with nothing to read. */
START_TEST(a_reader_of_nothing_is_refused) {
  struct header header;
  start(&header, "", "", 1);
  add(&header, ",\"thalnet.module.0.name\":\"m\"");
  add_list(&header, 0, "layers", 1, "dense:2:relu");
  add_list(&header, 0, "reader", 1, "softmax:3:skip_own");
  refused_cheaply(finish(&header, 4), "skip_own");
}
END_TEST

/* --- files that change --- */

struct changing {
  struct support_io io;
  thalnet_io hooks;
  int reads, when;
  void (*change)(struct support_file *file);
};

static int32_t changing_open(void *user, const char *name, void **file_out, uint64_t *size_out) {
  struct changing *changing = user;
  return changing->hooks.open_read(&changing->io, name, file_out, size_out);
}

static int32_t changing_read(void *user, void *file, void *bytes, size_t size, size_t *done_out) {
  struct changing *changing = user;
  if (++changing->reads == changing->when) {
    changing->change(support_io_find(&changing->io, "m"));
  }
  return changing->hooks.read(&changing->io, file, bytes, size, done_out);
}

static int32_t changing_close(void *user, void *file) {
  struct changing *changing = user;
  return changing->hooks.close(&changing->io, file);
}

static void shrink(struct support_file *file) { file->size = file->size > 100 ? file->size - 100 : 0; }
static void empty(struct support_file *file) { file->size = 0; }
static void grow(struct support_file *file) {
  file->bytes = realloc(file->bytes, file->size + 1);
  file->bytes[file->size++] = 0;
}
static void rewrite(struct support_file *file) { file->bytes[file->size - 1] ^= 1; }

/* Loads; tells how many reads it took. */
static thalnet_status load_changing(const struct model *model, void (*change)(struct support_file *file), int when,
                                    int *reads) {
  struct changing changing = {.when = when, .change = change};
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  changing.hooks = support_io_hooks(&changing.io);
  thalnet_io io = changing.hooks;
  io.user = &changing;
  io.open_read = changing_open;
  io.read = changing_read;
  io.close = changing_close;
  options.io = &io;
  support_io_put(&changing.io, "m", model->bytes, model->size);
  thalnet_status status = thalnet_center_load("m", &options, &net);
  ck_assert_int_eq(net != NULL, status == THALNET_OK);
  ck_assert_int_eq(changing.io.open, 0);
  *reads = changing.reads;
  support_io_clear(&changing.io);
  thalnet_center_free(net);
  return status;
}

/* The last read only looks for the end: what happens to bytes that were read has no effect. */
START_TEST(files_that_change) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  int all, reads;
  EXPECT_OK(load_changing(&model, NULL, 0, &all));
  ck_assert_int_gt(all, 10);
  for (int when = 1; when <= all; when++) {
    EXPECT(load_changing(&model, shrink, when, &reads), when < all ? THALNET_ERROR_TRUNCATED : THALNET_OK);
    EXPECT(load_changing(&model, empty, when, &reads), when < all ? THALNET_ERROR_TRUNCATED : THALNET_OK);
    EXPECT(load_changing(&model, rewrite, when, &reads), when < all ? THALNET_ERROR_CHECKSUM : THALNET_OK);
    EXPECT(load_changing(&model, grow, when, &reads), THALNET_ERROR_FORMAT);
  }
  model_free(&model);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {shapes_are_told,
                                files_that_change,
                                more_outputs_than_tensors,
                                wide_outputs_are_limited,
                                zeros_between_modules_are_limited,
                                zeros_in_readers_are_limited,
                                a_reader_of_nothing_is_refused,
                                many_tensors,
                                many_connections,
                                many_modules,
                                many_parts,
                                many_empty_parts,
                                many_layers,
                                large_networks};
  return IO_RUN("hostile", tests);
}
