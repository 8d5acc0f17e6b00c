/* SPDX-License-Identifier: MIT */
/* Two tasks around one center: digits and pictures, each with an input, an output and modules of its own, and side modules
 * that only read the center and belong to both. A batch shows one of the tasks: the other one's input is absent, its output
 * has no labels, and what belongs to that alone gets no gradient and no update. What the tasks gain or lose by it is measured
 * against two networks of the same kind, of together as many parameters, that learn one task each from the same batches.
 *
 * Start reading at run(), near the bottom. How the center is built stands in train.c, describe(), and the loop below it. */
#include <stdio.h>
#include <stdlib.h>

#include <thalnet/thalnet.h>

#include "common/system.h"
#include "multitask.h"

/* --- the command line ------------------------------------------------------------------------------------------------ */

static const struct example_defaults defaults = {
    .network = {.modules = 2, .features = 24, .context = 18, .layers = 1, .units = 24, .budget = 1000000000},
    .epochs = 10,
    .batch = 50,
    .rate = 6e-3,
    .input_dropout = 0.1,
    .weight_decay = 0.1,
    .average = 0.99};

static void add_options(struct multitask *p) {
  struct example_settings *s = &p->settings;
  struct example_network *n = &s->network;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "DIR",
       "folder with mnist and cifar-10-batches-bin in it (see\n"
       "fetch_data.sh); without it, digits and shapes that this program\n"
       "draws itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "permutation", "N", "number of the order of the digits' pixels, 0: as they are (1)",
       &p->permutation, 0, UINT32_MAX},
  };
  const struct example_option network[] = {
      EXAMPLE_OPTIONS_HEADING("Networks"),
      {EXAMPLE_COUNT, "modules", "N", "modules of each task, which have its input and its output (2)", &n->modules, 1,
       64},
      {EXAMPLE_COUNT, "side", "N",
       "side modules for each task, which have the output and no input;\n"
       "together the tasks share theirs (1)",
       &p->side, 0, 64},
      {EXAMPLE_COUNT, "features", "N",
       "units of the modules of a network for one task (24); those of the\n"
       "network for both are as many as fit into the same parameters",
       &n->features, 1, 4096},
      {EXAMPLE_COUNT, "context", "N", "values that each module reads from the center (18)", &n->context, 1, 4096},
      {EXAMPLE_CHOICE, "reader", "linear|weight_norm", "how modules read the center (weight_norm)", &n->reader, 0, 0},
      {EXAMPLE_CHOICE, "own", "read|skip", "what readers do with what their own module wrote (read)", &n->own, 0, 0},
  };
  example_options_add(&s->command, data, sizeof data / sizeof data[0]);
  example_classifier_add_data_options(&p->tasks[0].classifier, &s->command);
  example_options_add(&s->command, network, sizeof network / sizeof network[0]);
  example_settings_add_training(s);
  example_settings_add_quiet(s);
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct multitask *p, int argc, char **argv) {
  p->side = p->permutation = 1;
  p->tasks[0].kind = EXAMPLE_KIND_DIGITS;
  p->tasks[1].kind = EXAMPLE_KIND_PICTURES;
  example_settings_start(
      &p->settings, "multitask",
      "Trains one ThalNet to name digits and pictures, both seen row by row, around one center, and\n"
      "two networks of together as many parameters for one task each, and compares them.");
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  if (code >= 0) return code;
  p->tasks[1].classifier = p->tasks[0].classifier; /* the same options for both */
  p->tasks[0].permutation = (uint32_t)p->permutation;
  return example_settings_finish(&p->settings, &defaults);
}

static int load_data(struct multitask *p) {
  static const char *const folders[TASKS] = {"mnist", "cifar-10-batches-bin"};
  int code = EXAMPLE_EXIT_SUCCESS;
  for (size_t k = 0; k < TASKS && !code; k++) {
    char *folder = p->settings.data ? example_join(p->settings.data, folders[k]) : NULL;
    code = example_image_task_load(&p->tasks[k], folder, &p->trainer);
    free(folder);
  }
  return code;
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

/* What is compared: the test, or, where that is left alone, the validation. */
static void print_table(const struct multitask *p) {
  const double(*values)[TASKS] = p->settings.no_test ? p->validation : p->test;
  printf("%-12s %9s %9s %11s   accuracy, %s\n", "task", "alone", "together", "difference",
         p->settings.no_test ? "validation" : "test");
  for (size_t k = 0; k < TASKS; k++)
    printf("%-12s %9.4f %9.4f %+11.4f\n", p->tasks[k].name, values[ALONE][k], values[TOGETHER][k],
           values[TOGETHER][k] - values[ALONE][k]);
  printf("%-12s %9zu %9zu\n", "parameters", p->parameters[ALONE], p->parameters[TOGETHER]);
}

static void print_result(const struct multitask *p) {
  static const char *const ways[] = {"alone", "together"};
  printf("result");
  for (int way = ALONE; way <= TOGETHER; way++) {
    for (size_t k = 0; k < TASKS; k++) {
      if (!p->settings.no_test) printf(" test_%s_%s=%.4f", p->tasks[k].name, ways[way], p->test[way][k]);
      printf(" validation_%s_%s=%.4f", p->tasks[k].name, ways[way], p->validation[way][k]);
    }
    printf(" parameters_%s=%zu", ways[way], p->parameters[way]);
  }
  printf(" seconds=%.0f\n", example_seconds() - p->started);
}

static int run(struct multitask *p) {
  p->trainer.settings = &p->settings;
  int code = load_data(p);
  if (code) return code;
  if (!p->settings.quiet) example_print_training(&p->settings);
  example_catch_signals();
  (void)thalnet_blas_set_threads(1); /* the library's own threads each call BLAS */
  thalnet_status status = THALNET_OK;
  for (size_t k = 0; k < TASKS && !status && !example_signal(); k++) { /* each alone */
    multitask_clear(p);
    status = multitask_train(p, k, k + 1);
  }
  multitask_clear(p);
  if (!status && !example_signal()) status = multitask_train(p, 0, TASKS);
  if (!status && example_signal()) {
    printf("interrupted: nothing to compare\n");
    return EXAMPLE_EXIT_SIGNAL + example_signal();
  }
  if (!status && !p->settings.quiet) print_table(p);
  if (!status && !p->settings.quiet) status = multitask_print_wiring(p);
  if (status) return example_library_failed("multitask", status);
  print_result(p);
  return EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static struct multitask p;
  p.started = example_seconds();
  int code = parse(&p, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  code = run(&p);
  example_trainer_free(&p.trainer);
  for (size_t k = 0; k < TASKS; k++) example_image_task_free(&p.tasks[k]);
  return code;
}
