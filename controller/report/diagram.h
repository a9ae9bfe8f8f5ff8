/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diagram.h: the space-time diagram, shared by two files. chart-spacetime.c chooses what it
 * shows first. chart-packets.c writes its packets as data for page.js and as a table.
 */
#ifndef REPORT_DIAGRAM_H
#define REPORT_DIAGRAM_H

#include "controller/report/charts.h"
#include "controller/report/svg.h"

typedef struct {
    const ReportTrace *trace;
    const Series *series;
    GArray *lanes;    /* unsigned: index in the trace's names */
    int64_t end;      /* of the run, in virtual ns */
    int64_t from, to; /* the first window, in virtual ns */
} Diagram;

static inline const ReportPacket *diagram_packet(const Diagram *d, unsigned i)
{
    return &g_array_index(d->trace->packets, ReportPacket, i);
}

/* Where a packet is last seen, in ns. */
static inline int64_t diagram_end(const ReportPacket *p)
{
    return p->fate == REPORT_UNDER_WAY ? p->sent.ns : MAX(p->when.ns, p->sent.ns);
}

/* Appends the whole diagram as JSON, in a script element of data that does not run. */
void diagram_data(GString *out, const Diagram *diagram);

/* Appends a table of all packets, or, if they are too many, of the first ones. It is open until
 * page.js closes it. */
void diagram_table(GString *out, const Diagram *diagram);

#endif
