/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.c: a QEMU of the same binary is launched, armed for two boundaries that are not evenly
 * spaced, and let go to the first. Each trial has a thread of its own, since a QEMU dies with the
 * thread that started it.
 */
#include "controller/engine/probe.h"

#include "controller/base/log.h"
#include "controller/engine/gate.h"

#include <inttypes.h>
#include <poll.h>

/* Boundaries of the trial. */
#define FIRST_US   40
#define QUANTUM_US 100

#define NODE_INDEX 1000000 /* of the first trial; no node of a session has it */

typedef struct {
    char *binary;
    RunDir *dir;
    unsigned index;
    NodeOptions *options; /* taken over by the trial */
    GThread *thread;      /* NULL: it is over */
    bool started;         /* QEMU could be launched: what follows is its behaviour */
    bool interval_rearms;
    GError *error;
} Probe;

struct ProbeSet {
    RunDir *dir;
    GPtrArray *probes;
};

/* What is known of filter-buffer: setting its interval holds for the re-arms that follow (up to
 * QEMU 10), or arms it anew at once (QEMU 11). */
static bool judge(Probe *p, const Node *n, const Note *note, GError **error)
{
    p->interval_rearms = note->late_us == QUANTUM_US - FIRST_US;
    if (note->late_us == 0 || p->interval_rearms)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                "QEMU %s is not known: a filter-buffer that was to fire after %d us fired %" PRId64
                " us later",
                n->version, FIRST_US, note->late_us);
    return false;
}

static bool try_gate(Probe *p, Node *n, GError **error)
{
    int64_t now_us = vtime_floor_us(n->clock.virtual_time);
    GatePlan plan = {
        .first_us = now_us + FIRST_US, .quantum_us = QUANTUM_US, .boundaries = 2, .stages = 1};
    struct pollfd fd = {.events = POLLIN};
    Note note = {.kind = NOTE_NONE};

    n->gate = gate_new(n, error);
    n->interval_rearms = false; /* so that it is set */
    if (!n->gate || !gate_arm(n->gate, &plan, error) ||
        !qmp_client_post(n->qmp, "cont", NULL, error))
        return false;
    fd.fd = gate_note_fd(n->gate);
    if (poll(&fd, 1, NODE_REPLY_MS) == 1)
        note = gate_read_note(n->gate);
    if (note.kind != NOTE_NONE && note.kind != NOTE_GONE && note.kind != NOTE_BROKEN)
        return judge(p, n, &note, error);
    g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                "QEMU %s does not stop at its gate: metronome can't use it", n->version);
    return false;
}

static void *trial(void *data)
{
    Probe *p = data;
    Node *n = node_new(g_steal_pointer(&p->options), p->index);

    if (node_launch(n, p->dir, NULL, &p->error)) {
        p->started = true;
        if (try_gate(p, n, &p->error))
            log_info("%s %s: the gate holds; setting a filter's interval %s", p->binary, n->version,
                     p->interval_rearms ? "arms it anew at once" : "holds for what follows");
    }
    g_clear_pointer(&n->gate, gate_free);
    node_free(n);
    return NULL;
}

ProbeSet *probe_set_new(RunDir *dir)
{
    ProbeSet *set = g_new0(ProbeSet, 1);

    set->dir = dir;
    set->probes = g_ptr_array_new();
    return set;
}

static void finish(Probe *p)
{
    if (p->thread)
        g_thread_join(p->thread);
    p->thread = NULL;
}

void probe_set_free(ProbeSet *set)
{
    if (!set)
        return;
    for (unsigned i = 0; i < set->probes->len; i++) {
        Probe *p = set->probes->pdata[i];

        finish(p);
        g_clear_error(&p->error);
        node_options_free(p->options);
        g_free(p->binary);
        g_free(p);
    }
    g_ptr_array_unref(set->probes);
    g_free(set);
}

static char *binary_of(const NodeOptions *o, const char *qemu)
{
    g_autofree char *name = node_options_program(o, qemu);
    char *path = g_find_program_in_path(name);

    return path ? path : g_steal_pointer(&name);
}

static Probe *find(const ProbeSet *set, const char *binary)
{
    for (unsigned i = 0; i < set->probes->len; i++) {
        Probe *p = set->probes->pdata[i];

        if (g_str_equal(p->binary, binary))
            return p;
    }
    return NULL;
}

/* A machine with nothing on it, which executes nothing: its clock goes from timer to timer. */
static NodeOptions *bare_options(const NodeOptions *o, const char *binary)
{
    NodeOptions *bare = node_options_new("probe");

    node_options_set(bare, "arch", o->arch, NULL);
    node_options_set(bare, "machine", "none", NULL);
    node_options_set(bare, "qemu", binary, NULL);
    node_options_set(bare, "icount", "shift=0,sleep=off", NULL);
    node_options_set(bare, "nic", "off", NULL);
    node_options_set(bare, "memory", "1M", NULL);
    bare->trial = true;
    node_options_finish(bare, NULL);
    return bare;
}

/* The trial of the node's QEMU, which begins now unless there was one; NULL: none is needed. */
static Probe *begin(ProbeSet *set, const Node *node, const char *qemu)
{
    g_autofree char *binary = binary_of(node->options, qemu);
    Probe *p = find(set, binary);

    if (p || !node->options->icount.enabled)
        return p;
    p = g_new0(Probe, 1);
    p->dir = set->dir;
    p->index = NODE_INDEX + set->probes->len;
    p->options = bare_options(node->options, binary);
    p->binary = g_steal_pointer(&binary);
    g_ptr_array_add(set->probes, p);
    p->thread = g_thread_new("probe", trial, p);
    return p;
}

static bool end(Probe *p, Node *node, GError **error)
{
    finish(p);
    if (p->error && p->started) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH, "node %s: %s", node->name,
                    p->error->message);
        return false;
    }
    if (p->error)
        log_debug("%s could not be tried: %s", p->binary, p->error->message);
    else
        node->interval_rearms = p->interval_rearms;
    return true;
}

bool probe_launch(ProbeSet *set, Node *node, const char *qemu, GError **error)
{
    Probe *p = begin(set, node, qemu);
    GError *e = NULL;

    if (!node_launch(node, set->dir, qemu, error))
        return false;
    if (!p || end(p, node, &e))
        return true;
    node_fail(node, e);
    g_propagate_error(error, e);
    return false;
}
