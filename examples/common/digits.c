/* SPDX-License-Identifier: MIT */
#include "digits.h"

#include <math.h>
#include <string.h>

#include "random.h"
#include "strokes.h"

/* Changing anything here, or the order of the draws, changes every picture. */
enum { DATA_SEED = 17440, PIECES = 8 }; /* PIECES: straight pieces of the curve between two points of a stroke */

struct point {
  float x, y;
};

/* One writer on one day: how the form's unit square lies on the picture, and the pen. */
struct hand {
  float width, height;              /* of the digit, in pixels */
  float slant, cosine, sine;        /* shear, then rotation */
  float center_x, center_y;         /* where the digit's middle lies */
  float bend_x[3], bend_y[3];       /* coefficients of x^2 (or y^2), x y, and y^3 */
  float tremor;                     /* of every point of a stroke, in units of the square */
  float pen, pressure, pressure_at; /* radius, how much it changes along a stroke, where it is largest */
  float ink, noise;                 /* brightest grey, and deviation of the noise */
};

static struct hand draw_hand(struct example_random *random, uint8_t label) {
  struct hand hand;
  hand.height = example_random_between(random, 15.5f, 20.5f);
  hand.width = hand.height * example_random_between(random, 0.58f, 1.12f);
  if (label == 1) hand.width *= 0.8f;
  hand.slant = 0.12f + example_random_bell(random, 0.24f);
  float half_tangent = example_random_bell(random, 0.07f); /* a rational circle in place of cosine and sine */
  hand.cosine = (1.0f - half_tangent * half_tangent) / (1.0f + half_tangent * half_tangent);
  hand.sine = 2.0f * half_tangent / (1.0f + half_tangent * half_tangent);
  hand.center_x = 13.5f + example_random_bell(random, 0.9f);
  hand.center_y = 13.5f + example_random_bell(random, 0.9f);
  for (int i = 0; i < 3; i++) hand.bend_x[i] = example_random_bell(random, 0.16f);
  for (int i = 0; i < 3; i++) hand.bend_y[i] = example_random_bell(random, 0.16f);
  hand.tremor = example_random_between(random, 0.015f, 0.05f);
  hand.pen = example_random_between(random, 0.7f, 1.7f);
  hand.pressure = example_random_between(random, 0.0f, 0.45f);
  hand.pressure_at = example_random_between(random, 0.0f, 1.0f);
  hand.ink = example_random_between(random, 0.78f, 1.0f);
  hand.noise = example_random_between(random, 0.0f, 0.05f);
  return hand;
}

/* From the unit square to pixels. */
static struct point place(const struct hand *hand, struct point p) {
  float x = p.x - 0.5f, y = p.y - 0.5f;
  float bent_x = x + hand->bend_x[0] * y * y + hand->bend_x[1] * x * y + hand->bend_x[2] * y * y * y;
  float bent_y = y + hand->bend_y[0] * x * x + hand->bend_y[1] * x * y + hand->bend_y[2] * x * x * x;
  float wide = bent_x * hand->width - hand->slant * bent_y * hand->height, high = bent_y * hand->height;
  struct point placed = {hand->center_x + hand->cosine * wide - hand->sine * high,
                         hand->center_y + hand->sine * wide + hand->cosine * high};
  return placed;
}

/* Lights the pixels along a straight piece, softer at its edge; where pieces cross, ink does not add up. */
static void draw_piece(float canvas[EXAMPLE_PIXELS], struct point a, struct point b, float radius) {
  float reach = radius + 0.5f, along_x = b.x - a.x, along_y = b.y - a.y;
  float length2 = along_x * along_x + along_y * along_y;
  int left = (int)(fminf(a.x, b.x) - reach), right = (int)(fmaxf(a.x, b.x) + reach) + 1;
  int top = (int)(fminf(a.y, b.y) - reach), bottom = (int)(fmaxf(a.y, b.y) + reach) + 1;
  for (int y = top < 0 ? 0 : top; y <= bottom && y < EXAMPLE_SIDE; y++) {
    for (int x = left < 0 ? 0 : left; x <= right && x < EXAMPLE_SIDE; x++) {
      float from_x = (float)x - a.x, from_y = (float)y - a.y;
      float share = length2 > 0.0f ? (from_x * along_x + from_y * along_y) / length2 : 0.0f;
      share = fminf(fmaxf(share, 0.0f), 1.0f);
      float off_x = from_x - share * along_x, off_y = from_y - share * along_y;
      float covered = fminf(fmaxf(reach - sqrtf(off_x * off_x + off_y * off_y), 0.0f), 1.0f);
      float *pixel = &canvas[y * EXAMPLE_SIDE + x];
      if (covered > *pixel) *pixel = covered;
    }
  }
}

/* The tangent of the curve at a point: along its neighbours, or, at corners and ends, along the piece itself. */
static struct point tangent(const struct example_stroke_point *points, const struct point *at, int count, int i,
                            int towards) {
  int before = i - 1, after = i + 1;
  if (points[i].kind == EXAMPLE_CORNER || before < 0 || after >= count) {
    before = i < towards ? i : towards;
    after = i < towards ? towards : i;
    struct point straight = {at[after].x - at[before].x, at[after].y - at[before].y};
    return straight;
  }
  struct point smooth = {0.5f * (at[after].x - at[before].x), 0.5f * (at[after].y - at[before].y)};
  return smooth;
}

static struct point hermite(struct point a, struct point a_tangent, struct point b, struct point b_tangent, float t) {
  float t2 = t * t, t3 = t2 * t;
  float wa = 2.0f * t3 - 3.0f * t2 + 1.0f, wat = t3 - 2.0f * t2 + t, wb = 3.0f * t2 - 2.0f * t3, wbt = t3 - t2;
  struct point p = {wa * a.x + wat * a_tangent.x + wb * b.x + wbt * b_tangent.x,
                    wa * a.y + wat * a_tangent.y + wb * b.y + wbt * b_tangent.y};
  return p;
}

static void draw_stroke(float canvas[EXAMPLE_PIXELS], const struct example_stroke_point *points,
                        const struct hand *hand, struct example_random *random) {
  struct point at[EXAMPLE_STROKE_POINTS];
  int count = 0;
  for (; points[count].kind != EXAMPLE_END; count++) {
    at[count].x = points[count].x + example_random_bell(random, hand->tremor);
    at[count].y = points[count].y + example_random_bell(random, hand->tremor);
  }
  for (int i = 0; i + 1 < count; i++) {
    struct point start = tangent(points, at, count, i, i + 1), stop = tangent(points, at, count, i + 1, i);
    struct point last = place(hand, at[i]);
    for (int piece = 1; piece <= PIECES; piece++) {
      float t = (float)piece / PIECES;
      float progress = ((float)i + t) / (float)(count - 1) - hand->pressure_at;
      float radius = hand->pen * (1.0f - hand->pressure * progress * progress);
      struct point next = place(hand, hermite(at[i], start, at[i + 1], stop, t));
      draw_piece(canvas, last, next, radius);
      last = next;
    }
  }
}

uint8_t example_digit_label(size_t number) {
  uint32_t order[EXAMPLE_DIGITS];
  example_random_order(order, EXAMPLE_DIGITS, DATA_SEED, (uint64_t)1 << 32 | number / EXAMPLE_DIGITS);
  return (uint8_t)order[number % EXAMPLE_DIGITS];
}

void example_digit_draw(size_t number, uint8_t label, uint8_t pixels[EXAMPLE_PIXELS]) {
  struct example_random random = example_random_start(DATA_SEED, number);
  float canvas[EXAMPLE_PIXELS];
  size_t count;
  const struct example_form *forms = example_digit_forms(label, &count);
  const struct example_form *form = &forms[example_random_below(&random, (uint32_t)count)];
  struct hand hand = draw_hand(&random, label);
  memset(canvas, 0, sizeof canvas);
  for (int s = 0; s < EXAMPLE_FORM_STROKES; s++) draw_stroke(canvas, form->strokes[s], &hand, &random);
  for (size_t k = 0; k < EXAMPLE_PIXELS; k++) {
    float grey = hand.ink * canvas[k] + example_random_bell(&random, hand.noise);
    pixels[k] = (uint8_t)(255.0f * fminf(fmaxf(grey, 0.0f), 1.0f) + 0.5f);
  }
}
