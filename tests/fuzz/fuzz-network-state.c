/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-network-state.c: whatever a saved network and a saved trace say, they are refused and change
 * nothing, or are a network and a trace that are the same bytes from then on and have one future.
 *
 * The input: a byte that says whether there is a trace (1), the trace if there is, the network.
 */
#include "controller/network/network-state.h"
#include "controller/network/trace-state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Of LeakSanitizer, where there is one. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

static void demand(bool holds)
{
    if (!holds)
        abort();
}

typedef struct {
    Network *net;
    Trace *trace;
} World;

static void world_init(World *w, bool traced)
{
    *w = (World){network_new(1, vtime(1000)), traced ? trace_new(10) : NULL};
    network_set_trace(w->net, w->trace);
}

static void world_clear(World *w)
{
    network_free(w->net);
    trace_free(w->trace);
}

/* Names are interned, and GLib gives up an array for each 2,048 of them, on purpose: here what loading
 * leaves is not looked at. test-network-state does. */
static bool world_load(World *w, Reader *r)
{
    bool loaded;

    if (__lsan_disable)
        __lsan_disable();
    loaded = (!w->trace || trace_load(w->trace, r, NULL)) && network_load(w->net, r, NULL);
    if (__lsan_enable)
        __lsan_enable();
    return loaded;
}

static GByteArray *world_save(const World *w)
{
    GByteArray *out = g_byte_array_new();

    if (w->trace)
        trace_save(w->trace, out);
    network_save(w->net, out);
    return out;
}

static void check_equal(const World *a, const World *b)
{
    g_autoptr(GByteArray) x = world_save(a), y = world_save(b);

    demand(x->len == y->len && memcmp(x->data, y->data, x->len) == 0);
}

/* With more than one link between switches a flood may have no end that a fuzzer could wait for. */
static bool is_calm(const Network *net)
{
    unsigned between = 0;

    for (unsigned i = 0; i < network_n_links(net); i++) {
        NetEnd ends[2];

        network_link_ends(net, i, ends);
        between += ends[0].is_switch && ends[1].is_switch;
    }
    return between <= 1 && network_n_links(net) <= 64;
}

static void on_event(const NetEvent *e, void *data)
{
    (void)data;
    demand(e->size >= 1 && e->size <= FRAME_MAX);
}

/* Those that were taken come back, frames are sent, all that is due is taken. */
static void drive(World *w)
{
    uint8_t frame[NETWORK_FRAME_MIN] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1};
    unsigned taken = network_unclaimed(w->net);

    for (unsigned i = 0; i < taken; i++) {
        NetDelivery *d = network_taken(w->net, i);

        demand(d && network_number(d) == i && d->port < network_n_ports(w->net));
        if (i % 2)
            network_refused(w->net, d, vtime(NS_PER_MS));
        else
            network_delivered(w->net, d, vtime(NS_PER_MS));
    }
    demand(network_unclaimed(w->net) == 0 && !network_taken(w->net, taken));
    network_observe(w->net, on_event, w);
    for (unsigned port = 0; port < MIN(network_n_ports(w->net), 8); port++)
        network_send(w->net, port, vtime(NS_PER_MS), frame, sizeof(frame));
    network_advance(w->net, vtime(NS_PER_S));
    for (unsigned port = 0; port < network_n_ports(w->net); port++)
        while (network_next(w->net, port, vtime(INT64_MAX)))
            network_delivered(w->net, network_pop(w->net, port), vtime(NS_PER_S));
    network_advance(w->net, vtime(2 * NS_PER_S));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GByteArray) before = NULL, after = NULL;
    g_autofree uint8_t *copy = NULL;
    World a, b;
    Reader r;

    if (len < 1)
        return 0;
    copy = g_malloc(len);
    memcpy(copy, bytes + 1, len - 1);
    r = (Reader){copy, copy + len - 1, false};
    world_init(&a, bytes[0] & 1);
    world_init(&b, bytes[0] & 1);
    before = world_save(&a);
    if (!world_load(&a, &r)) {
        after = world_save(&a);
        demand(a.trace ||
               (before->len == after->len && memcmp(before->data, after->data, after->len) == 0));
    } else {
        demand(!r.bad && r.at <= r.end);
        after = world_save(&a);
        r = reader_of(after);
        demand(world_load(&b, &r) && !reader_problem(&r));
        check_equal(&a, &b);
        if (is_calm(a.net)) {
            drive(&a);
            drive(&b);
            check_equal(&a, &b);
        }
    }
    world_clear(&a);
    world_clear(&b);
    return 0;
}
