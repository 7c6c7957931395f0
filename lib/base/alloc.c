/* The allocator hooks, and alignment above whatever they give. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Stands directly before the memory that is handed out. */
typedef struct header {
    void *origin; /* what the allocator gave */
    size_t size;  /* what was asked for */
} header;

static void *allocate_with_malloc(size_t size, void *user) {
    (void)user;
    return malloc(size);
}

static void release_with_free(void *memory, void *user) {
    (void)user;
    free(memory);
}

/* The one piece of global state, see tlstm_set_allocator(). */
static const tlstm_allocator malloc_allocator = {sizeof(tlstm_allocator), allocate_with_malloc,
                                                 release_with_free, NULL};
static tlstm_allocator allocator = {sizeof(tlstm_allocator), allocate_with_malloc,
                                    release_with_free, NULL};
static atomic_size_t alive;

int tl_size_multiply(size_t a, size_t b, size_t *result) {
    if (b != 0 && a > SIZE_MAX / b)
        return 0;
    *result = a * b;
    return 1;
}

int tl_size_add(size_t a, size_t b, size_t *result) {
    if (a > SIZE_MAX - b)
        return 0;
    *result = a + b;
    return 1;
}

static header *header_of(void *memory) {
    return (header *)memory - 1;
}

void *tl_alloc(size_t count, size_t size) {
    size_t bytes, padded;
    if (!tl_size_multiply(count, size, &bytes) ||
        !tl_size_add(bytes, sizeof(header) + TL_ALIGNMENT - 1, &padded))
        return NULL;
    char *origin = allocator.allocate(padded, allocator.user);
    if (!origin)
        return NULL;
    size_t misaligned = (uintptr_t)(origin + sizeof(header)) % TL_ALIGNMENT;
    char *memory = origin + sizeof(header) + (misaligned ? TL_ALIGNMENT - misaligned : 0);
    *header_of(memory) = (header){origin, bytes};
    atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed);
    return memory;
}

void *tl_alloc_zero(size_t count, size_t size) {
    void *memory = tl_alloc(count, size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

void *tl_realloc(void *memory, size_t count, size_t size) {
    if (!memory)
        return tl_alloc(count, size);
    void *moved = tl_alloc(count, size);
    if (!moved)
        return NULL;
    size_t before = header_of(memory)->size, now = count * size;
    memcpy(moved, memory, before < now ? before : now);
    tl_free(memory);
    return moved;
}

void tl_free(void *memory) {
    if (!memory)
        return;
    allocator.release(header_of(memory)->origin, allocator.user);
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
}

char *tl_strdup(const char *string) {
    return string ? tl_strndup(string, strlen(string)) : NULL;
}

char *tl_strndup(const char *string, size_t length) {
    if (!string)
        return NULL;
    const char *end = memchr(string, '\0', length);
    if (end)
        length = (size_t)(end - string);
    char *copy = length < SIZE_MAX ? tl_alloc(length + 1, 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, string, length);
    copy[length] = '\0';
    return copy;
}

size_t tl_alloc_count(void) {
    return atomic_load_explicit(&alive, memory_order_relaxed);
}

int tl_alloc_set(const tlstm_allocator *chosen) {
    if (tl_alloc_count())
        return 0;
    allocator = chosen ? *chosen : malloc_allocator;
    return 1;
}
