#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A guest whose card has no room for frames: every lost frame is counted, and stops do not change
# the run. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# looked_at RUN...: runs the guests in these pieces, to 150 ms. The guest's output goes to
# $dir/console; the delivered frames go to $dir/packets: size, time, mark, digest. $receiver,
# $sender and $link are the case under test.
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

# numbers: prints the numbers of the frames that the guest took out of its ring.
numbers() {
    cut -d' ' -f1 "$dir/console"
}

same_as_unlooked() {
    cmp "$dir/console" "$dir/console.alone" && cmp "$dir/packets" "$dir/packets.alone"
}

# compare WHAT: all frames arrive in order, and stops at barriers, in the middle of quanta and at
# instructions change nothing.
compare() {
    looked_at
    check "$1: exit 0" ended 0
    check "$1: the guest gets all frames, in order" cmp <(numbers) <(seq "$sent")
    cp "$dir/console" "$dir/console.alone"
    cp "$dir/packets" "$dir/packets.alone"
    # shellcheck disable=SC2046
    looked_at $(yes 1ms | head -n 60)
    check "$1: stops at 60 barriers, the same run" eval 'ended 0 && same_as_unlooked'
    # No stop while frames are sent: the precision of a frame's send time in QEMU is the length of
    # the vCPU's slices.
    # shellcheck disable=SC2046
    looked_at 1ms 9ms $(yes 1370us | head -n 40) '1001insn on r' '7insn on r' 3ms
    check "$1: stops in the midst of quanta, the same run" eval 'ended 0 && same_as_unlooked'
}

sent=100
sender=$(ring s 1 $sent 0 1000000 20000 100 0)

# The driver takes nothing for 20 ms, or 60 ms; the ring has room for 16 frames.
receiver=$(ring r 0 16 0 15000000 0 2048 0)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "a full ring, delivery=$delivery"
    check "a full ring, delivery=$delivery: what has no room is carried" \
        eval "grep -c ' carried ' '$dir/packets' | grep -qx 84"
done

# Buffers that the guest has returned without notifying the card. A stop then makes QEMU deliver
# frames early.
receiver=$(ring r 0 8 0 6000000 100000 2048 0)
compare 'buffers that the card is not told of'

# Frames that come before the driver is ready wait for it.
receiver=$(ring r 0 64 10000000 0 0 2048 0)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "no driver, delivery=$delivery"
done

# Due times between two µs. The facts about QEMU that the first segment finds are known to all its
# nodes, so the times that QEMU stamps on frames equal those of a run in pieces.
receiver=$(ring r 0 128 0 0 0 2048 0)
link='delivery=exact bandwidth=1G' compare 'times between two µs'

# A ring at an address without memory: the card takes nothing until the guest makes another ring.
sent=50
sender=$(ring s 1 $sent 0 1000000 20000 100 0)
receiver=$(ring r 0 16 100000 8000000 0 2048 0 0 0x3fffff)
for delivery in barrier exact; do
    link="delivery=$delivery" compare "a ring in no memory, delivery=$delivery"
done

# A driver that resets the card. Frames that the card gets before metronome sees the reset have no
# ring, as with any card, and metronome reports them.
sent=10
sender=$(ring s 1 $sent 0 1000000 2000000 100 0)
receiver=$(ring r 0 16 8000000 0 0 2048 0 4)
for delivery in barrier exact; do
    link="delivery=$delivery"
    looked_at 1ms
    check "a driver that is reset, delivery=$delivery: the guest gets all but what it had given up, and what found no ring" \
        cmp <(numbers) <(printf '%s\n' 1 2 3 4 8 9 10)
    check "a driver that is reset, delivery=$delivery: what found no ring is told of" \
        ended 0 '^metronome: warn: node r, card 0: its driver was reset, and its old ring does not show 1 of the frames'
    cp "$dir/console" "$dir/console.alone"
    cp "$dir/packets" "$dir/packets.alone"
    # shellcheck disable=SC2046
    looked_at $(yes 1ms | head -n 60)
    check "a driver that is reset, delivery=$delivery: stops at 60 barriers, the same run" eval 'ended 0 && same_as_unlooked'
done
link=''
sent=100

# A frame that needs three buffers.
sender=$(ring s 1 $sent 0 1000000 20000 1514 0)
receiver=$(ring r 0 32 0 6000000 0 512 0x8000)
compare 'buffers that are merged'

# A card that takes nothing for ever: frames beyond 10000 are lost, and counted.
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
