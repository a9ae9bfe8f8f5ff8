/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.c: finds the receive ring of a virtio card in QEMU's memory and reads how full the ring
 * is.
 *
 * The ring's address comes from QMP (x-query-virtio-queue-status and gpa2hva); its contents are
 * read with process_vm_readv(), without QEMU's help.
 */
#include "controller/fabric/ring.h"

#include "controller/base/log.h"
#include "controller/qemu/nic-options.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>

/*
 * Time after which QEMU is asked again for a ring that frames wait for. The pause grows while there
 * is no ring. A ring that stays full is asked for again too, as another may have replaced it.
 */
#define FIRST_PAUSE_US INT64_C(1000)
#define LAST_PAUSE_US  INT64_C(16000)
#define FULL_PAUSE_US  INT64_C(100000)
#define NEVER_US       (-FULL_PAUSE_US)

/* virtio 1.2, 2.7: the split virtqueue. */
#define MAX_SIZE       1024 /* QEMU's VIRTQUEUE_MAX_SIZE */
#define DESC_NEXT      1
#define DESC_WRITE     2 /* written by the card */
#define DESC_INDIRECT  4
#define HEADER         12
#define SHORTEST_FRAME 60

typedef struct {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
} Descriptor;

typedef struct {
    uint16_t flags, index;
    uint16_t ring[MAX_SIZE];
} Available;

typedef struct {
    uint16_t flags, index;
} Used;

typedef enum {
    RING_UNKNOWN,
    RING_KNOWN,
    RING_OPAQUE,
} RingKind;

/* QEMU's answer about the ring. */
typedef struct {
    QmpVirtioQueue queue;       /* in the guest's addresses; avail 0: there is no ring */
    uint64_t desc, avail, used; /* addresses in QEMU's own memory */
    bool nowhere; /* a part is in no memory: the card takes nothing until there is another ring */
    bool device;  /* a part is in memory that is no RAM */
    bool translated; /* the ring is packed, or an IOMMU translates its addresses */
    char *error;     /* why QEMU gives no answer; or NULL */
} Answer;

struct Ring {
    Node *node;
    unsigned number;
    uint8_t mac[6];
    char *path; /* QEMU's name of the device */
    RingKind kind;

    int64_t asked_for_us; /* boundary for which QEMU was asked last */
    int64_t pause_us;     /* how long before QEMU is asked again */
    Answer ahead;         /* answer that ring_look_ahead() got */
    int64_t ahead_for_us; /* boundary of that answer; NEVER_US: there is none */

    bool measured;
    QmpVirtioQueue queue; /* from QEMU's answer */
    unsigned size;
    unsigned most;                       /* most free buffers that the ring has had */
    uint64_t at_desc, at_avail, at_used; /* addresses in QEMU's memory */
    Descriptor desc[MAX_SIZE];           /* as they were measured */
    Available avail;
    Used used;
    RingCursor taken;  /* room used by frames that were sent since */
    unsigned given;    /* certain frames handed over at this boundary, not shown yet */
    unsigned owed;     /* buffers of all frames handed over at this boundary, not shown yet */
    unsigned due;      /* as `given`, of earlier boundaries: the next measure has to show them */
    unsigned due_owed; /* as `owed`, of earlier boundaries */
    unsigned hidden;   /* certain frames that the last measure did not show, though it had to */
    bool reported;     /* frames that were lost with a ring */
};

Ring *ring_new(Node *node, unsigned index)
{
    const NodeOptions *o = node->options;
    Ring *r = g_new0(Ring, 1);

    r->node = node;
    r->number = index;
    r->asked_for_us = r->ahead_for_us = NEVER_US;
    r->pause_us = FIRST_PAUSE_US;
    r->path = o && index < o->nics ? nic_options_virtio_path(o, index) : NULL; /* else a UART */
    if (!r->path)
        r->kind = RING_OPAQUE;
    else
        node_options_mac(o, node->index, index, r->mac);
    return r;
}

static void clear_answer(Answer *a)
{
    g_free(a->error);
    *a = (Answer){.error = NULL};
}

void ring_free(Ring *r)
{
    if (!r)
        return;
    clear_answer(&r->ahead);
    g_free(r->path);
    g_free(r);
}

/* --- how full the ring is --- */

typedef enum {
    READ_ALL,
    READ_NOWHERE, /* a part of the ring is in no memory */
    READ_FORBIDDEN,
} ReadResult;

static ReadResult read_memory(Ring *r)
{
    struct iovec to[] = {{&r->used, sizeof(r->used)},
                         {&r->avail, 4 + 2 * r->size},
                         {r->desc, r->size * sizeof(*r->desc)}};
    struct iovec from[] = {{(void *)(uintptr_t)r->at_used, to[0].iov_len},
                           {(void *)(uintptr_t)r->at_avail, to[1].iov_len},
                           {(void *)(uintptr_t)r->at_desc, to[2].iov_len}};
    ssize_t all = (ssize_t)(to[0].iov_len + to[1].iov_len + to[2].iov_len);
    ssize_t got = process_vm_readv(r->node->pid, to, 3, from, 3, 0);

    if (got == all)
        return READ_ALL;
    return got >= 0 || errno == EFAULT ? READ_NOWHERE : READ_FORBIDDEN;
}

/* Number of buffers that the guest has given and the card has not used. */
static unsigned free_buffers(const Ring *r)
{
    return (uint16_t)(r->avail.index - r->used.index);
}

/* The driver has made another ring, or begun the old one anew: reports the frames that the ring has
 * not shown, as a card without a driver drops what it is handed. */
static void report_lost(Ring *r)
{
    if (r->hidden == 0)
        return;
    log_write(r->reported ? LOG_INFO : LOG_WARN,
              "node %s, card %u: its driver was reset, and its old ring does not show %u of the "
              "frames that it was handed last: they are lost, though they count as received",
              r->node->name, r->number, r->hidden);
    r->reported = true;
    r->hidden = 0;
}

/* Counts what the ring shows since it was measured last: `used` more buffers. Frames of earlier
 * boundaries come first. A frame that the card may have filtered out is never shown, so it counts
 * for room alone, and once. */
static void count_shown(Ring *r, unsigned used)
{
    r->hidden = r->due - MIN(used, r->due);
    r->given -= MIN(r->given, used - MIN(used, r->due));
    r->owed -= MIN(r->owed, used - MIN(used, r->due_owed));
    r->due = r->due_owed = 0;
}

bool ring_measure(Ring *r)
{
    uint16_t before = r->used.index, used;

    if (r->kind != RING_KNOWN || r->measured)
        return false;
    r->measured = true;
    if (read_memory(r) != READ_ALL) {
        r->kind = RING_UNKNOWN; /* the ring is gone, or QEMU is */
    } else if ((used = (uint16_t)(r->used.index - before)) > r->size) {
        r->kind = RING_UNKNOWN; /* the driver has begun it anew */
        r->hidden = r->due + r->given;
        report_lost(r);
    } else {
        count_shown(r, used);
        if (free_buffers(r) > r->size || r->hidden > 0)
            r->kind = RING_UNKNOWN; /* the driver may have another ring now */
    }
    r->taken = (RingCursor){r->owed};
    r->most = MAX(r->most, free_buffers(r));
    return true;
}

RingCursor ring_cursor(const Ring *r)
{
    return r->taken;
}

/* Bytes of the i-th free buffer. A buffer with a table of its own counts as one that holds a
 * whole frame: drivers that give each frame one buffer make such buffers. */
static uint64_t bytes_of(const Ring *r, unsigned i)
{
    unsigned d = r->avail.ring[(uint16_t)(r->used.index + i) % r->size];
    uint64_t bytes = 0;

    for (unsigned n = 0; n < r->size && d < r->size; n++, d = r->desc[d].next) {
        if (r->desc[d].flags & DESC_INDIRECT)
            return UINT32_MAX;
        if (r->desc[d].flags & DESC_WRITE)
            bytes += r->desc[d].bytes;
        if (!(r->desc[d].flags & DESC_NEXT))
            break;
    }
    return bytes;
}

/* A frame that all buffers together can't hold counts as one that fits: the card drops it. */
bool ring_fits(const Ring *r, RingCursor *c, size_t size)
{
    uint64_t missing = HEADER + MAX(size, SHORTEST_FRAME);
    unsigned i = c->used, left = free_buffers(r);

    if (r->kind != RING_KNOWN)
        return r->kind == RING_OPAQUE;
    while (i < left && missing > 0) {
        uint64_t bytes = bytes_of(r, i++);

        missing -= MIN(missing, bytes);
    }
    if (missing > 0 && (c->used > 0 || left == 0 || left < r->most))
        return false;
    c->used = i;
    return true;
}

unsigned ring_accept(Ring *r, const uint8_t *frame, size_t size, bool *certain)
{
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    unsigned before = r->taken.used;

    ring_fits(r, &r->taken, size);
    *certain = size >= sizeof(all) &&
               (memcmp(frame, all, sizeof(all)) == 0 || memcmp(frame, r->mac, sizeof(r->mac)) == 0);
    return r->taken.used - before;
}

void ring_gave(Ring *r, unsigned buffers, bool certain)
{
    r->given += certain;
    r->owed += buffers;
}

/* --- where the ring is --- */

/* Finds the address in QEMU's memory of a part of the guest's memory. */
static bool find(const Ring *r, uint64_t guest, uint64_t *out, Answer *a, GError **error)
{
    g_autofree char *line = g_strdup_printf("gpa2hva 0x%" PRIx64, guest);
    g_autofree char *text = qmp_hmp(r->node->qmp, line, NODE_REPLY_MS, error);
    const char *is = text ? strstr(text, ") is 0x") : NULL;

    if (is)
        *out = g_ascii_strtoull(is + strlen(") is 0x"), NULL, 16);
    else if (text && strstr(text, "No memory is mapped"))
        a->nowhere = true;
    else
        a->device = true;
    return text != NULL;
}

/* Whether the device has this option and the option is on. */
static bool has_option(const Ring *r, const char *name)
{
    g_autofree char *args = g_strdup_printf("{\"path\":\"%s\",\"property\":\"%s\"}", r->path, name);
    g_autofree char *value = qmp_client_call(r->node->qmp, "qom-get", args, NODE_REPLY_MS, NULL);

    return g_strcmp0(value, "true") == 0;
}

static bool ask(const Ring *r, Answer *a, GError **error)
{
    GError *e = NULL;

    if (!qmp_query_virtio_queue(r->node->qmp, r->path, 0, NODE_REPLY_MS, &a->queue, &e)) {
        if (!g_error_matches(e, QMP_ERROR, QMP_ERROR_COMMAND)) {
            g_propagate_error(error, e);
            return false;
        }
        a->error = g_strdup(e->message);
        g_error_free(e);
        return true;
    }
    if (a->queue.avail == 0)
        return true;
    a->translated = has_option(r, "packed") || has_option(r, "iommu_platform");
    return find(r, a->queue.desc, &a->desc, a, error) &&
           find(r, a->queue.avail, &a->avail, a, error) &&
           find(r, a->queue.used, &a->used, a, error);
}

static void be_opaque(Ring *r, const char *why)
{
    r->kind = RING_OPAQUE;
    log_warn("node %s, card %u: how much it takes in can't be told: %s; what it has no room for is "
             "lost where the node is stopped",
             r->node->name, r->number, why);
}

static void be_known(Ring *r, const Answer *a)
{
    r->most = r->given = r->owed = r->due = r->due_owed = r->hidden = 0;
    r->measured = false;
    r->kind = RING_KNOWN;
    r->queue = a->queue;
    r->size = (unsigned)a->queue.size;
    r->at_desc = a->desc;
    r->at_avail = a->avail;
    r->at_used = a->used;
    switch (read_memory(r)) {
    case READ_ALL:
        break;
    case READ_NOWHERE: /* the ring begins in memory and ends where there is none */
        r->kind = RING_UNKNOWN;
        break;
    case READ_FORBIDDEN:
        be_opaque(r, g_strerror(errno));
        break;
    }
}

/* Whether the ring is where it was, and of the same size. */
static bool is_same(const Ring *r, const Answer *a)
{
    const QmpVirtioQueue *now = &a->queue, *then = &r->queue;

    return !a->error && now->size == then->size && now->desc == then->desc &&
           now->avail == then->avail && now->used == then->used && a->desc == r->at_desc &&
           a->avail == r->at_avail && a->used == r->at_used;
}

static void adopt(Ring *r, const Answer *a)
{
    bool same = is_same(r, a);

    if (same && r->kind == RING_KNOWN)
        return;
    if (!same)
        report_lost(r);
    r->kind = RING_UNKNOWN;
    if (a->error)
        be_opaque(r, a->error);
    else if (a->queue.avail && (a->translated || a->queue.size <= 0 || a->queue.size > MAX_SIZE))
        be_opaque(r, "its driver has laid the ring out otherwise");
    else if (a->queue.avail && a->device)
        be_opaque(r, "its driver has put the ring where there is no RAM");
    else if (a->queue.avail && !a->nowhere)
        be_known(r, a);
    r->pause_us = r->kind == RING_KNOWN ? FIRST_PAUSE_US : MIN(2 * r->pause_us, LAST_PAUSE_US);
}

bool ring_wants_look(const Ring *r, int64_t boundary_us)
{
    return r->kind != RING_OPAQUE &&
           boundary_us - r->asked_for_us >= (r->kind == RING_KNOWN ? FULL_PAUSE_US : r->pause_us);
}

bool ring_look(Ring *r, int64_t boundary_us, GError **error)
{
    Answer answer = {.error = NULL};
    bool ok;

    if (!ring_wants_look(r, boundary_us))
        return true;
    r->asked_for_us = boundary_us;
    if (r->ahead_for_us == boundary_us) {
        adopt(r, &r->ahead);
        return true;
    }
    ok = ask(r, &answer, error);
    if (ok)
        adopt(r, &answer);
    clear_answer(&answer);
    return ok;
}

bool ring_look_ahead(Ring *r, int64_t boundary_us, GError **error)
{
    if (r->kind != RING_UNKNOWN || !ring_wants_look(r, boundary_us))
        return true;
    clear_answer(&r->ahead);
    r->ahead_for_us = boundary_us;
    return ask(r, &r->ahead, error);
}

void ring_reached(Ring *r)
{
    r->measured = false;
    r->due += r->given;
    r->due_owed += r->owed;
    r->given = r->owed = 0;
    r->ahead_for_us = NEVER_US;
}
