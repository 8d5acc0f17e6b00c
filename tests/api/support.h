/* SPDX-License-Identifier: MIT */
/* What the tests of the public interface share: assertions on a status, small networks, random contents, and
 * replaceable memory, threads and files that count, fail and meddle on demand. */
#ifndef TESTS_API_SUPPORT_H
#define TESTS_API_SUPPORT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <check.h>
#include <thalnet/thalnet.h>

/* --- assertions --------------------------------------------------------------------------------------------------- */

/* The call succeeds; else its error text is printed. */
#define EXPECT_OK(call) support_expect((call), THALNET_OK, THALNET_OK, #call, __FILE__, __LINE__)
/* The call fails with this status, and leaves an error text of one line. */
#define EXPECT(call, status) support_expect((call), (status), (status), #call, __FILE__, __LINE__)
/* For the few places where two documented statuses fit. */
#define EXPECT_EITHER(call, one, other) support_expect((call), (one), (other), #call, __FILE__, __LINE__)

void support_expect(thalnet_status got, thalnet_status one, thalnet_status other, const char *call, const char *file,
                    int line);
/* 1 when the error text is one line, neither empty nor without end. */
int support_text_is_good(const char *text);
/* 1 when all values are equal bit for bit. */
int support_same(const float *a, const float *b, size_t count);
/* Largest difference of two arrays. */
double support_distance(const float *a, const float *b, size_t count);
/* Runs tests and returns what main should. */
int support_run(const char *name, const TTest *const *tests, size_t count);
#define SUPPORT_RUN(name, tests) support_run((name), (tests), sizeof(tests) / sizeof(tests)[0])

/* --- networks and contents ---------------------------------------------------------------------------------------- */

enum {
  SUPPORT_SMALL,   /* input x[3], output y[4] by cross-entropy, two modules with static readers */
  SUPPORT_READERS, /* the same task with all four readers and all kinds of layers */
  SUPPORT_TASKS,   /* inputs x[3] and tokens t[5]; outputs class[4], value[2] by squares, host[3] by the host */
  SUPPORT_RATES,   /* inputs fast[2] and slow[3] at 1 and 2 steps; outputs class[4] and value[2] at 2 and 1 */
  SUPPORT_KINDS
};

/* Builds one of them; asserts success. */
thalnet_center *support_net(int32_t kind, const thalnet_center_options *options);
/* The same for tests of failure; *net_out is NULL after an error. */
thalnet_status support_try_net(int32_t kind, const thalnet_center_options *options, thalnet_center **net_out);
/* A network whose output y[size] is its input x[size] of the same step, exactly, compared by mean squared error. */
thalnet_center *support_echo(size_t size, int32_t tokens);

thalnet_batch *support_batch(const thalnet_center *net, size_t sequences, size_t frames);
thalnet_state *support_state(const thalnet_center *net, size_t rows);
thalnet_optimizer *support_optimizer(const thalnet_center *net, int32_t kind, double rate);
/* Begins new contents and sets every input, label and target at random. */
thalnet_status support_try_fill(const thalnet_center *net, thalnet_batch *batch, size_t sequences, size_t frames,
                                uint64_t seed);
void support_fill(const thalnet_center *net, thalnet_batch *batch, size_t sequences, size_t frames, uint64_t seed);

/* In [-1, 1). */
float support_random(uint64_t *state);
void support_randoms(float *values, size_t count, uint64_t seed);
/* Copies of all parameters, gradients, values of an output, or rows of a state; free() them. */
float *support_parameters(const thalnet_center *net);
float *support_gradients(const thalnet_center *net);
float *support_output(const thalnet_center *net, const thalnet_batch *batch, int32_t output, size_t sequences,
                      size_t frames);
float *support_rows(const thalnet_state *state);
/* Mean loss of an output times nothing: loss_sum / weight_sum. */
double support_loss(const thalnet_batch *batch, int32_t output);

/* --- what a host replaces ----------------------------------------------------------------------------------------- */

/* Memory that counts, checks sizes and alignments, and fails on demand. */
struct support_memory {
  atomic_long calls;    /* allocations asked for */
  atomic_long live;     /* blocks handed out and not taken back */
  atomic_long bytes;    /* of them */
  atomic_long peak;     /* the most that bytes ever was; memory of one thread alone */
  atomic_long wrong;    /* releases with another size or alignment, misaligned or empty requests */
  atomic_long failures; /* requests refused */
  long fail_at;         /* the number of the request that fails, counted from 1; 0: none */
  int persistent;       /* 1: all later ones fail too */
  size_t largest;       /* requests above this fail; 0: any size is fine */
  size_t most;          /* blocks of more bytes than this together fail; 0: any number is fine */
};
thalnet_memory support_memory_hooks(struct support_memory *memory);

/* Threads of the host. */
struct support_executor {
  int32_t threads; /* 0: none, the tasks run one after the other, the last first */
  atomic_int runs; /* calls of run */
  atomic_int tasks;
  void (*meddle)(void *argument); /* called once in another thread while the next run lasts; then forgotten */
  void *argument;
};
thalnet_executor support_executor_hooks(struct support_executor *executor);

/* Files in memory that fail on demand. */
enum { SUPPORT_IO_SHORT = -1 }; /* in place of an errno value: a read or write that moves one byte, and no error */
struct support_file {
  char name[64];
  unsigned char *bytes;
  size_t size;
};
struct support_io {
  struct support_file files[4];
  int calls;      /* of all callbacks */
  int fail_at;    /* the number of the call that fails; 0: none */
  int persistent; /* 1: all later ones fail too */
  int error;      /* the errno value it gives, or SUPPORT_IO_SHORT */
  size_t chunk;   /* at most this many bytes in a read or write; 0: all */
  uint64_t claim; /* the size that open_read tells; 0: the true one */
  int open;       /* files open now */
  int failures;   /* calls that failed, or were short */
  int is_short;   /* the call that is going on */
  char log[512];  /* a letter a call: R W open, r w, s sync, c close, n rename, x remove, f sync_folder */
};
thalnet_io support_io_hooks(struct support_io *io);
/* The file of that name, or NULL. */
struct support_file *support_io_find(struct support_io *io, const char *name);
void support_io_put(struct support_io *io, const char *name, const void *bytes, size_t size);
void support_io_clear(struct support_io *io);

#endif
