// SPDX-License-Identifier: GPL-3.0-or-later
// Every vCPU counts for ever. CPU 0 starts the others through PSCI until there are no more of them.
//
// QEMU's virt machine numbers CPU i as Aff1 = i / N, Aff0 = i % N, where N is 16 with GICv3 and 8 with GICv2 (which
// takes 8 CPUs at most). Asking for all 16 numbers of each cluster serves both: CPU_ON of a number that does not
// exist fails, and is passed over. 512 CPUs is what -M virt can have.
#include "aarch64.inc"

.equ PSCI_CPU_ON, 0xc4000003
.equ PER_CLUSTER, 16
.equ CLUSTERS, 32

.global _start
_start:
    mov x20, #0                 // Aff1
1:  mov x21, #0                 // Aff0
2:  orr x1, x21, x20, lsl #8
    cbz x1, 3f                  // that is this one
    ldr x0, =PSCI_CPU_ON
    adr x2, secondary
    mov x3, #0
    hvc #0
3:  add x21, x21, #1
    cmp x21, #PER_CLUSTER
    b.ne 2b
    add x20, x20, #1
    cmp x20, #CLUSTERS
    b.ne 1b
    adr x4, all_on
    mov w5, #1
    str w5, [x4]
    dsb ish
    sev
    b count

// A vCPU that counted at once would use up its whole time slice before CPU 0 can start the next one (seconds with 32
// vCPUs). WFE ends the slice in QEMU; since 11.0 the vCPU sleeps until there is an event.
secondary:
    adr x4, all_on
5:  ldr w5, [x4]
    cbnz w5, count
    wfe
    b 5b

.global count
count:
    mrs x1, mpidr_el1
    mov x0, #0
    count_forever

.data
    .balign 4
all_on:
    .word 0
