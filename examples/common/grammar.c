/* SPDX-License-Identifier: MIT */
#include "grammar.h"

#include <string.h>

#include "random.h"

/* Changing anything here, or the order of the draws, changes the text. */
enum { DATA_SEED = 8008, CLAUSES_MOST = 2 };

struct words {
  const char *const *words;
  uint32_t count;
};

#define WORDS(table)                                                                                                   \
  { table, sizeof table / sizeof table[0] }

static const char *const noun_table[] = {
    "river",  "stone",  "garden",  "window", "teacher", "farmer",  "sailor", "kitten",  "mountain", "letter", "market",
    "bridge", "forest", "lantern", "baker",  "painter", "soldier", "island", "village", "doctor",   "engine", "shadow",
    "mirror", "castle", "hunter",  "singer", "harbor",  "dragon",  "poet",   "barrel",  "orchard",  "tailor"};
static const char *const verb_table[] = {"find",     "follow", "paint",  "remember", "visit",   "carry",
                                         "question", "mend",   "answer", "admire",   "avoid",   "call",
                                         "cover",    "draw",   "enjoy",  "forget",   "greet",   "help",
                                         "invent",   "join",   "keep",   "lift",     "measure", "need"};
static const char *const quality_table[] = {"old",     "quiet",   "golden", "narrow", "hungry", "distant",
                                            "clever",  "broken",  "gentle", "heavy",  "silver", "young",
                                            "patient", "curious", "empty",  "warm"};
static const char *const adverb_table[] = {"slowly", "often",  "never",    "gladly",
                                           "always", "rarely", "suddenly", "again"};
static const char *const place_table[] = {"behind", "near", "under", "above", "beside", "inside", "beyond", "around"};
static const char *const link_table[] = {"because", "while", "although", "until", "before", "and"};
static const struct words nouns = WORDS(noun_table), verbs = WORDS(verb_table), qualities = WORDS(quality_table),
                          adverbs = WORDS(adverb_table), places = WORDS(place_table), links = WORDS(link_table);

struct writer {
  struct example_random random;
  uint8_t *text;
  size_t count, written;
};

static void put(struct writer *w, const char *word) {
  size_t length = strlen(word);
  if (length > w->count - w->written) length = w->count - w->written;
  memcpy(w->text + w->written, word, length);
  w->written += length;
}

static uint32_t one_of(struct writer *w, uint32_t count) { return example_random_below(&w->random, count); }

/* Some words are used much more often than others. */
static const char *choose(struct writer *w, struct words from) {
  uint32_t a = one_of(w, from.count), b = one_of(w, from.count);
  return from.words[a < b ? a : b];
}

static void put_word(struct writer *w, const char *word) {
  put(w, word);
  put(w, " ");
}

/* Nouns take an s for the plural, verbs for the singular. */
static void put_ending(struct writer *w, const char *word, int s) {
  put(w, word);
  put(w, s ? "s " : " ");
}

static void put_verb_phrase(struct writer *w, int plural, int depth);

static int put_noun_phrase(struct writer *w, int depth) {
  int plural = (int)one_of(w, 2);
  put_word(w, plural ? (one_of(w, 2) ? "these" : "many") : (one_of(w, 2) ? "the" : "every"));
  if (one_of(w, 3) == 0) put_word(w, choose(w, qualities));
  put_ending(w, choose(w, nouns), plural);
  if (depth < CLAUSES_MOST && one_of(w, 5) == 0) {
    put_word(w, "that"); /* the verb agrees with the noun, however far away it is */
    put_verb_phrase(w, plural, depth + 1);
  } else if (depth < CLAUSES_MOST && one_of(w, 5) == 0) {
    put_word(w, choose(w, places));
    put_noun_phrase(w, depth + 1);
  }
  return plural;
}

static void put_verb_phrase(struct writer *w, int plural, int depth) {
  if (one_of(w, 4) == 0) put_word(w, choose(w, adverbs));
  put_ending(w, choose(w, verbs), !plural);
  put_noun_phrase(w, depth + 1);
}

static void put_clause(struct writer *w) {
  int plural = put_noun_phrase(w, 0);
  put_verb_phrase(w, plural, 0);
}

void example_grammar_write(uint8_t *text, size_t count) {
  struct writer w = {example_random_start(DATA_SEED, 0), text, count, 0};
  while (w.written < count) {
    put_clause(&w);
    if (one_of(&w, 3) == 0) {
      put_word(&w, choose(&w, links));
      put_clause(&w);
    }
    if (w.written > 0) w.written--; /* the last word's space */
    put(&w, ".\n");
  }
}
