/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-monitor.c: one command at a time, its output caught; see gdb-monitor.h.
 *
 * While a command is parked others may print: the prompt, the scenario, a watch, what nodes tell.
 * So its output is caught while it begins, and from command_resume() to its end.
 */
#include "controller/command/gdb-monitor.h"

#include "controller/base/text.h"
#include "controller/command/command.h"

#include <string.h>

/* Of a command's output. */
#define MOST_OUTPUT ((size_t)1 << 20)
struct GdbMonitor {
    CommandCall call;
    char **words;
    GString *output;
    bool cut;                                     /* more than MOST_OUTPUT */
    bool catches;                                 /* the session's output goes to it */
    void (*before)(const char *text, void *data); /* if so: the session's own on_output, … */
    bool json;                                    /* … and whether that is of JSON lines */
    GdbMonitorFunc done;
    void *data;
};

/* The one that is under way. */
static GdbMonitor *current;

static void on_output(const char *text, void *data)
{
    GdbMonitor *m = current;

    (void)data;
    if (m->output->len + strlen(text) <= MOST_OUTPUT) {
        g_string_append(m->output, text);
    } else if (!m->cut) {
        g_string_append(m->output, "[what follows is too much for gdb]\n");
        m->cut = true;
    }
}

/* gdb shows text, also where the rest is JSON. */
static void catch (GdbMonitor *m)
{
    Session *s = m->call.session;

    g_assert(!m->catches);
    m->catches = true;
    m->before = s->on_output;
    m->json = s->options.json;
    s->on_output = on_output;
    s->options.json = false;
}

static void release(GdbMonitor *m)
{
    Session *s = m->call.session;

    if (!m->catches)
        return;
    m->catches = false;
    s->on_output = m->before;
    s->options.json = m->json;
}

static void finish_command(GdbMonitor *m)
{
    g_autofree char *plain = text_plain(m->output->str, -1);

    release(m);
    current = NULL;
    if (m->done)
        m->done(plain, m->data);
    g_strfreev(m->words);
    g_string_free(m->output, TRUE);
    g_free(m);
}

static void add_error(GdbMonitor *m, GError *error)
{
    g_autofree char *message = error ? text_brief(error->message) : NULL;

    if (message)
        g_string_append_printf(m->output, "%s\n", message);
    g_clear_error(&error);
}

static GdbMonitor *monitor_of(CommandCall *call)
{
    return (GdbMonitor *)(void *)((char *)call - G_STRUCT_OFFSET(GdbMonitor, call));
}

static void on_resumed(CommandCall *call)
{
    catch (monitor_of(call));
}

static void on_done(CommandCall *call, GError *error)
{
    GdbMonitor *m = monitor_of(call);

    add_error(m, error);
    finish_command(m);
}

/* --- QEMU's monitor --- */

static char *first_word(const char *line, const char **behind)
{
    const char *start = line + strspn(line, " \t");

    *behind = start + strcspn(start, " \t/");
    return g_strndup(start, (gsize)(*behind - start));
}

bool gdb_monitor_looks(const char *line)
{
    static const char *const looks[] = {"info", "print", "p", "x", "xp", "gva2gpa", NULL};
    const char *behind;
    g_autofree char *word = first_word(line, &behind);

    for (const char *p = line; *p; p++)
        if (g_ascii_iscntrl(*p) && *p != '\t')
            return false;
    return g_strv_contains(looks, word);
}

bool gdb_monitor_is_modest(const char *line)
{
    const char *behind;
    g_autofree char *word = first_word(line, &behind);

    behind += strspn(behind, " \t");
    return *word != 'x' || *behind != '/' ||
           g_ascii_strtoull(behind + 1, NULL, 10) <= GDB_MONITOR_UNITS;
}

static bool refuse(GdbMonitor *m, const char *why)
{
    g_string_append_printf(m->output, "%s\n", why);
    return false;
}

/* False: the command does not go on. */
static bool ask_qemu(GdbMonitor *m, Node *node, const char *line)
{
    g_autofree char *answer = NULL;
    GError *error = NULL;

    if (!gdb_monitor_is_modest(line))
        return refuse(m, "no more than " G_STRINGIFY(GDB_MONITOR_UNITS) " units at once");
    if (!node)
        return refuse(m, "which node's QEMU? Write NODE in front: `monitor NODE info status`");
    if (node_check(node, true, &error))
        answer = node_hmp(node, line, &error);
    if (answer)
        on_output(answer, NULL);
    add_error(m, error);
    return false;
}

/* The node that is named in front of a line which only looks; NULL: none is. */
static Node *named_node(const GdbMonitor *m, const char *line, const char **behind)
{
    g_autofree char *word = first_word(line, behind);
    Node *node = session_node(m->call.session, word);

    return node && gdb_monitor_looks(*behind) ? node : NULL;
}

/* --- --- */

static bool is_ours(const char *line)
{
    const char *behind;
    char *words[] = {first_word(line, &behind), NULL};
    unsigned used;
    bool ours = command_find(words, &used, NULL) != NULL;

    g_free(words[0]);
    return ours;
}

static bool begin_command(GdbMonitor *m)
{
    GError *error = NULL;

    switch (command_begin(&m->call, m->words, &error)) {
    case COMMAND_PARKED:
        return true;
    case COMMAND_INCLUDE: /* it reaches outside */
        g_assert_not_reached();
    case COMMAND_FAILED:
        if (g_error_matches(error, SESSION_ERROR, SESSION_ERROR_QUIT)) {
            g_error_free(error);
            return refuse(m, "in gdb, say `quit` without `monitor`");
        }
        add_error(m, error);
        return false;
    case COMMAND_DONE:
        return false;
    }
    g_assert_not_reached();
}

/* True if the command goes on. */
static bool begin(GdbMonitor *m, Node *node, const char *text, size_t size)
{
    const char *rest = text, *behind;
    GError *error = NULL;
    Node *named;

    if (strlen(text) != size || strpbrk(text, "\r\n"))
        return refuse(m, "one line of text is expected");
    if ((named = named_node(m, text, &behind)) != NULL)
        return ask_qemu(m, named, behind + strspn(behind, " \t"));
    if (gdb_monitor_looks(text) && !is_ours(text))
        return ask_qemu(m, node, text);
    m->words = command_read(m->call.session, &rest, &error);
    if (!m->words || !m->words[0]) {
        add_error(m, error);
        return false;
    }
    if (rest[strspn(rest, " \t;")])
        return refuse(m, "one command at a time is expected");
    return begin_command(m);
}

GdbMonitor *gdb_monitor_begin(Session *session, Node *node, const char *text, size_t size,
                              GdbMonitorFunc done, void *data)
{
    GdbMonitor *m;

    if (current) {
        done("another gdb's monitor command is under way\n", data);
        return NULL;
    }
    m = g_new0(GdbMonitor, 1);
    m->call =
        (CommandCall){.session = session, .inside = true, .resumed = on_resumed, .done = on_done};
    m->output = g_string_new(NULL);
    m->done = done;
    m->data = data;
    current = m;
    catch (m);
    if (begin(m, node, text, size)) {
        release(m);
        return m;
    }
    finish_command(m);
    return NULL;
}

void gdb_monitor_forget(GdbMonitor *m)
{
    m->done = NULL;
}
