// SPDX-License-Identifier: GPL-3.0-or-later
// Sleeps for ever, no timer running.
.global _start
_start:
1:  wfi
    b 1b
