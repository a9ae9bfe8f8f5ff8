/* SPDX-License-Identifier: GPL-3.0-or-later */
/* look.h: what a standing vCPU is about to do. */
#ifndef COMMAND_LOOK_H
#define COMMAND_LOOK_H

#include "controller/session/session.h"

/*
 * "0xffff… <name+0x4>: b.ne #0x…", or only the address where QEMU has no disassembler (QEMU's own, built with
 * capstone in Debian; monitor/hmp-cmds-target.c). vcpu -1: the first. NULL with an error.
 */
char *look_instruction(Session *session, Node *node, int vcpu, GError **error);

#endif
