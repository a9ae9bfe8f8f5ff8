/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-monitor.c: one command at a time, its output caught; see gdb-monitor.h. */
#include "controller/command/gdb-monitor.h"

#include "controller/base/text.h"
#include "controller/command/command.h"

#include <string.h>

struct GdbMonitor {
    CommandCall call;
    char **words;
    GString *output;
    void (*before)(const char *text, void *data); /* the session's own on_output */
    GdbMonitorFunc done;
    void *data;
};

/* Whose output it is that is being printed. */
static GdbMonitor *current;

static void on_output(const char *text, void *data)
{
    (void)data;
    g_string_append(current->output, text);
}

static void finish(GdbMonitor *m)
{
    g_autofree char *plain = text_plain(m->output->str, -1);

    m->call.session->on_output = m->before;
    current = NULL;
    if (m->done)
        m->done(plain, m->data);
    g_strfreev(m->words);
    g_string_free(m->output, TRUE);
    g_free(m);
}

static void add_error(GdbMonitor *m, GError *error)
{
    if (error)
        g_string_append_printf(m->output, "%s\n", error->message);
    g_clear_error(&error);
}

static void on_done(CommandCall *call, GError *error)
{
    GdbMonitor *m = (GdbMonitor *)(void *)((char *)call - G_STRUCT_OFFSET(GdbMonitor, call));

    add_error(m, error);
    finish(m);
}

/* Not one of ours: QEMU's monitor may know it. */
static void ask_qemu(GdbMonitor *m, Node *node, const char *text)
{
    GError *error = NULL;
    g_autofree char *said = node_hmp(node, text, &error);

    if (said)
        g_string_append(m->output, said);
    add_error(m, error);
}

/* True if the command goes on. */
static bool begin(GdbMonitor *m, Node *node, const char *text)
{
    const char *rest = text;
    GError *error = NULL;
    unsigned used;

    m->words = command_read(m->call.session, &rest, &error);
    if (!m->words || !m->words[0]) {
        add_error(m, error);
        return false;
    }
    if (!command_find(m->words, &used, NULL)) {
        ask_qemu(m, node, text);
        return false;
    }
    switch (command_begin(&m->call, m->words, &error)) {
    case COMMAND_PARKED:
        return true;
    case COMMAND_INCLUDE:
        g_clear_pointer(&m->call.include, g_free);
        g_string_append(m->output, "include is not possible here\n");
        return false;
    case COMMAND_FAILED:
        if (g_error_matches(error, COMMAND_ERROR, COMMAND_ERROR_QUIT))
            g_string_append(m->output, "in gdb, say `quit` without `monitor`\n"),
                g_error_free(error);
        else
            add_error(m, error);
        return false;
    case COMMAND_DONE:
        return false;
    }
    g_assert_not_reached();
}

GdbMonitor *gdb_monitor_begin(Session *session, Node *node, const char *text, GdbMonitorFunc done,
                              void *data)
{
    GdbMonitor *m;

    if (current) {
        done("another gdb's monitor command is under way\n", data);
        return NULL;
    }
    m = g_new0(GdbMonitor, 1);
    m->call = (CommandCall){.session = session, .done = on_done};
    m->output = g_string_new(NULL);
    m->before = session->on_output;
    m->done = done;
    m->data = data;
    current = m;
    session->on_output = on_output;
    if (begin(m, node, text))
        return m;
    finish(m);
    return NULL;
}

void gdb_monitor_forget(GdbMonitor *m)
{
    m->done = NULL;
}
