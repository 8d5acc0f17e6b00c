/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <stdlib.h>

#include "page_groups.h"
#include "pairs.h"

struct interval compare_rows(const struct store *store, const struct group *group, const struct comparison *comparison,
                             size_t *seeds_out, long *images_out) {
  const struct pair *pair = store_find_pair(store, group->name, comparison->names[0], comparison->names[1]);
  double *differences = NULL;
  long *seeds;
  size_t count = pairs_seeds(store, group, comparison, &seeds);
  int known = pair && pairs_fit(pair, store, group, comparison);
  for (size_t i = 0; i < count; i++) {
    double a = 0.0, b = 0.0;
    record_measure(store_find(store, group->name, comparison->names[0], seeds[i]), "test", group->measure, &a);
    record_measure(store_find(store, group->name, comparison->names[1], seeds[i]), "test", group->measure, &b);
    differences = array_grow(differences, i, sizeof *differences);
    differences[i] = a - b;
    if (known) { /* without the rounding of the results */
      const struct pair_counts *c = &pair->counts[i];
      differences[i] = (double)(c->first - c->second) / (double)(c->both + c->first + c->second + c->neither);
    }
  }
  struct interval interval =
      known ? statistics_crossed(differences, count, &pair->variance) : statistics_paired(differences, count);
  *seeds_out = count;
  *images_out =
      known ? pair->counts[0].both + pair->counts[0].first + pair->counts[0].second + pair->counts[0].neither : 0;
  free(differences);
  free(seeds);
  return interval;
}

/* How many images, in the mean of the seeds. */
static void print_images(struct words *text, const struct pair *pair) {
  double both = 0.0, first = 0.0, second = 0.0, neither = 0.0, n = (double)pair->count;
  for (size_t i = 0; i < pair->count; i++) {
    both += (double)pair->counts[i].both / n;
    first += (double)pair->counts[i].first / n;
    second += (double)pair->counts[i].second / n;
    neither += (double)pair->counts[i].neither / n;
  }
  words_add(text,
            " Of %.0f test images both name %.0f rightly, only `%s` %.0f, only `%s` %.0f, neither %.0f (mean over the "
            "seeds).",
            both + first + second + neither, both, pair->rows[0], first, pair->rows[1], second, neither);
}

static void print_signed(struct words *text, const struct group *group, double value) {
  if (value >= 0.0) words_add(text, "+");
  page_print_value(text, group, value);
}

/* What the interval allows to say, and no more. */
static void print_verdict(struct words *text, const struct group *group, const struct comparison *comparison,
                          const struct interval *interval) {
  const char *first = comparison->names[0], *second = comparison->names[1];
  int above = interval->known && interval->low > 0.0, below = interval->known && interval->high < 0.0;
  if (!above && !below) {
    words_add(text, "**Neither `%s` nor `%s` is shown to be better**", first, second);
    return;
  }
  int better = above == group->higher_is_better;
  words_add(text, "**`%s` is %s `%s`**%s", first, above ? "above" : "below", second,
            group->higher_is_better ? "" : (better ? ", which is better" : ", which is worse"));
}

void compare_print(struct words *text, const struct store *store, const struct group *group,
                   const struct comparison *comparison) {
  size_t seeds;
  long images;
  struct interval interval = compare_rows(store, group, comparison, &seeds, &images);
  const char *first = comparison->names[0], *second = comparison->names[1];
  if (seeds == 0) {
    words_add(text, "`%s` and `%s`: no seed has been run with both yet.\n", first, second);
    return;
  }
  print_verdict(text, group, comparison, &interval);
  words_add(text, ": on the test, the difference `%s` - `%s` is ", first, second);
  print_signed(text, group, interval.mean);
  words_add(text, " %s", group->percent ? "points" : group->unit);
  if (interval.known) {
    words_add(text, ", 95 %% interval ");
    print_signed(text, group, interval.low);
    words_add(text, " to ");
    print_signed(text, group, interval.high);
    if (images)
      words_add(text, " (%zu seeds and %ld test images, both taken as sampled).", seeds, images);
    else
      words_add(text, " (%zu seeds, the test data taken as given).", seeds);
  } else {
    words_add(text, " with the one seed there is, which allows no interval.");
  }
  if (images) print_images(text, store_find_pair(store, group->name, first, second));
  words_add(text, "\n");
}
