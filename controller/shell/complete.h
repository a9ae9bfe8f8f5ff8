/* SPDX-License-Identifier: GPL-3.0-or-later */
/* complete.h: completion at the prompt: the table's usage strings (command/usage.h), filled in with
 * what the session and the file system have. */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "controller/session.h"

/* Sets readline up; the session must outlive the prompt. */
void complete_open(const Session *session);

#endif
