/* A network from its sizes, and the work that it takes by its equations. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static tlstm_status add_layers(tlstm_model *model, const bench_network *network,
                               tlstm_error **error) {
    const int64_t shape[] = {network->timesteps, network->features};
    tlstm_status status =
        tlstm_model_add_input(model, network->vocabulary ? 1 : 2, shape, NULL, error);
    if (status == TLSTM_OK && network->vocabulary)
        status =
            tlstm_model_add_embedding(model, network->vocabulary, network->features, NULL, error);
    for (int64_t layer = 0; layer < network->layers && status == TLSTM_OK; layer++) {
        tlstm_recurrent_options options = TLSTM_RECURRENT_OPTIONS_INIT;
        options.return_sequences = layer + 1 < network->layers;
        if (strcmp(network->cell, "GRU") == 0)
            status = tlstm_model_add_gru(model, network->units, &options, error);
        else if (strcmp(network->cell, "SimpleRNN") == 0)
            status = tlstm_model_add_simple_rnn(model, network->units, &options, error);
        else
            status = tlstm_model_add_lstm(model, network->units, &options, error);
    }
    return status == TLSTM_OK ? tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, error)
                              : status;
}

tlstm_model *make_model(const bench_network *network) {
    static const char *const metrics[] = {"accuracy"};
    tlstm_model *model = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    if (tlstm_model_new(NULL, 42, &model, &error) != TLSTM_OK ||
        add_layers(model, network, &error) != TLSTM_OK ||
        tlstm_optimizer_new("rmsprop", &optimizer, &error) != TLSTM_OK ||
        tlstm_optimizer_set(optimizer, "learning_rate", 1e-4, &error) != TLSTM_OK ||
        tlstm_loss_new("binary_crossentropy", &loss, &error) != TLSTM_OK ||
        tlstm_model_compile(model, optimizer, loss, metrics, 1, &error) != TLSTM_OK)
        stop("model", error);
    tlstm_optimizer_free(optimizer);
    tlstm_loss_free(loss);
    return model;
}

/* ---- Work ---- */

static double gates_of(const bench_network *network) {
    return strcmp(network->cell, "LSTM") == 0 ? 4 : strcmp(network->cell, "GRU") == 0 ? 3 : 1;
}

/* Products of a pass over `batch` samples. A training pass has three for each product of an
 * inference: itself, the gradient of its input and that of its weights; features need no gradient.
 * With an Embedding, x W needs a row for each token of the vocabulary at most, not for each
 * timestep. */
static double products(const bench_network *network, double batch, int32_t training) {
    const double steps = batch * (double)network->timesteps, passes = training ? 3 : 1;
    const double gates = gates_of(network) * (double)network->units,
                 layers = (double)network->layers;
    const double rows = network->vocabulary && (double)network->vocabulary < steps
                            ? (double)network->vocabulary
                            : steps;
    double multiplies =
        rows * (double)network->features * gates * (training && !network->vocabulary ? 2 : passes);
    multiplies += passes * (2 * layers - 1) * steps * (double)network->units * gates;
    multiplies += passes * batch * (double)network->units; /* Dense */
    return 2 * multiplies;
}

static double activations(const bench_network *network, double batch) {
    const double gates = gates_of(network);
    return batch * (double)(network->timesteps * network->units * network->layers) *
           (gates == 4 ? 5 : gates);
}

static double parameters(const bench_network *network) {
    const double units = (double)network->units, gates = gates_of(network);
    const double first = (double)network->features + units + 1, further = 2 * units + 1;
    return (double)(network->vocabulary * network->features) +
           gates * units * (first + (double)(network->layers - 1) * further) + units + 1;
}

/* Training reads and writes each weight and its optimizer's slot; inference reads of an embedding
 * the rows that it needs. */
static double bytes(const bench_network *network, double batch, int32_t training) {
    const double steps = batch * (double)network->timesteps, rows = (double)network->vocabulary;
    const double unread = network->vocabulary && !training && steps < rows
                              ? (rows - steps) * (double)network->features
                              : 0;
    const double values = network->vocabulary ? 1 : (double)network->features;
    return sizeof(float) * (steps * values + (parameters(network) - unread) * (training ? 4 : 1));
}

bench_need needs_of(const bench_workload *work) {
    const double samples = (double)work->samples, batch = (double)work->batch;
    const double batches = work->per_batch ? 1 : samples / batch;
    return (bench_need){
        .operations = batches * products(&work->network, batch, work->training),
        .activations = batches * activations(&work->network, batch),
        .bytes = batches * bytes(&work->network, batch, work->training),
    };
}
