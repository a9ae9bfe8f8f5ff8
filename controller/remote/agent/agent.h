/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.h: `metronome agent --stdio`: drives the nodes of this host for a controller on another
 * host, which sends and receives messages through the agent's stdin and stdout (protocol.h).
 *
 * The agent decides nothing. When the controller goes away, or is silent for PROTOCOL_SILENT_MS,
 * the agent and its QEMUs end.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <glib.h>

/* Runs until the controller is gone, and then ends the process. Returns only on an error, with the
 * exit code. cpus: a list of the host CPUs to use, such as "0-3,6"; NULL: all. version: version of
 * this program. Main thread, before any other thread exists. */
int agent_run(const char *cpus, const char *version, GError **error);

#endif
