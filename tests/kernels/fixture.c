#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ARRAYS 4096

uint32_t float_stride = 16381;

static void *arrays[MOST_ARRAYS];
static size_t array_count;
static uint64_t random_state;

void fixture_setup(void) {
    random_state = 0x9e3779b97f4a7c15u;
}

void fixture_teardown(void) {
    while (array_count > 0)
        free(arrays[--array_count]);
}

TCase *fixture_case(const char *name) {
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    tcase_set_timeout(tcase, 600);
    return tcase;
}

double random_unit(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) * 0x1p-53;
}

size_t random_below(size_t limit) {
    return (size_t)(random_unit() * (double)limit);
}

static void *allocate(size_t bytes) {
    void *memory = NULL;
    if (array_count == MOST_ARRAYS || posix_memalign(&memory, 64, bytes ? bytes : 1) != 0)
        abort();
    return arrays[array_count++] = memory;
}

float *array_of(size_t count, float value) {
    float *array = allocate(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        array[i] = value;
    return array;
}

float *random_array(size_t count, float low, float high) {
    float *array = allocate(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        array[i] = low + (high - low) * (float)random_unit();
    return array;
}

float *copy_of(const float *array, size_t count) {
    return memcpy(allocate(count * sizeof(float)), array, count * sizeof(float));
}

int32_t *random_rows(size_t count, size_t limit) {
    int32_t *rows = allocate(count * sizeof(int32_t));
    for (size_t i = 0; i < count; i++)
        rows[i] = (int32_t)random_below(limit);
    return rows;
}

float *random_mask(size_t width) {
    float *mask = array_of(width, 1.0f);
    for (size_t i = 0; i < width; i++)
        mask[i] = i == 0 || (i > 1 && random_unit() < 0.5) ? 1.0f : 0.0f;
    return mask;
}

const tl_kernels *kernel_set(int number) {
    const tl_kernels *const *sets;
    if ((size_t)number >= tl_kernels_available(&sets))
        abort();
    return sets[number];
}

int kernel_set_count(void) {
    const tl_kernels *const *sets;
    return (int)tl_kernels_available(&sets);
}

const char *activation_name(tl_activation_kind kind) {
    static const char *const names[TL_ACTIVATION_KINDS] = {
        [TL_LINEAR] = "linear",
        [TL_SIGMOID] = "sigmoid",
        [TL_TANH] = "tanh",
        [TL_RELU] = "relu",
        [TL_RELU6] = "relu6",
        [TL_LEAKY_RELU] = "leaky_relu",
        [TL_ELU] = "elu",
        [TL_SELU] = "selu",
        [TL_SOFTPLUS] = "softplus",
        [TL_SOFTSIGN] = "softsign",
        [TL_EXPONENTIAL] = "exponential",
        [TL_HARD_SIGMOID_KERAS2] = "hard_sigmoid (Keras 2)",
        [TL_HARD_SIGMOID_KERAS3] = "hard_sigmoid (Keras 3)",
        [TL_SWISH] = "swish",
        [TL_GELU] = "gelu",
        [TL_MISH] = "mish",
    };
    return names[kind];
}
