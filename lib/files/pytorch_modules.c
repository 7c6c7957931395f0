/* Reading the names of a state_dict, and the forms of our layers. */
#include "files/pytorch.h"

#include "base/alloc.h"
#include "layers/recurrent.h"

#include <string.h>

/* ---- Names ---- */

static const struct {
    const char *name;
    int recurrent;
    size_t part;
} parts[] = {
    {"weight_ih", 1, TL_TORCH_INPUT},    {"weight_hh", 1, TL_TORCH_STATE},
    {"bias_ih", 1, TL_TORCH_INPUT_BIAS}, {"bias_hh", 1, TL_TORCH_STATE_BIAS},
    {"weight", 0, TL_TORCH_INPUT},       {"bias", 0, TL_TORCH_INPUT_BIAS},
};

/* "" and "_l0" are the first level, "_l1" the second; 0 for anything else. */
static int read_level(const char *text, size_t *level) {
    *level = 0;
    if (!*text)
        return 1;
    if (strncmp(text, "_l", 2) != 0 || !text[2] || strlen(text) > 5)
        return 0;
    for (text += 2; *text; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        *level = *level * 10 + (size_t)(*text - '0');
    }
    return 1;
}

static tlstm_status fail_name(const tl_entry *entry, const char *tail, tlstm_error **error) {
    const size_t length = strlen(tail);
    if (length > 8 && strcmp(tail + length - 8, "_reverse") == 0)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, entry->name,
                       "bidirectional modules are not supported");
    if (strncmp(tail, "weight_hr", 9) == 0)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, entry->name,
                       "projections (proj_size) are not supported");
    return tl_fail(error, TLSTM_ERROR_SHAPE, entry->name,
                   "no layer has such an array: PyTorch's recurrent, Linear and Embedding modules "
                   "have not");
}

/* Which part of which module an entry is. */
static tlstm_status read_name(const tl_entry *entry, tl_torch_module *module, size_t *part,
                              tlstm_error **error) {
    const char *point = strrchr(entry->name, '.'), *tail = point ? point + 1 : entry->name;
    *module = (tl_torch_module){.name = entry->name};
    module->length = point ? (size_t)(point - entry->name) : 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        const size_t length = strlen(parts[i].name);
        if (strncmp(tail, parts[i].name, length) != 0 ||
            (parts[i].recurrent ? !read_level(tail + length, &module->level) : tail[length] != 0))
            continue;
        module->recurrent = parts[i].recurrent;
        *part = parts[i].part;
        return TLSTM_OK;
    }
    return fail_name(entry, tail, error);
}

static int is_same(const tl_torch_module *a, const tl_torch_module *b) {
    return a->recurrent == b->recurrent && a->level == b->level && a->length == b->length &&
           memcmp(a->name, b->name, a->length) == 0;
}

static tlstm_status add_entry(tl_torch_module *modules, size_t *count, const tl_entry *entry,
                              tlstm_error **error) {
    tl_torch_module named;
    size_t part = 0, m = 0;
    tlstm_status status = read_name(entry, &named, &part, error);
    if (status)
        return status;
    while (m < *count && !is_same(&modules[m], &named))
        m++;
    if (m == *count)
        modules[(*count)++] = named;
    if (modules[m].parts[part]) /* "rnn.weight_ih" and "rnn.weight_ih_l0" */
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry->name,
                       "the name is ambiguous: \"%.100s\" "
                       "is the same array",
                       modules[m].parts[part]->name);
    modules[m].parts[part] = entry;
    return TLSTM_OK;
}

/* A module has its weights, and both biases or none. */
static tlstm_status check_parts(const tl_torch_module *module, tlstm_error **error) {
    const tl_entry *const *has = module->parts, *any = NULL;
    for (size_t i = 0; i < TL_TORCH_PARTS; i++)
        any = has[i] ? has[i] : any;
    const char *missing =
        !has[TL_TORCH_INPUT]                        ? "the weight of the input"
        : module->recurrent && !has[TL_TORCH_STATE] ? "the weight of the state"
        : module->recurrent && !has[TL_TORCH_INPUT_BIAS] != !has[TL_TORCH_STATE_BIAS]
            ? "the other bias"
            : NULL;
    return missing ? tl_fail(error, TLSTM_ERROR_SHAPE, any->name, "%s of its module is missing",
                             missing)
                   : TLSTM_OK;
}

tlstm_status tl_torch_modules(const tl_entries *entries, tl_torch_module **modules, size_t *count,
                              tlstm_error **error) {
    tl_torch_module *made = tl_alloc_zero(entries->count, sizeof(*made));
    size_t found = 0;
    tlstm_status status = made ? TLSTM_OK : tl_fail_memory(error);
    for (size_t i = 0; i < entries->count && !status; i++)
        status = add_entry(made, &found, &entries->items[i], error);
    for (size_t m = 0; m < found && !status; m++)
        status = check_parts(&made[m], error);
    if (status) {
        tl_free(made);
        return status;
    }
    *modules = made;
    *count = found;
    return TLSTM_OK;
}

/* ---- Forms ---- */

/* LSTM: i, f, g, o here and there, where Keras calls g the candidate c. GRU: r, z, n there; z, r, h
 * here, and h_t = z h_{t-1} + (1 - z) n is meant by both. */
static const struct {
    const char *class_name;
    size_t gates; /* 0: not recurrent */
    unsigned char places[TL_MOST_GATES];
    int turned;
} forms[] = {
    {"LSTM", 4, {0, 1, 2, 3}, 1}, {"GRU", 3, {1, 0, 2}, 1}, {"SimpleRNN", 1, {0}, 1},
    {"Dense", 0, {0}, 1},         {"Embedding", 0, {0}, 0},
};

static void set_dims(tl_torch_form *form, size_t part, size_t rows, size_t columns) {
    form->dims[part][0] = rows;
    form->dims[part][1] = columns;
}

static void fill_form(const tl_layer *layer, tl_torch_form *form) {
    const tl_weight *weights = layer->weights;
    if (!form->turned) {
        set_dims(form, TL_TORCH_INPUT, weights[0].dims[0], weights[0].dims[1]);
        return;
    }
    const size_t outputs = weights[0].dims[1];
    form->biased = layer->weight_count > (form->recurrent ? 2 : 1);
    set_dims(form, TL_TORCH_INPUT, outputs, weights[0].dims[0]);
    set_dims(form, TL_TORCH_INPUT_BIAS, outputs, 1);
    if (!form->recurrent)
        return;
    set_dims(form, TL_TORCH_STATE, outputs, outputs / form->gates);
    set_dims(form, TL_TORCH_STATE_BIAS, outputs, 1);
}

tlstm_status tl_torch_form_of(const tl_layer *layer, tl_torch_form *form, tlstm_error **error) {
    size_t i = 0;
    const size_t count = sizeof(forms) / sizeof(*forms);
    while (i < count && strcmp(forms[i].class_name, layer->ops->class_name) != 0)
        i++;
    if (i == count)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                       "PyTorch's order is not known for the layer %s", layer->ops->class_name);
    *form = (tl_torch_form){.recurrent = forms[i].gates > 0,
                            .gates = forms[i].gates,
                            .places = forms[i].places,
                            .turned = forms[i].turned};
    if (form->gates == 3 && !((const tl_recurrent_config *)layer->config)->reset_after)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                       "PyTorch's GRU is one with reset_after, this one resets before");
    fill_form(layer, form);
    return TLSTM_OK;
}

size_t tl_torch_part(const tl_torch_form *form, size_t part) {
    const int of_state = part == TL_TORCH_STATE || part == TL_TORCH_STATE_BIAS;
    const int is_bias = part == TL_TORCH_INPUT_BIAS || part == TL_TORCH_STATE_BIAS;
    if ((of_state && !form->recurrent) || (is_bias && !form->biased))
        return 0;
    return is_bias ? 1 : 2;
}

tlstm_status tl_torch_check(const tl_torch_form *form, const tl_layer *layer,
                            const tl_torch_module *module, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    if (form->recurrent != module->recurrent)
        return tl_fail(error, TLSTM_ERROR_SHAPE, module->parts[TL_TORCH_INPUT]->name,
                       "the layer %s is a %s: its arrays have other names", layer->name,
                       layer->ops->class_name);
    for (size_t part = 0; part < TL_TORCH_PARTS && !status; part++) {
        const tl_entry *entry = module->parts[part];
        const size_t ndim = tl_torch_part(form, part);
        if (entry && !ndim)
            return tl_fail(error, TLSTM_ERROR_SHAPE, entry->name, "the layer %s has no bias",
                           layer->name);
        if (ndim && !entry)
            return tl_fail(error, TLSTM_ERROR_SHAPE, module->parts[TL_TORCH_INPUT]->name,
                           "the layer %s has a bias, the module has none", layer->name);
        if (ndim)
            status = tl_import_check_shape(entry, layer->name, ndim, form->dims[part], error);
    }
    return status;
}

int tl_torch_fits(const tl_torch_form *form, const tl_torch_module *module) {
    int fits = form->recurrent == module->recurrent;
    for (size_t part = 0; part < TL_TORCH_PARTS && fits; part++) {
        const tl_entry *entry = module->parts[part];
        const size_t ndim = tl_torch_part(form, part);
        fits = (ndim > 0) == (entry != NULL) && (!entry || entry->ndim == ndim);
        for (size_t d = 0; d < ndim && fits; d++)
            fits = (uint64_t)entry->shape[d] == form->dims[part][d];
    }
    return fits;
}
