/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packets.h: the network's trace as the report's page wants it: packets from sending to end. */
#ifndef SESSION_PACKETS_H
#define SESSION_PACKETS_H

#include "controller/fabric/fabric.h"
#include "controller/report/report.h"

/* Fills in the last packets, as many as a page takes. `out` must be all 0; the caller clears it
 * with its summary. */
void packets_describe(const Fabric *fabric, ReportTrace *out);

#endif
