/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c: see table.h. */
#include "controller/session/table.h"

#include "controller/session/output.h"

#include <inttypes.h>

/* Cells as people read them. Text that is longer than its column moves the rest of the line. */
static void append(GString *line, const Column *c, const char *text)
{
    if (line->len > 0)
        g_string_append(line, c->apart ? "  " : " ");
    g_string_append_printf(line, "%*s", c->width, text);
}

void table_begin(const Session *s, const Table *t)
{
    g_autoptr(GString) line = g_string_new(NULL);

    if (s->answer) {
        answer_list(s->answer, t->key);
        return;
    }
    for (unsigned i = 0; i < t->n; i++)
        if (t->columns[i].heading)
            append(line, &t->columns[i], t->columns[i].heading);
    session_print(s, "%s\n", line->str);
}

static char *format(const Column *c, const Cell *cell)
{
    switch (cell->kind) {
    case CELL_NONE:
        return g_strdup("-");
    case CELL_TEXT:
        return g_strdup(cell->text);
    case CELL_INT:
        return c->sign ? g_strdup_printf("%+" PRId64, cell->whole)
                       : g_strdup_printf("%" PRId64, cell->whole);
    case CELL_COUNT:
        return g_strdup_printf("%" PRIu64, cell->count);
    case CELL_REAL:
        return c->sign ? g_strdup_printf("%+.*f", c->decimals, cell->real)
                       : g_strdup_printf("%.*f", c->decimals, cell->real);
    case CELL_BOOL:
        return g_strdup(cell->flag ? "yes" : "no");
    }
    g_assert_not_reached();
}

static void set(Answer *row, const char *key, const Cell *cell)
{
    switch (cell->kind) {
    case CELL_NONE:
        answer_text(row, key, NULL);
        break;
    case CELL_TEXT:
        answer_text(row, key, cell->text);
        break;
    case CELL_INT:
        answer_int(row, key, cell->whole);
        break;
    case CELL_COUNT:
        answer_count(row, key, cell->count);
        break;
    case CELL_REAL:
        answer_real(row, key, cell->real);
        break;
    case CELL_BOOL:
        answer_bool(row, key, cell->flag);
        break;
    }
}

Answer *table_row(const Session *s, const Table *t, const Cell *cells)
{
    g_autoptr(GString) line = NULL;

    if (s->answer) {
        Answer *row = answer_add(s->answer, t->key);

        for (unsigned i = 0; i < t->n; i++)
            if (t->columns[i].key)
                set(row, t->columns[i].key, &cells[i]);
        return row;
    }
    line = g_string_new(NULL);
    for (unsigned i = 0; i < t->n; i++) {
        g_autofree char *text = t->columns[i].heading ? format(&t->columns[i], &cells[i]) : NULL;

        if (text)
            append(line, &t->columns[i], text);
    }
    session_print(s, "%s\n", line->str);
    return NULL;
}
