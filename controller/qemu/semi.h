/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * semi.h: the console of what a guest writes by semihosting, for a node with semihosting=:
 * NODE.semi.
 *
 *   guest -> SYS_WRITEC, SYS_WRITE0 -> chardev mtr-semi (null) -> its log --+-> a pipe: the console
 *   guest -> SYS_WRITE to a handle of ":tt" -> QEMU's stdout ---------------+
 *
 * The vCPU thread writes inside of the call (qemu_semihosting_console_write(), host_write() in
 * semihosting/; qemu_chr_write_log(), chardev/char.c), so at a barrier all of it is there. What a
 * guest writes by a ":tt" that it opened to append goes to QEMU's stderr, where QEMU's own words are,
 * and is no part of the console.
 *
 * Nothing comes by a null chardev: a guest that reads its semihosting console sleeps for ever. The
 * list of handles that the guest opened is in no machine state (guestfd_array, semihosting/guestfd.c).
 */
#ifndef QEMU_SEMI_H
#define QEMU_SEMI_H

#include "controller/base/codec.h"
#include "controller/qemu/node.h"

/* What stands behind the dot of NODE.semi. */
#define SEMI_PORT "semi"

/* Makes the console, or its next pipe. *log: the descriptor for QEMU, which the caller closes. */
bool semi_make(Node *node, int *log, GError **error);

/* What the console has come to, if there is one. semi_skip() reads over it. */
void semi_save(const Node *node, GByteArray *out);
bool semi_load(const Node *node, Reader *r, VTime now, GError **error);
void semi_skip(Reader *r);

#endif
