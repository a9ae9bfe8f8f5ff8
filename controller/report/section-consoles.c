/* SPDX-License-Identifier: GPL-3.0-or-later */
/* section-consoles.c: the last lines of the guests' consoles, with their virtual times. */
#include "controller/base/tail.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/report/charts.h"
#include "controller/report/svg.h"

#define SHOWN     24         /* lines shown without a click */
#define OPEN      4          /* consoles that are unfolded at first */
#define ALL_BYTES (2u << 20) /* of all consoles together */
#define MIN_BYTES 2048       /* of each */

static void put_line(GString *out, const char *time, const char *text, gsize size, gsize cut)
{
    TextFilter filter = {0};
    g_autoptr(GString) shown = g_string_new(NULL);

    text_filter(&filter, text, size, shown);
    g_string_append_printf(out, "<div><span>%s</span><code>", time);
    svg_text(out, shown->str);
    if (cut > 0)
        g_string_append_printf(out, "… (%" G_GSIZE_FORMAT " bytes more)", cut);
    g_string_append(out, "</code></div>\n");
}

static void put_lines(GString *out, const Recent *recent, unsigned from, unsigned to)
{
    g_string_append(out, "<div class=\"console\">\n");
    for (unsigned i = from; i < to; i++) {
        RecentLine l = recent_line(recent, i);
        g_autofree char *time = units_format_seconds(l.at);

        put_line(out, time, l.text, l.size, l.cut);
    }
}

/* The index of the first line to show, so that the shown lines have about `bytes` bytes
 * together. */
static unsigned first_line(const Recent *recent, gsize bytes)
{
    unsigned i = recent_count(recent);
    gsize size = 0;

    while (i > 0 && size < bytes)
        size += recent_line(recent, --i).size;
    return i;
}

/* The guest's text since its last newline, such as a prompt; NULL: no text. Free with g_free(). */
static char *open_line(const char *log)
{
    g_autoptr(GMappedFile) file = log ? g_mapped_file_new(log, FALSE, NULL) : NULL;
    gsize length = file ? g_mapped_file_get_length(file) : 0;

    if (length == 0 || g_mapped_file_get_contents(file)[length - 1] == '\n')
        return NULL;
    return tail_of_file(log, 1);
}

static void console(GString *out, const ReportNode *n, unsigned index, gsize bytes)
{
    unsigned count = n->console ? recent_count(n->console) : 0;
    unsigned first = count ? first_line(n->console, bytes) : 0;
    unsigned shown = MAX(first, count > SHOWN ? count - SHOWN : 0);
    uint64_t before = n->console ? recent_left_out(n->console) + first : 0;
    g_autofree char *last = open_line(n->console_log);
    g_autofree char *at = n->console_open ? units_format_seconds(n->console_open_at) : NULL;

    if (count == 0 && !last)
        return;
    g_string_append_printf(out, "<details%s><summary>", index < OPEN ? " open" : "");
    svg_text(out, n->name);
    g_string_append(out, "</summary>\n");
    if (first < shown) {
        g_string_append(out, "<details><summary>");
        svg_count(out, shown - first);
        g_string_append(out, " lines before these");
        if (before > 0) {
            g_string_append(out, "; ");
            svg_count(out, (int64_t)before);
            g_string_append(out, " more are in the log only");
        }
        g_string_append(out, "</summary>\n");
        put_lines(out, n->console, first, shown);
        g_string_append(out, "</div></details>\n");
    }
    if (count > 0)
        put_lines(out, n->console, shown, count);
    else
        g_string_append(out, "<div class=\"console\">\n");
    if (last)
        put_line(out, at ? at : "", last, strlen(last), 0);
    g_string_append(out, "</div></details>\n");
}

void section_consoles(GString *out, const Picture *p)
{
    const ReportSummary *s = p->summary;
    gsize before = out->len, begun;
    unsigned nodes = s->nodes ? s->nodes->len : 0;

    g_string_append(out, "<section id=\"consoles\"><h2>Consoles</h2>\n<p>Their last lines, each "
                         "with the end of the quantum in which the guest began it; all is in "
                         "<code>console-NODE.log</code>.</p>\n");
    begun = out->len;
    for (unsigned i = 0; i < nodes; i++)
        console(out, s->nodes->pdata[i], i, MAX(ALL_BYTES / nodes, MIN_BYTES));
    if (out->len > begun) {
        g_string_append(out, "</section>\n");
        return;
    }
    g_string_truncate(out, before);
    g_string_append(out, "<section id=\"consoles\" class=\"quiet\"><h2>Consoles</h2> <p>No guest "
                         "has written anything.</p></section>\n");
}
