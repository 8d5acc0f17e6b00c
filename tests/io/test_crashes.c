/* SPDX-License-Identifier: MIT */
/* Power fails after every call of a save: what loads then is exactly the old file or exactly the new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../api/support.h"
#include "disk.h"
#include "known.h"
#include "run.h"

enum { INPUTS = 150, CHUNK = 300, DAMAGES = 60 };

/* What was there before the save. */
enum { NOTHING, OLD_FILE, OLD_AND_LEFTOVER, STARTS };

struct save {
  struct known known; /* loads are into it */
  struct model old, new;
  struct disk disk;
  size_t renamed; /* so many calls up to the rename */
};

/* Saves over what was there, on a disk that writes everything down. */
static void save_once(struct save *save, int32_t kind, int start, int lies, int in_place) {
  memset(save, 0, sizeof *save);
  save->known = known_create(kind, INPUTS, NULL);
  known_set(&save->known, 1);
  save->old = known_bytes(&save->known);
  known_set(&save->known, 2);
  save->new = known_bytes(&save->known);
  disk_start(&save->disk, CHUNK);
  if (start != NOTHING) {
    disk_put(&save->disk, "m", save->old.bytes, save->old.size);
  }
  if (start == OLD_AND_LEFTOVER) { /* of a save that was cut off, longer than this one */
    unsigned char *leftover = calloc(2, save->new.size);
    disk_put(&save->disk, "m.tmp", leftover, 2 * save->new.size);
    free(leftover);
  }
  save->disk.lies = lies;
  save->disk.in_place = in_place;
  const thalnet_io io = disk_io(&save->disk);
  EXPECT_OK(known_save(&save->known, "m", &io));
  ck_assert_int_eq(save->disk.open, 0);
  while (save->renamed < save->disk.count && save->disk.log[save->renamed].what != DISK_RENAME) {
    save->renamed++;
  }
  known_set(&save->known, 3);
}

static void save_free(struct save *save) {
  known_free(&save->known);
  model_free(&save->old);
  model_free(&save->new);
  disk_free(&save->disk);
}

/* What a power failure left. */
enum { OLD, NEW, BROKEN, OUTCOMES };

static int look(struct save *save, struct disk *after, int start) {
  const thalnet_io io = disk_io(after);
  if (start == NOTHING && disk_find(after, "m") == NULL) {
    return OLD;
  }
  int outcome = BROKEN;
  if (known_load(&save->known, "m", &io) == THALNET_OK) {
    outcome = start != NOTHING && known_is(&save->known, &save->old) ? OLD
              : known_is(&save->known, &save->new)                   ? NEW
                                                                     : BROKEN;
  }
  ck_assert_int_eq(after->open, 0);
  return outcome;
}

/* Whatever is left, the next save gets over it. */
static void save_again(struct save *save, struct disk *after) {
  const thalnet_io io = disk_io(after);
  known_set(&save->known, 4);
  EXPECT_OK(known_save(&save->known, "m", &io));
  known_set(&save->known, 3);
  EXPECT_OK(known_load(&save->known, "m", &io));
  struct model loaded = known_bytes(&save->known);
  known_set(&save->known, 4);
  ck_assert(known_is(&save->known, &loaded) && !disk_find(after, "m.tmp"));
  known_set(&save->known, 3);
  model_free(&loaded);
}

/* How often each came of it, for a number of calls before the power failed. */
static void fail_after(struct save *save, size_t operations, int start, unsigned long long *random,
                       size_t outcomes[OUTCOMES]) {
  for (int i = 0; i < DAMAGES; i++) {
    struct disk after;
    disk_crash(&save->disk, operations, random, &after);
    const int outcome = look(save, &after, start);
    outcomes[outcome]++;
    if (outcome != BROKEN && i % 10 == 0) {
      save_again(save, &after);
    }
    disk_free(&after);
  }
}

/* --- the criterion ------------------------------------------------------------------------------------------------- */

/* Old before the rename, one or the other until the folder is synced, new then; nothing else, ever. */
static void expect_old_or_new(int32_t kind, int start) {
  unsigned long long random = 17 + (unsigned)kind * STARTS + (unsigned)start;
  struct save save;
  save_once(&save, kind, start, 0, 0);
  ck_assert_uint_gt(save.disk.count, 8);
  ck_assert_uint_eq(save.renamed, save.disk.count - 2);
  for (size_t operations = 0; operations <= save.disk.count; operations++) {
    size_t outcomes[OUTCOMES] = {0};
    fail_after(&save, operations, start, &random, outcomes);
    const int may_be_old = operations<save.disk.count, may_be_new = operations> save.renamed;
    ck_assert_msg(outcomes[BROKEN] == 0 && (outcomes[OLD] > 0) == may_be_old && (outcomes[NEW] > 0) == may_be_new,
                  "%s, start %d, power fails after %zu of %zu calls: %zu old, %zu new, %zu broken", known_names[kind],
                  start, operations, save.disk.count, outcomes[OLD], outcomes[NEW], outcomes[BROKEN]);
  }
  printf("%s, start %d: %zu calls, %zu power failures\n", known_names[kind], start, save.disk.count,
         (save.disk.count + 1) * DAMAGES);
  save_free(&save);
}

START_TEST(models_survive) {
  for (int start = NOTHING; start < STARTS; start++) {
    expect_old_or_new(KNOWN_MODEL, start);
  }
}
END_TEST

START_TEST(checkpoints_survive) {
  for (int start = NOTHING; start < STARTS; start++) {
    expect_old_or_new(KNOWN_CHECKPOINT, start);
  }
}
END_TEST

/* --- negative controls --------------------------------------------------------------------------------------------- */

static size_t count_broken(int32_t kind, int lies, int in_place) {
  unsigned long long random = 5;
  size_t outcomes[OUTCOMES] = {0};
  struct save save;
  save_once(&save, kind, OLD_FILE, lies, in_place);
  for (size_t operations = 0; operations <= save.disk.count; operations++) {
    fail_after(&save, operations, OLD_FILE, &random, outcomes);
  }
  save_free(&save);
  return outcomes[BROKEN];
}

/* A disk that says it has synced and has not, and a host that writes over the file itself, are found out. */
START_TEST(lies_are_found_out) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    ck_assert_uint_gt(count_broken(kind, 1, 0), 10);
    ck_assert_uint_gt(count_broken(kind, 0, 1), 100);
    ck_assert_uint_eq(count_broken(kind, 0, 0), 0);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {models_survive, checkpoints_survive, lies_are_found_out};
  return IO_RUN("crashes", tests);
}
