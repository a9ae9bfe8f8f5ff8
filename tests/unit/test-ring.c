/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-ring.c: how much a card takes in, by a ring in this process, which stands for QEMU's memory,
 * and a QEMU that says where it is.
 */
#include "controller/fabric/ring.h"
#include "controller/qemu/nic-options.h"
#include "controller/qemu/option-keys.h"
#include "tests/lib/fake-monitor.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define SIZE  8
#define FRAME 1514

typedef struct {
    uint64_t address;
    uint32_t bytes;
    uint16_t flags, next;
} Descriptor;

typedef struct {
    Descriptor desc[SIZE];
    uint16_t avail[2 + SIZE], used[2];
} Memory;

typedef struct {
    Node node;
    NodeOptions *options;
    Ring *ring;
    Memory memory;
    FakeMonitor *monitor;
    unsigned asked;
    uint64_t shift; /* of QEMU's addresses */
    bool up, packed, gone, device, knows;
} Fixture;

/* --- the QEMU --- */

static char *on_command(const char *what, json_object *args, void *data)
{
    Fixture *f = data;
    const Memory *m = &f->memory;
    const char *line = fake_monitor_text(args, "command-line");

    if (strcmp(what, "human-monitor-command") == 0 && f->gone)
        return g_strdup("\"No memory is mapped at address 0x1\\r\\n\"");
    if (strcmp(what, "human-monitor-command") == 0 && f->device)
        return g_strdup("\"Memory at address 0x1 is not RAM\\r\\n\"");
    if (strcmp(what, "human-monitor-command") == 0)
        return g_strdup_printf("\"Host virtual address for 0x1 (mach-virt.ram) is 0x%" PRIx64
                               "\\r\\n\"",
                               g_ascii_strtoull(strstr(line, "0x"), NULL, 16) + f->shift);
    g_assert_true(
        g_str_has_prefix(fake_monitor_text(args, "path"), "/machine/peripheral/mtr-card0"));
    if (strcmp(what, "qom-get") == 0)
        return g_strdup(f->packed && strcmp(fake_monitor_text(args, "property"), "packed") == 0
                            ? "true"
                            : "false");
    g_assert_cmpstr(what, ==, "x-query-virtio-queue-status");
    f->asked++;
    if (!f->knows)
        return NULL;
    return g_strdup_printf("{\"vring-num\": %d, \"vring-desc\": %" PRIuPTR
                           ", \"vring-avail\": %" PRIuPTR ", \"vring-used\": %" PRIuPTR "}",
                           SIZE, f->up ? (uintptr_t)m->desc : 0, f->up ? (uintptr_t)m->avail : 0,
                           f->up ? (uintptr_t)m->used : 0);
}

/* --- the guest --- */

/* Gives the card so many buffers more, one descriptor each. */
static void give(Fixture *f, unsigned count, uint32_t bytes)
{
    Memory *m = &f->memory;

    for (; count > 0; count--, m->avail[1]++) {
        unsigned d = m->avail[1] % SIZE;

        m->desc[d] = (Descriptor){.bytes = bytes, .flags = 2};
        m->avail[2 + d] = (uint16_t)d;
    }
}

static void begin(Fixture *f, const char *model)
{
    *f = (Fixture){.up = true, .knows = true};
    f->options = node_options_new("n");
    g_assert_true(node_options_set(f->options, "nic-model", model, NULL));
    f->node.name = (char *)"n";
    f->node.pid = getpid();
    f->node.options = f->options;
    f->monitor = fake_monitor_new(&f->node.qmp, on_command, f);
    f->ring = ring_new(&f->node, 0);
}

static void end(Fixture *f)
{
    ring_free(f->ring);
    qmp_client_free(f->node.qmp);
    fake_monitor_free(f->monitor);
    node_options_free(f->options);
}

/* How many frames of this size fit behind those that were taken. */
static unsigned room(Fixture *f, size_t size)
{
    RingCursor c;
    unsigned n = 0;

    ring_measure(f->ring);
    c = ring_cursor(f->ring);
    while (n < 100 && ring_fits(f->ring, &c, size))
        n++;
    return n;
}

/* The node stands before that boundary, and frames wait. */
static bool asks(Fixture *f, int64_t boundary_us)
{
    unsigned before = f->asked;
    bool wanted = ring_wants_look(f->ring, boundary_us);

    g_assert_true(ring_look(f->ring, boundary_us, NULL));
    g_assert_true(wanted || f->asked == before);
    return f->asked > before;
}

static void look(Fixture *f, int64_t boundary_us)
{
    g_assert_true(asks(f, boundary_us));
    g_assert_false(asks(f, boundary_us)); /* stopped there once more */
}

/* --- tests --- */

/* While there is none the pauses become longer, up to 16 ms. */
static void test_driver(void)
{
    Fixture f;

    begin(&f, "virtio-mmio");
    f.up = false;
    give(&f, 3, 2048);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    look(&f, 5000);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    g_assert_false(asks(&f, 6999));
    look(&f, 7000);
    g_assert_false(asks(&f, 10999));
    look(&f, 11000);
    look(&f, 20000);
    look(&f, 50000);
    g_assert_false(asks(&f, 65999));
    f.up = true;
    look(&f, 66000);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    g_assert_false(asks(&f, 165999));
    look(&f, 166000); /* it stays full: perhaps it is another one by now */
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    end(&f);
}

/* What was asked ahead counts if frames wait before that boundary. */
static void test_ahead(void)
{
    Fixture f;

    begin(&f, "virtio-mmio");
    give(&f, 3, 2048);
    g_assert_true(ring_look_ahead(f.ring, 5000, NULL));
    g_assert_cmpuint(f.asked, ==, 1);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    g_assert_false(asks(&f, 5000));
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    end(&f);

    begin(&f, "virtio-mmio");
    give(&f, 3, 2048);
    g_assert_true(ring_look_ahead(f.ring, 5000, NULL));
    ring_reached(f.ring);
    look(&f, 5100);
    g_assert_cmpuint(f.asked, ==, 2);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    end(&f);
}

/* What it has at a boundary is what counts until the next one. */
static void test_boundaries(void)
{
    static const uint8_t frame[FRAME];
    Fixture f;
    bool certain;

    begin(&f, "virtio-pci");
    f.memory.avail[1] = f.memory.used[1] = 65534; /* the indices wrap */
    look(&f, 0);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    give(&f, 4, 2048);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 4);
    ring_accept(f.ring, frame, FRAME, &certain);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    f.memory.used[1]++;
    give(&f, 5, 2048);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 8);
    end(&f);
}

static void test_sizes(void)
{
    static const uint8_t frame[60];
    Fixture f;
    bool certain;

    begin(&f, "virtio-mmio");
    give(&f, 7, 512);
    look(&f, 0);
    g_assert_cmpuint(room(&f, FRAME), ==, 2); /* three buffers each */
    g_assert_cmpuint(room(&f, 500), ==, 7);   /* with its header it just fits */
    g_assert_cmpuint(room(&f, 501), ==, 3);
    g_assert_cmpuint(room(&f, 10), ==, 7);
    /* What never fits must not hold the others up: but only where the ring is as free as ever. */
    g_assert_cmpuint(room(&f, 9000), ==, 1);
    ring_accept(f.ring, frame, sizeof(frame), &certain);
    g_assert_cmpuint(room(&f, 9000), ==, 0);
    f.memory.used[1]++;
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, 9000), ==, 0);
    give(&f, 1, 512);
    /* A chain of two, and one that leads to itself. */
    f.memory.desc[1].flags |= 1;
    f.memory.desc[1].next = 0;
    f.memory.desc[0].bytes = 1024;
    f.memory.desc[2].flags |= 1;
    f.memory.desc[2].next = 2;
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    f.memory.desc[0].flags = 0; /* the card may not write to it */
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 2);
    end(&f);
}

/* A ring that does not show what it was given is another's memory by now. */
static void test_stale(void)
{
    static const uint8_t to_all[FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t to_others[FRAME] = {0x02, 0, 0, 0, 0, 0x77};
    uint8_t to_it[FRAME] = {0};
    Fixture f;
    bool certain;

    begin(&f, "virtio-mmio");
    node_options_mac(f.options, 0, 0, to_it);
    give(&f, 4, 2048);
    look(&f, 0);
    g_assert_cmpuint(room(&f, FRAME), ==, 4);
    g_assert_cmpuint(ring_accept(f.ring, to_others, FRAME, &certain), ==, 1);
    g_assert_false(certain);
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 4);
    g_assert_cmpuint(ring_accept(f.ring, to_it, FRAME, &certain), ==, 1);
    g_assert_true(certain);
    ring_gave(f.ring, 1, true);
    f.memory.used[1]++;
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    g_assert_cmpuint(ring_accept(f.ring, to_all, FRAME, &certain), ==, 1);
    g_assert_true(certain);
    ring_gave(f.ring, 1, true);
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    look(&f, 1000);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    /* More than there can be. */
    f.memory.avail[1] += 2 * SIZE;
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    end(&f);
}

/* At a barrier frames may be in the ring before the node is held, or when it goes on: there is as much
 * room in both cases. */
static void test_behind_the_gate(void)
{
    static const uint8_t to_all[FRAME] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    Fixture f;
    bool certain;

    begin(&f, "virtio-mmio");
    give(&f, 8, 2048);
    look(&f, 0);
    for (unsigned shown_first = 0; shown_first < 2; shown_first++) {
        unsigned before = room(&f, FRAME);

        ring_accept(f.ring, to_all, FRAME, &certain);
        ring_accept(f.ring, to_all, FRAME, &certain);
        ring_reached(f.ring);
        ring_gave(f.ring, 1, true);
        ring_gave(f.ring, 1, true);
        f.memory.used[1] += shown_first ? 2 : 0;
        g_assert_cmpuint(room(&f, FRAME), ==, before - 2);
        f.memory.used[1] += shown_first ? 0 : 2;
        ring_reached(f.ring);
        g_assert_cmpuint(room(&f, FRAME), ==, before - 2);
    }
    /* What is not shown then either is another ring's. */
    ring_accept(f.ring, to_all, FRAME, &certain);
    ring_reached(f.ring);
    ring_gave(f.ring, 1, true);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    ring_reached(f.ring);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    end(&f);
}

/* Where there is no memory QEMU's card takes nothing until the guest has put its ring elsewhere. */
static void test_nowhere(void)
{
    Fixture f;

    begin(&f, "virtio-mmio");
    give(&f, 3, 2048);
    f.gone = true;
    look(&f, 1000);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    f.gone = false;
    f.shift = UINT64_C(1) << 63; /* it is gone before it is read */
    look(&f, 10000);
    g_assert_cmpuint(room(&f, FRAME), ==, 0);
    f.shift = 0;
    look(&f, 20000);
    g_assert_cmpuint(room(&f, FRAME), ==, 3);
    end(&f);
}

static void assert_opaque(Fixture *f)
{
    look(f, 1000);
    g_assert_cmpuint(room(f, FRAME), ==, 100);
    g_assert_false(asks(f, INT64_C(1) << 40));
    end(f);
}

/* What can't be known must not stop the traffic. */
static void test_opaque(void)
{
    Fixture f;

    begin(&f, "e1000");
    g_assert_cmpuint(room(&f, FRAME), ==, 100);
    g_assert_false(asks(&f, 1000));
    end(&f);
    begin(&f, "virtio-mmio");
    f.packed = true;
    assert_opaque(&f);
    begin(&f, "virtio-mmio");
    f.device = true;
    assert_opaque(&f);
    begin(&f, "virtio-mmio");
    f.knows = false;
    assert_opaque(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ring/driver", test_driver);
    g_test_add_func("/ring/ahead", test_ahead);
    g_test_add_func("/ring/boundaries", test_boundaries);
    g_test_add_func("/ring/sizes", test_sizes);
    g_test_add_func("/ring/stale", test_stale);
    g_test_add_func("/ring/behind-the-gate", test_behind_the_gate);
    g_test_add_func("/ring/nowhere", test_nowhere);
    g_test_add_func("/ring/opaque", test_opaque);
    return g_test_run();
}
