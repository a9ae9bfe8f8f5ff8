#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two idle Linux guests with a link, sleep=off, for hours of virtual time: does memory grow, does a barrier become
# dearer? The time is run in ten pieces; the first and the last are compared, and the memory after the first with that
# after the last. Then the same guests run a piece with a quantum a hundred times as long, link and all: what is saved is
# the most that skipping the barriers at which nothing happens could give.
#
# usage: tests/bench/idle.sh [HOURS [QUANTUM]]   (default: 24 10ms; HOURS may be a decimal)
# environment: BUILD, the output folder (default: build). Exit status: 1 if anything grew or was inexact.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh

hours=${1:-24}
quantum=${2:-10ms}
[[ $hours =~ ^[0-9]+(\.[0-9]+)?$ && $quantum =~ ^[0-9]+(us|ms)$ ]] || {
    echo "usage: tests/bench/idle.sh [HOURS [QUANTUM]], such as 24 10ms" >&2
    exit 2
}
long=$((${quantum%%[a-z]*} * 100))${quantum##*[0-9]}
piece=$(awk -v h="$hours" 'BEGIN { printf "%d", h * 3600 / 10 }')s

# What may be left of a growth: single pages come and go; a barrier's cost varies with the host.
max_growth_kb=512
max_dearer=1.15

# memory: resident kB of metronome and of its QEMUs.
memory() {
    local process
    for process in "$pid" "${qemus[@]}"; do
        printf '%s ' "$(awk '/^VmRSS/ { print $2 }' "/proc/$process/status")"
    done
}

each() {
    awk -v s="$1" -v n="$2" 'BEGIN { printf "%.1f", s * 1e6 / n }'
}

open_metronome
say "quantum $quantum" "$(linux a 1)" "$(linux b 2)" 'link add a b latency=10ms' start
run 'wait-line a "Welcome" timeout=60s'
run 'wait-line b "Welcome" timeout=60s'
run 'run 60s'
mapfile -t qemus < <(pgrep -P "$pid" qemu)
[[ ${#qemus[@]} -eq 2 ]] || { echo "two QEMUs are expected, not ${#qemus[@]}" >&2 && exit 1; }
echo "two idle Linux guests, sleep=off, a link, $quantum quanta, $hours h of virtual time in 10 pieces of $piece"
read -r -a before <<<"$(memory)"
total=0 count=0
for i in {1..10}; do
    run "run $piece"
    total=$(awk -v a="$total" -v b="$seconds" 'BEGIN { print a + b }') count=$((count + barriers))
    cost[i]=$(each "$seconds" "$barriers")
    read -r -a now <<<"$(memory)"
    [[ $i -gt 1 ]] || first=("${now[@]}")
    echo "piece $i: $barriers barriers in $seconds s, ${cost[i]} us each; resident kB: ${now[*]}"
done
say "quantum $long"
run "run $piece"
long_total=$seconds long_count=$barriers
close_metronome

awk -v total="$total" -v count="$count" -v h="$hours" 'BEGIN {
    printf "%d barriers in %.1f s of host time (%.1f us each): 24 h of virtual time %s %.0f s\n", count, total,
        total * 1e6 / count, h == 24 ? "took" : "would take", total * 24 / h }'
awk -v q="$long" -v s="$long_total" -v n="$long_count" -v all="$total" 'BEGIN {
    printf "quantum %s for a piece: %d barriers in %.2f s, %.1f times as fast\n", q, n, s, all / 10 / s }'
ok=1
echo "resident kB of metronome and the QEMUs: ${before[*]} at the start, ${first[*]} after the first piece, ${now[*]} at the end"
for i in "${!now[@]}"; do
    [[ $((now[i] - first[i])) -le $max_growth_kb ]] || { echo "GREW: ${first[i]} kB to ${now[i]} kB" && ok=0; }
done
awk -v a="${cost[1]}" -v b="${cost[10]}" -v max="$max_dearer" 'BEGIN {
    printf "a barrier cost %s us in the first tenth, %s us in the last: ratio %.3f\n", a, b, b / a
    if (b / a > max) { print "DEARER"; exit 1 } }' || ok=0
[[ $ok == 1 ]]
