/* SPDX-License-Identifier: GPL-3.0-or-later */
/* svg.c: formats and escapes text and numbers, and draws the grids of scales. */
#include "controller/report/svg.h"

#include "controller/base/text.h"
#include "controller/base/vtime.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

void svg_text(GString *out, const char *text)
{
    g_autofree char *plain = text_plain(text, -1);

    for (const char *p = plain; *p; p++) {
        if (*p == '<')
            g_string_append(out, "&lt;");
        else if (*p == '>')
            g_string_append(out, "&gt;");
        else if (*p == '&')
            g_string_append(out, "&amp;");
        else if (*p == '"')
            g_string_append(out, "&quot;");
        else if (*p == '\'')
            g_string_append(out, "&#39;");
        else
            g_string_append_c(out, *p);
    }
}

void svg_text_cut(GString *out, const char *text, gsize most)
{
    gsize size = strlen(text), cut = text_cut(text, size, most);
    g_autofree char *part = g_strndup(text, cut);

    svg_text(out, part);
    if (cut < size)
        g_string_append(out, "…");
}

/* The number of characters that all names have in common, at their beginnings or at their ends. */
static unsigned common(const GPtrArray *names, bool ends)
{
    const char *first = names->pdata[0];
    size_t length = strlen(first), shared = length;

    for (unsigned i = 1; i < names->len; i++) {
        const char *name = names->pdata[i];
        size_t n = strlen(name), k = 0;

        while (k < shared && k < n &&
               (ends ? name[n - 1 - k] == first[length - 1 - k] : name[k] == first[k]))
            k++;
        shared = k;
    }
    return (unsigned)shared;
}

char *svg_label(const GPtrArray *names, unsigned index, unsigned most)
{
    const char *name = names->pdata[index];
    unsigned length = (unsigned)strlen(name), before = 0, after = 0;

    if (length > most && names->len > 1) {
        after = common(names, true);
        if (after < 2)
            after = 0;
        before = length - after + 1 > most ? MIN(common(names, false), length - after) : 0;
        if (before < 2)
            before = 0;
    }
    if (length - before - after + (before > 0) + (after > 0) <= most)
        return g_strdup_printf("%s%.*s%s", before ? "…" : "", (int)(length - before - after),
                               name + before, after ? "…" : "");
    return g_strdup_printf("%.*s…%s", (int)most / 2, name, name + length - (most - most / 2 - 1));
}

void svg_short_count(GString *out, uint64_t n)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    double value = (double)n;
    unsigned unit = 0;

    if (n < 10000) {
        g_string_append_printf(out, "%" PRIu64, n);
        return;
    }
    while (value >= 999.5) {
        value /= 1000;
        unit++;
    }
    g_string_append_printf(out, "%.*f%s",
                           value < 9.995   ? 2
                           : value < 99.95 ? 1
                                           : 0,
                           value, prefixes[unit]);
}

void svg_count(GString *out, int64_t n)
{
    char digits[24];
    int length = g_snprintf(digits, sizeof(digits), "%" PRIu64, n < 0 ? -(uint64_t)n : (uint64_t)n);

    if (n < 0)
        g_string_append(out, "−");
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            g_string_append_c(out, ',');
        g_string_append_c(out, digits[i]);
    }
}

static const struct {
    int64_t ns;
    const char *name;
} units[] = {{NS_PER_S, "s"}, {NS_PER_MS, "ms"}, {NS_PER_US, "µs"}, {1, "ns"}};

void svg_time(GString *out, int64_t ns, int64_t step)
{
    unsigned unit = 0, digits = 0;

    /* The largest unit in which the step has at most two decimals. */
    while (units[unit].ns > 1 && step < units[unit].ns / 100)
        unit++;
    if (unit > 0 && step >= units[unit].ns * 1000)
        unit--;
    for (int64_t part = units[unit].ns; part > step && digits < 2; part /= 10)
        digits++;
    g_string_append_printf(out, "%.*f %s", (int)digits, (double)ns / (double)units[unit].ns,
                           units[unit].name);
}

void svg_duration(GString *out, int64_t ns)
{
    unsigned unit = 0;
    double value;

    while (units[unit].ns > 1 && ABS(ns) < units[unit].ns)
        unit++;
    value = (double)ns / (double)units[unit].ns;
    if (units[unit].ns == 1)
        g_string_append_printf(out, "%.0f ns", value);
    else
        g_string_append_printf(out, "%.*f %s",
                               ABS(value) < 10    ? 2
                               : ABS(value) < 100 ? 1
                                                  : 0,
                               value, units[unit].name);
}

double svg_at(SvgScale s, int64_t value)
{
    double range = (double)s.to - (double)s.from;

    return s.at + (range > 0 ? ((double)value - (double)s.from) / range : 0) * (s.end - s.at);
}

int64_t svg_step(int64_t range, unsigned most)
{
    int64_t step = 1;

    for (unsigned i = 0; (double)range / (double)step > most; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

static int64_t first_multiple(int64_t from, int64_t step)
{
    int64_t rest = from % step;

    return rest == 0 ? from : rest < 0 ? from - rest : from - rest + step;
}

void svg_time_grid(GString *out, SvgScale x, double top, double bottom)
{
    int64_t step = svg_step(x.to - x.from, SVG_TICKS);

    g_string_append(out, "<g class=\"axis\">");
    for (int64_t t = first_multiple(x.from, step); t <= x.to; t += step) {
        double at = svg_at(x, t);

        g_string_append_printf(out,
                               "<path d=\"M%.1f %.1fV%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
                               "text-anchor=\"middle\">",
                               at, top, bottom, at, bottom + SVG_TEXT + 8);
        svg_time(out, t, step);
        g_string_append(out, "</text>");
    }
    g_string_append(out, "</g>\n");
}

void svg_duration_grid(GString *out, SvgScale y)
{
    int64_t step = svg_step(y.to - y.from, 4);

    g_string_append(out, "<g class=\"axis\">");
    for (int64_t v = first_multiple(y.from, step); v <= y.to; v += step) {
        double at = svg_at(y, v);

        g_string_append_printf(out,
                               "<path d=\"M%d %.1fH%d\"%s/><text x=\"%d\" y=\"%.1f\" "
                               "text-anchor=\"end\">",
                               SVG_LEFT, at, SVG_RIGHT, v == 0 ? " class=\"zero\"" : "",
                               SVG_LEFT - 8, at + 6);
        if (v == 0)
            g_string_append_c(out, '0');
        else
            svg_time(out, v, step);
        g_string_append(out, "</text>");
    }
    g_string_append(out, "</g>\n");
}
