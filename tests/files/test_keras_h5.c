/* Files of real Keras: every weight and every optimizer slot arrives, bit by bit. */
#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "files/format.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tlstm_model *load(const char *path) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(path, &model, &error), error);
    return model;
}

/* Layers of later releases; anything else must load. */
static int has_only_known_layers(const char *path) {
    static const char *const later[] = {
        "Bidirectional",    "TimeDistributed",  "Masking",       "GlobalAveragePooling1D",
        "SpatialDropout1D", "GlobalMaxPooling", "GaussianNoise", "RepeatVector",
    };
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int known = 1;
    if (tl_model_load(path, &model, &error))
        for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
            known = known && !strstr(tl_error_message(error), later[i]);
    tl_error_free(error);
    tl_model_free(model);
    return known;
}

static void assert_values(hid_t expected, const char *path, const tl_weight *weight,
                          const float *values) {
    size_t count = 0;
    double *want = tl_test_h5_read(expected, path, &count, NULL, NULL);
    ck_assert_uint_eq(count, weight->size);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(values[i] == (float)want[i], "%s[%zu]: %g, not %g", path, i,
                      (double)values[i], want[i]);
    free(want);
}

static void assert_weights(const tlstm_model *model, hid_t expected) {
    char path[64];
    tl_weight_at at;
    size_t i = 0;
    for (; tl_model_weight(model, i, &at); i++) {
        snprintf(path, sizeof(path), "/weights/%zu", i);
        assert_values(expected, path, at.weight, at.values);
    }
    snprintf(path, sizeof(path), "/weights/%zu", i);
    ck_assert(i > 0 && !tl_test_h5_exists(expected, path));
}

/* "model-tf2.1.h5" -> "expected-tf2.1.h5" */
static int expected_of(const char *folder, const char *file, char *path, size_t size) {
    const char *end = file + strlen("model");
    return snprintf(path, size, "%s/expected%s", folder, end) < (int)size &&
           strncmp(file, "model", 5) == 0 && strcmp(end + strlen(end) - 3, ".h5") == 0 &&
           !strstr(file, ".weights.h5");
}

/* Calls `check` for every model file of the cases; the number of files. */
typedef void file_check(const char *path, hid_t expected);

static size_t for_each_file(const char *prefix, file_check *check) {
    const char *root = tl_test_shared("golden");
    DIR *cases = opendir(root);
    size_t count = 0;
    for (struct dirent *one; cases && (one = readdir(cases));) {
        char folder[1024], path[2048], expected[2048];
        snprintf(folder, sizeof(folder), "%s/%s", root, one->d_name);
        DIR *files = strncmp(one->d_name, prefix, strlen(prefix)) == 0 && one->d_name[0] != '.'
                         ? opendir(folder)
                         : NULL;
        for (struct dirent *file; files && (file = readdir(files));) {
            snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
            if (!expected_of(folder, file->d_name, expected, sizeof(expected)) ||
                !has_only_known_layers(path))
                continue;
            hid_t data = tl_test_h5_open(expected);
            check(path, data);
            H5Fclose(data);
            count++;
        }
        if (files)
            closedir(files);
    }
    if (cases)
        closedir(cases);
    return count;
}

static void check_weights(const char *path, hid_t expected) {
    tlstm_model *model = load(path);
    assert_weights(model, expected);
    tl_model_free(model);
}

START_TEST(weights_of_all_cases) {
    ck_assert_uint_ge(for_each_file("", check_weights), 200);
}
END_TEST

static hid_t image_of(const tlstm_model *model, char **bytes) {
    const tlstm_save_options all = TLSTM_SAVE_OPTIONS_INIT;
    size_t length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_save_memory(model, &all, bytes, &length, &error), error);
    return tl_test_h5_open(tl_test_write("saved.h5", *bytes, length));
}

static size_t count_sets(hid_t expected, const char *group) {
    char path[64];
    for (size_t i = 0;; i++) {
        snprintf(path, sizeof(path), "%s/%zu", group, i);
        if (!tl_test_h5_exists(expected, path))
            return i;
    }
}

/* The n-th of the names in /optimizer_weights (fixed-length strings, as written). */
static void name_of(hid_t file, size_t number, char *path, size_t size) {
    hid_t attribute =
        H5Aopen_by_name(file, "/optimizer_weights", "weight_names", H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    size_t width = H5Tget_size(type), count = (size_t)H5Sget_simple_extent_npoints(space);
    ck_assert_uint_lt(number, count);
    char *names = calloc(count, width);
    ck_assert(H5Aread(attribute, type, names) >= 0);
    snprintf(path, size, "/optimizer_weights/%.*s", (int)width, names + number * width);
    free(names);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
}

/*
 * What Keras 2 says its optimizer's variables are after training, in its order, must be what we
 * write after reading its file: so the slots were found, and go back where tf_keras looks.
 */
static void check_slots(const char *path, hid_t expected) {
    if (strstr(path, "-k3.h5") || strstr(path, "optlegacy-nadam"))
        return; /* Keras 3's order, and a variable (momentum_cache) that follows from the others */
    tlstm_model *model = load(path);
    ck_assert_msg(model->compiled != NULL, "%s is not compiled", path);
    ck_assert_msg(model->note_count == 0, "%s: %s", path,
                  model->note_count ? model->notes[0].text : "");
    char *bytes = NULL;
    hid_t saved = image_of(model, &bytes);
    size_t count = count_sets(expected, "/train/opt");
    ck_assert_uint_gt(count, 0);
    /* tf_keras's SGD without momentum notes down its last step, which nothing reads again. */
    if (model->compiled->slot_count == 0)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        char ours[512], theirs[64];
        size_t our_size = 0, their_size = 0;
        name_of(saved, i, ours, sizeof(ours));
        snprintf(theirs, sizeof(theirs), "/train/opt/%zu", i);
        double *got = tl_test_h5_read(saved, ours, &our_size, NULL, NULL);
        double *want = tl_test_h5_read(expected, theirs, &their_size, NULL, NULL);
        ck_assert_msg(our_size == their_size, "%s: %s", path, ours);
        for (size_t k = 0; k < our_size; k++)
            ck_assert_msg(got[k] == want[k], "%s: %s[%zu]: %g, not %g", path, ours, k, got[k],
                          want[k]);
        free(want);
        free(got);
    }
    H5Fclose(saved);
    tl_free(bytes);
    tl_model_free(model);
}

START_TEST(slots_of_all_optimizers) {
    ck_assert_uint_ge(for_each_file("opt", check_slots), 25);
}
END_TEST

/* Keras 3 keeps the learning rate and writes slots in its own names and order. */
static void check_keras3_slots(const char *path, hid_t expected) {
    if (!strstr(path, "-k3.h5"))
        return;
    tlstm_model *model = load(path);
    const tl_compiled *compiled = model->compiled;
    ck_assert_ptr_nonnull(compiled);
    ck_assert_uint_eq(model->note_count, 0);
    double *iteration = tl_test_h5_read(expected, "/train/opt/0", NULL, NULL, NULL);
    double *rate = tl_test_h5_read(expected, "/train/opt/1", NULL, NULL, NULL);
    ck_assert_int_eq(compiled->iterations, (int64_t)*iteration);
    ck_assert((float)compiled->optimizer.config.learning_rate == (float)*rate);
    free(rate);
    free(iteration);
    size_t place = 2, pair = compiled->optimizer.ops->interleaved ? 2 : 1;
    size_t weights = tl_model_weight_count(model);
    for (size_t slot = 0; slot < compiled->slot_count; slot++)
        for (size_t i = 0; i < weights; i++) {
            char theirs[64];
            tl_weight_at at;
            ck_assert(tl_model_weight(model, i, &at));
            size_t number =
                pair == 2 && slot < 2 ? place + 2 * i + slot : place + slot * weights + i;
            snprintf(theirs, sizeof(theirs), "/train/opt/%zu", number);
            assert_values(expected, theirs, at.weight, compiled->slots[slot] + at.weight->offset);
        }
    tl_model_free(model);
}

START_TEST(slots_of_keras_3) {
    for_each_file("opt", check_keras3_slots);
}
END_TEST

/* One model as ten versions of Keras write it: all restored, nothing noted but that RMSprop of
 * stand-alone Keras before 2.3 does not store the number of updates. */
static void check_version(const char *path, hid_t expected) {
    tlstm_model *model = load(path);
    const size_t notes = strstr(path, "keras2.1") || strstr(path, "keras2.2") ? 1 : 0;
    ck_assert_msg(model->compiled && model->note_count == notes, "%s: %s", path,
                  model->note_count ? model->notes[0].text : "not compiled");
    if (notes)
        ck_assert_ptr_nonnull(strstr(model->notes[0].text, "how many updates"));
    ck_assert_str_eq(model->compiled->optimizer.ops->name, "rmsprop");
    ck_assert_uint_eq(model->compiled->metric_count, 1);
    ck_assert_str_eq(model->compiled->metrics[0].name, "accuracy");
    /* The accumulators are not zero after training. */
    float sum = 0;
    for (size_t i = 0; i < model->parameter_count; i++)
        sum += model->compiled->slots[0][i];
    ck_assert_msg(sum > 0, "%s has empty slots", path);
    int old = strstr(path, "keras2.") || strstr(path, "tf1.") || strstr(path, "tf2.1.h5") ||
              strstr(path, "tf2.4") || strstr(path, "tf2.10");
    ck_assert_msg(model->compiled->optimizer.config.legacy == old, "%s: legacy or not", path);
    (void)expected;
    tl_model_free(model);
}

START_TEST(all_versions_of_keras) {
    ck_assert_uint_ge(for_each_file("functional-linear", check_version), 10);
    ck_assert_uint_ge(for_each_file("gru-reset-after", check_version), 10);
}
END_TEST

START_TEST(genuine_files) {
    const char *root = tl_test_shared("keras-h5");
    DIR *files = opendir(root);
    size_t count = 0;
    for (struct dirent *file; files && (file = readdir(files));) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", root, file->d_name);
        if (!strstr(path, ".h5") || strstr(path, "cnn") || strstr(path, "-weights"))
            continue;
        tlstm_model *model = load(path);
        ck_assert_msg(model->compiled && model->compiled->iterations > 0, "%s", path);
        ck_assert_uint_eq(model->note_count, 0);
        tl_model_free(model);
        count++;
    }
    if (files)
        closedir(files);
    ck_assert_uint_ge(count, 15);
}
END_TEST

START_TEST(what_cannot_be_read_is_named) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(
        tl_model_load(tl_test_shared("keras-h5/keras-2.2.4-tf-best-cnn-model.h5"), &model, &error),
        TLSTM_ERROR_UNSUPPORTED, error,
        "cnn-model.h5:model_config:conv2d_3: layers of class Conv2D");
    ck_assert_ptr_null(model);
}
END_TEST

/* Weights alone, from a weights file and from a whole model, go into a model that is there; a model
 * that they do not fit is left as it was. */
START_TEST(weights_go_into_a_model) {
    const char *whole = tl_test_shared("keras-h5/keras-2.7.0-dense-model-whole.h5");
    const char *weights = tl_test_shared("keras-h5/keras-2.7.0-dense-model-weights.h5");
    tlstm_model *model = load(whole), *other = load(tl_test_shared("golden/seed-lstm/model.h5"));
    tlstm_error *error = NULL;
    size_t size = model->parameter_count * sizeof(float);
    float *wanted = malloc(size);
    memcpy(wanted, model->parameters, size);
    memset(model->parameters, 0, size);
    TL_ASSERT_OK(tl_model_load_weights(model, whole, &error), error);
    ck_assert_mem_eq(model->parameters, wanted, size);
    TL_ASSERT_OK(tl_model_load_weights(model, weights, &error), error);
    TL_ASSERT_FAILS(
        tl_model_load_weights(model, tl_test_shared("golden/seed-lstm/model.h5"), &error),
        TLSTM_ERROR_SHAPE, error, "the model has 2 layers with weights, the file has 3");
    size = other->parameter_count * sizeof(float);
    float *before = malloc(size);
    memcpy(before, other->parameters, size);
    TL_ASSERT_FAILS(
        tl_model_load_weights(other, tl_test_shared("golden/rnn2-gru/model.h5"), &error),
        TLSTM_ERROR_SHAPE, error, "");
    ck_assert_mem_eq(other->parameters, before, size);
    free(before);
    free(wanted);
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

int main(void) {
    tl_test_need_shared("golden/seed-lstm/model.h5");
    tl_test_need_shared("keras-h5");
    Suite *suite = suite_create("keras_h5");
    TCase *tests = tcase_create("keras_h5");
    tcase_add_test(tests, weights_of_all_cases);
    tcase_add_test(tests, slots_of_all_optimizers);
    tcase_add_test(tests, slots_of_keras_3);
    tcase_add_test(tests, all_versions_of_keras);
    tcase_add_test(tests, genuine_files);
    tcase_add_test(tests, what_cannot_be_read_is_named);
    tcase_add_test(tests, weights_go_into_a_model);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
