/**
 * @file tinylstm.h
 * libtinylstm: trains and runs Keras-style recurrent networks. This header brings in all others.
 *
 * From a Keras file to a prediction:
 * @code
 *     tlstm_model *model = NULL;
 *     tlstm_array *scores = NULL;
 *     tlstm_error *error = NULL;
 *     if (tlstm_model_load("best-lstm-model.h5", &model, &error) == TLSTM_OK)
 *         tlstm_model_predict(model, x, NULL, &scores, &error);
 *     if (error)
 *         fprintf(stderr, "%s: %s\n", tlstm_error_where(error), tlstm_error_message(error));
 *     tlstm_error_free(error);
 *     tlstm_array_free(scores);
 *     tlstm_model_free(model);
 * @endcode
 * docs/examples/imdb_lstm.c builds and trains a model from nothing. The rules that hold everywhere
 * (errors, ownership, options, threads) stand in common.h.
 */
#ifndef TINYLSTM_TINYLSTM_H
#define TINYLSTM_TINYLSTM_H

#include "tinylstm/callback.h"
#include "tinylstm/common.h"
#include "tinylstm/data.h"
#include "tinylstm/file.h"
#include "tinylstm/model.h"
#include "tinylstm/session.h"
#include "tinylstm/train.h"
#include "tinylstm/weights.h"

#endif
