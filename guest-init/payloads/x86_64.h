// SPDX-License-Identifier: GPL-3.0-or-later
// What the x86_64 payloads share: the devices of `qemu-system-x86_64 -M pc` and `-M q35`, and the
// loop that counts. They are multiboot images of 32-bit code, which is what QEMU's -kernel loads
// without a boot loader: SeaBIOS runs first, then _start in protected mode with flat segments and
// interrupts off.

.code32

    .equ COM1,
    0x3f8.equ COM1_LSR, COM1 + 5.equ PM1A_CONTROL,
    0x604 // where SeaBIOS puts the ACPI power control of both machines
        .equ PM1A_SOFT_OFF,
    0x2000.equ LAPIC,
    0xfee00000

        .section.multiboot,
    "a".balign 4
            .long 0x1badb002 // magic, no flags, checksum
            .long 0.long -
        0x1badb002
                .text

                // Four instructions that change registers alone, EAX is the count.
                .macro count_forever 1 : inc %
            eax add % eax,
    % ecx xor % ecx, %
                         edx jmp 1b
                             .endm

                             // Prints AL. Uses AH, EDX.
                             .macro putc_al mov %
                         al,
    % ah mov $COM1_LSR, % edx 3 : in(% dx), % al test $0x20, %
                                                                 al // room for a character
                                                                 jz 3b mov
                                                                 % ah,
    % al mov $COM1, % edx out % al,
    (% dx).endm

            // Prints the string at ESI. Uses EAX, EDX.
            .macro puts_esi 1 : lodsb test
        % al,
    % al jz 2f putc_al jmp 1b 2
    :.endm

         // Defines `gdt` and what lgdt wants: selector 8 is code, 16 is data, both flat.
         .macro define_gdt.balign 8 gdt
    :.quad 0.quad 0x00cf9a000000ffff.quad 0x00cf92000000ffff gdt_pointer :.word.-
        gdt - 1.long gdt.endm
