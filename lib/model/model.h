/* A model: layers in order, their weights in one block, and, once compiled, how to train them. */
#ifndef TL_MODEL_MODEL_H
#define TL_MODEL_MODEL_H

#include "layers/layer.h"
#include "losses/loss.h"
#include "metrics/metric.h"
#include "optimizers/optimizer.h"
#include "tinylstm/file.h"

/* What compile() gives. */
typedef struct tl_compiled {
    struct tlstm_loss loss;
    struct tlstm_optimizer optimizer;
    tl_metric *metrics;
    size_t metric_count;
    int64_t iterations;         /* updates made */
    float *slots[TL_MAX_SLOTS]; /* each a block like the model's parameters; NULL beyond the
                                   optimizer's */
    size_t slot_count;
} tl_compiled;

/* What the reader of a file says of a model. */
typedef struct tl_note {
    char *text;
    tlstm_note_kind kind;
} tl_note;

struct tlstm_model {
    char *name;
    uint64_t seed;
    int functional; /* came as Keras's Functional: is written as that again */
    tl_layer **layers;
    size_t layer_count;
    int built;
    tl_shape input;         /* of one sample */
    size_t batch;           /* that a configuration fixes (Keras's stateful layers); 0: any */
    int takes_tokens;       /* the first layer that computes is an Embedding */
    float *parameters;      /* all weights; each begins at a multiple of TL_LANES */
    size_t parameter_count; /* floats in the block, gaps included */
    uint64_t changes;       /* of the parameters: whoever changes them counts, so that whoever keeps
                               something made from them knows when to make it anew */
    size_t gradient_count;  /* floats in a shard's block: without embeddings */
    tl_compiled *compiled;
    uint64_t epochs_seen; /* numbers the shuffles */
    uint64_t steps_seen;  /* numbers the dropout masks */
    /* Stateful layers: (state_batch, floats of state of all layers), kept between batches. */
    float *states;
    size_t state_batch;
    tl_note *notes;
    size_t note_count;
};

/* Makes an empty model; see tlstm_model_new. */
tlstm_status tl_model_new(const char *name, uint64_t seed, tlstm_model **model,
                          tlstm_error **error);
void tl_model_free(tlstm_model *model);

/* Appends a layer, which the model then owns also on failure. Fails on a built model, a name that
 * is taken, or an input layer that is not the first. `layer->name` NULL: the next default name
 * ("lstm", "lstm_1"). */
tlstm_status tl_model_add(tlstm_model *model, tl_layer *layer, tlstm_error **error);

/* Shapes, weights, initial values. `input` NULL: the shape that the first layer knows. */
tlstm_status tl_model_build(tlstm_model *model, const tl_shape *input, tlstm_error **error);
/* The two halves for a reader of files, which has weights of its own: shapes, also those of the
 * weights, without any memory for them; then the weights, all 0. */
tlstm_status tl_model_lay_out(tlstm_model *model, const tl_shape *input, tlstm_error **error);
tlstm_status tl_model_allocate(tlstm_model *model, tlstm_error **error);
/* As tl_model_build() where that has not happened, else nothing. */
tlstm_status tl_model_ensure_built(tlstm_model *model, tlstm_error **error);

/* The layer of a name; NULL: there is none. */
tl_layer *tl_model_find_layer(const tlstm_model *model, const char *name);

/* Puts an InputLayer of that name before the first layer of a built model that has none; `name`
 * NULL: takes one away. What the model computes does not change, but the places of its layers. */
tlstm_status tl_model_set_input_layer(tlstm_model *model, const char *name, tlstm_error **error);

/* Replaces what is compiled: fresh slots, iteration 0. The model must be built. */
tlstm_status tl_model_compile(tlstm_model *model, const struct tlstm_optimizer *optimizer,
                              const struct tlstm_loss *loss, const tl_metric *metrics,
                              size_t metric_count, tlstm_error **error);
void tl_compiled_free(tl_compiled *compiled);

/* The sum of all regularizers. */
double tl_model_penalty(const tlstm_model *model);

/* The states that go on from batch to batch: (samples, state_size), those of layers that are not
 * stateful at zero. *states is NULL in a model without stateful layers. TLSTM_ERROR_SHAPE when
 * there are states of another number of samples: Keras too fixes the batch of a stateful model. */
tlstm_status tl_model_states(tlstm_model *model, size_t samples, float **states,
                             tlstm_error **error);
/* Floats of state of all layers for one sample. */
size_t tl_model_state_size(const tlstm_model *model);
int tl_model_is_stateful(const tlstm_model *model);
/* Whether `samples` come in whole batches, as a stateful model needs them; others take any number.
 */
tlstm_status tl_model_check_batches(const tlstm_model *model, size_t samples, size_t batch_size,
                                    tlstm_error **error);
void tl_model_reset_states(tlstm_model *model);

/* Notes for the reader of a file: what was ignored, converted or not restored; each once. */
void tl_model_note(tlstm_model *model, tlstm_note_kind kind, const char *format, ...)
    TL_PRINTF(3, 4);

/* All weights in the order of Keras's get_weights(): a layer's trainable ones as they stand in it.
 */
typedef struct tl_weight_at {
    tl_layer *layer;
    tl_weight *weight;
    float *values;
} tl_weight_at;
size_t tl_model_weight_count(const tlstm_model *model);
int tl_model_weight(const tlstm_model *model, size_t index, tl_weight_at *at);

/* How many numbers the weights of a model are that is laid out: maybe more than memory has. */
double tl_model_weight_floats(const tlstm_model *model);

/* How many tokens the first layer of a built model knows; 0 when it takes features. */
size_t tl_model_vocabulary(const tlstm_model *model);

/* Features and timesteps of the output for inputs of `timesteps`. */
const tl_shape *tl_model_output(const tlstm_model *model);

#endif
