/* A plot of one value by epoch as SVG. The same history gives the same bytes. */
#include "train/history.h"

#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 760, HEIGHT = 460, LEFT = 84, RIGHT = 24, TOP = 64, BOTTOM = 64 };

/* Blue and orange of very different lightness, and a broken line: apart in grey, too. */
static const struct {
    const char *label, *color, *dashes;
} styles[] = {{"training", "#1f4e8c", "none"}, {"validation", "#e8871e", "7 4"}};

/* Epochs whose points would hide the line are drawn as a line alone. */
#define MOST_MARKERS 40

typedef struct series {
    const double *values; /* every `step`-th */
    size_t step, count;
} series;

/* Round numbers that the ticks of an axis stand at: low, low + step, ..., low + count step. */
typedef struct axis {
    double low, step;
    int count;
    int decimals;
} axis;

typedef struct plot {
    tl_text svg;
    const char *name;
    series lines[2];
    size_t line_count, epochs;
    axis x, y;
} plot;

/* Values beyond all reason would leave no room for the others. */
static int can_be_drawn(double value) {
    return fabs(value) < 1e100;
}

static double value_at(const series *line, size_t epoch) {
    return line->values[epoch * line->step];
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double round_step(double least) {
    double power = pow(10, floor(log10(least)));
    const double factors[] = {1, 2, 5};
    for (int i = 0; i < 3; i++)
        if (factors[i] * power >= least * (1 - 1e-9))
            return factors[i] * power;
    return 10 * power;
}

static axis axis_for(double low, double high, int ticks, double least_step) {
    double step = round_step(fmax((high - low) / ticks, least_step));
    axis made = {.low = floor(low / step + 1e-9) * step, .step = step};
    made.count = (int)ceil((high - made.low) / step - 1e-9);
    made.decimals = step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0;
    return made;
}

static double high_of(const axis *scale) {
    return scale->low + scale->step * scale->count;
}

/* The range of what can be drawn; a constant gets some room above and below. */
static void find_range(const plot *drawn, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < drawn->line_count; i++)
        for (size_t epoch = 0; epoch < drawn->epochs; epoch++) {
            double value = value_at(&drawn->lines[i], epoch);
            if (can_be_drawn(value)) {
                *low = fmin(*low, value);
                *high = fmax(*high, value);
            }
        }
    if (*low > *high) {
        *low = 0;
        *high = 1;
    }
    double least = fmax(fabs(*low), fabs(*high)) * 1e-6;
    if (*high - *low <= least) {
        double room = *high != 0 ? fabs(*high) * 0.1 : 1;
        *low -= room;
        *high += room;
    }
}

static void find_axes(plot *drawn) {
    double low, high;
    find_range(drawn, &low, &high);
    drawn->y = axis_for(low, high, 6, 0);
    double last = drawn->epochs > 1 ? (double)drawn->epochs : 2;
    drawn->x = axis_for(1, last, 10, 1);
}

static double x_of(const plot *drawn, double epoch) {
    double low = 1, high = drawn->epochs > 1 ? (double)drawn->epochs : 2;
    if (drawn->epochs <= 1)
        low = 0;
    return LEFT + (epoch - low) / (high - low) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const plot *drawn, double value) {
    double part = (value - drawn->y.low) / (high_of(&drawn->y) - drawn->y.low);
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
}

static void append_escaped(tl_text *svg, const char *string) {
    for (; *string; string++) {
        const char *escaped = *string == '&'   ? "&amp;"
                              : *string == '<' ? "&lt;"
                              : *string == '>' ? "&gt;"
                                               : NULL;
        if (escaped)
            tl_text_append(svg, escaped);
        else
            tl_text_append_bytes(svg, string, 1);
    }
}

static void append_label(tl_text *svg, double x, double y, const char *anchor, const char *label) {
    tl_text_format(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    append_escaped(svg, label);
    tl_text_append(svg, "</text>\n");
}

static void append_line(tl_text *svg, double x1, double y1, double x2, double y2) {
    tl_text_format(svg, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x1, y1, x2,
                   y2);
}

/* Horizontal lines and their numbers. */
static void draw_y_axis(plot *drawn) {
    tl_text *svg = &drawn->svg;
    const axis *y = &drawn->y;
    tl_text_append(svg, "<g stroke=\"#d9d9d9\">\n");
    for (int i = 0; i <= y->count; i++) {
        double at = y_of(drawn, y->low + i * y->step);
        append_line(svg, LEFT, at, WIDTH - RIGHT, at);
    }
    tl_text_append(svg, "</g>\n");
    for (int i = 0; i <= y->count; i++) {
        double value = y->low + i * y->step;
        int small = fabs(high_of(y)) < 1e-4 || fabs(high_of(y)) >= 1e6;
        tl_text number = {0};
        /* A zero that rounding has left a sign or a crumb is written as 0. */
        if (fabs(value) < y->step * 1e-6)
            value = 0;
        if (small && value != 0)
            tl_text_format(&number, "%.3g", value);
        else
            tl_text_format(&number, "%.*f", small ? 0 : y->decimals, value);
        append_label(svg, LEFT - 10, y_of(drawn, value) + 4.5, "end",
                     number.bytes ? number.bytes : "");
        svg->failed |= number.failed;
        tl_text_clear(&number);
    }
}

/* Vertical lines and the numbers of epochs, which count from 1 as the progress does. */
static void draw_x_axis(plot *drawn) {
    tl_text *svg = &drawn->svg;
    const axis *x = &drawn->x;
    for (int i = 0; i <= x->count; i++) {
        double epoch = fmax(1, x->low + i * x->step);
        if (epoch > (double)drawn->epochs)
            continue;
        double at = x_of(drawn, epoch);
        tl_text_append(svg, "<g stroke=\"#ececec\">\n");
        append_line(svg, at, TOP, at, HEIGHT - BOTTOM);
        tl_text_append(svg, "</g>\n");
        tl_text number = {0};
        tl_text_format(&number, "%.0f", epoch);
        append_label(svg, at, HEIGHT - BOTTOM + 20, "middle", number.bytes ? number.bytes : "");
        svg->failed |= number.failed;
        tl_text_clear(&number);
    }
    tl_text_append(svg, "<g stroke=\"#333333\" stroke-width=\"1.2\">\n");
    append_line(svg, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
    append_line(svg, LEFT, TOP, LEFT, HEIGHT - BOTTOM);
    tl_text_append(svg, "</g>\n");
}

static void draw_titles(plot *drawn) {
    tl_text *svg = &drawn->svg;
    tl_text_format(svg, "<text x=\"%d\" y=\"34\" font-size=\"19\" font-weight=\"bold\">", LEFT);
    append_escaped(svg, drawn->name);
    tl_text_append(svg, " by epoch</text>\n");
    append_label(svg, LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 18, "middle", "epoch");
    tl_text_format(svg,
                   "<text transform=\"translate(22 %.1f) rotate(-90)\" text-anchor=\"middle\">",
                   TOP + (HEIGHT - TOP - BOTTOM) / 2.0);
    append_escaped(svg, drawn->name);
    tl_text_append(svg, "</text>\n");
}

/* Above the plot, where no line can run through it. */
static void draw_legend(plot *drawn) {
    double x = WIDTH - RIGHT - 140.0 * (double)drawn->line_count;
    for (size_t i = 0; i < drawn->line_count; i++, x += 140) {
        tl_text_format(&drawn->svg,
                       "<line x1=\"%.1f\" y1=\"29\" x2=\"%.1f\" y2=\"29\" stroke=\"%s\" "
                       "stroke-width=\"2.4\" stroke-dasharray=\"%s\"/>\n",
                       x, x + 34, styles[i].color, styles[i].dashes);
        append_label(&drawn->svg, x + 42, 33.5, "start", styles[i].label);
    }
}

/* The line, broken where a value is missing. */
static void draw_path(plot *drawn, size_t index) {
    tl_text *svg = &drawn->svg;
    const series *line = &drawn->lines[index];
    int pen_down = 0;
    tl_text_append(svg, "<path fill=\"none\" d=\"");
    for (size_t epoch = 0; epoch < drawn->epochs; epoch++) {
        double value = value_at(line, epoch);
        if (can_be_drawn(value))
            tl_text_format(svg, "%s%.2f %.2f", pen_down ? " L" : " M",
                           x_of(drawn, (double)epoch + 1), y_of(drawn, value));
        pen_down = can_be_drawn(value);
    }
    tl_text_format(svg,
                   "\" stroke=\"%s\" stroke-width=\"2.4\" stroke-linejoin=\"round\" "
                   "stroke-dasharray=\"%s\"/>\n",
                   styles[index].color, styles[index].dashes);
}

static int is_alone(const plot *drawn, const series *line, size_t epoch) {
    int before = epoch > 0 && can_be_drawn(value_at(line, epoch - 1));
    int after = epoch + 1 < drawn->epochs && can_be_drawn(value_at(line, epoch + 1));
    return !before && !after;
}

/* Points: all of few, and those that no line shows. */
static void draw_markers(plot *drawn, size_t index) {
    const series *line = &drawn->lines[index];
    for (size_t epoch = 0; epoch < drawn->epochs; epoch++) {
        double value = value_at(line, epoch);
        int wanted = drawn->epochs <= MOST_MARKERS || is_alone(drawn, line, epoch);
        if (can_be_drawn(value) && wanted)
            tl_text_format(&drawn->svg, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"3.2\" fill=\"%s\"/>\n",
                           x_of(drawn, (double)epoch + 1), y_of(drawn, value), styles[index].color);
    }
}

static void draw(plot *drawn) {
    tl_text *svg = &drawn->svg;
    tl_text_format(svg,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                   "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"14\" "
                   "fill=\"#222222\">\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
                   WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_titles(drawn);
    draw_legend(drawn);
    draw_y_axis(drawn);
    draw_x_axis(drawn);
    for (size_t i = 0; i < drawn->line_count; i++) {
        draw_path(drawn, i);
        draw_markers(drawn, i);
    }
    tl_text_append(svg, "</svg>\n");
}

/* Adds the line of a column where the history has it. */
static int add_line(plot *drawn, const tlstm_history *history, const char *name) {
    size_t column = tl_history_find(history, name);
    if (column == history->column_count)
        return 0;
    drawn->lines[drawn->line_count++] = (series){history->values ? history->values + column : NULL,
                                                 history->column_count, history->epoch_count};
    return 1;
}

tlstm_status tl_history_save_svg(const tlstm_history *history, const char *column, const char *path,
                                 tlstm_error **error) {
    plot drawn = {.name = column, .epochs = history->epoch_count};
    if (!add_line(&drawn, history, column))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "column", "the history has no \"%s\"", column);
    tl_text validation = {0};
    tl_text_format(&validation, "val_%s", column);
    if (!validation.failed)
        add_line(&drawn, history, validation.bytes);
    drawn.svg.failed = validation.failed;
    tl_text_clear(&validation);
    find_axes(&drawn);
    draw(&drawn);
    tlstm_status status = drawn.svg.failed
                              ? tl_fail_memory(error)
                              : tl_file_write(path, drawn.svg.bytes, drawn.svg.length, error);
    tl_text_clear(&drawn.svg);
    return status;
}
