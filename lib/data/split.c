/* train_test_split as scikit-learn: the sizes, the plain and the stratified order. */
#include "data/split.h"

#include "base/alloc.h"
#include "base/text.h"
#include "data/mt19937.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* A size that was asked for: not at all, as a part of the samples, or as their number. */
typedef enum kind { NOT_GIVEN, FRACTION, NUMBER } kind;

static kind kind_of(double size) {
    return size < 0 ? NOT_GIVEN : size < 1 ? FRACTION : NUMBER;
}

static tlstm_status fail_size(const char *name, double size, size_t samples, tlstm_error **error) {
    tl_text number = {0};
    tl_text_number(&number, size);
    tlstm_status status = tl_fail(error, TLSTM_ERROR_ARGUMENT, name,
                                  "expected a positive number of samples below %zu, or a fraction "
                                  "in (0, 1), got %s",
                                  samples, number.bytes ? number.bytes : "another");
    tl_text_clear(&number);
    return status;
}

static tlstm_status check_size(const char *name, double size, size_t samples, tlstm_error **error) {
    if (isnan(size) || size == 0 || (size >= 1 && (size >= (double)samples || size != floor(size))))
        return fail_size(name, size, samples, error);
    return TLSTM_OK;
}

/* scikit-learn's _validate_shuffle_split. */
static tlstm_status choose_sizes(size_t samples, const tlstm_split_options *options,
                                 size_t *train_count, size_t *test_count, tlstm_error **error) {
    double test = options->test_size, train = options->train_size, n = (double)samples;
    if (kind_of(test) == NOT_GIVEN && kind_of(train) == NOT_GIVEN)
        test = 0.25;
    tlstm_status status = check_size("test_size", test, samples, error);
    if (!status)
        status = check_size("train_size", train, samples, error);
    if (status)
        return status;
    if (kind_of(test) == FRACTION && kind_of(train) == FRACTION && test + train > 1)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "test_size",
                       "test_size and train_size are more than 1 together");
    double tests = kind_of(test) == FRACTION ? ceil(test * n) : test;
    double trains = kind_of(train) == FRACTION ? floor(train * n) : train;
    if (kind_of(train) == NOT_GIVEN)
        trains = n - tests;
    else if (kind_of(test) == NOT_GIVEN)
        tests = n - trains;
    if (trains + tests > n)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "test_size",
                       "test and training part have %.0f samples of %zu", trains + tests, samples);
    if (trains < 1)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "train_size",
                       "of %zu samples none is left to train", samples);
    if (tests < 1 && options->shuffle)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "test_size",
                       "of %zu samples none is left to test", samples);
    *train_count = (size_t)trains;
    *test_count = (size_t)tests;
    return TLSTM_OK;
}

/* Where a split is written. */
typedef struct parts {
    int64_t *train, *test;
    size_t train_count, test_count;
} parts;

static void split_in_order(const parts *into) {
    for (size_t i = 0; i < into->train_count; i++)
        into->train[i] = (int64_t)i;
    for (size_t i = 0; i < into->test_count; i++)
        into->test[i] = (int64_t)(into->train_count + i);
}

/* ShuffleSplit: the test part stands first in the permutation. */
static tlstm_status split_shuffled(size_t samples, tl_mt19937 *random, const parts *into,
                                   tlstm_error **error) {
    int64_t *order = tl_alloc(samples, sizeof(*order));
    if (!order)
        return tl_fail_memory(error);
    tl_mt19937_permutation(random, order, samples);
    for (size_t i = 0; i < into->test_count; i++)
        into->test[i] = order[i];
    for (size_t i = 0; i < into->train_count; i++)
        into->train[i] = order[into->test_count + i];
    tl_free(order);
    return TLSTM_OK;
}

static int descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* RandomState.choice(candidates, more, replace=False), each chosen class getting one draw more. */
static void add_to_some(int64_t *candidates, size_t count, size_t more, tl_mt19937 *random,
                        size_t *drawn, int64_t *scratch) {
    tl_mt19937_permutation(random, scratch, count);
    for (size_t i = 0; i < more; i++)
        drawn[candidates[scratch[i]]]++;
}

/*
 * scikit-learn's _approximate_mode: how many of `draws` fall to each class. Every class gets its
 * share rounded down; what is left goes to the largest remainders, and among equal ones to randomly
 * chosen classes.
 */
static tlstm_status share_draws(const size_t *counts, size_t classes, size_t draws,
                                tl_mt19937 *random, size_t *drawn, tlstm_error **error) {
    double *remainders = tl_alloc(classes, 2 * sizeof(*remainders));
    int64_t *candidates = tl_alloc(classes, 2 * sizeof(*candidates));
    tlstm_status status = remainders && candidates ? TLSTM_OK : tl_fail_memory(error);
    if (status)
        goto done;
    double *values = remainders + classes, total = 0;
    size_t left = draws;
    for (size_t i = 0; i < classes; i++)
        total += (double)counts[i];
    for (size_t i = 0; i < classes; i++) {
        double share = (double)counts[i] / total * (double)draws;
        drawn[i] = (size_t)share;
        left -= drawn[i];
        values[i] = remainders[i] = share - floor(share);
    }
    qsort(values, classes, sizeof(*values), descending);
    for (size_t v = 0; v < classes && left; v++) {
        if (v && values[v] == values[v - 1])
            continue;
        size_t found = 0;
        for (size_t i = 0; i < classes; i++)
            if (remainders[i] == values[v])
                candidates[found++] = (int64_t)i;
        size_t more = found < left ? found : left;
        add_to_some(candidates, found, more, random, drawn, candidates + classes);
        left -= more;
    }
done:
    tl_free(candidates);
    tl_free(remainders);
    return status;
}

/* The state of a stratified split; arrays per class, and indices sorted by class. */
typedef struct strata {
    size_t classes;
    size_t *class_of;  /* of each sample */
    size_t *counts;    /* samples per class */
    size_t *remaining; /* of them not in the training part */
    size_t *trains, *tests;
    int64_t *members; /* the samples, class after class */
    int64_t *order;   /* a permutation within a class */
} strata;

static void free_strata(strata *s) {
    tl_free(s->class_of);
    tl_free(s->counts);
    tl_free(s->members);
    tl_free(s->order);
}

static tlstm_status find_strata(strata *s, size_t samples, const tlstm_array *labels,
                                tlstm_error **error) {
    s->class_of = tl_alloc(samples, sizeof(*s->class_of));
    s->members = tl_alloc(samples, sizeof(*s->members));
    s->order = tl_alloc(samples, sizeof(*s->order));
    if (!s->class_of || !s->members || !s->order)
        return tl_fail_memory(error);
    tlstm_status status = tl_split_classes(labels, s->class_of, &s->classes, error);
    if (status)
        return status;
    s->counts = tl_alloc_zero(s->classes, 4 * sizeof(*s->counts));
    if (!s->counts)
        return tl_fail_memory(error);
    s->remaining = s->counts + s->classes;
    s->trains = s->remaining + s->classes;
    s->tests = s->trains + s->classes;
    for (size_t i = 0; i < samples; i++)
        s->counts[s->class_of[i]]++;
    size_t *next = s->tests, position = 0; /* `tests` is free until it is drawn */
    for (size_t c = 0; c < s->classes; position += s->counts[c++])
        next[c] = position;
    for (size_t i = 0; i < samples; i++)
        s->members[next[s->class_of[i]]++] = (int64_t)i;
    return TLSTM_OK;
}

static tlstm_status check_strata(const strata *s, const parts *into, tlstm_error **error) {
    for (size_t c = 0; c < s->classes; c++)
        if (s->counts[c] < 2)
            return tl_fail(error, TLSTM_ERROR_VALUE, "stratify",
                           "a class has only 1 member; every class needs 2 at least");
    if (into->train_count < s->classes)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "train_size",
                       "%zu training samples are less than the %zu classes", into->train_count,
                       s->classes);
    if (into->test_count < s->classes)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "test_size",
                       "%zu test samples are less than the %zu classes", into->test_count,
                       s->classes);
    return TLSTM_OK;
}

static tlstm_status draw_strata(strata *s, tl_mt19937 *random, const parts *into,
                                tlstm_error **error) {
    tlstm_status status =
        share_draws(s->counts, s->classes, into->train_count, random, s->trains, error);
    if (status)
        return status;
    for (size_t c = 0; c < s->classes; c++)
        s->remaining[c] = s->counts[c] - s->trains[c];
    status = share_draws(s->remaining, s->classes, into->test_count, random, s->tests, error);
    if (status)
        return status;
    const int64_t *members = s->members;
    int64_t *train = into->train, *test = into->test;
    for (size_t c = 0; c < s->classes; members += s->counts[c++]) {
        assert(s->trains[c] + s->tests[c] <= s->counts[c]);
        tl_mt19937_permutation(random, s->order, s->counts[c]);
        for (size_t i = 0; i < s->trains[c]; i++)
            *train++ = members[s->order[i]];
        for (size_t i = 0; i < s->tests[c]; i++)
            *test++ = members[s->order[s->trains[c] + i]];
    }
    tl_mt19937_shuffle(random, into->train, into->train_count);
    tl_mt19937_shuffle(random, into->test, into->test_count);
    return TLSTM_OK;
}

/* StratifiedShuffleSplit. */
static tlstm_status split_stratified(size_t samples, const tlstm_array *labels, tl_mt19937 *random,
                                     const parts *into, tlstm_error **error) {
    if ((size_t)labels->shape[0] != samples)
        return tl_fail(error, TLSTM_ERROR_SHAPE, "stratify", "has %lld labels for %zu samples",
                       (long long)labels->shape[0], samples);
    strata s = {0};
    tlstm_status status = find_strata(&s, samples, labels, error);
    if (!status)
        status = check_strata(&s, into, error);
    if (!status)
        status = draw_strata(&s, random, into, error);
    free_strata(&s);
    return status;
}

static tlstm_status fill_parts(size_t samples, const tlstm_split_options *options,
                               const parts *into, tlstm_error **error) {
    tl_mt19937 random;
    if (!options->shuffle) {
        split_in_order(into);
        return TLSTM_OK;
    }
    tlstm_status status = tl_mt19937_seed(&random, options->random_state, "random_state", error);
    if (status)
        return status;
    return options->stratify ? split_stratified(samples, options->stratify, &random, into, error)
                             : split_shuffled(samples, &random, into, error);
}

tlstm_status tl_train_test_split(size_t samples, const tlstm_split_options *options,
                                 tlstm_array **train, tlstm_array **test, tlstm_error **error) {
    parts into = {0};
    tlstm_array *train_made = NULL, *test_made = NULL;
    tlstm_status status =
        choose_sizes(samples, options, &into.train_count, &into.test_count, error);
    if (status)
        return status;
    if (!options->shuffle && options->stratify)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "stratify", "needs shuffle");
    status = tl_array_new_int64(into.train_count, &train_made, error);
    if (!status)
        status = tl_array_new_int64(into.test_count, &test_made, error);
    if (!status) {
        into.train = train_made->data;
        into.test = test_made->data;
        status = fill_parts(samples, options, &into, error);
    }
    if (status) {
        tl_array_free(test_made);
        tl_array_free(train_made);
        return status;
    }
    *train = train_made;
    *test = test_made;
    return TLSTM_OK;
}

tlstm_status tl_shuffled_indices(size_t count, int64_t seed, tlstm_array **indices,
                                 tlstm_error **error) {
    tl_mt19937 random;
    tlstm_array *made = NULL;
    tlstm_status status = tl_mt19937_seed(&random, seed, "seed", error);
    if (!status)
        status = tl_array_new_int64(count, &made, error);
    if (status)
        return status;
    tl_mt19937_permutation(&random, made->data, count);
    *indices = made;
    return TLSTM_OK;
}
