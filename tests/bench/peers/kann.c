/*
 * KANN on the reference scenario, as near as it comes: it has no Embedding, so that sequences are
 * given as the 16 features that an embedding would give, which is not trained; RMSprop and binary
 * cross-entropy on the last timestep are its own. Built against KANN as its documentation says.
 */
#include "kann.h"

#include "peer.h"

#define WORDS 500
#define FEATURES 16
#define UNITS 8
#define TIMESTEPS 100
#define BATCH 64

typedef kad_node_t *cell_function(kad_node_t *input, int units, int flags);

/* Features of the batch's samples, timestep by timestep, and what the network's inputs read. */
typedef struct feed {
    float *embedding;
    const int *tokens; /* (samples, TIMESTEPS) */
    long samples;
    float *x[TIMESTEPS];
    float *y[1];
    const long long *labels; /* NULL: inference */
} feed;

static kann_t *make_network(cell_function *cell, int layers) {
    kad_node_t *node = kann_layer_input(FEATURES);
    for (int i = 0; i < layers; i++)
        node = cell(node, UNITS, 0);
    kann_t *rolled = kann_new(kann_layer_cost(kad_avg(1, &node), 1, KANN_C_CEB), 0);
    return rolled;
}

static feed make_feed(const peer_options *options, const char *x, const char *y) {
    feed feed = {0};
    size_t size = 0;
    feed.tokens = peer_load_npy(options, x, &size);
    feed.samples = (long)(size / sizeof(int) / TIMESTEPS);
    if (y)
        feed.labels = peer_load_npy(options, y, &size);
    feed.embedding = malloc(WORDS * FEATURES * sizeof(float));
    peer_fill(feed.embedding, WORDS * FEATURES, 0.05f);
    for (int t = 0; t < TIMESTEPS; t++)
        feed.x[t] = malloc(BATCH * FEATURES * sizeof(float));
    feed.y[0] = calloc(BATCH, sizeof(float));
    return feed;
}

static void free_feed(feed *feed) {
    for (int t = 0; t < TIMESTEPS; t++)
        free(feed->x[t]);
    free(feed->y[0]);
    free(feed->embedding);
    free((void *)feed->tokens);
    free((void *)feed->labels);
}

/* Looks up the samples `order[first..]`, and returns how many there are: a whole batch at most. */
static int fill_batch(feed *feed, const int *order, long first) {
    const int batch = (int)(feed->samples - first < BATCH ? feed->samples - first : BATCH);
    for (int i = 0; i < batch; i++) {
        const long sample = order[first + i];
        for (int t = 0; t < TIMESTEPS; t++)
            memcpy(feed->x[t] + i * FEATURES,
                   feed->embedding + feed->tokens[sample * TIMESTEPS + t] * FEATURES,
                   FEATURES * sizeof(float));
        if (feed->labels)
            feed->y[0][i] = (float)feed->labels[sample];
    }
    return batch;
}

static double epoch(kann_t *network, feed *feed, int *order, float *rms) {
    const double start = peer_now();
    kann_shuffle((int)feed->samples, order);
    for (long first = 0; first < feed->samples; first += BATCH) {
        const int batch = fill_batch(feed, order, first);
        kann_set_batch_size(network, batch);
        if (feed->labels) {
            kann_cost(network, 0, 1);
            kann_RMSprop(kann_size_var(network), 1e-4f, 0, 0.9f, network->g, network->x, rms);
        } else {
            kann_eval(network, KANN_F_OUT, 0);
        }
    }
    return peer_now() - start;
}

static void measure(const char *name, cell_function *cell, int layers, const peer_options *options,
                    int training) {
    peer_times times = {0};
    feed feed = make_feed(options, training ? "x.npy" : "x_predict.npy", training ? "y.npy" : NULL);
    kann_t *rolled = make_network(cell, layers);
    kann_t *network = kann_unroll(rolled, TIMESTEPS);
    if (training)
        kann_mt(network, options->threads, BATCH);
    kann_switch(network, training);
    kann_feed_bind(network, KANN_F_IN, 0, feed.x);
    kann_feed_bind(network, KANN_F_TRUTH, 0, feed.y);
    float *rms = calloc((size_t)kann_size_var(network), sizeof(float));
    int *order = malloc((size_t)feed.samples * sizeof(int));
    for (long i = 0; i < peer_repeat(options, 1); i++)
        peer_add(&times, epoch(network, &feed, order, rms));
    const double data = (double)feed.samples * (TIMESTEPS * sizeof(int) + sizeof(long long));
    peer_report("KANN", "KANN " KANN_VERSION, name, options, &times,
                strcmp(name, "memory") == 0 ? 1024.0 * (double)peer_peak_kb() - data : 0);
    free(order);
    free(rms);
    kann_delete_unrolled(network);
    kann_delete(rolled);
    free_feed(&feed);
    free(times.seconds);
}

int main(int count, char **arguments) {
    const peer_options options = peer_parse(count, arguments);
    if (peer_wants(&options, "memory")) /* first: the peak is that of the whole process */
        measure("memory", kann_layer_lstm, 1, &options, 1);
    if (peer_wants(&options, "reference"))
        measure("reference", kann_layer_lstm, 1, &options, 1);
    if (peer_wants(&options, "stacked"))
        measure("stacked", kann_layer_lstm, 2, &options, 1);
    if (peer_wants(&options, "gru"))
        measure("gru", kann_layer_gru, 1, &options, 1);
    if (peer_wants(&options, "predict"))
        measure("predict", kann_layer_lstm, 1, &options, 0);
    return 0;
}
