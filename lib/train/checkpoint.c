/* Saves the model at the ends of epochs: Keras 3's ModelCheckpoint. */
#include "train/callback.h"

#include "base/alloc.h"
#include "base/file.h"
#include "files/format.h"
#include "train/monitor.h"
#include "train/path_pattern.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct checkpoint {
    tlstm_callback base;
    tlstm_checkpoint_options options;
    tl_monitor monitor;
    char *pattern;
    int has_best;
    double best;
} checkpoint;

static checkpoint *of(tlstm_callback *callback) {
    return (checkpoint *)callback;
}

/* Makes the folders that the path names and that are missing, as Keras does. A failure shows when
 * the file is written. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return;
    }
}

static tlstm_save_options save_options(const checkpoint *saver) {
    tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    options.weights_only = saver->options.save_weights_only;
    return options;
}

/* Whether the folder can take files. One whose name is made of results is not known yet. */
static tlstm_status check_folder(const checkpoint *saver, char *path, tlstm_error **error) {
    const char *slash = strrchr(saver->pattern, '/'), *field = strchr(saver->pattern, '{');
    struct stat file;
    char *temporary = NULL;
    if ((slash && field && field < slash) ||
        (stat(path, &file) == 0 && !S_ISREG(file.st_mode) && !S_ISDIR(file.st_mode)))
        return TLSTM_OK;
    make_folders(path);
    if (stat(path, &file) == 0 && S_ISDIR(file.st_mode))
        return tl_fail(error, TLSTM_ERROR_IO, path, "cannot write: %s", strerror(EISDIR));
    tlstm_status status = tl_file_temporary(path, &temporary, error);
    if (!status)
        tl_file_discard(temporary);
    tl_free(temporary);
    return status;
}

/* The pattern must be readable, the value be there, the folder take files and the kind of file hold
 * the model, before hours are spent on training. */
static tlstm_status begin(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    checkpoint *saver = of(callback);
    const tlstm_save_options options = save_options(saver);
    saver->has_best = saver->options.has_threshold != 0;
    saver->best = saver->options.initial_value_threshold;
    tl_text path = {0};
    tlstm_status status = tl_path_pattern_fill(saver->pattern, training, &path, error);
    if (!status && saver->options.save_best_only)
        status = tl_monitor_check(&saver->monitor, training, error);
    if (!status)
        status = tl_model_check_save(training->model, path.bytes, &options, error);
    if (!status)
        status = check_folder(saver, path.bytes, error);
    tl_text_clear(&path);
    return status;
}

static void tell_value(const checkpoint *saver, const tl_training *training, double current,
                       int improved, const char *path) {
    char best[64] = "None";
    if (!saver->options.verbose)
        return;
    if (saver->has_best) {
        tl_text number = {0};
        tl_text_format(&number, "%.5f", saver->best);
        if (!number.failed && number.length < sizeof(best))
            strcpy(best, number.bytes);
        tl_text_clear(&number);
    }
    if (improved)
        tl_training_print(training, "Epoch %lld: %s improved from %s to %.5f, saving model to %s\n",
                          (long long)training->epoch + 1, saver->monitor.name, best, current, path);
    else
        tl_training_print(training, "Epoch %lld: %s did not improve from %s\n",
                          (long long)training->epoch + 1, saver->monitor.name, best);
}

/* Whether this epoch is to be saved; tells why. */
static int is_wanted(checkpoint *saver, const tl_training *training, const char *path) {
    if (!saver->options.save_best_only) {
        if (saver->options.verbose)
            tl_training_print(training, "Epoch %lld: saving model to %s\n",
                              (long long)training->epoch + 1, path);
        return 1;
    }
    double current = 0;
    if (!tl_training_value(training, saver->monitor.name, &current))
        return 1;
    int improved =
        tl_monitor_improves(&saver->monitor, current, saver->has_best ? &saver->best : NULL);
    tell_value(saver, training, current, improved, path);
    if (improved) {
        saver->has_best = 1;
        saver->best = current;
    }
    return improved;
}

static tlstm_status epoch_end(tlstm_callback *callback, tl_training *training,
                              tlstm_error **error) {
    checkpoint *saver = of(callback);
    tl_text path = {0};
    tlstm_status status = tl_path_pattern_fill(saver->pattern, training, &path, error);
    if (!status && is_wanted(saver, training, path.bytes)) {
        const tlstm_save_options options = save_options(saver);
        make_folders(path.bytes);
        tl_updater_catch_up(training->updater);
        status = tl_model_save(training->model, path.bytes, &options, error);
    }
    tl_text_clear(&path);
    return status;
}

static void free_checkpoint(tlstm_callback *callback) {
    checkpoint *saver = of(callback);
    tl_monitor_clear(&saver->monitor);
    tl_free(saver->pattern);
    tl_free(saver);
}

static const tl_callback_ops ops = {
    .name = "ModelCheckpoint",
    .begin = begin,
    .epoch_end = epoch_end,
    .free = free_checkpoint,
};

tlstm_status tl_checkpoint_new(const char *path, const tlstm_checkpoint_options *options,
                               tlstm_callback **callback, tlstm_error **error) {
    if (!*path)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "path", "must not be empty");
    checkpoint *saver = tl_alloc_zero(1, sizeof(*saver));
    if (!saver)
        return tl_fail_memory(error);
    saver->base.ops = &ops;
    saver->options = *options;
    saver->options.monitor = NULL; /* the caller's; `monitor` has a copy */
    tlstm_status status =
        tl_monitor_init(&saver->monitor, options->monitor, options->mode, 0.0, error);
    if (status)
        goto failed;
    saver->pattern = tl_strdup(path);
    if (!saver->pattern) {
        status = tl_fail_memory(error);
        goto failed;
    }
    *callback = &saver->base;
    return TLSTM_OK;
failed:
    free_checkpoint(&saver->base);
    return status;
}
