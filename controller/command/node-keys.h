/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-keys.h: the keys of a node as usages show them (usage.h): those that `defaults` takes, too, and
 * those that differ from node to node. */
#ifndef COMMAND_NODE_KEYS_H
#define COMMAND_NODE_KEYS_H

/* How wide an ellipsis is, clang-format's versions do not agree. */
/* clang-format off */
#define NODE_SHARED_KEYS                                                                           \
    "[arch=aarch64|arm|i386|riscv32|riscv64|x86_64|…] [qemu=PATH] [machine=virt] [cpu=…] [smp=1] [memory=512M] "    \
    "[kernel=FILE] [initrd=FILE] [append=TEXT] [files=PATH[:DEST],…] [disk=FILE] [format=raw|qcow2|…] "   \
    "[disk-mode=memory|host] [cdrom=FILE] [firmware=FILE|uefi|none] [icount=shift=0,sleep=on|shift=0,sleep=off|off] [seed=1] "          \
    "[nic=on|off|N] [nic-model=virtio-mmio|virtio-pci|onboard|e1000|…] [uarts=N] [semihosting=on|userspace|off] [host=local|auto|HOST] "              \
    "[on-exit=stop|continue|fail] [agent=on|off] [extra=\"raw qemu options\"]"
/* clang-format on */
#define NODE_OWN_KEYS "[persist=on|off] [serial=unix:PATH|telnet:[HOST]:PORT] [mac=ADDRESS]"

#endif
