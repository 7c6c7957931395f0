/* Saving: nothing is lost, and at any moment the file is the old one or the new one, whole. */
#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "base/file.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "files/keras_config.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const tlstm_save_options everything = TLSTM_SAVE_OPTIONS_INIT;

static void add(tlstm_model *model, const char *class_name, const char *config) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_add_layer(model, class_name, config, &error), error);
}

/* A compiled model whose slots are not zero. `seed` tells models apart. */
static tlstm_model *make_model(uint64_t seed, const char *optimizer_name, int legacy) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_new("mine", seed, &model, &error), error);
    add(model, "InputLayer", "{\"batch_shape\": [null, 9]}");
    add(model, "Embedding", "{\"input_dim\": 30, \"output_dim\": 4, \"mask_zero\": true}");
    add(model, "LSTM", "{\"units\": 5, \"dropout\": 0.25, \"kernel_regularizer\": \"l2\"}");
    add(model, "Dense", "{\"units\": 1, \"activation\": \"sigmoid\", \"trainable\": false}");
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    struct tlstm_optimizer optimizer =
        tl_optimizer_default(tl_optimizer_find(optimizer_name), legacy ? 1 : 2);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("binary_crossentropy"));
    tl_metric metrics[2];
    optimizer.config.learning_rate = 0.1 + 0.2;
    optimizer.config.clipnorm = 1.25;
    loss.config.label_smoothing = 0.125;
    TL_ASSERT_OK(tl_metric_resolve("accuracy", loss.ops, 1, &metrics[0], &error), error);
    TL_ASSERT_OK(tl_metric_resolve("mae", loss.ops, 1, &metrics[1], &error), error);
    TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, metrics, 2, &error), error);
    model->compiled->iterations = 12345;
    /* The last layer is not trained: it has no slots in a file. */
    const tl_layer *last = model->layers[3];
    for (size_t slot = 0; slot < model->compiled->slot_count; slot++)
        for (size_t i = 0; i < last->weights[0].offset; i++)
            model->compiled->slots[slot][i] = (float)sin((double)(i + slot * 1000 + seed));
    return model;
}

static char *image(const tlstm_model *model, size_t *length) {
    char *bytes = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_save_memory(model, &everything, &bytes, length, &error), error);
    return bytes;
}

static tlstm_model *reload(const tlstm_model *model) {
    size_t length = 0;
    char *bytes = image(model, &length);
    tlstm_model *again = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load_memory(bytes, length, &again, &error), error);
    tl_free(bytes);
    return again;
}

static void assert_same_blocks(const tlstm_model *a, const tlstm_model *b) {
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(a, i, &at); i++) {
        size_t place = at.weight->offset, size = at.weight->size * sizeof(float);
        ck_assert_mem_eq(a->parameters + place, b->parameters + place, size);
        for (size_t slot = 0; at.layer->trainable && slot < a->compiled->slot_count; slot++)
            ck_assert_mem_eq(a->compiled->slots[slot] + place, b->compiled->slots[slot] + place,
                             size);
    }
}

/* Every optimizer, of the new kind and of the old. */
START_TEST(a_loaded_model_is_the_saved_one) {
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++)
        for (int legacy = 0; legacy < 2; legacy++) {
            tlstm_model *model = make_model(3, (*ops)->name, legacy), *again = reload(model);
            ck_assert_msg(again->compiled != NULL, "%s: %s", (*ops)->name,
                          again->note_count ? again->notes[0].text : "");
            ck_assert_msg(again->note_count == 0, "%s: %s", (*ops)->name,
                          again->note_count ? again->notes[0].text : "");
            const tl_compiled *a = model->compiled, *b = again->compiled;
            ck_assert_str_eq(again->name, "mine");
            ck_assert_uint_eq(again->layer_count, model->layer_count);
            ck_assert_int_eq(again->layers[3]->trainable, 0);
            ck_assert_ptr_eq(a->optimizer.ops, b->optimizer.ops);
            ck_assert_int_eq(a->optimizer.config.legacy, b->optimizer.config.legacy);
            for (const tl_field *field = (*ops)->fields; field->key; field++) {
                double x = tl_field_get_number(field, &a->optimizer.config);
                double y = tl_field_get_number(field, &b->optimizer.config);
                ck_assert_msg(x == y || (isnan(x) && isnan(y)), "%s: %s", (*ops)->name, field->key);
            }
            ck_assert_int_eq(b->iterations, 12345);
            ck_assert_ptr_eq(a->loss.ops, b->loss.ops);
            ck_assert(b->loss.config.label_smoothing == 0.125);
            ck_assert_uint_eq(b->metric_count, 2);
            ck_assert_str_eq(b->metrics[0].name, "accuracy");
            ck_assert_str_eq(b->metrics[1].name, "mae");
            assert_same_blocks(model, again);
            tl_model_free(again);
            tl_model_free(model);
        }
}
END_TEST

START_TEST(the_same_model_gives_the_same_bytes) {
    tlstm_model *model = make_model(3, "adam", 0);
    size_t first_length = 0, second_length = 0;
    char *first = image(model, &first_length);
    struct timespec pause = {1, 100000000}; /* time stamps in HDF5 count seconds */
    nanosleep(&pause, NULL);
    char *second = image(model, &second_length);
    ck_assert_uint_eq(first_length, second_length);
    ck_assert_mem_eq(first, second, first_length);
    tl_free(second);
    tl_free(first);
    tl_model_free(model);
}
END_TEST

START_TEST(parts_are_left_out_on_request) {
    tlstm_model *model = make_model(3, "rmsprop", 0), *again = NULL;
    const char *path = tl_test_temporary("part.h5");
    tlstm_error *error = NULL;
    tlstm_save_options options = everything;
    options.without_optimizer = 1;
    TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
    TL_ASSERT_OK(tl_model_load(path, &again, &error), error);
    ck_assert_ptr_null(again->compiled);
    memset(again->parameters, 0, again->parameter_count * sizeof(float));
    options = everything;
    options.weights_only = 1;
    TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
    tlstm_model *none = NULL;
    TL_ASSERT_FAILS(tl_model_load(path, &none, &error), TLSTM_ERROR_FORMAT, error, "weights only");
    TL_ASSERT_OK(tl_model_load_weights(again, path, &error), error);
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        ck_assert_mem_eq(again->parameters + at.weight->offset, at.values,
                         at.weight->size * sizeof(float));
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

static void assert_begins(const tlstm_model *model, const char *path, const char *start,
                          int has_layers) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    TL_ASSERT_OK(tl_file_read(path, 1 << 24, &bytes, &length, &error), error);
    ck_assert_mem_eq(bytes, start, 4);
    tl_h5 *file = NULL;
    if (has_layers >= 0) {
        TL_ASSERT_OK(tl_h5_open(path, bytes, length, &file, &error), error);
        ck_assert_int_eq(tl_h5_has(file, "/layers"), has_layers);
        ck_assert_int_eq(tl_h5_has(file, "/model_weights"), !has_layers);
    }
    tl_h5_close(file);
    tl_free(bytes);
}

/* Keras, too, looks at the longest suffix. */
START_TEST(the_suffix_picks_the_format) {
    tlstm_model *model = make_model(3, "rmsprop", 0);
    assert_begins(model, tl_test_temporary("m.keras"), "PK\3\4", -1);
    assert_begins(model, tl_test_temporary("m.weights.h5"), "\211HDF", 1);
    assert_begins(model, tl_test_temporary("m.h5"), "\211HDF", 0);
    assert_begins(model, tl_test_temporary("m"), "\211HDF", 0);
    tl_model_free(model);
}
END_TEST

/* Runs `act` in a process of its own; its exit status. */
static int in_child(void (*act)(const char *path), const char *path) {
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        act(path);
        _exit(99);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A disk that is full: files may not become longer than a few bytes. Leaves the status. */
static void save_on_a_full_disk(const char *path) {
    struct rlimit limit = {4096, 4096};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    tlstm_model *model = make_model(8, "rmsprop", 0);
    tlstm_error *error = NULL;
    tlstm_status status = tl_model_save(model, path, &everything, &error);
    int clear = strstr(tl_error_where(error), path) && strstr(tl_error_message(error), "cannot");
    _exit(status == TLSTM_ERROR_IO && clear ? 42 : 1);
}

static size_t files_beside(const char *path) {
    char folder[1024];
    size_t count = 0;
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    DIR *listing = opendir(folder);
    while (listing && readdir(listing))
        count++;
    if (listing)
        closedir(listing);
    return count;
}

static void assert_file_is(const char *path, const char *bytes, size_t length) {
    char *got = NULL;
    size_t got_length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_read(path, 1 << 24, &got, &got_length, &error), error);
    ck_assert_uint_eq(got_length, length);
    ck_assert_mem_eq(got, bytes, length);
    tl_free(got);
}

START_TEST(a_full_disk_keeps_the_old_file) {
    tlstm_model *model = make_model(7, "rmsprop", 0);
    const char *path = tl_test_temporary("full.h5");
    tlstm_error *error = NULL;
    size_t length = 0;
    char *old = image(model, &length);
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    size_t before = files_beside(path);
    ck_assert_int_eq(in_child(save_on_a_full_disk, path), 42);
    assert_file_is(path, old, length);
    ck_assert_uint_eq(files_beside(path), before);
    tl_free(old);
    tl_model_free(model);
}
END_TEST

static void save_without_end(const char *path) {
    tlstm_model *one = make_model(1, "rmsprop", 0), *other = make_model(2, "rmsprop", 0);
    for (;;) {
        tl_model_save(one, path, &everything, NULL);
        tl_model_save(other, path, &everything, NULL);
    }
}

/* Kills a process that saves all the time, at a moment that chance gives. */
static void kill_a_saver(const char *path, long microseconds) {
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        save_without_end(path);
    struct timespec wait = {0, microseconds * 1000};
    nanosleep(&wait, NULL);
    kill(child, SIGKILL);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
}

START_TEST(a_crash_leaves_the_old_file_or_the_new_one) {
    tlstm_model *one = make_model(1, "rmsprop", 0), *other = make_model(2, "rmsprop", 0);
    const char *path = tl_test_temporary("killed.h5");
    tlstm_error *error = NULL;
    size_t length = 0, other_length = 0;
    char *first = image(one, &length), *second = image(other, &other_length);
    TL_ASSERT_OK(tl_model_save(one, path, &everything, &error), error);
    for (long i = 0; i < 25; i++) {
        kill_a_saver(path, 3000 + i * 1777);
        char *got = NULL;
        size_t got_length = 0;
        TL_ASSERT_OK(tl_file_read(path, 1 << 24, &got, &got_length, &error), error);
        ck_assert_uint_eq(got_length, length);
        ck_assert(memcmp(got, first, length) == 0 || memcmp(got, second, length) == 0);
        tl_free(got);
    }
    tl_free(second);
    tl_free(first);
    tl_model_free(other);
    tl_model_free(one);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named) {
    tlstm_model *model = make_model(3, "rmsprop", 0);
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_model_save(model, "/nowhere/at/all.h5", &everything, &error), TLSTM_ERROR_IO,
                    error, "/nowhere/at/all.h5: cannot");
    TL_ASSERT_FAILS(tl_model_save(model, tl_test_temporary(""), &everything, &error),
                    TLSTM_ERROR_IO, error, "cannot");
    if (geteuid() != 0) { /* the rights of a folder do not stop root */
        const char *folder = tl_test_temporary("locked");
        char path[1024];
        ck_assert_int_eq(mkdir(folder, 0500), 0);
        snprintf(path, sizeof(path), "%s/m.h5", folder);
        TL_ASSERT_FAILS(tl_model_save(model, path, &everything, &error), TLSTM_ERROR_IO, error,
                        "cannot");
    }
    tl_model_free(model);
}
END_TEST

START_TEST(what_cannot_be_saved_is_said) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    char *bytes = NULL;
    size_t length = 0;
    TL_ASSERT_OK(tl_model_new("m", 1, &model, &error), error);
    add(model, "Dense", "{\"units\": 1}");
    TL_ASSERT_FAILS(tl_model_save_memory(model, &everything, &bytes, &length, &error),
                    TLSTM_ERROR_STATE, error, "not built");
    tl_model_free(model);
}
END_TEST

static tlstm_status save_and_load(void *context, tlstm_error **error) {
    (void)context;
    tlstm_model *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t length = 0;
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": "
        "[{\"class_name\": \"Dense\", \"config\": {\"units\": 2, \"input_shape\": [3]}}]}}";
    tlstm_status status =
        tl_keras_parse_model("json", json, strlen(json), NULL, 1, &model, NULL, error);
    struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find("adam"), 2);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("mse"));
    tl_metric metric;
    if (!status)
        status = tl_model_build(model, NULL, error);
    if (!status)
        status = tl_metric_resolve("mae", loss.ops, 2, &metric, error);
    if (!status)
        status = tl_model_compile(model, &optimizer, &loss, &metric, 1, error);
    if (!status)
        status = tl_model_save_memory(model, &everything, &bytes, &length, error);
    if (!status)
        status = tl_model_load_memory(bytes, length, &again, error);
    tl_model_free(again);
    tl_free(bytes);
    tl_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    tl_test_fail_each_allocation(save_and_load, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("save");
    TCase *tests = tcase_create("save");
    tcase_add_test(tests, a_loaded_model_is_the_saved_one);
    tcase_add_test(tests, the_same_model_gives_the_same_bytes);
    tcase_add_test(tests, parts_are_left_out_on_request);
    tcase_add_test(tests, the_suffix_picks_the_format);
    tcase_add_test(tests, a_full_disk_keeps_the_old_file);
    tcase_add_test(tests, a_crash_leaves_the_old_file_or_the_new_one);
    tcase_add_test(tests, a_place_that_cannot_be_written_is_named);
    tcase_add_test(tests, what_cannot_be_saved_is_said);
    tcase_add_test(tests, each_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
