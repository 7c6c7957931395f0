/*
 * PyTorch's modules, as the names of a state_dict tell them:
 *
 *   <module>.weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0    nn.LSTM, nn.GRU, nn.RNN; _l1 of
 * the second <module>.weight_ih, weight_hh, bias_ih, bias_hh                nn.LSTMCell, ...
 *   <module>.weight, bias                                          nn.Linear; nn.Embedding without
 * bias
 *
 * and what a layer here would look like as one of them.
 */
#ifndef TL_FILES_PYTORCH_H
#define TL_FILES_PYTORCH_H

#include "files/import.h"

/* The arrays of a module, in the order in which PyTorch has them. Of a module that is not recurrent
 * the first and the third. */
enum { TL_TORCH_INPUT, TL_TORCH_STATE, TL_TORCH_INPUT_BIAS, TL_TORCH_STATE_BIAS, TL_TORCH_PARTS };

/* One module, or one level of a stacked recurrent module. */
typedef struct tl_torch_module {
    const char *name; /* in an entry's name: `length` bytes */
    size_t length;
    int recurrent;
    size_t level; /* 1 for weight_ih_l1 */
    const tl_entry *parts[TL_TORCH_PARTS];
    const tl_layer *layer; /* that it becomes; NULL: not known yet */
} tl_torch_module;

/* What a layer's arrays are in PyTorch. */
typedef struct tl_torch_form {
    int recurrent, biased;
    size_t gates;
    const unsigned char *places; /* where each of PyTorch's gates goes */
    int turned;                  /* (out, in) */
    size_t dims[TL_TORCH_PARTS][2];
} tl_torch_form;

/* The modules that the entries' names speak of (tl_free), in their order; each has all its parts.
 */
tlstm_status tl_torch_modules(const tl_entries *entries, tl_torch_module **modules, size_t *count,
                              tlstm_error **error);

/* TLSTM_ERROR_UNSUPPORTED for a layer with weights that PyTorch has not. */
tlstm_status tl_torch_form_of(const tl_layer *layer, tl_torch_form *form, tlstm_error **error);
/* Whether such a part is one of the form's, and then its dimensions, 1 or 2. */
size_t tl_torch_part(const tl_torch_form *form, size_t part);

/* Whether a module is of a form; and the same with an error that says what does not fit. */
int tl_torch_fits(const tl_torch_form *form, const tl_torch_module *module);
tlstm_status tl_torch_check(const tl_torch_form *form, const tl_layer *layer,
                            const tl_torch_module *module, tlstm_error **error);

#endif
