/* SPDX-License-Identifier: MIT */
/* The two kinds of files of the experiments: tables of runs, and finished runs; good ones, and those with mistakes, which
 * are told with their line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/record.h"
#include "experiments/table.h"

static char path[64];

static void make_file(void) {
  snprintf(path, sizeof path, "/tmp/thalnet_experiments_XXXXXX");
  int descriptor = mkstemp(path);
  ck_assert_int_ge(descriptor, 0);
  close(descriptor);
}

static void remove_file(void) { unlink(path); }

static void save(const char *content, size_t size) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(content, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

/* --- tables ------------------------------------------------------------------------------------------------------------ */

static const char good[] = "# a comment\n"
                           "| About all.\n"
                           "\n"
                           "group one\n"
                           "title  The first\n"
                           "program pmnist\n"
                           "options --data {data}/x\t--epochs 3  \n"
                           "options --lr 0.1\n"
                           "measure accuracy higher percent\n"
                           "labels {data}/labels 8 1\n"
                           "seeds 0-2 7\n"
                           "compare b a\n"
                           "| Line one\n"
                           "|\n"
                           "|   Line three | with a bar\n"
                           "> End.\n"
                           "row a  The a row\n"
                           "row b The b row\n"
                           "options --model gru\n"
                           "seeds 5\n"
                           "group two\n"
                           "tunes one\n"
                           "title Rates\n"
                           "program pmnist\n"
                           "measure accuracy higher percent\n"
                           "row c Slow\n"
                           "tunes b\n"
                           "seeds 1\n";

START_TEST(good_table) {
  struct table table;
  struct example_error error = {""};
  save(good, strlen(good));
  ck_assert_msg(table_read(&table, path, &error) == 0, "%s", error.text);
  ck_assert_str_eq(table.introduction, "About all.");
  ck_assert_uint_eq(table.group_count, 2);
  const struct group *one = &table.groups[0], *two = &table.groups[1];
  ck_assert_str_eq(one->title, "The first");
  ck_assert_str_eq(one->introduction, "Line one\n\n  Line three | with a bar");
  ck_assert_str_eq(one->conclusion, "End.");
  ck_assert_str_eq(one->labels, "{data}/labels");
  ck_assert(one->labels_offset == 8 && one->labels_stride == 1 && one->higher_is_better && one->percent);
  ck_assert_uint_eq(one->row_count, 2);
  ck_assert_uint_eq(one->rows[0].seed_count, 4);
  ck_assert(one->rows[0].seeds[2] == 2 && one->rows[0].seeds[3] == 7 && one->rows[1].seeds[0] == 5);
  ck_assert_uint_eq(one->rows[1].seed_count, 1);
  ck_assert(one->comparisons[0].rows[0] == 1 && one->comparisons[0].rows[1] == 0);
  char *command = table_command(one, &one->rows[1]);
  ck_assert_str_eq(command, "pmnist --data {data}/x --epochs 3 --lr 0.1 --model gru");
  free(command);
  ck_assert_str_eq(two->tunes, "one");
  ck_assert_str_eq(two->rows[0].tunes, "b");
  table_free(&table);
}
END_TEST

#define HEAD "group g\ntitle T\nprogram p\nmeasure m higher percent\nseeds 0\n" /* five lines */
#define ROW "row r Row\n"
#define TUNE "group t\ntitle T\nprogram p\nmeasure m higher percent\nseeds 0\ntunes g\n"

static const struct {
  const char *content;
  int line; /* 0: the file as a whole */
  const char *words;
} bad_tables[] = {
    {"", 0, "no group"},
    {"# only this\n", 0, "no group"},
    {"nonsense\n", 1, "there is no 'nonsense'"},
    {"row r Row\n", 1, "no group yet"},
    {"> early\n", 1, "before the first"},
    {"|no blank\n", 1, "a blank is needed"},
    {"group\n", 1, "one name"},
    {"group Upper\n", 1, "one name"},
    {"group ../up\n", 1, "one name"},
    {"group two words\n", 1, "one name"},
    {"group -x\n", 1, "one name"},
    {HEAD ROW HEAD, 7, "group g is there already"},
    {HEAD, 1, "no rows"},
    {"group g\nprogram p\nmeasure m higher percent\nseeds 0\n" ROW, 1, "title is missing"},
    {"group g\ntitle T\nmeasure m higher percent\nseeds 0\n" ROW, 1, "program is missing"},
    {"group g\ntitle T\nprogram p\nseeds 0\n" ROW, 1, "measure is missing"},
    {"group g\ntitle T\ntitle U\n", 3, "given twice"},
    {"group g\ntitle a | b\n", 2, "without |"},
    {"group g\nprogram a b\n", 2, "one name"},
    {"group g\nprogram /bin/sh\n", 2, "one name"},
    {"group g\nmeasure m best percent\n", 2, "higher or lower"},
    {"group g\nmeasure m higher\n", 2, "unit"},
    {"group g\nseeds\n", 2, "nothing is given"},
    {"group g\nseeds 3-1\n", 2, "'3-1'"},
    {"group g\nseeds -1\n", 2, "'-1'"},
    {"group g\nseeds 1 1\n", 2, "1 is there twice"},
    {"group g\nseeds 0-3 2\n", 2, "2 is there twice"},
    {"group g\nseeds 0-99999\n", 2, "more than 1000"},
    {"group g\nseeds 99999999999999999999\n", 2, "99999"},
    {"group g\nseeds 1\nseeds 2\n", 3, "given twice"},
    {"group g\noptions\n", 2, "nothing is given"},
    {"group g\noptions --seed 3\n", 2, "--seed"},
    {"group g\noptions --curve=x\n", 2, "--curve"},
    {"group g\noptions --data {home}\n", 2, "{data} only"},
    {"group g\noptions --data {data\n", 2, "{data} only"},
    {"group g\noptions --prompt 'a b'\n", 2, "no quotes"},
    {"group g\nlabels x\n", 2, "a file"},
    {"group g\nlabels x 0 0\n", 2, "a file"},
    {"group g\nlabels x 0 1 2\n", 2, "a file"},
    {"group g\ncompare a\n", 2, "two rows"},
    {"group g\ncompare a a\n", 2, "two rows"},
    {HEAD "compare r s\n" ROW, 6, "no row s"},
    {HEAD ROW ROW, 7, "row r is in group g already"},
    {HEAD "row r\n", 6, "a title"},
    {HEAD "row r a|b\n", 6, "a title"},
    {HEAD ROW "title U\n", 7, "before the group's rows"},
    {HEAD ROW "tunes g\n", 6, "tunes belongs"},
    {"group g\ntitle T\nprogram p\nmeasure m higher percent\n" ROW, 5, "with which seeds"},
    {HEAD ROW TUNE "row x X\n", 13, "tunes is missing"},
    {HEAD ROW TUNE "row x X\ntunes s\n", 13, "no row s"},
    {HEAD "tunes h\n" ROW, 1, "no group with a test"},
    {HEAD "tunes g\n" ROW, 1, "no group with a test"},
    {HEAD ROW TUNE "labels x 0 1\nrow x X\ntunes r\n", 7, "labels and compare"},
    {HEAD "train no\n" ROW, 6, "there is measured only"},
    {HEAD "test no\n" ROW, 6, "there is none only"},
    {HEAD "test none\nlabels x 0 1\n" ROW, 1, "labels and compare"},
    {HEAD "row r Bell \a\n", 6, "not text"},
};

START_TEST(bad_table) {
  struct table table;
  struct example_error error = {""};
  char place[128];
  const char *content = bad_tables[_i].content;
  save(content, strlen(content));
  ck_assert_msg(table_read(&table, path, &error) == -1, "it was taken: %s", content);
  ck_assert_uint_eq(table.group_count, 0);
  snprintf(place, sizeof place, bad_tables[_i].line ? "%s:%d: " : "%s: ", path, bad_tables[_i].line);
  ck_assert_msg(strncmp(error.text, place, strlen(place)) == 0, "'%s' does not begin with '%s'", error.text, place);
  ck_assert_msg(strstr(error.text, bad_tables[_i].words), "'%s' has no '%s'", error.text, bad_tables[_i].words);
}
END_TEST

/* A table cut off anywhere is read or refused, and nothing is lost on the way. */
START_TEST(cut_tables) {
  for (size_t size = 0; size < strlen(good); size++) {
    struct table table;
    struct example_error error = {""};
    save(good, size);
    if (table_read(&table, path, &error) == 0) table_free(&table);
  }
  save("group g\0x\n", 10);
  struct table table;
  struct example_error error = {""};
  ck_assert_int_eq(table_read(&table, path, &error), -1);
  unlink(path);
  ck_assert_int_eq(table_read(&table, path, &error), -1);
  ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
}
END_TEST

/* --- finished runs ----------------------------------------------------------------------------------------------------- */

#define FIRST "thalnet-experiments 1\n"
static const char runs[] =
    FIRST "run g/a 3\ncommand pmnist --model gru\nmachine a computer\nthreads 2\njobs 1\nstatus 0\n"
          "result test_m=0.5 validation_m=0.25 xtest_m=9 seconds=12\n"
          "curve epoch,seconds\ncurve 1,2.5\nend\n"
          "run g/b 3\ncommand pmnist\nmachine a computer\nthreads 2\njobs 1\nstatus 3\n"
          "error pmnist: it went wrong\nend\n"
          "pair g a b\ncounts 3 10 2 1 7\nvariance 1.250000000e-03 5.000000000e-04\nend\n";

START_TEST(good_runs) {
  struct store store = {NULL, 0, NULL, 0};
  struct example_error error = {""};
  double value;
  save(runs, strlen(runs));
  ck_assert_msg(store_read(&store, path, &error) == 0, "%s", error.text);
  ck_assert(store.count == 2 && store.pair_count == 1);
  const struct record *a = store_find(&store, "g", "a", 3), *b = store_find(&store, "g", "b", 3);
  ck_assert_ptr_nonnull(a);
  ck_assert(a->threads == 2 && a->status == 0 && !a->error);
  ck_assert_str_eq(a->curve, "epoch,seconds\n1,2.5\n");
  ck_assert(record_measure(a, "test", "m", &value) == 0 && value == 0.5);
  ck_assert(record_value(a, "seconds", &value) == 0 && value == 12.0);
  ck_assert_int_eq(record_value(a, "second", &value), -1);
  ck_assert(b->status == 3 && strcmp(b->error, "pmnist: it went wrong") == 0);
  ck_assert_int_eq(record_measure(b, "test", "m", &value), -1);
  ck_assert_ptr_null(store_find(&store, "g", "a", 4));
  const struct pair *pair = store_find_pair(&store, "g", "a", "b");
  ck_assert(pair && pair->count == 1 && pair->counts[0].first == 2 && pair->variance.both == 5e-4);

  struct words text = {NULL, 0, 0}; /* written again they are the same */
  words_add(&text, "%s\n", record_first_line);
  record_print(&text, a);
  record_print(&text, b);
  pair_print(&text, pair);
  ck_assert_str_eq(words_string(&text), runs);
  words_free(&text);
  ck_assert_int_eq(store_read(&store, path, &error), 0); /* and replace each other */
  ck_assert(store.count == 2 && store.pair_count == 1);
  store_free(&store);
}
END_TEST

#define RUN "run g/a 3\ncommand c\nmachine m\nthreads 2\njobs 1\n"

static const struct {
  const char *content;
  int line;
  const char *words;
} bad_runs[] = {
    {"", 1, "too early"},
    {"thalnet-experiments 2\n", 1, "is not"},
    {"<<<<<<< ours\n" FIRST, 1, "is not"},
    {FIRST "<<<<<<< ours\n", 2, "not known here"},
    {FIRST "end\n", 2, "nothing was begun"},
    {FIRST "run g 3\nend\n", 2, "GROUP/ROW"},
    {FIRST "run g/a x\nend\n", 2, "a number"},
    {FIRST RUN "status 0\nend\n", 8, "without result"},
    {FIRST RUN "status 1\nresult a=1\nend\n", 9, "without result or error"},
    {FIRST RUN "result a=1\nend\n", 8, "without command, machine or status"},
    {FIRST RUN "status 0\nresult a=1\n", 9, "too early"},
    {FIRST RUN "status 0\nresult a=1\nend", 9, "middle of a line"},
    {FIRST RUN "run g/b 3\n", 7, "end is missing"},
    {FIRST RUN "command again\n", 7, "twice"},
    {FIRST RUN "nonsense\n", 7, "not known in a run"},
    {FIRST "pair g a\n", 2, "two rows"},
    {FIRST "pair g a b\ncounts 1 2 3\n", 3, "four counts"},
    {FIRST "pair g a b\ncounts 1 2 3 -4 5\n", 3, "four counts"},
    {FIRST "pair g a b\nvariance nan 1\n", 3, "two numbers"},
    {FIRST "pair g a b\nend\n", 3, "nothing was begun"},
};

START_TEST(bad_run) {
  struct store store = {NULL, 0, NULL, 0};
  struct example_error error = {""};
  char place[128];
  save(bad_runs[_i].content, strlen(bad_runs[_i].content));
  ck_assert_msg(store_read(&store, path, &error) == -1, "it was taken: %s", bad_runs[_i].content);
  snprintf(place, sizeof place, "%s:%d: ", path, bad_runs[_i].line);
  ck_assert_msg(strncmp(error.text, place, strlen(place)) == 0, "'%s' does not begin with '%s'", error.text, place);
  ck_assert_msg(strstr(error.text, bad_runs[_i].words), "'%s' has no '%s'", error.text, bad_runs[_i].words);
  store_free(&store);
}
END_TEST

START_TEST(cut_runs) {
  for (size_t size = 0; size < strlen(runs); size++) {
    struct store store = {NULL, 0, NULL, 0};
    struct example_error error = {""};
    save(runs, size);
    char *cut = words_copy(runs, size), *last = strrchr(cut, 'e');
    int whole = size == strlen(FIRST) || (last && strcmp(last, "end\n") == 0);
    ck_assert_int_eq(store_read(&store, path, &error), whole ? 0 : -1);
    free(cut);
    store_free(&store);
  }
  unlink(path);
  struct store store = {NULL, 0, NULL, 0};
  struct example_error error = {""};
  ck_assert_int_eq(store_read(&store, path, &error), 1);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("experiments_files");
  TCase *cases = tcase_create("files");
  tcase_add_checked_fixture(cases, make_file, remove_file);
  tcase_add_test(cases, good_table);
  tcase_add_loop_test(cases, bad_table, 0, sizeof bad_tables / sizeof bad_tables[0]);
  tcase_add_test(cases, cut_tables);
  tcase_add_test(cases, good_runs);
  tcase_add_loop_test(cases, bad_run, 0, sizeof bad_runs / sizeof bad_runs[0]);
  tcase_add_test(cases, cut_runs);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
