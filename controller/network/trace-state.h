/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace-state.h: a trace as bytes: nodes with their clocks, events in memory, counts, and digests
 * that go on. Pure. Equal traces give equal bytes.
 */
#ifndef NETWORK_TRACE_STATE_H
#define NETWORK_TRACE_STATE_H

#include "controller/base/codec.h"
#include "controller/network/trace.h"

void trace_save(const Trace *trace, GByteArray *out);

/* Replaces the trace's content, its cap included, with what trace_save() wrote. If the bytes are
 * damaged, returns false and leaves the trace unchanged. Bytes may follow. */
bool trace_load(Trace *trace, Reader *r, GError **error);

#endif
