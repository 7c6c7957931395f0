/* Keras's initializers. Formulas and defaults are those of keras/src/initializers. */
#include "layers/initializer.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

const char *const tl_fan_mode_names[] = {"fan_in", "fan_out", "fan_avg", NULL};
const char *const tl_distribution_names[] = {"truncated_normal", "untruncated_normal", "uniform",
                                             NULL};

static int find_word(const char *const *words, const char *word) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

int tl_fan_mode_find(const char *word) {
    return find_word(tl_fan_mode_names, word);
}

int tl_distribution_find(const char *word) {
    return strcmp(word, "normal") == 0 ? TL_TRUNCATED_NORMAL
                                       : find_word(tl_distribution_names, word);
}

int tl_initializer_find(const char *name, tl_initializer *initializer) {
    for (const tl_initializer_class *const *at = tl_initializers; *at; at++)
        if (strcmp((*at)->class_name, name) == 0 || strcmp((*at)->name, name) == 0 ||
            tl_text_has_word((*at)->aliases, name)) {
            *initializer = (*at)->defaults;
            initializer->class = *at;
            return 1;
        }
    return 0;
}

tlstm_status tl_initializer_fill(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                                 tl_rng *rng, float *values, tlstm_error **error) {
    if (isnan(initializer->seed))
        return initializer->class->fill(initializer, ndim, dims, rng, values, error);
    tl_rng own = tl_rng_new((uint64_t)(int64_t)initializer->seed, 0);
    return initializer->class->fill(initializer, ndim, dims, &own, values, error);
}

static size_t count_of(size_t ndim, const size_t *dims) {
    return ndim == 2 ? dims[0] * dims[1] : dims[0];
}

static tlstm_status want_matrix(const tl_initializer *initializer, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, initializer->class->class_name,
                   "can only fill matrices");
}

/* Constant, Zeros, Ones */

static tlstm_status fill_constant(const tl_initializer *initializer, size_t ndim,
                                  const size_t *dims, tl_rng *rng, float *values,
                                  tlstm_error **error) {
    (void)rng;
    (void)error;
    size_t count = count_of(ndim, dims);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)initializer->value;
    return TLSTM_OK;
}

/* gain on the diagonal */
static tlstm_status fill_identity(const tl_initializer *initializer, size_t ndim,
                                  const size_t *dims, tl_rng *rng, float *values,
                                  tlstm_error **error) {
    (void)rng;
    if (ndim != 2)
        return want_matrix(initializer, error);
    for (size_t row = 0; row < dims[0]; row++)
        for (size_t column = 0; column < dims[1]; column++)
            values[row * dims[1] + column] = row == column ? (float)initializer->gain : 0.0f;
    return TLSTM_OK;
}

/* Random numbers of one distribution */

static void draw_uniform(size_t count, double low, double high, tl_rng *rng, float *values) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(low + (high - low) * (double)tl_rng_uniform(rng));
}

static void draw_normal(size_t count, double mean, double stddev, tl_rng *rng, float *values) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(mean + stddev * tl_rng_normal(rng));
}

/* What lies two standard deviations away or farther is drawn again. */
static void draw_truncated(size_t count, double mean, double stddev, tl_rng *rng, float *values) {
    for (size_t i = 0; i < count; i++) {
        double drawn;
        do
            drawn = tl_rng_normal(rng);
        while (!(fabs(drawn) < 2.0));
        values[i] = (float)(mean + stddev * drawn);
    }
}

static tlstm_status fill_uniform(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                                 tl_rng *rng, float *values, tlstm_error **error) {
    (void)error;
    draw_uniform(count_of(ndim, dims), initializer->minval, initializer->maxval, rng, values);
    return TLSTM_OK;
}

static tlstm_status fill_normal(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                                tl_rng *rng, float *values, tlstm_error **error) {
    (void)error;
    draw_normal(count_of(ndim, dims), initializer->mean, initializer->stddev, rng, values);
    return TLSTM_OK;
}

static tlstm_status fill_truncated(const tl_initializer *initializer, size_t ndim,
                                   const size_t *dims, tl_rng *rng, float *values,
                                   tlstm_error **error) {
    (void)error;
    draw_truncated(count_of(ndim, dims), initializer->mean, initializer->stddev, rng, values);
    return TLSTM_OK;
}

/* VarianceScaling and its kin */

static double fan_of(const tl_initializer *initializer, size_t ndim, const size_t *dims) {
    double in = (double)dims[0], out = (double)dims[ndim - 1];
    double fan = initializer->mode == TL_FAN_IN    ? in
                 : initializer->mode == TL_FAN_OUT ? out
                                                   : (in + out) / 2;
    return fmax(1.0, fan);
}

/* Variance scale / fan; cutting the normal distribution off at 2 makes its deviation smaller by
 * 0.8796. */
static tlstm_status fill_scaled(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                                tl_rng *rng, float *values, tlstm_error **error) {
    (void)error;
    double variance = initializer->scale / fan_of(initializer, ndim, dims);
    size_t count = count_of(ndim, dims);
    if (initializer->distribution == TL_TRUNCATED_NORMAL) {
        draw_truncated(count, 0.0, sqrt(variance) / 0.87962566103423978, rng, values);
    } else if (initializer->distribution == TL_UNTRUNCATED_NORMAL) {
        draw_normal(count, 0.0, sqrt(variance), rng, values);
    } else {
        double limit = sqrt(3.0 * variance);
        draw_uniform(count, -limit, limit, rng, values);
    }
    return TLSTM_OK;
}

/* Orthogonal */

static double dot(size_t count, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Takes the directions of `known` columns out of a column, twice because of rounding. */
static void make_perpendicular(size_t length, size_t known, const double *columns, double *column) {
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < known; k++) {
            const double *other = columns + k * length;
            double along = dot(length, other, column);
            for (size_t i = 0; i < length; i++)
                column[i] -= along * other[i];
        }
}

/* Orthonormal columns, each of `length`, one after the other: the Q of a random matrix's QR
 * decomposition by Gram-Schmidt. Its R has a positive diagonal by construction, which is what Keras
 * reaches by q *= sign(diag(r)). */
static void draw_orthonormal(size_t length, size_t count, tl_rng *rng, double *columns) {
    for (size_t k = 0; k < count; k++) {
        double *column = columns + k * length, norm;
        do {
            for (size_t i = 0; i < length; i++)
                column[i] = tl_rng_normal(rng);
            make_perpendicular(length, k, columns, column);
            norm = sqrt(dot(length, column, column));
        } while (norm < 1e-9);
        for (size_t i = 0; i < length; i++)
            column[i] /= norm;
    }
}

/* The columns of the matrix are orthonormal where it is tall, its rows where it is wide. */
static tlstm_status fill_orthogonal(const tl_initializer *initializer, size_t ndim,
                                    const size_t *dims, tl_rng *rng, float *values,
                                    tlstm_error **error) {
    if (ndim != 2)
        return want_matrix(initializer, error);
    size_t rows = dims[0], columns = dims[1];
    int wide = rows < columns;
    size_t length = wide ? columns : rows, count = wide ? rows : columns;
    size_t size;
    double *basis = tl_size_multiply(length, count, &size) ? tl_alloc(size, sizeof(double)) : NULL;
    if (!basis)
        return tl_fail_memory(error);
    draw_orthonormal(length, count, rng, basis);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t at = wide ? row * length + column : column * length + row;
            values[row * columns + column] = (float)(initializer->gain * basis[at]);
        }
    tl_free(basis);
    return TLSTM_OK;
}

/* The classes */

#define NUMBER(name)                                                                               \
    { .key = #name, .kind = TL_FIELD_FLOAT, .offset = offsetof(tl_initializer, name) }
#define SEED                                                                                       \
    { .key = "seed", .kind = TL_FIELD_OPTIONAL, .offset = offsetof(tl_initializer, seed) }

static const tl_field no_fields[] = {{0}};
static const tl_field constant_fields[] = {NUMBER(value), {0}};
static const tl_field identity_fields[] = {NUMBER(gain), {0}};
static const tl_field uniform_fields[] = {NUMBER(minval), NUMBER(maxval), SEED, {0}};
static const tl_field normal_fields[] = {NUMBER(mean), NUMBER(stddev), SEED, {0}};
static const tl_field scaling_fields[] = {NUMBER(scale), SEED, {0}};
static const tl_field scaled_fields[] = {SEED, {0}};
static const tl_field orthogonal_fields[] = {NUMBER(gain), SEED, {0}};

const tl_initializer_class tl_zeros = {
    .class_name = "Zeros",
    .name = "zeros",
    .aliases = "zero",
    .fields = no_fields,
    .defaults = {.value = 0, .seed = NAN},
    .fill = fill_constant,
};
const tl_initializer_class tl_ones = {
    .class_name = "Ones",
    .name = "ones",
    .aliases = "one",
    .fields = no_fields,
    .defaults = {.value = 1, .seed = NAN},
    .fill = fill_constant,
};
const tl_initializer_class tl_constant = {
    .class_name = "Constant",
    .name = "constant",
    .aliases = "",
    .fields = constant_fields,
    .defaults = {.value = 0, .seed = NAN},
    .fill = fill_constant,
};
const tl_initializer_class tl_identity = {
    .class_name = "Identity",
    .name = "identity",
    .aliases = "IdentityInitializer",
    .fields = identity_fields,
    .defaults = {.gain = 1, .seed = NAN},
    .fill = fill_identity,
};
const tl_initializer_class tl_random_uniform = {
    .class_name = "RandomUniform",
    .name = "random_uniform",
    .aliases = "uniform",
    .fields = uniform_fields,
    .defaults = {.minval = -0.05, .maxval = 0.05, .seed = NAN},
    .fill = fill_uniform,
};
const tl_initializer_class tl_random_normal = {
    .class_name = "RandomNormal",
    .name = "random_normal",
    .aliases = "normal",
    .fields = normal_fields,
    .defaults = {.mean = 0, .stddev = 0.05, .seed = NAN},
    .fill = fill_normal,
};
const tl_initializer_class tl_truncated_normal = {
    .class_name = "TruncatedNormal",
    .name = "truncated_normal",
    .aliases = "",
    .fields = normal_fields,
    .defaults = {.mean = 0, .stddev = 0.05, .seed = NAN},
    .fill = fill_truncated,
};
const tl_initializer_class tl_variance_scaling = {
    .class_name = "VarianceScaling",
    .name = "variance_scaling",
    .aliases = "",
    .fields = scaling_fields,
    .defaults = {.scale = 1, .mode = TL_FAN_IN, .distribution = TL_TRUNCATED_NORMAL, .seed = NAN},
    .fill = fill_scaled,
    .has_words = 1,
};
const tl_initializer_class tl_orthogonal = {
    .class_name = "Orthogonal",
    .name = "orthogonal",
    .aliases = "OrthogonalInitializer",
    .fields = orthogonal_fields,
    .defaults = {.gain = 1, .seed = NAN},
    .fill = fill_orthogonal,
};

/* VarianceScaling under six names of its own. */
#define SCALED(variable, class_name_, name_, scale_, mode_, distribution_)                         \
    const tl_initializer_class variable = {                                                        \
        .class_name = class_name_,                                                                 \
        .name = name_,                                                                             \
        .aliases = "",                                                                             \
        .fields = scaled_fields,                                                                   \
        .defaults = {.scale = scale_, .mode = mode_, .distribution = distribution_, .seed = NAN},  \
        .fill = fill_scaled,                                                                       \
    }
SCALED(tl_glorot_uniform, "GlorotUniform", "glorot_uniform", 1, TL_FAN_AVG, TL_UNIFORM);
SCALED(tl_glorot_normal, "GlorotNormal", "glorot_normal", 1, TL_FAN_AVG, TL_TRUNCATED_NORMAL);
SCALED(tl_he_uniform, "HeUniform", "he_uniform", 2, TL_FAN_IN, TL_UNIFORM);
SCALED(tl_he_normal, "HeNormal", "he_normal", 2, TL_FAN_IN, TL_TRUNCATED_NORMAL);
SCALED(tl_lecun_uniform, "LecunUniform", "lecun_uniform", 1, TL_FAN_IN, TL_UNIFORM);
SCALED(tl_lecun_normal, "LecunNormal", "lecun_normal", 1, TL_FAN_IN, TL_TRUNCATED_NORMAL);
