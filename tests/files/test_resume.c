/* The private group that lets training go on: damaged, of somebody else, or not there, it never
 * keeps a model from being loaded. tests/train/test_resume.c has what it is for. */
#include "support.h"

#include "files/format.h"
#include "files/keras_config.h"
#include "files/resume.h"

#include <stdio.h>
#include <string.h>

static const tlstm_save_options everything = TLSTM_SAVE_OPTIONS_INIT;

/* A stateful model that has states of two samples. */
static tlstm_model *make_model(const char *optimizer_name) {
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": "
        "[{\"class_name\": \"LSTM\", \"config\": {\"units\": 3, \"stateful\": true, \"name\": "
        "\"memory\", \"batch_input_shape\": [2, 4, 1]}}]}}";
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    float *states = NULL;
    TL_ASSERT_OK(tl_keras_parse_model("json", json, strlen(json), NULL, 77, &model, NULL, &error),
                 error);
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    TL_ASSERT_OK(tl_model_states(model, 2, &states, &error), error);
    for (size_t i = 0; i < 2 * tl_model_state_size(model); i++)
        states[i] = (float)i - 1.5F;
    model->epochs_seen = 4;
    model->steps_seen = 9;
    if (optimizer_name) {
        struct tlstm_optimizer optimizer =
            tl_optimizer_default(tl_optimizer_find(optimizer_name), 3);
        struct tlstm_loss loss = tl_loss_default(tl_loss_find("mse"));
        optimizer.config.learning_rate = 0.1 + 0.2;
        TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, NULL, 0, &error), error);
        model->compiled->iterations = 12;
        for (size_t s = 0; s < model->compiled->slot_count; s++)
            for (size_t i = 0; i < model->parameter_count; i++)
                model->compiled->slots[s][i] = (float)(i + 100 * s);
    }
    return model;
}

static const char *save(const tlstm_model *model, const char *name) {
    const char *path = tl_test_temporary(name);
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    return path;
}

static tlstm_model *load(const char *path) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(path, &model, &error), error);
    return model;
}

static void assert_same_weights(const tlstm_model *a, const tlstm_model *b) {
    ck_assert_uint_eq(a->parameter_count, b->parameter_count);
    ck_assert_mem_eq(a->parameters, b->parameters, a->parameter_count * sizeof(float));
}

/* ---- Damage ---- */

static void set_state(hid_t file, const char *json) {
    hid_t group = H5Gopen2(file, "/tinylstm", H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    ck_assert_int_ge(group, 0);
    if (H5Aexists(group, "state") > 0)
        H5Adelete(group, "state");
    if (json) {
        H5Tset_size(type, strlen(json) + 1);
        hid_t attribute = H5Acreate2(group, "state", type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(attribute, type, json);
        H5Aclose(attribute);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(group);
}

static void no_attribute(hid_t file) {
    set_state(file, NULL);
}
static void no_json(hid_t file) {
    set_state(file, "{\"format\": 1, ");
}
static void no_object(hid_t file) {
    set_state(file, "[1, 2]");
}
/* Values as JSON has them, of which one is wrong. */
static void set_values(hid_t file, const char *format, const char *seed, const char *epochs,
                       const char *steps, const char *state_batch) {
    char text[256];
    snprintf(text, sizeof text,
             "{\"format\": %s, \"seed\": %s, \"epochs\": %s, \"steps\": %s, \"state_batch\": %s}",
             format, seed, epochs, steps, state_batch);
    set_state(file, text);
}
static void later_format(hid_t file) {
    set_values(file, "2", "\"1\"", "1", "1", "0");
}
static void seed_with_a_sign(hid_t file) {
    set_values(file, "1", "\"-1\"", "1", "1", "0");
}
static void seed_too_large(hid_t file) {
    set_values(file, "1", "\"99999999999999999999\"", "1", "1", "0");
}
static void epochs_below_zero(hid_t file) {
    set_values(file, "1", "\"1\"", "-1", "1", "0");
}
static void steps_no_number(hid_t file) {
    set_values(file, "1", "\"1\"", "1", "1.5", "0");
}
static void a_huge_batch(hid_t file) {
    set_values(file, "1", "\"1\"", "1", "1", "4000000000000000000");
}
static void another_batch(hid_t file) {
    set_values(file, "1", "\"1\"", "1", "1", "3");
}
static void no_states(hid_t file) {
    H5Ldelete(file, "/tinylstm/states", H5P_DEFAULT);
}
static void a_link_to_elsewhere(hid_t file) {
    H5Ldelete(file, "/tinylstm", H5P_DEFAULT);
    H5Lcreate_soft("/model_weights", file, "/tinylstm", H5P_DEFAULT, H5P_DEFAULT);
}
static void a_data_set(hid_t file) {
    H5Ldelete(file, "/tinylstm", H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR);
    H5Dclose(H5Dcreate2(file, "/tinylstm", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    H5Sclose(space);
}

static const struct {
    const char *name;
    void (*damage)(hid_t file);
} damages[] = {
    {"no attribute", no_attribute},
    {"no JSON", no_json},
    {"no object", no_object},
    {"a later format", later_format},
    {"a seed with a sign", seed_with_a_sign},
    {"a seed too large", seed_too_large},
    {"epochs below zero", epochs_below_zero},
    {"steps that are no whole number", steps_no_number},
    {"a huge batch", a_huge_batch},
    {"another batch", another_batch},
    {"no states", no_states},
    {"a link to elsewhere", a_link_to_elsewhere},
    {"a data set", a_data_set},
};

START_TEST(damage_becomes_a_note) {
    tlstm_model *model = make_model("adam");
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const char *path = save(model, "damaged.h5");
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        damages[i].damage(file);
        H5Fclose(file);
        tlstm_model *again = load(path);
        ck_assert_msg(again->note_count == 1, "%s: %zu notes", damages[i].name, again->note_count);
        ck_assert_msg(strstr(again->notes[0].text, "do not go on") &&
                          strstr(again->notes[0].text, "tinylstm"),
                      "%s: %s", damages[i].name, again->notes[0].text);
        assert_same_weights(model, again);
        ck_assert_int_eq(again->compiled->iterations, 12);
        ck_assert_uint_eq(again->seed, 0);
        ck_assert_uint_eq(again->epochs_seen, 0);
        ck_assert_ptr_null(again->states);
        tl_model_free(again);
    }
    tl_model_free(model);
}
END_TEST

/* Keras writes files anew, without the group: nothing to tell. */
START_TEST(a_file_without_it_is_no_news) {
    tlstm_model *model = make_model("adam");
    const char *path = save(model, "without.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "/tinylstm", H5P_DEFAULT);
    H5Fclose(file);
    tlstm_model *again = load(path);
    ck_assert_uint_eq(again->note_count, 0);
    ck_assert_uint_eq(again->steps_seen, 12);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

/* A model that has no InputLayer comes back without the one that the file has. */
START_TEST(layers_come_back_to_their_places) {
    tlstm_model *model = make_model("adam");
    const char *path = save(model, "places.h5");
    tlstm_model *again = load(path);
    ck_assert_uint_eq(again->layer_count, 1);
    ck_assert_uint_eq(again->layers[0]->index, 0);
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_set_input_layer(again, "front", &error), error);
    ck_assert_uint_eq(again->layer_count, 2);
    ck_assert_uint_eq(again->layers[1]->index, 1);
    TL_ASSERT_OK(tl_model_set_input_layer(again, NULL, &error), error);
    TL_ASSERT_FAILS(tl_model_set_input_layer(again, "memory", &error), TLSTM_ERROR_ARGUMENT, error,
                    "already");
    ck_assert_uint_eq(again->layer_count, 1);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

/* ---- Into a model that is there ---- */

static tlstm_model *fresh(const char *optimizer_name) {
    tlstm_model *model = make_model(optimizer_name);
    model->seed = 5;
    model->epochs_seen = model->steps_seen = 0;
    tl_model_reset_states(model);
    memset(model->parameters, 0, model->parameter_count * sizeof(float));
    if (model->compiled) {
        model->compiled->iterations = 3;
        model->compiled->optimizer.config.learning_rate = 0.5;
    }
    return model;
}

START_TEST(weights_bring_the_state_with_them) {
    tlstm_model *model = make_model("adam");
    const char *files[] = {save(model, "state.weights.h5"), save(model, "state.keras")};
    for (size_t i = 0; i < 2; i++) {
        tlstm_model *other = fresh("adam");
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tl_model_load_weights(other, files[i], &error), error);
        ck_assert_uint_eq(other->note_count, 0);
        assert_same_weights(model, other);
        ck_assert_int_eq(other->compiled->iterations, 12);
        ck_assert(other->compiled->optimizer.config.learning_rate == 0.1 + 0.2);
        ck_assert_uint_eq(other->seed, 77);
        ck_assert_uint_eq(other->epochs_seen, 4);
        ck_assert_uint_eq(other->state_batch, 2);
        tl_model_free(other);
    }
    tl_model_free(model);
}
END_TEST

START_TEST(a_model_that_is_not_compiled_takes_weights_alone) {
    tlstm_model *model = make_model("adam"), *other = fresh(NULL);
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load_weights(other, save(model, "plain.weights.h5"), &error), error);
    assert_same_weights(model, other);
    ck_assert_uint_eq(other->note_count, 0);
    ck_assert_uint_eq(other->seed, 5);
    ck_assert_ptr_null(other->states);
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

/* Of another optimizer, or of none: the model's own stays, with a note. */
START_TEST(a_state_that_does_not_fit_stays_away) {
    for (int i = 0; i < 2; i++) {
        tlstm_model *model = make_model(i ? NULL : "sgd"), *other = fresh("adam");
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tl_model_load_weights(other, save(model, "other.weights.h5"), &error), error);
        assert_same_weights(model, other);
        ck_assert_uint_eq(other->note_count, 1);
        ck_assert_ptr_nonnull(strstr(other->notes[0].text, "stays as it is"));
        ck_assert_int_eq(other->compiled->iterations, 3);
        ck_assert(other->compiled->optimizer.config.learning_rate == 0.5);
        ck_assert(other->compiled->slots[1][7] == 107);
        ck_assert_uint_eq(other->seed, 5);
        tl_model_free(other);
        tl_model_free(model);
    }
}
END_TEST

/* Keras 2.12 to 2.15 keep the learning rate out of the variables. */
START_TEST(a_learning_rate_that_is_missing_is_told) {
    tlstm_model *model = make_model("rmsprop"), *other = fresh("rmsprop");
    tlstm_error *error = NULL;
    const char *path = save(model, "rate.weights.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const char *order[] = {"2", "3", "4"};
    H5Ldelete(file, "/optimizer/vars/1", H5P_DEFAULT);
    for (size_t i = 0; i < 3; i++) {
        char from[64], to[64];
        snprintf(from, sizeof from, "/optimizer/vars/%s", order[i]);
        snprintf(to, sizeof to, "/optimizer/vars/%zu", i + 1);
        H5Lmove(file, from, file, to, H5P_DEFAULT, H5P_DEFAULT);
    }
    H5Fclose(file);
    TL_ASSERT_OK(tl_model_load_weights(other, path, &error), error);
    ck_assert_uint_eq(other->note_count, 1);
    ck_assert_ptr_nonnull(strstr(other->notes[0].text, "no learning rate: it stays 0.5"));
    ck_assert_int_eq(other->compiled->iterations, 12);
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        ck_assert_mem_eq(other->compiled->slots[0] + at.weight->offset,
                         model->compiled->slots[0] + at.weight->offset,
                         at.weight->size * sizeof(float));
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

/* The formulas are the model's, and that is told. */
START_TEST(another_kind_of_optimizer_is_told) {
    tlstm_model *model = make_model("rmsprop"), *other = fresh("rmsprop");
    tlstm_error *error = NULL;
    model->compiled->optimizer.config.legacy = 1;
    TL_ASSERT_OK(tl_model_load_weights(other, save(model, "kind.weights.h5"), &error), error);
    ck_assert_uint_eq(other->note_count, 1);
    ck_assert_ptr_nonnull(strstr(other->notes[0].text, "up to 2.10"));
    ck_assert_int_eq(other->compiled->optimizer.config.legacy, 0);
    ck_assert_int_eq(other->compiled->iterations, 12);
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_add_test(tests, damage_becomes_a_note);
    tcase_add_test(tests, a_file_without_it_is_no_news);
    tcase_add_test(tests, layers_come_back_to_their_places);
    tcase_add_test(tests, weights_bring_the_state_with_them);
    tcase_add_test(tests, a_model_that_is_not_compiled_takes_weights_alone);
    tcase_add_test(tests, a_state_that_does_not_fit_stays_away);
    tcase_add_test(tests, a_learning_rate_that_is_missing_is_told);
    tcase_add_test(tests, another_kind_of_optimizer_is_told);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
