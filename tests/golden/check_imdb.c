/* The tutorial's model on the real IMDB reviews, unshuffled, from the same start weights as
 * tf_keras: every recorded epoch. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_EPOCH 5e-4
#define LIMIT_START 1e-5
#define MAXLEN 100

typedef struct reviews_data {
    tlstm_array *x_train, *y_train, *x_val, *y_val;
} reviews_data;

static tlstm_status pad(const tlstm_sequences *reviews, const tlstm_array *indices,
                        tlstm_array **padded, tlstm_error **error) {
    tlstm_sequences *taken = NULL;
    tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
    options.maxlen = MAXLEN;
    tlstm_status status = tlstm_sequences_take(reviews, tlstm_array_data(indices),
                                               tlstm_array_size(indices), &taken, error);
    if (status == TLSTM_OK)
        status = tlstm_pad_sequences(taken, &options, padded, error);
    tlstm_sequences_free(taken);
    return status;
}

static tlstm_status take(const tlstm_array *labels, const tlstm_array *indices, tlstm_array **taken,
                         tlstm_error **error) {
    return tlstm_array_take(labels, tlstm_array_data(indices), tlstm_array_size(indices), taken,
                            error);
}

/* load_data(num_words=500), train_test_split(test_size=0.2, random_state=42), pad_sequences(100) */
static tlstm_status prepare(const char *path, reviews_data *data, tlstm_error **error) {
    tlstm_imdb_options imdb = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_split_options split = TLSTM_SPLIT_OPTIONS_INIT;
    tlstm_reviews *reviews = NULL;
    tlstm_array *train = NULL, *validation = NULL;
    imdb.num_words = 500;
    split.test_size = 0.2;
    split.random_state = 42;
    tlstm_status status = tlstm_imdb_load(path, &imdb, &reviews, error);
    const tlstm_sequences *x = status == TLSTM_OK ? tlstm_reviews_x_train(reviews) : NULL;
    const tlstm_array *y = status == TLSTM_OK ? tlstm_reviews_y_train(reviews) : NULL;
    if (status == TLSTM_OK)
        status =
            tlstm_train_test_split(tlstm_sequences_count(x), &split, &train, &validation, error);
    if (status == TLSTM_OK)
        status = pad(x, train, &data->x_train, error);
    if (status == TLSTM_OK)
        status = pad(x, validation, &data->x_val, error);
    if (status == TLSTM_OK)
        status = take(y, train, &data->y_train, error);
    if (status == TLSTM_OK)
        status = take(y, validation, &data->y_val, error);
    tlstm_array_free(train);
    tlstm_array_free(validation);
    tlstm_reviews_free(reviews);
    return status;
}

static void check_start(const golden_case *one, const tlstm_model *model, const tlstm_array *x,
                        const tlstm_array *y, const char *part) {
    double values[8] = {NAN, NAN};
    char path[96], what[64];
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    tlstm_error *error = NULL;
    options.batch_size = 64;
    snprintf(what, sizeof what, "%s loss at the start", part);
    snprintf(path, sizeof path, "train/before/%s_loss", part);
    if (tlstm_model_evaluate(model, x, y, &options, values, 8, NULL, &error) != TLSTM_OK)
        golden_fail_call(one, what, error);
    else
        golden_report(one, what, fabs(values[0] - golden_number(one->expected, path, 0)),
                      LIMIT_START);
}

static void compare_epochs(const golden_case *one, const tlstm_history *history, size_t epochs) {
    static const char *const columns[] = {"loss", "val_loss"};
    for (size_t epoch = 0; epoch < epochs; epoch++)
        for (size_t i = 0; i < 2; i++) {
            char path[64], what[64];
            snprintf(path, sizeof path, "train/history/%s", columns[i]);
            snprintf(what, sizeof what, "epoch %zu %s", epoch + 1, columns[i]);
            double theirs = golden_number(one->expected, path, epoch);
            golden_report(one, what, fabs(tlstm_history_value(history, columns[i], epoch) - theirs),
                          LIMIT_EPOCH);
        }
}

static void train(const golden_case *one, tlstm_model *model, const reviews_data *data,
                  size_t epochs) {
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    options.batch_size = 64;
    options.epochs = (int64_t)epochs;
    options.shuffle = 0;
    options.x_val = data->x_val;
    options.y_val = data->y_val;
    if (tlstm_model_fit(model, data->x_train, data->y_train, &options, &history, &error) !=
        TLSTM_OK)
        golden_fail_call(one, "fit", error);
    else
        compare_epochs(one, history, epochs);
    tlstm_history_free(history);
}

static void run(golden_case *one, const reviews_data *data) {
    tlstm_array *losses = golden_read(one->expected, "train/history/loss");
    tlstm_model *model = golden_load(one, "load");
    if (model && golden_is_compiled(one, "compiled", model) && losses &&
        golden_set_weights(one, "start", model, one->expected, "train/w0")) {
        check_start(one, model, data->x_train, data->y_train, "train");
        check_start(one, model, data->x_val, data->y_val, "val");
        train(one, model, data, tlstm_array_size(losses));
    }
    tlstm_model_free(model);
    tlstm_array_free(losses);
}

void golden_check_imdb(const char *shared) {
    golden_case one = {.name = "imdb-trajectory"};
    reviews_data data = {NULL, NULL, NULL, NULL};
    tlstm_error *error = NULL;
    char path[1024];
    one.layers = json_array();
    snprintf(one.model_path, sizeof one.model_path,
             "%.900s/golden/imdb-trajectory/initial-model.h5", shared);
    snprintf(path, sizeof path, "%.900s/golden/imdb-trajectory/expected-k2.h5", shared);
    one.expected = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    snprintf(path, sizeof path, "%.900s/imdb/imdb.npz", shared);
    if (prepare(path, &data, &error) == TLSTM_OK)
        run(&one, &data);
    else
        golden_fail_call(&one, "data", error);
    tlstm_array_free(data.x_train);
    tlstm_array_free(data.y_train);
    tlstm_array_free(data.x_val);
    tlstm_array_free(data.y_val);
    H5Fclose(one.expected);
    json_decref(one.layers);
}
