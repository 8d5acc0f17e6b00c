/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* --- states ------------------------------------------------------------------------------------------------------- */

static const size_t none = (size_t)-1;

static size_t find_name(const struct disk_state *state, const char *name) {
  for (size_t i = 0; i < DISK_NAMES; i++) {
    if (strcmp(state->names[i].name, name) == 0) {
      return i;
    }
  }
  return none;
}

static void set_name(struct disk_state *state, const char *name, size_t node) {
  size_t i = find_name(state, name);
  i = i == none ? find_name(state, "") : i;
  if (i == none) {
    abort();
  }
  snprintf(state->names[i].name, DISK_NAME_SIZE, "%s", name);
  state->names[i].node = node;
}

/* Only where it is a name of that node. */
static void drop_name(struct disk_state *state, const char *name, size_t node) {
  size_t i = find_name(state, name);
  if (i != none && state->names[i].node == node) {
    state->names[i].name[0] = 0;
  }
}

static size_t add_node(struct disk_state *state) {
  if (state->node_count == DISK_NODES) {
    abort();
  }
  return state->node_count++;
}

static void set_size(struct model *node, size_t size) {
  unsigned char *bytes = realloc(node->bytes, size + 1);
  if (!bytes) {
    abort();
  }
  if (size > node->size) {
    memset(bytes + node->size, 0, size - node->size);
  }
  *node = (struct model){bytes, size};
}

static void put_bytes(struct model *node, size_t at, const unsigned char *bytes, size_t size) {
  if (at + size > node->size) {
    set_size(node, at + size);
  }
  if (size > 0) {
    memcpy(node->bytes + at, bytes, size);
  }
}

static struct disk_state copy_state(const struct disk_state *state) {
  struct disk_state copy = *state;
  for (size_t i = 0; i < state->node_count; i++) {
    copy.nodes[i] = (struct model){NULL, 0};
    put_bytes(&copy.nodes[i], 0, state->nodes[i].bytes, state->nodes[i].size);
  }
  return copy;
}

static void free_state(struct disk_state *state) {
  for (size_t i = 0; i < DISK_NODES; i++) {
    free(state->nodes[i].bytes);
  }
}

/* What a call does when all goes well. */
static void apply(struct disk_state *state, const struct disk_operation *operation) {
  switch (operation->what) {
  case DISK_WRITE:
    put_bytes(&state->nodes[operation->node], operation->at, operation->bytes.bytes, operation->bytes.size);
    break;
  case DISK_TRUNCATE: set_size(&state->nodes[operation->node], 0); break;
  case DISK_CREATE: set_name(state, operation->name, operation->node); break;
  case DISK_RENAME:
    set_name(state, operation->name, operation->node);
    drop_name(state, operation->from, operation->node);
    break;
  case DISK_REMOVE: drop_name(state, operation->name, operation->node); break;
  default: break;
  }
}

/* --- the disk ----------------------------------------------------------------------------------------------------- */

void disk_start(struct disk *disk, size_t chunk) {
  memset(disk, 0, sizeof *disk);
  disk->chunk = chunk;
}

void disk_free(struct disk *disk) {
  free_state(&disk->before);
  free_state(&disk->now);
  for (size_t i = 0; i < disk->count; i++) {
    free(disk->log[i].bytes.bytes);
  }
}

void disk_put(struct disk *disk, const char *name, const void *bytes, size_t size) {
  struct disk_state *const states[] = {&disk->before, &disk->now};
  for (size_t i = 0; i < 2; i++) {
    const size_t node = add_node(states[i]);
    put_bytes(&states[i]->nodes[node], 0, bytes, size);
    set_name(states[i], name, node);
  }
}

const struct model *disk_find(const struct disk *disk, const char *name) {
  const size_t i = find_name(&disk->now, name);
  return i == none ? NULL : &disk->now.nodes[disk->now.names[i].node];
}

/* Writes an operation down and does it. */
static void disk_do(struct disk *disk, struct disk_operation operation) {
  if (disk->count == DISK_OPERATIONS) {
    abort();
  }
  disk->log[disk->count++] = operation;
  apply(&disk->now, &operation);
}

static void copy_name(char to[DISK_NAME_SIZE], const char *name) { snprintf(to, DISK_NAME_SIZE, "%s", name); }

/* --- the calls of a host ------------------------------------------------------------------------------------------- */

struct disk_handle {
  size_t node, place;
};

static void *open_node(struct disk *disk, size_t node) {
  struct disk_handle *handle = calloc(1, sizeof *handle);
  handle->node = node;
  disk->open++;
  return handle;
}

static int32_t disk_open_read(void *user, const char *path, void **file_out, uint64_t *size_out) {
  struct disk *disk = user;
  const size_t i = find_name(&disk->now, path);
  if (i == none) {
    return ENOENT;
  }
  *size_out = disk->now.nodes[disk->now.names[i].node].size;
  *file_out = open_node(disk, disk->now.names[i].node);
  return 0;
}

static int32_t disk_open_write(void *user, const char *path, void **file_out) {
  struct disk *disk = user;
  struct disk_operation operation = {.what = DISK_TRUNCATE};
  copy_name(operation.name, path);
  if (disk->in_place) {
    operation.name[strcspn(operation.name, ".")] = 0; /* of "m.tmp" */
  }
  const size_t i = find_name(&disk->now, operation.name);
  if (i == none) {
    operation.what = DISK_CREATE;
    operation.node = add_node(&disk->now);
  } else {
    operation.node = disk->now.names[i].node;
  }
  disk_do(disk, operation);
  *file_out = open_node(disk, operation.node);
  return 0;
}

static int32_t disk_read(void *user, void *file, void *bytes, size_t size, size_t *done_out) {
  struct disk_handle *handle = file;
  const struct model *node = &((struct disk *)user)->now.nodes[handle->node];
  const size_t rest = node->size - handle->place;
  *done_out = size < rest ? size : rest;
  if (*done_out > 0) {
    memcpy(bytes, node->bytes + handle->place, *done_out);
  }
  handle->place += *done_out;
  return 0;
}

static int32_t disk_write(void *user, void *file, const void *bytes, size_t size, size_t *done_out) {
  struct disk *disk = user;
  struct disk_handle *handle = file;
  struct disk_operation operation = {.what = DISK_WRITE, .node = handle->node, .at = handle->place};
  *done_out = size < disk->chunk ? size : disk->chunk;
  put_bytes(&operation.bytes, 0, bytes, *done_out);
  handle->place += *done_out;
  disk_do(disk, operation);
  return 0;
}

static int32_t disk_sync(void *user, void *file) {
  struct disk *disk = user;
  if (!disk->lies) {
    disk_do(disk, (struct disk_operation){.what = DISK_SYNC, .node = ((struct disk_handle *)file)->node});
  }
  return 0;
}

static int32_t disk_close(void *user, void *file) {
  ((struct disk *)user)->open--;
  free(file);
  return 0;
}

static int32_t disk_rename(void *user, const char *from, const char *to) {
  struct disk *disk = user;
  struct disk_operation operation = {.what = DISK_RENAME};
  if (disk->in_place) {
    return 0;
  }
  const size_t i = find_name(&disk->now, from);
  if (i == none) {
    return ENOENT;
  }
  operation.node = disk->now.names[i].node;
  copy_name(operation.from, from);
  copy_name(operation.name, to);
  disk_do(disk, operation);
  return 0;
}

static int32_t disk_remove(void *user, const char *path) {
  struct disk *disk = user;
  struct disk_operation operation = {.what = DISK_REMOVE};
  const size_t i = find_name(&disk->now, path);
  if (i == none) {
    return ENOENT;
  }
  operation.node = disk->now.names[i].node;
  copy_name(operation.name, path);
  disk_do(disk, operation);
  return 0;
}

static int32_t disk_sync_folder(void *user, const char *path) {
  (void)path;
  disk_do(user, (struct disk_operation){.what = DISK_SYNC_FOLDER});
  return 0;
}

thalnet_io disk_io(struct disk *disk) {
  return (thalnet_io){sizeof(thalnet_io), disk,       disk_open_read, disk_open_write, disk_read,       disk_write,
                      disk_sync,          disk_close, disk_rename,    disk_remove,     disk_sync_folder};
}

/* --- power failures ------------------------------------------------------------------------------------------------ */

static int is_data(const struct disk_operation *operation) {
  return operation->what == DISK_WRITE || operation->what == DISK_TRUNCATE;
}

/* Was it synced before the power failed? */
static int is_durable(const struct disk *disk, size_t number, size_t operations) {
  const struct disk_operation *operation = &disk->log[number];
  for (size_t i = number + 1; i < operations; i++) {
    const struct disk_operation *later = &disk->log[i];
    if (is_data(operation) ? later->what == DISK_SYNC && later->node == operation->node
                           : later->what == DISK_SYNC_FOLDER) {
      return 1;
    }
  }
  return 0;
}

/* A part of a write arrives; behind it the file may have grown, by zeros or by what was on the disk before. */
static void tear(struct disk_state *state, const struct disk_operation *write, unsigned long long *random) {
  struct model *node = &state->nodes[write->node];
  const size_t size = write->bytes.size;
  const size_t from = io_draw(random, 2) ? 0 : io_draw(random, (unsigned)size + 1);
  const size_t to = from + io_draw(random, (unsigned)(size - from) + 1);
  const unsigned rest = io_draw(random, 3);
  if (rest > 0 && write->at + size > node->size) {
    const size_t old = node->size;
    set_size(node, write->at + size);
    for (size_t i = old; rest == 2 && i < node->size; i++) {
      node->bytes[i] = (unsigned char)io_draw(random, 256);
    }
  }
  put_bytes(node, write->at + from, write->bytes.bytes + from, to - from);
}

static void maybe_apply(struct disk_state *state, const struct disk_operation *operation, unsigned fate,
                        unsigned long long *random) {
  if (fate == 0) {
    return;
  }
  if (fate == 1 && operation->what == DISK_WRITE && operation->bytes.size > 0) {
    tear(state, operation, random);
  } else {
    apply(state, operation);
  }
}

void disk_crash(const struct disk *disk, size_t operations, unsigned long long *random, struct disk *after) {
  size_t loose[DISK_OPERATIONS], count = 0;
  disk_start(after, disk->chunk);
  after->before = copy_state(&disk->before);
  after->before.node_count = disk->now.node_count;
  for (size_t i = 0; i < operations; i++) {
    if (is_durable(disk, i, operations)) {
      apply(&after->before, &disk->log[i]);
    } else {
      loose[count++] = i;
    }
  }
  const unsigned kind = io_draw(random, 4); /* everything dropped, everything done, or each as it comes */
  for (size_t i = 0; i < count; i++) {
    const size_t other = i + (kind == 1 ? 0 : io_draw(random, (unsigned)(count - i))), next = loose[other];
    loose[other] = loose[i];
    loose[i] = next;
    maybe_apply(&after->before, &disk->log[next], kind == 0 ? 0 : kind == 1 ? 2 : io_draw(random, 3), random);
  }
  after->now = copy_state(&after->before);
}
