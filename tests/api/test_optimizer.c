/* SPDX-License-Identifier: MIT */
/* optimizer.h: options, schedules, clipping, the four rules against the same written in double, what is refused. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(options_are_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = (thalnet_optimizer *)(void *)net;
  EXPECT(thalnet_optimizer_create(NULL, THALNET_SGD, NULL, &optimizer), THALNET_ERROR_HANDLE);
  ck_assert_ptr_null(optimizer);
  EXPECT(thalnet_optimizer_create(net, THALNET_SGD, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_optimizer_create(net, -1, NULL, &optimizer), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_optimizer_create(net, 4, NULL, &optimizer), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_optimizer_create(net, INT32_MIN, NULL, &optimizer), THALNET_ERROR_ARGUMENT);
#define REFUSES(kind, field, value)                                                                                    \
  o = (thalnet_optimizer_options)THALNET_OPTIMIZER_OPTIONS_INIT;                                                       \
  o.schedule = (kind) == THALNET_SGD ? THALNET_SCHEDULE_STEP : THALNET_SCHEDULE_COSINE;                                \
  o.field = (value);                                                                                                   \
  EXPECT(thalnet_optimizer_create(net, (kind), &o, &optimizer), THALNET_ERROR_ARGUMENT);                               \
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), #field))
#define REFUSES_REALS(kind, field, below, above)                                                                       \
  REFUSES(kind, field, below);                                                                                         \
  REFUSES(kind, field, above);                                                                                         \
  REFUSES(kind, field, (double)NAN);                                                                                   \
  REFUSES(kind, field, -(double)INFINITY)
  REFUSES_REALS(THALNET_SGD, rate, -1e-9, -1.0);
  REFUSES_REALS(THALNET_SGD, momentum, -0.1, 1.0);
  REFUSES_REALS(THALNET_RMSPROP, momentum, -0.1, 1.0);
  REFUSES_REALS(THALNET_ADAM, beta1, -0.1, 1.0);
  REFUSES_REALS(THALNET_ADAM, beta2, -0.1, 1.0);
  REFUSES_REALS(THALNET_ADAMW, beta2, -0.1, 1.5);
  REFUSES_REALS(THALNET_RMSPROP, smoothing, -0.1, 1.0);
  REFUSES_REALS(THALNET_ADAM, epsilon, -1e-9, -1.0);
  REFUSES_REALS(THALNET_ADAMW, weight_decay, -1e-9, -1.0);
  REFUSES_REALS(THALNET_SGD, clip_norm, -1e-9, -1.0);
  REFUSES_REALS(THALNET_SGD, average, -0.1, 1.0);
  REFUSES_REALS(THALNET_SGD, decay_factor, 0.0, 1.1);
  REFUSES_REALS(THALNET_ADAM, final_fraction, -0.1, 1.1);
  REFUSES(THALNET_SGD, decay_steps, 0);
  REFUSES(THALNET_ADAM, total_steps, 0);
  REFUSES(THALNET_ADAM, schedule, 3);
  REFUSES(THALNET_ADAM, schedule, -1);
  REFUSES(THALNET_ADAM, nonfinite, 3);
  REFUSES(THALNET_ADAM, nonfinite, -1);
#undef REFUSES
  o = (thalnet_optimizer_options)THALNET_OPTIMIZER_OPTIONS_INIT;
  o.struct_size = 8;
  EXPECT(thalnet_optimizer_create(net, THALNET_SGD, &o, &optimizer), THALNET_ERROR_VERSION);
  ck_assert_ptr_null(optimizer);
  thalnet_center_free(net);
}
END_TEST

START_TEST(limits_of_the_options_are_accepted) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = o.momentum = o.beta1 = o.beta2 = o.smoothing = o.epsilon = o.weight_decay = o.clip_norm = 0.0;
  o.decay_factor = 1.0;
  o.decay_steps = 1;
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    for (o.schedule = THALNET_SCHEDULE_CONSTANT; o.schedule <= THALNET_SCHEDULE_COSINE; o.schedule++) {
      thalnet_optimizer *optimizer = NULL;
      o.clip_norm = kind == THALNET_SGD ? (double)INFINITY : 0.0;
      EXPECT_OK(thalnet_optimizer_create(net, kind, &o, &optimizer));
      ck_assert(thalnet_optimizer_rate(optimizer) == 0.0);
      ck_assert_uint_eq(thalnet_optimizer_steps(optimizer), 0);
      thalnet_optimizer_free(optimizer);
    }
  }
  thalnet_center_free(net);
}
END_TEST

struct training {
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  size_t count;
};

static struct training start(int32_t kind, const thalnet_optimizer_options *options) {
  struct training t = {support_net(SUPPORT_TASKS, NULL), NULL, NULL, 0};
  t.batch = support_batch(t.net, 4, 5);
  EXPECT_OK(thalnet_optimizer_create(t.net, kind, options, &t.optimizer));
  support_fill(t.net, t.batch, 4, 5, 6);
  t.count = thalnet_center_parameter_count(t.net);
  return t;
}

static void stop(struct training t) {
  thalnet_optimizer_free(t.optimizer);
  thalnet_batch_free(t.batch);
  thalnet_center_free(t.net);
}

static double norm(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += (double)values[i] * (double)values[i];
  }
  return sqrt(sum);
}

/* 1 where weight decay applies (matrices, but not those of weight norm; not gains), and where a gradient arrives at all. */
static void classify(const thalnet_center *net, double *decays, int *reached, size_t count) {
  size_t place = 0;
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    size_t d[3];
    const char *name = thalnet_center_tensor_name(net, i);
    thalnet_center_tensor_shape(net, name, d);
    const char *last = strrchr(name, '.') + 1;
    int weight = strncmp(last, "weight", 6) == 0 && strcmp(name, "modules.0.reader.weight") != 0;
    int idle = strstr(name, "outputs.2.") != NULL; /* the host's output has no gradient here */
    for (size_t k = 0; k < d[0] * d[1] * d[2]; k++, place++) {
      decays[place] = weight;
      reached[place] = !idle;
    }
  }
  ck_assert_uint_eq(place, count);
}

/* The rules as the header has them, in double, for one parameter. */
static double rule(int32_t kind, const thalnet_optimizer_options *o, double w, double g, double *m, double *v, int t,
                   double decay) {
  double r = o->rate;
  if (kind == THALNET_ADAMW) {
    w -= r * decay * w;
  } else {
    g += decay * w;
  }
  if (kind == THALNET_SGD) {
    *m = o->momentum * *m + g;
    return w - r * *m;
  }
  if (kind == THALNET_RMSPROP) {
    *v = o->smoothing * *v + (1 - o->smoothing) * g * g;
    *m = o->momentum * *m + g / (sqrt(*v) + o->epsilon);
    return w - r * *m;
  }
  *m = o->beta1 * *m + (1 - o->beta1) * g;
  *v = o->beta2 * *v + (1 - o->beta2) * g * g;
  double m1 = *m / (1 - pow(o->beta1, t)), v1 = *v / (1 - pow(o->beta2, t));
  return w - r * m1 / (sqrt(v1) + o->epsilon);
}

static void follows_its_rule(int32_t kind) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 0.01;
  o.momentum = 0.8;
  o.weight_decay = 0.1;
  o.epsilon = 1e-4;
  o.clip_norm = 0.3;
  struct training t = start(kind, &o);
  double *m = calloc(t.count, sizeof *m), *v = calloc(t.count, sizeof *v), *decays = calloc(t.count, sizeof *decays);
  int *reached = calloc(t.count, sizeof *reached);
  classify(t.net, decays, reached, t.count);
  for (int step = 1; step <= 5; step++) {
    EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
    float *w = support_parameters(t.net), *g = support_gradients(t.net);
    double size = norm(g, t.count), scale = size > o.clip_norm ? o.clip_norm / size : 1.0;
    EXPECT_OK(thalnet_step(t.optimizer, t.net));
    ck_assert_double_eq_tol(thalnet_optimizer_gradient_norm(t.optimizer), size, 1e-6 * size);
    float *after = support_parameters(t.net);
    for (size_t i = 0; i < t.count; i++) {
      if (!reached[i]) {
        ck_assert(after[i] == w[i]);
        continue;
      }
      double expected =
          rule(kind, &o, (double)w[i], scale * (double)g[i], &m[i], &v[i], step, decays[i] * o.weight_decay);
      ck_assert_msg(fabs(expected - (double)after[i]) < 2e-6, "kind %d step %d parameter %zu: %g, not %g", (int)kind,
                    step, i, (double)after[i], expected);
    }
    free(w);
    free(g);
    free(after);
  }
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 5);
  free(m);
  free(v);
  free(decays);
  free(reached);
  stop(t);
}

START_TEST(rules_are_the_documented_ones) {
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    follows_its_rule(kind);
  }
}
END_TEST

START_TEST(a_step_zeroes_the_gradients) {
  struct training t = start(THALNET_SGD, NULL);
  EXPECT(thalnet_step(NULL, t.net), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_step(t.optimizer, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_step((thalnet_optimizer *)(void *)t.batch, t.net), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(t.net, t.batch, NULL));
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  thalnet_center *other = support_net(SUPPORT_TASKS, NULL);
  EXPECT(thalnet_step(t.optimizer, other), THALNET_ERROR_MISMATCH);
  thalnet_center_free(other);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  float *g = support_gradients(t.net);
  ck_assert(norm(g, t.count) == 0.0);
  free(g);
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  EXPECT_OK(thalnet_center_clear_gradients(t.net));
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 1);
  ck_assert(thalnet_optimizer_rate(NULL) == 0.0);
  ck_assert_uint_eq(thalnet_optimizer_steps(NULL), 0);
  ck_assert(thalnet_optimizer_gradient_norm(NULL) == 0.0);
  stop(t);
}
END_TEST

static double at(double rate, int32_t schedule, uint64_t step, const thalnet_optimizer_options *o) {
  if (step < o->warmup_steps) {
    rate *= (double)(step + 1) / (double)o->warmup_steps;
  }
  if (schedule == THALNET_SCHEDULE_STEP) {
    return rate * pow(o->decay_factor, (double)(step / o->decay_steps));
  }
  if (schedule != THALNET_SCHEDULE_COSINE || step < o->warmup_steps) {
    return rate;
  }
  double part = (double)(step - o->warmup_steps) / (double)(o->total_steps - o->warmup_steps);
  double wave = (1.0 + cos(acos(-1.0) * (part < 1.0 ? part : 1.0))) / 2.0;
  return rate * (o->final_fraction + (1.0 - o->final_fraction) * wave);
}

START_TEST(schedules) {
  for (int32_t schedule = THALNET_SCHEDULE_CONSTANT; schedule <= THALNET_SCHEDULE_COSINE; schedule++) {
    thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
    o.schedule = schedule;
    o.rate = 0.01;
    o.warmup_steps = 4;
    o.decay_steps = 3;
    o.decay_factor = 0.5;
    o.total_steps = 10;
    o.final_fraction = 0.1;
    struct training t = start(THALNET_SGD, &o);
    for (uint64_t step = 0; step < 13; step++) {
      ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), step);
      double expected = at(0.01, schedule, step, &o);
      ck_assert_msg(fabs(thalnet_optimizer_rate(t.optimizer) - expected) < 1e-12, "schedule %d step %d: %g, not %g",
                    (int)schedule, (int)step, thalnet_optimizer_rate(t.optimizer), expected);
      EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
      EXPECT_OK(thalnet_step(t.optimizer, t.net));
    }
    stop(t);
  }
}
END_TEST

/* A gradient that is not finite: refused, nothing changes, and the gradients are zero afterwards. */
START_TEST(a_gradient_that_is_not_finite) {
  struct training t = start(THALNET_ADAM, NULL);
  float *gradient = calloc(4 * 5 * 3, sizeof *gradient), *before, *after, *g;
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  before = support_parameters(t.net);
  EXPECT_OK(thalnet_forward(t.net, t.batch, NULL));
  gradient[7] = INFINITY;
  EXPECT_OK(thalnet_batch_write_output_gradient(t.batch, 2, gradient, 60));
  thalnet_status status = thalnet_backward(t.net, t.batch);
  if (status == THALNET_OK) {
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_NONFINITE);
    ck_assert_ptr_nonnull(strchr(thalnet_error_text(), '.')); /* a tensor's name */
  } else {
    ck_assert_int_eq(status, THALNET_ERROR_NONFINITE);
  }
  after = support_parameters(t.net);
  ck_assert(support_same(before, after, t.count));
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 1);
  g = support_gradients(t.net);
  if (status == THALNET_OK) {
    ck_assert(norm(g, t.count) == 0.0);
  }
  free(g);
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  free(before);
  free(after);
  free(gradient);
  stop(t);
}
END_TEST

/* A parameter that would not be finite after the update: refused too, moments and steps as before. */
START_TEST(a_parameter_that_would_not_be_finite) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 1e45;
  o.clip_norm = (double)INFINITY;
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    struct training t = start(kind, &o);
    float *before = support_parameters(t.net);
    EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_NONFINITE);
    float *after = support_parameters(t.net);
    ck_assert(support_same(before, after, t.count));
    ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 0);
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
    EXPECT_OK(thalnet_forward(t.net, t.batch, NULL));
    free(before);
    free(after);
    stop(t);
  }
}
END_TEST

/* Refusing leaves the moments alone: a refused step in between changes nothing later. */
START_TEST(a_refused_step_is_as_if_it_never_was) {
  struct training a = start(THALNET_ADAM, NULL), b = start(THALNET_ADAM, NULL);
  float *gradient = calloc(4 * 5 * 3, sizeof *gradient);
  for (int step = 0; step < 6; step++) {
    if (step == 3) {
      EXPECT_OK(thalnet_forward(b.net, b.batch, NULL));
      gradient[0] = NAN;
      EXPECT_OK(thalnet_batch_write_output_gradient(b.batch, 2, gradient, 60));
      if (thalnet_backward(b.net, b.batch) == THALNET_OK) {
        EXPECT(thalnet_step(b.optimizer, b.net), THALNET_ERROR_NONFINITE);
      } else {
        EXPECT_OK(thalnet_center_clear_gradients(b.net));
      }
    }
    EXPECT_OK(thalnet_forward_backward(a.net, a.batch, NULL));
    EXPECT_OK(thalnet_forward_backward(b.net, b.batch, NULL));
    EXPECT_OK(thalnet_step(a.optimizer, a.net));
    EXPECT_OK(thalnet_step(b.optimizer, b.net));
  }
  float *one = support_parameters(a.net), *two = support_parameters(b.net);
  ck_assert(support_same(one, two, a.count));
  free(one);
  free(two);
  free(gradient);
  stop(a);
  stop(b);
}
END_TEST

START_TEST(clipping_scales_down_only) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 1.0;
  static const double clips[] = {0.0, 1e-3, 1e9};
  for (size_t i = 0; i < 3; i++) {
    o.clip_norm = clips[i];
    struct training t = start(THALNET_SGD, &o);
    float *before = support_parameters(t.net);
    EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
    float *g = support_gradients(t.net);
    double size = norm(g, t.count);
    EXPECT_OK(thalnet_step(t.optimizer, t.net));
    float *after = support_parameters(t.net);
    for (size_t k = 0; k < t.count; k++) {
      after[k] -= before[k];
    }
    double moved = norm(after, t.count), expected = size < clips[i] ? size : clips[i];
    ck_assert_double_eq_tol(moved, expected, 1e-6 + 1e-3 * expected);
    free(before);
    free(after);
    free(g);
    stop(t);
  }
}
END_TEST

/* A step that would leave a weight-norm matrix all zeros, and so without a norm, is refused. */
START_TEST(a_matrix_keeps_its_norm) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  float weight[6 * 9];
  options.rate = 1.0;
  options.clip_norm = INFINITY;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_SGD, &options, &optimizer));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.weight", weight, 54));
  EXPECT_OK(thalnet_center_write_gradient(net, "modules.0.reader.weight", weight, 54));
  float *before = support_parameters(net);
  EXPECT(thalnet_step(optimizer, net), THALNET_ERROR_NONFINITE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "modules.0.reader.weight would be all zeros"));
  float *after = support_parameters(net);
  ck_assert(support_same(before, after, thalnet_center_parameter_count(net)));
  ck_assert_uint_eq(thalnet_optimizer_steps(optimizer), 0);
  weight[53] = 0; /* one number is left */
  EXPECT_OK(thalnet_center_write_gradient(net, "modules.0.reader.weight", weight, 54));
  EXPECT_OK(thalnet_step(optimizer, net));
  free(before);
  free(after);
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {options_are_checked,
                                limits_of_the_options_are_accepted,
                                rules_are_the_documented_ones,
                                a_step_zeroes_the_gradients,
                                schedules,
                                a_gradient_that_is_not_finite,
                                a_parameter_that_would_not_be_finite,
                                a_refused_step_is_as_if_it_never_was,
                                clipping_scales_down_only,
                                a_matrix_keeps_its_norm};
  return SUPPORT_RUN("optimizer", tests);
}
