/* SPDX-License-Identifier: MIT */
/* Replaceable memory, threads and files that count, fail and meddle on demand. */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* In front of every block; the block's end is the end of what malloc gave, so that a sanitizer sees every step over
 * it. */
struct support_block {
  void *start;
  size_t size, alignment;
};

static void *support_allocate(void *user, size_t size, size_t alignment) {
  struct support_memory *memory = user;
  long call = atomic_fetch_add(&memory->calls, 1) + 1;
  if (size == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) {
    atomic_fetch_add(&memory->wrong, 1);
  }
  int refused = memory->fail_at > 0 && (call == memory->fail_at || (memory->persistent && call > memory->fail_at));
  /* An odd number of alignments behind twice the alignment: whoever relies on more than asked for is found out. */
  size_t front = alignment;
  while (front < sizeof(struct support_block)) {
    front += 2 * alignment;
  }
  refused = refused || (memory->most > 0 && (size_t)atomic_load(&memory->bytes) + size > memory->most);
  if (refused || (memory->largest > 0 && size > memory->largest) || size > SIZE_MAX - front) {
    atomic_fetch_add(&memory->failures, 1);
    return NULL;
  }
  void *start = NULL;
  if (posix_memalign(&start, alignment < sizeof(void *) ? sizeof(void *) : 2 * alignment, front + size)) {
    return NULL;
  }
  char *block = (char *)start + front;
  struct support_block header = {start, size, alignment};
  memcpy(block - sizeof header, &header, sizeof header);
  memset(block, 0xa5, size);
  atomic_fetch_add(&memory->live, 1);
  const long bytes = atomic_fetch_add(&memory->bytes, (long)size) + (long)size;
  if (bytes > atomic_load(&memory->peak)) {
    atomic_store(&memory->peak, bytes);
  }
  return block;
}

static void support_release(void *user, void *block, size_t size, size_t alignment) {
  struct support_memory *memory = user;
  struct support_block header;
  if (!block) {
    atomic_fetch_add(&memory->wrong, 1);
    return;
  }
  memcpy(&header, (char *)block - sizeof header, sizeof header);
  if (header.size != size || header.alignment != alignment) {
    atomic_fetch_add(&memory->wrong, 1);
  }
  atomic_fetch_sub(&memory->live, 1);
  atomic_fetch_sub(&memory->bytes, (long)header.size);
  free(header.start);
}

thalnet_memory support_memory_hooks(struct support_memory *memory) {
  thalnet_memory hooks = {sizeof hooks, memory, support_allocate, support_release};
  return hooks;
}

/* --- threads ------------------------------------------------------------------------------------------------------ */

struct support_work {
  void (*task)(void *argument, size_t index);
  void *argument;
  size_t count, first, stride;
};

static void *support_work_run(void *argument) {
  const struct support_work *work = argument;
  for (size_t i = work->first; i < work->count; i += work->stride) {
    work->task(work->argument, i);
  }
  return NULL;
}

struct support_meddler {
  void (*meddle)(void *argument);
  void *argument;
};

static void *support_meddle(void *argument) {
  const struct support_meddler *meddler = argument;
  meddler->meddle(meddler->argument);
  return NULL;
}

static void support_run_threads(size_t threads, void (*task)(void *argument, size_t index), void *argument,
                                size_t count) {
  pthread_t thread[16];
  struct support_work work[16];
  for (size_t i = 0; i < threads && i < 16; i++) {
    work[i] = (struct support_work){task, argument, count, i, threads};
    if (pthread_create(&thread[i], NULL, support_work_run, &work[i]) != 0) {
      abort();
    }
  }
  for (size_t i = 0; i < threads && i < 16; i++) {
    pthread_join(thread[i], NULL);
  }
}

static void support_executor_run(void *user, void (*task)(void *argument, size_t index), void *argument, size_t count) {
  struct support_executor *executor = user;
  atomic_fetch_add(&executor->runs, 1);
  atomic_fetch_add(&executor->tasks, (int)count);
  if (executor->meddle) {
    pthread_t thread;
    struct support_meddler meddler = {executor->meddle, executor->argument};
    executor->meddle = NULL;
    if (pthread_create(&thread, NULL, support_meddle, &meddler) != 0) {
      abort();
    }
    pthread_join(thread, NULL);
  }
  if (executor->threads > 0) {
    support_run_threads((size_t)executor->threads, task, argument, count);
  } else {
    for (size_t i = count; i > 0; i--) {
      task(argument, i - 1);
    }
  }
}

thalnet_executor support_executor_hooks(struct support_executor *executor) {
  thalnet_executor hooks = {sizeof hooks, executor, support_executor_run};
  return hooks;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

struct support_handle {
  char name[64];
  size_t place;
};

/* Counts a call; gives the errno value with which it fails, or 0. */
static int32_t support_io_call(struct support_io *io, char letter) {
  if (io->calls + 1 < (int)sizeof io->log) {
    io->log[io->calls] = letter;
  }
  io->calls++;
  io->is_short = 0;
  if (io->fail_at == 0 || io->calls < io->fail_at || (io->calls > io->fail_at && !io->persistent)) {
    return 0;
  }
  io->failures++;
  io->is_short = io->error == SUPPORT_IO_SHORT;
  return io->is_short ? 0 : io->error;
}

struct support_file *support_io_find(struct support_io *io, const char *name) {
  for (size_t i = 0; i < sizeof io->files / sizeof io->files[0]; i++) {
    if (io->files[i].name[0] && strcmp(io->files[i].name, name) == 0) {
      return &io->files[i];
    }
  }
  return NULL;
}

void support_io_put(struct support_io *io, const char *name, const void *bytes, size_t size) {
  struct support_file *file = support_io_find(io, name);
  for (size_t i = 0; !file && i < sizeof io->files / sizeof io->files[0]; i++) {
    if (!io->files[i].name[0]) {
      file = &io->files[i];
    }
  }
  if (!file) {
    abort();
  }
  snprintf(file->name, sizeof file->name, "%s", name);
  unsigned char *copy = malloc(size + 1);
  if (size > 0) {
    memcpy(copy, bytes, size);
  }
  free(file->bytes);
  file->bytes = copy;
  file->size = size;
}

void support_io_clear(struct support_io *io) {
  for (size_t i = 0; i < sizeof io->files / sizeof io->files[0]; i++) {
    free(io->files[i].bytes);
  }
  memset(io, 0, sizeof *io);
}

static void *support_io_handle(struct support_io *io, const char *path) {
  struct support_handle *handle = calloc(1, sizeof *handle);
  snprintf(handle->name, sizeof handle->name, "%s", path);
  io->open++;
  return handle;
}

static int32_t support_open_read(void *user, const char *path, void **file_out, uint64_t *size_out) {
  struct support_io *io = user;
  int32_t error = support_io_call(io, 'R');
  const struct support_file *file = support_io_find(io, path);
  if (error || !file) {
    return error ? error : ENOENT;
  }
  *size_out = io->claim ? io->claim : file->size;
  *file_out = support_io_handle(io, path);
  return 0;
}

static int32_t support_open_write(void *user, const char *path, void **file_out) {
  struct support_io *io = user;
  int32_t error = support_io_call(io, 'W');
  if (error) {
    return error;
  }
  support_io_put(io, path, NULL, 0);
  *file_out = support_io_handle(io, path);
  return 0;
}

static size_t support_io_part(const struct support_io *io, size_t size) {
  if (io->is_short && size > 1) {
    return 1;
  }
  return io->chunk > 0 && size > io->chunk ? io->chunk : size;
}

static int32_t support_read(void *user, void *opened, void *bytes, size_t size, size_t *done_out) {
  struct support_io *io = user;
  struct support_handle *handle = opened;
  int32_t error = support_io_call(io, 'r');
  const struct support_file *file = support_io_find(io, handle->name);
  if (error || !file) {
    return error ? error : EIO;
  }
  size_t rest = handle->place < file->size ? file->size - handle->place : 0;
  *done_out = support_io_part(io, size < rest ? size : rest);
  if (*done_out > 0) {
    memcpy(bytes, file->bytes + handle->place, *done_out);
  }
  handle->place += *done_out;
  return 0;
}

static int32_t support_write(void *user, void *opened, const void *bytes, size_t size, size_t *done_out) {
  struct support_io *io = user;
  struct support_handle *handle = opened;
  int32_t error = support_io_call(io, 'w');
  struct support_file *file = support_io_find(io, handle->name);
  if (error || !file) {
    return error ? error : EIO;
  }
  *done_out = support_io_part(io, size);
  file->bytes = realloc(file->bytes, handle->place + *done_out + 1);
  if (*done_out > 0) {
    memcpy(file->bytes + handle->place, bytes, *done_out);
  }
  handle->place += *done_out;
  file->size = handle->place;
  return 0;
}

static int32_t support_sync(void *user, void *opened) {
  (void)opened;
  return support_io_call(user, 's');
}

static int32_t support_close(void *user, void *opened) {
  struct support_io *io = user;
  io->open--;
  free(opened);
  return support_io_call(io, 'c');
}

static int32_t support_remove(void *user, const char *path) {
  struct support_io *io = user;
  int32_t error = support_io_call(io, 'x');
  struct support_file *file = support_io_find(io, path);
  if (error || !file) {
    return error ? error : ENOENT;
  }
  free(file->bytes);
  memset(file, 0, sizeof *file);
  return 0;
}

static int32_t support_rename(void *user, const char *from, const char *to) {
  struct support_io *io = user;
  int32_t error = support_io_call(io, 'n');
  struct support_file *file = support_io_find(io, from);
  struct support_file *old = support_io_find(io, to);
  if (error || !file) {
    return error ? error : ENOENT;
  }
  if (old) {
    free(old->bytes);
    memset(old, 0, sizeof *old);
  }
  snprintf(file->name, sizeof file->name, "%s", to);
  return 0;
}

static int32_t support_sync_folder(void *user, const char *path) {
  (void)path;
  return support_io_call(user, 'f');
}

thalnet_io support_io_hooks(struct support_io *io) {
  thalnet_io hooks = {sizeof hooks,       io,           support_open_read, support_open_write, support_read,
                      support_write,      support_sync, support_close,     support_rename,     support_remove,
                      support_sync_folder};
  return hooks;
}
