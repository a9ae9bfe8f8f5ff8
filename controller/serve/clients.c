/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clients.c: see clients.h. */
#include "controller/serve/clients.h"

#include "controller/base/text.h"
#include "controller/serve/message.h"
#include "controller/session/session-error.h"

#include <string.h>

const char *const note_names[NOTE_KINDS + 1] = {
    [NOTE_RUN] = "run",       [NOTE_PROGRESS] = "progress", [NOTE_BARRIER] = "barrier",
    [NOTE_BREAK] = "break",   [NOTE_NODE] = "node",         [NOTE_CONSOLE] = "console",
    [NOTE_OUTPUT] = "output", [NOTE_COMMAND] = "command",   [NOTE_WARNING] = "warning"};

struct Clients {
    GPtrArray *list; /* Client */
    Client *driver;
};

static void free_client(void *data)
{
    client_free(data);
}

Clients *clients_new(void)
{
    Clients *all = g_new0(Clients, 1);

    all->list = g_ptr_array_new_with_free_func(free_client);
    return all;
}

void clients_free(Clients *all)
{
    if (!all)
        return;
    g_ptr_array_unref(all->list);
    g_free(all);
}

void clients_add(Clients *all, Client *c)
{
    g_ptr_array_add(all->list, c);
}

void clients_remove(Clients *all, Client *c)
{
    clients_leave(all, c);
    g_ptr_array_remove(all->list, c);
}

unsigned clients_count(const Clients *all)
{
    return all->list->len;
}

/* --- who drives --- */

char *client_title(Client *c)
{
    const ClientState *state = client_state(c);
    g_autofree char *name = state->name ? text_line(state->name, -1) : NULL;

    return name ? g_strdup_printf("client %u ('%s')", state->number, name)
                : g_strdup_printf("client %u", state->number);
}

Client *clients_driver(const Clients *all)
{
    return all->driver;
}

bool clients_drive(Clients *all, Client *c, GError **error)
{
    g_autofree char *driver = NULL;

    if (all->driver == c)
        return true;
    if (client_state(c)->role == CLIENT_WATCHES) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "this client only watches: `hello` with \"role\":\"drive\" asks for more");
        return false;
    }
    if (!all->driver) {
        all->driver = c;
        client_state(c)->role = CLIENT_DRIVES;
        return true;
    }
    driver = client_title(all->driver);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "%s drives: one does, the others watch until it is gone, or says `hello` with "
                "\"role\":\"watch\"",
                driver);
    return false;
}

void clients_leave(Clients *all, Client *c)
{
    if (all->driver == c)
        all->driver = NULL;
}

/* --- notifications --- */

static bool wants(Client *c, NoteKind kind, const char *node)
{
    const ClientState *state = client_state(c);

    return state->events & 1u << kind &&
           (!node || !state->nodes ||
            g_ptr_array_find_with_equal_func(state->nodes, node, g_str_equal, NULL));
}

bool clients_want(const Clients *all, NoteKind kind)
{
    for (unsigned i = 0; i < all->list->len; i++)
        if (wants(all->list->pdata[i], kind, NULL))
            return true;
    return false;
}

void clients_note(Clients *all, NoteKind kind, const char *node, Answer *params)
{
    g_autofree char *line = NULL;

    for (unsigned i = 0; i < all->list->len; i++) {
        if (!wants(all->list->pdata[i], kind, node))
            continue;
        if (!line)
            line = rpc_notification(note_names[kind], params);
        client_note(all->list->pdata[i], line);
    }
    answer_free(params);
}

void clients_tell(Clients *all, const char *method, Answer *params)
{
    g_autofree char *line = rpc_notification(method, params);

    for (unsigned i = 0; i < all->list->len; i++)
        client_answer(all->list->pdata[i], line);
    answer_free(params);
}

void clients_lost(Clients *all, NoteKind kind, uint64_t n)
{
    for (unsigned i = 0; i < all->list->len && n > 0; i++)
        if (wants(all->list->pdata[i], kind, NULL))
            client_lost(all->list->pdata[i], n);
}

void clients_go_on(Clients *all)
{
    for (unsigned i = 0; i < all->list->len; i++)
        client_go_on(all->list->pdata[i]);
}

void clients_flush(Clients *all)
{
    for (unsigned i = 0; i < all->list->len; i++)
        client_flush(all->list->pdata[i]);
}

void clients_drain(Clients *all, int ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;

    for (unsigned i = 0; i < all->list->len; i++) {
        gint64 left = end - g_get_monotonic_time();

        client_drain(all->list->pdata[i], (int)(MAX(left, 0) / 1000));
    }
}
