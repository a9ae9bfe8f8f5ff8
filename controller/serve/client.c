/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.c: see client.h. */
#include "controller/serve/client.h"

#include "controller/base/fd.h"
#include "controller/serve/message.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct Client {
    const ClientEvents *events;
    void *data;
    ClientState state;
    int in, out;
    bool socket;        /* out is a socket */
    unsigned reading;   /* source; 0: nothing is read now */
    unsigned writing;   /* source: the program takes no more now */
    unsigned ending;    /* source: the program is gone */
    bool over;          /* gone, or the connection is broken */
    bool eof;           /* nothing more comes */
    bool ended;         /* … and all of it was handed out */
    bool handing;       /* hand_out() is at work */
    bool held;          /* the next line was not taken */
    bool closing;       /* ends as soon as all is sent */
    bool skipping;      /* the rest of a line that is too long */
    GString *received;  /* the beginning of a line */
    GByteArray *unsent; /* from `sent` on */
    gsize sent;
    uint64_t dropped; /* notifications, not told yet */
};

static gsize unsent(const Client *c)
{
    return c->unsent->len - c->sent;
}

ClientState *client_state(Client *c)
{
    return &c->state;
}

bool client_has_ended(const Client *c)
{
    return c->ended;
}

/* --- sending --- */

static gboolean on_gone(gpointer data)
{
    Client *c = data;

    c->ending = 0;
    c->events->gone(c, c->data);
    return G_SOURCE_REMOVE;
}

/* The main loop tells of it, so that nobody who sends loses the client meanwhile. */
static void break_off(Client *c)
{
    if (c->over)
        return;
    c->over = true;
    g_clear_handle_id(&c->reading, g_source_remove);
    g_clear_handle_id(&c->writing, g_source_remove);
    g_clear_handle_id(&c->ending, g_source_remove);
    c->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_gone, c, NULL);
}

static ssize_t put(const Client *c)
{
    const guint8 *from = c->unsent->data + c->sent;

    return c->socket ? send(c->out, from, unsent(c), MSG_DONTWAIT | MSG_NOSIGNAL)
                     : write(c->out, from, unsent(c));
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data);

static void send_some(Client *c)
{
    while (!c->over && unsent(c) > 0) {
        ssize_t n = put(c);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            break_off(c);
            return;
        }
        c->sent += (gsize)n;
    }
    if (unsent(c) == 0 || c->sent > CLIENT_MUCH_UNSENT) {
        g_byte_array_remove_range(c->unsent, 0, (guint)c->sent);
        c->sent = 0;
    }
    if (c->closing && unsent(c) == 0)
        break_off(c);
}

void client_close_when_sent(Client *c)
{
    c->closing = true;
    client_flush(c);
}

void client_flush(Client *c)
{
    if (c->over || c->writing)
        return;
    send_some(c);
    if (!c->over && unsent(c) > 0)
        c->writing = g_unix_fd_add(c->out, G_IO_OUT, on_writable, c);
}

static void tell_dropped(Client *c)
{
    uint64_t n = c->dropped;

    if (n == 0 || unsent(c) > CLIENT_MOST_NOTED / 2)
        return;
    c->dropped = 0;
    c->events->dropped(c, n, c->data);
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
    Client *c = data;

    (void)fd;
    (void)condition;
    send_some(c);
    if (c->over)
        return G_SOURCE_REMOVE;
    tell_dropped(c);
    client_go_on(c);
    if (unsent(c) > 0)
        return G_SOURCE_CONTINUE;
    c->writing = 0;
    return G_SOURCE_REMOVE;
}

void client_answer(Client *c, const char *line)
{
    if (!c->over)
        g_byte_array_append(c->unsent, (const guint8 *)line, (guint)strlen(line));
}

void client_note(Client *c, const char *line)
{
    if (unsent(c) > CLIENT_MOST_NOTED)
        c->dropped++;
    else
        client_answer(c, line);
}

void client_lost(Client *c, uint64_t n)
{
    c->dropped += n;
    tell_dropped(c);
}

void client_drain(Client *c, int ms)
{
    gint64 end = g_get_monotonic_time() + (gint64)ms * 1000;

    for (;;) {
        gint64 left = end - g_get_monotonic_time();
        struct pollfd p = {.fd = c->out, .events = POLLOUT};

        send_some(c);
        if (c->over || unsent(c) == 0 || left <= 0)
            return;
        poll(&p, 1, (int)(left / 1000) + 1);
    }
}

/* --- receiving --- */

static bool may_take(const Client *c)
{
    return !c->over && !c->held && unsent(c) <= CLIENT_MUCH_UNSENT;
}

/* What is too long is told of once, and read to its end. */
static void skip_long(Client *c)
{
    if (c->received->len <= RPC_MAX_LINE || memchr(c->received->str, '\n', c->received->len))
        return;
    g_string_truncate(c->received, 0);
    if (!c->skipping)
        c->events->line(c, "", RPC_MAX_LINE + 1, c->data);
    c->skipping = true;
}

/* Hands out the whole lines of what was received, as long as the program may have more. A line may
 * lead to client_go_on(). */
static void hand_out(Client *c)
{
    const char *end;
    gsize at = 0;

    if (c->handing)
        return;
    c->handing = true;
    while (may_take(c) && at < c->received->len &&
           (end = memchr(c->received->str + at, '\n', c->received->len - at))) {
        gsize size = (gsize)(end - c->received->str) - at;
        g_autofree char *line = g_strndup(c->received->str + at, size);

        if (!c->skipping && size > 0 && !c->events->line(c, line, size, c->data)) {
            c->held = true;
            break;
        }
        at += size + 1;
        c->skipping = false; /* at the end of a long one */
    }
    g_string_erase(c->received, 0, (gssize)at);
    skip_long(c);
    c->handing = false;
    if (c->eof && c->received->len == 0 && !c->ended && !c->over) {
        c->ended = true;
        c->events->ended(c, c->data);
    }
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    Client *c = data;
    char chunk[65536];
    ssize_t n = read(fd, chunk, sizeof(chunk));

    (void)condition;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n < 0) {
        c->reading = 0;
        break_off(c);
        return G_SOURCE_REMOVE;
    }
    if (n == 0) {
        c->reading = 0;
        c->eof = true;
        if (c->received->len > 0) /* the last line may have no newline */
            g_string_append_c(c->received, '\n');
        hand_out(c);
        return G_SOURCE_REMOVE;
    }
    g_string_append_len(c->received, chunk, n);
    hand_out(c);
    if (may_take(c))
        return G_SOURCE_CONTINUE;
    c->reading = 0;
    return G_SOURCE_REMOVE;
}

void client_go_on(Client *c)
{
    if (c->handing)
        return;
    c->held = false;
    hand_out(c);
    if (!c->reading && !c->eof && may_take(c))
        c->reading = g_unix_fd_add(c->in, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, c);
}

/* --- coming and going --- */

/* POLLHUP of a socket: closed by the program, not only for writing; POLLERR of a pipe: nobody reads
 * it. */
static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
    Client *c = data;

    (void)fd;
    (void)condition;
    c->ending = 0;
    break_off(c);
    return G_SOURCE_REMOVE;
}

Client *client_new(int in, int out, unsigned number, const ClientEvents *events, void *data)
{
    Client *c = g_new0(Client, 1);
    struct stat st;

    c->events = events;
    c->data = data;
    c->state.number = number;
    c->in = in;
    c->out = out;
    c->socket = fstat(out, &st) == 0 && S_ISSOCK(st.st_mode);
    c->received = g_string_new(NULL);
    c->unsent = g_byte_array_new();
    client_go_on(c);
    c->ending = g_unix_fd_add(out, G_IO_HUP | G_IO_ERR, on_end, c);
    return c;
}

void client_free(Client *c)
{
    if (!c)
        return;
    g_clear_handle_id(&c->reading, g_source_remove);
    g_clear_handle_id(&c->writing, g_source_remove);
    g_clear_handle_id(&c->ending, g_source_remove);
    if (c->in != c->out)
        fd_clear(&c->in);
    fd_clear(&c->out);
    g_string_free(c->received, TRUE);
    g_byte_array_unref(c->unsent);
    g_clear_pointer(&c->state.nodes, g_ptr_array_unref);
    g_free(c->state.name);
    g_free(c);
}
