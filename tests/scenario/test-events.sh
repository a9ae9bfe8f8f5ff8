#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The events of --json, for commands of every kind, from a scenario and from a pipe: events follow
# the schema, stdout has nothing else, and each end of a run that the manual lists occurs for each
# command that can have it. Prints TAP, takes about half a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=32M icount=shift=0,sleep=off'
a="node add a $small kernel=$guest/count-aarch64.elf"
hello="node add h $small kernel=$guest/hello-aarch64.elf"
idle="node add i $small kernel=$guest/idle-aarch64.elf"
exits="node add e $small kernel=$guest/exit-aarch64.elf append=3 extra='-semihosting-config enable=on,target=native'"

valid() {
    scripts/schema/validate event "$dir/out"
}

# end COMMAND END STATUS COMMANDS: the last run event is about COMMAND and has this end.
end() {
    echo "$2" >>"$dir/seen"
    mtr --json -c "quantum 1ms; $4"
    check "$1: $2" ended "$3" "\"event\":\"(run|step)\",(\"command\":\"$1\"|\"node\":\"[a-z]\"),\"end\":\"$2\""
    check "$1: $2: the last of its kind says so" \
        test "$(grep -oE '"end":"[a-z-]+"' "$dir/out" | tail -n 1)" = "\"end\":\"$2\""
    check "$1: $2: as the schema says" valid
}

ends() {
    end run reached 0 "$a; start; run 2ms"
    end run-until reached 0 "$a; start; run-until 2ms"
    end run-until reached 0 "$a; start; run-until a 1234insn"
    end barrier reached 0 "$a; start; barrier 3"
    end step reached 0 "$a; start; step a 3"
    end run break 0 "$a; start; break time 1500us; run 5ms"
    end run-until break 0 "$a; start; break time 1500us; run-until 5ms"
    end barrier break 0 "$a; start; break time 1500us; barrier 5"
    end wait-line break 1 "$a; start; break time 1500us; wait-line a never timeout=5ms"
    end wait-line break 0 "$a; start; break time 1500us; wait-line a never timeout=5ms or-break"
    end wait-line matched 0 "$hello; start; wait-line h hello timeout=5ms"
    end wait-line matched 0 "$hello; start; run 5ms; wait-line h hello timeout=5ms"
    check 'wait-line: matched: with the line' says '"line":"hello.*","line_virtual_ns":"[0-9]+","groups":\['
    end wait-line time-up 1 "$a; start; wait-line a never timeout=2ms"
    end step asleep 1 "$idle; start; run 5ms; step i 1000000"
    end run-until exited 3 "$exits; start; run-until 5ms"
    end wait-line exited 1 "$exits; start; wait-line e never timeout=5ms"
    end wait-line exited 1 "$exits; start; run 5ms; wait-line e never timeout=5ms"
    end run empty 0 "$exits; start; run 5ms; run 1ms"
    end barrier empty 0 "$exits; start; run 5ms; barrier"
}

# Ends from outside: a signal, the death of a QEMU.
outside() {
    local command
    printf 'stopped\nfailed\n' >>"$dir/seen"
    for command in 'run 1000s' 'run-until 1000s' 'barrier 1000000' 'wait-line a never timeout=1000s'; do
        background --json -c "quantum 1ms; $a; start; echo going; $command"
        within 20 says going
        guests_run
        kill -INT "$pid"
        join
        check "$command: stopped" ended 130 "\"command\":\"${command%% *}\",\"end\":\"stopped\""
        check "$command: stopped: as the schema says" valid
        background --json -c "quantum 1ms; $a; start; echo going; $command"
        within 20 says going
        guests_run
        # shellcheck disable=SC2046
        kill -9 $(qemus)
        join
        check "$command: failed" ended 3 "\"command\":\"${command%% *}\",\"end\":\"failed\"" '"event":"node",.*"what":"failed"'
        check "$command: failed: as the schema says" valid
    done
}

# The ends in the manual, in the schema and in this test are the same.
agree() {
    # shellcheck disable=SC2016
    grep -oE '`end` is .*`empty`' scripts/man/metronome-report.5.md | grep -oE '`[a-z-]+`' | tr -d '`' | grep -vx end | sort -u >"$dir/listed"
    python3 -c 'import json
print(*sorted(json.load(open("scripts/schema/event.schema.json"))["definitions"]["end"]["enum"]), sep="\n")' |
        diff "$dir/listed" - && sort -u "$dir/seen" | diff "$dir/listed" -
}

# all_kinds: prints one of every command that has output, except commands of other hosts and of a
# terminal.
all_kinds() {
    cat <<END
quantum 100us
quantum
node add a $small kernel=$guest/count-aarch64.elf
node add b $small kernel=$guest/tick-aarch64.elf
$hello
node list
host list
link add a b latency=1ms
link list
switch add s
gateway add gw unix=$dir/gw.sock
gateway list
node transcript h $dir/transcript
capture $dir/capture.pcapng
seed 3
start
max-skip
perf on
watch 'time a' 1ms
break time 3ms
break console h hello
break when a.icount > 4000000
breaks
run 2ms
run 5ms
run-until 8ms
delete 1
wait-line h hello timeout=5ms
barrier 2
save one file=$dir/save
saves
run 1ms
restore one
restore $dir/save
save delete one
step a 3
time
time a
clocks a
stats
perf
regs a pc
mem a 0x40080000 16
assert a.missed == 0
network trace
link set a b loss=1%
link down a b
link up a b
capture $dir/capture.pcapng off
qmp a query-status
hmp a 'info version'
gdb a
gdb a off
set x 'with "quotes" and \\\\'
echo "\$x" 'tab	and umlaut ä'
log info
log warn
report $dir/mid
help run
help
pause
END
}

kinds() {
    # clocks asks the guest agent, which this guest does not have. The output that needs no guest
    # agent comes first.
    all_kinds | grep -v '^clocks\|^pause' >"$dir/all.mtr"
    mtr --json --report "$dir/report" run "$dir/all.mtr"
    check 'all kinds of commands: a scenario' ended 0
    check 'all kinds of commands: as the schema says' valid
    check 'all kinds of commands: something of each' says '"event":"output"' '"event":"run"' '"event":"step"' '"event":"exit"' \
        '"event":"save","name":"one"' '"event":"restore","name":"one"'
    input=$dir/all.mtr mtr --json
    check 'all kinds of commands: a pipe' ended 0
    check 'a pipe: as the schema says' valid
    check 'the report: as its schema says' scripts/schema/validate report "$dir/report/report.json" "$dir/mid/report.json"
    check 'the save: as its schema says' scripts/schema/validate save "$dir/save/manifest.json"
    check 'its barriers: as their schema says' scripts/schema/validate barriers "$dir/report/barriers.csv"
    echo "$a"$'\nlink add a a\nnonsense' >"$dir/wrong.mtr"
    mtr --json check "$dir/wrong.mtr"
    check 'check: errors: as the schema says' valid
    echo "node add a kernel=$guest/count-aarch64.elf icount=shift=0,sleep=on extra='-rtc base=localtime'" >"$dir/found.mtr"
    mtr --json check "$dir/found.mtr"
    check 'check: findings' ended 0 '"event":"finding","node":"a"'
    check 'check: findings: as the schema says' valid
    mtr --json verify "$dir/found.mtr"
    check 'verify: as the schema says' valid
}

for part in ${ONLY:-ends outside kinds}; do
    "$part"
done
check 'manual, schema and this test have the same ends' agree
done_testing
