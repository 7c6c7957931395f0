/* Arrays: making, taking rows, converting elements, one-hot rows. */
#include "data/array.h"

#include "base/alloc.h"

#include <string.h>

size_t tl_dtype_size(tlstm_dtype dtype) {
    switch (dtype) {
    case TLSTM_FLOAT32:
    case TLSTM_INT32:
        return 4;
    case TLSTM_FLOAT64:
    case TLSTM_INT64:
        return 8;
    default:
        return 0;
    }
}

const char *tl_dtype_name(tlstm_dtype dtype) {
    switch (dtype) {
    case TLSTM_FLOAT32:
        return "float32";
    case TLSTM_FLOAT64:
        return "float64";
    case TLSTM_INT32:
        return "int32";
    case TLSTM_INT64:
        return "int64";
    default:
        return "unknown";
    }
}

static tlstm_status count_elements(size_t ndim, const int64_t *shape, size_t *size,
                                   tlstm_error **error) {
    *size = 1;
    int fits = 1;
    for (size_t i = 0; i < ndim; i++) {
        if (shape[i] < 0)
            return tl_fail(error, TLSTM_ERROR_SHAPE, "shape", "dimension %zu is %lld", i,
                           (long long)shape[i]);
        fits = fits && (uint64_t)shape[i] <= SIZE_MAX &&
               tl_size_multiply(*size, (size_t)shape[i], size);
    }
    for (size_t i = 0; i < ndim; i++)
        if (shape[i] == 0) {
            *size = 0;
            return TLSTM_OK;
        }
    return fits ? TLSTM_OK
                : tl_fail(error, TLSTM_ERROR_SHAPE, "shape", "has more elements than memory");
}

/* An array without elements yet. */
static tlstm_status make(tlstm_dtype dtype, size_t ndim, const int64_t *shape, tlstm_array **array,
                         tlstm_error **error) {
    size_t size = 0;
    if (tl_dtype_size(dtype) == 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "dtype", "%d is not a dtype", (int)dtype);
    if (ndim < 1 || ndim > TLSTM_MAX_DIMS)
        return tl_fail(error, TLSTM_ERROR_SHAPE, "ndim", "expected 1 to %d dimensions, got %zu",
                       TLSTM_MAX_DIMS, ndim);
    tlstm_status status = count_elements(ndim, shape, &size, error);
    if (status)
        return status;
    tlstm_array *made = tl_alloc_zero(1, sizeof(*made));
    if (!made)
        return tl_fail_memory(error);
    made->dtype = dtype;
    made->ndim = ndim;
    memcpy(made->shape, shape, ndim * sizeof(*shape));
    made->size = size;
    *array = made;
    return TLSTM_OK;
}

tlstm_status tl_array_new(tlstm_dtype dtype, size_t ndim, const int64_t *shape, tlstm_array **array,
                          tlstm_error **error) {
    tlstm_array *made = NULL;
    tlstm_status status = make(dtype, ndim, shape, &made, error);
    if (status)
        return status;
    made->data = tl_alloc_zero(made->size, tl_dtype_size(dtype));
    if (!made->data) {
        tl_array_free(made);
        return tl_fail_memory(error);
    }
    *array = made;
    return TLSTM_OK;
}

tlstm_status tl_array_new_int64(size_t count, tlstm_array **array, tlstm_error **error) {
    int64_t shape = (int64_t)count;
    return tl_array_new(TLSTM_INT64, 1, &shape, array, error);
}

tlstm_status tl_array_wrap(void *data, tlstm_dtype dtype, size_t ndim, const int64_t *shape,
                           tlstm_array **array, tlstm_error **error) {
    tlstm_array *made = NULL;
    tlstm_status status = make(dtype, ndim, shape, &made, error);
    if (status)
        return status;
    made->data = data;
    made->borrowed = 1;
    *array = made;
    return TLSTM_OK;
}

void tl_array_free(tlstm_array *array) {
    if (!array)
        return;
    if (!array->borrowed)
        tl_free(array->data);
    tl_free(array);
}

tlstm_status tl_array_take(const tlstm_array *array, const int64_t *indices, size_t count,
                           tlstm_array **taken, tlstm_error **error) {
    int64_t shape[TLSTM_MAX_DIMS];
    memcpy(shape, array->shape, sizeof(shape));
    shape[0] = (int64_t)count;
    for (size_t i = 0; i < count; i++)
        if (indices[i] < 0 || indices[i] >= array->shape[0])
            return tl_fail(error, TLSTM_ERROR_VALUE, "indices",
                           "index %lld at position %zu is outside the %lld rows",
                           (long long)indices[i], i, (long long)array->shape[0]);
    tlstm_array *made = NULL;
    tlstm_status status = tl_array_new(array->dtype, array->ndim, shape, &made, error);
    if (status)
        return status;
    size_t row = count ? made->size / count * tl_dtype_size(array->dtype) : 0;
    for (size_t i = 0; i < count && row; i++)
        memcpy((char *)made->data + i * row, (const char *)array->data + (size_t)indices[i] * row,
               row);
    *taken = made;
    return TLSTM_OK;
}

static tlstm_status fail_conversion(tlstm_dtype to_type, size_t position, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_VALUE, "element",
                   "the number at position %zu is not one of %s", position, tl_dtype_name(to_type));
}

/* [low, high) is what the target holds; every number is inside for a conversion that cannot fail.
 */
#define CONVERT(to_c, from_c, is_inside)                                                           \
    do {                                                                                           \
        to_c *target = to;                                                                         \
        const from_c *source = from;                                                               \
        for (size_t i = 0; i < count; i++) {                                                       \
            from_c x = source[i];                                                                  \
            if (!(is_inside))                                                                      \
                return fail_conversion(to_type, i, error);                                         \
            target[i] = (to_c)x;                                                                   \
        }                                                                                          \
    } while (0)

/* The casts cut fractions off, so all that rounds towards zero into the range is inside. */
#define INSIDE_INT32 (x > -2147483649.0 && x < 2147483648.0)
#define INSIDE_INT64 (x >= -9223372036854775808.0 && x < 9223372036854775808.0)

static tlstm_status convert_to_int32(void *to, tlstm_dtype to_type, const void *from,
                                     tlstm_dtype from_type, size_t count, tlstm_error **error) {
    if (from_type == TLSTM_FLOAT32)
        CONVERT(int32_t, float, INSIDE_INT32);
    else if (from_type == TLSTM_FLOAT64)
        CONVERT(int32_t, double, INSIDE_INT32);
    else
        CONVERT(int32_t, int64_t, x >= INT32_MIN && x <= INT32_MAX);
    return TLSTM_OK;
}

static tlstm_status convert_to_int64(void *to, tlstm_dtype to_type, const void *from,
                                     tlstm_dtype from_type, size_t count, tlstm_error **error) {
    if (from_type == TLSTM_FLOAT32)
        CONVERT(int64_t, float, (double)x >= -0x1p63 && (double)x < 0x1p63);
    else if (from_type == TLSTM_FLOAT64)
        CONVERT(int64_t, double, INSIDE_INT64);
    else
        CONVERT(int64_t, int32_t, 1);
    return TLSTM_OK;
}

static tlstm_status convert_to_float32(void *to, tlstm_dtype to_type, const void *from,
                                       tlstm_dtype from_type, size_t count, tlstm_error **error) {
    if (from_type == TLSTM_FLOAT64)
        CONVERT(float, double, 1);
    else if (from_type == TLSTM_INT32)
        CONVERT(float, int32_t, 1);
    else
        CONVERT(float, int64_t, 1);
    return TLSTM_OK;
}

static tlstm_status convert_to_float64(void *to, tlstm_dtype to_type, const void *from,
                                       tlstm_dtype from_type, size_t count, tlstm_error **error) {
    if (from_type == TLSTM_FLOAT32)
        CONVERT(double, float, 1);
    else if (from_type == TLSTM_INT32)
        CONVERT(double, int32_t, 1);
    else
        CONVERT(double, int64_t, 1);
    return TLSTM_OK;
}

tlstm_status tl_convert(void *to, tlstm_dtype to_type, const void *from, tlstm_dtype from_type,
                        size_t count, tlstm_error **error) {
    if (to_type == from_type) {
        if (count)
            memmove(to, from, count * tl_dtype_size(to_type));
        return TLSTM_OK;
    }
    switch (to_type) {
    case TLSTM_INT32:
        return convert_to_int32(to, to_type, from, from_type, count, error);
    case TLSTM_INT64:
        return convert_to_int64(to, to_type, from, from_type, count, error);
    case TLSTM_FLOAT32:
        return convert_to_float32(to, to_type, from, from_type, count, error);
    default:
        return convert_to_float64(to, to_type, from, from_type, count, error);
    }
}

/* The number of classes when the caller leaves it open: the largest + 1. */
static int64_t count_classes(const int64_t *classes, size_t count) {
    int64_t largest = classes[0];
    for (size_t i = 1; i < count; i++)
        if (classes[i] > largest)
            largest = classes[i];
    return largest < INT64_MAX ? largest + 1 : largest;
}

/* Negative classes count from the end, since Keras's are NumPy indices. */
static tlstm_status set_ones(const int64_t *classes, int64_t num_classes, tlstm_array *one_hot,
                             size_t count, tlstm_error **error) {
    float *rows = one_hot->data;
    for (size_t i = 0; i < count; i++) {
        int64_t column = classes[i] < 0 ? classes[i] + num_classes : classes[i];
        if (column < 0 || column >= num_classes)
            return tl_fail(error, TLSTM_ERROR_VALUE, "classes",
                           "class %lld at position %zu is not one of %lld classes",
                           (long long)classes[i], i, (long long)num_classes);
        rows[i * (size_t)num_classes + (size_t)column] = 1.0f;
    }
    return TLSTM_OK;
}

static tlstm_status make_one_hot(const tlstm_array *classes, const int64_t *values,
                                 int64_t num_classes, tlstm_array **one_hot, tlstm_error **error) {
    if (num_classes == 0 && classes->size == 0)
        return tl_fail(error, TLSTM_ERROR_VALUE, "classes",
                       "are empty, so num_classes must be given");
    if (num_classes == 0)
        num_classes = count_classes(values, classes->size);
    if (num_classes < 0)
        num_classes = 0; /* all numbers negative: refused below, with the number */
    int64_t shape[TLSTM_MAX_DIMS + 1];
    size_t ndim = classes->ndim;
    memcpy(shape, classes->shape, ndim * sizeof(*shape));
    if (ndim > 1 && shape[ndim - 1] == 1)
        ndim--;
    shape[ndim++] = num_classes;
    tlstm_array *made = NULL;
    tlstm_status status = tl_array_new(TLSTM_FLOAT32, ndim, shape, &made, error);
    if (!status)
        status = set_ones(values, num_classes, made, classes->size, error);
    if (status)
        tl_array_free(made);
    else
        *one_hot = made;
    return status;
}

tlstm_status tl_to_categorical(const tlstm_array *classes, int64_t num_classes,
                               tlstm_array **one_hot, tlstm_error **error) {
    if (num_classes < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "num_classes", "is %lld",
                       (long long)num_classes);
    int64_t *values = tl_alloc(classes->size, sizeof(*values));
    if (!values)
        return tl_fail_memory(error);
    tlstm_status status =
        tl_convert(values, TLSTM_INT64, classes->data, classes->dtype, classes->size, error);
    if (status)
        tl_fail_within(error, status, "classes");
    else
        status = make_one_hot(classes, values, num_classes, one_hot, error);
    tl_free(values);
    return status;
}
