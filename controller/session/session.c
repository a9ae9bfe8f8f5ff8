/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c: what commands ask of a session: nodes by name, variables, verdict, interruption. Only
 * the verdict and the place of the present command are locked, since any thread may note a failure.
 */
#include "controller/session/session.h"

#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"

#include <string.h>

/* Most node names in a message. */
#define LISTED_NODES 10

/* --- interrupting a run --- */

/* Longest wait for a barrier after an interruption: a person has pressed Ctrl-C, or the machine
 * shuts down. */
#define HURRY_MS 3000

static gboolean on_late(gpointer data)
{
    Session *s = data;

    s->hurry_source = 0;
    if (engine_running(s->engine)) {
        log_warn("no barrier within %d s: the nodes are stopped where they are", HURRY_MS / 1000);
        engine_hurry(s->engine);
    }
    return G_SOURCE_REMOVE;
}

void session_interrupt(Session *s)
{
    engine_interrupt(s->engine);
    if (!s->hurry_source)
        s->hurry_source = g_timeout_add(HURRY_MS, on_late, s);
}

void session_note(Session *s, Outcome outcome, const char *message)
{
    bool passes =
        outcome == OUTCOME_FAILED || outcome == OUTCOME_USAGE || outcome == OUTCOME_NODE_FAILED;

    if (s->interactive && passes)
        return;
    g_mutex_lock(&s->verdict_lock);
    verdict_note(&s->verdict, outcome, s->where, message);
    g_mutex_unlock(&s->verdict_lock);
}

void session_set_where(Session *s, const char *where)
{
    g_mutex_lock(&s->verdict_lock);
    g_free(s->where);
    s->where = g_strdup(where);
    g_mutex_unlock(&s->verdict_lock);
}

void session_end_transcripts(Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        for (unsigned uart = 0; uart < node_n_consoles(n); uart++)
            if (node_console(n, uart))
                console_transcript(node_console(n, uart), NULL, NULL);
    }
}

bool session_stop_requested(const Session *s)
{
    return s->interrupted || (s->signalled && s->signalled());
}

Node *session_node(const Session *s, const char *name)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (strcmp(n->name, name) == 0)
            return n;
    }
    return NULL;
}

/* The node that was probably meant, or a list of the nodes; free with g_free(). */
static char *node_hint(const Session *s, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *all = NULL, *list = NULL;

    if (s->nodes->len == 0)
        return g_strdup("there is none yet");
    for (unsigned i = 0; i < s->nodes->len; i++)
        g_ptr_array_add(names, ((Node *)s->nodes->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    all = g_strjoinv(", ", (char **)names->pdata);
    list = s->nodes->len > LISTED_NODES
               ? g_strdup("`node list` shows them")
               : g_strconcat(s->nodes->len == 1 ? "there is only " : "there are ", all, NULL);
    return suggest_hint(name, (const char *const *)names->pdata, list);
}

Node *session_find_node(const Session *s, const char *name, GError **error)
{
    Node *node = session_node(s, name);
    g_autofree char *hint = NULL;

    if (node)
        return node;
    checking_in_doubt(s->checking, CHECKING_END, name);
    hint = node_hint(s, name);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "unknown node '%s': %s", name, hint);
    return NULL;
}

bool session_check_variable(const char *name, GError **error)
{
    bool ok = *name && !g_ascii_isdigit(*name);

    for (const char *p = name; *p; p++)
        ok = ok && (g_ascii_isalnum(*p) || *p == '_');
    if (!ok)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "'%s' is no name for a variable: letters a to z, digits and _, no digit first",
                    name);
    return ok;
}

void session_set(Session *s, const char *key, const char *value, bool fix)
{
    if (!fix && g_hash_table_contains(s->fixed, key))
        return;
    g_hash_table_insert(s->variables, g_strdup(key), g_strdup(value));
    if (fix)
        g_hash_table_add(s->fixed, g_strdup(key));
}

const char *session_get(const Session *s, const char *key)
{
    return g_hash_table_lookup(s->variables, key);
}

/* Sets a variable of a wait, even if the command line has fixed a variable of the same name. */
static void set_foreign(Session *s, const char *key, const char *value)
{
    g_hash_table_insert(s->variables, g_strdup(key), text_line(value, -1));
}

void session_set_wait_variables(Session *s, const LinesFound *found)
{
    g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT "ns", found->time.ns);

    set_foreign(s, "line", found->line);
    set_foreign(s, "line_time", time);
    for (unsigned i = 0; i < PATTERN_GROUPS; i++) {
        g_autofree char *key = g_strdup_printf("%u", i + 1);

        set_foreign(s, key, found->match.groups[i]);
    }
}

char **session_registers(const Session *s, Node *node)
{
    return engine_running(s->engine) ? NULL : debug_register_names(node);
}

const char *session_mode(const Session *s)
{
    SchedMode sched = local_host_sched_mode(s->host);

    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!((Node *)s->nodes->pdata[i])->icount.enabled)
            return sched_mode_name(SCHED_MODE_BEST_EFFORT);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Remote *remote = ((const Node *)s->nodes->pdata[i])->remote;

        sched = MAX(sched, remote ? remote->sched : sched);
    }
    return sched_mode_name(sched);
}

/* `name` may be a card, "NODE.N": the card is in doubt with its node. */
static void doubt_end(const Session *s, const char *name)
{
    g_autofree char *plain = g_strndup(name, strcspn(name, "."));

    if (!session_node(s, plain))
        checking_in_doubt(s->checking, CHECKING_END, plain);
}

void session_doubt_link(const Session *s, const char *a, const char *b)
{
    g_autofree char *name = checking_link_name(a, b);

    doubt_end(s, a);
    doubt_end(s, b);
    checking_in_doubt(s->checking, CHECKING_LINK, name);
}
