/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <math.h>

#include "random.h"

/* Changing anything here, or the order of the draws, changes every picture. */
enum { DATA_SEED = 10010, CLASSES = 10, COLOURS = EXAMPLE_CIFAR_COLOURS, SIDE = EXAMPLE_CIFAR_SIDE, CLUTTER = 3 };

struct colour {
  float of[COLOURS];
};

/* How a shape, whose own square is -1..1, lies on the picture. */
struct pose {
  float x, y, radius, cosine, sine;
  float waves, phase_u, phase_v; /* of textures */
};

struct picture {
  struct pose pose, clutter[CLUTTER];
  struct colour ink, ground, ground_below, clutter_ink[CLUTTER];
  float noise;
};

static struct colour draw_colour(struct example_random *random, float low, float high) {
  struct colour colour;
  for (int k = 0; k < COLOURS; k++) colour.of[k] = example_random_between(random, low, high);
  return colour;
}

static float difference(const struct colour *a, const struct colour *b) {
  float sum = 0.0f;
  for (int k = 0; k < COLOURS; k++) sum += fabsf(a->of[k] - b->of[k]);
  return sum;
}

static struct pose draw_pose(struct example_random *random, float smallest, float largest, float tilt) {
  struct pose pose;
  pose.radius = example_random_between(random, smallest, largest);
  pose.x = example_random_between(random, 9.0f, 22.0f);
  pose.y = example_random_between(random, 9.0f, 22.0f);
  float half_tangent = example_random_bell(random, tilt); /* a rational circle in place of cosine and sine */
  pose.cosine = (1.0f - half_tangent * half_tangent) / (1.0f + half_tangent * half_tangent);
  pose.sine = 2.0f * half_tangent / (1.0f + half_tangent * half_tangent);
  pose.waves = example_random_between(random, 0.9f, 1.5f);
  pose.phase_u = example_random_between(random, 0.0f, 1.0f);
  pose.phase_v = example_random_between(random, 0.0f, 1.0f);
  return pose;
}

static struct picture draw_picture(struct example_random *random) {
  struct picture picture;
  picture.pose = draw_pose(random, 5.5f, 10.0f, 0.1f);
  picture.ground = draw_colour(random, 0.05f, 0.65f);
  picture.ground_below = draw_colour(random, 0.05f, 0.65f);
  for (int k = 0; k < COLOURS; k++) /* the ground goes over into another colour, but not far */
    picture.ground_below.of[k] = 0.6f * picture.ground.of[k] + 0.4f * picture.ground_below.of[k];
  do picture.ink = draw_colour(random, 0.35f, 0.95f);
  while (difference(&picture.ink, &picture.ground) < 0.6f || difference(&picture.ink, &picture.ground_below) < 0.5f);
  for (int i = 0; i < CLUTTER; i++) {
    picture.clutter[i] = draw_pose(random, 1.0f, 3.5f, 0.5f);
    picture.clutter[i].x = example_random_between(random, 0.0f, 31.0f);
    picture.clutter[i].y = example_random_between(random, 0.0f, 31.0f);
    picture.clutter_ink[i] = draw_colour(random, 0.05f, 0.95f);
  }
  picture.noise = example_random_between(random, 0.04f, 0.16f);
  return picture;
}

/* A wave of triangles between -1 and 1. */
static float wave(float at) { return 4.0f * fabsf(at - floorf(at) - 0.5f) - 1.0f; }

static float bar(float u, float v) { return fminf(0.3f - fabsf(u), 1.0f - fabsf(v)); }

/* How far inside its class's shape a point is; negative outside. The unit is about the shape's radius. */
static float inside(uint8_t label, const struct pose *pose, float u, float v) {
  float distance = sqrtf(u * u + v * v), square = 0.95f - fmaxf(fabsf(u), fabsf(v));
  float upright = wave(u * pose->waves + pose->phase_u), level = wave(v * pose->waves + pose->phase_v);
  float half = 0.7071068f, left, away;
  switch (label) {
  case 0: return 1.0f - distance;
  case 1: return square;
  case 2: return fminf(0.75f - v, 0.45f * (v + 1.05f) - 0.85f * fabsf(u));
  case 3: return 0.24f - fabsf(distance - 0.8f);
  case 4: return fmaxf(bar(u, v), bar(v, u));
  case 5: return fmaxf(bar(half * (u + v), half * (u - v)), bar(half * (u - v), half * (u + v)));
  case 6:
    left = u - 0.5f;
    away = sqrtf(left * left + v * v) - 0.75f;
    return fminf(1.0f - distance, away);
  case 7: return fminf(square, 0.25f * level);
  case 8: return fminf(square, 0.25f * upright);
  default: return fminf(square, upright * level > 0.0f ? 0.2f : -0.2f);
  }
}

/* How much of a pixel a shape covers. */
static float cover(uint8_t label, const struct pose *pose, int row, int column) {
  float x = ((float)column - pose->x) / pose->radius, y = ((float)row - pose->y) / pose->radius;
  float depth = inside(label, pose, pose->cosine * x + pose->sine * y, pose->cosine * y - pose->sine * x);
  return fminf(fmaxf(depth * pose->radius + 0.5f, 0.0f), 1.0f);
}

uint8_t example_shape_label(size_t number) {
  uint32_t order[CLASSES];
  example_random_order(order, CLASSES, DATA_SEED, (uint64_t)1 << 32 | number / CLASSES);
  return (uint8_t)order[number % CLASSES];
}

void example_shape_draw(size_t number, uint8_t label, uint8_t pixels[EXAMPLE_CIFAR_VALUES]) {
  struct example_random random = example_random_start(DATA_SEED, number);
  const struct picture picture = draw_picture(&random);
  for (int row = 0; row < SIDE; row++) {
    for (int column = 0; column < SIDE; column++) {
      float covered = cover(label, &picture.pose, row, column), below = (float)row / (SIDE - 1);
      float spots[CLUTTER];
      for (int i = 0; i < CLUTTER; i++) spots[i] = cover(i == 0 ? 0 : 1, &picture.clutter[i], row, column);
      for (int k = 0; k < COLOURS; k++) {
        float value = picture.ground.of[k] + below * (picture.ground_below.of[k] - picture.ground.of[k]);
        value += covered * (picture.ink.of[k] - value);
        for (int i = 0; i < CLUTTER; i++) value += spots[i] * (picture.clutter_ink[i].of[k] - value);
        value += example_random_bell(&random, picture.noise);
        *pixels++ = (uint8_t)(255.0f * fminf(fmaxf(value, 0.0f), 1.0f) + 0.5f);
      }
    }
  }
}
