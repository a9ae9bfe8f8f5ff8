/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-ring.c: whatever a guest has in the memory of its ring, and wherever QEMU says that it is: no
 * more is said to fit than QEMU's card takes in, what was measured counts until the next boundary,
 * and a smaller frame fits wherever a larger one does.
 *
 * The input is a card, and a list of what happens to it: what the guest writes, what QEMU answers,
 * boundaries, looks, frames. The memory is in this process, which stands for QEMU.
 */
#include "controller/base/log.h"
#include "controller/fabric/ring.h"
#include "controller/qemu/option-keys.h"
#include "tests/lib/fake-monitor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY     32768
#define MOST       1024 /* buffers that a ring has */
#define HEADER     12
#define MAX_FRAMES 2048
#define FOREVER_US INT64_C(1000000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

typedef struct {
    const uint8_t *at, *end;
} Input;

static uint8_t byte(Input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static uint16_t word(Input *in)
{
    uint16_t low = byte(in);

    return (uint16_t)(low | byte(in) << 8);
}

/* --- QEMU and the guest --- */

enum {
    WITHOUT_RING = 1,
    PACKED = 2,
    TRANSLATED = 4,
    REFUSES = 8,
    NOT_MAPPED = 16,
    ELSEWHERE = 32, /* no memory of this process */
    WITHOUT_SENSE = 64,
};

typedef struct {
    Node node;
    Ring *ring;
    int64_t boundary_us;
    unsigned flags, size, desc, avail, used; /* offsets; what QEMU says */
    uint8_t memory[MEMORY];
    uint8_t seen[MEMORY]; /* when it was measured, … */
    bool measured;
    unsigned at_size, at_desc, at_avail, at_used; /* … and the ring that was known then */
} World;

static World *world;

static char *on_command(const char *what, json_object *args, void *data)
{
    const World *w = world;
    uint64_t at;

    (void)data;
    if (strcmp(what, "qom-get") == 0)
        return g_strdup(w->flags & (strcmp(fake_monitor_text(args, "property"), "packed") == 0
                                        ? PACKED
                                        : TRANSLATED)
                            ? "true"
                            : "false");
    if (strcmp(what, "human-monitor-command") == 0) {
        if (w->flags & NOT_MAPPED)
            return g_strdup("\"No memory is mapped at address\\r\\n\"");
        if (w->flags & WITHOUT_SENSE)
            return g_strdup("\"Host virtual address for 0x1 (a) is 0xg is 0x\"");
        at = g_ascii_strtoull(fake_monitor_text(args, "command-line") + strlen("gpa2hva "), NULL,
                              16) -
             1;
        at += w->flags & ELSEWHERE ? UINT64_C(0xffffffffffff0000) : (uintptr_t)w->memory;
        return g_strdup_printf("\"Host virtual address for 0x1 (ram) is 0x%" PRIx64 "\\r\\n\"", at);
    }
    if (w->flags & REFUSES)
        return NULL;
    if (w->flags & WITHOUT_RING)
        return g_strdup("{\"vring-num\": 0, \"vring-desc\": 0, \"vring-avail\": 0, "
                        "\"vring-used\": 0}");
    return g_strdup_printf("{\"vring-num\": %u, \"vring-desc\": %u, \"vring-avail\": %u, "
                           "\"vring-used\": %u}",
                           w->size, w->desc + 1, w->avail + 1, w->used + 1);
}

static unsigned read16(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

static void write16(World *w, unsigned at, unsigned value)
{
    w->memory[at % MEMORY] = (uint8_t)value;
    w->memory[(at + 1) % MEMORY] = (uint8_t)(value >> 8);
}

static void place(World *w, Input *in)
{
    w->flags = byte(in);
    w->size = word(in) % (2 * MOST);
    w->desc = word(in) % (MEMORY - 16 * MOST);
    w->avail = word(in) % (MEMORY - 4 - 2 * MOST);
    w->used = word(in) % (MEMORY - 4);
}

/* Descriptors of one kind, all of them given to the card. */
static void fill(World *w, Input *in)
{
    unsigned bytes = word(in), flags = byte(in), step = byte(in);

    for (unsigned i = 0; i < MIN(w->size, MOST); i++) {
        write16(w, w->desc + 16 * i + 8, bytes);
        write16(w, w->desc + 16 * i + 10, 0);
        write16(w, w->desc + 16 * i + 12, flags);
        write16(w, w->desc + 16 * i + 14, i + step);
        write16(w, w->avail + 4 + 2 * i, i);
    }
    write16(w, w->avail + 2, read16(w->memory + w->used + 2) + w->size);
}

static void scribble(World *w, Input *in)
{
    unsigned at = word(in), count = byte(in) % 64;

    for (unsigned i = 0; i < count; i++)
        w->memory[(at + i) % MEMORY] = byte(in);
}

/* --- what QEMU takes in (virtqueue_split_get_avail_bytes(), hw/virtio/virtio.c) --- */

static bool is_known(const World *w)
{
    return w->at_size > 0;
}

static uint64_t chain(const World *w, unsigned head)
{
    uint64_t bytes = 0;

    for (unsigned n = 0; n < w->at_size && head < w->at_size; n++) {
        const uint8_t *d = w->seen + w->at_desc + 16 * (size_t)head;
        unsigned flags = read16(d + 12);

        if (flags & 4)
            return UINT32_MAX; /* it has a table of its own */
        if (flags & 2)
            bytes += read16(d + 8) | (uint64_t)read16(d + 10) << 16;
        if (!(flags & 1))
            return bytes;
        head = read16(d + 14);
    }
    return bytes;
}

/* Of the buffers that the card has, from number `first` on. */
static uint64_t room_of(const World *w, unsigned first, unsigned *count)
{
    unsigned used = read16(w->seen + w->at_used + 2), avail = read16(w->seen + w->at_avail + 2);
    uint64_t bytes = 0;

    *count = (uint16_t)(avail - used);
    for (unsigned i = first; i < *count; i++)
        bytes += chain(
            w, read16(w->seen + w->at_avail + 4 + 2 * (size_t)((uint16_t)(used + i) % w->at_size)));
    return bytes;
}

/* --- what happens --- */

static bool is_opaque(const World *w)
{
    return !ring_wants_look(w->ring, FOREVER_US);
}

static void measure(World *w)
{
    if (ring_measure(w->ring)) {
        demand(!is_opaque(w));
        memcpy(w->seen, w->memory, MEMORY);
        w->measured = true;
    }
    demand(!ring_measure(w->ring));
}

/* How many frames of that size fit, and what QEMU would say of that. */
static unsigned room(World *w, size_t size)
{
    const RingCursor start = ring_cursor(w->ring);
    RingCursor c = start, before;
    unsigned n = 0, count = 0;
    uint64_t bytes;

    while (n < MAX_FRAMES) {
        RingCursor smaller = c, more = c;

        before = c;
        if (!ring_fits(w->ring, &c, size)) {
            demand(c.used == before.used);
            break;
        }
        demand(ring_fits(w->ring, &smaller, size / 2) && smaller.used <= c.used);
        demand(!ring_fits(w->ring, &more, size + 1) || more.used >= c.used);
        demand(is_opaque(w) || (c.used > before.used && c.used <= MOST));
        n++;
    }
    demand(is_opaque(w) == (n == MAX_FRAMES));
    if (n == 0 || is_opaque(w))
        return n;
    demand(is_known(w) && w->measured);
    bytes = room_of(w, start.used, &count);
    demand(count <= w->at_size && c.used <= count);
    /* A single one that all together can't hold is the card's to drop. */
    demand((n == 1 && start.used == 0) || n * (HEADER + MAX(size, 60)) <= bytes);
    return n;
}

static void look(World *w, bool ahead)
{
    bool wanted = ring_wants_look(w->ring, w->boundary_us), was_opaque = is_opaque(w);

    measure(w);
    if (ahead) {
        unsigned before = room(w, 1514);

        demand(ring_look_ahead(w->ring, w->boundary_us, NULL));
        demand(room(w, 1514) == before && is_opaque(w) == was_opaque);
        return;
    }
    demand(ring_look(w->ring, w->boundary_us, NULL));
    demand(!was_opaque || is_opaque(w));
    if (!wanted)
        return;
    demand(!ring_wants_look(w->ring, w->boundary_us));
}

/* As the ring is found: what it is known by is what QEMU said when it was asked. */
static void adopt(World *w)
{
    if (!ring_wants_look(w->ring, w->boundary_us))
        return;
    look(w, false);
    w->at_size = w->size;
    w->at_desc = w->desc;
    w->at_avail = w->avail;
    w->at_used = w->used;
    measure(w);
}

static void put(World *w, size_t size, uint8_t first)
{
    g_autofree uint8_t *frame = g_malloc0(MAX(size, 1));
    RingCursor c = ring_cursor(w->ring);
    bool certain;

    memset(frame, first, MIN(size, 6));
    measure(w);
    if (ring_fits(w->ring, &c, size)) {
        unsigned buffers = ring_accept(w->ring, frame, size, &certain);

        ring_gave(w->ring, buffers, certain);
    }
    if (!is_opaque(w))
        demand(ring_cursor(w->ring).used <= MOST);
}

static void check(World *w, size_t size)
{
    unsigned before;

    measure(w);
    before = room(w, size);
    w->memory[w->used] ^= 0xff; /* until the next boundary nothing counts that the guest does */
    w->memory[w->avail + 2] ^= 0xff;
    measure(w);
    demand(room(w, size) == before);
    w->memory[w->used] ^= 0xff;
    w->memory[w->avail + 2] ^= 0xff;
}

static void happen(World *w, Input *in)
{
    switch (byte(in) % 10) {
    case 0:
        place(w, in);
        break;
    case 1:
        fill(w, in);
        break;
    case 2:
        scribble(w, in);
        break;
    case 3:
        write16(w, w->avail + 2, word(in));
        break;
    case 4:
        write16(w, w->used + 2, read16(w->memory + w->used + 2) + byte(in));
        break;
    case 5:
        w->boundary_us += word(in) + 1;
        ring_reached(w->ring);
        break;
    case 6:
        adopt(w);
        break;
    case 7:
        look(w, true);
        adopt(w);
        break;
    case 8:
        put(w, word(in), byte(in));
        break;
    default:
        check(w, word(in));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const models[] = {"virtio-mmio", "virtio-pci", "e1000"};
    static QmpClient *client;
    static World this;
    Input in = {bytes, bytes + len};

    world = &this;
    if (!client) {
        log_set_level(LOG_ERROR);
        fake_monitor_new(&client, on_command, NULL);
    }
    memset(&this, 0, sizeof(this));
    this.node.name = (char *)"n";
    this.node.pid = getpid();
    this.node.qmp = client;
    this.node.options = node_options_new("n");
    demand(node_options_set(this.node.options, "nic-model",
                            models[byte(&in) % G_N_ELEMENTS(models)], NULL));
    this.ring = ring_new(&this.node, 0);
    while (in.at < in.end)
        happen(&this, &in);
    ring_free(this.ring);
    node_options_free(this.node.options);
    return 0;
}
