/* SPDX-License-Identifier: MIT */
/* Averages of the weights: their rule, what they leave alone, changing places, and what is refused meanwhile. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct training {
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  size_t count;
};

static struct training start(int32_t kind, double average) {
  struct training t = {support_net(SUPPORT_TASKS, NULL), NULL, NULL, 0};
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.rate = 0.01;
  options.average = average;
  t.batch = support_batch(t.net, 4, 5);
  EXPECT_OK(thalnet_optimizer_create(t.net, kind, &options, &t.optimizer));
  support_fill(t.net, t.batch, 4, 5, 6);
  t.count = thalnet_center_parameter_count(t.net);
  return t;
}

static void stop(struct training t) {
  thalnet_optimizer_free(t.optimizer);
  thalnet_batch_free(t.batch);
  thalnet_center_free(t.net);
}

static void train(const struct training *t, int steps) {
  for (int i = 0; i < steps; i++) {
    EXPECT_OK(thalnet_forward_backward(t->net, t->batch, NULL));
    EXPECT_OK(thalnet_step(t->optimizer, t->net));
  }
}

/* The averages, read by changing places twice; the weights must come back as they were. */
static float *averages(const struct training *t) {
  float *before = support_parameters(t->net);
  EXPECT_OK(thalnet_optimizer_swap_averages(t->optimizer, t->net));
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(t->optimizer), 1);
  float *found = support_parameters(t->net);
  EXPECT_OK(thalnet_optimizer_swap_averages(t->optimizer, t->net));
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(t->optimizer), 0);
  float *after = support_parameters(t->net);
  ck_assert(support_same(before, after, t->count));
  free(before);
  free(after);
  return found;
}

/* The rule in double; and as it should be: nothing of the initial values, early averages near plain means. */
static void follows_its_rule(int32_t kind, double d) {
  enum { STEPS = 7 };
  struct training t = start(kind, d);
  double *a = calloc(t.count, sizeof *a), *mean = calloc(t.count, sizeof *mean);
  float *first = averages(&t), *initial = support_parameters(t.net);
  ck_assert(support_same(first, initial, t.count)); /* never updated: the weights are their averages */
  for (int step = 1; step <= STEPS; step++) {
    train(&t, 1);
    float *w = support_parameters(t.net), *found = averages(&t);
    for (size_t i = 0; i < t.count; i++) {
      a[i] += (1 - d) / (1 - pow(d, step)) * ((double)w[i] - a[i]);
      mean[i] += (double)w[i] / STEPS;
      ck_assert_msg(fabs((double)found[i] - a[i]) < 1e-6, "decay %g, step %d, %zu: %g, not %g", d, step, i,
                    (double)found[i], a[i]);
      ck_assert(step > 1 || found[i] == w[i]);
    }
    free(w);
    free(found);
  }
  for (size_t i = 0; i < t.count && d > 0.999; i++) {
    ck_assert_double_eq_tol(a[i], mean[i], 1e-4);
  }
  free(a);
  free(mean);
  free(first);
  free(initial);
  stop(t);
}

START_TEST(averages_follow_their_rule) {
  static const double decays[] = {1e-9, 0.5, 0.99, 0.9999};
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    for (size_t i = 0; i < sizeof decays / sizeof decays[0]; i++) {
      follows_its_rule(kind, decays[i]);
    }
  }
}
END_TEST

/* Of what a step leaves alone it leaves the average alone as well. */
START_TEST(steps_without_a_gradient_leave_the_average) {
  struct training t = start(THALNET_ADAM, 0.5);
  const char *name = thalnet_center_tensor_name(t.net, 0);
  size_t shape[3];
  thalnet_center_tensor_shape(t.net, name, shape);
  const size_t first = shape[0] * shape[1] * shape[2];
  float *gradient = malloc(first * sizeof *gradient);
  support_randoms(gradient, first, 3);
  train(&t, 3);
  float *before = averages(&t);
  EXPECT_OK(thalnet_center_write_gradient(t.net, name, gradient, first));
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  float *after = averages(&t);
  ck_assert(!support_same(before, after, first));
  ck_assert(support_same(before + first, after + first, t.count - first));
  free(gradient);
  free(before);
  free(after);
  stop(t);
}
END_TEST

/* Keeping averages, looking at them and saving them changes nothing of the training. */
START_TEST(training_is_the_same_with_averages) {
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    struct training plain = start(kind, 0), averaged = start(kind, 0.9);
    for (int step = 0; step < 5; step++) {
      train(&plain, 1);
      train(&averaged, 1);
      free(averages(&averaged));
    }
    float *one = support_parameters(plain.net), *two = support_parameters(averaged.net);
    ck_assert(support_same(one, two, plain.count));
    free(one);
    free(two);
    stop(plain);
    stop(averaged);
  }
}
END_TEST

/* Whatever looks at the center sees the averaged network: outputs and files are those of a center with these values. */
START_TEST(everything_sees_the_averages) {
  struct training t = start(THALNET_ADAM, 0.7), other = start(THALNET_ADAM, 0);
  size_t size = 0;
  train(&t, 4);
  float *values = averages(&t);
  EXPECT_OK(thalnet_center_write(other.net, NULL, values, t.count));
  EXPECT_OK(thalnet_center_save_memory(other.net, NULL, 0, &size));
  unsigned char *files[2] = {malloc(size), malloc(size)};
  EXPECT_OK(thalnet_center_save_memory(other.net, files[0], size, &size));
  EXPECT_OK(thalnet_forward(other.net, other.batch, NULL));
  float *expected = support_output(other.net, other.batch, 0, 4, 5);
  EXPECT_OK(thalnet_optimizer_swap_averages(t.optimizer, t.net));
  EXPECT_OK(thalnet_center_save_memory(t.net, files[1], size, &size));
  EXPECT_OK(thalnet_forward(t.net, t.batch, NULL));
  float *found = support_output(t.net, t.batch, 0, 4, 5);
  ck_assert(support_same(expected, found, 4 * 5 * 4));
  ck_assert_int_eq(memcmp(files[0], files[1], size), 0);
  EXPECT(thalnet_backward(t.net, NULL), THALNET_ERROR_HANDLE);
  EXPECT_OK(thalnet_optimizer_swap_averages(t.optimizer, t.net));
  EXPECT(thalnet_backward(t.net, t.batch), THALNET_ERROR_STATE); /* the center was written in between */
  train(&t, 1);
  free(values);
  free(expected);
  free(found);
  free(files[0]);
  free(files[1]);
  stop(t);
  stop(other);
}
END_TEST

/* What would mix weights and averages up is refused, and everything is as before. */
START_TEST(nothing_steps_on_averages) {
  struct training t = start(THALNET_RMSPROP, 0.9);
  thalnet_optimizer *plain = support_optimizer(t.net, THALNET_SGD, 0.1), *second = NULL;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_center *other = support_net(SUPPORT_TASKS, NULL);
  float *values = NULL;
  size_t count = 0;
  options.average = 0.5;
  EXPECT_OK(thalnet_optimizer_create(t.net, THALNET_SGD, &options, &second));
  EXPECT(thalnet_optimizer_swap_averages(NULL, t.net), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, other), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_optimizer_swap_averages(plain, t.net), THALNET_ERROR_STATE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "average"));
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(NULL), 0);
  train(&t, 3);
  EXPECT_OK(thalnet_center_begin_write(t.net, &values, &count));
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, t.net), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_center_end_write(t.net));
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, t.net), THALNET_ERROR_STATE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "gradient"));
  EXPECT_OK(thalnet_center_clear_gradients(t.net));
  EXPECT_OK(thalnet_optimizer_swap_averages(t.optimizer, t.net));
  EXPECT(thalnet_optimizer_swap_averages(second, t.net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward_backward(t.net, t.batch, NULL));
  float *before = support_parameters(t.net), *gradients = support_gradients(t.net);
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "thalnet_optimizer_swap_averages"));
  EXPECT(thalnet_step(plain, t.net), THALNET_ERROR_STATE);
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, t.net), THALNET_ERROR_STATE); /* gradients of averages */
  float *after = support_parameters(t.net), *kept = support_gradients(t.net);
  ck_assert(support_same(before, after, t.count) && support_same(gradients, kept, t.count));
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 3);
  EXPECT_OK(thalnet_center_clear_gradients(t.net));
  thalnet_optimizer_free(t.optimizer); /* the averages stay, and others may train them */
  t.optimizer = second;
  train(&t, 1);
  free(before);
  free(after);
  free(gradients);
  free(kept);
  thalnet_optimizer_free(plain);
  thalnet_center_free(other);
  stop(t);
}
END_TEST

/* A step that is refused leaves the averages alone; one whose averages alone would not be finite is refused. */
START_TEST(refused_steps_leave_the_averages) {
  struct training t = start(THALNET_ADAM, 0.8);
  float *gradient = calloc(t.count, sizeof *gradient), *huge = calloc(t.count, sizeof *huge);
  train(&t, 3);
  float *before = averages(&t);
  gradient[0] = NAN;
  EXPECT_OK(thalnet_center_write_gradient(t.net, NULL, gradient, t.count));
  EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_NONFINITE);
  float *after = averages(&t);
  ck_assert(support_same(before, after, t.count));
  stop(t);
  free(before);
  free(after);
  t = start(THALNET_SGD, 0.8);
  gradient[0] = 0;
  for (int sign = 1; sign >= -1; sign -= 2) { /* the difference of the two has no float */
    for (size_t i = 0; i < t.count; i++) {
      huge[i] = (float)sign * 3e38f;
    }
    EXPECT_OK(thalnet_center_write(t.net, "outputs.0.bias", huge, 4));
    EXPECT_OK(thalnet_center_write_gradient(t.net, "outputs.0.bias", gradient, 4));
    EXPECT(thalnet_step(t.optimizer, t.net), sign > 0 ? THALNET_OK : THALNET_ERROR_NONFINITE);
  }
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "outputs.0.bias"));
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 1);
  free(gradient);
  free(huge);
  stop(t);
}
END_TEST

/* Weights of a weight-norm matrix that cancel to the last bit: their average has no norm and does not go in. */
START_TEST(an_average_without_norm_stays_out) {
  static const char tensor[] = "modules.0.reader.weight";
  static const float weights[] = {0.75f, -0.25f}; /* the second one's share is 3/4 */
  struct training t = start(THALNET_SGD, 1.0 / 3);
  size_t shape[3] = {0};
  ck_assert_int_eq(thalnet_center_tensor_shape(t.net, tensor, shape), 2);
  const size_t count = shape[0] * shape[1];
  float *values = calloc(count, sizeof *values), *zeros = calloc(count, sizeof *zeros);
  for (int step = 0; step < 2; step++) {
    for (size_t i = 0; i < count; i++) {
      values[i] = weights[step];
    }
    EXPECT_OK(thalnet_center_write(t.net, tensor, values, count));
    EXPECT_OK(thalnet_center_write_gradient(t.net, tensor, zeros, count));
    EXPECT_OK(thalnet_step(t.optimizer, t.net));
  }
  EXPECT(thalnet_optimizer_swap_averages(t.optimizer, t.net), THALNET_ERROR_NONFINITE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), tensor));
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(t.optimizer), 0);
  EXPECT_OK(thalnet_center_read(t.net, tensor, zeros, count));
  ck_assert(support_same(values, zeros, count));
  train(&t, 1);
  free(averages(&t));
  free(values);
  free(zeros);
  stop(t);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {averages_follow_their_rule,         steps_without_a_gradient_leave_the_average,
                                training_is_the_same_with_averages, everything_sees_the_averages,
                                nothing_steps_on_averages,          refused_steps_leave_the_averages,
                                an_average_without_norm_stays_out};
  return SUPPORT_RUN("averages", tests);
}
