/* What all optimizers share: names, settings, learning rates. */
#include "optimizers/optimizer.h"

#include "base/text.h"

#include <math.h>

const tl_optimizer_ops *tl_optimizer_find(const char *name) {
    for (const tl_optimizer_ops *const *optimizer = tl_optimizers; *optimizer; optimizer++)
        if (tl_text_same_word((*optimizer)->name, name))
            return *optimizer;
    return NULL;
}

struct tlstm_optimizer tl_optimizer_default(const tl_optimizer_ops *ops, int generation) {
    struct tlstm_optimizer optimizer = {.ops = ops};
    ops->defaults(&optimizer.config, generation);
    return optimizer;
}

tl_optimizer_config tl_optimizer_plain(double learning_rate, int generation) {
    return (tl_optimizer_config){.learning_rate = learning_rate,
                                 .epsilon = 1e-7,
                                 .clipnorm = NAN,
                                 .clipvalue = NAN,
                                 .global_clipnorm = NAN,
                                 .weight_decay = NAN,
                                 .legacy = generation == 1};
}

double tl_optimizer_learning_rate(const tl_optimizer_config *config, int64_t iteration) {
    double rate = config->learning_rate;
    if (config->decay_steps > 0) {
        double periods = (double)iteration / config->decay_steps;
        rate *= pow(config->decay_rate, config->staircase ? floor(periods) : periods);
    }
    if (config->legacy)
        rate /= 1 + config->decay * (double)iteration;
    return rate;
}

int tl_optimizer_knows_rows(const struct tlstm_optimizer *optimizer) {
    const tl_optimizer_config *config = &optimizer->config;
    if (!config->legacy || !optimizer->ops->other_rows)
        return 0;
    const tl_other_rows others = optimizer->ops->other_rows(config);
    return others == TL_ROWS_FADE || (others == TL_ROWS_WAIT && optimizer->ops->slots(config));
}
