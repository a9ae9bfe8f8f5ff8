/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart-overshoot.c: a histogram of overshoot, the virtual time that a node executed past a
 * target. */
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#include <math.h>

/* Bins: before the target, at the target, then one for each power of ten of ns. */
enum { BELOW, ZERO, FIRST, N_BINS = FIRST + 8 };

/* The two lines of each bin's label. */
static const char *const labels[N_BINS][2] = {
    {"early", ""},   {"0", "exact"},  {"1–9", "ns"},   {"10–99", "ns"}, {"100–999", "ns"},
    {"1–9.9", "µs"}, {"10–99", "µs"}, {"0.1–1", "ms"}, {"1–10", "ms"},  {"10–", "ms"},
};

static unsigned bin_of(int64_t ns)
{
    unsigned bin = FIRST;

    if (ns <= 0)
        return ns == 0 ? ZERO : BELOW;
    for (; ns >= 10 && bin < N_BINS - 1; ns /= 10)
        bin++;
    return bin;
}

static void count(const ReportSummary *s, uint64_t bins[N_BINS])
{
    for (unsigned i = 0; s->nodes && i < s->nodes->len; i++) {
        const ReportNode *n = s->nodes->pdata[i];

        bins[ZERO] += n->overshoot_zeros;
        for (unsigned k = 0; n->overshoots && k < n->overshoots->len; k++)
            bins[bin_of(g_array_index(n->overshoots, int64_t, k))]++;
    }
}

static void draw(GString *out, const uint64_t bins[N_BINS], uint64_t most)
{
    const double width = (double)(SVG_RIGHT - 16) / N_BINS, bottom = 176, height = 140;

    g_string_append_printf(out,
                           "<div class=\"wide\"><svg viewBox=\"0 0 %d 240\" role=\"img\" "
                           "aria-label=\"Histogram of overshoot\"><path class=\"zero\" "
                           "d=\"M16 %.0fH%d\"/>",
                           SVG_WIDTH, bottom, SVG_RIGHT);
    for (unsigned i = 0; i < N_BINS; i++) {
        double x = 16 + i * width;
        double h =
            bins[i] ? 4 + (height - 4) * log10((double)bins[i]) / MAX(1, log10((double)most)) : 0;

        g_string_append_printf(out,
                               "<g class=\"bin\"><rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
                               "width=\"%.1f\" height=\"%.1f\" rx=\"3\"/><text class=\"%s\" "
                               "x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                               i == ZERO ? "good" : "bad", x + 10, bottom - h, width - 20, h,
                               bins[i] ? "value" : "none", x + width / 2, bottom - h - 8);
        svg_short_count(out, bins[i]);
        g_string_append(out, "</text>");
        for (unsigned k = 0; k < 2; k++)
            g_string_append_printf(out,
                                   "<text class=\"label\" x=\"%.1f\" y=\"%.0f\" "
                                   "text-anchor=\"middle\">%s</text>",
                                   x + width / 2, bottom + (k + 1) * SVG_TEXT, labels[i][k]);
        g_string_append(out, "</g>");
    }
    g_string_append(out, "</svg></div>\n");
}

void chart_overshoot(GString *out, const Picture *p)
{
    uint64_t bins[N_BINS] = {0}, total = 0, most = 1;

    count(p->summary, bins);
    for (unsigned i = 0; i < N_BINS; i++) {
        total += bins[i];
        most = MAX(most, bins[i]);
    }
    if (total == bins[ZERO]) {
        g_string_append(out, "<section id=\"overshoot\" class=\"quiet\"><h2>Overshoot</h2> <p>");
        if (total == 0) {
            g_string_append(out, "No boundary was reached.");
        } else {
            g_string_append(out, "None: all ");
            svg_count(out, (int64_t)total);
            g_string_append(out, " boundaries and stops were exact to the instruction.");
        }
        g_string_append(out, "</p></section>\n");
        return;
    }
    g_string_append(out, "<section id=\"overshoot\"><h2>Overshoot</h2>\n<p>Virtual time of the "
                         "instructions that a node executed past a boundary or a stop. ");
    svg_count(out, (int64_t)bins[ZERO]);
    g_string_append(out, " of ");
    svg_count(out, (int64_t)total);
    g_string_append(out, " were exact to the instruction. The heights are logarithmic.</p>\n");
    draw(out, bins, most);
    g_string_append(out, "</section>\n");
}
