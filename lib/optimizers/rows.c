/*
 * Updates by rows. The gradient of an embedding has only the rows whose tokens were in the batch;
 * what its optimizer does to the others (tl_other_rows) decides how much is to be done.
 *
 * A row that only shrinks need not be touched until it has a token again: it is late by a number of
 * updates, and catching up repeats their multiplications one by one, because
 * v * rho * rho is not v * (rho * rho) in floating point.
 */
#include "optimizers/rows.h"

#include <string.h>

/* Numbers that shrink together, in registers. */
#define SPAN 32
/* Multiplications between two looks whether they still change anything. */
#define ROUND 64

static int leaves_others(const tl_trainable *weight) {
    return weight->others == TL_ROWS_WAIT || weight->others == TL_ROWS_SHRINK;
}

size_t tl_rows_work(const tl_trainable *weight) {
    return leaves_others(weight) ? weight->rows.count * weight->width : weight->count;
}

int tl_optimizer_may_be_late(const float *slot, size_t count) {
    /* As integers, those with a minus and NaN lie above infinity. */
    const uint32_t infinity = 0x7f800000;
    uint32_t above = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &slot[i], sizeof bits);
        above |= bits > infinity;
    }
    return !above;
}

/* v *= rho, `times` times: until 0, infinity or the smallest numbers stay as they are. */
static void shrink_span(float *values, float rho, uint32_t times) {
    float v[SPAN];
    memcpy(v, values, sizeof v);
    for (int changes = 1; changes && times > 0;) {
        const uint32_t now = times < ROUND ? times : ROUND;
        for (uint32_t n = 0; n < now; n++)
            for (size_t i = 0; i < SPAN; i++)
                v[i] *= rho;
        changes = 0;
        for (size_t i = 0; i < SPAN; i++)
            changes |= v[i] * rho != v[i];
        times -= now;
    }
    memcpy(values, v, sizeof v);
}

static void shrink(float *row, size_t width, float rho, uint32_t times) {
    size_t i = 0;
    for (; times && i + SPAN <= width; i += SPAN)
        shrink_span(row + i, rho, times);
    if (times && i < width) {
        float rest[SPAN] = {0};
        memcpy(rest, row + i, (width - i) * sizeof *rest);
        shrink_span(rest, rho, times);
        memcpy(row + i, rest, (width - i) * sizeof *rest);
    }
}

static void catch_up_row(const struct tlstm_optimizer *optimizer, const tl_trainable *weight,
                         size_t row) {
    const uint32_t late = weight->late->updates - weight->late->made[row];
    const float rho = (float)optimizer->config.rho;
    for (size_t slot = 0; slot < TL_MAX_SLOTS && weight->slots[slot]; slot++)
        shrink(weight->slots[slot] + row * weight->width, weight->width, rho, late);
}

void tl_rows_catch_up(const struct tlstm_optimizer *optimizer, const tl_trainable *weight,
                      size_t first, size_t count) {
    for (size_t row = first; row < first + count; row++) {
        catch_up_row(optimizer, weight, row);
        weight->late->made[row] = 0;
    }
}

/* The rows in `rows` whose first number is in the part, whole. */
static void update_tokens(const struct tlstm_optimizer *optimizer, const tl_update *update,
                          const tl_trainable *weight, size_t first, size_t count) {
    const size_t width = weight->width;
    for (size_t i = (first + width - 1) / width; i * width < first + count; i++) {
        const size_t row = (size_t)weight->rows.tokens[i];
        if (weight->others == TL_ROWS_SHRINK) {
            catch_up_row(optimizer, weight, row);
            weight->late->made[row] = weight->late->updates + 1;
        }
        tl_update_run(optimizer, update, row * width, width, weight->g + i * width);
    }
}

/* The gradient of `count` numbers from `first` on as a dense one has it. */
static void spread(const tl_trainable *weight, size_t first, size_t count, float *g) {
    const size_t width = weight->width;
    size_t row = first / width, at = first % width;
    for (size_t done = 0; done < count; row++, at = 0) {
        const size_t here = width - at < count - done ? width - at : count - done;
        const int32_t number = weight->rows.numbers[row];
        if (number >= 0)
            memcpy(g + done, weight->g + (size_t)number * width + at, here * sizeof *g);
        else
            for (size_t i = 0; i < here; i++)
                g[done + i] = weight->rest;
        done += here;
    }
}

/* Rows that had no tokens are updated as the others, but a copy of their weights takes the step. */
static void fade_others(const struct tlstm_optimizer *optimizer, const tl_update *update,
                        const tl_trainable *weight, size_t first, size_t count, const float *g) {
    const size_t width = weight->width;
    float copy[TL_UPDATE_PART];
    size_t row = first / width, at = first % width;
    for (size_t done = 0; done < count; row++, at = 0) {
        const size_t here = width - at < count - done ? width - at : count - done;
        float *w = update->w + first + done;
        memcpy(copy, w, here * sizeof *w);
        tl_update_run(optimizer, update, first + done, here, g + done);
        if (weight->rows.numbers[row] < 0)
            memcpy(w, copy, here * sizeof *w);
        done += here;
    }
}

void tl_rows_update(const struct tlstm_optimizer *optimizer, const tl_update *update,
                    const tl_trainable *weight, size_t first, size_t count) {
    if (leaves_others(weight)) {
        update_tokens(optimizer, update, weight, first, count);
        return;
    }
    float g[TL_UPDATE_PART];
    spread(weight, first, count, g);
    if (weight->others == TL_ROWS_FADE)
        fade_others(optimizer, update, weight, first, count, g);
    else
        tl_update_run(optimizer, update, first, count, g);
}
