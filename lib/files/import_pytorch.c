/*
 * PyTorch's order: which module becomes which layer, and how its arrays lie in ours.
 *
 * A `.safetensors` file has its arrays in no order of the model's, so that names and shapes must
 * tell: what the options map; then modules that fit one layer alone; of several that fit several
 * layers, those that have the layers' names, or names that differ in numbers (fc1 and fc2, layers.0
 * and layers.2, _l0 and _l1), which stand for the order. The rest is ambiguous.
 */
#include "files/pytorch.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct matching {
    const tl_import *import;
    tl_torch_module *modules;
    size_t count;
} matching;

/* The layers that have weights, in order; NULL ends them. */
static const tl_layer *next_layer(const tl_import *import, const tl_layer *after) {
    for (size_t i = after ? after->index + 1 : 0; i < import->model->layer_count; i++)
        if (import->model->layers[i]->weight_count)
            return import->model->layers[i];
    return NULL;
}

static const char *entry_name(const tl_torch_module *module) {
    return module->parts[TL_TORCH_INPUT]->name;
}

static int is_matched(const matching *m, const tl_layer *layer) {
    for (size_t i = 0; i < m->count; i++)
        if (m->modules[i].layer == layer)
            return 1;
    return 0;
}

/* ---- What the options map ---- */

/* "rnn" is the first level of a stacked module, and "rnn.l1" the second. */
static int is_named(const tl_torch_module *module, const char *name) {
    size_t length = strlen(name), level = 0;
    const char *end = name + length;
    while (end > name && end[-1] >= '0' && end[-1] <= '9')
        end--;
    if (module->recurrent && *end && end - name >= 2 && end[-1] == 'l' && end[-2] == '.') {
        level = strtoul(end, NULL, 10);
        length = (size_t)(end - 2 - name);
    }
    const int is_whole = module->level == 0 && strlen(name) == module->length &&
                         memcmp(name, module->name, module->length) == 0;
    return is_whole || (length < strlen(name) && module->level == level &&
                        length == module->length && memcmp(name, module->name, length) == 0);
}

static tlstm_status map(matching *m, const char *name, const char *layer_name,
                        tlstm_error **error) {
    const tl_layer *layer = tl_model_find_layer(m->import->model, layer_name);
    tl_torch_module *module = NULL;
    tl_torch_form form;
    for (size_t i = 0; i < m->count; i++)
        if (is_named(&m->modules[i], name))
            module = &m->modules[i];
    if (!module)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, name, "no module has this name");
    if (!layer || !layer->weight_count)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer_name,
                       "the model has no layer of this name that has weights");
    if (is_matched(m, layer) || module->layer)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer_name,
                       "a layer or a module is mapped twice");
    tlstm_status status = tl_torch_form_of(layer, &form, error);
    if (!status)
        status = tl_torch_check(&form, layer, module, error);
    if (!status)
        module->layer = layer;
    return status;
}

/* ---- Modules that fit several layers ---- */

/* Whether a module is called as a layer: "lstm", "encoder.lstm". */
static int has_name_of(const tl_torch_module *module, const tl_layer *layer) {
    const size_t length = strlen(layer->name);
    if (module->level || module->length < length ||
        memcmp(module->name + module->length - length, layer->name, length) != 0)
        return 0;
    return module->length == length || module->name[module->length - length - 1] == '.';
}

/* Compares names but for their numbers: 0 when that is all they differ in. Then *order is the first
 * number's that differs, or the level's. */
static int compare_names(const tl_torch_module *a, const tl_torch_module *b, int *order) {
    const char *x = a->name, *y = b->name, *x_end = x + a->length, *y_end = y + b->length;
    *order = 0;
    while (x < x_end && y < y_end) {
        char *x_next = (char *)x, *y_next = (char *)y;
        if (*x >= '0' && *x <= '9' && *y >= '0' && *y <= '9') {
            unsigned long long p = strtoull(x, &x_next, 10), q = strtoull(y, &y_next, 10);
            *order = *order ? *order : (p > q) - (p < q);
            x = x_next;
            y = y_next;
        } else if (*x++ != *y++)
            return 1;
    }
    *order = *order ? *order : (a->level > b->level) - (a->level < b->level);
    return x < x_end || y < y_end || !*order;
}

/* Those that fit a layer and become none yet; and the layers of its form that no module becomes. */
typedef struct candidates {
    tl_torch_module **modules;
    const tl_layer **layers;
    size_t module_count, layer_count;
} candidates;

static int match_by_name(candidates *c) {
    for (size_t l = 0; l < c->layer_count; l++) {
        size_t found = 0;
        for (size_t i = 0; i < c->module_count; i++)
            found += (size_t)has_name_of(c->modules[i], c->layers[l]);
        if (found != 1)
            return 0;
    }
    for (size_t l = 0; l < c->layer_count; l++)
        for (size_t i = 0; i < c->module_count; i++)
            if (has_name_of(c->modules[i], c->layers[l]))
                c->modules[i]->layer = c->layers[l];
    return 1;
}

/* The place of a module among the others by number. */
static tlstm_status match_by_number(candidates *c, tlstm_error **error) {
    for (size_t i = 0; i < c->module_count; i++) {
        size_t place = 0;
        for (size_t k = 0; k < c->module_count; k++) {
            int order = 0;
            if (k != i && compare_names(c->modules[i], c->modules[k], &order))
                return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry_name(c->modules[i]),
                               "it is ambiguous which layer this is: \"%.100s\" fits as well; map "
                               "them",
                               entry_name(c->modules[k]));
            place += order > 0;
        }
        c->modules[i]->layer = c->layers[place];
    }
    return TLSTM_OK;
}

/* What a layer has been given by its place must not be called as another layer. */
static tlstm_status check_names(const matching *m, const candidates *c, tlstm_error **error) {
    for (size_t i = 0; i < c->module_count; i++) {
        const tl_torch_module *module = c->modules[i];
        for (const tl_layer *l = next_layer(m->import, NULL); l; l = next_layer(m->import, l))
            if (l != module->layer && has_name_of(module, l) && !has_name_of(module, module->layer))
                return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry_name(module),
                               "it is ambiguous: by its name it is the layer %s, else %s; map it",
                               l->name, module->layer->name);
    }
    return TLSTM_OK;
}

/* ---- Layer by layer ---- */

/* Why no module fits: the one of its kind that is left, or what is missing. */
static tlstm_status fail_missing(const matching *m, const tl_layer *layer,
                                 const tl_torch_form *form, tlstm_error **error) {
    const tl_torch_module *of_kind = NULL;
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        if (!m->modules[i].layer && m->modules[i].recurrent == form->recurrent) {
            of_kind = &m->modules[i];
            count++;
        }
    if (count == 1 && tl_torch_check(form, layer, of_kind, error))
        return TLSTM_ERROR_SHAPE;
    return tl_fail(error, TLSTM_ERROR_SHAPE, layer->name,
                   "no module fits it: its %s would have the shape (%zu, %zu), %s bias",
                   form->recurrent ? "weight_ih" : "weight", form->dims[TL_TORCH_INPUT][0],
                   form->dims[TL_TORCH_INPUT][1], form->biased ? "with" : "without");
}

static tlstm_status gather(const matching *m, const tl_layer *layer, const tl_torch_form *form,
                           candidates *c, tlstm_error **error) {
    c->module_count = c->layer_count = 0;
    for (size_t i = 0; i < m->count; i++)
        if (!m->modules[i].layer && tl_torch_fits(form, &m->modules[i]))
            c->modules[c->module_count++] = &m->modules[i];
    if (c->module_count == 0)
        return fail_missing(m, layer, form, error);
    for (const tl_layer *l = layer; l; l = next_layer(m->import, l)) {
        tl_torch_form other;
        tlstm_status status = tl_torch_form_of(l, &other, error);
        if (status)
            return status;
        if (!is_matched(m, l) && tl_torch_fits(&other, c->modules[0]))
            c->layers[c->layer_count++] = l;
    }
    return TLSTM_OK;
}

static tlstm_status match_layer(matching *m, const tl_layer *layer, candidates *c,
                                tlstm_error **error) {
    tl_torch_form form;
    if (is_matched(m, layer))
        return TLSTM_OK;
    tlstm_status status = tl_torch_form_of(layer, &form, error);
    if (!status)
        status = gather(m, layer, &form, c, error);
    if (status)
        return status;
    if (c->module_count < c->layer_count)
        return tl_fail(error, TLSTM_ERROR_SHAPE, c->layers[c->layer_count - 1]->name,
                       "%zu layers have this form, and %zu modules", c->layer_count,
                       c->module_count);
    if (c->module_count > c->layer_count)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, entry_name(c->modules[c->module_count - 1]),
                       "%zu modules fit the layer %s, and the model has %zu of this form",
                       c->module_count, layer->name, c->layer_count);
    if (match_by_name(c))
        return TLSTM_OK;
    status = match_by_number(c, error);
    return status ? status : check_names(m, c, error);
}

static tlstm_status match_all(matching *m, tlstm_error **error) {
    const tlstm_weights_options *options = m->import->options;
    candidates c = {
        .modules = tl_alloc(m->count, sizeof(*c.modules)),
        .layers = tl_alloc(m->import->model->layer_count, sizeof(*c.layers)),
    };
    tlstm_status status = c.modules && c.layers ? TLSTM_OK : tl_fail_memory(error);
    for (size_t i = 0; i < options->module_count && !status; i++)
        status = map(m, options->modules[i], options->layers[i], error);
    for (const tl_layer *l = next_layer(m->import, NULL); l && !status;
         l = next_layer(m->import, l))
        status = match_layer(m, l, &c, error);
    for (size_t i = 0; i < m->count && !status; i++)
        if (!m->modules[i].layer)
            status = tl_fail(error, TLSTM_ERROR_SHAPE, entry_name(&m->modules[i]),
                             "no layer is left for this module");
    tl_free(c.modules);
    tl_free(c.layers);
    return status;
}

/* ---- From parts to weights ---- */

static void share(const tl_import *import, const tl_torch_module *module,
                  const tl_torch_form *form) {
    const tl_weight *weights = module->layer->weights;
    const tl_weight *bias = &weights[form->recurrent ? 2 : 1];
    const tl_weight *const becomes[TL_TORCH_PARTS] = {&weights[0], &weights[1], bias, bias};
    /* A GRU keeps its two biases apart, in rows; those of the others are one, their sum. */
    const int has_rows = form->biased && bias->ndim == 2;
    for (size_t part = 0; part < TL_TORCH_PARTS; part++) {
        const tl_entry *entry = module->parts[part];
        const int of_state = part == TL_TORCH_STATE_BIAS;
        if (entry)
            import->shares[entry->index] = (tl_share){.weight = becomes[part],
                                                      .turned = form->turned,
                                                      .gates = form->gates,
                                                      .places = form->places,
                                                      .added = of_state && !has_rows,
                                                      .row = of_state && has_rows};
    }
}

static tlstm_status assign_named(const tl_import *import, tlstm_error **error) {
    matching m = {.import = import};
    tlstm_status status = tl_torch_modules(import->entries, &m.modules, &m.count, error);
    if (!status)
        status = match_all(&m, error);
    for (size_t i = 0; i < m.count && !status; i++) {
        tl_torch_form form;
        status = tl_torch_form_of(m.modules[i].layer, &form, error);
        if (!status)
            share(import, &m.modules[i], &form);
    }
    tl_free(m.modules);
    return status;
}

/* ---- By number: model.parameters() ---- */

static tlstm_status take_parts(const tl_import *import, const tl_layer *layer, const size_t *places,
                               size_t *next, tlstm_error **error) {
    tl_torch_form form;
    tl_torch_module module = {.layer = layer};
    tlstm_status status = tl_torch_form_of(layer, &form, error);
    if (status)
        return status;
    module.recurrent = form.recurrent;
    for (size_t part = 0; part < TL_TORCH_PARTS; part++) {
        if (!tl_torch_part(&form, part))
            continue;
        if (*next == import->entries->count)
            return tl_fail(error, TLSTM_ERROR_SHAPE, layer->name, "there are only %zu arrays",
                           import->entries->count);
        module.parts[part] = &import->entries->items[places[(*next)++]];
    }
    status = tl_torch_check(&form, layer, &module, error);
    if (!status)
        share(import, &module, &form);
    return status;
}

static tlstm_status assign_numbered(const tl_import *import, const size_t *places,
                                    tlstm_error **error) {
    size_t next = 0;
    tlstm_status status = TLSTM_OK;
    for (const tl_layer *l = next_layer(import, NULL); l && !status; l = next_layer(import, l))
        status = take_parts(import, l, places, &next, error);
    if (!status && next < import->entries->count)
        status = tl_fail(error, TLSTM_ERROR_SHAPE, import->entries->items[places[next]].name,
                         "no layer is left for this array");
    return status;
}

tlstm_status tl_import_pytorch(const tl_import *import, const size_t *places, tlstm_error **error) {
    return places ? assign_numbered(import, places, error) : assign_named(import, error);
}
