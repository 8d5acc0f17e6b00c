/* SPDX-License-Identifier: MIT */
/* Two tasks at two rates: sound at 100 frames a second, a camera at 25; a class for every sound frame, an angle once a
 * sequence. Batches that feed one input and ask for one output alternate. */
#include "host.h"

enum { B = 12, CAMERA = 5, SOUND = 4 * CAMERA, S = 6, C = 4, PHONES = 3, ANGLES = 2, STEPS = 150 };

static thalnet_center *build(void) {
  thalnet_center *net;
  thalnet_input_options slow = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options light = THALNET_OUTPUT_OPTIONS_INIT;
  slow.steps_per_frame = 4;
  light.steps_per_frame = 4;
  light.weight = 0.2f;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "sound", S, NULL, NULL);
  thalnet_center_add_input(net, "camera", C, &slow, NULL);
  thalnet_center_add_output(net, "phone", PHONES, THALNET_CROSS_ENTROPY, NULL, NULL);
  thalnet_center_add_output(net, "angle", ANGLES, THALNET_MEAN_SQUARED_ERROR, &light, NULL);
  for (int i = 0; i < 4; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 8, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 6, NULL, NULL);
    if (i < 2) {
      thalnet_module_connect_input(module, i);
    }
    thalnet_module_connect_output(module, i / 2);
    thalnet_module_connect_output(module, 1 - i / 2);
  }
  DO(thalnet_center_build(net, 1));
  return net;
}

static void fill_sound(thalnet_batch *batch, uint32_t *random) {
  float sound[B * SOUND * S];
  int32_t phones[B * SOUND];
  for (int i = 0; i < B * SOUND; i++) {
    phones[i] = host_below(random, PHONES);
    for (int k = 0; k < S; k++) {
      sound[i * S + k] = 0.2f * host_random(random) + (k == phones[i] ? 1.0f : 0.0f);
    }
  }
  DO(thalnet_batch_begin(batch, B, CAMERA)); /* in frames of the slowest rate */
  DO(thalnet_batch_set_inputs(batch, 0, sound, B * SOUND * S));
  DO(thalnet_batch_set_labels(batch, 0, phones, B * SOUND));
}

static void fill_camera(thalnet_batch *batch, uint32_t *random) {
  float camera[B * CAMERA * C], angles[B * ANGLES];
  for (int i = 0; i < B * CAMERA * C; i++) {
    camera[i] = host_random(random);
  }
  for (int b = 0; b < B; b++) {
    angles[b * ANGLES] = 0.5f * camera[(b + 1) * CAMERA * C - C]; /* of the last frame */
    angles[b * ANGLES + 1] = -0.5f * camera[(b + 1) * CAMERA * C - C + 1];
  }
  DO(thalnet_batch_begin(batch, B, CAMERA));
  DO(thalnet_batch_set_inputs(batch, 1, camera, B * CAMERA * C));
  DO(thalnet_batch_set_final_targets(batch, 1, angles, B * ANGLES));
}

int main(void) {
  thalnet_center *net = build();
  thalnet_batch *sound, *camera;
  thalnet_optimizer *optimizer;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  uint32_t random = 5;
  double phone = 0, angle = 0, first_phone = 0, first_angle = 0;
  CHECK(thalnet_center_steps_per_frame(net) == 4);
  CHECK(thalnet_center_input_frames(net, 0) == 4 && thalnet_center_input_frames(net, 1) == 1);
  options.rate = 1e-2;
  DO(thalnet_batch_create(net, B, CAMERA, NULL, &sound));
  DO(thalnet_batch_create(net, B, CAMERA, NULL, &camera));
  DO(thalnet_batch_set_loss_weight(camera, 1, 2.0f)); /* of this batch object, in place of 0.2 */
  DO(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  for (int k = 0; k < STEPS; k++) {
    fill_sound(sound, &random);
    fill_camera(camera, &random);
    DO(thalnet_forward_backward(net, sound, NULL));
    DO(thalnet_forward_backward(net, camera, NULL)); /* gradients add */
    DO(thalnet_step(optimizer, net));
    phone = host_loss(sound, 0);
    angle = host_loss(camera, 1);
    if (k == 0) {
      first_phone = phone;
      first_angle = angle;
      CHECK(host_loss(sound, 1) == 0 && host_loss(camera, 0) == 0); /* no labels, no loss */
    }
  }
  CHECK(phone < 0.6 * first_phone);
  CHECK(angle < 0.6 * first_angle);
  thalnet_batch_free(sound);
  thalnet_batch_free(camera);
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
