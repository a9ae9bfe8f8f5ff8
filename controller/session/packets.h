/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packets.h: turns the network's trace into the report page's packets, each from sending to end. */
#ifndef SESSION_PACKETS_H
#define SESSION_PACKETS_H

#include "controller/fabric/fabric.h"
#include "controller/report/report.h"

/* Fills in the last packets, as many as a page takes, and counts those left out. `out` must be all
 * 0; report_summary_clear() of its summary frees the contents. The ensemble stands. */
void packets_describe(const Fabric *fabric, ReportTrace *out);

#endif
