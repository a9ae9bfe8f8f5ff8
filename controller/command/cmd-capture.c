/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd-capture.c: pcapng files of what the network carries, stamped with virtual time. An interface
 * of the file is a card; a frame is there when it is sent and when it is delivered.
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/command/command.h"
#include "controller/network/pcapng.h"
#include "controller/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

/* What a FIFO's reader may be behind; then the capture ends. */
#define MAX_BEHIND (64u << 20)

/* How long it may pause at the end. */
#define READER_MS 1000

typedef struct {
    Session *session;
    char *path;
    int fd;
    bool all;
    unsigned link;
    GArray *interfaces;  /* unsigned: of each the port */
    GByteArray *pending; /* not written yet */
} Capture;

static void flush(Capture *c)
{
    while (c->fd >= 0 && c->pending->len > 0) {
        ssize_t n = write(c->fd, c->pending->data, c->pending->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && c->pending->len < MAX_BEHIND)
            return;
        if (n < 0) {
            /* A FIFO's reader that goes away wants no more. */
            c->session->capture_failed = c->session->capture_failed || errno != EPIPE;
            log_warn("the capture ends here: can't write '%s': %s", c->path, g_strerror(errno));
            fd_clear(&c->fd);
            return;
        }
        g_byte_array_remove_range(c->pending, 0, (guint)n);
    }
}

/* At the end: a FIFO's reader is waited for as long as it reads. */
static void flush_rest(Capture *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};

    while (c->fd >= 0 && c->pending->len > 0 && poll(&p, 1, READER_MS) == 1)
        flush(c);
    if (c->fd >= 0 && c->pending->len > 0)
        log_warn("the capture is cut off: nobody reads '%s', the last %u bytes are lost", c->path,
                 c->pending->len);
}

static unsigned interface_of(Capture *c, unsigned port)
{
    const Network *net = wire_network(c->session->wire);

    for (unsigned i = 0; i < c->interfaces->len; i++)
        if (g_array_index(c->interfaces, unsigned, i) == port)
            return i;
    pcapng_interface(c->pending, network_end_name(net, (NetEnd){false, port}), NULL);
    g_array_append_val(c->interfaces, port);
    return c->interfaces->len - 1;
}

/* At a barrier, in the thread that completes it. */
static void on_packet(const NetEvent *e, void *data)
{
    Capture *c = data;
    bool sent = e->kind == TRACE_SEND;

    if (c->fd < 0 || e->kind == TRACE_DROP || (!c->all && (!e->has_link || e->link != c->link)))
        return;
    pcapng_packet(c->pending, interface_of(c, e->port), sent ? e->sent : e->when, e->data, e->size,
                  sent ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
                  e->late      ? "late"
                  : e->carried ? "carried"
                               : NULL);
    flush(c);
}

static void capture_free(void *data)
{
    Capture *c = data;

    wire_unobserve(c->session->wire, c);
    flush_rest(c);
    fd_clear(&c->fd);
    g_array_unref(c->interfaces);
    g_byte_array_unref(c->pending);
    g_free(c->path);
    g_free(c);
}

void captures_free(Session *s)
{
    g_clear_pointer(&s->captures, g_ptr_array_unref);
}

static CommandResult end(Session *s, const char *path, GError **error)
{
    for (unsigned i = 0; s->captures && i < s->captures->len; i++) {
        if (strcmp(((const Capture *)s->captures->pdata[i])->path, path) != 0)
            continue;
        g_ptr_array_remove_index(s->captures, i);
        return COMMAND_DONE;
    }
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "nothing is captured into '%s'", path);
    return COMMAND_FAILED;
}

static bool open_file(Capture *c, GError **error)
{
    /* Without waiting: for a FIFO there must be a reader. */
    c->fd = open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (c->fd >= 0)
        return true;
    g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "can't capture into '%s': %s%s", c->path,
                g_strerror(errno), errno == ENXIO ? "; start its reader first" : "");
    return false;
}

static CommandResult begin(Session *s, const char *path, const unsigned *link, GError **error)
{
    Capture *c = g_new0(Capture, 1);

    c->session = s;
    c->path = g_strdup(path);
    c->all = !link;
    c->link = link ? *link : 0;
    c->interfaces = g_array_new(FALSE, FALSE, sizeof(unsigned));
    c->pending = g_byte_array_new();
    if (!open_file(c, error)) {
        capture_free(c);
        return COMMAND_FAILED;
    }
    pcapng_section(c->pending, "metronome");
    flush(c);
    wire_observe(s->wire, on_packet, c);
    if (!s->captures)
        s->captures = g_ptr_array_new_with_free_func(capture_free);
    g_ptr_array_add(s->captures, c);
    return COMMAND_DONE;
}

static CommandResult exec_capture(CommandCall *call, GError **error)
{
    Session *s = call->session;
    bool off = call->n_args == 2 && strcmp(call->args[1], "off") == 0, reversed;
    unsigned link;
    NetEnd a, b;

    if (call->n_args == 2 && !off)
        return command_usage_error(call, error);
    if (!s->wire) {
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE,
                    "there is no link yet: `link add` comes first");
        return COMMAND_FAILED;
    }
    if (call->n_args == 3 &&
        (!network_find(wire_network(s->wire), call->args[1], &a, error) ||
         !network_find(wire_network(s->wire), call->args[2], &b, error) ||
         !network_find_link(wire_network(s->wire), a, b, &link, &reversed, error)))
        return COMMAND_FAILED;
    if (s->options.dry)
        return COMMAND_DONE;
    return off ? end(s, call->args[0], error)
               : begin(s, call->args[0], call->n_args == 3 ? &link : NULL, error);
}

const Command cmd_capture = {
    .name = "capture",
    .usage = "FILE [off | NODE NODE]",
    .help = "Write what the network (or one link) carries to a pcapng file, or to a FIFO for a "
            "live view, "
            "with virtual time in ns; off ends it",
    .min_args = 1,
    .max_args = 3,
    .exec = exec_capture,
};
