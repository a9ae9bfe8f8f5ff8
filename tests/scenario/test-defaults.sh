#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `defaults`: the settings that nodes get if they have none of their own, on this host and on
# another host; and the message about sleep=on.
# shellcheck disable=SC2016 # backquotes are metronome's
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

bare="memory=32M nic=off kernel=$guest/count-aarch64.elf"

# told WHERE: the file has exactly one line about sleep=on, and the line is short.
told() {
    [[ $(grep -c 'sleep=on' "$dir/$1") -eq 1 && $(grep 'sleep=on' "$dir/$1" | wc -c) -le 160 ]]
}

errors() {
    [[ $(grep -c '^metronome: error: ' "$dir/err") -eq $1 ]]
}

# scenario NAME LINE...: writes $dir/NAME.mtr.
scenario() {
    printf '%s\n' "${@:2}" >"$dir/$1.mtr"
}

words() {
    expect 'none are set' 0 'defaults' '^none'
    expect 'what is set is shown, as it would be typed' 0 \
        "defaults memory=64M append='console=ttyS0 quiet' icount=sleep=off; defaults" '^memory=64M$' "^'append=console=ttyS0 quiet'\$" \
        '^icount=shift=0,sleep=off$'
    expect 'one is taken back' 0 'defaults memory=64M smp=2; defaults off memory; defaults' '^smp=2$'
    check '... and no other' not says memory
    expect 'all are taken back' 0 'defaults memory=64M smp=2; defaults off; defaults' '^none'
    expect 'a key that is none: what was meant' 2 'defaults memroy=64M' "unknown key 'memroy': did you mean 'memory'"
    expect 'a key that differs from node to node' 2 'defaults serial=unix:x' "serial= can't be a default: no two nodes"
    expect 'the name of a node' 2 'defaults name=a' "name= can't be a default: each node has a name"
    expect 'a gdb' 2 'defaults gdb=x' "gdb= can't be a default"
    expect 'a wrong value' 2 'defaults memory=x' "'x' is not a size"
    expect 'a file that is not there' 2 "defaults kernel=$dir/none" 'kernel=.*No such file'
    expect 'an option of QEMU that is metronome'"'"'s' 2 'defaults extra=-s' 'refused: -s'
    expect 'a host that is none' 2 'defaults host=x' "host='x' is unknown"
    expect 'neither a key nor off' 2 'defaults of' "'of' is no key=value, and not off.*did you mean 'off'"
    expect 'taking back what is not set' 2 'defaults smp=2; defaults off spm' "no default of 'spm' is set: did you mean 'smp'"
    expect 'a key twice' 2 'defaults smp=1 smp=2' 'smp= may be given once'
    mtr help defaults
    check 'help' ended 0 '^defaults \[arch=' 'off \[DEFAULT' 'Set keys for every .node add. that follows'
    check 'completion has both' says 'icount=shift=0,sleep=on\|shift=0,sleep=off\|off'
}

nodes() {
    expect 'a node takes them, and its own come first' 0 "defaults icount=shift=2,sleep=off $bare; node add a
        node add b icount=shift=1; node add c icount=off memory=64M; defaults off icount; node add d
        node list; node list b; node list c; start; run 1ms; assert a.icount == 250000insn; assert b.icount == 500000insn" \
        '^a .* shift=2,sleep=off ' '^b .* shift=1,sleep=off ' '^c .* off ' '^d .* shift=0,sleep=on ' \
        '^node add b icount=shift=1,sleep=off memory=32M nic=off ' '^node add c icount=off nic=off .* memory=64M$'
    scenario wrong "defaults apend=x" "node add a initrd=/dev/null"
    mtr check "$dir/wrong.mtr"
    check 'a default that is refused: one error' ended 2 "wrong.mtr:1: unknown key 'apend': did you mean 'append'"
    check '... and no other' errors 1
    scenario apart "defaults append=quiet" "node add a"
    mtr run "$dir/apart.mtr"
    check 'keys that do not go together: the message says which default has' ended 2 \
        'apart.mtr:2: node a: initrd= and append= need kernel= \(`defaults` has append=\)'
    scenario included "node add a"
    expect 'a file that is included at the prompt is checked with them' 2 \
        "defaults append=quiet; include $dir/included.mtr" 'included.mtr:1: node a: initrd='
    expect 'a node of another host takes them, too' 0 "host add east command=\"$metronome agent --stdio\"
        defaults host=east icount=shift=1,sleep=off $bare; node add a; node add b host=local icount=shift=3; node list
        start; run 8ms; assert a.icount == 4000000insn; assert b.icount == 1000000insn" \
        '^a .* shift=1,sleep=off +east' '^b .* shift=3,sleep=off +local'
    mtr run scripts/scenarios/defaults.mtr "guest=$guest"
    check 'defaults.mtr' ended 0 '^node add slow icount=shift=1,sleep=off memory=32M'
    check 'nothing is said of sleep=off' not says 'repeat'
}

sleeps() {
    scenario on "node add a $bare" "node add b $bare" start 'run 1ms'
    mtr check "$dir/on.mtr"
    check 'check: sleep=on is said once, in a short line, with what to write' ended 0 \
        '^node a: note: sleep=on: such a run does not repeat itself; one with `defaults icount=sleep=off` in front of its nodes does$'
    check '... once' told out
    mtr --json check "$dir/on.mtr"
    check 'check --json: as a finding' ended 0 '"event":"finding","node":"a","severity":"note","what":"sleep=on"'
    mtr run "$dir/on.mtr"
    check 'start: the same' ended 0 '^metronome: warn: sleep=on: such a run does not repeat itself; one with `defaults icount=sleep=off`'
    check '... once' told err
    scenario some "defaults icount=sleep=off $bare" "node add a" "node add b icount=sleep=on" start "node add c icount=sleep=on"
    mtr check "$dir/some.mtr"
    check 'a node that says it itself: where to write what' ended 0 \
        '^node b: note: sleep=on of node b: such a run does not repeat itself; one with sleep=off in icount= does$'
    check '... once' told out
    scenario later "defaults icount=sleep=off $bare" "node add a" start "defaults off icount" "node add b"
    mtr check "$dir/later.mtr"
    check 'a node that joins later' ended 0 '^node b: note: sleep=on of node b: '
    scenario off "defaults icount=sleep=off $bare" "node add a" start 'run 1ms'
    mtr check "$dir/off.mtr"
    check 'check: sleep=off: nothing is said' ended 0
    check '... at all' test ! -s "$dir/out" -a ! -s "$dir/err"
    mtr run "$dir/off.mtr"
    check 'start: sleep=off: nothing is said' test ! -s "$dir/out" -a ! -s "$dir/err"
    mtr verify "$dir/on.mtr"
    check 'verify says it with its verdict' says '^not repeatable: sleep=on: '
    check '... once' told out
    check '... and not in each run' not grep -q sleep=on "$dir/err"
}

words
nodes
sleeps
done_testing
