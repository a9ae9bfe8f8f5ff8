/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nic.c: see nic.h. */
#include "controller/engine/nic.h"

#include "controller/base/fd.h"
#include "controller/engine/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FIFO_SIZE  (1 << 20)
#define READ_CHUNK 65536
#define US_PER_S   INT64_C(1000000)

/*
 * What one quantum may bring: what the socket holds that nobody reads, since QEMU reads nothing
 * while the gate is closed. ROOM is what SO_SNDBUF gives everyone where net.core.wmem_max is as
 * Linux has it, so that what fits does not depend on the host or on privileges.
 */
#define MAX_FRAMES 256
#define ROOM       425984

typedef struct {
    const uint8_t *data;
    size_t size;
    int weight; /* in the socket, once sent */
} Frame;

struct Nic {
    Node *node;
    unsigned index;
    int socket; /* the node's */
    int capture;
    char *capture_path;
    GByteArray *captured; /* whole and partial records */
    DumpClock clock;
    bool armed;
    int64_t next_us; /* when mrI's timer is due, node's own µs */
    int64_t quantum_us;
    int64_t aim_us; /* nic_aim() */
    Frame frames[MAX_FRAMES];
    NicFill fill; /* of them all, at most */
    unsigned n_sent;
};

static bool fail_errno(const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "%s: %s", what, g_strerror(errno));
    return false;
}

/* Held open read-write, so that QEMU's open does not wait and its end is not seen as ours. */
static bool open_capture(Nic *n, GError **error)
{
    g_autofree char *props = NULL;
    uint8_t header[DUMP_FILE_HEADER];

    n->capture_path = g_strdup_printf("%s/x%u", n->node->dir, n->index);
    unlink(n->capture_path);
    if (mkfifo(n->capture_path, 0600) != 0 ||
        (n->capture = open(n->capture_path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
        return fail_errno(n->capture_path, error);
    fcntl(n->capture, F_SETPIPE_SZ, FIFO_SIZE); /* a smaller one will do */
    props =
        g_strdup_printf("{\"qom-type\":\"filter-dump\",\"id\":\"mx%u\",\"netdev\":\"mtr-net%u\","
                        "\"queue\":\"rx\",\"file\":\"%s\"}",
                        n->index, n->index, n->capture_path);
    if (!qmp_client_post(n->node->qmp, "object-add", props, error) ||
        !qmp_client_settle(n->node->qmp, NODE_REPLY_MS, error))
        return false;
    errno = EPROTO;
    return read(n->capture, header, sizeof(header)) == sizeof(header) ||
           fail_errno("filter-dump wrote no file header", error);
}

Nic *nic_new(Node *node, unsigned index, GError **error)
{
    Nic *n = g_new0(Nic, 1);
    int half = ROOM / 2; /* the kernel doubles it (socket(7)) */

    n->node = node;
    n->index = index;
    n->socket = g_array_index(node->cables, int, index);
    n->capture = -1;
    n->captured = g_byte_array_sized_new(READ_CHUNK);
    setsockopt(n->socket, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half)); /* less will do */
    if (!open_capture(n, error)) {
        g_prefix_error(error, "node %s, card %u: ", node->name, index);
        nic_free(n);
        return NULL;
    }
    if (!node->nics)
        node->nics = g_ptr_array_new();
    g_ptr_array_add(node->nics, n);
    return n;
}

void nic_free(Nic *n)
{
    if (!n)
        return;
    fd_clear(&n->capture);
    if (n->node->nics)
        g_ptr_array_remove(n->node->nics, n);
    g_byte_array_unref(n->captured);
    g_free(n->capture_path);
    g_free(n);
}

/* --- what the guest sends --- */

void nic_read(Nic *n)
{
    for (;;) {
        guint before = n->captured->len;
        ssize_t got;

        g_byte_array_set_size(n->captured, before + READ_CHUNK);
        got = read(n->capture, n->captured->data + before, READ_CHUNK);
        g_byte_array_set_size(n->captured, before + (guint)MAX(got, 0));
        if (got < READ_CHUNK)
            return;
    }
}

bool nic_collect(Nic *n, VTime until, NicFrameFunc func, void *data)
{
    /* Each was sent within the last second before `until`, the first one too. */
    int64_t earliest_us = vtime_floor_us(until) - US_PER_S + 1;
    const uint8_t *frame;
    DumpResult result;
    DumpHead head;
    guint used = 0;

    while ((result = dump_read(n->captured->data + used, n->captured->len - used, &head, &frame)) ==
           DUMP_RECORD) {
        func(vtime(dump_time(&n->clock, &head, earliest_us) * NS_PER_US), frame, head.caplen, data);
        used += (guint)(sizeof(head) + head.caplen);
    }
    if (used > 0)
        g_byte_array_remove_range(n->captured, 0, used);
    return result != DUMP_BROKEN;
}

/* --- what it receives --- */

/* What a frame takes of the socket's room, at most: Linux counts whole allocations, a power of two
 * that holds the bytes and their bookkeeping, and the head of the buffer. */
static size_t load_of(size_t size)
{
    size_t allocated = 512;

    while (allocated < size + 320)
        allocated *= 2;
    return allocated + 256;
}

bool nic_fill(NicFill *fill, size_t size)
{
    size_t load = fill->load + load_of(size);

    if (fill->frames == MAX_FRAMES || (fill->frames > 0 && load > ROOM))
        return false;
    fill->frames++;
    fill->load = load;
    return true;
}

bool nic_put(Nic *n, const uint8_t *frame, size_t size)
{
    if (!nic_fill(&n->fill, size))
        return false;
    n->frames[n->fill.frames - 1] = (Frame){frame, size, 0};
    return true;
}

void nic_aim(Nic *n, int64_t at_us)
{
    n->aim_us = at_us;
}

static int in_socket(const Nic *n)
{
    int bytes = 0;

    return ioctl(n->socket, SIOCOUTQ, &bytes) == 0 ? bytes : INT_MAX;
}

/* Frames leave the socket in the order in which they came. */
static unsigned taken(const Nic *n)
{
    int left = n->n_sent > 0 ? in_socket(n) : 0, weight = 0;
    unsigned i = n->n_sent;

    while (i > 0 && weight < left)
        weight += n->frames[--i].weight;
    return i;
}

unsigned nic_settle(Nic *n)
{
    unsigned gone = taken(n);

    for (unsigned i = 0; i < gone; i++)
        n->fill.load -= load_of(n->frames[i].size);
    n->fill.frames -= gone;
    n->n_sent -= gone;
    memmove(n->frames, n->frames + gone, n->fill.frames * sizeof(*n->frames));
    return gone;
}

unsigned nic_sent(const Nic *n)
{
    return n->n_sent;
}

void nic_take_back(Nic *n)
{
    while (n->fill.frames > n->n_sent)
        n->fill.load -= load_of(n->frames[--n->fill.frames].size);
}

void nic_clear(Nic *n)
{
    n->fill = (NicFill){0};
    n->n_sent = 0;
}

bool nic_send(Nic *n, bool at_rest, GError **error)
{
    int before = n->n_sent < n->fill.frames ? in_socket(n) : 0;

    for (; (n->armed || at_rest) && n->n_sent < n->fill.frames; n->n_sent++) {
        Frame *f = &n->frames[n->n_sent];
        int now;

        if (send(n->socket, f->data, f->size, MSG_NOSIGNAL) != (ssize_t)f->size) {
            if (errno == EAGAIN || errno == ENOBUFS)
                return true; /* less room than usual: the rest follows */
            return fail_errno("QEMU takes no frame", error);
        }
        now = in_socket(n);
        f->weight = MAX(now - before, 1); /* QEMU may be reading already */
        before = now;
    }
    return true;
}

bool nic_wait_taken(Nic *n, GError **error)
{
    HTime start = htime_now();

    while (n->n_sent < n->fill.frames || taken(n) < n->n_sent) {
        if (htime_sub(htime_now(), start).ns > NODE_REPLY_MS * NS_PER_MS) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU does not read its frames");
            return false;
        }
        /* Each round trip gives QEMU's main loop another turn. */
        if (!qmp_client_post(n->node->qmp, "query-status", NULL, error) ||
            !qmp_client_settle(n->node->qmp, NODE_REPLY_MS, error) || !nic_send(n, true, error))
            return false;
    }
    return true;
}

/* What a filter-buffer that is deleted hands out waits in front of a card that is stopped, and gets
 * there when it goes on, before any vCPU does (net_vm_change_state_handler(), net/net.c). */
bool nic_release(Nic *n, GError **error)
{
    g_autofree char *id = g_strdup_printf("{\"id\":\"mr%u\"}", n->index);

    if (!n->armed || n->n_sent == 0 || n->aim_us == 0 ||
        n->aim_us > vtime_floor_us(n->node->clock.virtual_time))
        return true;
    n->armed = false;
    return qmp_client_post(n->node->qmp, "object-del", id, error) &&
           qmp_client_settle(n->node->qmp, NODE_REPLY_MS, error);
}

/* A timer that is due already fires when the node goes on, and is on the grid then; but it would
 * hand out at once what is sent now for the next boundary. */
static bool on_grid(const Nic *n, int64_t now_us, int64_t first_us, int64_t quantum_us)
{
    if (!n->armed || n->quantum_us != quantum_us)
        return false;
    return n->next_us == first_us || (n->next_us <= now_us && n->next_us + quantum_us == first_us &&
                                      n->n_sent == n->fill.frames);
}

static bool set_interval(const Nic *n, int64_t interval_us, GError **error)
{
    g_autofree char *set =
        g_strdup_printf("{\"path\":\"mr%u\",\"property\":\"interval\",\"value\":%" PRId64 "}",
                        n->index, interval_us);

    return qmp_client_post(n->node->qmp, "qom-set", set, error);
}

/* Frames wait in it for that very time: made anew it would hand them out at once. */
static bool holds_for(const Nic *n, int64_t aim_us)
{
    return n->armed && n->n_sent > 0 && n->next_us == aim_us;
}

bool nic_keeps_up(const Nic *n, int64_t first_us, int64_t quantum_us)
{
    return n->node->interval == INTERVAL_HOLDS || n->quantum_us == quantum_us ||
           !holds_for(n, first_us);
}

bool nic_arm(Nic *n, int64_t first_us, int64_t quantum_us, GError **error)
{
    bool can_set = n->node->interval == INTERVAL_HOLDS;
    int64_t now_us = vtime_floor_us(n->node->clock.virtual_time);
    int64_t aim_us = n->aim_us > now_us ? n->aim_us : first_us;
    g_autofree char *id = g_strdup_printf("{\"id\":\"mr%u\"}", n->index);
    g_autofree char *add =
        g_strdup_printf("{\"qom-type\":\"filter-buffer\",\"id\":\"mr%u\",\"netdev\":\"mtr-net%u\","
                        "\"queue\":\"tx\",\"interval\":%" PRId64 "}",
                        n->index, n->index, aim_us - now_us);

    if (on_grid(n, now_us, aim_us, quantum_us))
        return true;
    if (!holds_for(n, aim_us)) {
        if ((n->armed && !qmp_client_post(n->node->qmp, "object-del", id, error)) ||
            !qmp_client_post(n->node->qmp, "object-add", add, error))
            return false;
        n->armed = true;
        n->next_us = aim_us;
        n->quantum_us = aim_us - now_us;
    }
    /* What can't be set behind the first firing is as it is: then it is made anew. */
    if (n->quantum_us == quantum_us || !can_set)
        return true;
    n->quantum_us = quantum_us;
    return set_interval(n, quantum_us, error);
}

void nic_reached(Nic *n, int64_t stamp_us)
{
    if (n->next_us <= stamp_us)
        n->next_us = stamp_us + n->quantum_us;
}
