/* SPDX-License-Identifier: MIT */
/* What networks discover, over several of them: whether those that learned the same task are wired more alike than those that learned
 * another one from the same inputs, or nothing; and whether the connections that look important are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/causes.h"
#include "common/options.h"
#include "common/report.h"
#include "common/system.h"
#include "common/wiring.h"
#include "discovery/groups.h"
#include "discovery/task.h"

enum { UNTRAINED = TASKS, GROUPS };

struct discovery {
  const char *data_folder, *out;
  long seeds;
  struct task_training training;
  long threads;
  struct task_data data;
  struct group groups[GROUPS];
  double accuracies, points, milder, paths; /* sums over networks, and those whose path was cut */
  double least_points, least_milder;
};

static int complain(const char *what) {
  example_complain("discovery", "%s", what);
  return EXAMPLE_EXIT_FAILURE;
}

static int parse(struct discovery *d, int argc, char **argv) {
  static struct example_program program = {
      .name = "discovery",
      .about = "Trains networks that see two digits at once and name the left or the right one, several times\n"
               "each, and tells how alike they are wired, and what cutting their strongest path costs."};
  const struct example_option options[] = {
      {EXAMPLE_TEXT, "data", "DIR", "folder with MNIST's four files; without it, digits that this program draws",
       &d->data_folder, 0, 0},
      {EXAMPLE_COUNT, "seeds", "N", "networks of each task, and untrained ones (8)", &d->seeds, 2, GROUP_LIMIT},
      {EXAMPLE_COUNT, "modules", "N", "between the eyes and the mouth (6)", &d->training.modules, 1, 16},
      {EXAMPLE_COUNT, "context", "N", "values that each of these reads from the center (3)", &d->training.context, 1,
       4096},
      {EXAMPLE_COUNT, "epochs", "N", "of each training (8)", &d->training.epochs, 1, 1e4},
      {EXAMPLE_COUNT, "batch", "N", "pairs of digits (100)", &d->training.batch, 1, TASK_SEQUENCES},
      {EXAMPLE_NUMBER, "rate", "X", "of Adam (0.01)", &d->training.rate, 0, 1},
      {EXAMPLE_COUNT, "threads", "N", "(as many as there are cores)", &d->threads, 1, 1024},
      {EXAMPLE_TEXT, "out", "DIR", "save the first network of each task there, its graph and pictures", &d->out, 0, 0},
  };
  d->seeds = 8;
  d->training.modules = 6;
  d->training.context = 3;
  d->training.epochs = 8;
  d->training.batch = 100;
  d->training.rate = 0.01;
  d->threads = example_cores();
  example_options_add(&program, options, sizeof options / sizeof options[0]);
  return example_options_parse(&program, argc, argv);
}

/* --- a network ----------------------------------------------------------------------------------------------------- */

static const char *const task_names[] = {"left", "right", "untrained"};

/* What cutting the readings of the strongest path to the answer costs, and prints it. */
static thalnet_status cut_path(struct discovery *d, thalnet_center *net, thalnet_batch *batch,
                               const thalnet_graph *graph) {
  const int32_t task = d->training.task, answer = (int32_t)example_node_count(net) - 1;
  struct example_path_test test;
  const thalnet_status status = example_test_path(net, batch, graph, task, answer, d->training.seed, &test);
  if (status || test.sets == 0) return status;
  const double points = 100 * (test.whole.accuracy - test.cut.accuracy),
               milder = (double)test.milder / (double)test.sets;
  printf("  strongest path:");
  for (size_t i = 0; i < test.length; i++) printf("%s %s", i ? " ->" : "", example_node_name(graph, test.nodes[i]));
  printf("; without its %zu readings %.1f points less, without %zu at random %.1f; milder %.3f\n", test.readings,
         points, test.readings, 100 * (test.whole.accuracy - test.random_accuracy), milder);
  d->points += points;
  d->milder += milder;
  if (d->paths == 0 || points < d->least_points) d->least_points = points;
  if (d->paths == 0 || milder < d->least_milder) d->least_milder = milder;
  d->paths++;
  return status;
}

/* Looks at a trained network with images that it has not learned from. */
static thalnet_status examine(struct discovery *d, thalnet_center *net) {
  const struct example_images *images = &d->data.images.validation;
  const size_t count = images->count < TASK_SEQUENCES ? images->count : TASK_SEQUENCES;
  const struct example_wired wired = {"", net, NULL};
  thalnet_batch *batch = NULL;
  struct example_error error = {""};
  thalnet_status status = thalnet_batch_create(net, count, 28, NULL, &batch);
  if (!status) status = task_fill(&d->data, batch, images, d->training.task, 0, count, 1);
  const struct example_wired seen = {wired.title, net, batch};
  thalnet_graph *graph = status ? NULL : example_make_graph(&seen, THALNET_ROUTING_SHARE, 1.0, &error);
  if (!status) status = graph ? cut_path(d, net, batch, graph) : THALNET_ERROR_MEMORY;
  if (!status && d->out && d->training.seed == 0) {
    char *folder = example_join(d->out, task_names[d->training.task]);
    if (!folder || example_make_folder(folder, &error) || example_save("discovery", folder, net, batch, 0))
      status = THALNET_ERROR_IO;
    free(folder);
  }
  thalnet_graph_free(graph);
  thalnet_batch_free(batch);
  return status;
}

/* Trained, but for those of the last group. */
static thalnet_status add_network(struct discovery *d, struct group *group, int trained) {
  thalnet_center *net = NULL;
  double accuracy = 0;
  thalnet_status status = task_build(&d->training, &net);
  if (status) return status;
  const size_t modules = (size_t)thalnet_center_module_count(net), count = modules * modules;
  float *routing = calloc(count, sizeof *routing);
  group->nets[group->count] = net;
  group->routings[group->count++] = routing;
  if (trained) status = task_train(&d->data, &d->training, net);
  if (!status && trained) status = task_test(&d->data, d->training.task, net, &accuracy);
  if (!status) status = thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, routing, count);
  if (status || !trained) return status;
  printf("%s, seed %llu: test accuracy %.4f\n", group->name, (unsigned long long)d->training.seed, accuracy);
  d->accuracies += accuracy;
  return examine(d, net);
}

/* --- all of them --------------------------------------------------------------------------------------------------- */

static thalnet_status compare(struct discovery *d, int one, int other, double *p) {
  struct group_comparison found;
  const thalnet_status status = group_compare(&d->groups[one], &d->groups[other], &found);
  if (status) return status;
  printf("%-5s  among themselves %.3f   with %-9s %.3f   p = %.5f (%llu ways)\n", task_names[one], found.within,
         task_names[other], found.between, found.p, (unsigned long long)found.ways);
  if (found.p > *p) *p = found.p;
  return status;
}

static thalnet_status compare_all(struct discovery *d, double *p) {
  thalnet_status status = THALNET_OK;
  printf("similarity of wirings, by weight, up to renaming the modules in the middle\n");
  for (int task = 0; task < TASKS && !status; task++) {
    status = compare(d, task, !task, p);
    if (!status) status = compare(d, task, UNTRAINED, p);
  }
  return status;
}

static int run(struct discovery *d) {
  struct example_error error = {""};
  thalnet_status status = THALNET_OK;
  double p = 0;
  if (task_load(&d->data, d->data_folder, &error)) return complain(error.text);
  if (d->out && example_make_folder(d->out, &error)) return complain(error.text);
  for (int g = 0; g < GROUPS; g++) {
    d->groups[g].name = task_names[g];
    d->training.task = g;
    for (long seed = 0; seed < d->seeds && !status; seed++) {
      d->training.seed = (uint64_t)seed + (g == UNTRAINED ? 1000 : 0);
      status = add_network(d, &d->groups[g], g != UNTRAINED);
    }
  }
  if (!status) status = compare_all(d, &p);
  if (status) return complain(thalnet_error_text());
  const double trained = (double)(TASKS * d->seeds), paths = d->paths > 0 ? d->paths : 1;
  printf("result test_accuracy=%.4f largest_p=%.5f paths=%.0f points=%.1f least_points=%.1f milder=%.4f "
         "least_milder=%.4f\n",
         d->accuracies / trained, p, d->paths, d->points / paths, d->least_points, d->milder / paths, d->least_milder);
  return EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static struct discovery d;
  int code = parse(&d, argc, argv);
  if (code >= 0) return code;
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines leave at once, in a pipe too */
  d.training.threads = (int32_t)d.threads;
  code = run(&d);
  for (int g = 0; g < GROUPS; g++)
    for (size_t i = 0; i < d.groups[g].count; i++) {
      free(d.groups[g].routings[i]);
      thalnet_center_free(d.groups[g].nets[i]);
    }
  task_free(&d.data);
  return code;
}
