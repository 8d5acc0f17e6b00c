/* SPDX-License-Identifier: MIT */
/* A disk that keeps what was synced and nothing else for sure. It writes down every call, and can tell what a power failure after
 * any of them may leave: writes that were not synced are dropped, done, or torn, in any order; so are names. */
#ifndef TESTS_IO_DISK_H
#define TESTS_IO_DISK_H

#include <stddef.h>

#include <thalnet/host.h>

#include "../api/model_file.h"

enum { DISK_NODES = 8, DISK_NAMES = 6, DISK_OPERATIONS = 200, DISK_NAME_SIZE = 16 };

/* Nodes are files without a name; a name says which node it is of. */
struct disk_state {
  struct model nodes[DISK_NODES];
  size_t node_count;
  struct {
    char name[DISK_NAME_SIZE];
    size_t node;
  } names[DISK_NAMES];
};

enum { DISK_WRITE, DISK_TRUNCATE, DISK_SYNC, DISK_CREATE, DISK_RENAME, DISK_REMOVE, DISK_SYNC_FOLDER };
struct disk_operation {
  int what;
  size_t node, at;
  struct model bytes; /* of a write */
  char name[DISK_NAME_SIZE], from[DISK_NAME_SIZE];
};

struct disk {
  size_t chunk; /* at most so many bytes in a write */
  int lies;     /* 1: sync does nothing and says that all is well */
  int in_place; /* 1: the host writes over the file itself and renames nothing */
  struct disk_state before, now;
  struct disk_operation log[DISK_OPERATIONS];
  size_t count;
  int open;
};

void disk_start(struct disk *disk, size_t chunk);
void disk_free(struct disk *disk);
/* A file that is there from the start, and durable. */
void disk_put(struct disk *disk, const char *name, const void *bytes, size_t size);
/* NULL: there is none of that name. */
const struct model *disk_find(const struct disk *disk, const char *name);
thalnet_io disk_io(struct disk *disk);

/* Another disk, with what may be there when power fails after the first `operations` of the log. */
void disk_crash(const struct disk *disk, size_t operations, unsigned long long *random, struct disk *after);

#endif
