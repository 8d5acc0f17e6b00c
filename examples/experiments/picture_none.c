/* SPDX-License-Identifier: MIT */
/* In place of picture_cairo.c where there is no cairo. */
#include "picture.h"

int picture_available(void) { return 0; }

int picture_write(const struct picture *picture, const char *path, struct example_error *error) {
  (void)picture;
  return example_fail(error, "%.700s: this program was built without cairo, so it draws nothing", path);
}
