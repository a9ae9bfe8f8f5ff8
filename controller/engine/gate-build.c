/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate-build.c: makes and removes the sockets, FIFOs and QEMU objects of a gate.
 *
 * The FIFOs are held open on this side before QEMU opens them, so that neither side waits.
 */
#include "controller/base/fd.h"
#include "controller/engine/gate-private.h"
#include "controller/qemu/filters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PIPE_SIZE 4096

/* The gate's hub: a number that no other hub of the machine has. */
#define HUB_ID 28020

bool gate_fail_errno(const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "%s: %s", what, g_strerror(errno));
    return false;
}

static bool socket_address(const char *path, struct sockaddr_un *out, GError **error)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (g_strlcpy(out->sun_path, path, sizeof(out->sun_path)) < sizeof(out->sun_path))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM,
                "'%s' is too long for a socket: set XDG_RUNTIME_DIR to a shorter folder", path);
    return false;
}

/* Makes a FIFO and opens it read-write before QEMU opens it, so that neither side waits for the
 * other. Returns the descriptor, or -1 and an error. */
static int make_fifo(const char *path, GError **error)
{
    int fd;

    unlink(path);
    if (mkfifo(path, 0600) != 0 || (fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
        gate_fail_errno(path, error);
        return -1;
    }
    return fd;
}

/* Replaces the read-write descriptor by a read-only one. QEMU's end is then seen as EOF. The end
 * of this program is seen by QEMU as EPIPE, which opens the gate of an attached QEMU for good. */
static bool reopen_read_only(const char *path, int *fd, GError **error)
{
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (reader < 0)
        return gate_fail_errno(path, error);
    close(*fd);
    *fd = reader;
    return true;
}

static bool skip_file_header(int fd, GError **error)
{
    uint8_t header[DUMP_FILE_HEADER];

    errno = EPROTO;
    return read(fd, header, sizeof(header)) == sizeof(header) ||
           gate_fail_errno("filter-dump wrote no file header", error);
}

static bool post_object(const Gate *g, const char *type, const char *id, const char *props,
                        GError **error)
{
    g_autofree char *args = g_strdup_printf(
        "{\"qom-type\":\"%s\",\"id\":\"%s\",\"netdev\":\"mtg\",%s}", type, id, props);

    return qmp_client_post(g->node->qmp, "object-add", args, error);
}

static bool post_del(const Gate *g, const char *id, GError **error)
{
    g_autofree char *args = g_strdup_printf("{\"id\":\"%s\"}", id);

    return qmp_client_post(g->node->qmp, "object-del", args, error);
}

static bool add_netdev(const Gate *g, GError **error)
{
    QmpClient *qmp = g->node->qmp;

    return qmp_netdev_add_dgram(qmp, "mtg", g->token_path, g->control_path, NODE_REPLY_MS, error) &&
           qmp_netdev_add_hubport(qmp, "mth", HUB_ID, "mtg", NODE_REPLY_MS, error);
}

static bool post_notes(const Gate *g, const char *id, const char *path, const char *position,
                       GError **error)
{
    g_autofree char *props =
        g_strdup_printf("\"queue\":\"tx\",\"maxlen\":%d,\"position\":\"%s\",\"file\":\"%s\"",
                        DUMP_NOTE_PAYLOAD, position, path);

    return post_object(g, "filter-dump", id, props, error);
}

/* Adds the note and the gate in the order in which a token passes them. Ticks are put in front
 * of both. */
static bool add_dumps(const Gate *g, GError **error)
{
    g_autofree char *dump = g_strdup_printf("\"queue\":\"tx\",\"file\":\"%s\"", g->dump_path);

    return post_notes(g, "mtn", g->note_path, "tail", error) &&
           post_object(g, "filter-dump", "mtd", dump, error) && filters_settle(g->node, error);
}

static bool open_sockets(Gate *g, GError **error)
{
    struct sockaddr_un control;

    if (!socket_address(g->control_path, &control, error))
        return false;
    unlink(g->control_path);
    unlink(g->token_path);
    g->token_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (g->token_fd < 0 || bind(g->token_fd, (struct sockaddr *)&control, sizeof(control)) != 0)
        return gate_fail_errno(g->control_path, error);
    return true;
}

static bool connect_token(Gate *g, GError **error)
{
    struct sockaddr_un token;

    return socket_address(g->token_path, &token, error) &&
           (connect(g->token_fd, (struct sockaddr *)&token, sizeof(token)) == 0 ||
            gate_fail_errno(g->token_path, error));
}

/* Writes one record into the dump's pipe, so that the first token already blocks. */
static bool prefill(const Gate *g, GError **error)
{
    static const uint8_t record[TOKEN_RECORD];

    return write(g->dump_fd, record, sizeof(record)) == sizeof(record) ||
           gate_fail_errno("can't fill the gate's pipe", error);
}

static bool build(Gate *g, GError **error)
{
    GError *e = NULL;

    if (!open_sockets(g, error))
        return false;
    g->note_fd = make_fifo(g->note_path, error);
    if (g->note_fd < 0)
        return false;
    g->dump_fd = make_fifo(g->dump_path, error);
    if (g->dump_fd < 0)
        return false;
    if (fcntl(g->dump_fd, F_SETPIPE_SZ, PIPE_SIZE) != PIPE_SIZE)
        return gate_fail_errno("can't make a pipe of one page", error);
    if (g->node->attached) /* a controller that was killed may have left its gate there */
        attached_remove_gate(g->node->qmp);
    if (!add_netdev(g, &e) || !add_dumps(g, &e)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                    "QEMU %s can't hold the gate (%s); metronome needs QEMU 7.2 or later "
                    "with netdev dgram, filter-buffer and filter-dump",
                    g->node->version, e->message);
        g_error_free(e);
        return false;
    }
    filters_use_stub(g->node);
    return connect_token(g, error) && skip_file_header(g->note_fd, error) &&
           skip_file_header(g->dump_fd, error) && prefill(g, error) &&
           reopen_read_only(g->note_path, &g->note_fd, error) &&
           reopen_read_only(g->dump_path, &g->dump_fd, error) &&
           (!g->node->icount.sleep_on || gate_add_witness(g, error));
}

bool gate_add_witness(Gate *g, GError **error)
{
    if (g->witness_fd >= 0)
        return true;
    g->seen = 0;
    g->witness_clock.known = false;
    g->witness_fd = make_fifo(g->witness_path, error);
    return g->witness_fd >= 0 && post_notes(g, "mtw", g->witness_path, "head", error) &&
           filters_settle(g->node, error) && skip_file_header(g->witness_fd, error) &&
           reopen_read_only(g->witness_path, &g->witness_fd, error);
}

bool gate_remove_witness(Gate *g, GError **error)
{
    if (g->witness_fd < 0 || g->node->icount.sleep_on)
        return true;
    fd_clear(&g->witness_fd);
    return filters_delete(g->node, "mtw", error);
}

Gate *gate_new(Node *node, GError **error)
{
    Gate *g = g_new0(Gate, 1);

    g->node = node;
    g->token_fd = g->note_fd = g->dump_fd = g->witness_fd = -1;
    g->token_path = g_build_filename(node->fifos, "token", NULL);
    g->control_path = g_build_filename(node->fifos, "control", NULL);
    g->note_path = g_build_filename(node->fifos, "note", NULL);
    g->dump_path = g_build_filename(node->fifos, "dump", NULL);
    g->witness_path = g_build_filename(node->fifos, "witness", NULL);
    if (!build(g, error))
        g_clear_pointer(&g, gate_free);
    return g;
}

void gate_free(Gate *g)
{
    if (!g)
        return;
    fd_clear(&g->token_fd);
    fd_clear(&g->note_fd);
    fd_clear(&g->dump_fd);
    fd_clear(&g->witness_fd);
    g_free(g->token_path);
    g_free(g->control_path);
    g_free(g->note_path);
    g_free(g->dump_path);
    g_free(g->witness_path);
    g_free(g);
}

bool gate_remove(Gate *g, GError **error)
{
    return gate_disarm(g, error) && (!g->guard_quantum_us || post_del(g, "mtk", error)) &&
           post_del(g, "mtd", error) && post_del(g, "mtn", error) &&
           (g->witness_fd < 0 || post_del(g, "mtw", error)) &&
           qmp_client_post(g->node->qmp, "netdev_del", "{\"id\":\"mth\"}", error) &&
           qmp_client_post(g->node->qmp, "netdev_del", "{\"id\":\"mtg\"}", error) &&
           filters_settle(g->node, error);
}
