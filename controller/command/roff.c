/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roff.c: a line of Markdown at a time; the state is the kind of the line before. */
#include "controller/command/roff.h"

#include <stdbool.h>
#include <string.h>

#define LINE 78

typedef enum { AT_HEADING, AT_TEXT, AT_CODE, AT_TABLE } Place;

typedef struct {
    GString *page;
    Place place;
    GStrv headings; /* of the table that the lines belong to */
    RoffFill fill;
    void *data;
} Roff;

/* --- text --- */

static void escape_into(GString *out, const char *text, gsize length)
{
    static const char special[] = "\\-'`^~\"";
    static const char *const as[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti", "\\(dq"};

    for (const char *p = text; p < text + length; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        const char *at = c && c < 0x80 ? strchr(special, (int)c) : NULL;

        if (at)
            g_string_append(out, as[at - special]);
        else if (c == 0x2026) /* a terminal without UTF-8 would show nothing */
            g_string_append(out, "\\&...\\&");
        else if (c >= 0x80)
            g_string_append_printf(out, "\\[u%04X]", c);
        else
            g_string_append_c(out, (char)c);
    }
}

char *roff_escape(const char *text)
{
    GString *out = g_string_new(*text == '.' ? "\\&" : "");

    escape_into(out, text, strlen(text));
    return g_string_free(out, FALSE);
}

void roff_put(GString *page, const char *before, const char *text, const char *behind)
{
    g_autofree char *escaped = roff_escape(text);

    g_string_append_printf(page, "%s%s%s", before, escaped, behind);
}

/* [text](target): the text, and behind it a target that can be reached from anywhere. Returns what
 * follows, or NULL if it is no link. */
static const char *put_link(GString *out, const char *p)
{
    const char *middle = strstr(p, "]("), *end = middle ? strchr(middle, ')') : NULL;
    const char *inner = strchr(p + 1, '[');

    if (!end || (inner && inner < middle))
        return NULL;
    escape_into(out, p + 1, (gsize)(middle - p - 1));
    if (g_str_has_prefix(middle + 2, "http")) {
        g_string_append(out, " <");
        escape_into(out, middle + 2, (gsize)(end - middle - 2));
        g_string_append_c(out, '>');
    }
    return end + 1;
}

/* Text between two marks in bold. Returns what follows, or NULL if the mark has no second one. */
static const char *put_bold(GString *out, const char *p, const char *mark)
{
    gsize width = strlen(mark);
    const char *end = strstr(p + width, mark);

    if (!end)
        return NULL;
    g_string_append(out, "\\fB");
    escape_into(out, p + width, (gsize)(end - p) - width);
    g_string_append(out, "\\fR");
    return end + width;
}

/* Text on one line, for a tag. */
static void put_one_line(GString *out, const char *text)
{
    if (*text == '.')
        g_string_append(out, "\\&");
    for (const char *p = text, *next; *p; p = next) {
        next = *p == '`'                   ? put_bold(out, p, "`")
               : g_str_has_prefix(p, "**") ? put_bold(out, p, "**")
               : *p == '['                 ? put_link(out, p)
                                           : NULL;
        if (!next) {
            next = g_utf8_next_char(p);
            escape_into(out, p, (gsize)(next - p));
        }
    }
    g_string_append_c(out, '\n');
}

/* Text on lines of the usual length, each sentence on a line of its own: roff joins them. */
void roff_put_text(GString *out, const char *text)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_auto(GStrv) words = NULL;
    gsize column = 0;

    put_one_line(line, text);
    g_string_truncate(line, line->len - 1);
    words = g_strsplit(line->str, " ", -1);
    for (char **word = words; *word; word++) {
        gsize length = strlen(*word);
        bool ended = word > words && length > 0 && strlen(word[-1]) > 2 &&
                     strchr(".!?", word[-1][strlen(word[-1]) - 1]);

        if (column > 0 && (ended || column + 1 + length > LINE)) {
            g_string_append_c(out, '\n');
            column = 0;
        } else if (word > words) {
            g_string_append_c(out, ' ');
            column++;
        }
        if (column == 0 && **word == '.')
            g_string_append(out, "\\&");
        g_string_append(out, *word);
        column += length;
    }
    g_string_append_c(out, '\n');
}

void roff_put_tagged(GString *page, const char *tag, const char *text)
{
    roff_put(page, ".TP\n\\fB", tag, "\\fR\n");
    roff_put_text(page, text);
}

/* --- tables --- */

/* The cells of "| a | b |"; "\|" is a bar in a cell. */
static GStrv cells_of(const char *line)
{
    g_autoptr(GString) inner = g_string_new(line + 1);
    GStrv cells;

    g_string_replace(inner, "\\|", "\x1f", 0);
    g_strchomp(inner->str);
    inner->len = strlen(inner->str);
    if (g_str_has_suffix(inner->str, "|"))
        g_string_truncate(inner, inner->len - 1);
    cells = g_strsplit(inner->str, "|", -1);
    for (char **cell = cells; *cell; cell++)
        g_strstrip(g_strdelimit(*cell, "\x1f", '|'));
    return cells;
}

static void put_row(Roff *r, const char *line)
{
    g_auto(GStrv) cells = cells_of(line);

    if (r->place != AT_TABLE) { /* its headings */
        g_strfreev(r->headings);
        r->headings = g_steal_pointer(&cells);
        return;
    }
    if (g_str_has_prefix(cells[0], "--"))
        return;
    g_string_append(r->page, ".TP\n");
    if (*cells[0] && !strchr(cells[0], '`') && !strchr(cells[0], '[')) {
        g_autofree char *bold = g_strconcat("**", cells[0], "**", NULL);

        put_one_line(r->page, bold);
    } else {
        put_one_line(r->page, *cells[0] ? cells[0] : "\xc2\xa0");
    }
    for (unsigned i = 1; cells[i]; i++) {
        const char *heading = i < g_strv_length(r->headings) ? r->headings[i] : "";
        bool ends = !*cells[i] || strchr(".:!?", cells[i][strlen(cells[i]) - 1]);
        g_autofree char *text = g_strconcat(heading, *heading ? ": " : "", cells[i],
                                            *heading && !ends ? "." : "", NULL);

        if (*cells[i])
            roff_put_text(r->page, text);
    }
    if (!cells[1] || (!*cells[1] && !cells[2]))
        g_string_append(r->page, "\\&\n");
}

/* --- lines --- */

/* "# NAME(SECTION): SUMMARY" */
static void put_title(GString *page, const char *line, const char *version, const char *date)
{
    g_auto(GStrv) parts = g_strsplit_set(line, "()", 3);
    g_autofree char *upper = g_ascii_strup(parts[0], -1), *title = roff_escape(upper);

    g_assert(g_strv_length(parts) == 3);
    /* Neither hyphens of ours in names, nor gaps to fill a line. From groff 1.23 on each paragraph goes
     * back to HY and AD. */
    g_string_append_printf(
        page, ".TH %s %s \"%s\" \"metronome %s\" \"%s\"\n.nh\n.ad l\n.nr HY 0\n.ds AD l\n", title,
        parts[1], date, version, *parts[1] == '1' ? "User Commands" : "File Formats Manual");
    roff_put(page, ".SH NAME\n", parts[0], " \\- ");
    roff_put(page, "", parts[2] + strspn(parts[2], ": "), "\n");
}

static void put_heading(Roff *r, const char *macro, const char *text, bool upper)
{
    g_autofree char *title = upper ? g_utf8_strup(text, -1) : g_strdup(text);

    roff_put(r->page, macro, title, "\"\n");
    r->place = AT_HEADING;
}

static void set_place(Roff *r, Place place)
{
    if (r->place == place)
        return;
    if (r->place == AT_CODE)
        g_string_append(r->page, ".fi\n.RE\n");
    if (place == AT_CODE)
        g_string_append(r->page, r->place == AT_HEADING ? ".RS 4\n.nf\n" : ".PP\n.RS 4\n.nf\n");
    r->place = place;
}

static void put_line(Roff *r, const char *line)
{
    bool after_heading = r->place == AT_HEADING;

    if (*line == '|') {
        put_row(r, line);
        set_place(r, AT_TABLE);
        return;
    }
    if (g_str_has_prefix(line, "    ")) {
        set_place(r, AT_CODE);
        if (line[4])
            roff_put(r->page, "", line + 4, "\n");
        return;
    }
    set_place(r, AT_TEXT);
    if (g_str_has_prefix(line, "## ")) {
        put_heading(r, ".SH \"", line + 3, true);
    } else if (g_str_has_prefix(line, "### ")) {
        put_heading(r, ".SS \"", line + 4, false);
    } else if (g_str_has_prefix(line, "- ")) {
        g_string_append(r->page, ".IP \\(bu 2\n");
        roff_put_text(r->page, line + 2);
    } else if (g_str_has_prefix(line, "<!-- ")) {
        g_autofree char *key = g_strndup(line + 5, strcspn(line + 5, " "));

        r->fill(r->page, key, r->data);
    } else {
        g_string_append(r->page, after_heading ? "" : ".PP\n");
        roff_put_text(r->page, line);
    }
}

/* A blank line in verbatim text belongs to it if more of it follows. */
static bool goes_on(const Roff *r, char **line)
{
    return r->place == AT_CODE && line[1] && g_str_has_prefix(line[1], "    ");
}

char *roff_page(const char *markdown, const char *version, const char *date, RoffFill fill,
                void *data)
{
    Roff r = {.page = g_string_new(NULL), .place = AT_TEXT, .fill = fill, .data = data};
    g_auto(GStrv) lines = g_strsplit(markdown, "\n", -1);

    put_title(r.page, lines[0] + strspn(lines[0], "# "), version, date);
    for (char **line = lines + 1; *line; line++) {
        if (**line)
            put_line(&r, *line);
        else if (goes_on(&r, line))
            g_string_append(r.page, "\n");
        else if (r.place != AT_HEADING)
            set_place(&r, AT_TEXT);
    }
    set_place(&r, AT_TEXT);
    g_strfreev(r.headings);
    return g_string_free(r.page, FALSE);
}
