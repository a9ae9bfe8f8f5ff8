/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manner.c: see manner.h. */
#include "controller/run/manner.h"

#include "controller/run/expr.h"
#include "controller/run/values.h"

void manner_clear(Manner *m)
{
    g_clear_pointer(&m->condition, g_free);
    g_clear_pointer(&m->commands, g_strfreev);
}

bool manner_check(Session *s, const Manner *m, const Node *node, GError **error)
{
    Values values = {.session = s, .node = node, .check = true};
    ExprResult result;

    return !m->condition || expr_evaluate(m->condition, values_lookup, &values, &result, error);
}

bool manner_holds(Session *s, const Manner *m, const Node *node, char **why)
{
    Values values = {.session = s, .node = node};
    g_autoptr(GError) error = NULL;
    ExprResult result;

    if (!m->condition)
        return true;
    engine_settle_clocks(s->engine);
    if (expr_evaluate(m->condition, values_lookup, &values, &result, &error))
        return result.holds;
    *why =
        g_strdup_printf("its condition '%s' can't be evaluated: %s", m->condition, error->message);
    return true;
}

char *manner_text(const Manner *m)
{
    GString *text = g_string_new(NULL);

    if (m->condition)
        g_string_append_printf(text, " if %s", m->condition);
    if (m->once)
        g_string_append(text, " once");
    if (m->commands) {
        g_autofree char *all = g_strjoinv("; ", m->commands);

        g_string_append_printf(text, " do '%s%s%s'", all, *all && m->goes_on ? "; " : "",
                               m->goes_on ? "continue" : "");
    }
    return g_string_free(text, FALSE);
}

void manner_put(const Manner *m, GByteArray *out)
{
    put_text(out, m->condition);
    put_u8(out, m->once);
    put_u8(out, m->goes_on);
    put_u8(out, m->commands != NULL);
    if (!m->commands)
        return;
    put_u32(out, g_strv_length(m->commands));
    for (char **c = m->commands; *c; c++)
        put_text(out, *c);
}

void manner_get(Reader *r, Manner *m)
{
    uint32_t n;

    *m = (Manner){.condition = get_optional_text(r)};
    m->once = get_flag(r);
    m->goes_on = get_flag(r);
    if (!get_flag(r)) {
        reader_demand(r, !m->goes_on);
        return;
    }
    n = get_count(r, sizeof(uint32_t));
    reader_demand(r, n <= MANNER_MAX_COMMANDS);
    if (r->bad)
        return;
    m->commands = g_new0(char *, n + 1);
    for (uint32_t i = 0; i < n; i++)
        m->commands[i] = get_text(r);
}
