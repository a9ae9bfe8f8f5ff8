// SPDX-License-Identifier: GPL-3.0-or-later
// A network card without Linux: sends numbered frames, or has its ring of buffers fill up and empties it late. It drives
// the card that has the highest address (virtio-mmio, the legacy interface) and never sleeps. What it is to do is put into
// its memory (QEMU's -device loader; 64 bits each):
//   0x40ffff80  0: receive, 1: send
//   0x40ffff88  how many buffers the ring has (a power of two, up to 128); how many frames are sent
//   0x40ffff90  turns of a loop before the driver is up
//   0x40ffff98  turns of a loop behind that, before the first frame is taken out, or sent
//   0x40ffffa0  turns between a buffer that is given back and the card being told of it; between two frames
//   0x40ffffa8  bytes of a buffer (up to 2048), or of a frame (up to 1514)
//   0x40ffffb0  the features that are taken: 0, or 0x8000, mergeable buffers
//   0x40ffffb8  behind how many frames the receiver resets the card, once, and begins again with another ring; 0: never
//   0x40ffffc0  where its first ring is, a page's number; 0: in its memory
//
// Of each frame that comes, the receiver prints its number and the counter of virtual time.
#include "aarch64.inc"

.equ ORDER, 0x40ffff80
.equ LAST_CARD, 0x0a003e00
.equ QUEUE, 0x42000000          // descriptors, then what is available; a page further what is used
.equ OTHER_QUEUE, 0x42400000
.equ BUFFERS, 0x42100000        // 2048 bytes for each
.equ SEND_QUEUE_SIZE, 8

// virtio-mmio, version 1
.equ DEVICE_ID, 0x08
.equ GUEST_FEATURES, 0x20
.equ GUEST_PAGE_SIZE, 0x28
.equ QUEUE_SEL, 0x30
.equ QUEUE_NUM, 0x38
.equ QUEUE_ALIGN, 0x3c
.equ QUEUE_PFN, 0x40
.equ QUEUE_NOTIFY, 0x50
.equ STATUS, 0x70

// Of \reg turns; uses x0.
.macro turns reg
    mov x0, \reg
1:  cbz x0, 2f
    sub x0, x0, #1
    b 1b
2:
.endm

.global _start
_start:
    ldr x28, =UART
    ldr x0, =ORDER
    ldp x20, x21, [x0]          // what, how many
    ldp x22, x23, [x0, #16]
    ldp x24, x25, [x0, #32]
    ldp x26, x19, [x0, #48]
    ldr x18, [x0, #64]
    ldr x10, =QUEUE
again:
    turns x22
    ldr x27, =LAST_CARD
find:
    ldr w0, [x27, #DEVICE_ID]
    cmp w0, #1
    b.eq found
    sub x27, x27, #0x200
    b find
found:
    mov w0, #3                  // seen, and has a driver
    str w0, [x27, #STATUS]
    str w26, [x27, #GUEST_FEATURES]
    mov w0, #4096
    str w0, [x27, #GUEST_PAGE_SIZE]
    str w20, [x27, #QUEUE_SEL]
    mov w1, #SEND_QUEUE_SIZE
    cmp x20, #0
    csel w1, w21, w1, eq
    str w1, [x27, #QUEUE_NUM]
    str w0, [x27, #QUEUE_ALIGN]
    lsr x0, x10, #12
    cmp x18, #0
    csel x0, x0, x18, eq
    str w0, [x27, #QUEUE_PFN]
    add x11, x10, x1, lsl #4    // available: flags, index, ring
    add x12, x10, #4096         // used: flags, index, ring
    ldr x13, =BUFFERS
    cbnz x20, send

    // Each buffer has the descriptor of its number.
    mov x0, #0
give:
    add x1, x13, x0, lsl #11
    add x2, x10, x0, lsl #4
    str x1, [x2]
    str w25, [x2, #8]
    mov w1, #2                  // the card writes to it
    str w1, [x2, #12]
    add x2, x11, x0, lsl #1
    strh w0, [x2, #4]
    add x0, x0, #1
    cmp x0, x21
    b.ne give
    strh w21, [x11, #2]
    mov w0, #7
    str w0, [x27, #STATUS]      // driver up
    str wzr, [x27, #QUEUE_NOTIFY]
    turns x23
    cbnz x18, reset
    mov w14, #0                 // how many were taken out
    sub w15, w21, #1
wait:
    ldrh w0, [x12, #2]
    and w1, w14, #0xffff
    cmp w0, w1
    b.eq wait
    bl number_of
    mov x16, #1                 // buffers of this frame
    cbz x26, print
    ldrh w16, [x6, #10]
print:
    bl put_decimal
    mov w1, #' '
    str w1, [x28]
    mrs x0, cntvct_el0
    bl put_decimal
    mov w1, #'\n'
    str w1, [x28]
give_back:
    bl number_of
    add w1, w14, w21            // so many were given before
    and w2, w1, w15
    add x2, x11, x2, lsl #1
    strh w7, [x2, #4]
    add w1, w1, #1
    strh w1, [x11, #2]
    add w14, w14, #1
    sub x16, x16, #1
    cbnz x16, give_back
    turns x24
    str wzr, [x27, #QUEUE_NOTIFY]
    cbz x19, wait
    cmp w14, w19
    b.ne wait
    mov x19, #0
reset:
    str wzr, [x27, #STATUS]
    mov x18, #0
    ldr x10, =OTHER_QUEUE
    b again

// Of the next buffer that is used: w7 its descriptor, x6 its address, x0 the number of the frame that begins in it.
number_of:
    and w0, w14, w15
    add x0, x12, x0, lsl #3
    ldr w7, [x0, #4]
    add x6, x13, x7, lsl #11
    cmp x26, #0
    mov w0, #10                 // the card's header
    mov w1, #12
    csel w0, w0, w1, eq
    add x0, x0, #14
    ldrh w1, [x6, x0]           // aligned to two bytes only
    add x0, x0, #2
    ldrh w0, [x6, x0]
    orr w0, w1, w0, lsl #16
    ret

send:
    mov w0, #7
    str w0, [x27, #STATUS]
    turns x23
    str x13, [x10]
    add w0, w25, #10
    str w0, [x10, #8]
    str wzr, [x10, #12]         // the card reads it
    mov w0, #0xffff             // to all …
    strh w0, [x13, #10]
    strh w0, [x13, #12]
    strh w0, [x13, #14]
    mov w0, #0x0002             // … from 02:00:00:00:00:00
    strh w0, [x13, #16]
    mov w0, #0xb588             // a protocol for experiments
    strh w0, [x13, #22]
    mov w14, #0
next:
    cmp x14, x21
    b.eq done
    add w14, w14, #1
    strh w14, [x13, #24]
    lsr w0, w14, #16
    strh w0, [x13, #26]
    strh w14, [x11, #2]         // descriptor 0, always
    mov w0, #1
    str w0, [x27, #QUEUE_NOTIFY]
1:  ldrh w0, [x12, #2]
    and w1, w14, #0xffff
    cmp w0, w1
    b.ne 1b
    turns x24
    b next
done:
    wfi
    b done

#include "decimal-aarch64.inc"
