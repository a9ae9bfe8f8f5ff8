#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What it costs to have nodes on other hosts. The hosts are agents on this machine, behind a real sshd on the loopback
# interface, and have one CPU each, in turn; so this is the cost of ssh or TCP, of the protocol and of waking all who take
# part, without that of a network (apart.sh has one). "One process" is the same ensemble without hosts. What is compared is run in turn, several
# rounds, and the median taken. sleep=off, quanta of 100 us.
#
#   barrier   two hosts with a guest each, no packets, hosts meet at every barrier, as a `break when` that never holds
#             makes them: us a barrier over ssh and over TCP connections (line=tcp); guests that idle without a card, and
#             guests that count
#   linked    the same two with a link of 1 ms, so that hosts meet every ten quanta: speed against one process, and
#             against one process with quanta of 100 ms, which is as good as none; guests that count, and Linux guests
#             that have booted and ping each other every 10 virtual ms
#   growth    hosts meet at every barrier, us a grant: two hosts with more and more guests that count; more and more
#             hosts with a guest each that idles
#
# usage: tests/bench/hosts.sh [--quick] [barrier|linked|growth]...   (default: all)
# environment: BUILD, the output folder (default: build), which gets bench-hosts.json. Exit status 4 if inexact, but for
# more hosts than CPUs, where it is said; a goal that is not reached is said, and is no failure.
set -euo pipefail
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source tests/scenario/sshd.sh
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh
# shellcheck source=tests/bench/hosts-drive.sh
source tests/bench/hosts-drive.sh

rounds=5 length=400 what=()
for arg; do
    case $arg in
    --quick) rounds=2 length=100 ;;
    barrier | linked | growth) what+=("$arg") ;;
    *) echo "usage: tests/bench/hosts.sh [--quick] [barrier|linked|growth]..." >&2 && exit 2 ;;
    esac
done
[[ ${#what[@]} -gt 0 ]] || what=(barrier linked growth)
[[ -x $sshd_program ]] || { echo "hosts.sh: there is no sshd: \`scripts/setup check\` installs it" >&2 && exit 2; }

# count_grants: $grants, how many the first host has had.
count_grants() {
    ask perf
    grants=$(sed -nE 's/.*"h1 +([0-9]+) .*/\1/p' <<<"$answer")
}

# barrier_once HOSTS GUEST [LINE]: $us.
barrier_once() {
    open_on "$1" "${3:-ssh}"
    say 'quantum 100us' "$(bare a "$2" 1 nic=off)" "$(bare b "$2" 2 nic=off)" start
    meet_always
    timed "${length}ms"
    close_metronome
}

bench_barrier() {
    local i kind us near ssh tcp more ratio
    for kind in idle count; do
        near=() ssh=() tcp=() more=() ratio=()
        for ((i = 0; i < rounds; i++)); do
            barrier_once 0 "$kind"
            near+=("$us")
            barrier_once 2 "$kind" ssh
            ssh+=("$us")
            barrier_once 2 "$kind" tcp
            tcp+=("$us")
            more+=("$(calc "$us - ${near[i]}")")
            ratio+=("$(calc "$us / ${ssh[i]}")")
        done
        result "${kind}_us" "$(median "${ssh[@]}")" '<=' 400 "us a barrier of two hosts over ssh, guests that $kind (all rounds: ${ssh[*]})"
        if [[ $kind == idle ]]; then
            result idle_tcp_us "$(median "${tcp[@]}")" '<=' 80 "the same over TCP connections (${tcp[*]})"
        else
            figure count_tcp_us "$(median "${tcp[@]}")" "the same over TCP connections (${tcp[*]})"
        fi
        figure "${kind}_local_us" "$(median "${near[@]}")" "us a barrier in one process (${near[*]})"
        figure "${kind}_more_us" "$(median "${more[@]}")" "us that hosts with TCP add to a barrier (${more[*]})"
        figure "${kind}_ratio" "$(median "${ratio[@]}")" 'a barrier over TCP against one over ssh, each round'
    done
}

# linked_once HOSTS QUANTUM count|linux [LINE]: $took for the same virtual time, and with hosts $per_grant and $us.
linked_once() {
    local grants before
    open_on "$1" "${4:-ssh}"
    say "quantum $2"
    if [[ $3 == count ]]; then
        say "$(bare a count 1)" "$(bare b count 2)" start
    else
        say "$(linux a 1) $(on 1)" "$(linux b 2) $(on 2)" start
        run 'run 500ms'
    fi
    say 'link add a b latency=1ms'
    [[ $3 == count ]] || say "send a 'ping -q -i 0.01 10.0.0.2\\n'"
    run 'run 100ms'
    if [[ $1 -gt 0 ]]; then
        count_grants
        before=$grants
    fi
    run "run $((2 * length))ms"
    took=$seconds quanta=$barriers
    if [[ $1 -gt 0 ]]; then
        count_grants
        grants=$((grants - before))
        per_grant=$(calc "$quanta / $grants") us=$(calc "$took * 1e6 / $grants")
    fi
    close_metronome
}

# linked LINE GUEST GOAL: hosts over that line against one process.
linked() {
    local i far one=() free=() each=() took per_grant us line=$1
    for ((i = 0; i < rounds; i++)); do
        linked_once 2 100us "$2" "$line"
        far=$took
        each+=("$us")
        linked_once 0 100us "$2"
        one+=("$(calc "$took / $far")")
        linked_once 0 100ms "$2"
        free+=("$(calc "$took / $far")")
    done
    result "linked_$2_$1_one" "$(median "${one[@]}")" '>=' "$3" \
        "speed of two hosts over $1, guests: $2, 1 ms between them, against one process (all rounds: ${one[*]})"
    figure "linked_$2_$1_free" "$(median "${free[@]}")" "the same against quanta of 100 ms (${free[*]})"
    figure "linked_$2_$1_quanta" "$per_grant" 'quanta a grant'
    figure "linked_$2_$1_us" "$(median "${each[@]}")" "us a grant, guests included (${each[*]})"
}

bench_linked() {
    local kind
    for kind in count linux; do
        linked ssh "$kind" 0.90
        linked tcp "$kind" "$([[ $kind == count ]] && echo 0.90 || echo 0.80)"
    done
}

# growth_once HOSTS HOSTS_OF_ALL NODES GUEST: $us with NODES on each of HOSTS_OF_ALL, or the same nodes in one process
# (HOSTS is 0). Hosts that share a CPU know nothing of each other, so that a node may be kept from its CPU at a boundary.
growth_once() {
    local i n may_miss=
    [[ $1 -le $(nproc) ]] || may_miss=yes
    open_on "$1" ssh
    say 'quantum 100us'
    for ((i = 1; i <= $2; i++)); do
        for ((n = 1; n <= $3; n++)); do
            say "$(bare "n$i-$n" "$4" "$i" nic=off)"
        done
    done
    say start
    meet_always
    timed "$((length / 2))ms"
    close_metronome
}

# growth HOSTS NODES GUEST: one line of the table.
growth() {
    local i us near=() far=() missed=0
    for ((i = 0; i < (rounds + 1) / 2; i++)); do
        growth_once 0 "$@"
        near+=("$us")
        growth_once "$1" "$@"
        far+=("$us")
    done
    printf '%-28s %10.1f %12.1f %10.1f%s\n' "$1 x $2, $3" "$(median "${far[@]}")" "$(median "${near[@]}")" \
        "$(calc "$(median "${far[@]}") - $(median "${near[@]}")")" \
        "$([[ $missed -eq 0 ]] || echo "  more hosts than CPUs: $missed boundaries missed")"
    results+=("\"growth_$1_$2_$3_us\":$(median "${far[@]}")" "\"growth_$1_$2_$3_local_us\":$(median "${near[@]}")")
}

bench_growth() {
    local each
    printf '%-28s %10s %12s %10s\n' 'hosts x guests: us a grant' hosts 'one process' more
    for each in 1 2 4 8; do
        growth 2 "$each" count
    done
    for each in 1 2 4 8; do
        growth "$each" 1 idle
    done
}

trap at_end EXIT
start_sshd
for name in "${what[@]}"; do
    "bench_$name"
done
stop_sshd
write_results "$build/bench-hosts.json"
