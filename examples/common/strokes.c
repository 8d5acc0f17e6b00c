/* SPDX-License-Identifier: MIT */
#include "strokes.h"

#define S(x, y)                                                                                                        \
  { x, y, EXAMPLE_SMOOTH }
#define C(x, y)                                                                                                        \
  { x, y, EXAMPLE_CORNER }

/* clang-format off: one line a stroke */
static const struct example_form zeros[] = {
    {{{S(.56f, .01f), S(.24f, .12f), S(.10f, .45f), S(.18f, .82f), S(.46f, 1.0f), S(.78f, .86f), S(.91f, .50f),
       S(.80f, .14f), S(.50f, .00f), S(.34f, .06f)}}},
    {{{S(.62f, .03f), S(.32f, .10f), S(.12f, .50f), S(.26f, .94f), S(.58f, .97f), S(.86f, .60f), S(.80f, .16f),
       S(.52f, .05f), S(.38f, .12f)}}},
    {{{S(.40f, .02f), S(.18f, .30f), S(.22f, .80f), S(.50f, 1.0f), S(.78f, .72f), S(.78f, .28f), S(.60f, .04f),
       S(.40f, .01f), S(.28f, .12f)}}},
};

static const struct example_form ones[] = {
    {{{S(.52f, .00f), S(.50f, .50f), S(.48f, 1.0f)}}},
    {{{S(.55f, .00f), S(.50f, .50f), S(.45f, 1.0f)}}},
    {{{S(.30f, .22f), C(.54f, .00f), S(.52f, .50f), S(.50f, 1.0f)}}},
    {{{S(.28f, .20f), C(.52f, .00f), S(.52f, .50f), S(.52f, 1.0f)}, {S(.26f, .99f), S(.78f, 1.0f)}}},
};

static const struct example_form twos[] = {
    {{{S(.14f, .22f), S(.40f, .01f), S(.76f, .10f), S(.74f, .42f), S(.42f, .74f), C(.10f, .98f), S(.50f, .96f),
       S(.92f, .99f)}}},
    {{{S(.16f, .26f), S(.36f, .03f), S(.72f, .08f), S(.76f, .36f), S(.48f, .74f), S(.18f, .97f), S(.14f, .80f),
       S(.36f, .80f), S(.62f, .96f), S(.92f, .92f)}}},
    {{{S(.20f, .12f), S(.50f, .00f), S(.80f, .18f), S(.66f, .52f), S(.36f, .80f), C(.12f, 1.0f), S(.86f, .98f)}}},
};

static const struct example_form threes[] = {
    {{{S(.16f, .14f), S(.44f, .00f), S(.78f, .14f), S(.68f, .38f), C(.40f, .48f), S(.72f, .56f), S(.84f, .78f),
       S(.52f, 1.0f), S(.12f, .88f)}}},
    {{{S(.18f, .10f), S(.50f, .02f), S(.76f, .18f), S(.60f, .42f), S(.44f, .47f), S(.70f, .54f), S(.82f, .76f),
       S(.56f, .98f), S(.14f, .94f)}}},
    {{{S(.16f, .04f), C(.80f, .02f), S(.58f, .26f), C(.40f, .42f), S(.74f, .52f), S(.82f, .78f), S(.52f, .99f),
       S(.14f, .90f)}}},
};

static const struct example_form fours[] = {
    {{{S(.22f, .02f), S(.16f, .34f), C(.12f, .56f), S(.50f, .54f), S(.90f, .50f)},
      {S(.70f, .06f), S(.66f, .50f), S(.62f, 1.0f)}}},
    {{{S(.26f, .04f), S(.12f, .40f), S(.24f, .58f), S(.60f, .52f), S(.82f, .44f)},
      {S(.78f, .00f), S(.72f, .50f), S(.64f, 1.0f)}}},
    {{{S(.64f, .00f), S(.36f, .34f), C(.08f, .66f), S(.50f, .66f), S(.94f, .64f)},
      {S(.66f, .02f), S(.66f, .50f), S(.64f, 1.0f)}}},
    {{{S(.62f, .96f), S(.66f, .50f), C(.68f, .02f), S(.36f, .32f), C(.10f, .62f), S(.92f, .60f)}}},
};

static const struct example_form fives[] = {
    {{{S(.30f, .04f), S(.26f, .22f), C(.22f, .44f), S(.52f, .36f), S(.82f, .58f), S(.70f, .92f), S(.40f, 1.0f),
       S(.10f, .88f)},
      {S(.30f, .03f), S(.86f, .00f)}}},
    {{{S(.88f, .02f), S(.58f, .03f), C(.30f, .05f), C(.22f, .46f), S(.54f, .38f), S(.82f, .64f), S(.62f, .96f),
       S(.10f, .94f)}}},
    {{{S(.84f, .00f), S(.54f, .04f), S(.30f, .12f), S(.24f, .34f), S(.44f, .46f), S(.72f, .60f), S(.70f, .88f),
       S(.42f, 1.0f), S(.16f, .92f)}}},
};

static const struct example_form sixes[] = {
    {{{S(.70f, .00f), S(.36f, .24f), S(.14f, .62f), S(.24f, .94f), S(.56f, 1.0f), S(.82f, .80f), S(.70f, .56f),
       S(.40f, .56f), S(.18f, .76f)}}},
    {{{S(.56f, .00f), S(.28f, .30f), S(.14f, .70f), S(.32f, .98f), S(.66f, .96f), S(.80f, .74f), S(.60f, .58f),
       S(.34f, .66f), S(.24f, .88f)}}},
    {{{S(.80f, .08f), S(.48f, .06f), S(.20f, .36f), S(.16f, .78f), S(.44f, 1.0f), S(.78f, .86f), S(.76f, .60f),
       S(.46f, .50f), S(.18f, .66f)}}},
};

static const struct example_form sevens[] = {
    {{{S(.12f, .06f), S(.50f, .04f), C(.88f, .02f), S(.58f, .46f), S(.40f, 1.0f)}}},
    {{{S(.12f, .08f), S(.46f, .04f), S(.82f, .04f), S(.76f, .24f), S(.52f, .60f), S(.42f, 1.0f)}}},
    {{{S(.12f, .04f), C(.86f, .02f), S(.56f, .48f), S(.36f, 1.0f)}, {S(.30f, .52f), S(.78f, .48f)}}},
    {{{S(.12f, .20f), C(.12f, .03f), C(.86f, .03f), S(.62f, .44f), S(.52f, 1.0f)}}},
};

static const struct example_form eights[] = {
    {{{S(.76f, .16f), S(.50f, .00f), S(.22f, .18f), S(.44f, .44f), S(.80f, .74f), S(.52f, 1.0f), S(.18f, .80f),
       S(.46f, .50f), S(.76f, .26f), S(.74f, .10f)}}},
    {{{S(.70f, .08f), S(.38f, .02f), S(.24f, .24f), S(.52f, .48f), S(.78f, .78f), S(.46f, 1.0f), S(.22f, .78f),
       S(.52f, .46f), S(.80f, .16f)}}},
    {{{S(.50f, .46f), S(.26f, .28f), S(.46f, .01f), S(.74f, .18f), S(.52f, .46f), S(.20f, .74f), S(.48f, 1.0f),
       S(.80f, .76f), S(.50f, .46f)}}},
};

static const struct example_form nines[] = {
    {{{S(.80f, .18f), S(.52f, .00f), S(.20f, .20f), S(.34f, .48f), S(.66f, .40f), C(.82f, .12f), S(.78f, .50f),
       S(.72f, 1.0f)}}},
    {{{S(.78f, .14f), S(.44f, .02f), S(.18f, .30f), S(.48f, .50f), S(.80f, .26f), S(.82f, .58f), S(.62f, .92f),
       S(.24f, .98f)}}},
    {{{S(.74f, .10f), S(.40f, .04f), S(.22f, .30f), S(.50f, .46f), S(.76f, .16f), S(.66f, .56f), S(.48f, 1.0f)}}},
};
/* clang-format on */

#define FORMS(table)                                                                                                   \
  { table, sizeof table / sizeof table[0] }

const struct example_form *example_digit_forms(uint8_t digit, size_t *count_out) {
  static const struct {
    const struct example_form *forms;
    size_t count;
  } digits[] = {FORMS(zeros), FORMS(ones),  FORMS(twos),   FORMS(threes), FORMS(fours),
                FORMS(fives), FORMS(sixes), FORMS(sevens), FORMS(eights), FORMS(nines)};
  *count_out = digits[digit].count;
  return digits[digit].forms;
}
