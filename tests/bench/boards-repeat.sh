#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two boards exchange 1,000 frames by their cards and 10,000 bytes by their UARTs, RUNS times (10), every second time
# under load of all CPUs: all runs are equal to the byte, and each frame and byte is delivered at the first whole µs
# that is not before its due time. Prints a line a run; exit status 1 if one differs.
#
# usage: tests/bench/boards-repeat.sh [RUNS]
# environment: BUILD, the output folder (default: build).
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-10}
metronome=$(realpath "${BUILD:-build}/metronome")
image=$(realpath "${BUILD:-build}/guest/traffic-an385.elf")
dir=$(mktemp -d)
loads=()

unload() {
    ((${#loads[@]} == 0)) || kill "${loads[@]}"
    ((${#loads[@]} == 0)) || wait "${loads[@]}" 2>/dev/null || true
    loads=()
}
trap 'unload; rm -rf "$dir"' EXIT

load() {
    for ((i = 0; i < $(nproc); i++)); do
        timeout 300 sh -c 'while :; do :; done' &
        loads+=($!)
    done
}

cat >"$dir/scenario.mtr" <<END
quantum 1ms
defaults arch=arm machine=mps2-an385 icount=shift=4,sleep=off uarts=2 kernel=$image
node add a
node add b
link add a b latency=1333us delivery=exact
link add a.uart1 b.uart1 baud=115200 latency=1333us delivery=exact
node transcript a a
node transcript b b
start
run-until 10050ms
assert missed == 0
assert a.late == 0
assert b.late == 0
network trace last=100000
END

# late TRACE: deliveries that are not at the µs of their due time (fields 7 and 8 are the times due and actual in ns).
late() {
    awk '/ delivery / && ($8 < $7 || $8 >= $7 + 1000) { n++ } END { print n + 0 }' "$1"
}

for ((run = 1; run <= runs; run++)); do
    mkdir "$dir/$run"
    how='at rest'
    ((run % 2)) || { load && how='under load'; }
    (cd "$dir/$run" && "$metronome" run ../scenario.mtr >trace)
    unload
    frames=$(grep -c '\] frame ' "$dir/$run/b" || true) bytes=$(grep -oE '\] byte [0-9]+' "$dir/$run/b" | tail -n 1 || true)
    deliveries=$(grep -c ' delivery ' "$dir/$run/trace" || true) late=$(late "$dir/$run/trace")
    echo "run $run, $how: $frames frames, ${bytes##* } bytes received; $deliveries deliveries, $late of them not at their µs"
    [[ $frames = 1000 && ${bytes##* } = 10000 && $late = 0 ]] || { echo 'not all is there, or not in time' >&2 && exit 1; }
    grep -q 'all received' "$dir/$run/a" || { echo 'a has not received all' >&2 && exit 1; }
    for file in a b trace; do
        cmp <(grep -v ' of host time' "$dir/1/$file") <(grep -v ' of host time' "$dir/$run/$file") || { echo "run $run differs in $file" >&2 && exit 1; }
    done
done
echo "$runs runs are equal to the byte"
