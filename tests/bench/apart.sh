#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Hosts that are apart. Two agents are in one network namespace, the controller in another, with a line between them
# that delays what goes through it (tests/scenario/apart.sh): by the kernel's netem, or without one by a program that
# relays frames, whose own time (some 50 us a round trip, and a part of the CPUs) is in the round trip that is shown.
# All messages go over TCP connections of the agents' own (line=tcp). As root.
#
#   speed   two guests that count, or idle, one on each host, with a link: speed against one process, over the line's
#           round trip, the link's latency and the quantum; beside it what the model of ARCHITECTURE.md says, from
#           figures of the same run: c, us a quantum in one process; R, what a meeting adds without delay; w, CPU time of
#           a client for a grant. Also as a picture, bench-hosts.svg.
#   many    2 to 32 agents with an idle guest each on this machine, hosts meet at every barrier: CPU time of the
#           controller's clients for a grant of one host, over ssh and over TCP connections
#
# usage: tests/bench/apart.sh [--quick] [speed|many]...   (default: both)
# environment: BUILD, the output folder (default: build), which gets bench-apart.json and bench-hosts.svg. Exit status 4
# if inexact, but for more hosts than CPUs, where it is said; a goal that is not reached is said, and is no failure.
set -euo pipefail
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source tests/scenario/sshd.sh
# shellcheck source=tests/scenario/apart.sh
source tests/scenario/apart.sh
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh
# shellcheck source=tests/bench/hosts-drive.sh
source tests/bench/hosts-drive.sh

rounds=3 length=200 what=()
for arg; do
    case $arg in
    --quick) rounds=1 length=50 ;;
    speed | many) what+=("$arg") ;;
    *) echo "usage: tests/bench/apart.sh [--quick] [speed|many]..." >&2 && exit 2 ;;
    esac
done
[[ ${#what[@]} -gt 0 ]] || what=(speed many)

# clients_cpu: $cpu, ns of CPU time that the controller's clients have used, and $grants of all hosts.
clients_cpu() {
    local task
    cpu=0
    for task in /proc/"$pid"/task/*; do
        [[ $(<"$task/comm") != client-* ]] || cpu=$((cpu + $(cut -d' ' -f1 "$task/schedstat")))
    done
    ask perf
    grants=$(grep -oE '"h[0-9]+ +[0-9]+ ' <<<"$answer" | awk '{ sum += $2 } END { print sum + 0 }')
}

# --- speed

quanta=(100us 500us)
latencies=(1ms 2ms 5ms)
delays=(0 50 200 500 1000)

# pair GUEST: two guests with a link, which have run for a while.
pair() {
    say 'quantum 100us' "$(bare a "$1" 1)" "$(bare b "$1" 2)" start 'link add a b latency=1ms'
    run 'run 20ms'
}

# quantum_us: $us, host us a quantum of what comes.
quantum_us() {
    run 'run 5ms'
    run "run ${length}ms"
    us=$(calc "$seconds * 1e6 / $barriers")
}

# round_trip: $rtt, the median of some messages there and back, in us.
round_trip() {
    local i all=()
    for ((i = 0; i < 9; i++)); do
        ask 'host list'
        all+=("$(grep -oE '[0-9]+ us' <<<"$answer" | head -n 1 | cut -d' ' -f1)")
    done
    rtt=$(median "${all[@]}")
}

declare -A own

# by_itself GUEST: $own, us a quantum in one process, by quantum and latency.
by_itself() {
    local quantum latency us
    open_on 0 tcp
    pair "$1"
    for quantum in "${quanta[@]}"; do
        for latency in "${latencies[@]}"; do
            say "link set a b latency=$latency" "quantum $quantum"
            quantum_us
            own[$quantum,$latency]=$us
        done
    done
    close_metronome
}

# meeting: $more, what a meeting adds to a quantum without delay, and $w, CPU time of a client for a grant, in us.
meeting() {
    local us cpu grants before answer
    delay 0
    say 'quantum 100us' 'link set a b latency=1ms'
    meet_always
    clients_cpu
    before=$cpu/$grants
    quantum_us
    clients_cpu
    w=$(calc "($cpu - ${before%/*}) / 1000 / ($grants - ${before#*/})")
    more=$(calc "$us - ${own[100us,1ms]}")
    say 'delete 1'
}

# model C LATENCY QUANTUM RTT: $model, speed against one process. On one machine a client's time comes on top, as it
# shares its CPU with a host.
model() {
    model=$(awk -v c="$1" -v n="$(calc "${2%ms} * 1000 / ${3%us}")" -v r="$(calc "$more + $4 - $no_delay")" -v w="$w" '
        BEGIN { l = int((n + 2) / 4); s = n - l; wait = r - l * c; if (wait < w) wait = w
                printf "%.3f", c / (c + (wait + w) / s) }')
}

# one_round GUEST: adds to the rows.
one_round() {
    local wait quantum latency us rtt
    by_itself "$1"
    open_on 2 tcp
    pair "$1"
    meeting
    for wait in "${delays[@]}"; do
        delay "$wait"
        round_trip
        [[ $wait -gt 0 ]] || no_delay=$rtt
        for quantum in "${quanta[@]}"; do
            for latency in "${latencies[@]}"; do
                say "link set a b latency=$latency" "quantum $quantum"
                quantum_us
                model "${own[$quantum,$latency]}" "$latency" "$quantum" "$rtt"
                echo "$1 $wait $quantum $latency $rtt $(calc "${own[$quantum,$latency]} / $us") $model" >>"$dir/rows"
            done
        done
    done
    close_metronome
    echo "# guests: $1, c ${own[100us,1ms]} us, R $more us, w $w us, there and back without delay $no_delay us"
}

bench_speed() {
    local i guests more w no_delay model
    [[ $kind != none ]] || { echo "apart.sh: no network namespaces can be made here (root?)" >&2 && exit 2; }
    echo "# the line between the hosts: $kind"
    : >"$dir/rows"
    for ((i = 0; i < rounds; i++)); do
        for guests in count idle; do
            one_round "$guests"
        done
    done
    python3 tests/bench/apart.py "$dir/rows" "$build/bench-hosts.svg"
    result apart_200us_2ms "$(awk '$1 == "count" && $2 == 200 && $3 == "100us" && $4 == "2ms" { print $6 }' "$dir/rows" |
        sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')" '>=' 0.85 \
        'speed of guests that count with 0.2 ms of delay each way, a link of 2 ms, quanta of 100 us, against one process'
}

# --- many

# many_once HOSTS LINE: $each, us of CPU time for a grant of one host, and $us a barrier.
many_once() {
    local i cpu grants before answer may_miss=yes
    open_on "$1" "$2"
    say 'quantum 100us'
    for ((i = 1; i <= $1; i++)); do
        say "$(bare "n$i" idle "$i" nic=off)"
    done
    say start
    meet_always
    run 'run 10ms'
    clients_cpu
    before=$cpu/$grants
    run "run $((length / 2))ms"
    clients_cpu
    each=$(calc "($cpu - ${before%/*}) / 1000 / ($grants - ${before#*/})")
    us=$(calc "$seconds * 1e6 / $barriers")
    close_metronome
}

bench_many() {
    local n each us ssh
    printf '%-10s %14s %14s %14s %14s\n' hosts 'ssh: us a grant' 'us a barrier' 'tcp: us a grant' 'us a barrier'
    for n in 2 4 8 16 32; do
        many_once "$n" ssh
        ssh=$each/$us
        many_once "$n" tcp
        printf '%-10s %14.1f %14.1f %14.1f %14.1f\n' "$n" "${ssh%/*}" "${ssh#*/}" "$each" "$us"
        results+=("\"many_${n}_ssh_us\":${ssh%/*}" "\"many_${n}_tcp_us\":$each")
    done
}

trap at_end EXIT
for name in "${what[@]}"; do
    kind=none
    if [[ $name == speed ]]; then
        # Above the guests, so that a delay is what it says.
        line_rank=(chrt -f 40) line_seconds=1200
        make_line
        prefix=("${from_here[@]}")
    fi
    start_sshd
    "bench_$name"
    stop_sshd
    [[ $kind == none ]] || remove_line
    prefix=() sshd_prefix=() sshd_address=127.0.0.1
    rm -rf "$ssh_dir"
done
write_results "$build/bench-apart.json"
