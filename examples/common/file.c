/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct example_file {
  const char *path; /* the caller's, as long as the file is open */
  int descriptor;
  int gzip;
  int member_open;   /* inside a gzip member: the file may not end here */
  size_t start, end; /* what is left in raw[] */
  z_stream inflater;
  uint8_t raw[64 * 1024]; /* as they are on the disk */
};

/* Reads more raw bytes behind those that are left. At the end of the file nothing is added. */
static int fill(struct example_file *file, struct example_error *error) {
  memmove(file->raw, file->raw + file->start, file->end - file->start);
  file->end -= file->start;
  file->start = 0;
  ssize_t count;
  do count = read(file->descriptor, file->raw + file->end, sizeof file->raw - file->end);
  while (count < 0 && errno == EINTR);
  if (count < 0) return example_fail(error, "%.700s: %s", file->path, strerror(errno));
  file->end += (size_t)count;
  return 0;
}

/* Makes at least two raw bytes available, where there are two. */
static int fill_two(struct example_file *file, struct example_error *error) {
  while (file->end - file->start < 2) {
    size_t before = file->end - file->start;
    if (fill(file, error)) return -1;
    if (file->end - file->start == before) break;
  }
  return 0;
}

static int looks_like_gzip(const struct example_file *file) {
  return file->end - file->start >= 2 && file->raw[file->start] == 0x1f && file->raw[file->start + 1] == 0x8b;
}

static int open_regular(const char *path, struct example_error *error) {
  /* Without O_NONBLOCK opening a named pipe would wait for a writer. */
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return example_fail(error, "%.700s: %s", path, strerror(errno));
  struct stat status;
  if (fstat(descriptor, &status)) {
    example_fail(error, "%.700s: %s", path, strerror(errno));
  } else if (!S_ISREG(status.st_mode)) {
    example_fail(error, "%.700s: not a regular file", path);
  } else if (status.st_size == 0) {
    example_fail(error, "%.700s: the file is empty", path);
  } else {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

int example_file_open(const char *path, struct example_file **file_out, struct example_error *error) {
  *file_out = NULL;
  int descriptor = open_regular(path, error);
  if (descriptor < 0) return -1;
  struct example_file *file = calloc(1, sizeof *file);
  if (!file) {
    close(descriptor);
    return example_fail(error, "%.700s: no memory", path);
  }
  file->path = path;
  file->descriptor = descriptor;
  if (fill_two(file, error)) goto failed;
  if (looks_like_gzip(file)) {
    if (inflateInit2(&file->inflater, 15 + 16) != Z_OK) { /* 15: the largest window; 16: gzip only */
      example_fail(error, "%.700s: no memory", path);
      goto failed;
    }
    file->gzip = 1;
    file->member_open = 1;
  }
  *file_out = file;
  return 0;
failed:
  example_file_close(file);
  return -1;
}

/* Between two gzip members, and after the last. Returns 1 when there is another, 0 at the end of the file. */
static int next_member(struct example_file *file, struct example_error *error) {
  if (fill_two(file, error)) return -1;
  if (file->start == file->end) return 0;
  if (!looks_like_gzip(file)) return example_fail(error, "%.700s: bytes follow the compressed data", file->path);
  inflateReset(&file->inflater);
  file->member_open = 1;
  return 1;
}

static int inflate_some(struct example_file *file, uint8_t *bytes, size_t size, size_t *done_out,
                        struct example_error *error) {
  z_stream *inflater = &file->inflater;
  if (file->start == file->end && fill(file, error)) return -1;
  if (file->start == file->end) return example_fail(error, "%.700s: the compressed data ends too early", file->path);
  uInt room = size < (1u << 30) ? (uInt)size : 1u << 30;
  inflater->next_in = file->raw + file->start;
  inflater->avail_in = (uInt)(file->end - file->start);
  inflater->next_out = bytes;
  inflater->avail_out = room;
  int status = inflate(inflater, Z_NO_FLUSH);
  file->start = file->end - inflater->avail_in;
  *done_out = room - inflater->avail_out;
  if (status == Z_STREAM_END) file->member_open = 0;
  if (status == Z_OK || status == Z_STREAM_END) return 0;
  const char *reason = inflater->msg ? inflater->msg : zError(status);
  return example_fail(error, "%.700s: the compressed data is damaged (%s)", file->path, reason);
}

static int read_gzip(struct example_file *file, uint8_t *bytes, size_t size, size_t *done_out,
                     struct example_error *error) {
  while (*done_out < size) {
    if (!file->member_open) {
      int more = next_member(file, error);
      if (more <= 0) return more;
    }
    size_t some = 0;
    if (inflate_some(file, bytes + *done_out, size - *done_out, &some, error)) return -1;
    *done_out += some;
  }
  return 0;
}

static int read_plain(struct example_file *file, uint8_t *bytes, size_t size, size_t *done_out,
                      struct example_error *error) {
  while (*done_out < size) {
    if (file->start == file->end && fill(file, error)) return -1;
    size_t some = file->end - file->start;
    if (some == 0) return 0;
    if (some > size - *done_out) some = size - *done_out;
    memcpy(bytes + *done_out, file->raw + file->start, some);
    file->start += some;
    *done_out += some;
  }
  return 0;
}

int example_file_read(struct example_file *file, uint8_t *bytes, size_t size, size_t *done_out,
                      struct example_error *error) {
  *done_out = 0;
  return (file->gzip ? read_gzip : read_plain)(file, bytes, size, done_out, error);
}

void example_file_close(struct example_file *file) {
  if (!file) return;
  if (file->gzip) inflateEnd(&file->inflater);
  close(file->descriptor);
  free(file);
}
