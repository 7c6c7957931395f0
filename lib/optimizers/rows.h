/* How an update is cut into parts, and what it does to the rows of an embedding: what apply.c and
 * rows.c share. */
#ifndef TL_OPTIMIZERS_ROWS_H
#define TL_OPTIMIZERS_ROWS_H

#include "optimizers/optimizer.h"

/* Numbers of a part, at most: few enough that a small model gives every thread some. */
#define TL_UPDATE_PART 4096

/* Decays and updates `count` numbers from `first` on; `update` knows the whole weight. */
void tl_update_run(const struct tlstm_optimizer *optimizer, const tl_update *update, size_t first,
                   size_t count, const float *g);

/* The numbers of a weight that an update has to go through: those of the rows in `rows`, one row
 * after the other, where the others are left alone; else all. */
size_t tl_rows_work(const tl_trainable *weight);

/* Updates a part of them; a row that is not left alone may be cut. */
void tl_rows_update(const struct tlstm_optimizer *optimizer, const tl_update *update,
                    const tl_trainable *weight, size_t first, size_t count);

/* Makes up for all that is late in the rows from `first` on. */
void tl_rows_catch_up(const struct tlstm_optimizer *optimizer, const tl_trainable *weight,
                      size_t first, size_t count);

#endif
