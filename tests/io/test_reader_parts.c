/* SPDX-License-Identifier: MIT */
/* Files of networks that were edited: readers in parts, and what strangers may write about them. */
#include <stdio.h>
#include <string.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"
#include "zoo.h"

#define PARTS_A "\"thalnet.module.0.reader_parts\":\"0,0,0,0;0,2,0,0;0,0,2,2\""
#define PARTS_C "\"thalnet.module.1.reader_parts\":\"5,2,0,0;0,0,2,2\""
#define PARTS_E "\"thalnet.module.2.reader_parts\":\"5,2,0,0;0,0,2,2\""

/* What everyone sees, right behind the kind of reader. */
START_TEST(parts_are_described) {
  static const char *const wanted[] = {
      "\"thalnet.module.0.reader\":\"softmax:2:skip_own\"," PARTS_A ",\"thalnet.module.0.inputs\"",
      "\"thalnet.module.1.reader\":\"gaussian_normalized:2\"," PARTS_C ",\"thalnet.module.1.inputs\"",
      "\"thalnet.module.2.reader\":\"gaussian_normalized:2\"," PARTS_E ",\"thalnet.module.2.inputs\"",
      "\"thalnet.module.3.reader\":\"linear:2\",\"thalnet.module.3.inputs\"",
      "\"modules.0.reader.parts.1.weight\":{\"dtype\":\"F32\",\"shape\":[2,2,5],",
      "\"modules.0.reader.parts.1.gate\":{\"dtype\":\"F32\",\"shape\":[2],",
      "\"modules.0.reader.parts.2.bias\":{\"dtype\":\"F32\",\"shape\":[2,4],",
      "\"modules.1.reader.parts.1.variance_weight\":{\"dtype\":\"F32\",\"shape\":[2,2],"};
  thalnet_center *net = zoo_edited();
  struct model model = model_of(net);
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    model_find(&model, wanted[i]);
  }
  ck_assert(strstr((const char *)model.bytes + 8, "\"modules.0.reader.weight\"") == NULL);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* --- what strangers write ----------------------------------------------------------------------------------------- */

struct edit {
  const char *from, *to, *says;
};

static void refused(const struct edit *list, size_t count, thalnet_status status) {
  thalnet_center *net = zoo_edited();
  struct model model = model_of(net);
  for (size_t i = 0; i < count; i++) {
    struct model edited = model_edit(&model, list[i].from, list[i].to);
    model_loads_as(&edited, status, status, list[i].to);
    ck_assert_msg(strstr(thalnet_error_text(), list[i].says) != NULL, "%s: %s", list[i].to, thalnet_error_text());
    model_free(&edited);
  }
  model_free(&model);
  thalnet_center_free(net);
}
#define REFUSED(list, status) refused((list), sizeof(list) / sizeof(list)[0], (status))

#define ROWS(rows) PARTS_C, "\"thalnet.module.1.reader_parts\":\"" rows "\""

START_TEST(parts_are_checked) {
  static const struct edit list[] = {
      {ROWS(""), "module.1.reader_parts: '' is less than two rows"},
      {ROWS("5,2,2,2"), "less than two rows"},
      {"\"thalnet.module.3.layers\":\"", "\"thalnet.module.3.layers\":\"\",\"note\":\"", "module.3.layers: "},
      {ROWS("5,2,0,0;0,0,2,1"), "module.1.reader_parts: the parts see 1 features of module 'd', not 2"},
      {ROWS("5,2,0,0;0,0,2,3"), "see 3 features of module 'd', not 2"},
      {ROWS("5,2,0,0;0,0,2,16777216"), "see 16777216 features of module 'd', not 2"},
      {ROWS("5,2,2,2;0,0,0,0"), "part 1 sees nothing"},
      {ROWS("0,0,0,0;5,2,0,0;0,0,2,2"), "more tensors than"},
      {PARTS_A, "\"thalnet.module.0.reader_parts\":\"0,0,0,0;0,2,2,2;0,0,0,0\"", "part 2 sees nothing"},
      {PARTS_A, "\"thalnet.module.0.reader_parts\":\"0,0,0,0;0,0,0,0;0,2,2,2\"", "part 1 sees nothing"},
      {ROWS("5,2,0,0;0,0,2,2;"), "not 4 plain numbers"},
      {ROWS("5,2,0,0;0,0,2,2,"), "row 1 is not 4 plain numbers"},
      {ROWS("5,2,0,0;0,0,2,2,0"), "row 1 is not 4 plain numbers"},
      {ROWS("5,2,0,0,0;0,0,2,2"), "row 0 is not 4 plain numbers"},
      {ROWS("5,2,0;0,0,2,2,0"), "row 0 is not 4 plain numbers"},
      {ROWS("5,2,0;0,0,2"), "not 4 plain numbers"},
      {ROWS(";5,2,0,0;0,0,2,2"), "plain numbers"},
      {ROWS("5,2,0,0;;0,0,2,2"), "plain numbers"},
      {ROWS("5,2,,0;0,0,2,222"), "row 0 is not 4"},
      {ROWS("5,2,0,0;0,0,2,02"), "row 1 is not 4"},
      {ROWS("5,2,00,0;0,0,2,2"), "row 0 is not 4"},
      {ROWS("5,2,0,0;0,0,2,+2"), "row 1 is not 4"},
      {ROWS("5,2,0,0;0,0,2,-2"), "row 1 is not 4"},
      {ROWS("5,2,0,0;0,0,2,2.0"), "row 1 is not 4"},
      {ROWS("5,2,0,0; 0,0,2,2"), "row 1 is not 4"},
      {ROWS("5,2,0,0;0,0,2,2 "), "row 1 is not 4"},
      {ROWS("5:2:0:0;0:0:2:2"), "row 0 is not 4"},
      {ROWS("5,2,0,0;0,0,2,16777217"), "row 1 is not 4 plain numbers up to 16777216"},
      {ROWS("5,2,0,0;0,0,2,18446744073709551618"), "row 1 is not 4"},
      {ROWS("5,2,0,0;0,0,2,99999999999999999999"), "row 1 is not 4"},
      {ROWS("0,0,0,0;5,2,2,2"), "modules.1.reader."}, /* the tensors are others */
      {ROWS("5,2,0,0;0,0,2,0;0,0,0,2"), "more tensors than"},
      {PARTS_C, "\"note\":\"1\"", "modules.1.reader.parts.1."},
      {PARTS_C, PARTS_C ",\"thalnet.module.3.reader_parts\":\"5,2,0,0;0,0,2,2\"",
       "module.3.reader_parts: only softmax"},
      {PARTS_C, PARTS_C ",\"thalnet.module.4.reader_parts\":\"5,2,0,0;0,0,2,2\"", "unknown key"},
      {PARTS_C, PARTS_C "," PARTS_C, "twice"},
      {"\"thalnet.module.3.reader\":\"linear:2\"", "\"thalnet.module.3.reader_parts\":\"5,2,0,0;0,0,2,2\"",
       "only softmax"},
      {PARTS_A, "\"thalnet.module.0.reader_parts\":\"1,0,0,0;0,2,0,0;0,0,2,2\"", "see 1 features of module 'a', not 0"},
      {PARTS_A, "\"thalnet.module.0.reader_parts\":\"0,2,0,0;0,0,2,2\"", "modules.0.reader."},
      {PARTS_A, "\"thalnet.module.0.reader_parts\":\"0,0,0,0;0,1,0,0;0,1,2,2\"", "modules.0.reader.parts.1."},
  };
  REFUSED(list, THALNET_ERROR_FORMAT);
}
END_TEST

/* Which of a slice's features a part sees follows from the order of the parts, so rows may change places: it is another network. */
START_TEST(rows_of_one_size_may_change_places) {
  thalnet_center *net = zoo_edited(), *copy = NULL;
  struct model model = model_of(net), edited, again;
  edited = model_edit(&model, PARTS_A, "\"thalnet.module.0.reader_parts\":\"0,0,0,0;0,0,2,0;0,2,0,2\"");
  EXPECT_OK(thalnet_center_load_memory(edited.bytes, edited.size, NULL, &copy));
  again = model_of(copy);
  ck_assert(again.size == edited.size && memcmp(again.bytes, edited.bytes, again.size) == 0);
  model_free(&model);
  model_free(&edited);
  model_free(&again);
  thalnet_center_free(net);
  thalnet_center_free(copy);
}
END_TEST

/* Whatever a few random changes make of the rows: it loads as a network that can be saved again, or it does not. */
START_TEST(noise_in_the_rows) {
  unsigned long long state = 3;
  thalnet_center *net = zoo_edited();
  struct model model = model_of(net);
  int good = 0;
  for (int i = 0; i < 6000; i++) {
    struct model noisy = {malloc(model.size), model.size};
    thalnet_center *copy = NULL;
    memcpy(noisy.bytes, model.bytes, model.size);
    for (unsigned module = 0; module < 2; module++) {
      char *rows = strstr(model_find(&noisy, module ? PARTS_C : PARTS_A), "\":\"") + 3;
      for (unsigned changes = io_draw(&state, 3); changes > 0; changes--) {
        const size_t length = strcspn(rows, "\"");
        const unsigned at = io_draw(&state, (unsigned)length), other = io_draw(&state, (unsigned)length);
        const char kept = rows[at];
        rows[at] = io_draw(&state, 2) ? rows[other] : "0123456789,;: -"[io_draw(&state, 15)];
        if (io_draw(&state, 2)) {
          rows[other] = kept;
        }
      }
    }
    model_seal(&noisy);
    if (thalnet_center_load_memory(noisy.bytes, noisy.size, NULL, &copy) == THALNET_OK) {
      struct model again = model_of(copy);
      ck_assert(again.size == noisy.size && memcmp(again.bytes, noisy.bytes, again.size) == 0);
      model_free(&again);
      good++;
    }
    thalnet_center_free(copy);
    model_free(&noisy);
  }
  ck_assert_int_gt(good, 100);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {parts_are_described, parts_are_checked, rows_of_one_size_may_change_places,
                                noise_in_the_rows};
  return IO_RUN("reader_parts", tests);
}
