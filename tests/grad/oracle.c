#include "oracle.h"

#include <check.h>
#include <math.h>
#include <string.h>

#define MOST_STEPS 40
#define MOST_WIDTH 128

/* What travels from layer to layer for one sample: (steps, width), or (width) where flat. */
typedef struct signal {
    double values[MOST_STEPS][MOST_WIDTH];
    size_t steps;
    size_t width;
    int is_flat;
    int has_mask;
    int is_kept[MOST_STEPS];
} signal_t;

/* ---- Configuration ---- */

static const json_t *config_of(const json_t *layer) {
    return json_object_get(layer, "config");
}

static size_t number(const json_t *layer, const char *name) {
    return (size_t)json_integer_value(json_object_get(config_of(layer), name));
}

static int flag(const json_t *layer, const char *name, int otherwise) {
    const json_t *value = json_object_get(config_of(layer), name);
    return value ? json_is_true(value) : otherwise;
}

static const char *text(const json_t *layer, const char *name, const char *otherwise) {
    const char *value = json_string_value(json_object_get(config_of(layer), name));
    return value ? value : otherwise;
}

static int is_class(const json_t *layer, const char *name) {
    return strcmp(json_string_value(json_object_get(layer, "class_name")), name) == 0;
}

/* ---- Activations ---- */

static double clip(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double activate(const oracle *model, const char *name, double x) {
    if (strcmp(name, "linear") == 0)
        return x;
    if (strcmp(name, "sigmoid") == 0)
        return 1 / (1 + exp(-x));
    if (strcmp(name, "tanh") == 0)
        return tanh(x);
    if (strcmp(name, "relu") == 0)
        return fmax(x, 0);
    if (strcmp(name, "relu6") == 0)
        return clip(x, 0, 6);
    if (strcmp(name, "leaky_relu") == 0) /* Keras 3's slope; Keras 2's function has 0.2 too */
        return x > 0 ? x : 0.2 * x;
    if (strcmp(name, "elu") == 0)
        return x > 0 ? x : expm1(x);
    if (strcmp(name, "selu") == 0)
        return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
    if (strcmp(name, "softplus") == 0)
        return log1p(exp(-fabs(x))) + fmax(x, 0);
    if (strcmp(name, "softsign") == 0)
        return x / (1 + fabs(x));
    if (strcmp(name, "exponential") == 0)
        return exp(x);
    if (strcmp(name, "hard_sigmoid") == 0)
        return model->is_keras2 ? clip(0.2 * x + 0.5, 0, 1) : clip(x + 3, 0, 6) / 6;
    if (strcmp(name, "swish") == 0 || strcmp(name, "silu") == 0)
        return x / (1 + exp(-x));
    if (strcmp(name, "gelu") == 0)
        return 0.5 * x * (1 + erf(x / sqrt(2)));
    if (strcmp(name, "mish") == 0)
        return x * tanh(log1p(exp(-fabs(x))) + fmax(x, 0));
    ck_abort_msg("the oracle knows no activation %s", name);
    return NAN;
}

static void activate_row(const oracle *model, const char *name, double *row, size_t width) {
    if (strcmp(name, "softmax") != 0) {
        for (size_t i = 0; i < width; i++)
            row[i] = activate(model, name, row[i]);
        return;
    }
    double largest = row[0], sum = 0;
    for (size_t i = 1; i < width; i++)
        largest = fmax(largest, row[i]);
    for (size_t i = 0; i < width; i++)
        sum += row[i] = exp(row[i] - largest);
    for (size_t i = 0; i < width; i++)
        row[i] /= sum;
}

/* ---- Layers: each takes its weights from *next ---- */

/* out[j] += sum_i x[i] * matrix[i][first + j], of a matrix with `columns` columns */
static void multiply(const double *x, size_t rows, const double *matrix, size_t columns,
                     size_t first, size_t width, double *out) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            out[j] += x[i] * matrix[i * columns + first + j];
}

static void embed(const json_t *layer, const oracle_weight **next, signal_t *signal) {
    const double *table = (*next)++->values;
    size_t width = number(layer, "output_dim");
    signal->has_mask = flag(layer, "mask_zero", 0);
    for (size_t t = 0; t < signal->steps; t++) {
        size_t token = (size_t)signal->values[t][0];
        signal->is_kept[t] = token != 0;
        memcpy(signal->values[t], table + token * width, width * sizeof(double));
    }
    signal->width = width;
}

static void dense(const oracle *model, const json_t *layer, const oracle_weight **next,
                  signal_t *signal) {
    size_t units = number(layer, "units");
    const double *kernel = (*next)++->values;
    const double *bias = flag(layer, "use_bias", 1) ? (*next)++->values : NULL;
    for (size_t t = 0; t < (signal->is_flat ? 1 : signal->steps); t++) {
        double out[MOST_WIDTH] = {0};
        if (bias)
            memcpy(out, bias, units * sizeof(double));
        multiply(signal->values[t], signal->width, kernel, units, 0, units, out);
        activate_row(model, text(layer, "activation", "linear"), out, units);
        memcpy(signal->values[t], out, sizeof out);
    }
    signal->width = units;
}

typedef struct cell {
    const oracle *model;
    const char *activation;
    const char *recurrent_activation;
    const double *kernel, *recurrent, *bias; /* bias may be NULL */
    size_t inputs, units;
    int reset_after;
} cell;

/* x W + b + h U of the gate that begins at column `first` */
static void gate(const cell *one, size_t gates, size_t which, const double *x, const double *h,
                 double *out) {
    size_t columns = gates * one->units, first = which * one->units;
    for (size_t j = 0; j < one->units; j++)
        out[j] = one->bias ? one->bias[first + j] : 0;
    multiply(x, one->inputs, one->kernel, columns, first, one->units, out);
    if (h)
        multiply(h, one->units, one->recurrent, columns, first, one->units, out);
}

static void lstm_step(const cell *one, const double *x, double *h, double *c) {
    double i[MOST_WIDTH], f[MOST_WIDTH], g[MOST_WIDTH], o[MOST_WIDTH];
    gate(one, 4, 0, x, h, i);
    gate(one, 4, 1, x, h, f);
    gate(one, 4, 2, x, h, g);
    gate(one, 4, 3, x, h, o);
    activate_row(one->model, one->recurrent_activation, i, one->units);
    activate_row(one->model, one->recurrent_activation, f, one->units);
    activate_row(one->model, one->activation, g, one->units);
    activate_row(one->model, one->recurrent_activation, o, one->units);
    for (size_t j = 0; j < one->units; j++) {
        /* c_t = f * c_{t-1} + i * g;  h_t = o * act(c_t) */
        c[j] = f[j] * c[j] + i[j] * g[j];
        h[j] = c[j];
    }
    activate_row(one->model, one->activation, h, one->units);
    for (size_t j = 0; j < one->units; j++)
        h[j] *= o[j];
}

static void gru_step(const cell *one, const double *x, double *h) {
    double z[MOST_WIDTH], r[MOST_WIDTH], candidate[MOST_WIDTH], inner[MOST_WIDTH] = {0};
    size_t units = one->units, columns = 3 * units;
    /* reset_after has a second bias row, of the recurrent product */
    const double *second = one->reset_after && one->bias ? one->bias + columns : NULL;
    gate(one, 3, 0, x, h, z);
    gate(one, 3, 1, x, h, r);
    gate(one, 3, 2, x, NULL, candidate);
    for (size_t j = 0; j < units && second; j++) {
        z[j] += second[j];
        r[j] += second[units + j];
        inner[j] = second[2 * units + j];
    }
    activate_row(one->model, one->recurrent_activation, z, units);
    activate_row(one->model, one->recurrent_activation, r, units);
    if (one->reset_after) { /* candidate = act(x W + b + r * (h U + b')) */
        multiply(h, units, one->recurrent, columns, 2 * units, units, inner);
        for (size_t j = 0; j < units; j++)
            candidate[j] += r[j] * inner[j];
    } else { /* candidate = act(x W + b + (r * h) U) */
        for (size_t j = 0; j < units; j++)
            inner[j] = r[j] * h[j];
        multiply(inner, units, one->recurrent, columns, 2 * units, units, candidate);
    }
    activate_row(one->model, one->activation, candidate, units);
    for (size_t j = 0; j < units; j++)
        h[j] = z[j] * h[j] + (1 - z[j]) * candidate[j];
}

static void simple_step(const cell *one, const double *x, double *h) {
    double out[MOST_WIDTH];
    gate(one, 1, 0, x, h, out);
    activate_row(one->model, one->activation, out, one->units);
    memcpy(h, out, one->units * sizeof(double));
}

static void recurrent(const oracle *model, const json_t *layer, const oracle_weight **next,
                      signal_t *signal) {
    cell one = {.model = model,
                .activation = text(layer, "activation", "tanh"),
                .recurrent_activation = text(layer, "recurrent_activation", "sigmoid"),
                .inputs = signal->width,
                .units = number(layer, "units"),
                .reset_after = flag(layer, "reset_after", 1)};
    one.kernel = (*next)++->values;
    one.recurrent = (*next)++->values;
    one.bias = flag(layer, "use_bias", 1) ? (*next)++->values : NULL;
    double h[MOST_WIDTH] = {0}, c[MOST_WIDTH] = {0};
    static signal_t out;
    memset(&out, 0, sizeof out);
    for (size_t t = 0; t < signal->steps; t++) {
        size_t at = flag(layer, "go_backwards", 0) ? signal->steps - 1 - t : t;
        /* A masked timestep leaves the state, and repeats the output before it. */
        if (!signal->has_mask || signal->is_kept[at]) {
            if (is_class(layer, "LSTM"))
                lstm_step(&one, signal->values[at], h, c);
            else if (is_class(layer, "GRU"))
                gru_step(&one, signal->values[at], h);
            else
                simple_step(&one, signal->values[at], h);
        }
        memcpy(out.values[t], h, sizeof h);
    }
    if (flag(layer, "return_sequences", 0)) {
        memcpy(signal->values, out.values, sizeof out.values);
    } else {
        memcpy(signal->values[0], h, sizeof h);
        signal->is_flat = 1;
        signal->has_mask = 0;
    }
    signal->width = one.units;
}

static void flatten(signal_t *signal) {
    static double flat[MOST_WIDTH];
    ck_assert_uint_le(signal->steps * signal->width, MOST_WIDTH);
    for (size_t t = 0; t < signal->steps; t++)
        memcpy(flat + t * signal->width, signal->values[t], signal->width * sizeof(double));
    memcpy(signal->values[0], flat, sizeof flat);
    signal->width *= signal->steps;
    signal->is_flat = 1;
    signal->has_mask = 0;
}

static void run_layer(const oracle *model, const json_t *layer, const oracle_weight **next,
                      signal_t *signal) {
    if (is_class(layer, "Embedding"))
        embed(layer, next, signal);
    else if (is_class(layer, "Dense"))
        dense(model, layer, next, signal);
    else if (is_class(layer, "Flatten"))
        flatten(signal);
    else if (is_class(layer, "Activation"))
        for (size_t t = 0; t < (signal->is_flat ? 1 : signal->steps); t++)
            activate_row(model, text(layer, "activation", "linear"), signal->values[t],
                         signal->width);
    else if (!is_class(layer, "InputLayer") && !is_class(layer, "Dropout"))
        recurrent(model, layer, next, signal);
}

static void run_sample(const oracle *model, size_t sample, signal_t *signal) {
    const oracle_weight *next = model->weights;
    size_t width = model->features ? model->features : 1, index;
    const double *x = model->x + sample * model->timesteps * width;
    json_t *layer;
    memset(signal, 0, sizeof *signal);
    signal->steps = model->timesteps;
    signal->width = width;
    for (size_t t = 0; t < signal->steps; t++)
        memcpy(signal->values[t], x + t * width, width * sizeof(double));
    json_array_foreach(model->layers, index, layer) {
        run_layer(model, layer, &next, signal);
    }
}

/* ---- The loss ---- */

/* Of one row of outputs (a sample, or a timestep of one). */
static double row_loss(const oracle *model, const double *p, const double *y, size_t width) {
    double sum = 0;
    if (model->loss == ORACLE_SPARSE)
        return -log(p[(size_t)y[0]]);
    for (size_t i = 0; i < width; i++) {
        if (model->loss == ORACLE_MSE)
            sum += (p[i] - y[i]) * (p[i] - y[i]) / (double)width;
        else if (model->loss == ORACLE_BINARY)
            sum -= (y[i] * log(p[i]) + (1 - y[i]) * log1p(-p[i])) / (double)width;
        else
            sum -= y[i] * log(p[i]);
    }
    return sum;
}

/* {"class_name": "L1L2", "config": {"l1": .., "l2": ..}} of one weight */
static double penalty(const json_t *layer, const char *name, const oracle_weight *weight) {
    const json_t *settings = json_object_get(json_object_get(config_of(layer), name), "config");
    double l1 = json_number_value(json_object_get(settings, "l1")), sum = 0;
    double l2 = json_number_value(json_object_get(settings, "l2"));
    for (size_t i = 0; settings && i < weight->count; i++)
        sum += l1 * fabs(weight->values[i]) + l2 * weight->values[i] * weight->values[i];
    return sum;
}

static double penalties(const oracle *model) {
    const oracle_weight *next = model->weights;
    double sum = 0;
    size_t index;
    json_t *layer;
    json_array_foreach(model->layers, index, layer) {
        int is_rnn =
            is_class(layer, "LSTM") || is_class(layer, "GRU") || is_class(layer, "SimpleRNN");
        if (is_class(layer, "Embedding"))
            sum += penalty(layer, "embeddings_regularizer", next++);
        if (is_rnn || is_class(layer, "Dense"))
            sum += penalty(layer, "kernel_regularizer", next++);
        if (is_rnn)
            sum += penalty(layer, "recurrent_regularizer", next++);
        if ((is_rnn || is_class(layer, "Dense")) && flag(layer, "use_bias", 1))
            sum += penalty(layer, "bias_regularizer", next++);
    }
    return sum;
}

size_t oracle_output_size(const oracle *model) {
    static signal_t signal;
    run_sample(model, 0, &signal);
    return signal.is_flat ? signal.width : signal.steps * signal.width;
}

double oracle_loss(const oracle *model) {
    static signal_t signal;
    double sum = 0, count = 0;
    double *outputs = model->outputs;
    const double *y = model->y;
    for (size_t sample = 0; sample < model->samples; sample++) {
        run_sample(model, sample, &signal);
        for (size_t t = 0; t < (signal.is_flat ? 1 : signal.steps); t++) {
            /* A mask that reaches the loss leaves timesteps out, of the divisor too. */
            if (!signal.has_mask || signal.is_kept[t]) {
                sum += row_loss(model, signal.values[t], y, signal.width);
                count++;
            }
            y += model->loss == ORACLE_SPARSE ? 1 : signal.width;
            if (outputs) {
                memcpy(outputs, signal.values[t], signal.width * sizeof(double));
                outputs += signal.width;
            }
        }
    }
    return sum / count + penalties(model);
}

static double difference(const oracle *model, double *value, double step) {
    double kept = *value;
    *value = kept + step;
    double above = oracle_loss(model);
    *value = kept - step;
    double below = oracle_loss(model);
    *value = kept;
    return (above - below) / (2 * step);
}

double oracle_derivative(const oracle *model, size_t weight, size_t index) {
    double *value = model->weights[weight].values + index;
    double wide = difference(model, value, 2e-5), narrow = difference(model, value, 1e-5);
    return (4 * narrow - wide) / 3;
}
