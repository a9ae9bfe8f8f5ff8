// SPDX-License-Identifier: GPL-3.0-or-later
// Counts for ever.
#include "x86_64.inc"

.global _start
_start:
    xor %eax, %eax
    count_forever
