/* SPDX-License-Identifier: MIT */
/* What a host reads of a checkpoint: pairs and build, copied out of the file's header. */
#include <string.h>

#include "core/checked.h"
#include "io/checkpoint.h"
#include "io/model_metadata.h"

/* The host's key, or NULL for a pair that is not the host's. */
static const char *thalnet__host_key(const thalnet__pair *pair) {
  const size_t length = sizeof THALNET__HOST - 1;
  return strncmp(pair->key, THALNET__HOST, length) == 0 ? pair->key + length : NULL;
}

static thalnet_status thalnet__check_host_pairs(const thalnet__header *header, size_t *count, size_t *bytes) {
  *count = *bytes = 0;
  for (size_t i = 0; i < header->pair_count; i++) {
    const char *key = thalnet__host_key(&header->pairs[i]);
    if (key == NULL) continue;
    const thalnet_checkpoint_pair pair = {key, header->pairs[i].value};
    if (thalnet__check_pairs(&pair, 1) != THALNET_OK)
      return thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '%.100s' is no key of a host", header->pairs[i].key);
    *bytes += strlen(pair.key) + strlen(pair.value) + 2; /* no more than the header has */
    ++*count;
  }
  return THALNET_OK;
}

static const char *thalnet__keep_string(char **at, const char *string) {
  const size_t size = strlen(string) + 1;
  char *kept = *at;
  memcpy(kept, string, size);
  *at += size;
  return kept;
}

thalnet_status thalnet__checkpoint_create(const thalnet_center *net, const thalnet__header *header,
                                          thalnet_checkpoint **checkpoint_out) {
  const thalnet__pair *build = thalnet__header_pair(header, THALNET__CHECKPOINT("build"));
  size_t count, strings;
  void *handle, *block;
  if (build == NULL)
    return thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '" THALNET__CHECKPOINT("build") "' is missing");
  THALNET__TRY(thalnet__check_host_pairs(header, &count, &strings));
  const size_t table = count * sizeof(thalnet_checkpoint_pair), size = table + strings + strlen(build->value) + 1;
  THALNET__TRY(thalnet__allocate(&net->memory, 1, sizeof(thalnet_checkpoint), &handle));
  const thalnet_status status = thalnet__allocate(&net->memory, size, 1, &block);
  if (status != THALNET_OK) {
    thalnet__release(&net->memory, handle, 1, sizeof(thalnet_checkpoint));
    return status;
  }
  thalnet_checkpoint *checkpoint = handle;
  char *at = (char *)block + table;
  *checkpoint = (thalnet_checkpoint){
      .magic = THALNET__CHECKPOINT_MAGIC, .net = net, .pairs = block, .block = block, .block_size = size};
  checkpoint->build = thalnet__keep_string(&at, build->value);
  for (size_t i = 0; i < header->pair_count; i++) {
    const char *key = thalnet__host_key(&header->pairs[i]);
    if (key == NULL) continue;
    thalnet_checkpoint_pair *pair = &checkpoint->pairs[checkpoint->pair_count++];
    pair->key = thalnet__keep_string(&at, key);
    pair->value = thalnet__keep_string(&at, header->pairs[i].value);
  }
  thalnet__center_keep(net);
  *checkpoint_out = checkpoint;
  return THALNET_OK;
}

void thalnet__checkpoint_free(thalnet_checkpoint *checkpoint) {
  const thalnet_center *net = checkpoint->net;
  thalnet__release(&net->memory, checkpoint->block, checkpoint->block_size, 1);
  checkpoint->magic = 0;
  thalnet__release(&net->memory, checkpoint, 1, sizeof *checkpoint);
  thalnet__center_drop(net);
}
