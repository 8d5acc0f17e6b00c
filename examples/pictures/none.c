/* SPDX-License-Identifier: MIT */
/* In place of the other files where there is no cairo. */
#include "available.h"
#include "heat.h"
#include "lines.h"

int pictures_available(void) { return 0; }

static int draws_nothing(const char *path, struct example_error *error) {
  return example_fail(error, "%.700s: this program was built without cairo, so it draws nothing", path);
}

int line_picture_write(const struct line_picture *picture, const char *path, struct example_error *error) {
  (void)picture;
  return draws_nothing(path, error);
}

int heat_picture_write(const struct heat_picture *picture, const char *path, struct example_error *error) {
  (void)picture;
  return draws_nothing(path, error);
}

int activity_picture_write(const struct activity_picture *picture, const char *path, struct example_error *error) {
  (void)picture;
  return draws_nothing(path, error);
}
