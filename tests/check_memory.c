/* SPDX-License-Identifier: MIT */
/* Memory of Check for the memory sanitizer. Check is not built with it, so what it writes to its own memory would seem never to
 * have been written; linked with --wrap it gets memory that counts as written. Nothing of the library is excused. */
#include <stdlib.h>

#include <sanitizer/msan_interface.h>

void *__wrap_emalloc(size_t size);
void *__wrap_erealloc(void *block, size_t size);

void *__wrap_emalloc(size_t size) { return calloc(1, size); }

void *__wrap_erealloc(void *block, size_t size) {
  void *larger = realloc(block, size);
  __msan_unpoison(larger, size);
  return larger;
}
