#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Guests with firmware and disks: a boot over UEFI under exact quanta, images that a run does not
# change or changes, and errors of images.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

disk=$guest/disk.qcow2
uefi='firmware=uefi memory=256M icount=shift=0,sleep=off'

cp "$disk" "$dir/disk.qcow2"
expect 'a boot over UEFI, the boot loader and the kernel on the disk: exact' 0 "node add d $uefi disk=$dir/disk.qcow2; \
    node add c kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; \
    wait-line d 'Welcome to metronome guest disk' timeout=60s; time; assert missed == 0; assert d.overshoot == 0; \
    assert c.overshoot == 0; assert d.time == time; assert c.time == time" '^d +(idle|paused) '
check 'the image is what it was' cmp "$disk" "$dir/disk.qcow2"
expect 'a CD-ROM is there for the guest' 0 "node add d $uefi cdrom=$dir/disk.qcow2; start; hmp d 'info block'" \
    "cdrom0.*disk.qcow2" 'Removable device'
METRONOME_FIRMWARE_DIR=$dir/none expect 'firmware that is not installed: the package is named' 2 \
    "node add d $uefi disk=$disk" "node d|firmware=uefi needs '$dir/none/AAVMF_CODE.fd'.*Debian's package is qemu-efi-aarch64"
expect 'UEFI for another architecture' 2 'node add d arch=x86_64 firmware=uefi' 'firmware=uefi is there for aarch64 only'

# A guest that writes to a raw disk.
truncate -s 1M "$dir/raw"
writer="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=1,sleep=off disk=$dir/raw format=raw \
    append=\"console=ttyAMA0 quiet cryptomgr.notests run=\\\"echo changed > /dev/vda; head -c 8 /dev/vda; sync\\\"\""
expect 'what a guest writes it reads again' 0 "node add w $writer; start; wait-line w '^changed' timeout=20s; \
    wait-line w 'run ended with status 0' timeout=20s; assert missed == 0"
check 'the image is still empty' cmp -s -n 1048576 "$dir/raw" /dev/zero
expect 'persist=on: said to change the image' 0 "node add w $writer persist=on; start; \
    wait-line w 'run ended with status 0' timeout=20s" 'warn: .*the run changes the image'
check 'the image has it' [ "$(head -c 7 "$dir/raw")" = changed ]

# --- errors

program="kernel=$guest/count-aarch64.elf memory=64M"
expect 'a raw image without a format' 2 "node add d $program disk=$dir/raw" "disk='$dir/raw' is no qcow2 image: .*format=raw"
expect 'a format that is none' 2 "node add d $program disk=$dir/raw format=ext4" "format='ext4' is unknown: raw, qcow2"
expect 'a format without a disk' 2 "node add d $program format=raw" 'format= needs disk='
expect 'persist without a disk' 2 "node add d $program persist=on" 'persist= needs disk='
expect 'a format that the image has not: QEMU is quoted' 3 "node add d $program disk=$dir/raw format=qcow2; start" \
    'node d: QEMU ended, exit status 1; it said: .*not in qcow2 format'
expect 'a disk in use: the lock is named' 3 "node add d $program disk=$dir/raw format=raw persist=on; node add e $program \
    disk=$dir/raw format=raw persist=on; start" 'node e: QEMU ended, exit status 1; it said: .*Failed to get "write" lock'
expect 'a guest that never gets there: its last lines, in virtual time' 1 "node add d $uefi; start; \
    wait-line d 'Welcome' timeout=1s" "no line of node d matched 'Welcome' until 1\.000000000s; its console ends with:" \
    '^    UEFI firmware'

done_testing
