/* SPDX-License-Identifier: MIT */
#include "network/gradients.h"

#include <string.h>

#include "core/arena.h"
#include "core/checked.h"

/* A single chunk needs one only where there are gradients already: else the center's own are its buffer. */
static size_t thalnet__tree_buffers(size_t chunks, size_t workers, int adding) {
  size_t levels = 1;
  if (chunks == 1 && !adding) return 0;
  while (chunks >> levels) levels++;
  return thalnet__min(chunks, workers * (levels + 1));
}

static void thalnet__tree_layout(thalnet__gradient_tree *tree, size_t chunks, size_t buffers, thalnet__arena *arena) {
  tree->node_count = 2 * chunks + 64; /* every level is half of the one below, rounded up */
  tree->waiting = thalnet__take(arena, tree->node_count, sizeof *tree->waiting);
  tree->spare = thalnet__take(arena, buffers, sizeof *tree->spare);
  tree->buffers = thalnet__take2(arena, buffers, tree->net->parameter_count, sizeof *tree->buffers);
}

size_t thalnet__tree_measure(const thalnet_center *net, size_t chunks, size_t workers, int adding) {
  thalnet__gradient_tree tree = {.net = net};
  thalnet__arena arena = {0};
  thalnet__tree_layout(&tree, chunks, thalnet__tree_buffers(chunks, workers, adding), &arena);
  return arena.used;
}

thalnet_status thalnet__tree_reserve(const thalnet_center *net, thalnet__gradient_tree *tree, size_t chunks,
                                     size_t workers, int adding) {
  const size_t buffers = thalnet__tree_buffers(chunks, workers, adding);
  tree->net = net;
  if (tree->node_count >= 2 * chunks + 64 && tree->buffer_count >= buffers) return THALNET_OK;
  const size_t bytes = thalnet__tree_measure(net, chunks, workers, adding);
  void *block;
  thalnet__tree_free(net, tree);
  THALNET__TRY(thalnet__allocate(&net->memory, bytes, 1, &block));
  thalnet__arena arena = {.base = block};
  tree->net = net;
  tree->block = block;
  tree->block_size = bytes;
  tree->buffer_count = buffers;
  thalnet__tree_layout(tree, chunks, buffers, &arena);
  return THALNET_OK;
}

void thalnet__tree_free(const thalnet_center *net, thalnet__gradient_tree *tree) {
  thalnet__release(&net->memory, tree->block, tree->block_size, 1);
  memset(tree, 0, sizeof *tree);
}

void thalnet__tree_begin(thalnet__gradient_tree *tree, size_t chunks, real *first) {
  tree->chunks = chunks;
  tree->first = first;
  tree->root = NULL;
  memset(tree->waiting, 0, tree->node_count * sizeof *tree->waiting);
  tree->spare_count = tree->buffer_count;
  for (size_t i = 0; i < tree->buffer_count; i++) tree->spare[i] = tree->buffers + i * tree->net->parameter_count;
  atomic_flag_clear(&tree->busy);
}

static void thalnet__tree_lock(thalnet__gradient_tree *tree) {
  while (atomic_flag_test_and_set_explicit(&tree->busy, memory_order_acquire)) {}
}

static void thalnet__tree_unlock(thalnet__gradient_tree *tree) {
  atomic_flag_clear_explicit(&tree->busy, memory_order_release);
}

real *thalnet__tree_take(thalnet__gradient_tree *tree, size_t chunk) {
  if (chunk == 0 && tree->first != NULL) return tree->first; /* the center's own, without a gradient: all zeros */
  thalnet__tree_lock(tree);
  real *buffer = tree->spare[--tree->spare_count];
  thalnet__tree_unlock(tree);
  memset(buffer, 0, tree->net->parameter_count * sizeof *buffer);
  return buffer;
}

/* The buffer waiting at the neighbour, or NULL after leaving ours to wait. */
static real *thalnet__tree_meet(thalnet__gradient_tree *tree, size_t mine, size_t neighbour, real *buffer) {
  thalnet__tree_lock(tree);
  real *other = tree->waiting[neighbour];
  if (other == NULL) tree->waiting[mine] = buffer;
  thalnet__tree_unlock(tree);
  return other;
}

void thalnet__tree_give(thalnet__gradient_tree *tree, size_t chunk, real *buffer) {
  size_t level = 0; /* where the level's nodes start */
  for (size_t count = tree->chunks, node = chunk; count > 1; level += count, count = (count + 1) / 2, node /= 2) {
    const size_t neighbour = node ^ 1;
    if (neighbour >= count) continue; /* an odd one out moves up as it is */
    real *other = thalnet__tree_meet(tree, level + node, level + neighbour, buffer);
    if (other == NULL) return;
    real *left = node < neighbour ? buffer : other, *right = node < neighbour ? other : buffer;
    tree->net->kernels->add(tree->net->parameter_count, right, left);
    thalnet__tree_lock(tree);
    tree->spare[tree->spare_count++] = right;
    thalnet__tree_unlock(tree);
    buffer = left;
  }
  tree->root = buffer;
}

static thalnet_status thalnet__allocate_gradients(thalnet_center *net) {
  void *gradients, *received;
  if (net->gradients != NULL) return THALNET_OK;
  THALNET__TRY(thalnet__allocate(&net->memory, net->parameter_count, sizeof(real), &gradients));
  const thalnet_status status = thalnet__allocate(&net->memory, net->tensor_count, 1, &received);
  if (status != THALNET_OK) {
    thalnet__release(&net->memory, gradients, net->parameter_count, sizeof(real));
    return status;
  }
  net->gradients = gradients;
  net->received = received;
  net->has_gradient = 0;
  return THALNET_OK;
}

/* Several threads may create batches on one center while others run it, so this has a little lock of its own. */
thalnet_status thalnet__make_gradients(const thalnet_center *net) {
  thalnet_center *mine = (thalnet_center *)(uintptr_t)net;
  while (atomic_flag_test_and_set_explicit(&mine->making_gradients, memory_order_acquire)) {}
  const thalnet_status status = thalnet__allocate_gradients(mine);
  atomic_flag_clear_explicit(&mine->making_gradients, memory_order_release);
  return status;
}

void thalnet__clear_gradients(thalnet_center *net) {
  memset(net->gradients, 0, net->parameter_count * sizeof *net->gradients);
  thalnet__forget_gradients(net);
}

void thalnet__forget_gradients(thalnet_center *net) {
  memset(net->received, 0, net->tensor_count);
  net->has_gradient = net->lost_batch = 0;
}

void thalnet__accept_gradients(thalnet_center *net, real *sum, const unsigned char *with_gradient, int started) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind != NULL && thalnet__is_static(reader))
      reader->kind->effective_gradient(reader, net->parameters, sum);
  }
  for (size_t t = 0; t < net->tensor_count; t++)
    if (net->tensors[t].frozen) memset(sum + net->tensors[t].place, 0, net->tensors[t].count * sizeof *sum);
  if (sum != net->gradients) net->kernels->add(net->parameter_count, sum, net->gradients);
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    if (tensor->frozen) continue;
    if (tensor->start ? started : tensor->output < 0 || with_gradient[tensor->output]) net->received[t] = 1;
  }
  net->has_gradient = 1;
}
