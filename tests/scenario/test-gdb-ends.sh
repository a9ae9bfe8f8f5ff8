#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ends while a gdb lets the ensemble run: the end of metronome's input, of metronome, of the guest,
# of its QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"

one="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off"
peer=0

# continues NAME: a gdb sends `continue`, and the ensemble runs.
continues() {
    (without_drive raw "$1" '>vCont;c' '<' '.') &
    peer=$!
    guests_run
}

# over: waits for the end of metronome and of the gdb.
over() {
    join
    wait "$peer" || true
}

at_end_of_input() {
    driven "$one; start; gdb a path=$dir/a.sock"
    within 30 is_there a
    continues a
    drive
    over
    check 'end of input in a continue: metronome ends' ended 0
    check 'end of input in a continue: for gdb the process has exited' heard a '^W00;process:1$' '^closed$'
    driven "$one; start; gdb a path=$dir/a.sock"
    within 30 is_there a
    continues a
    drive quit
    over
    drive
    check 'quit in a continue: metronome ends' ended 0
    check 'quit in a continue: for gdb the process has exited' heard a '^W00;process:1$' '^closed$'
}

at_interrupt() {
    driven "$one; start; gdb a path=$dir/a.sock"
    within 30 is_there a
    continues a
    kill -INT "$pid"
    over
    drive
    check 'Ctrl-C in a continue' ended 130
    check 'Ctrl-C in a continue: gdb is told' heard a '^(T00|W00)' '^closed$'
    session "$one; start; gdb a path=$dir/a.sock wait=on; echo not here"
    within 30 is_there a
    continues a
    kill -INT "$pid"
    over
    check 'Ctrl-C in a continue that the scenario waits for' ended 130
    check 'Ctrl-C in a continue that the scenario waits for: it does not go on' not says 'not here'
}

at_death() {
    session "$one; start; gdb a path=$dir/a.sock wait=on; echo not here"
    within 30 is_there a
    continues a
    # shellcheck disable=SC2046
    kill -9 $(qemus)
    over
    check 'QEMU dies in a continue that the scenario waits for' ended 3 'node a: QEMU ended, killed by signal 9'
    check 'QEMU dies in a continue that the scenario waits for: it does not go on' not says 'not here'
    check 'QEMU dies in a continue: gdb is told' heard a '^O metronome: node a: QEMU ended, killed' '^X09;process:1$'
    driven "$one; node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off; start; \
        gdb a path=$dir/a.sock"
    within 30 is_there a
    continues a
    kill -9 "$(qemus | tail -n 1)"
    check 'QEMU dies in a continue: said at once' within 10 says 'node [ab]: QEMU ended, killed by signal 9'
    wait "$peer" || true
    drive
    join
    check 'QEMU dies in a continue: the exit code' ended 3
    check 'QEMU dies in a continue: gdb is told' heard a '^O metronome: node [ab]: QEMU ended' '^(X09;process:1|T00.*)$'
}

at_power_off() {
    session "node add a kernel=$guest/countoff-aarch64.elf memory=64M icount=shift=0,sleep=off; start; \
        gdb a path=$dir/a.sock wait=on; node list"
    within 30 is_there a
    raw a 'vCont;c' '?' g vCont\;c "$(monitor time)" D || true
    join
    check 'the guest powers off: gdb is told, and may look around' said_off
    check 'the guest powers off: the scenario goes on' ended 0 '^a .* off'
}

# leaves DESCRIPTION ANSWER NODE: the guest leaves while a gdb lets it run.
leaves() {
    session "$3; start; gdb a path=$dir/a.sock wait=on"
    within 30 is_there a
    raw a 'vCont;c' '?' D || true
    join
    check "$1: gdb is told how" heard a "^$2;process:1\$"
}

at_other_ends() {
    local act="arch=x86_64 memory=32M nic=off icount=shift=0,sleep=off kernel=$guest/act-x86_64.elf"
    leaves 'an exit status' W03 "node add a kernel=$guest/exit-aarch64.elf append=3 memory=32M nic=off icount=shift=0,sleep=off \
        extra='-semihosting-config enable=on,target=native'"
    leaves 'a panic is an abort' X06 "node add a $act append=p extra='-device pvpanic'"
    leaves 'a watchdog is an alarm' X0e "node add a $act append=w extra='-device ib700 -watchdog-action pause'"
}

# The socket of a killed metronome is replaced. A socket in use and a file that is no socket stay.
at_kill() {
    session "$one; start; gdb a path=$dir/a.sock wait=on"
    within 30 is_there a
    kill -9 "$pid"
    join 2>/dev/null
    check 'kill -9: the socket is left behind' is_there a
    background -c "$one; start; gdb a path=$dir/a.sock wait=on; run 1ms; assert time == 1ms"
    check 'kill -9: the next run listens there' within 30 raw a '?' D
    join
    check 'kill -9: and goes on' ended 0
    check 'kill -9: its socket is gone with it' not is_there a

    session "$one; start; gdb a path=$dir/a.sock wait=on"
    within 30 is_there a
    cp "$dir/out" "$dir/first.out"
    status=0
    "$metronome" -c "$one; start; gdb a path=$dir/a.sock" </dev/null >"$dir/second" 2>&1 || status=$?
    check 'a socket that somebody listens at is refused' test "$status" = 2
    check '... and told' grep -q "can't listen on '$dir/a.sock': there is a socket already that a program uses" "$dir/second"
    raw a '?' D || true
    join
    check '... and is served as before' heard a '^T05'
    check '... to its end' ended 0
    echo precious >"$dir/file"
    expect 'a file that is no socket is found before anything is started' 2 "$one; start; gdb a path=$dir/file; run 1ms" \
        "can't listen on '$dir/file': there is something else than a socket already"
    check '... and stays' grep -q precious "$dir/file"
    expect 'a path that is too long' 2 "$one; start; gdb a path=/$(printf '%0120d' 0)" 'that of a socket 107 at most'
}

said_off() {
    heard a '^W00;process:1$' '^O metronome: node a is off' '^E01$' '^O virtual time' '^OK$' &&
        [[ $(grep -c '^W00' "$dir/gdb.a") == 3 ]]
}

# A command from gdb's monitor that lets time pass: output of other commands during that time does
# not go to gdb.
parked() {
    local option
    for option in "" --json; do
        driven "$one; start; gdb a path=$dir/a.sock"
        within 30 is_there a
        (without_drive raw a "$(monitor 'run 1000s')" "$(monitor 'echo hers')") &
        peer=$!
        guests_run
        drive 'echo mine'
        check "monitor run: what the prompt says meanwhile is said there $option" within 10 says '^mine$|"text":"mine'
        check "monitor run: and not to gdb $option" not grep -q mine "$dir/gdb.a"
        drive 'pause'
        wait "$peer" || true
        drive 'echo behind'
        check "monitor run: nothing is caught behind it $option" within 10 says '^behind$|"text":"behind'
        drive
        join
        check "monitor run: its end is told to gdb $option" heard a '^O .*the ensemble stands at' '^OK$' '^O hers$'
        check "monitor run: and to nobody else $option" not says 'the ensemble stands at' hers
        arguments=(--json)
    done
    arguments=()
}

at_end_of_input
at_interrupt
parked
at_death
at_power_off
at_other_ends
at_kill
done_testing
