/* Every allocation of the library goes through here, so that tlstm_set_allocator() sees them all.
 */
#ifndef TL_BASE_ALLOC_H
#define TL_BASE_ALLOC_H

#include "tinylstm/common.h"

/* Bytes that fit every vector load; what the kernels expect of the buffers they are given. */
#define TL_ALIGNMENT 64

/* Memory aligned to TL_ALIGNMENT; NULL when there is none or count * size overflows. A size of zero
 * still gives a pointer that can be freed. */
void *tl_alloc(size_t count, size_t size);
void *tl_alloc_zero(size_t count, size_t size);

/* Grows or shrinks; the old memory stays valid when NULL comes back. `memory` may be NULL. */
void *tl_realloc(void *memory, size_t count, size_t size);
void tl_free(void *memory);

/* A copy of `string` (or of its first `length` bytes) with its own end; NULL for NULL. */
char *tl_strdup(const char *string);
char *tl_strndup(const char *string, size_t length);

/* a * b and a + b into *result; zero when it does not fit a size_t. */
int tl_size_multiply(size_t a, size_t b, size_t *result);
int tl_size_add(size_t a, size_t b, size_t *result);

/* Allocations alive now. */
size_t tl_alloc_count(void);

/* Replaces the allocator (NULL: malloc and free); 0, and nothing done, while anything is alive. */
int tl_alloc_set(const tlstm_allocator *chosen);

#endif
