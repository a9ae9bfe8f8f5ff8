/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deaths.h: a QEMU that ends while the prompt is shown is noticed at once, not by the next run. */
#ifndef SHELL_DEATHS_H
#define SHELL_DEATHS_H

#include "controller/session.h"

/* Watches the nodes' processes; each end makes its node fail, is logged, and changed is called.
 * Only while nothing is run: then the nodes are the main thread's. */
void deaths_watch(Session *session, void (*changed)(void));
void deaths_unwatch(void);

#endif
