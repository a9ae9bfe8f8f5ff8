/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.h: `metronome agent --stdio`: drives the nodes of this host for a controller elsewhere,
 * which speaks to it through its stdin and stdout (protocol.h).
 *
 * It decides nothing. When the controller goes away, or is silent for too long, it ends, and its
 * QEMUs with it.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <glib.h>

/* Runs until the controller is gone; returns the exit code. cpus: a list of host CPUs such as
 * "0-3,6" that it is to use, or NULL; version: the program's. */
int agent_run(const char *cpus, const char *version, GError **error);

#endif
