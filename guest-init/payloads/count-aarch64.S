// SPDX-License-Identifier: GPL-3.0-or-later
// Counts for ever. x1 holds MPIDR, so that a debugger sees whose registers it reads.
#include "aarch64.inc"

.global _start
_start:
    mrs x1, mpidr_el1
    count_forever
