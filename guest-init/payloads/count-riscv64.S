// SPDX-License-Identifier: GPL-3.0-or-later
// Counts for ever, on every hart. Linked to 0x80000000, for `qemu-system-riscv64 -M virt -bios none`.
.global _start
_start:
    csrr a1, mhartid
1:  addi a0, a0, 1
    add a2, a2, a0
    xor a3, a3, a2
    j 1b
