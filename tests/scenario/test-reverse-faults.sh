#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Faults on the way back in time: files and programs that are gone, no memory for checkpoints, Ctrl-C at
# several moments, a QEMU killed: each is told in one message, nothing is lost, and what
# goes on is the same run. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/terminal.sh
source "$(dirname "$0")/terminal.sh"

counting="memory=16M nic=off icount=shift=3,sleep=off kernel=$dir/kernel.elf"
cp "$guest/count-aarch64.elf" "$dir/kernel.elf"

# says_time NAME: asks where the ensemble stands, in a line that no other line equals.
asked=0
asks() {
    asked=$((asked + 1))
    line "echo -- $asked; $1; echo == $asked"
    within 30 shown "^== $asked\$" || true
}

# answered DESCRIPTION PATTERN...: each pattern matches a line of what the last asks() was answered.
answered() {
    local description=$1
    shift
    sed -n "/^-- $asked\$/,/^== $asked\$/p" "$dir/out" >"$dir/answer"
    mv "$dir/answer" "$dir/out"
    check "$description" says "$@"
}

# prompt TIME: waits until the ensemble stands there.
prompt() {
    within 60 stands "metronome $1s paused>"
}

ends() {
    line quit
    shows "$1: the session ends" '^status [04]'
    check "$1: no QEMU is left" within 5 no_qemus
}

# --- what points need

absent() {
    printf '#!/bin/sh\nexec qemu-system-aarch64 "$@"\n' >"$dir/qemu"
    chmod +x "$dir/qemu"
    terminal --
    for command in "node add a $counting qemu=$dir/qemu" "node add b $counting" start 'run 2ms'; do
        line "$command"
    done
    prompt 0.002000000
    for what in kernel.elf qemu; do
        mv "$dir/$what" "$dir/away"
        line 'reverse 1ms'
        shows "$what is gone: told" "(/$what' is gone|node a: its QEMU, '$dir/qemu', is gone)"
        line 'reverse-continue'
        line 'restart'
        mv "$dir/away" "$dir/$what"
    done
    asks 'assert a.icount == 250000; assert b.icount == 250000; time'
    answered 'nothing has changed by that' '^virtual time 0.002000000s'
    asks 'reverse 1500us; time; run 1500us; assert a.icount == 250000; time'
    answered 'and with them there it goes back' '^virtual time 0.000500000s' '^virtual time 0.002000000s'
    line "save s file=$dir/folder"
    shows 'a save on the way' "^saved 's'"
    line 'run 1ms'
    prompt 0.003000000
    rm -r "$dir/folder"
    mv "$dir/kernel.elf" "$dir/away"
    line 'reverse 500us'
    shows 'a file of a save is gone: told' "/kernel.elf' is gone, and the saved machine needs it"
    mv "$dir/away" "$dir/kernel.elf"
    asks 'reverse 500us; time; run 500us; assert b.icount == 375000; time'
    answered 'the folder of a save is gone: its memory is not' '^virtual time 0.002500000s' '^virtual time 0.003000000s'
    ends 'files that are gone'
}

# --- no memory for checkpoints

# arena: the size of the file in memory where saves keep their pages.
arena() {
    local file
    for file in "/proc/$(controller)"/fd/*; do
        [[ $(readlink "$file") != '/memfd:saved pages'* ]] || stat -L -c %s "$file"
    done
}

# A limit for the size of files stands for a host whose memory is full.
full() {
    local loaded="extra='-device loader,file=$dir/filled,addr=0x42000000,force-raw=on'" look
    head -c 4M /dev/urandom >"$dir/filled"
    terminal --
    for command in 'quantum 1ms' "node add a memory=64M nic=off icount=shift=0,sleep=off kernel=$guest/access-aarch64.elf $loaded" start \
        'checkpoint every=1ms' 'run 2500us'; do
        line "$command"
    done
    prompt 0.002500000
    prlimit --pid "$(controller)" --fsize=$(($(arena | sort -n | tail -n 1) + 16384)):
    line 'run 7ms'
    prompt 0.009500000 || true
    shows 'no memory for a checkpoint: told' 'warn: checkpoints are thinned out: node a: '
    asks 'mem a 0x40090000 96; checkpoint'
    answered 'older ones have gone' 'checkpoint +thinned out' 'checkpoint +[0-9.]+ MB'
    look=$(grep '^0x0*4009' "$dir/out" || true)
    asks 'reverse-until 6300us; time; run-until 9500us; mem a 0x40090000 96'
    answered 'it goes back all the same' '^virtual time 0.006300000s'
    check 'and forward, to the same' [ "$(grep '^0x0*4009' "$dir/out")" == "$look" ]
    prlimit --pid "$(controller)" --fsize=unlimited:
    asks 'reverse-until 1300us; time; run-until 9500us; mem a 0x40090000 96'
    answered 'once there is memory, too' '^virtual time 0.001300000s'
    check 'also from far' [ "$(grep '^0x0*4009' "$dir/out")" == "$look" ]
    ends 'no memory'
}

# --- Ctrl-C, and what is killed

# left ID...: node a has left one of these QEMUs, and stands in another.
left() {
    local id now
    now=" $(qemu_of a | paste -sd' ') "
    for id; do
        [[ $now == *" $id "* ]] || return 0
    done
    return 1
}

interrupted() {
    local way moment seconds=4 insns
    ! brief || seconds=2
    insns=$((seconds * 125000000))
    terminal --
    for command in 'quantum 1ms' "node add a $counting" "node add b $counting" 'break pc a 0x40000000' start 'save s' "run ${seconds}s"; do
        line "$command"
    done
    prompt "$seconds.000000000"
    for way in "reverse-until $((seconds * 1000 - 100))ms" reverse-continue; do
        for moment in 'as it runs' $(brief || echo now 0.02 0.05 0.1 0.2 0.4); do
            line "$way"
            case $moment in
            now) ;;
            'as it runs') guests_run ;;
            *) sleep "$moment" ;;
            esac
            key C-c
            within 30 stands 'metronome [0-9.]+s paused>' || true
            asks "run-until ${seconds}s; assert a.icount == $insns; assert b.icount == $insns; assert missed == 0; time"
            answered "Ctrl-C $moment, $way: forward it is the same run" "^virtual time $seconds.000000000s"
            check 'without an error' not says 'assert failed|error:'
        done
    done
    look
    check 'Ctrl-C: it was interrupted' [ "$(grep -c 'error: interrupted' "$dir/out")" -ge 2 ]
    kill_on_the_way "$((seconds * 1000 - 100))ms"
    ends 'Ctrl-C and QEMUs that are killed'
}

# At the prompt: the ensemble stands at the last point before, and goes on.
kill_on_the_way() {
    local before
    before=$(qemu_of a)
    line "reverse-until $1"
    # shellcheck disable=SC2086
    within 20 left $before || true
    guests_run
    # shellcheck disable=SC2046
    kill -9 $(qemu_of a)
    shows 'a QEMU killed on the way back: told' 'error: node a: QEMU ended, killed by signal 9'
    prompt 0.000000000 || true
    at 'it stands at the point before' 'metronome 0.000000000s paused>'
    asks 'run-until 900ms; assert a.icount == 112500000; assert b.icount == 112500000; time'
    answered 'it goes on as it was' '^virtual time 0.900000000s'
    asks 'restore s; time'
    answered 'and a save is restored' '^virtual time 0.000000000s'
    line 'run 100ms'
    prompt 0.100000000
    line 'reverse 50ms'
    prompt 0.050000000
    check 'a spare QEMU waits' within 20 two
    kill -9 "$(qemu_of a | tail -n 1)"
    asks 'reverse 20ms; time; run-until 100ms; assert a.icount == 12500000; assert b.icount == 12500000'
    answered 'a spare QEMU killed as it waits costs nothing' '^virtual time 0.030000000s'
}

two() {
    [[ $(qemu_of a | wc -l) -eq 2 ]]
}

for part in ${1:-absent full interrupted}; do
    began=$(now_ms)
    $part
    echo "# $part: $(($(now_ms) - began)) ms"
done
another_terminal
done_testing
