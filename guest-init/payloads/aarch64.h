// SPDX-License-Identifier: GPL-3.0-or-later
// What the aarch64 payloads share: the devices of `qemu-system-aarch64 -M virt`, and the loop that
// counts. Each is linked to 0x40080000, and starts there in EL1 with MMU and interrupts off.

.equ UART,
    0x09000000 // PL011; its data register is at offset 0 and QEMU needs no set-up of it
        .equ PSCI_SYSTEM_OFF,
    0x84000008

        // Four instructions that change registers alone, x0 is the count.
        .macro count_forever 1 : add x0,
    x0, #1 add x2, x2, x0 eor x3, x3,
    x2 b 1b
        .endm

        // Prints the string that register \str points to. x28 holds UART; uses w1.
        .macro puts str 1 : ldrb w1,
    [\str], #1 cbz w1, 2f str w1, [x28] b 1b 2 :.endm
