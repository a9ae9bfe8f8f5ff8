#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The way back: reverse, reverse-until, reverse-step, reverse-continue, who-wrote, checkpoint; what is
# given again on the way forward, new branches, files, and what is refused. test-random-reverse.sh
# compares states.
# shellcheck disable=SC2016
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=64M icount=shift=0,sleep=off'
counter="node add c memory=16M icount=shift=0,sleep=off kernel=$guest/count-aarch64.elf"
ticker="node add t memory=16M icount=shift=0,sleep=off kernel=$guest/tick-aarch64.elf"
echoes="node add e kernel=$guest/echo-aarch64.elf $small"
access="node add a kernel=$guest/access-aarch64.elf $small"

# --- where it goes

expect 'by a time' 0 "quantum 100us; $counter; $ticker; start; run 5ms; reverse 2ms; assert c.time == 3ms; assert c.icount == 3000000; assert t.time <= 3.001ms" \
    '^the ensemble stands at 0.003000000s$'
expect 'by instructions, and step by step' 0 "quantum 100us; $counter; start; run 5ms; reverse 1000insn; assert c.icount == 4999000
    reverse-step c 7; assert c.icount == 4998993; reverse-step; assert c.icount == 4998992; run 8insn on c; assert c.icount == 4999000"
check 'where the node stands is told' grep -qE '^c: icount 4998992, time 0.004998992s, 0x4008' "$dir/out"
expect 'to absolute places' 0 "quantum 100us; $counter; $ticker; start; run 5ms; reverse-until 1234567ns; assert c.icount == 1234567
    reverse-until c 42insn; assert c.icount == 42; reverse-until 0ns; assert c.icount == 0; run 5ms; assert c.icount == 5000000"

# --- what is not possible

expect 'before start' 2 'reverse 1ms' 'no node is started'
expect 'more than has passed' 2 "$counter; start; run 1ms; reverse 2ms" "'2ms' is more than has passed: the ensemble stands at 0.001000000s"
expect 'more instructions than there were' 2 "$counter; start; run 1ms; reverse-step c 1000001" 'node c has executed only 1000000 instructions'
expect 'ahead' 2 "$counter; start; run 1ms; reverse-until 2ms" '0.002000000s lies ahead: .* .run-until. goes there'
expect 'whose instructions?' 2 "$counter; $ticker; start; run 1ms; reverse 5insn" 'whose instructions.*name one'
expect 'sleep=on' 2 "node add c memory=16M kernel=$guest/count-aarch64.elf; start; run 1ms; reverse 1ms" \
    'no way back: node c: it has sleep=on; icount=…,sleep=off makes its run repeatable; with the word .anyway. it is tried'
expect 'anyway' 0 "node add c memory=16M kernel=$guest/count-aarch64.elf; start; run 2ms; reverse 1ms anyway; assert c.time >= 1ms" \
    'the ensemble stands at 0.001000000s'
expect 'a node that came later' 2 "$counter; start; run 1ms; $ticker; start; run 1ms; reverse 1500us" \
    'is before the past that is known, which begins at the next .save. or .checkpoint.: nodes were started there'
expect 'behind a save it goes on' 0 "$counter; start; run 1ms; $ticker; start; save s; run 1ms; reverse 500us; assert c.time == 1500us"
for wrong in 'reverse' 'reverse 5' 'reverse-until' 'reverse-until c 5' 'reverse-step c 0' 'who-wrote c' 'who-wrote c 5 65' 'checkpoint every=0s' 'checkpoint keep=0'; do
    mtr check <(echo "$counter; start; run 1ms; $wrong")
    check "a check refuses '$wrong'" ended 2
done
mtr check <(echo "$counter; start; run 1ms; checkpoint every=1ms keep=5; checkpoint; reverse 5us; reverse-until c 5insn anyway; reverse-step c 2; reverse-continue; who-wrote c 0x40090000 8; run 1ms")
check 'a check accepts what runs' ended 0
mtr check <(echo "reverse-continue")
check 'a check of a way back without a start' ended 2 'no node is started'
on="node add c memory=16M kernel=$guest/count-aarch64.elf"
for way in 'reverse 1ms' 'reverse-until c 5insn' 'reverse-step' 'reverse-continue' 'who-wrote c 0x40090000'; do
    mtr check <(echo "$on; start; run 1ms; $way")
    check "a check refuses '$way' with sleep=on as a run does" ended 2 'no way back: node c: it has sleep=on'
    mtr check <(echo "$on; start; run 1ms; $way anyway; checkpoint every=1ms")
    check "a check accepts '$way anyway'" ended 0
done
mtr check <(echo "$counter; gateway add gw unix=$dir/gw; start; run 1ms; reverse 1ms")
check 'a check accepts a way back with a gateway' ended 0
mtr check <(echo "host add h command=true; $counter host=h; start; run 1ms; checkpoint every=1ms")
check 'a check refuses checkpoints of a node on another host' ended 2 'no way back: node c: it is on another host'

# --- what comes again

talk="$echoes; start; run 3ms; send e 'one\\n'; run 3ms; send e 'two\\n'; run 3ms"
expect 'typed text comes again' 0 "$talk; reverse 8ms; run 8ms; console e; journal" '] one$' '] two$' "typed 'one" "typed 'two"
commands "$talk; reverse 8ms; run 8ms; console e"
check 'once' eval '[[ $(grep -c "] one$" "$dir/out") -eq 1 ]]'
expect 'the journal shows what comes again' 0 "$talk; reverse 4ms; journal" '^comes again:$' "typed 'two"
expect 'something new is a new branch, which is said' 0 "$talk; reverse 4ms; send e 'tri\\n'; run 6ms; console e" \
    '^a new branch begins at 0.005000000s: what came from outside behind that \(1\) is not given again$' '] tri$'
check 'the old future is gone' not grep -q '] two$' "$dir/out"
commands "$talk; reverse 4ms; send e 'tri\\n'; run 1ms; send e '4\\n'; run 6ms"
check 'of what came from outside that, and nothing else, is counted' grep -q 'behind that (1) is not given again' "$dir/out"
check 'it is said once' eval '[[ $(grep -c "new branch" "$dir/out") -eq 1 ]]'
expect 'written memory and registers' 0 "$counter; start; run 1ms; mem write c 0x40090000 11; run 1ms; regs c x20=0x77; run 1ms
    reverse 2500us; mem c 0x40090000 1; run 2500us; mem c 0x40090000 1; regs c x20" ' 00 ' ' 11 ' '^x20 +0x0*77$'
expect 'what is written right behind single steps comes behind them' 0 "quantum 1ms; $counter; start; step c 10; mem write c 0x40090100 22; step c 7
    mem write c 0x40090000 11; run 1ms; reverse-until c 15insn; mem c 0x40090000 1; run 1ms; mem c 0x40090000 1" '^0x0*40090000.* 00 ' '^0x0*40090000.* 11 '
expect 'a save is passed again' 0 "$counter; $ticker; start; run 1ms; save s; run 1ms; reverse 1500us; run 3ms; assert c.time == 3500us; journal" 'save s$'
commands "$counter; start; run 1ms; save s file=$dir/folder"
check 'a save in a folder' ended 0
expect 'is where the past begins, as often as wanted' 0 "restore $dir/folder; run 1ms; reverse 500us; assert c.icount == 1500000; reverse-until 1ms; assert c.icount == 1000000
    run 1ms; reverse 1us; mem c 0x40080000 4; assert c.icount == 1999000"
expect 'and is another one by now' 3 "restore $dir/folder; run 1ms; save t file=$dir/folder; save delete t; reverse-until 1500us" 'no way back to where the past begins: .*/folder has another save by now'
expect 'a save that was deleted' 0 "$counter; start; run 1ms; save s; save delete s; run 1ms; reverse 500us; assert c.time == 1500us"

expect 'what was written at the time of a checkpoint comes behind that time' 0 "quantum 1ms; $counter; start; checkpoint every=1ms; run 2ms
    mem write c 0x40090000 11; run 2ms; reverse-until 2ms; mem c 0x40090000 1; run 2ms; mem c 0x40090000 1" '^0x0*40090000.* 00 ' '^0x0*40090000.* 11 '

# --- hits

hits="quantum 1ms; $counter; $ticker; start; run 45ms; break pc t wait+0x4"
expect 'to the last hit of a breakpoint' 0 "$hits; reverse-continue; regs t pc" '^break 1: node t, vCPU 0: pc 0x40080058 <wait\+0x4>, icount [0-9]+, its time 0\.0[0-9]+s; the ensemble stands at' '^pc .*<wait\+0x4>'
cp "$dir/out" "$dir/first"
commands "$hits; reverse-continue; echo ==; reverse-continue; regs t pc; time"
check 'and to the one before' eval 'ended 0 && [[ $(grep -c "^break 1: node t" "$dir/out") -eq 2 ]]'
expect 'a time, a condition, a console' 0 "quantum 1ms; $counter; $ticker; start; break time 7ms; run 30ms; run-until 30ms; reverse-continue; delete 1
    run-until 30ms; break when c.icount > 5000000; reverse-continue" '^break 1: time 7ms; the ensemble stands at 0.007000000s' 'break 2: '
expect 'one at the barrier that a node is ahead of' 0 "quantum 1ms; $counter; $ticker; start; break time 3ms; run 5ms; run-until c 3500000insn; reverse-continue
    assert c.icount == 3000000; reverse-continue; assert c.icount == 0" '^break 1: time 3ms; the ensemble stands at 0.003000000s$' '^nothing was hit since the past begins: .run-until TIME. goes forward again, as the same run$' '^the ensemble stands at 0.000000000s$'
expect 'none: where the past begins' 0 "quantum 1ms; $counter; start; run 3ms; break pc c 0x40080000 if c.icount > 5; reverse-continue" '^the ensemble stands at 0.000000000s'
expect 'a hit where the node stood comes again, though no point is set by now' 0 "quantum 1ms; $counter; start; run 6ms; break pc c 0x40080010; run 2ms; delete 1; run 3ms
    assert c.icount == 8900000; reverse 5ms; run 5ms; assert c.icount == 8900000; assert c.time == 9ms"
expect 'where the clock skipped to a barrier, the others stand where they stood' 0 "quantum 100us; $counter; $echoes; start; run 1600us; run 1621insn on c
    send e 'x\\n'; break pc c 0x40080010; run 2ms; assert c.icount == 1601624; assert c.time == 1700us; assert e.time == 1800us
    delete 1; run 1ms; reverse-until c 1601624insn; assert c.time == 1700us; assert e.time == 1800us"

other="node add d memory=16M icount=shift=1,sleep=off kernel=$guest/count-aarch64.elf"
expect 'several nodes that were hit in one quantum' 0 "quantum 1ms; $counter; $other; start; run 6ms; break pc c 0x40080010; break pc d 0x40080010
    run 2ms; run 2ms; delete 1; delete 2; run 3ms; assert c.icount == 8800004; assert d.icount == 4400004
    reverse 5ms; run 5ms; assert c.icount == 8800004; assert d.icount == 4400004; reverse-until d 3000003insn; assert d.icount == 3000003; assert c.time == 6.1ms"
expect 'to a count of another node, in front of a hit and of a count that a run went to' 0 "quantum 1ms; $counter; $other; start; run 6ms; break pc c 0x40080010; run 2ms
    delete 1; run 3ms; run 12345678insn on c; run-until 24ms; reverse-until d 3001111insn; assert d.icount == 3001111; assert c.time == 6ms
    run-until d 6123457insn; assert d.icount == 6123457; run-until 24ms; assert c.icount == 23900000; assert d.icount == 12000000"
expect 'idle nodes stand where they stood, whose own breaks were not hit, too' 0 "quantum 50us; $counter; $ticker; start; barrier; break pc c 0x40080010; break pc t wait+0x4
    run 2ms; assert c.time == 100us; assert t.time == 150us; delete 1; delete 2; save s; run 2ms; reverse-until c 49999insn; run-until 2ms"

expect 'hits with an access behind a barrier' 0 "quantum 100us; $access; start; break access a 0x40090000 8; run 2ms; run 2ms; assert a.icount == 4032; delete 1; run 1ms
    reverse-step a 3; run 800us; reverse-until 0us; run-until a 4032insn; assert a.time == 200001ns"
for quantum in 100us 333us; do
    expect "a hit of an idle node, whose brakes are where those of others are: $quantum" 0 "quantum $quantum; $ticker; start; run 8455us; break pc t wait+0x4; run 2ms; delete 1; run 1ms
        reverse 5ms; run 5ms; reverse 100us; run 100us"
done
expect 'a hit at a place that is less than a microsecond ahead' 0 "quantum 1ms; $counter; start; run 20ms; reverse-until c 1000095insn; break pc c 0x40080008; run 1us; run 1us; run 1ms
    assert c.icount == 1000102; reverse-continue; assert c.icount == 1000098"
expect 'a quantum that was set where a hit had others ahead' 0 "quantum 1ms; $counter; start; break pc c 0x40080010; run 2ms; quantum 50us; run 2ms; delete 1; run 1ms
    reverse 500us; run 500us; assert c.time == 1.1ms"
expect 'to a time within a run to a count' 0 "quantum 1ms; $counter; start; run 1ms; run 500000insn on c; run 2ms; reverse-until 1200us; assert c.icount == 1200000
    run 300us; run 10us; assert c.icount == 1510000"
expect 'links have the latencies of the quantum that comes again' 0 "quantum 1ms; $counter; $ticker; link add c t latency=200us; start; run 2ms; quantum 300us; run 1ms
    reverse-until 2ms; run 1ms; link list" '^c +-> t +300us'
expect 'what wrote to a node that was ahead at a save' 0 "quantum 1ms; $access; start; run 20ms; who-wrote a 0x40090000; mem write a 0x40090000 11; run 1us
    save here; run 5ms; restore here; who-wrote a 0x40090000" '^node a: entry 1 of the journal wrote, .* -> 11'
expect 'and what wrote there by itself' 0 "quantum 1ms; $access; start; run 20ms; who-wrote a 0x40090000; run 1us; save here; run 5ms; restore here; who-wrote a 0x40090000"
check 'is the same' eval '[[ $(grep "^node a: the instruction" "$dir/out" | sort -u | wc -l) -eq 1 ]]'

# --- brakes, with the frames that tell of them

sends="quantum 1ms; $(ring s 1 5000 0 0 20123 600 0) $(ring r 0 16 0 3000000 100 2048 0) link add s r latency=1177us; start"
frames() { # NAME COMMANDS: the network's trace of that run, in NAME
    commands "$sends; $2; echo ==; network trace last=10000"
    check "a run of frames: $2" ended 0
    sed -n '/^==$/,$p' "$dir/out" >"$dir/$1"
}
frames plain 'run 8ms'
frames braked 'break pc s 0x30000000; run 8ms'
check 'a break that is never hit can be told from none: slices end at its brakes' eval '! cmp -s "$dir/plain" "$dir/braked"'
frames again 'break pc s 0x30000000; run 8ms; delete 1; reverse 6ms; run 6ms'
check 'its brakes come again, though it is gone' cmp "$dir/braked" "$dir/again"
frames none 'run 8ms; reverse 6ms; break pc s 0x30000000; run 6ms'
check 'a break that is new has none in what was without' cmp "$dir/plain" "$dir/none"

# --- what the last steps printed

prints="node add p memory=64M icount=shift=0,sleep=off kernel=$guest/print-aarch64.elf extra='-device loader,addr=0x40ffffe0,data=1529,data-len=8 \
    -device loader,addr=0x40ffffe8,data=100000,data-len=8 -device loader,addr=0x40fffff0,data=8,data-len=8 -device loader,addr=0x41000000,data=0x0a64636261393837,data-len=8'"
commands "quantum 100us; $prints; start; run 1024649ns; report $dir/printed; save s; report $dir/saved"
check 'what a node printed in the last steps of a run is of that run' eval 'ended 0 && cmp "$dir/printed/console-p.log" "$dir/saved/console-p.log"'

# passes N: the way back has taken at most so many.
passes() {
    local n
    n=$(grep -c 'a pass goes from' "$dir/err" || true)
    echo "# $n passes"
    [[ $n -ge 1 && $n -le $1 ]]
}

# Hit every 4 instructions.
expect 'among very many hits' 0 "$counter; start; run 5ms; break pc c 0x40080010; log debug past; reverse-continue; assert c.icount == 4999996"
check 'in few passes' passes 10
if ! brief; then
    expect 'and again' 0 "$counter; start; run 5ms; break pc c 0x40080010; reverse-continue; reverse-continue; assert c.icount == 4999992"
    # It counts for 1 ms, and stays in one place from then on.
    expect 'the last of many, long ago' 0 "$counter; start; run 1000002ns; mem write c 0x40090000 size=4 0x14000000; regs c pc=0x40090000; run 20ms
        break pc c 0x40080010; log debug past; reverse-continue; assert c.icount == 1000000"
    check 'in some passes' passes 60
fi

# --- who wrote

expect 'an instruction' 0 "$access; start; run 1ms; who-wrote a 0x40090000; regs a pc" \
    '^node a: the instruction at 0x4008003c .* wrote, icount [0-9]+, its time 0.000[0-9]+s: [0-9a-f ]+ -> [0-9a-f ]+$'
expect 'of many that wrote there' 0 "$access; start; run 5ms; log debug past; who-wrote a 0x40090000; break access a 0x40090000 8; run-until 5ms; assert break == 0"
check 'in few passes' passes 14
if ! brief; then
    expect 'and who before that' 0 "$access; start; run 1ms; who-wrote a 0x40090000; who-wrote a 0x40090000"
    check 'as the instruction behind which it stands has changed the value' not grep -q 'another one now' "$dir/out"
fi
expect 'a command' 0 "$access; start; run 1ms; mem write a 0x40090200 42; run 1ms; who-wrote a 0x40090200 1" \
    '^node a: entry 1 of the journal wrote, at 0.001[0-9]+s: 00 -> 42$'
expect 'nothing' 0 "$access; start; run 1ms; who-wrote a 0x40090300 4" '^nothing has written there since the past begins$'

# --- checkpoints

expect 'are made, kept and shown' 0 "$counter; start; checkpoint every=1ms keep=4; run 10ms; checkpoint; reverse-until 6500us; assert c.icount == 6500000; run-until 10ms; assert c.icount == 10000000" \
    '^0.000000000s +start' 'checkpoint +thinned out' 'checkpoint +[0-9.]+ MB' '^every 1ms, at most 4 are kept; [0-9.]+ MB in all$'

# --- files

commands "$talk; reverse 8ms; run 8ms; report $dir/back"
check 'a console that went back' ended 0
commands "$talk; report $dir/straight"
check 'its log is the same' cmp "$dir/back/console-e.log" "$dir/straight/console-e.log"
mtr --report "$dir/rows" -c "quantum 1ms; $counter; $ticker; start; run 5ms; reverse 2500us; reverse 1500us; run 3ms"
check 'the rows of barriers are those of the present branch' eval \
    'ended 0 && [[ $(cut -d, -f1,2 "$dir/rows/barriers.csv" | paste -sd" ") == "barrier,virtual_ns 1,1000000 2,2000000 3,3000000 4,4000000" ]]'

done_testing
