/* SPDX-License-Identifier: MIT */
/* A crowd on one center: eight threads with eight states each, which they step in turn and follow with an evaluating batch, and
 * two threads that read and save its parameters; all of them make mistakes in between. Each answer is what the thread alone
 * gets, each error text is its own thread's. THALNET_TEST_SECONDS makes it last that long, for the thread sanitizer. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STREAMERS = 8, STATES = 8, FRAMES = 10, SEQUENCES = 3, X = 3, Y = 4, READERS = 2 };

struct answers {
  float live[STATES][FRAMES][Y];
  float batch[SEQUENCES * FRAMES * Y];
};

/* What all share. */
struct crowd {
  const thalnet_center *net;
  float *parameters;
  size_t count;
  unsigned char *file;
  size_t file_size;
  time_t until;
  atomic_int wrong;
};

struct member {
  struct crowd *crowd;
  int number;
  struct answers alone, now;
};

static time_t seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/* --- what a member does ------------------------------------------------------------------------------------------- */

/* The calls succeed one after the other; Check is not for threads. */
static thalnet_status live(const thalnet_center *net, int number, struct answers *answers) {
  thalnet_state *states[STATES] = {NULL};
  thalnet_status status = THALNET_OK;
  uint64_t seed = (uint64_t)number;
  for (int i = 0; i < STATES && !status; i++) {
    status = thalnet_state_create(net, 1, NULL, &states[i]);
  }
  for (int frame = 0; frame < FRAMES; frame++) {
    for (int i = 0; i < STATES && !status; i++) {
      float values[X] = {support_random(&seed), support_random(&seed), support_random(&seed)};
      status = thalnet_state_step(net, states[i], values, X, answers->live[i][frame], Y);
    }
  }
  for (int i = 0; i < STATES; i++) {
    thalnet_state_free(states[i]);
  }
  return status;
}

static thalnet_status evaluate(const thalnet_center *net, int number, struct answers *answers) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  options.for_backward = 0;
  thalnet_status status = thalnet_batch_create(net, SEQUENCES, FRAMES, &options, &batch);
  if (!status) {
    status = support_try_fill(net, batch, SEQUENCES, FRAMES, (uint64_t)number);
  }
  if (!status) {
    status = thalnet_forward(net, batch, NULL);
  }
  if (!status) {
    status = thalnet_batch_read_output(batch, 0, answers->batch, SEQUENCES * FRAMES * Y);
  }
  thalnet_batch_free(batch);
  return status;
}

/* A mistake that bears the member's number; 1 when the text is about it. */
static int errs(const struct member *member) {
  char name[20];
  float value;
  snprintf(name, sizeof name, "nobody%d.", member->number);
  return thalnet_center_read(member->crowd->net, name, &value, 1) == THALNET_ERROR_DATA &&
         strstr(thalnet_error_text(), name) != NULL;
}

static int streams_once(struct member *member) {
  const thalnet_center *net = member->crowd->net;
  memset(&member->now, 0, sizeof member->now);
  return live(net, member->number, &member->now) == THALNET_OK && errs(member) &&
         evaluate(net, member->number, &member->now) == THALNET_OK &&
         memcmp(&member->now, &member->alone, sizeof member->now) == 0;
}

/* Parameters and files are those from before. */
static int reads_once(struct member *member) {
  const struct crowd *crowd = member->crowd;
  float *values = calloc(crowd->count, sizeof *values);
  unsigned char *file = calloc(1, crowd->file_size);
  size_t size = 0;
  int right = thalnet_center_read(crowd->net, NULL, values, crowd->count) == THALNET_OK &&
              support_same(values, crowd->parameters, crowd->count) && errs(member) &&
              thalnet_center_save_memory(crowd->net, file, crowd->file_size, &size) == THALNET_OK &&
              memcmp(file, crowd->file, crowd->file_size) == 0;
  for (size_t i = 0; i < thalnet_center_tensor_count(crowd->net); i++) {
    size_t dimensions[3];
    right = right && thalnet_center_tensor_shape(crowd->net, thalnet_center_tensor_name(crowd->net, i), dimensions) > 0;
  }
  free(file);
  free(values);
  return right;
}

static void *participate(void *argument) {
  struct member *member = argument;
  do {
    if (!(member->number < STREAMERS ? streams_once(member) : reads_once(member))) {
      atomic_fetch_add(&member->crowd->wrong, 1);
    }
  } while (seconds() < member->crowd->until);
  return NULL;
}

/* --- together ----------------------------------------------------------------------------------------------------- */

static void gather(const thalnet_center_options *options) {
  static struct member members[STREAMERS + READERS];
  const char *length = getenv("THALNET_TEST_SECONDS");
  thalnet_center *net = support_net(SUPPORT_READERS, options);
  struct crowd crowd = {.net = net, .count = thalnet_center_parameter_count(net)};
  pthread_t threads[STREAMERS + READERS];
  crowd.parameters = support_parameters(net);
  EXPECT_OK(thalnet_center_save_memory(net, NULL, 0, &crowd.file_size));
  crowd.file = malloc(crowd.file_size);
  EXPECT_OK(thalnet_center_save_memory(net, crowd.file, crowd.file_size, &crowd.file_size));
  for (int i = 0; i < STREAMERS + READERS; i++) {
    members[i] = (struct member){.crowd = &crowd, .number = i};
    EXPECT_OK(live(net, i, &members[i].alone));
    EXPECT_OK(evaluate(net, i, &members[i].alone));
    ck_assert(memcmp(&members[i].alone, &members[0].alone, sizeof members[i].alone) != 0 || i == 0);
  }
  crowd.until = seconds() + (length ? atoi(length) : 0);
  for (int i = 0; i < STREAMERS + READERS; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, participate, &members[i]), 0);
  }
  for (int i = 0; i < STREAMERS + READERS; i++) {
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  }
  ck_assert_int_eq(atomic_load(&crowd.wrong), 0);
  free(crowd.file);
  free(crowd.parameters);
  thalnet_center_free(net);
}

START_TEST(with_their_own_threads) { gather(NULL); }
END_TEST

START_TEST(with_threads_of_the_host) {
  struct support_executor host = {.threads = 2};
  thalnet_executor hooks = support_executor_hooks(&host);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.executor = &hooks;
  options.threads = 2;
  options.chunk_sequences = 1;
  gather(&options);
  ck_assert_int_gt(atomic_load(&host.runs), STREAMERS);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {with_their_own_threads, with_threads_of_the_host};
  return SUPPORT_RUN("crowd", tests);
}
