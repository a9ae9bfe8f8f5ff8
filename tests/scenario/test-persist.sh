#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An image with persist=on is whole however the run ends.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M"
quiet='console=ttyAMA0 quiet cryptomgr.notests'

# fresh: an image whose tables are small enough for QEMU to keep all changes to them until it ends.
fresh() {
    rm -f "$dir/kept.qcow2"
    qemu-img create -q -f qcow2 "$dir/kept.qcow2" 256M
}

kept="node add p $linux disk=$dir/kept.qcow2 persist=on icount=shift=0,sleep=off \
    append=\"$quiet run=\\\"exec 3</dev/vda; i=0; while echo round \\\$i; do dd if=/dev/urandom of=/dev/vda bs=4k count=40 seek=\\\$((i*50)) \
oflag=direct conv=notrunc 2>/dev/null; i=\\\$((i+1)); done\\\"\""

# whole: the image is without faults, and has what the guest wrote without ever asking for it to be kept.
whole() {
    local clusters
    qemu-img check -q "$dir/kept.qcow2" || return 1
    clusters=$(qemu-img check --output=json "$dir/kept.qcow2" | sed -n 's/.*"allocated-clusters": \([0-9]*\).*/\1/p')
    [[ ${clusters:-0} -ge 50 ]]
}

full() {
    [[ $(stat -c %b "$dir/kept.qcow2") -gt 8000 ]]
}

# begins: a run without end, in the background, when its guest has written some MB.
begins() {
    fresh
    background -c "quantum 1ms; $kept; start; run-until 1000s"
    within 60 full
}

fresh
expect 'a scenario that passes' 0 "$kept; start; wait-line p 'round 20' timeout=10000s" \
    'may not repeat: persist=on: the next run begins with what this one wrote'
check '... its image is whole' whole
fresh
expect 'a scenario that fails' 1 "$kept; start; wait-line p 'round 20' timeout=10000s; assert 1 == 2"
check '... its image is whole' whole
fresh
expect 'a node that is removed' 0 "$kept; start; wait-line p 'round 20' timeout=10000s; node remove p"
check '... its image is whole' whole
for signal in INT TERM KILL; do
    begins
    kill -$signal "$pid"
    join 2>/dev/null
    check "SIG$signal for metronome: its QEMU ends" within 30 no_qemus
    check '... and its image is whole' whole
done
begins
kill_untidied
check 'metronome and its janitor are killed: its QEMU ends' within 30 no_qemus
check '... and its image is whole' whole
begins
check 'a second node with the image is refused' [ "$(qemus | wc -l)" = 1 ]
kill -STOP "$(qemus)"
kill -INT "$pid"
join 2>/dev/null
check 'a QEMU that somebody stopped is continued to end' whole
mtr -c "node add d kernel=$guest/count-aarch64.elf memory=64M; start" # sweeps

done_testing
