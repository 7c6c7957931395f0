/*
 * A `.keras` file that does not say its optimizer: what Keras 3 saves of a model that it saved as
 * `.h5` before, where `compile_config` loses the key and the variables stay. Keras compiles with
 * its default then, RMSprop, and takes for its state whatever fits.
 */
#include "support.h"

#include "base/alloc.h"
#include "data/zip.h"
#include "files/format.h"
#include "files/keras_config.h"

#include <string.h>

static tlstm_model *make_model(const char *optimizer_name, double momentum) {
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": "
        "[{\"class_name\": \"Dense\", \"config\": {\"units\": 2, \"input_shape\": [3]}}]}}";
    struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find(optimizer_name), 3);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("mse"));
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_parse_model("json", json, strlen(json), NULL, 1, &model, NULL, &error),
                 error);
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    optimizer.config.momentum = momentum;
    optimizer.config.learning_rate = 0.25;
    TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, NULL, 0, &error), error);
    model->compiled->iterations = 12;
    for (size_t s = 0; s < model->compiled->slot_count; s++)
        for (size_t i = 0; i < model->parameter_count; i++)
            model->compiled->slots[s][i] = (float)(i + 100 * s) + 0.5F;
    return model;
}

/* The configuration without the optimizer, in new memory (free()). */
static char *forget_optimizer(const char *text) {
    json_t *config = json_loads(text, 0, NULL);
    json_t *training = json_object_get(config, "compile_config");
    ck_assert_int_eq(json_object_del(training, "optimizer"), 0);
    char *written = json_dumps(config, 0);
    json_decref(config);
    return written;
}

/* Variables as Keras has them: without this library's group, and before 3.6 without names. */
static void change_variables(const char *path, int named) {
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(H5Ldelete(file, "/tinylstm", H5P_DEFAULT), 0);
    if (!named)
        ck_assert_int_ge(H5Adelete_by_name(file, "/optimizer/vars", "name", H5P_DEFAULT), 0);
    H5Fclose(file);
}

static void change_member(tl_zip *zip, tl_zip_writer *out, const char *name, int named) {
    char *bytes = NULL, *changed = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    tl_source variables = {0};
    TL_ASSERT_OK(tl_zip_read(zip, name, 1 << 20, &bytes, &length, &error), error);
    if (strcmp(name, "config.json") == 0) {
        changed = forget_optimizer(bytes);
        TL_ASSERT_OK(tl_zip_add(out, name, changed, strlen(changed), &error), error);
    } else {
        const char *path = tl_test_write("variables.h5", bytes, length);
        change_variables(path, named);
        TL_ASSERT_OK(tl_source_read(path, &variables, &error), error);
        TL_ASSERT_OK(tl_zip_add(out, name, variables.bytes, variables.length, &error), error);
        tl_source_free(&variables);
    }
    free(changed);
    tl_free(bytes);
}

/* Loads what is left of the model when its file says no optimizer. */
static tlstm_model *lose_optimizer(const tlstm_model *model, int named) {
    const char *path = tl_test_temporary("whole.keras");
    tl_source whole = {0};
    tl_zip *zip = NULL;
    tl_zip_writer *out = NULL;
    char *bytes = NULL;
    size_t length = 0;
    tlstm_model *loaded = NULL;
    tlstm_error *error = NULL;
    const tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
    TL_ASSERT_OK(tl_source_read(path, &whole, &error), error);
    TL_ASSERT_OK(tl_zip_open(whole.bytes, whole.length, &zip, &error), error);
    TL_ASSERT_OK(tl_zip_create(&out, &error), error);
    change_member(zip, out, "config.json", named);
    change_member(zip, out, "model.weights.h5", named);
    TL_ASSERT_OK(tl_zip_finish(out, &bytes, &length, &error), error);
    TL_ASSERT_OK(tl_model_load_memory(bytes, length, &loaded, &error), error);
    tl_zip_discard(out);
    tl_zip_close(zip);
    tl_source_free(&whole);
    tl_free(bytes);
    return loaded;
}

/* Notes of state that is not restored, each with a part of its text. */
static void assert_notes(const tlstm_model *model, size_t count, const char *const *parts) {
    ck_assert_uint_eq(model->note_count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(model->notes[i].kind, TLSTM_NOTE_NOT_RESTORED);
        ck_assert_msg(strstr(model->notes[i].text, parts[i]) != NULL, "%s", model->notes[i].text);
    }
}

static void assert_begins_anew(const tlstm_model *model) {
    ck_assert_str_eq(model->compiled->optimizer.ops->name, "rmsprop");
    ck_assert_int_eq(model->compiled->iterations, 0);
    ck_assert(model->compiled->optimizer.config.learning_rate == 0.001);
    for (size_t i = 0; i < model->parameter_count; i++)
        ck_assert(model->compiled->slots[0][i] == 0);
}

static void assert_same_state(const tlstm_model *model, const tlstm_model *again) {
    ck_assert_str_eq(again->compiled->optimizer.ops->name, "rmsprop");
    ck_assert_int_eq(again->compiled->iterations, 12);
    ck_assert(again->compiled->optimizer.config.learning_rate == 0.25);
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        ck_assert_mem_eq(model->compiled->slots[0] + at.weight->offset,
                         again->compiled->slots[0] + at.weight->offset,
                         at.weight->size * sizeof(float));
}

/* Adam has more slots than RMSprop; SGD's momenta would pass for mean squares, and are negative. */
START_TEST(the_state_of_another_optimizer_is_not_taken) {
    static const char *const names[] = {"adam", "sgd"};
    for (size_t i = 0; i < 2; i++) {
        const char *const notes[] = {"not say which optimizer", names[i]};
        tlstm_model *model = make_model(names[i], 0.9), *again = lose_optimizer(model, 1);
        assert_notes(again, 2, notes);
        assert_begins_anew(again);
        ck_assert_mem_eq(model->parameters, again->parameters,
                         model->parameter_count * sizeof(float));
        tl_model_free(again);
        tl_model_free(model);
    }
}
END_TEST

/* The tutorial's case: RMSprop, a checkpoint into .h5, a .keras in the end. */
START_TEST(the_state_of_rmsprop_is_taken) {
    const char *const notes[] = {"not say which optimizer the model was compiled with"};
    tlstm_model *model = make_model("rmsprop", 0), *again = lose_optimizer(model, 1);
    assert_notes(again, 1, notes);
    assert_same_state(model, again);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

/* Before Keras 3.6 the state has no name: what fits is taken, unless its numbers say otherwise. */
START_TEST(a_state_without_a_name_is_looked_at) {
    const char *const notes[] = {"not say which optimizer", "no negative squares"};
    tlstm_model *model = make_model("rmsprop", 0), *again = lose_optimizer(model, 0);
    assert_notes(again, 1, notes);
    assert_same_state(model, again);
    tl_model_free(again);
    tl_model_free(model);
    model = make_model("sgd", 0.9);
    model->compiled->slots[0][1] = -0.5F;
    again = lose_optimizer(model, 0);
    assert_notes(again, 2, notes);
    assert_begins_anew(again);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("assumed");
    TCase *tests = tcase_create("assumed");
    tcase_add_test(tests, the_state_of_another_optimizer_is_not_taken);
    tcase_add_test(tests, the_state_of_rmsprop_is_taken);
    tcase_add_test(tests, a_state_without_a_name_is_looked_at);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
