// SPDX-License-Identifier: GPL-3.0-or-later
// Says hello by semihosting (-semihosting-config enable=on,target=native), counts a while, then exits: the last letter
// of its command line, a digit, is the exit status.
#include "aarch64.inc"

.equ ITERATIONS, 100000
.equ SYS_WRITE0, 0x04
.equ SYS_GET_CMDLINE, 0x15
.equ SYS_EXIT, 0x18
.equ APPLICATION_EXIT, 0x20026 // the reason that has a status

.macro semihost operation, block
    mov w0, #\operation
    adr x1, \block
    hlt #0xf000
.endm

.global _start
_start:
    semihost SYS_WRITE0, text
    semihost SYS_GET_CMDLINE, line
    adr x2, buffer
1:  ldrb w3, [x2], #1
    cbz w3, 2f
    mov w4, w3
    b 1b
2:  sub w4, w4, #'0'
    adr x2, status
    str x4, [x2]
    ldr x4, =ITERATIONS
3:  subs x4, x4, #1
    b.ne 3b
    semihost SYS_EXIT, reason
    count_forever

text:
    .asciz "hello from metronome\n"
    .balign 8
line:
    .quad buffer
    .quad 256
reason:
    .quad APPLICATION_EXIT
status:
    .quad 0
buffer:
    .skip 256
