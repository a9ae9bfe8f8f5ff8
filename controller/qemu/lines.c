/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lines.c: keeps the complete lines that nobody has waited for, and the incomplete line. The wait
 * and each watch have their own position in the incomplete line. */
#include "controller/qemu/lines.h"

#include "controller/base/text.h"

#include <string.h>

/* Bytes of complete lines that nobody has waited for. When there is more, the older half is
 * dropped. */
#define MAX_PAST (1 << 20)

/* A complete line: up to `end` in `past`, from the end of the line before. */
typedef struct {
    gsize end;
    VTime time;
} Mark;

/* The part of the incomplete line that the wait or a watch still matches. */
typedef struct {
    gsize from;
    gsize tried; /* length of the line when it was matched last */
    VTime time;  /* of the first byte of the part */
} View;

struct LinesWatch {
    GRegex *pattern;
    View view;
    bool reported; /* this line has been found already */
    LinesFound found;
};

struct Lines {
    TextFilter filter;
    GString *shown; /* visible text of the bytes that are fed */
    bool cr;        /* the last byte was a CR; the next byte decides whether it ends a line */
    GString *line;  /* the incomplete line */
    VTime line_time;
    LinesFunc func;
    void *data;
    GPtrArray *watches; /* LinesWatch */

    GString *past;
    GArray *marks; /* Mark */
    guint tried;   /* number of marks that the pattern was tried on */
    GRegex *pattern;
    View view;
    LinesFound found;
};

static void found_clear(LinesFound *found)
{
    g_free(found->line);
    pattern_match_clear(&found->match);
    *found = (LinesFound){0};
}

static void watch_free(void *data)
{
    LinesWatch *w = data;

    g_regex_unref(w->pattern);
    found_clear(&w->found);
    g_free(w);
}

Lines *lines_new(void)
{
    Lines *l = g_new0(Lines, 1);

    l->shown = g_string_new(NULL);
    l->line = g_string_new(NULL);
    l->past = g_string_new(NULL);
    l->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
    l->watches = g_ptr_array_new_with_free_func(watch_free);
    return l;
}

void lines_free(Lines *l)
{
    if (!l)
        return;
    g_string_free(l->shown, TRUE);
    g_string_free(l->line, TRUE);
    g_string_free(l->past, TRUE);
    g_array_unref(l->marks);
    g_ptr_array_unref(l->watches);
    g_clear_pointer(&l->pattern, g_regex_unref);
    found_clear(&l->found);
    g_free(l);
}

/* True if the pattern is done with this text: it matched, or it gave up. */
static bool try_text(const GRegex *pattern, const char *text, gsize size, VTime time, VTime until,
                     LinesFound *found)
{
    PatternResult result = pattern_try(pattern, text, size, &found->match);

    if (result == PATTERN_NO)
        return false;
    found->line = g_strndup(text, size);
    found->time = time;
    found->until = until;
    found->gave_up = result == PATTERN_GAVE_UP;
    return true;
}

/* --- the wait --- */

static const Mark *mark_at(const Lines *l, guint i)
{
    return &g_array_index(l->marks, Mark, i);
}

static gsize start_of(const Lines *l, guint i)
{
    return i ? mark_at(l, i - 1)->end : 0;
}

/* Drops the first n complete lines. */
static void forget(Lines *l, guint n)
{
    gsize bytes = start_of(l, n);

    g_string_erase(l->past, 0, (gssize)bytes);
    g_array_remove_range(l->marks, 0, n);
    for (guint i = 0; i < l->marks->len; i++)
        g_array_index(l->marks, Mark, i).end -= bytes;
    l->tried -= MIN(l->tried, n);
}

static gsize weight(const Lines *l, guint lines)
{
    return start_of(l, lines) + lines * sizeof(Mark);
}

static void remember(Lines *l, const char *text, gsize size, VTime time)
{
    Mark mark = {l->past->len + size, time};
    guint n = 0;

    g_string_append_len(l->past, text, (gssize)size);
    g_array_append_val(l->marks, mark);
    if (weight(l, l->marks->len) <= MAX_PAST)
        return;
    while (weight(l, l->marks->len) - weight(l, n) > MAX_PAST / 2)
        n++;
    forget(l, n);
}

/* Tries the complete lines that were not tried yet, then the incomplete line if it has grown. */
static void scan(Lines *l, VTime until)
{
    while (l->pattern && !l->found.line && l->tried < l->marks->len) {
        gsize start = start_of(l, l->tried);
        const Mark *m = mark_at(l, l->tried++);

        if (try_text(l->pattern, l->past->str + start, m->end - start, m->time, until, &l->found))
            forget(l, l->tried);
    }
    if (!l->pattern || l->found.line || l->line->len <= MAX(l->view.from, l->view.tried))
        return;
    l->view.tried = l->line->len;
    if (!try_text(l->pattern, l->line->str + l->view.from, l->line->len - l->view.from,
                  l->view.time, until, &l->found))
        return;
    forget(l, l->marks->len);
    l->view.from = l->line->len;
}

void lines_await(Lines *l, GRegex *pattern)
{
    g_clear_pointer(&l->pattern, g_regex_unref);
    found_clear(&l->found);
    if (pattern)
        l->pattern = g_regex_ref(pattern);
    l->tried = 0;
    l->view.tried = 0;
    scan(l, l->view.time);
}

const LinesFound *lines_found(const Lines *l)
{
    return &l->found;
}

bool lines_awaited(const Lines *l)
{
    return l->pattern != NULL;
}

/* --- watches --- */

static void watch_try(const Lines *l, LinesWatch *w, VTime until)
{
    if (w->found.line || w->reported)
        return;
    w->view.tried = l->line->len;
    w->reported = try_text(w->pattern, l->line->str + w->view.from, l->line->len - w->view.from,
                           w->view.time, until, &w->found);
}

LinesWatch *lines_watch(Lines *l, GRegex *pattern)
{
    LinesWatch *w = g_new0(LinesWatch, 1);

    w->pattern = g_regex_ref(pattern);
    w->view.from = l->line->len; /* only text that comes from now on */
    g_ptr_array_add(l->watches, w);
    return w;
}

void lines_unwatch(Lines *l, LinesWatch *watch)
{
    g_ptr_array_remove(l->watches, watch);
}

const LinesFound *lines_watch_found(const LinesWatch *w)
{
    return &w->found;
}

void lines_watch_again(LinesWatch *w)
{
    found_clear(&w->found);
}

/* --- bytes --- */

void lines_follow(Lines *l, LinesFunc func, void *data)
{
    l->func = func;
    l->data = data;
}

bool lines_open(const Lines *l, VTime *time)
{
    *time = l->line_time;
    return l->line->len > 0;
}

static void begin_view(View *view, gsize length, VTime until)
{
    if (view->from == length)
        view->time = until;
}

/* To be called before anything is added to the line: sets the time of a part that begins now. */
static void begin(Lines *l, VTime until)
{
    if (l->line->len == 0)
        l->line_time = until;
    begin_view(&l->view, l->line->len, until);
    for (guint i = 0; i < l->watches->len; i++)
        begin_view(&((LinesWatch *)l->watches->pdata[i])->view, l->line->len, until);
}

static void end_line(Lines *l, VTime until)
{
    begin(l, until);
    for (guint i = 0; i < l->watches->len; i++) {
        LinesWatch *w = l->watches->pdata[i];

        watch_try(l, w, until);
        w->view = (View){0};
        w->reported = false;
    }
    if (l->func)
        l->func(l->line->str, l->line->len, l->line_time, l->data);
    remember(l, l->line->str + l->view.from, l->line->len - l->view.from, l->view.time);
    l->view = (View){0};
    g_string_truncate(l->line, 0);
}

static void add_text(Lines *l, const char *text, gsize size, VTime until)
{
    while (size > 0) {
        gsize n = MIN(size, LINES_MAX - l->line->len);

        begin(l, until);
        g_string_append_len(l->line, text, (gssize)n);
        text += n, size -= n;
        if (l->line->len == LINES_MAX)
            end_line(l, until);
    }
}

static void add_end(Lines *l, char end, VTime until)
{
    l->cr = end == '\r';
    if (end == '\n')
        end_line(l, until);
}

/* Ends the line if a CR with text before it is followed by neither LF nor CR. */
static void settle_cr(Lines *l, VTime until)
{
    if (l->cr && l->line->len > 0)
        end_line(l, until);
    l->cr = false;
}

bool lines_feed(Lines *l, const char *bytes, gsize size, VTime until)
{
    const char *p, *end;

    g_string_truncate(l->shown, 0);
    text_filter(&l->filter, bytes, size, l->shown);
    end = l->shown->str + l->shown->len;
    for (p = l->shown->str; p < end;) {
        gsize n = strcspn(p, "\r\n");

        if (n > 0) {
            settle_cr(l, until);
            add_text(l, p, n, until);
        } else {
            add_end(l, *p, until);
            n = 1;
        }
        p += n;
    }
    scan(l, until);
    for (guint i = 0; i < l->watches->len; i++) {
        LinesWatch *w = l->watches->pdata[i];

        if (l->line->len > MAX(w->view.from, w->view.tried))
            watch_try(l, w, until);
    }
    return lines_any_found(l);
}

bool lines_expect(const Lines *l)
{
    return l->pattern || l->watches->len > 0;
}

bool lines_any_found(const Lines *l)
{
    for (guint i = 0; i < l->watches->len; i++)
        if (((const LinesWatch *)l->watches->pdata[i])->found.line)
            return true;
    return l->found.line != NULL;
}

/* --- saved --- */

static void view_save(const View *view, GByteArray *out)
{
    put_u32(out, (uint32_t)view->from);
    put_u32(out, (uint32_t)view->tried);
    put_time(out, view->time);
}

static View view_load(const Lines *l, Reader *r)
{
    View view = {0};

    view.from = get_u32(r);
    view.tried = get_u32(r);
    view.time = get_time(r);
    reader_demand(r, view.from <= l->line->len && view.tried <= l->line->len);
    if (r->bad)
        view = (View){0};
    return view;
}

void lines_save(const Lines *l, GByteArray *out)
{
    put_u8(out, l->filter.state);
    put_flag(out, l->cr);
    put_bytes(out, l->line->str, l->line->len);
    put_time(out, l->line_time);
    view_save(&l->view, out);
    put_bytes(out, l->past->str, l->past->len);
    put_u32(out, l->marks->len);
    for (guint i = 0; i < l->marks->len; i++) {
        put_u32(out, (uint32_t)(mark_at(l, i)->end - start_of(l, i)));
        put_time(out, mark_at(l, i)->time);
    }
}

static void get_string(Reader *r, GString *string)
{
    gsize size;
    const uint8_t *at = get_bytes(r, &size);

    g_string_truncate(string, 0);
    g_string_append_len(string, at ? (const char *)at : "", (gssize)size);
}

static void load_past(Lines *l, Reader *r)
{
    Mark mark = {0};
    guint n;

    get_string(r, l->past);
    n = get_count(r, 4 + 8);
    g_array_set_size(l->marks, 0);
    for (guint i = 0; i < n; i++) {
        mark.end += get_u32(r);
        mark.time = get_time(r);
        g_array_append_val(l->marks, mark);
    }
    reader_demand(r, mark.end == l->past->len && weight(l, l->marks->len) <= MAX_PAST);
    if (!r->bad)
        return;
    g_string_truncate(l->past, 0);
    g_array_set_size(l->marks, 0);
}

void lines_load(Lines *l, Reader *r)
{
    lines_await(l, NULL);
    l->filter.state = get_u8(r);
    reader_demand(r, l->filter.state < TEXT_FILTER_STATES);
    l->cr = get_flag(r);
    get_string(r, l->line);
    reader_demand(r, l->line->len < LINES_MAX);
    if (r->bad)
        g_string_truncate(l->line, 0);
    l->line_time = get_time(r);
    l->view = view_load(l, r);
    load_past(l, r);
    for (guint i = 0; i < l->watches->len; i++) {
        LinesWatch *w = l->watches->pdata[i];

        found_clear(&w->found);
        w->view = (View){.from = l->line->len};
        w->reported = false;
    }
}

void lines_watch_save(const LinesWatch *w, GByteArray *out)
{
    view_save(&w->view, out);
    put_flag(out, w->reported);
}

void lines_watch_load(const Lines *l, LinesWatch *w, Reader *r)
{
    found_clear(&w->found);
    w->view = view_load(l, r);
    w->reported = get_flag(r);
}
