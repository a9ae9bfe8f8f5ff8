#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves: what it costs to make one and to go on from it, against booting to the same point; with two
# Linux guests on a link, a UEFI guest with a disk, and many guests.
#
# usage: tests/bench/saves.sh [--quick]
# environment: BUILD, the output folder (default: build). Writes $BUILD/saves.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh

rounds=5 many=16 checkpoints=100
[[ ${1:-} != --quick ]] || rounds=2 many=4 checkpoints=10
[[ $# -eq 0 || ($# -eq 1 && $1 == --quick) ]] || { echo 'usage: tests/bench/saves.sh [--quick]' >&2 && exit 2; }
place=$(mktemp -d)

# shellcheck disable=SC2329 # called by the trap
at_end() {
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
    wait
    rm -rf "$place"
}

# host COMMAND: sets $took to the seconds that a save or restore took by its own report, else to
# those of the wall clock.
host() {
    local line began=$EPOCHREALTIME said=''
    say "$1" 'echo so far'
    while IFS= read -r -u "$out" line; do
        case $line in
        *'"event":"save"'* | *'"event":"restore"'*) said=$(member host_seconds) ;;
        *'"so far\n"'*)
            took=${said:-$(calc "$EPOCHREALTIME - $began")}
            return
            ;;
        *'"level":"error"'* | *'"event":"exit"'*) echo "$line" >&2 && exit 1 ;;
        esac
    done
    echo 'metronome ended' >&2
    exit 1
}

# often COMMAND [BETWEEN]: sets $took to the median of $rounds times; BETWEEN comes before each.
often() {
    local i all=()
    for ((i = 0; i < rounds; i++)); do
        [[ -z ${2:-} ]] || host "$2"
        host "$1"
        all+=("$took")
    done
    took=$(median "${all[@]}")
}

# qemus: number of QEMUs of the session.
qemus() {
    pgrep -c -P "$pid" qemu-system || true
}

# with_spares: until each of the two nodes has a spare, and a moment more for its connections.
with_spares() {
    until [[ $(qemus) -eq 4 ]]; do sleep 0.01; done
    sleep 0.5
}

# often_spared COMMAND BETWEEN: as often, with spares that are ready each time.
often_spared() {
    local i all=()
    for ((i = 0; i < rounds; i++)); do
        host "$2"
        with_spares
        host "$1"
        all+=("$took")
    done
    took=$(median "${all[@]}")
}

# seconds_of COMMAND...: sets $took to the wall clock of all of them.
seconds_of() {
    local began=$EPOCHREALTIME command
    for command; do
        host "$command"
    done
    took=$(calc "$EPOCHREALTIME - $began")
}

# new_process FOLDER: sets $took to the seconds from the start to the end of one that goes on 1 ms.
new_process() {
    local i began all=()
    for ((i = 0; i < rounds; i++)); do
        began=$EPOCHREALTIME
        "$build/metronome" --from "$1" -c 'run 1ms' >"$place/out" 2>&1 || { cat "$place/out" >&2 && exit 1; }
        all+=("$(calc "$EPOCHREALTIME - $began")")
    done
    took=$(median "${all[@]}")
}

# memory: MB that processes have for themselves and in files in memory.
memory() {
    awk '/^(AnonPages|Shmem):/ { kb += $2 } END { printf "%.1f", kb / 1024 }' /proc/meminfo
}

# branch FOLDER NAME: a session that has gone on from it and stands; its process is $branch.
branch() {
    mkfifo "$place/$2.in"
    "$build/metronome" --from "$1" <"$place/$2.in" >"$place/$2.out" 2>&1 &
    branch=$!
    exec {hold}>"$place/$2.in"
    printf '%s\n' 'run 1us' 'echo so far' >&"$hold"
    until grep -q 'so far' "$place/$2.out"; do sleep 0.05; done
    sleep 0.5
}

echo "two Linux guests of 256 MB on a link, medians of $rounds"
open_metronome
say 'quantum 1ms' "$(linux a 1 'ping 10.0.0.2')" "$(linux b 2)" 'link add a b latency=1ms'
began=$EPOCHREALTIME
say start
run 'wait-line a "seq=3" timeout=60s'
boot=$(calc "$EPOCHREALTIME - $began")
often 'save s' 'run 5ms'
result save "$took" '<=' 0.5 's of host time for a save in memory, and to go on'
often "save f file=$place/two" 'run 5ms'
figure save_file "$took" 's for a save that is written to a folder too'
often 'restore f'
result restore "$took" '<=' 0.25 's for a restore in the session'
often 'save again' 'restore f'
figure save_restored "$took" 's for a save right behind a restore'
close_metronome
new_process "$place/two"
result new_process "$took" '<=' 0.6 's for a new process that goes on from the folder, from start to end'
figure boot_two "$boot" 's to boot to the same point'
result boot_ratio "$(calc "$boot / $took")" '>=' 3 'times as fast as booting'
result size "$(calc "$(du -sk "$place/two" | cut -f1) / 1024")" '<=' 140 'MB on disk'
branch "$place/two" first
before=$(memory) first=$branch
branch "$place/two" second
result branch_mb "$(calc "($(memory) - $before) / 2")" '<=' 30 'MB of memory for each node of a second branch'
kill "$first" "$branch"
wait "$first" "$branch" || true

echo 'two Linux guests of 256 MB that work, with spare QEMUs'
export METRONOME_SPARES=on
open_metronome
work='while :; do md5sum /bin/busybox; done > /dev/null'
say 'quantum 1ms' "$(linux a 1 "$work")" "$(linux b 2 "$work")" 'link add a b latency=1ms' start
run 'run 3s'
host 'save s'
often_spared 'save s' 'run 5ms'
result spared_save "$took" '<=' 0.2 's of host time for a save in memory, and to go on'
often_spared 'restore s' 'run 5ms'
result spared_restore "$took" '<=' 0.1 's for a restore in the session'
seconds_of 'run 1s' 'run 1s' 'run 1s' 'run 1s'
plain=$took
seconds_of 'run 1s' 'save c1' 'run 1s' 'save c2' 'run 1s' 'save c3' 'run 1s' 'save c4'
result checkpoints_ratio "$(calc "$took / $plain")" '<=' 1.15 'times as long with a save each virtual second'
before=$(memory)
for ((i = 1; i <= checkpoints; i++)); do
    host 'run 100ms'
    host "save m$i"
done
result checkpoints_gb "$(calc "($(memory) - $before) / 1024")" '<=' 3 "GB of memory for $checkpoints saves, 100 ms apart"
close_metronome
unset METRONOME_SPARES

echo 'a UEFI guest with a disk'
cp "$guest/disk.qcow2" "$place/disk.qcow2"
open_metronome
say 'quantum 10ms' "node add u firmware=uefi memory=256M disk=$place/disk.qcow2 icount=shift=0,sleep=off"
began=$EPOCHREALTIME
say start
run 'wait-line u "Welcome" timeout=300s'
boot=$(calc "$EPOCHREALTIME - $began")
host "save u file=$place/uefi"
close_metronome
new_process "$place/uefi"
figure boot_uefi "$boot" 's to boot'
figure new_uefi "$took" 's for a new process that goes on from the folder'
result uefi_ratio "$(calc "$boot / $took")" '>=' 10 'times as fast as booting'

echo "$many Linux guests of 256 MB"
open_metronome
say 'quantum 10ms'
for ((i = 1; i <= many; i++)); do
    say "$(linux "n$i" "$i")"
done
say start
for ((i = 1; i <= many; i++)); do
    run "wait-line n$i \"Welcome\" timeout=60s"
done
often 'save s' 'run 10ms'
result save_many "$took" '<=' 4 's for a save in memory, and to go on'
often 'restore s'
result restore_many "$took" '<=' 2 's for a restore in the session'
close_metronome
write_results "$build/saves.json"
