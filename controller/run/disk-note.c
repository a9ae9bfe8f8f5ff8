/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk-note.c: asks each node's disk why it may not repeat, and tells of it. */
#include "controller/run/disk-note.h"

#include "controller/base/log.h"
#include "controller/run/sampler.h"
#include "controller/session/output.h"

#include <inttypes.h>

void disk_note_foresee(const Session *s, const NodeOptions *o)
{
    /* What another host allows is not known here. */
    SchedMode sched = o->host || s->options.quiet ? SCHED_MODE_STRICT : sched_probe();
    g_autofree char *why = s->options.quiet ? NULL : disk_foresee(o, sched);
    LintFinding f = {.severity = LINT_NOTE};

    if (!why)
        return;
    f.what = why;
    f.reason = "a run with this disk may not repeat itself";
    f.mend = o->persist ? "without persist=on each run begins with the same bytes"
                        : "in strict mode one with disk-mode=memory does, where its images fit "
                          "into memory";
    session_finding(s, "node", o->name, &f);
}

void disk_note_look(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len && !engine_running(s->engine); i++) {
        Node *n = s->nodes->pdata[i];

        if (!n->remote)
            disk_look(&n->disk, n->pid, n->vcpus);
    }
}

static void tell(const Session *s, const Node *n, const char *why)
{
    const DiskWaits *w = &n->disk.waited;
    g_autofree char *in = g_strdup_printf("%" PRIu64, w->read_bytes);
    g_autofree char *out = g_strdup_printf("%" PRIu64, w->write_bytes);
    g_autofree char *faults = g_strdup_printf("%" PRIu64, w->faults);
    const char *const members[] = {"node",
                                   n->name,
                                   "mode",
                                   disk_mode_name(n->disk.mode),
                                   "why",
                                   why,
                                   "read_bytes",
                                   in,
                                   "major_faults",
                                   faults,
                                   "write_bytes",
                                   out,
                                   NULL};

    if (s->sampler)
        sampler_note(s, "node %s: %s", n->name, why);
    else
        log_warn("node %s: its run may not repeat: %s", n->name, why);
    session_event(s, "disk", members);
}

void disk_note_report(const Session *s)
{
    disk_note_look(s);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        g_autofree char *why = disk_why(&n->disk);

        if (why)
            tell(s, n, why);
    }
}
