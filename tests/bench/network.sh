#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the virtual network costs, each figure a ratio within one run. Busy guests, strict mode, sleep=off.
#
#   idle      two guests that count, 10 us quanta, before and after they are linked: us a barrier
#   packets   two busy Linux guests, 10,000 UDP packets a virtual second from one to the other, 100 us quanta: speed with
#             a link of metronome's against the same guests whose cards are joined by QEMU's own sockets, at no exact
#             time; and against the same guests while no packets are sent, their own work for the packets included
#   switch    eight guests that count, before and after they are linked to one switch, 100 us quanta; then eight busy
#             Linux guests, before they are linked and with a ping every 10 virtual ms from each
#
# usage: tests/bench/network.sh [--quick] [idle|packets|switch]...   (default: all)
# environment: BUILD, the output folder (default: build), which gets bench-network.json. Exit status 4 if inexact; a goal
# that is not reached is said, and is no failure: other machines have other figures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh

rounds=5 what=()
for arg; do
    case $arg in
    --quick) rounds=2 ;;
    idle | packets | switch) what+=("$arg") ;;
    *) echo "usage: tests/bench/network.sh [--quick] [idle|packets|switch]..." >&2 && exit 2 ;;
    esac
done
[[ ${#what[@]} -gt 0 ]] || what=(idle packets switch)

counting() {
    local i
    for ((i = 1; i <= $1; i++)); do
        say "node add n$i kernel=$guest/count-aarch64.elf memory=32M icount=shift=0,sleep=off"
    done
}

bench_idle() {
    local i us before=() more=() ratio=()
    for ((i = 0; i < rounds; i++)); do
        open_metronome
        say 'quantum 10us'
        counting 2
        say start
        timed 400ms
        before+=("$us")
        say 'link add n1 n2 latency=1ms'
        timed 400ms
        close_metronome
        more+=("$(calc "$us - ${before[i]}")")
        ratio+=("$(calc "$us / ${before[i]}")")
    done
    result idle_us "$(median "${more[@]}")" '<=' 2 \
        "us that an idle link adds to a barrier of two nodes ($(median "${before[@]}") us; all rounds: ${more[*]})"
    figure idle_ratio "$(median "${ratio[@]}")" 'the same as a ratio'
}

# busy NAME NUMBER COMMAND [OPTIONS]: a Linux guest that has something to do all the time.
busy() {
    echo "$(linux "$1" "$2" "while :; do :; done & $3" initramfs-net.cpio.gz) ${4:-}"
}

# direct NUMBER PEER: a card whose cable is two sockets in $sockets.
direct() {
    echo "nic=off extra=\"-netdev dgram,id=d,local.type=unix,local.path=$sockets/$1,remote.type=unix,\
remote.path=$sockets/$2 -device virtio-net-device,netdev=d,mac=52:54:00:00:00:0$1\""
}

# packets_once linked|direct: host seconds without packets and with them, in turn, so that what else the host does meets
# both: sets quiet and loud, for as much virtual time.
packets_once() {
    local turn
    quiet=0 loud=0
    open_metronome
    if [[ $1 == direct ]]; then
        say 'quantum 100us' "$(busy a 1 true "$(direct 1 2)")" "$(busy b 2 'iperf3 -s -D' "$(direct 2 1)")" start
    else
        say 'quantum 100us' "$(busy a 1 true)" "$(busy b 2 'iperf3 -s -D')" 'link add a b latency=1ms' start
    fi
    run "wait-line a 'run ended' timeout=20s"
    run "wait-line b 'run ended' timeout=20s"
    for turn in 1 2 3; do
        run 'run 100ms'
        run 'run 300ms'
        quiet=$(calc "$quiet + $seconds")
        say "send a 'iperf3 -c 10.0.0.2 -u -b 20M -l 250 -k 8000 >/dev/null; \
echo turn $turn: \$(cat /sys/class/net/eth0/statistics/tx_packets) sent\\n'"
        run 'run 400ms'
        run 'run 300ms'
        loud=$(calc "$loud + $seconds")
        # 8,000 a turn, and what TCP says about them.
        run "wait-line a 'turn $turn: $((8 * turn))[0-9]{3} sent' timeout=20s"
    done
    close_metronome
}

bench_packets() {
    local i quiet loud direct own=() network=() # each against its own quiet time: the host's speed drifts
    sockets=$(mktemp -d)
    for ((i = 0; i < (rounds + 1) / 2; i++)); do
        packets_once direct
        direct=$(calc "$loud / $quiet")
        packets_once linked
        network+=("$(calc "$direct * $quiet / $loud")")
        own+=("$(calc "$quiet / $loud")")
    done
    rm -rf "$sockets"
    result packets_speed "$(median "${network[@]}")" '>=' 0.85 \
        "speed with 10,000 packets a virtual second over a link, against QEMU's own sockets (${network[*]})"
    figure packets_own "$(median "${own[@]}")" \
        "speed with them against the same guests without packets, their own work included (${own[*]})"
}

# join COUNT: all to one switch.
join() {
    local i
    say 'switch add s'
    for ((i = 1; i <= $1; i++)); do
        say "link add n$i s latency=500us bandwidth=1G"
    done
}

bench_switch() {
    local i us before ratio=()
    for ((i = 0; i < (rounds + 1) / 2; i++)); do
        open_metronome
        say 'quantum 100us'
        counting 8
        say start
        timed 300ms
        before=$us
        join 8
        timed 300ms
        close_metronome
        ratio+=("$(calc "$before / $us")")
    done
    result switch_idle "$(median "${ratio[@]}")" '>=' 0.85 "speed of 8 nodes on an idle switch against unconnected (${ratio[*]})"
    ratio=()
    for ((i = 0; i < (rounds + 1) / 2; i++)); do
        switch_with_pings
    done
    result switch_pings "$(median "${ratio[@]}")" '>=' 0.85 \
        "speed of 8 Linux guests on a switch, each pinging every 10 ms, against unconnected (${ratio[*]})"
}

switch_with_pings() {
    local i before
    open_metronome
    for i in {1..8}; do
        say "$(linux "n$i" "$i")"
    done
    say start
    for i in {1..8}; do
        run "wait-line n$i 'Welcome' timeout=20s"
    done
    say 'quantum 100us'
    for i in {1..8}; do
        say "send n$i 'while :; do :; done &\\n'"
    done
    run 'run 100ms'
    run 'run 200ms'
    before=$seconds
    join 8
    for i in {1..8}; do
        say "send n$i 'ping -q -i 0.01 10.0.0.$((i % 8 + 1))\\n'"
    done
    run 'run 100ms'
    run 'run 200ms'
    ratio+=("$(calc "$before / $seconds")")
    close_metronome
}

for name in "${what[@]}"; do
    "bench_$name"
done
write_results "$build/bench-network.json"
