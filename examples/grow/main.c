/* SPDX-License-Identifier: MIT */
/* A network that grows while it learns. It begins small, and where its validation loss stalls it is edited: modules that nobody
 * reads are removed, and modules or units added, until it has its full size. It computes the same before and after it grows, and its
 * optimizer goes on with what it knows. It is compared with a network of the full size that is trained from the start
 * with as much work; updates of a small network cost less, so the one that grows gets more of them.
 *
 * Start reading at run(), near the bottom. How a network changes stands in change.c, when it does in train.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/system.h"
#include "grow.h"

enum { WARMUP_STEPS = 20, EPOCHS_LEAST = 4 }; /* there are few steps in all */

/* --- the command line ------------------------------------------------------------------------------------------------ */

static const struct example_defaults defaults = {
    .network = {.modules = 4, .features = 64, .context = 32, .layers = 1, .units = 64, .budget = 1000000000},
    .epochs = 24,
    .batch = 50,
    .rate = 2e-2};

static void add_options(struct grow *p) {
  struct example_settings *s = &p->settings;
  struct example_network *n = &s->network;
  const struct example_option data[] = {
      EXAMPLE_OPTIONS_HEADING("Data"),
      {EXAMPLE_TEXT, "data", "DIR",
       "folder with MNIST's four files, plain or .gz (see fetch_data.sh);\n"
       "without it, digits that this program draws itself",
       &s->data, 0, 0},
      {EXAMPLE_COUNT, "permutation", "N", "number of the order of the pixels, 0: as they are (1)", &p->permutation, 0,
       UINT32_MAX},
  };
  const struct example_option network[] = {
      EXAMPLE_OPTIONS_HEADING("Network of full size"),
      {EXAMPLE_COUNT, "modules", "N", "number of modules (4)", &n->modules, 1, 64},
      {EXAMPLE_COUNT, "features", "N", "units of each of them (64)", &n->features, 1, 4096},
      {EXAMPLE_COUNT, "context", "N", "values that each module reads from the center (32)", &n->context, 1, 4096},
      {EXAMPLE_CHOICE, "reader", "linear|weight_norm", "how modules read the center (weight_norm)", &n->reader, 0, 0},
      EXAMPLE_OPTIONS_HEADING("Growing"),
      {EXAMPLE_CHOICE, "grow", "modules|units|split",
       "what grows: modules are added, units are given to all modules, or\n"
       "the module that is read most is split (units)",
       &p->policy, 0, 0},
      {EXAMPLE_COUNT, "start", "N", "modules, or units of each, to begin with (an eighth)", &p->start, 1, 4096},
      {EXAMPLE_COUNT, "step", "N",
       "modules, or units for each, to add at a change (1 module, or\n"
       "half of the units that are missing)",
       &p->step, 1, 4096},
      {EXAMPLE_NUMBER, "stall", "X",
       "grow where the validation loss falls by less than this part of\n"
       "itself from epoch to epoch (0.1)",
       &p->stall, 0, 1},
      {EXAMPLE_NUMBER, "until", "X", "have the full size when this part of the work is done, at the latest (0.5)",
       &p->until, 0.01, 0.99},
      {EXAMPLE_NUMBER, "unread", "X",
       "remove modules whose part in whatever reads them is less than X\n"
       "times that of modules that are all read alike; 0: none (0.1)",
       &p->unread, 0, 1000},
      {EXAMPLE_NUMBER, "grown-lr", "X", "highest learning rate of the network that grows (0.02)", &p->rate, 0, 1e6},
      EXAMPLE_OPTIONS_HEADING("Work"),
      {EXAMPLE_NUMBER, "passes", "X", "as much as so many passes of the network of full size over the images (0.5)",
       &p->passes, 0.01, 1e6},
  };
  s->epochs_help = "equal parts of the work, each with a validation at its end (24)";
  example_options_add(&s->command, data, sizeof data / sizeof data[0]);
  example_classifier_add_data_options(&p->task.classifier, &s->command);
  example_options_add(&s->command, network, sizeof network / sizeof network[0]);
  example_settings_add_training(s);
  example_settings_add_quiet(s);
}

static int check(const struct grow *p) {
  const int units = strcmp(p->policy, "units") == 0;
  const long full = units ? p->full.features : p->full.modules;
  if (p->start > full)
    example_complain("grow", "--start %ld is more than the network of full size has, %ld", p->start, full);
  else if (p->start < full && p->settings.epochs < EPOCHS_LEAST)
    example_complain("grow", "--epochs %ld: growing takes at least %d", p->settings.epochs, EPOCHS_LEAST);
  else if (strcmp(p->policy, "split") == 0 && p->step > 1)
    example_complain("grow", "--grow split goes with --step 1 alone");
  else
    return -1;
  return EXAMPLE_EXIT_USAGE;
}

/* Returns -1 when the program should go on, otherwise its exit code. */
static int parse(struct grow *p, int argc, char **argv) {
  p->permutation = 1;
  p->start = p->step = -1; /* not given */
  p->policy = "units";
  p->passes = 0.5;
  p->stall = p->unread = 0.1;
  p->until = 0.5;
  p->rate = 2e-2;
  p->task.kind = EXAMPLE_KIND_DIGITS;
  example_settings_start(
      &p->settings, "grow",
      "Trains a ThalNet that grows while it learns to name digits seen row by row, and one that has its\n"
      "full size from the start with as much work, and compares them.");
  add_options(p);
  int code = example_options_parse(&p->settings.command, argc, argv);
  if (code >= 0) return code;
  code = example_settings_finish(&p->settings, &defaults);
  if (code >= 0) return code;
  if (p->settings.warmup < 0) p->settings.warmup = WARMUP_STEPS;
  p->full = p->settings.network;
  const long full = strcmp(p->policy, "units") == 0 ? p->full.features : p->full.modules;
  if (p->start < 0) p->start = (full + 7) / 8;
  if (p->step < 0) p->step = strcmp(p->policy, "units") == 0 ? (full - p->start + 1) / 2 : 1;
  if (p->step < 1) p->step = 1; /* there is nothing to add */
  p->task.permutation = (uint32_t)p->permutation;
  return check(p);
}

/* The network has one input, a row of pixels, and one output, the digits. */
static void describe_ports(struct grow *p) {
  struct example_ports *ports = &p->full.ports;
  ports->input = "rows";
  ports->input_count = 1;
  ports->input_sizes[0] = p->task.classifier.row;
  ports->output = p->task.name;
  ports->output_size = EXAMPLE_CLASSES;
  ports->steps_per_frame = 1;
}

/* --- the program ----------------------------------------------------------------------------------------------------- */

/* What so many passes of the network of full size take. */
static thalnet_status measure_work(struct grow *p) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  const thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  struct example_network full = p->full;
  thalnet_status status = example_network_build(&full, &options, 0, &net);
  if (!status) status = thalnet_center_measure(net, &size);
  thalnet_center_free(net);
  p->grown.limit = p->fixed.limit =
      3.0 * (double)size.step_operations * (double)p->task.task.frames * (double)p->task.data.train.count * p->passes;
  return status;
}

static void print_row(const struct grow *p, const char *name, const struct grow_outcome *o) {
  printf("%-8s %10zu %9zu %10.3f %11.4f", name, o->parameters, o->updates, o->work / o->limit, o->validation);
  if (p->settings.no_test)
    printf("\n");
  else
    printf(" %9.4f\n", o->test);
}

static void print_outcome(const struct grow *p, const char *name, const struct grow_outcome *o) {
  if (!p->settings.no_test) printf(" test_accuracy_%s=%.4f", name, o->test);
  printf(" validation_accuracy_%s=%.4f parameters_%s=%zu updates_%s=%zu work_%s=%.4f", name, o->validation, name,
         o->parameters, name, o->updates, name, o->work / o->limit);
}

static void print_result(const struct grow *p) {
  if (!p->settings.quiet) {
    printf("%-8s %10s %9s %10s %11s%s\n", "network", "parameters", "updates", "work", "validation",
           p->settings.no_test ? "" : "      test");
    print_row(p, "grown", &p->grown);
    print_row(p, "fixed", &p->fixed);
  }
  printf("result");
  print_outcome(p, "grown", &p->grown);
  print_outcome(p, "fixed", &p->fixed);
  printf(" changes=%zu removed=%zu kept=%.1e seconds=%.0f\n", p->grown.grown, p->grown.removed, p->grown.kept,
         example_seconds() - p->started);
}

static void clear(struct grow *p) {
  example_trainer_free(&p->trainer);
  memset(&p->trainer, 0, sizeof p->trainer);
  p->trainer.settings = &p->settings;
  example_image_task_turn_to(&p->task, &p->trainer);
}

static int run(struct grow *p) {
  p->trainer.settings = &p->settings;
  int code = example_image_task_load(&p->task, p->settings.data, &p->trainer);
  if (code) return code;
  describe_ports(p);
  if (!p->settings.quiet) example_print_training(&p->settings);
  example_catch_signals();
  (void)thalnet_blas_set_threads(1); /* the library's own threads each call BLAS */
  thalnet_status status = measure_work(p);
  clear(p);
  if (!status) status = grow_train(p, 1, &p->grown);
  clear(p);
  if (!status && !example_signal()) status = grow_train(p, 0, &p->fixed);
  if (status) return example_library_failed("grow", status);
  if (example_signal()) {
    printf("interrupted: nothing to compare\n");
    return EXAMPLE_EXIT_SIGNAL + example_signal();
  }
  print_result(p);
  return EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static struct grow p;
  p.started = example_seconds();
  int code = parse(&p, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  code = run(&p);
  example_trainer_free(&p.trainer);
  example_image_task_free(&p.task);
  return code;
}
