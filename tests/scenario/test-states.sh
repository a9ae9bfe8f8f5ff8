#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Nodes have states that tell, and stay in metronome's hands: guests that power off, panic, sleep, reset or are bitten by
# their watchdog, QEMUs that end, die or stand still, options and monitor commands that would take a node away.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

arm='memory=32M nic=off icount=shift=0,sleep=off'
count_node="$arm kernel=$guest/count-aarch64.elf"

# --- options that take what is metronome's

refused() {
    local option
    expect 'options that take the gdbstub and the start are refused, with what to write instead' 2 \
        "node add a $count_node extra='-s -S'; echo behind" \
        'node a: refused: -s: .*; use .gdb NODE port=1234.; also -S: .*; leave it away'
    check 'nothing behind the refusal is run' not says '^behind'
    for option in '-gdb tcp::1' '-qmp stdio' '--monitor stdio' '-daemonize' '-icount shift=1' '-seed 7' \
        '-enable-kvm' '-incoming defer' '-nographic' '-loadvm x' '-chroot /tmp' '-netdev user,id=mtg'; do
        echo "node add a $count_node extra='$option'" >"$dir/refused.mtr"
        mtr check "$dir/refused.mtr"
        check "check refuses $option" ended 2 "refused.mtr:1: node a: refused: ${option/#--/-}: "
    done
    expect 'options that leave the node in its place are not' 0 \
        "node add a $count_node extra='-device pvpanic-pci -no-reboot -serial null'; start; run 1ms; assert a.icount == 1000000"
}

refused

done_testing
