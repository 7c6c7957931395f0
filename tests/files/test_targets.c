/* A legacy `.h5` for each generation of Keras: what the genuine files of that generation have, and
 * nothing that its loader does not know. */
#include "support.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "files/keras_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SEQUENTIAL                                                                                 \
    "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"mine\", \"layers\": ["              \
    "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"words\", \"batch_input_shape\": "   \
    "[null, 6]}}, "                                                                                \
    "{\"class_name\": \"Embedding\", \"config\": {\"name\": \"embedding_1\", \"input_dim\": 9, "   \
    "\"output_dim\": 4, \"embeddings_regularizer\": {\"class_name\": \"L2\", \"config\": "         \
    "{\"l2\": 0.01}}}}, "                                                                          \
    "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm_1\", \"units\": 3, "                 \
    "\"recurrent_activation\": \"%s\", \"dropout\": 0.25}}, "                                      \
    "{\"class_name\": \"Dense\", \"config\": {\"name\": \"dense_1\", \"units\": 1, "               \
    "\"activation\": \"%s\"}}]}}"
#define FUNCTIONAL                                                                                 \
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"mine\", \"layers\": ["              \
    "{\"class_name\": \"InputLayer\", \"name\": \"words\", \"config\": {\"name\": \"words\", "     \
    "\"batch_input_shape\": [null, 6, 2]}, \"inbound_nodes\": []}, "                               \
    "{\"class_name\": \"GRU\", \"name\": \"gru_1\", \"config\": {\"name\": \"gru_1\", "            \
    "\"units\": 3}, \"inbound_nodes\": [[[\"words\", 0, 0, {}]]]}], "                              \
    "\"input_layers\": [[\"words\", 0, 0]], \"output_layers\": [[\"gru_1\", 0, 0]]}}"

static tlstm_model *parse(const char *json) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(
        tl_keras_parse_model("json", json, strlen(json), "2.15.0", 7, &model, NULL, &error), error);
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    return model;
}

/* Compiled, with slots that tell each number apart. */
static void compile(tlstm_model *model, const char *optimizer_name, int legacy,
                    const char *loss_name) {
    struct tlstm_optimizer optimizer =
        tl_optimizer_default(tl_optimizer_find(optimizer_name), legacy ? 1 : 3);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find(loss_name));
    tl_metric metric;
    tlstm_error *error = NULL;
    optimizer.config.learning_rate = 0.01;
    TL_ASSERT_OK(tl_metric_resolve("mae", loss.ops, 1, &metric, &error), error);
    TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, &metric, 1, &error), error);
    model->compiled->iterations = 41;
    for (size_t s = 0; s < model->compiled->slot_count; s++)
        for (size_t i = 0; i < model->parameter_count; i++)
            model->compiled->slots[s][i] = (float)(i + 1000 * s) + 0.25F;
}

static tlstm_model *make(const char *optimizer_name, int legacy) {
    char json[sizeof(SEQUENTIAL) + 64];
    snprintf(json, sizeof json, SEQUENTIAL, "sigmoid", "sigmoid");
    tlstm_model *model = parse(json);
    compile(model, optimizer_name, legacy, "binary_crossentropy");
    return model;
}

static tlstm_save_options for_keras(tlstm_keras keras) {
    tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    options.keras = keras;
    return options;
}

/* ---- Looking into a file ---- */

static char *save(const tlstm_model *model, tlstm_keras keras, size_t *length) {
    tlstm_save_options options = for_keras(keras);
    char *bytes = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_save_memory(model, &options, &bytes, length, &error), error);
    return bytes;
}

static tlstm_model *load(const char *bytes, size_t length) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load_memory(bytes, length, &model, &error), error);
    return model;
}

/* What a file says, as one text: configurations, then names of weights and slots. */
static char *describe(const char *bytes, size_t length) {
    static const char *const attributes[] = {"keras_version", "model_config", "training_config"};
    static const char *const lists[][2] = {{"/model_weights", "layer_names"},
                                           {"/model_weights/embedding_1", "weight_names"},
                                           {"/model_weights/lstm_1", "weight_names"},
                                           {"/optimizer_weights", "weight_names"}};
    tl_text said = {0};
    tl_h5 *file = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_h5_open("file", bytes, length, &file, &error), error);
    for (size_t i = 0; i < 3; i++) {
        char *text = NULL;
        TL_ASSERT_OK(tl_h5_read_string(file, "/", attributes[i], &text, &error), error);
        tl_text_format(&said, "%s\n", text);
        tl_free(text);
    }
    for (size_t i = 0; i < 4; i++) {
        tl_h5_names names = {0};
        TL_ASSERT_OK(tl_h5_read_names(file, lists[i][0], lists[i][1], &names, &error), error);
        for (size_t n = 0; n < names.count; n++)
            tl_text_format(&said, "%s%s", n ? " " : "", names.items[n]);
        tl_text_append(&said, "\n");
        tl_h5_names_clear(&names);
    }
    tl_h5_close(file);
    return tl_text_take(&said);
}

typedef struct expectation {
    tlstm_keras keras;
    const char *has[16];
    const char *lacks[12];
} expectation;

/* As the genuine files of these versions (keras-h5, golden, and Keras 2.2.4 and 2.3.1 from pip). */
static const expectation expectations[] = {
    {TLSTM_KERAS_2,
     {"2.2.4\n", "\"batch_input_shape\": [null, 6]", "\"class_name\": \"L1L2\"", "\"l2\": 0.01",
      "\"class_name\": \"VarianceScaling\"", "\"mode\": \"fan_avg\"",
      "\"distribution\": \"uniform\"",
      "\"class_name\": \"RMSprop\", \"config\": {\"lr\": 0.01, \"rho\": 0.9, \"epsilon\": 1e-07",
      "embedding_1 lstm_1 dense_1\n", "lstm_1/kernel:0 lstm_1/recurrent_kernel:0 lstm_1/bias:0\n",
      "training/RMSprop/Variable:0 training/RMSprop/Variable_1:0"},
     {"InputLayer", "GlorotUniform", "learning_rate", "Custom>", "ragged", "iter", "weight_decay",
      "momentum"}},
    {TLSTM_KERAS_TF_2_10,
     {"2.10.0\n", "\"class_name\": \"InputLayer\"", "\"batch_input_shape\": [null, 6]",
      "\"class_name\": \"GlorotUniform\"", "\"class_name\": \"L1L2\"",
      "\"class_name\": \"RMSprop\", \"config\": {\"name\": \"RMSprop\", \"learning_rate\": 0.01",
      "RMSprop/iter:0 RMSprop/embedding_1/embeddings/rms:0"},
     {"Custom>", "\"lr\"", "weight_decay", "velocity", "\"L2\""}},
    {TLSTM_KERAS_TF_2_15,
     {"2.15.0\n", "\"class_name\": \"InputLayer\"", "\"batch_input_shape\": [null, 6]",
      "\"class_name\": \"Custom>RMSprop\"",
      "iteration:0 RMSprop/velocity/embedding_1/embeddings:0"},
     {"\"lr\"", "rms:0", "batch_shape\""}},
    {TLSTM_KERAS_3,
     {"3.", "\"batch_shape\": [null, 6]", "\"module\": \"keras.layers\"", "DTypePolicy",
      "\"optimizer_config\": {", "\"class_name\": \"RMSprop\"", "\"learning_rate\": 0.01",
      "mine/lstm_1/lstm_cell/kernel mine/lstm_1/lstm_cell/recurrent_kernel",
      "rmsprop/iteration rmsprop/learning_rate rmsprop/mine_embedding_1_embeddings_velocity"},
     {"batch_input_shape", "Custom>", ":0", "\"optimizer\":", "sample_weight_mode"}},
};

START_TEST(each_generation_has_its_own) {
    for (size_t e = 0; e < sizeof expectations / sizeof expectations[0]; e++) {
        const expectation *wanted = &expectations[e];
        tlstm_model *model = make("rmsprop", 0);
        size_t length = 0;
        char *bytes = save(model, wanted->keras, &length), *said = describe(bytes, length);
        for (size_t i = 0; i < 16 && wanted->has[i]; i++)
            ck_assert_msg(strstr(said, wanted->has[i]) != NULL, "%d: no %s in\n%s", wanted->keras,
                          wanted->has[i], said);
        for (size_t i = 0; i < 12 && wanted->lacks[i]; i++)
            ck_assert_msg(!strstr(said, wanted->lacks[i]), "%d: there is %s in\n%s", wanted->keras,
                          wanted->lacks[i], said);
        tl_free(said);
        tl_free(bytes);
        tl_model_free(model);
    }
}
END_TEST

/* ---- There and back ---- */

static void assert_same(const tlstm_model *a, const tlstm_model *b, const char *what) {
    tl_weight_at at;
    ck_assert_msg(b->note_count == 0, "%s: %s", what, b->note_count ? b->notes[0].text : "");
    ck_assert_uint_eq(a->layer_count, b->layer_count);
    ck_assert_int_eq(a->functional, b->functional);
    ck_assert_str_eq(a->name, b->name);
    ck_assert_msg(a->compiled->iterations == b->compiled->iterations, "%s", what);
    ck_assert(a->compiled->optimizer.ops == b->compiled->optimizer.ops);
    ck_assert(a->compiled->loss.ops == b->compiled->loss.ops);
    ck_assert_str_eq(a->compiled->metrics[0].name, b->compiled->metrics[0].name);
    for (const tl_field *field = a->compiled->optimizer.ops->fields; field->key; field++) {
        const double x = tl_field_get_number(field, &a->compiled->optimizer.config);
        const double y = tl_field_get_number(field, &b->compiled->optimizer.config);
        /* what an accumulator begins with is no setting of stand-alone Keras */
        ck_assert_msg(x == y || (isnan(x) && isnan(y)) || strstr(field->key, "initial"), "%s: %s",
                      what, field->key);
    }
    for (size_t i = 0; i < a->layer_count; i++)
        ck_assert_str_eq(a->layers[i]->name, b->layers[i]->name);
    for (size_t i = 0; tl_model_weight(a, i, &at); i++) {
        const size_t place = at.weight->offset, size = at.weight->size * sizeof(float);
        ck_assert_mem_eq(a->parameters + place, b->parameters + place, size);
        for (size_t s = 0; s < a->compiled->slot_count; s++)
            ck_assert_msg(
                memcmp(a->compiled->slots[s] + place, b->compiled->slots[s] + place, size) == 0,
                "%s: slot %zu of %s", what, s, at.weight->path);
    }
}

/* Bits that arithmetic would change: NaN with a payload, infinities, denormals, minus zero. */
static void put_strange_numbers(float *block, size_t count) {
    const uint32_t strange[] = {0x7fc12345, 0xffc00001, 0x7f800000, 0xff800000,
                                0x00000001, 0x807fffff, 0x80000000};
    for (size_t i = 0; i < 7 && i < count; i++)
        memcpy(&block[i], &strange[i], sizeof *block);
}

START_TEST(every_optimizer_comes_back_from_every_layout) {
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++)
        for (int legacy = 0; legacy < 2; legacy++)
            for (tlstm_keras keras = TLSTM_KERAS_COMMON; keras <= TLSTM_KERAS_3; keras++) {
                int lacks = strcmp((*ops)->name, "adamw") == 0 &&
                            (keras == TLSTM_KERAS_2 || keras == TLSTM_KERAS_TF_2_10);
                if (lacks)
                    continue;
                char what[80];
                snprintf(what, sizeof what, "%s%s for %d", legacy ? "old " : "", (*ops)->name,
                         (int)keras);
                tlstm_model *model = make((*ops)->name, legacy);
                put_strange_numbers(model->parameters, 7);
                for (size_t s = 0; s < model->compiled->slot_count; s++)
                    put_strange_numbers(model->compiled->slots[s], 7);
                size_t length = 0;
                char *bytes = save(model, keras, &length);
                tlstm_model *again = load(bytes, length);
                assert_same(model, again, what);
                ck_assert_int_eq(again->compiled->optimizer.config.legacy, legacy);
                tl_model_free(again);
                tl_free(bytes);
                tl_model_free(model);
            }
}
END_TEST

START_TEST(functional_models_come_back_from_every_layout) {
    for (tlstm_keras keras = TLSTM_KERAS_COMMON; keras <= TLSTM_KERAS_3; keras++) {
        tlstm_model *model = parse(FUNCTIONAL);
        compile(model, "adam", 0, "kl_divergence");
        size_t length = 0;
        char *bytes = save(model, keras, &length);
        tlstm_model *again = load(bytes, length);
        assert_same(model, again, "functional");
        tl_model_free(again);
        tl_free(bytes);
        tl_model_free(model);
    }
}
END_TEST

/* ---- What a generation has not ---- */

static void assert_refused(tlstm_model *model, const tlstm_save_options *options,
                           tlstm_status status, const char *part) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_model_save_memory(model, options, &bytes, &length, &error), status, error,
                    part);
    ck_assert_ptr_null(bytes);
    tl_model_free(model);
}

static tlstm_model *with_activations(const char *recurrent, const char *last) {
    char json[sizeof(SEQUENTIAL) + 64];
    snprintf(json, sizeof json, SEQUENTIAL, recurrent, last);
    return parse(json);
}

START_TEST(what_a_generation_has_not_is_named) {
    tlstm_save_options keras2 = for_keras(TLSTM_KERAS_2), tf2 = for_keras(TLSTM_KERAS_TF_2_10);
    tlstm_save_options keras3 = for_keras(TLSTM_KERAS_3), none = for_keras(99);
    assert_refused(make("adamw", 0), &keras2, TLSTM_ERROR_UNSUPPORTED, "AdamW");
    assert_refused(make("adamw", 0), &tf2, TLSTM_ERROR_UNSUPPORTED, "AdamW");
    assert_refused(with_activations("sigmoid", "gelu"), &keras2, TLSTM_ERROR_UNSUPPORTED, "gelu");
    assert_refused(with_activations("hard_sigmoid", "tanh"), &keras3, TLSTM_ERROR_UNSUPPORTED,
                   "hard_sigmoid");
    assert_refused(make("adam", 0), &none, TLSTM_ERROR_ARGUMENT, "99");
    tlstm_model *model = make("rmsprop", 0);
    model->compiled->optimizer.config.centered = 1;
    assert_refused(model, &keras2, TLSTM_ERROR_UNSUPPORTED, "centered");
    model = make("sgd", 0);
    model->compiled->optimizer.config.weight_decay = 0.1;
    assert_refused(model, &tf2, TLSTM_ERROR_UNSUPPORTED, "weight_decay");
    model = make("adam", 0);
    model->compiled->optimizer.config.decay_steps = 3;
    assert_refused(model, &keras2, TLSTM_ERROR_UNSUPPORTED, "schedules");
    model = make("adam", 0);
    model->compiled->loss.config.label_smoothing = 0.1;
    assert_refused(model, &keras2, TLSTM_ERROR_UNSUPPORTED, "settings of a loss");
    model = make("adam", 0);
    compile(model, "adam", 0, "cosine_similarity");
    assert_refused(model, &keras2, TLSTM_ERROR_UNSUPPORTED, "cosine_similarity");
}
END_TEST

START_TEST(other_kinds_of_files_are_for_keras_3) {
    tlstm_model *model = make("adam", 0);
    tlstm_save_options keras2 = for_keras(TLSTM_KERAS_2), keras3 = for_keras(TLSTM_KERAS_3);
    tlstm_error *error = NULL;
    const char *names[] = {"for.keras", "for.weights.h5"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = tl_test_temporary(names[i]);
        TL_ASSERT_FAILS(tl_model_save(model, path, &keras2, &error), TLSTM_ERROR_ARGUMENT, error,
                        "Keras 3");
        TL_ASSERT_OK(tl_model_save(model, path, &keras3, &error), error);
    }
    tl_model_free(model);
}
END_TEST

/* Weights alone have the names of the generation, and go into a model by order. */
START_TEST(weights_alone_have_a_layout_too) {
    for (tlstm_keras keras = TLSTM_KERAS_COMMON; keras <= TLSTM_KERAS_3; keras++) {
        tlstm_model *model = make("adam", 0), *other = make("adam", 0);
        tlstm_save_options options = for_keras(keras);
        options.weights_only = 1;
        const char *path = tl_test_temporary("alone.h5");
        tlstm_error *error = NULL;
        put_strange_numbers(model->parameters, 7);
        TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
        TL_ASSERT_OK(tl_model_load_weights(other, path, &error), error);
        ck_assert_mem_eq(model->parameters, other->parameters,
                         model->parameter_count * sizeof(float));
        tl_model_free(other);
        tl_model_free(model);
    }
}
END_TEST

static tlstm_status save_and_load(void *context, tlstm_error **error) {
    const tlstm_save_options options = for_keras(*(const tlstm_keras *)context);
    char json[sizeof(SEQUENTIAL) + 64], *bytes = NULL;
    size_t length = 0;
    tlstm_model *model = NULL, *again = NULL;
    struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find("nadam"), 1);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("huber"));
    snprintf(json, sizeof json, SEQUENTIAL, "sigmoid", "sigmoid");
    tlstm_status status =
        tl_keras_parse_model("json", json, strlen(json), "2.15.0", 7, &model, NULL, error);
    if (!status)
        status = tl_model_build(model, NULL, error);
    if (!status)
        status = tl_model_compile(model, &optimizer, &loss, NULL, 0, error);
    if (!status)
        status = tl_model_save_memory(model, &options, &bytes, &length, error);
    if (!status)
        status = tl_model_load_memory(bytes, length, &again, error);
    tl_model_free(again);
    tl_free(bytes);
    tl_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    for (tlstm_keras keras = TLSTM_KERAS_2; keras <= TLSTM_KERAS_3; keras++)
        tl_test_fail_each_allocation(save_and_load, &keras);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("targets");
    TCase *tests = tcase_create("targets");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, each_generation_has_its_own);
    tcase_add_test(tests, every_optimizer_comes_back_from_every_layout);
    tcase_add_test(tests, functional_models_come_back_from_every_layout);
    tcase_add_test(tests, what_a_generation_has_not_is_named);
    tcase_add_test(tests, other_kinds_of_files_are_for_keras_3);
    tcase_add_test(tests, weights_alone_have_a_layout_too);
    tcase_add_test(tests, each_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
