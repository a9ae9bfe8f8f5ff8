#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A QEMU that metronome did not launch is unchanged after an attach that fails, and after a
# controller that was killed: the QEMU runs or stands as before, its threads have the same
# priorities and CPUs, and no object of metronome is left in it. Prints TAP, takes half a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

take="quantum 100us; node attach x qmp=$dir/qmp gdb=$dir/gdb"

# remember: saves the QEMU's present priorities, CPUs and objects.
remember() {
    within 5 foreign_runs
    ranks=$(foreign_ranks)
    objects=$(foreign_objects)
}

foreign_stands() {
    qmp query-status && [[ $reply == *'"status": "paused"'* ]]
}

has_no_objects() {
    [[ $(foreign_objects) == "$objects" ]]
}

# as_before DESCRIPTION [stands]: checks that the QEMU runs (or stands), with its priorities and
# CPUs as before, and without metronome's objects.
as_before() {
    check "$1: ranks and CPUs are as they were" within 10 foreign_is_free "$ranks"
    check "$1: nothing of ours is left in it" within 10 has_no_objects
    check "$1: it ${2:-runs}" within 10 "foreign_${2:-runs}"
}

# --- attaches that fail

chmod 711 "$dir"
as_nobody=(setpriv "--reuid=$(id -u nobody)" "--regid=$(id -g nobody)" --clear-groups --inh-caps=-all)

# The QEMU of another user can't write its state into metronome's private folder. metronome finds
# this only after it has stopped the QEMU.
other_user() {
    local theirs=$dir/theirs
    if [[ $(id -u) -ne 0 ]]; then
        check 'a QEMU of another user # SKIP not root' true
        return
    fi
    mkdir -m 777 "$theirs"
    cp "$guest/count-aarch64.elf" "$theirs/guest.elf"
    chmod 644 "$theirs/guest.elf"
    foreign_as=("${as_nobody[@]}") foreign_kernel=$theirs/guest.elf
    start_foreign shift=0,sleep=off "$theirs"
    remember
    expect 'a QEMU of another user can not be attached' 2 "node attach x qmp=$theirs/qmp; echo behind" \
        "node x: can't attach to '$theirs/qmp': .*Permission denied"
    as_before 'and runs on'
    qmp stop
    expect 'nor can one that stands' 2 "node attach x qmp=$theirs/qmp" "can't attach to .*Permission denied"
    as_before 'and stands still' stands
    end_foreign
    foreign_as=() foreign_kernel=
}

# A gdbstub stops the guest for every client that connects, so the guest must run again.
stub_as_monitor() {
    start_foreign shift=0,sleep=off
    remember
    expect 'a gdbstub is no monitor' 3 "node attach x qmp=$dir/gdb gdb=$dir/qmp" "not QMP"
    as_before 'and its QEMU runs on'
    end_foreign
}

# refused DESCRIPTION GDB PATTERN: an attach with this gdb= fails at once, and leaves the QEMU
# unchanged.
refused() {
    limit=10 expect "$1: found at the attach" 3 "node attach x qmp=$dir/qmp gdb=$2; echo behind" \
        "node x: can't attach to '$dir/qmp': .*$3.*; gdb= is the unix socket of its own gdbstub"
    check "$1: it ends there" not says '^behind$'
    as_before "$1"
}

# A gdb= that names no socket, or the socket of another QEMU.
no_stub() {
    local theirs=$dir/theirs-too other
    mkdir "$theirs"
    start_foreign shift=0,sleep=off "$theirs"
    other=$foreign
    start_foreign shift=0,sleep=off
    remember
    : >"$dir/plain"
    refused 'gdb= that is not there' "$dir/none" "can't connect to '$dir/none': No such file"
    refused 'gdb= that is no socket' "$dir/plain" "can't connect to '$dir/plain': Connection refused"
    refused 'gdb= of a port' tcp::1 "can't connect to 'tcp::1': No such file"
    refused 'gdb= of its second monitor' "$dir/qmp2" "'$dir/qmp2': .*is not the gdb protocol; is that the socket of a monitor"
    refused "gdb= of another's monitor" "$theirs/qmp" "'$theirs/qmp' is of process $other, not of the QEMU with the monitor"
    refused "gdb= of another's gdbstub" "$theirs/gdb" "'$theirs/gdb' is of process $other"
    expect 'gdb= of the monitor itself' 2 "echo behind; node attach x qmp=$dir/qmp gdb=$dir/qmp" \
        "node x: gdb='$dir/qmp' is the monitor's socket"
    check 'gdb= of the monitor itself: found before anything is run' not says '^behind$'
    expect 'what was refused can be attached rightly' 0 "$take; run 1ms; run 12345insn; assert x.overshoot == 0; assert missed == 0"
    as_before 'and is given back'
    qmp stop
    expect 'one that stands' 3 "node attach x qmp=$dir/qmp gdb=$dir/none" "can't connect to '$dir/none'"
    as_before 'one that stands' stands
    kill -9 "$other"
    wait "$other" 2>/dev/null || true
    end_foreign
}

# Without privileges metronome can attach a QEMU of root, but can't change the priorities of its
# threads.
no_ranks() {
    local theirs=$dir/nobody
    if [[ $(id -u) -ne 0 ]]; then
        check 'a QEMU that can not be ranked # SKIP not root' true
        return
    fi
    mkdir -m 700 "$theirs"
    chown nobody "$theirs"
    cp -L "$metronome" "$dir/metronome"
    chmod 755 "$dir/metronome"
    # shellcheck disable=SC2016
    foreign_as=(bash -c 'umask 0; exec "$@"' bash) # its sockets are for everybody
    start_foreign shift=0,sleep=off
    remember
    status=0
    env "XDG_RUNTIME_DIR=$theirs" "${as_nobody[@]}" "$dir/metronome" -c "$take; run 1ms; echo behind" </dev/null \
        >"$dir/out" 2>"$dir/err" || status=$?
    check 'a QEMU that can not be ranked' ended 3 "node x: can't rank the threads of process $foreign: Operation not permitted"
    as_before 'and runs on'
    check 'and no warning is told of ranks that were never changed' not says 'priority and CPUs back'
    end_foreign
    foreign_as=()
}

# The monitor closes the connection after the stop, and serves the next connection.
cut_off() {
    local fake_pid
    check 'the fake monitor builds' gcc -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -o "$dir/fake-monitor" \
        tests/fake/fake-monitor.c
    "$dir/fake-monitor" cuts "$dir/cuts" "$PWD/tests/unit/data/devstate/aarch64-count" -icount shift=0,sleep=off \
        </dev/null >/dev/null 2>&1 &
    fake_pid=$!
    within 5 test -S "$dir/cuts"
    expect 'a monitor that is closed behind the stop' 3 "node attach x qmp=$dir/cuts" "can't attach to '$dir/cuts'"
    check 'a new connection lets it run' test "$(tr '\n' ' ' <"$dir/cuts.log" | sed 's/.* stop /stop /')" = \
        'stop xen-save-devices-state qmp_capabilities query-status cont '
    kill "$fake_pid"
    wait "$fake_pid" 2>/dev/null || true
}

# A gdb uses the stub, and a second metronome uses another monitor of the same QEMU.
in_use() {
    start_foreign shift=0,sleep=off
    remember
    "$build/tests/helper/gdb-raw" "$dir/gdb" '?' "@$dir/gdb-ends" >/dev/null 2>&1 </dev/null &
    local holder=$!
    within 5 foreign_stands
    expect 'a stub that another gdb has' 2 "$take; run 1ms; regs x; echo behind" \
        "node x: another gdb is connected to '$dir/gdb'"
    expect 'and a run that needs it' 3 "$take; run 1ms; run 12345insn; echo behind" \
        "node x: another gdb is connected to '$dir/gdb'"
    : >"$dir/gdb-ends"
    wait "$holder" || true
    as_before 'a stub that another gdb has'

    background -c "$take; echo running; run 10000s"
    within 10 says '^running$'
    cp "$dir/out" "$dir/first.out"
    local first=$pid
    status=0
    timeout 30 "$metronome" -c "node attach y qmp=$dir/qmp2; run 1ms" </dev/null >"$dir/second.out" 2>"$dir/second.err" || status=$?
    check 'a second metronome is refused' test "$status" -eq 2
    check 'and told why' grep -qE "QEMU \(process $foreign\) is attached already" "$dir/second.err"
    check 'the first one goes on' kill -0 "$first"
    kill -INT "$first"
    join
    check 'and has missed nothing' eval "ended 130 && not says 'exactness was lost'"
    as_before 'both are gone'
    end_foreign
}

# --- controllers that are killed

ranked() {
    not foreign_is_free "$ranks"
}

# attached COMMANDS: starts a metronome that attaches the QEMU, and waits until its threads have
# metronome's priorities.
attached() {
    background --log info -c "$take; run 1ms; echo running; ${1/\%s/$RANDOM}"
    within 10 says '^running$'
    check 'metronome has it' within 5 ranked
}

killed() {
    local moment
    start_foreign shift=0,sleep=off
    remember
    for moment in 'run 10000s' 'gdb x path='"$dir"'/endpoint-%s wait=on'; do
        attached "$moment"
        kill -9 "$pid"
        join 2>/dev/null
        as_before "kill -9 amid ${moment%% *}"
    done
    attached 'run 10000s'
    guests_run
    kill -STOP "$foreign"
    kill -INT "$pid"
    check 'the first Ctrl-C waits for it' within 10 says 'interrupted: stopping at the next barrier'
    kill -INT "$pid"
    join
    check 'the second Ctrl-C ends it at once' eval "ended 130 && not says 'no barrier within 3 s'"
    kill -CONT "$foreign"
    as_before 'the second Ctrl-C'

    attached 'gdb x path='"$dir"'/endpoint-%s wait=on'
    kill_untidied
    check 'kill -9 of the janitor, too: it stays as it is' foreign_stands
    check 'and ranked' ranked
    commands 'echo next'
    as_before 'the next start'

    attached 'run 10000s'
    kill_untidied
    find "$runtime" -name lock -delete # so that the start leaves it alone: the attach itself has to see to it
    commands "$take; run 1ms; assert missed == 0"
    check 'the next attach' ended 0
    as_before 'the next attach'
    find "$runtime" -mindepth 1 -delete

    qmp stop
    attached 'run 10000s'
    kill -9 "$pid"
    join 2>/dev/null
    check 'one that stood when it was found: ranks and CPUs are as they were' within 10 foreign_is_free "$ranks"
    end_foreign
}

all=(other_user no_stub no_ranks cut_off in_use killed)
for part in ${ONLY:-${all[@]}}; do
    "$part"
done
done_testing
