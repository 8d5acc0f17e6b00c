/* SPDX-License-Identifier: MIT */
/* libthalnet through its public interface. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "contender.h"
#include "live.h"
#include "session.h"

enum { OFFERS = 32 };

static struct bench_offer offers[OFFERS];
static struct bench_session sessions[OFFERS];
static struct bench_live live[2];
static size_t count;

/* Every network has as many parameters as it should, at its full size. */
static int check_parameters(void) {
  static const char *const names[] = {"W1", "W2", "W3", "W4", "GRU110"};
  int failed = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names && !failed; i++) {
    struct bench_session s = {.workload = bench_workload(names[i], 0), .reader = THALNET_WEIGHT_NORM, .threads = 1};
    failed = bench_declare(&s, NULL);
    bench_close(&s);
  }
  return failed;
}

/* The next session and offer, alike in what they measure but for the name and the call. */
static struct bench_session *add(struct bench_workload w, const char *suffix) {
  struct bench_session *s = &sessions[count];
  struct bench_offer *offer = &offers[count++];
  *s = (struct bench_session){.workload = w, .reader = THALNET_WEIGHT_NORM, .threads = 1, .training = 1};
  snprintf(offer->name, sizeof offer->name, "%s-%s", w.name, suffix);
  offer->unit = bench_unit(&w);
  offer->units = bench_units(&w);
  offer->flops = bench_training_flops(&w);
  offer->context = s;
  offer->prepare = bench_open;
  offer->call = bench_train;
  return s;
}

static void add_training(const char *name, int small, int32_t cores) {
  struct bench_workload w = bench_workload(name, small);
  add(w, "train");
  if (cores >= 2) add(w, "train-2")->threads = 2;
  if (cores > 2) add(w, "train-all")->threads = cores;
}

/* The dynamic readers have other parameters and products: only their time is compared. */
static void add_reader(const char *suffix, int32_t reader) {
  struct bench_workload w = bench_workload("W2", 0);
  w.parameters = 0;
  add(w, suffix)->reader = reader;
  offers[count - 1].flops = 0;
}

static void add_evaluation(const char *name, size_t sequences) {
  struct bench_workload w = bench_workload(name, 0);
  w.sequences = sequences;
  add(w, sequences == 1 ? "infer-1" : "infer-50")->training = 0;
  offers[count - 1].flops = bench_forward_flops(&w);
  offers[count - 1].call = bench_evaluate;
}

static void add_live(struct bench_live *l, const char *name) {
  struct bench_offer *offer = &offers[count++];
  l->session = (struct bench_session){.workload = bench_workload(name, 0), .reader = THALNET_WEIGHT_NORM};
  snprintf(offer->name, sizeof offer->name, "%s-live", name);
  offer->unit = "us";
  offer->context = l;
  offer->prepare = bench_live_open;
  offer->measure = bench_live_measure;
}

int main(int argc, char **argv) {
  struct bench_arguments arguments = bench_parse(argc, argv);
  int32_t cores = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
  if (check_parameters()) return 1;
  add_training("W1", 0, cores);
  add_training("W2", 0, cores);
  add_training("GRU110", 0, 1);
  add_reader("train-gaussian", THALNET_GAUSSIAN);
  add_reader("train-softmax", THALNET_SOFTMAX);
  add_evaluation("W1", 50);
  add_evaluation("W2", 50);
  add_evaluation("W1", 1);
  add_evaluation("W2", 1);
  add_live(&live[0], "W1");
  add_live(&live[1], "W2");
  add_training("W3", arguments.small, cores);
  add_training("W4", arguments.small, cores);
  if (!arguments.memory) {
    bench_tell("libthalnet", thalnet_version_text());
    bench_tell("libthalnet built with", thalnet_build_info());
  }
  return bench_serve(offers, count, &arguments);
}
