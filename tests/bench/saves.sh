#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves: what it costs to make one and to go on from it, against booting to the same point; with two
# Linux guests on a link (pair, spares), a UEFI guest with a disk (uefi), and many guests (many). Ways
# back in time, against running the same forward (past, or one of past_hits, past_steps, past_checkpoints,
# past_memory).
#
# usage: tests/bench/saves.sh [--quick] [PART...]
# environment: BUILD, the output folder (default: build). Writes $BUILD/saves.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh

rounds=5 many=16 checkpoints=100 steps=15
[[ ${1:-} != --quick ]] || { rounds=2 many=4 checkpoints=20 steps=7 && shift; }
for part; do
    [[ $part == @(pair|spares|past|past_hits|past_steps|past_checkpoints|past_memory|uefi|many) ]] || { sed -n 's/^# usage/usage/p' "$0" >&2 && exit 2; }
done
work='while :; do md5sum /bin/busybox; done > /dev/null'
place=$(mktemp -d)

# shellcheck disable=SC2329 # called by the trap
at_end() {
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
    wait
    rm -rf "$place"
}

# host COMMAND: sets $took to the seconds that a save, a restore or a way back took by its own report, else
# to those of the wall clock, and $printed to what was printed.
host() {
    local line began=$EPOCHREALTIME said=''
    printed=''
    say "$1" 'echo so far'
    while IFS= read -r -u "$out" line; do
        case $line in
        *'"event":"save"'* | *'"event":"restore"'* | *'"event":"reverse"'*) said=$(member host_seconds) ;;
        *'"so far\n"'*)
            took=${said:-$(calc "$EPOCHREALTIME - $began")}
            return
            ;;
        *'"event":"output"'*) printed+=$line ;;
        *'"level":"error"'* | *'"event":"error"'* | *'"event":"exit"'*) echo "$line" >&2 && exit 1 ;;
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

pair() {
    local began boot before first
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
}

spares() {
    echo 'two Linux guests of 256 MB that work, with spare QEMUs'
    export METRONOME_SPARES=on
    open_metronome
    say 'quantum 1ms' "$(linux a 1 "$work")" "$(linux b 2 "$work")" 'link add a b latency=1ms' start
    run 'run 3s'
    host 'save s'
    often_spared 'save s' 'run 5ms'
    result spared_save "$took" '<=' 0.2 's of host time for a save in memory, and to go on'
    often_spared 'restore s' 'run 5ms'
    result spared_restore "$took" '<=' 0.1 's for a restore in the session'
    close_metronome
    unset METRONOME_SPARES
}

# --- back in time

# open_two WORK_A WORK_B: two Linux guests on a link, 3 s old.
open_two() {
    open_metronome
    say 'quantum 1ms' "$(linux a 1 "$1")" "$(linux b 2 "$2")" 'link add a b latency=1ms' start
    run 'run 3s'
}

# Spare QEMUs are in it, as in a session with checkpoints.
past_checkpoints() {
    local i plain=0 kept=0
    open_two "$work" "$work"
    for ((i = 0; i < rounds; i++)); do
        host 'checkpoint every=off'
        run 'run 3s'
        plain=$(calc "$plain + $seconds")
        host 'checkpoint every=1s'
        run 'run 3s'
        kept=$(calc "$kept + $seconds")
    done
    result checkpoints_ratio "$(calc "$kept / $plain")" '<=' 1.15 'times as long with a checkpoint each virtual second, two guests that work'
    close_metronome
}

# own_memory: MB of metronome and its files in memory, QEMUs' RAM among them.
own_memory() {
    {
        find "/proc/$pid/fd" -lname '/memfd:*' -exec stat -L -c '%i %b' {} + | sort -u | awk '{ print $2 / 2 }'
        awk '/^RssAnon:/ { print $2 }' "/proc/$pid/status"
    } | awk '{ kb += $1 } END { printf "%.1f", kb / 1024 }'
}

past_memory() {
    local before
    open_two "$work" "$work"
    before=$(own_memory)
    host "checkpoint every=100ms keep=$checkpoints"
    run "run $((checkpoints / 10))s"
    result checkpoints_gb "$(calc "($(own_memory) - $before) / 1024")" '<=' 3 "GB of memory for $checkpoints checkpoints, 100 ms apart, two guests that work"
    before=$(own_memory)
    run 'run 1s'
    figure checkpoints_more_mb "$(calc "$(own_memory) - $before")" 'MB more behind 10 checkpoints more'
    close_metronome
}

# steps_back NAME WHAT: reverse-steps from all over the 100 ms behind a checkpoint, as somebody types
# them: there is time for spare QEMUs to start in between.
steps_back() {
    local i all=() rounds=$steps
    host 'checkpoint every=100ms'
    run 'run 300ms'
    for ((i = 0; i < steps; i++)); do
        run 'run 37ms'
        with_spares
        host 'reverse-step a'
        all+=("$took")
    done
    result "$1" "$(median "${all[@]}")" '<=' 0.2 "s for a reverse-step, checkpoints every 100 ms, two guests that $2"
    often 'reverse-step a'
    figure "$1_again" "$took" 's for one right behind another'
}

past_steps() {
    open_two 'ping -i 0.01 10.0.0.2 > /dev/null' ''
    steps_back reverse_step 'ping each other every 10 ms'
    close_metronome
    open_two "$work" "$work"
    steps_back reverse_step_work 'work'
    close_metronome
}

# register NODE NAME: sets $value.
register() {
    host "regs $1 $2"
    value=$(sed -E 's/.*(0x[0-9a-f]+).*/\1/' <<<"$printed")
}

# One virtual second, in front of which the past begins: back to the last of some 1,000 hits of a break, which
# is where the kernel takes system calls of a guest that is idle otherwise, and to who has written.
past_hits() {
    local forward
    open_two 'ping -i 0.006 10.0.0.2 > /dev/null' "$work"
    register a VBAR
    host "save s file=$place/second"
    host "restore $place/second"
    run 'run 1s'
    forward=$seconds
    figure forward "$forward" 's for one virtual second, two guests, one of them works'
    host "break pc a $(printf '0x%x' $((value + 0x400)))"
    host 'reverse-continue'
    result reverse_continue "$(calc "$took / $forward")" '<=' 5 'times as long: reverse-continue to the last hit of a break'
    host 'delete 1'
    host 'run-until 4s'
    register a sp
    host "who-wrote a $(printf '0x%x' $((value - 64)))"
    figure who_wrote_near "$(calc "$took / $forward")" 'times as long: who-wrote, just before'
    host 'run-until 4s'
    host "who-wrote a $(printf '0x%x' $((value & ~0x3fff)))"
    result who_wrote "$(calc "$took / $forward")" '<=' 10 'times as long: who-wrote, nobody in that second'
    close_metronome
}

past() {
    echo 'back in time, two Linux guests of 256 MB'
    past_hits
    past_steps
    past_checkpoints
    past_memory
}

uefi() {
    local began boot
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
}

many() {
    local i
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
}

[[ $# -gt 0 ]] || set -- pair spares past uefi many
for part; do
    "$part"
done
write_results "$build/saves.json"
