/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gateway.c: unix sockets and tap devices, which do not block, and a queue of kept frames.
 * Documentation/networking/tuntap.rst of the kernel documents tap devices.
 */
#include "controller/fabric/gateway.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/socket-file.h"
#include "controller/fabric/tape.h"
#include "controller/network/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

G_DEFINE_QUARK(metronome_gateway_error_quark, gateway_error)

#define TUN_DEVICE "/dev/net/tun"

typedef struct {
    size_t size;
    uint8_t data[];
} Kept;

struct Gateway {
    char *name, *description;
    GatewayOptions options; /* the texts are owned */
    int fd;
    bool is_tap;
    char *path;              /* socket file to be removed; NULL: none */
    struct sockaddr_un peer; /* sun_path empty: no peer known yet */
    bool peer_is_fixed;
    bool deaf;   /* the log already reports that nobody takes the frames */
    GQueue kept; /* Kept */
    size_t kept_bytes;
    GatewayStats stats;
    Tape *tape;
    GatewayStats begun; /* when the tape began */
    bool again;         /* the present barrier is known */
    uint8_t buffer[FRAME_MAX];
};

static bool set_gateway_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool set_gateway_error(GError **error, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(GATEWAY_ERROR, 0, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

/* --- options --- */

static bool check_paths(const GatewayOptions *o, GError **error)
{
    g_autoptr(GError) e = NULL;

    if (o->unix_path && !socket_file_fits(o->unix_path, &e))
        return set_gateway_error(error, "unix='%s': %s", o->unix_path, e->message);
    if (o->peer && !socket_file_check_length(o->peer, &e))
        return set_gateway_error(error, "peer='%s': %s", o->peer, e->message);
    return true;
}

bool gateway_check(const GatewayOptions *o, GError **error)
{
    if (!o->unix_path == !o->tap)
        return set_gateway_error(error, "either unix=PATH or tap=IFNAME is needed");
    if (o->tap && o->peer)
        return set_gateway_error(error, "peer='%s' belongs to unix=PATH: a tap device has none",
                                 o->peer);
    if (o->tap && (!*o->tap || strlen(o->tap) >= IFNAMSIZ))
        return set_gateway_error(error, "tap='%s': an interface's name has 1 to %d bytes", o->tap,
                                 IFNAMSIZ - 1);
    if (o->peer && o->unix_path && strcmp(o->peer, o->unix_path) == 0)
        return set_gateway_error(error, "peer='%s' is the gateway's own socket", o->peer);
    return check_paths(o, error);
}

/* --- a unix socket --- */

static bool open_unix(Gateway *g, const GatewayOptions *o, GError **error)
{
    g_autoptr(GError) e = NULL;

    g->fd = socket_file_bind(o->unix_path, SOCK_DGRAM, 0777, &e);
    if (g->fd < 0)
        return set_gateway_error(error, "unix='%s': %s", o->unix_path, e->message);
    g->path = g_strdup(o->unix_path);
    g->description = o->peer ? g_strdup_printf("unix=%s peer=%s", o->unix_path, o->peer)
                             : g_strdup_printf("unix=%s", o->unix_path);
    if (o->peer)
        g->peer = socket_file_address(o->peer);
    g->peer_is_fixed = o->peer != NULL;
    return true;
}

/* --- a tap device --- */

static bool fail_tap(const char *name, GError **error)
{
    switch (errno) {
    case EPERM:
    case EACCES:
        return set_gateway_error(
            error,
            "tap='%s' is not permitted: it takes root or CAP_NET_ADMIN, or a tap "
            "device of this user, such as `ip tuntap add dev %s mode tap user USER` makes",
            name, name);
    case EINVAL:
        return set_gateway_error(error, "tap='%s' is an interface, but no tap device", name);
    case EBUSY:
        return set_gateway_error(error, "tap='%s' is used by another program", name);
    default:
        return set_gateway_error(error, "tap='%s': " TUN_DEVICE ": %s", name, g_strerror(errno));
    }
}

/* Opens a tap device that exists. TUNSETIFF would make a missing one, without addresses: it
 * would be of no use. */
static bool open_tap(Gateway *g, const char *name, GError **error)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    if (if_nametoindex(name) == 0)
        return set_gateway_error(
            error,
            "tap='%s': there is no such interface: `ip tuntap add dev %s mode tap` "
            "makes it",
            name, name);
    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    g->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (g->fd < 0 || ioctl(g->fd, TUNSETIFF, &request) != 0)
        return fail_tap(name, error);
    g->is_tap = true;
    g->description = g_strdup_printf("tap=%s", name);
    return true;
}

Gateway *gateway_new(const char *name, const GatewayOptions *o, GError **error)
{
    g_autoptr(Gateway) g = NULL;

    if (!gateway_check(o, error))
        return NULL;
    g = g_new0(Gateway, 1);
    g->name = g_strdup(name);
    g->fd = -1;
    g->tape = tape_new();
    g_queue_init(&g->kept);
    g->options = (GatewayOptions){g_strdup(o->unix_path), g_strdup(o->peer), g_strdup(o->tap)};
    if (!(o->tap ? open_tap(g, o->tap, error) : open_unix(g, o, error)))
        return NULL;
    return g_steal_pointer(&g);
}

void gateway_free(Gateway *g)
{
    if (!g)
        return;
    fd_clear(&g->fd);
    if (g->path)
        socket_file_remove(g->path);
    g_queue_clear_full(&g->kept, g_free);
    tape_free(g->tape);
    g_free(g->path);
    g_free(g->name);
    g_free(g->description);
    g_free((char *)g->options.unix_path);
    g_free((char *)g->options.peer);
    g_free((char *)g->options.tap);
    g_free(g);
}

/* --- frames --- */

void gateway_pass(Gateway *g, VTime barrier)
{
    g->again = tape_pass(g->tape, barrier);
}

static const uint8_t *receive_again(Gateway *g, size_t *size)
{
    const uint8_t *frame = tape_next(g->tape, size);

    g->stats.received += frame != NULL;
    return frame;
}

const uint8_t *gateway_receive(Gateway *g, size_t *size)
{
    struct sockaddr_un from = {0};
    socklen_t length = sizeof(from);
    ssize_t got;

    if (g->again)
        return receive_again(g, size);
    if (g->is_tap)
        got = read(g->fd, g->buffer, sizeof(g->buffer));
    else
        got = recvfrom(g->fd, g->buffer, sizeof(g->buffer), MSG_DONTWAIT | MSG_TRUNC,
                       (struct sockaddr *)&from, &length);
    if (got < 0)
        return NULL;
    if (!g->peer_is_fixed && !g->is_tap && length > offsetof(struct sockaddr_un, sun_path))
        g->peer = from;
    g->stats.received++;
    *size = (size_t)got;
    tape_record_frame(g->tape, g->buffer, MIN(*size, sizeof(g->buffer)), *size);
    return g->buffer;
}

typedef enum { OFFER_TAKEN, OFFER_LATER, OFFER_REFUSED } Offer;

static Offer offer(Gateway *g, const uint8_t *frame, size_t size)
{
    ssize_t done;

    errno = ENOTCONN;
    if (g->is_tap)
        done = write(g->fd, frame, size);
    else if (g->peer.sun_path[0] == '\0')
        done = -1;
    else
        done = sendto(g->fd, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&g->peer,
                      sizeof(g->peer));
    if (done >= 0) {
        g->deaf = false;
        g->stats.sent++;
        return OFFER_TAKEN;
    }
    if (errno == EAGAIN || errno == ENOBUFS)
        return OFFER_LATER;
    if (!g->deaf)
        log_warn("gateway %s: nobody takes its frames, which are dropped and counted: %s: %s",
                 g->name, g->description,
                 errno == ENOTCONN ? "nothing has come in yet that could be answered"
                                   : g_strerror(errno));
    g->deaf = true;
    return OFFER_REFUSED;
}

void gateway_flush(Gateway *g)
{
    Kept *k;

    while (!g->again && (k = g_queue_peek_head(&g->kept))) {
        Offer how = offer(g, k->data, k->size);

        if (how == OFFER_LATER)
            return;
        g->stats.refused += how == OFFER_REFUSED;
        g->kept_bytes -= k->size;
        g_free(g_queue_pop_head(&g->kept));
    }
}

static bool keep(Gateway *g, const uint8_t *frame, size_t size)
{
    Kept *k;

    if (g->kept_bytes + size > GATEWAY_MAX_BEHIND)
        return false;
    k = g_malloc(sizeof(*k) + size);
    k->size = size;
    memcpy(k->data, frame, size);
    g_queue_push_tail(&g->kept, k);
    g->kept_bytes += size;
    return true;
}

/* The outside has it already. */
static bool send_again(Gateway *g)
{
    bool refused = tape_refused(g->tape);

    g->stats.refused += refused;
    g->stats.sent += !refused;
    return !refused;
}

bool gateway_send(Gateway *g, const uint8_t *frame, size_t size)
{
    Offer how;
    bool taken;

    if (g->again)
        return send_again(g);
    gateway_flush(g);
    how = g_queue_is_empty(&g->kept) ? offer(g, frame, size) : OFFER_LATER;
    taken = how == OFFER_TAKEN || (how == OFFER_LATER && keep(g, frame, size));
    g->stats.refused += !taken;
    tape_record_sent(g->tape, taken);
    return taken;
}

/* --- going back --- */

void gateway_begin(Gateway *g, VTime now)
{
    tape_begin(g->tape, now);
    g->begun = g->stats;
}

void gateway_cut(Gateway *g, VTime now)
{
    tape_cut(g->tape, now);
}

void gateway_put_back(Gateway *g, VTime now)
{
    GatewayStats since;

    tape_count(g->tape, now, &since.received, &since.sent, &since.refused);
    g->stats = (GatewayStats){g->begun.received + since.received, g->begun.sent + since.sent,
                              g->begun.refused + since.refused};
}

bool gateway_forgets(const Gateway *g)
{
    return tape_is_full(g->tape);
}

const GatewayOptions *gateway_options(const Gateway *g)
{
    return &g->options;
}

const char *gateway_describe(const Gateway *g)
{
    return g->description;
}

const GatewayStats *gateway_stats(const Gateway *g)
{
    return &g->stats;
}
