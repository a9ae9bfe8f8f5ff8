#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A guest whose card has no room for what comes: nothing is lost uncounted, and a run that is looked at is the same run.
# Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# ring NODE NUMBER...: a node with the payload `ring` and what it is to do (guest-init/payloads/ring-aarch64.S).
ring() {
    local node=$1 at=$((0x40ffff80)) number loaders=''
    shift
    for number; do
        loaders+="-device loader,addr=$(printf 0x%x "$at"),data=$number,data-len=8 "
        at=$((at + 8))
    done
    echo "node add $node memory=64M icount=shift=0,sleep=off kernel=$guest/ring-aarch64.elf extra=\"$loaders\"; "
}

# looked_at RUN...: a run in these pieces, to 150 ms; what the guest printed is in $dir/console, what it was handed in
# $dir/packets: size, time, mark, digest. $receiver, $sender, $link: what is tried.
looked_at() {
    local piece pieces='' runs=("$@")
    for piece in "${runs[@]}"; do
        pieces+="run $piece; time; "
    done
    commands "quantum 1ms; $receiver $sender link add s r latency=2ms ${link:-}; start
        $pieces run-until 150ms; assert missed == 0; assert r.late == 0; assert s.late == 0; assert s.sent == $sent
        network trace last=30000; report $dir/report"
    cp "$dir/report/console-r.log" "$dir/console"
    awk '$2 == "delivery" && $3 == "r" { print $5, $8, $9, $10 }' "$dir/out" >"$dir/packets"
}

# numbers: of the frames that the guest took out.
numbers() {
    cut -d' ' -f1 "$dir/console"
}

same_as_unlooked() {
    cmp "$dir/console" "$dir/console.alone" && cmp "$dir/packets" "$dir/packets.alone"
}

# compare WHAT: all frames arrive in their order, and looking at barriers, in the midst of quanta and at instructions
# changes nothing.
compare() {
    looked_at
    check "$1: exit 0" ended 0
    check "$1: the guest gets all frames, in order" cmp <(numbers) <(seq "$sent")
    cp "$dir/console" "$dir/console.alone"
    cp "$dir/packets" "$dir/packets.alone"
    # shellcheck disable=SC2046
    looked_at $(yes 1ms | head -n 60)
    check "$1: stops at 60 barriers, the same run" eval 'ended 0 && same_as_unlooked'
    # Not while frames are sent: QEMU tells the time at which one is only as exactly as the vCPU's slices are long.
    # shellcheck disable=SC2046
    looked_at 1ms 9ms $(yes 1370us | head -n 40) '1001insn on r' '7insn on r' 3ms
    check "$1: stops in the midst of quanta, the same run" eval 'ended 0 && same_as_unlooked'
}

sent=100
sender=$(ring s 1 $sent 0 1000000 20000 100 0)

# The driver takes nothing for 20 ms, or 60 ms: 16 frames have room.
receiver=$(ring r 0 16 0 15000000 0 2048 0)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "a full ring, delivery=$delivery"
    check "a full ring, delivery=$delivery: what has no room is carried" \
        eval "grep -c ' carried ' '$dir/packets' | grep -qx 84"
done

# Buffers that the guest has given back and not told of: QEMU hands frames over early if it is stopped then.
receiver=$(ring r 0 8 0 6000000 100000 2048 0)
compare 'buffers that the card is not told of'

# What comes before there is a driver waits for it.
receiver=$(ring r 0 64 10000000 0 0 2048 0)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "no driver, delivery=$delivery"
done

# Due in the midst of a µs: what the first segment finds out of QEMU is known to all nodes in it, so the times that QEMU stamps
# frames with are those of a run in pieces.
receiver=$(ring r 0 128 0 0 0 2048 0)
link='delivery=exact bandwidth=1G' compare 'times between two µs'

# A ring where there is no memory: the card takes nothing until the guest makes another one.
sent=50
sender=$(ring s 1 $sent 0 1000000 20000 100 0)
receiver=$(ring r 0 16 100000 8000000 0 2048 0 0 0x3fffff)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "a ring in no memory, delivery=$delivery"
done

# A driver that is reset: what the card is handed before that is seen has no ring, as with any card, which is told.
sent=10
sender=$(ring s 1 $sent 0 1000000 2000000 100 0)
receiver=$(ring r 0 16 8000000 0 0 2048 0 4)
for delivery in barrier exact; do
    link="delivery=$delivery"
    looked_at 1ms
    check "a driver that is reset, delivery=$delivery: the guest gets all but what it had given up, and what found no ring" \
        cmp <(numbers) <(printf '%s\n' 1 2 3 4 8 9 10)
    check "a driver that is reset, delivery=$delivery: what found no ring is told of" \
        ended 0 '^metronome: warn: node r, card 0: its ring does not show all of 1 frames'
    cp "$dir/console" "$dir/console.alone"
    cp "$dir/packets" "$dir/packets.alone"
    # shellcheck disable=SC2046
    looked_at $(yes 1ms | head -n 60)
    check "a driver that is reset, delivery=$delivery: stops at 60 barriers, the same run" eval 'ended 0 && same_as_unlooked'
done
link=''
sent=100

# A frame that takes three buffers.
sender=$(ring s 1 $sent 0 1000000 20000 1514 0)
receiver=$(ring r 0 32 0 6000000 0 512 0x8000)
compare 'buffers that are merged'

# A card that takes nothing for ever: what is above 10000 frames is lost, and counted.
sent=10100
sender=$(ring s 1 $sent 0 1000000 1500 60 0)
receiver=$(ring r 0 16 0 1000000000000 0 2048 0)
looked_at 1ms
check 'a card that takes nothing: exit 0' ended 0
check 'a card that takes nothing: of 10100 frames 16 are in its ring, 10000 wait, 84 are lost, which is told' \
    test "$(grep -c ' drop s r .* nic ' "$dir/out")" -eq 84
expect 'a card that takes nothing: its sender counts them' 0 "quantum 1ms; $receiver $sender link add s r latency=2ms; start
    run 150ms; assert s.dropped == 84; assert r.received == 16"
done_testing
