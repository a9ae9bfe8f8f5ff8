/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nic.c: one card of a node: its capture FIFO, its socket and its filter-buffer mrI.
 *
 * The card's frames are one queue (`flights`): handed to the guest, sent to QEMU, put, waiting.
 * Counters mark where each part ends.
 */
#include "controller/fabric/nic.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/fabric/ring.h"
#include "controller/qemu/dump.h"
#include "controller/qemu/filters.h"
#include "controller/qemu/uart.h"

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
 * Most frames and bytes for one quantum: the amount that a socket without a reader holds, since
 * QEMU reads nothing while the gate is closed. ROOM is the size that SO_SNDBUF gives every user if
 * net.core.wmem_max has Linux's default. So this amount depends neither on the host nor on
 * privileges.
 */
#define MAX_FRAMES 256
#define ROOM       425984

/* Interval of a filter-buffer that is not to fire again. */
#define NEVER_US FILTERS_LONGEST_US

struct Nic {
    Node *node;
    unsigned index;
    char buffer_id[16]; /* "mrI" */
    int socket;         /* owned by the node */
    const Uart *uart;   /* NULL: the card is a network card */
    char brake_id[16];  /* UART: "mbI" */
    bool braked;        /* mbI is there */
    unsigned fresh;     /* UART: bytes that it was handed at the last boundary */
    bool looked;        /* `stalled` is of the last boundary */
    bool stalled;       /* UART: bytes of earlier boundaries wait in front of it */
    int64_t reached_us; /* the last boundary */
    int capture;
    char *capture_path;
    GByteArray *captured; /* whole and partial records */
    guint handed_out;     /* bytes of `captured` that were handed out */
    DumpClock clock;
    bool armed;
    int64_t next_us; /* when mrI's timer is due, in the node's own µs */
    int64_t quantum_us;
    bool exact;
    Ring *ring;
    int64_t boundary_us; /* the boundary that comes next */
    int64_t grid_us;     /* distance of the boundaries behind it */
    GArray *flights;     /* shared with the port */
    NicFill fill;        /* sum of the flights that were put */
    unsigned n_sent;     /* flights sent to QEMU; exact card: QEMU has taken them */
    unsigned n_given; /* exact card: flights that the guest has; those up to n_sent are one group */
};

static Flight *flight(const Nic *n, unsigned i)
{
    return &g_array_index(n->flights, Flight, i);
}

static bool fail_errno(const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "%s: %s", what, g_strerror(errno));
    return false;
}

/* Makes the capture FIFO and its filter-dump. The FIFO is held open read-write, so that QEMU's
 * open does not wait and QEMU's end is not seen as ours. */
static bool open_capture(Nic *n, GError **error)
{
    g_autofree char *props = NULL;
    uint8_t header[DUMP_FILE_HEADER];

    n->capture_path = g_strdup_printf("%s/x%u", n->node->fifos, n->index);
    unlink(n->capture_path);
    if (mkfifo(n->capture_path, 0600) != 0 ||
        (n->capture = open(n->capture_path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
        return fail_errno(n->capture_path, error);
    fcntl(n->capture, F_SETPIPE_SZ, FIFO_SIZE); /* a smaller pipe will do */
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

Nic *nic_new(Node *node, unsigned index, GArray *flights, GError **error)
{
    Nic *n = g_new0(Nic, 1);
    int half = ROOM / 2; /* the kernel doubles the value (socket(7)) */

    n->node = node;
    n->index = index;
    g_snprintf(n->buffer_id, sizeof(n->buffer_id), "mr%u", index);
    n->flights = g_array_ref(flights);
    n->ring = ring_new(node, index);
    n->socket = g_array_index(node->cables, int, index);
    n->uart = uart_of_card(node, index);
    g_snprintf(n->brake_id, sizeof(n->brake_id), "mb%u", index);
    n->capture = -1;
    n->captured = g_byte_array_sized_new(READ_CHUNK);
    setsockopt(n->socket, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half)); /* less will do */
    if ((n->uart && !uart_join(node, n->uart, error)) || !open_capture(n, error)) {
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
    ring_free(n->ring);
    g_array_unref(n->flights);
    g_byte_array_unref(n->captured);
    g_free(n->capture_path);
    g_free(n);
}

/* --- frames that the guest sends --- */

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

bool nic_next_sent(Nic *n, VTime until, NicSent *out)
{
    /* Each frame was sent within the last second before `until`, the first one too. */
    int64_t earliest_us = vtime_floor_us(until) - US_PER_S + 1;
    DumpHead head;

    switch (dump_read(n->captured->data + n->handed_out, n->captured->len - n->handed_out, &head,
                      &out->data)) {
    case DUMP_RECORD:
        out->at = vtime(dump_time(&n->clock, &head, earliest_us) * NS_PER_US);
        out->size = head.caplen;
        n->handed_out += (guint)(sizeof(head) + head.caplen);
        return true;
    case DUMP_BROKEN:
        log_warn("node %s: its capture can't be read", n->node->name);
        break;
    case DUMP_PARTIAL:
        break;
    }
    if (n->handed_out > 0)
        g_byte_array_remove_range(n->captured, 0, n->handed_out);
    n->handed_out = 0;
    return false;
}

/* --- frames that the guest receives --- */

/* The most that a frame takes of the socket's room. Linux counts whole allocations: a power of
 * two that holds the bytes and their bookkeeping, and the head of the buffer. */
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

void nic_set_exact(Nic *n, bool exact)
{
    n->exact = exact;
}

bool nic_is_line(const Nic *n)
{
    return n->uart;
}

bool nic_is_exact(const Nic *n)
{
    return n->exact;
}

bool nic_put(Nic *n, int64_t at_us)
{
    Flight *f = flight(n, n->fill.frames);

    if (!nic_fill(&n->fill, f->size))
        return false;
    f->at_us = n->exact ? at_us : 0;
    f->given_us = 0;
    f->certain = false;
    return true;
}

unsigned nic_n_put(const Nic *n)
{
    return n->fill.frames;
}

static int in_socket(const Nic *n)
{
    int bytes = 0;

    return ioctl(n->socket, SIOCOUTQ, &bytes) == 0 ? bytes : INT_MAX;
}

/* Number of sent frames that have left the socket. Frames leave in the order in which they came. */
static unsigned out_of_socket(const Nic *n)
{
    int left = n->n_sent > 0 ? in_socket(n) : 0, weight = 0;
    unsigned i = n->n_sent;

    while (i > 0 && weight < left)
        weight += flight(n, --i)->weight;
    return i;
}

unsigned nic_taken(const Nic *n)
{
    return n->exact ? n->n_given : out_of_socket(n);
}

static void accept_frame(Nic *n, Flight *f)
{
    f->buffers = ring_accept(n->ring, f->data, f->size, &f->certain);
}

/* At most once a boundary, so that other stops change nothing. What was handed over at the boundary
 * itself counts as taken: QEMU's main loop may read it only when the gate opens. */
static void look_at_line(Nic *n)
{
    if (!n->looked)
        n->stalled = uart_unread(n->uart) > n->fresh;
    n->looked = true;
}

static void measure(Nic *n)
{
    if (n->uart)
        look_at_line(n);
    if (ring_measure(n->ring))
        for (unsigned i = n->n_given; i < n->n_sent; i++)
            accept_frame(n, flight(n, i));
}

void nic_forget(Nic *n, unsigned count, bool given)
{
    for (unsigned i = 0; i < count; i++) {
        if (given && flight(n, i)->given_us >= (n->exact ? n->reached_us : 0))
            n->fresh++;
        if (given)
            ring_gave(n->ring, flight(n, i)->buffers, flight(n, i)->certain);
        n->fill.load -= load_of(flight(n, i)->size);
    }
    n->fill.frames -= count;
    n->n_sent -= MIN(n->n_sent, count);
    n->n_given -= MIN(n->n_given, count);
    g_array_remove_range(n->flights, 0, count);
}

unsigned nic_sent(const Nic *n)
{
    return n->n_sent;
}

bool nic_holds(const Nic *n)
{
    return n->n_sent > n->n_given;
}

void nic_recall(Nic *n)
{
    while (n->fill.frames > n->n_sent)
        n->fill.load -= load_of(flight(n, --n->fill.frames)->size);
}

void nic_clear(Nic *n)
{
    n->fill = (NicFill){0};
    n->n_sent = n->n_given = 0;
}

/* Index of the first unsent frame that the guest's ring has no room for. */
static unsigned limit(Nic *n)
{
    unsigned i = n->n_sent;
    RingCursor cursor;

    if (i == n->fill.frames)
        return i;
    measure(n);
    if (n->stalled)
        return i;
    cursor = ring_cursor(n->ring);
    while (i < n->fill.frames && ring_fits(n->ring, &cursor, flight(n, i)->size))
        i++;
    return i;
}

/* Asks QEMU for the ring if frames wait for room. The node is at rest. */
static bool look(Nic *n, GError **error)
{
    return limit(n) == n->fill.frames || ring_look(n->ring, n->boundary_us, error);
}

/* Sends the next frame. False if the socket has no room, or, with *error set, if the send
 * failed. */
static bool send_next(Nic *n, int *in_there, GError **error)
{
    Flight *f = flight(n, n->n_sent);
    int now;

    if (send(n->socket, f->data, f->size, MSG_NOSIGNAL) != (ssize_t)f->size) {
        if (errno != EAGAIN && errno != ENOBUFS)
            fail_errno("QEMU takes no frame", error);
        return false;
    }
    now = in_socket(n);
    f->weight = MAX(now - *in_there, 1); /* QEMU may be reading already */
    *in_there = now;
    accept_frame(n, f);
    n->n_sent++;
    return true;
}

/* Deletes mrI. The frames that mrI hands out then wait in front of the stopped card. The card
 * gets them when it goes on, before any vCPU does (net_vm_change_state_handler(), net/net.c). */
static bool delete_buffer(Nic *n, GError **error)
{
    if (!n->armed)
        return true;
    n->armed = false;
    return filters_delete(n->node, n->buffer_id, error);
}

static bool drop_brake(Nic *n, GError **error)
{
    bool there = n->braked;

    n->braked = false;
    return !there || filters_delete(n->node, n->brake_id, error);
}

static bool drop_buffer(Nic *n, GError **error)
{
    return delete_buffer(n, error) && drop_brake(n, error) && filters_settle(n->node, error);
}

/* Makes mrI anew. mrI fires at at_us and then at the distance from now_us to at_us. */
static bool add_buffer(Nic *n, int64_t now_us, int64_t at_us, GError **error)
{
    g_autofree char *netdev = g_strdup_printf("mtr-net%u", n->index);
    const FilterBuffer buffer = {
        .id = n->buffer_id, .netdev = netdev, .queue = "tx", .interval_us = at_us - now_us};

    if (!delete_buffer(n, error) || !filters_add(n->node, &buffer, error))
        return false;
    n->armed = true;
    n->next_us = at_us;
    n->quantum_us = at_us - now_us;
    return true;
}

/* Sets the interval behind the first firing. If QEMU can't set that, the interval stays. */
static bool set_distance(Nic *n, int64_t quantum_us, GError **error)
{
    if (n->node->interval != INTERVAL_HOLDS)
        return true;
    n->quantum_us = quantum_us;
    return filters_set_interval(n->node, n->buffer_id, quantum_us, error);
}

/* Makes a UART's brake for what it is handed at at_us. Nothing goes through mbI. */
static bool make_brake(Nic *n, int64_t now_us, int64_t at_us, GError **error)
{
    g_autofree char *netdev = g_strdup_printf("mtq%u", n->index);
    const FilterBuffer brake = {
        .id = n->brake_id, .netdev = netdev, .queue = "rx", .interval_us = at_us + 1 - now_us};

    if (!n->uart || at_us - now_us >= NEVER_US)
        return true;
    if (!drop_brake(n, error) || !filters_add(n->node, &brake, error))
        return false;
    n->braked = true;
    return n->node->interval != INTERVAL_HOLDS ||
           filters_set_interval(n->node, n->brake_id, NEVER_US, error);
}

/* Makes mrI for the frames that are sent from now on: it hands them over at at_us and does not
 * fire again. */
static bool make_buffer(Nic *n, int64_t now_us, int64_t at_us, GError **error)
{
    return make_brake(n, now_us, at_us, error) && add_buffer(n, now_us, at_us, error) &&
           set_distance(n, NEVER_US, error) && filters_settle(n->node, error);
}

/* Makes mrI if it is not there. Without it QEMU takes a single frame in front of a stopped card
 * and reads no other one. */
static bool hold(Nic *n, GError **error)
{
    int64_t now_us = vtime_floor_us(n->node->clock.virtual_time);

    return n->armed || make_buffer(n, now_us, now_us + NEVER_US, error);
}

bool nic_send(Nic *n, bool at_rest, GError **error)
{
    unsigned end;
    int in_there;
    GError *e = NULL;

    if (at_rest && !look(n, error))
        return false;
    if (n->exact)
        return true; /* nic_aim() sends the frames */
    end = limit(n);
    if (at_rest && n->n_sent < end && !hold(n, error))
        return false;
    in_there = n->n_sent < end ? in_socket(n) : 0;
    /* If the socket has less room than usual, the other frames follow later. */
    while (n->armed && n->n_sent < end && send_next(n, &in_there, &e))
        ;
    if (e)
        g_propagate_error(error, e);
    return !e;
}

/* Makes one round trip, which gives QEMU's main loop another turn. */
static bool turn(const Nic *n, HTime start, GError **error)
{
    if (htime_sub(htime_now(), start).ns <= NODE_REPLY_MS * NS_PER_MS)
        return filters_turn(n->node, error);
    g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU does not read its frames");
    return false;
}

bool nic_wait_taken(Nic *n, GError **error)
{
    HTime start = htime_now();

    while (!n->exact && (n->n_sent < limit(n) || out_of_socket(n) < n->n_sent))
        if (!turn(n, start, error) || !nic_send(n, true, error))
            return false;
    return true;
}

/* --- frames with times of their own, while the node is at rest --- */

/* Sends all frames up to number `end` and waits until QEMU has taken them. */
static bool hand_in(Nic *n, unsigned end, GError **error)
{
    HTime start = htime_now();
    GError *e = NULL;
    int in_there = 0;

    while (n->n_sent < end || in_socket(n) > 0) {
        while (n->n_sent < end && send_next(n, &in_there, &e))
            ;
        if (e) {
            g_propagate_error(error, e);
            return false;
        }
        if (!turn(n, start, error))
            return false;
    }
    return true;
}

/* Index of the first frame that is due after at_us or has no room. */
static unsigned end_of(Nic *n, int64_t at_us)
{
    unsigned i = n->n_sent, end = limit(n);

    while (i < end && flight(n, i)->at_us <= at_us)
        i++;
    return i;
}

/* The guest has the frames that QEMU held. when_us: when they were handed over; 0: at their
 * time. */
static void give(Nic *n, int64_t when_us)
{
    for (; n->n_given < n->n_sent; n->n_given++)
        flight(n, n->n_given)->given_us = when_us ? when_us : flight(n, n->n_given)->at_us;
}

bool nic_aim(Nic *n, GError **error)
{
    int64_t now_us = vtime_floor_us(n->node->clock.virtual_time);
    unsigned given = n->n_given, due;

    if (!n->exact)
        return true;
    if (nic_holds(n)) {
        if (flight(n, n->n_given)->at_us > now_us)
            return true;
        give(n, 0); /* the group's timer has fired, or fires as soon as the clock runs */
    }
    due = end_of(n, now_us);
    if (due > n->n_sent) {
        if (!hold(n, error) || !hand_in(n, due, error))
            return false;
        give(n, now_us);
    }
    if (n->n_given > given && !drop_buffer(n, error))
        return false;
    if (n->n_sent == limit(n))
        return n->quantum_us == NEVER_US || drop_buffer(n, error);
    return make_buffer(n, now_us, flight(n, n->n_sent)->at_us, error) &&
           hand_in(n, end_of(n, n->next_us), error);
}

int64_t nic_next_stop(Nic *n)
{
    return n->exact && nic_holds(n) && n->n_sent < limit(n) ? flight(n, n->n_given)->at_us
                                                            : INT64_MAX;
}

bool nic_wants_rest(Nic *n, int64_t quantum_us)
{
    unsigned end = limit(n);

    return (end < n->fill.frames && ring_wants_look(n->ring, n->boundary_us)) ||
           (n->exact &&
            (n->n_sent < end || (n->armed && !nic_holds(n) && n->quantum_us < quantum_us / 2)));
}

/* --- frames for boundaries --- */

/* Whether the timer fires at first_us and at every boundary behind it. A timer that is already
 * due fires when the node goes on, and is on the grid afterwards. But it would at once hand out
 * frames that are sent now for the next boundary. */
static bool on_grid(const Nic *n, int64_t now_us, int64_t first_us, int64_t quantum_us)
{
    if (!n->armed || n->quantum_us != quantum_us)
        return false;
    return n->next_us == first_us || (n->next_us <= now_us && n->next_us + quantum_us == first_us &&
                                      n->n_sent == n->fill.frames);
}

/* Whether frames wait in mrI for that very time. If mrI were made anew, it would hand them out
 * at once. */
static bool holds_for(const Nic *n, int64_t first_us)
{
    return n->armed && n->n_sent > 0 && n->next_us == first_us;
}

bool nic_keeps_up(const Nic *n, int64_t first_us, int64_t quantum_us)
{
    return n->exact || n->node->interval == INTERVAL_HOLDS || n->quantum_us == quantum_us ||
           !holds_for(n, first_us);
}

bool nic_stays(const Nic *n, int64_t first_us, int64_t quantum_us)
{
    return n->exact ||
           on_grid(n, vtime_floor_us(n->node->clock.virtual_time), first_us, quantum_us);
}

bool nic_arm(Nic *n, int64_t first_us, int64_t quantum_us, GError **error)
{
    int64_t now_us = vtime_floor_us(n->node->clock.virtual_time);

    n->boundary_us = first_us;
    n->grid_us = quantum_us;
    measure(n); /* frames put within the quantum have the room of now */
    if (!look(n, error))
        return false;
    if (n->exact)
        return nic_aim(n, error);
    if (on_grid(n, now_us, first_us, quantum_us))
        return true;
    /* A timer that has another distance is made anew behind its first firing. */
    return (holds_for(n, first_us) || add_buffer(n, now_us, first_us, error)) &&
           (n->quantum_us == quantum_us || set_distance(n, quantum_us, error));
}

bool nic_look_ahead(Nic *n, GError **error)
{
    return ring_look_ahead(n->ring, n->boundary_us, error);
}

void nic_reached(Nic *n, int64_t stamp_us)
{
    n->reached_us = stamp_us;
    n->fresh = 0;
    n->looked = false;
    if (n->boundary_us <= stamp_us) {
        n->boundary_us = stamp_us + n->grid_us;
        ring_reached(n->ring);
    }
    if (n->exact) {
        if (nic_holds(n) && flight(n, n->n_given)->at_us <= stamp_us)
            give(n, 0);
        return;
    }
    if (n->next_us <= stamp_us)
        n->next_us = stamp_us + n->quantum_us;
}
