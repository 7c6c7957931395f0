/* Lines about running training. The bar and the numbers have the shape of Keras 2's. */
#include "train/progress.h"

#include "train/callback.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define SECONDS_BETWEEN_DRAWINGS 0.05

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* 0 where standard output is no terminal or does not tell. */
static size_t terminal_columns(void) {
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void tl_progress_init(tl_progress *progress, int verbose, int64_t batches,
                      tlstm_write_function *write, void *write_user) {
    *progress = (tl_progress){.verbose = verbose,
                              .bar = verbose == TLSTM_PROGRESS && !write && isatty(STDOUT_FILENO),
                              .batches = batches,
                              .epoch = -1,
                              .now = seconds_now,
                              .write = write,
                              .write_user = write_user};
    if (progress->bar)
        progress->columns = terminal_columns();
}

/* A failed allocation leaves a line out: no reason to end a training. */
static void send(tl_progress *progress, tl_text *line) {
    if (!line->failed && line->length)
        tl_write(progress->write, progress->write_user, line->bytes, line->length);
    tl_text_clear(line);
}

void tl_progress_begin(tl_progress *progress, int64_t epoch, int64_t epochs) {
    progress->epoch = epoch;
    progress->epochs = epochs;
    progress->start = progress->now();
    progress->last_drawn = 0;
    progress->first_done = NAN;
    progress->width = 0;
    tl_text line = {0};
    if (progress->bar && epoch >= 0)
        tl_text_format(&line, "Epoch %lld/%lld\n", (long long)epoch + 1, (long long)epochs);
    send(progress, &line);
}

/* " 163ms/step" */
static void append_step_time(tl_text *line, double seconds) {
    if (seconds >= 1 || seconds == 0)
        tl_text_format(line, " %.0fs/step", seconds);
    else if (seconds >= 1e-3)
        tl_text_format(line, " %.0fms/step", seconds * 1e3);
    else
        tl_text_format(line, " %.0fus/step", seconds * 1e6);
}

static void append_eta(tl_text *line, double seconds) {
    long long eta = seconds < 1e9 ? (long long)seconds : 1000000000;
    if (eta > 3600)
        tl_text_format(line, " - ETA: %lld:%02lld:%02lld", eta / 3600, eta % 3600 / 60, eta % 60);
    else if (eta > 60)
        tl_text_format(line, " - ETA: %lld:%02lld", eta / 60, eta % 60);
    else
        tl_text_format(line, " - ETA: %llds", eta);
}

/* " - loss: 0.6856 - accuracy: 0.5571" */
static void append_values(tl_text *line, tl_progress_values values) {
    for (size_t i = 0; i < values.count; i++)
        tl_text_format(line, fabs(values.values[i]) > 1e-3 ? " - %s: %.4f" : " - %s: %.4e",
                       values.names[i], values.values[i]);
}

/* " 3/16": as wide for the first batch as for the last. */
static void append_count(const tl_progress *progress, tl_text *line, int64_t done) {
    int digits = 1;
    for (int64_t rest = progress->batches; rest >= 10; rest /= 10)
        digits++;
    tl_text_format(line, "%*lld/%lld", digits, (long long)done, (long long)progress->batches);
}

/* " [=====>........................]" with `width` characters between the brackets. */
static void append_bar(const tl_progress *progress, tl_text *line, int64_t done, size_t width) {
    int64_t batches = progress->batches > 0 ? progress->batches : 1;
    size_t filled = (size_t)((double)done / (double)batches * (double)width);
    tl_text_append(line, " [");
    if (filled > 0) {
        tl_text_repeat(line, "=", filled - 1);
        tl_text_append(line, done < progress->batches ? ">" : "=");
    }
    tl_text_repeat(line, ".", width - filled);
    tl_text_append(line, "]");
}

/* A line that wraps is not redrawn in place: the bar gives way, down to one character. `others`
 * characters stand beside it. */
static size_t bar_width(const tl_progress *progress, size_t others) {
    const size_t room = progress->columns > others + 1 ? progress->columns - others - 1 : 1;
    return progress->columns && room < BAR_WIDTH ? room : BAR_WIDTH;
}

/* The first batch does what the others need not do again: it counts only where it is alone. */
static double step_seconds(const tl_progress *progress, int64_t done, double now) {
    if (done <= 0)
        return 0;
    if (!isnan(progress->first_done) && done > 1)
        return (now - progress->first_done) / (double)(done - 1);
    return (now - progress->start) / (double)done;
}

/* Puts the line over the one before, and blanks over what is left of that. */
static void redraw(tl_progress *progress, tl_text *line, int last) {
    size_t width = line->length;
    if (progress->width > width)
        tl_text_repeat(line, " ", progress->width - width);
    if (last)
        tl_text_append(line, "\n");
    progress->width = width;
    tl_text whole = {0};
    tl_text_append(&whole, "\r");
    if (line->bytes)
        tl_text_append_bytes(&whole, line->bytes, line->length);
    whole.failed |= line->failed;
    tl_text_clear(line);
    send(progress, &whole);
}

void tl_progress_batch(tl_progress *progress, int64_t done, tl_progress_values values) {
    double now = progress->now();
    if (done == 1)
        progress->first_done = now;
    if (!progress->bar || now - progress->last_drawn < SECONDS_BETWEEN_DRAWINGS)
        return;
    progress->last_drawn = now;
    tl_text line = {0}, rest = {0};
    append_count(progress, &line, done);
    append_eta(&rest, step_seconds(progress, done, now) * (double)(progress->batches - done));
    append_values(&rest, values);
    append_bar(progress, &line, done,
               bar_width(progress, line.length + strlen(" []") + rest.length));
    if (rest.length)
        tl_text_append_bytes(&line, rest.bytes, rest.length);
    tl_text_clear(&rest);
    redraw(progress, &line, 0);
}

void tl_progress_end(tl_progress *progress, tl_progress_values values) {
    if (progress->verbose == TLSTM_SILENT)
        return;
    double now = progress->now();
    tl_text line = {0};
    if (progress->epoch >= 0 && !progress->bar)
        tl_text_format(&line, "Epoch %lld/%lld", (long long)progress->epoch + 1,
                       (long long)progress->epochs);
    else
        append_count(progress, &line, progress->batches);
    if (progress->bar)
        append_bar(progress, &line, progress->batches, BAR_WIDTH);
    tl_text_format(&line, " - %.0fs", now - progress->start);
    append_step_time(&line, step_seconds(progress, progress->batches, now));
    append_values(&line, values);
    if (progress->bar) {
        redraw(progress, &line, 1);
        return;
    }
    tl_text_append(&line, "\n");
    send(progress, &line);
}
