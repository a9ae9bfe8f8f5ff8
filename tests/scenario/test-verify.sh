#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# metronome verify: equal runs are reported as equal, and a source of difference is found at the
# place of its effect.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M append=\"console=ttyAMA0 quiet cryptomgr.notests\""

qemus_are_there() {
    [[ -n $(qemus) ]]
}

scenario() {
    cat >"$dir/$1.mtr"
}

scenario equal <<END
quantum 5ms
node add a $linux icount=shift=0,sleep=off
node add t kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=off
start
run 500ms
step t 2 mask=off
run-until 600777ns
END
sed -i 's/600777ns/600777us/' "$dir/equal.mtr"
limit=100 mtr verify "$dir/equal.mtr" --runs 3 --registers --devices
check 'three runs of Linux: icount, bias, console, registers and devices are equal' ended 0 '^3 runs, 2[0-9]{2} samples: equal'

# A file whose contents change twice a second. Any two runs that are between half a second and 25
# seconds apart differ first in this letter.
clock() {
    local letters=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
    # shellcheck disable=SC2028
    echo "send a \"echo ${letters:${EPOCHREALTIME/./} / 500000 % ${#letters}:1}\n\"" >"$dir/typed.new"
    mv "$dir/typed.new" "$dir/typed.mtr"
}
clock
(while sleep 0.05; do clock; done) &
feeder=$!
scenario typed-it <<END
quantum 5ms
node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off
node add a $linux icount=shift=0,sleep=off
start
wait-line a "# "
include typed.mtr
run 100ms
END
limit=200 mtr verify "$dir/typed-it.mtr" --every 4
check 'different keys typed in each run: found in the node that got them, not before' ended 1 \
    'differ at [0-9.]+s, node a: ' 'the difference arose in node a between its instructions [0-9]+ and [0-9]+'
when=$(sed -nE 's/.*differ at ([0-9]+)\.([0-9]+)s.*/\1\2/p' "$dir/out")
from=$(sed -nE 's/.*between its instructions ([0-9]+) and.*/\1/p' "$dir/out")
to=$(sed -nE 's/.*between its instructions [0-9]+ and ([0-9]+).*/\1/p' "$dir/out")
check '... and the lines of the console that differ' [ "$(sed -nE '/^the console of node a differs in line [0-9]+:$/,+2s/^  run [12]: .*echo ([A-Za-z])$/\1/p' "$dir/out" | sort -u | wc -l)" = 2 ]
check "... at a time behind the boot ($when ns)" [ "${when:-0}" -gt 100000000 ]
check "... narrowed down to a few thousand instructions ($from to $to)" [ $((${to:-999999999} - ${from:-0})) -le 20000 ]
kill "$feeder" 2>/dev/null || true
wait "$feeder" 2>/dev/null || true

scenario jitter <<END
node add t kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=on
start
run 20ms
END
limit=100 mtr verify "$dir/jitter.mtr"
check 'sleep=on: the host shows in virtual time, at once' ended 1 'differ at 0\.[0-9]+s, node t: (bias|icount)'

# A stopped QEMU with sleep=on polls for a clock that stands still. This QEMU must not keep the
# controller from its CPU.
on_one_cpu() {
    local on_cpu other
    on_cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
    timeout 60 taskset -c "$on_cpu" "$metronome" verify "$dir/jitter.mtr" --runs 4 >"$dir/other" 2>&1 &
    other=$!
    limit=30 mtr verify "$dir/jitter.mtr" --runs 4
    kill "$other" 2>/dev/null || true
    wait "$other" || true
}
on_one_cpu
check '... also on one CPU, with another such run on it' ended 1 'differ at 0\.[0-9]+s, node t: (bias|icount)'

scenario fails <<END
node add t kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=off
start
run 5ms
assert t.time == 1ms
END
mtr verify "$dir/fails.mtr"
check 'runs that fail alike: no verdict, and their exit code' ended 1 'assert t.time == 1ms failed' \
    '^no verdict: run 1 ended with exit code 1 \(failed\), and so did the others; [1-9][0-9]* samples until then are equal$'
check '... they are not called equal' not says 'samples: equal'
echo "node add t kernel=$guest/tick-aarch64.elf qemu=$dir/no-qemu; start; run 1ms" >"$dir/broken.mtr"
printf '#!/bin/sh\nexit 1\n' >"$dir/no-qemu"
chmod +x "$dir/no-qemu"
mtr verify "$dir/broken.mtr" --runs 3
check 'a run whose QEMU does not start: no verdict, and its exit code' ended 3 '^no verdict: run 1 ended with exit code 3 \(node-failed\), and so did the others; 0 samples'
echo 'echo nothing' >"$dir/still.mtr"
mtr verify "$dir/still.mtr"
check 'nothing was sampled: no verdict' ended 2 '^no verdict: nothing was compared'
check '... it is not called equal' not says 'equal'

scenario every <<END
node add t kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=off nic=off
start
run 20ms
run 500us
run 19ms
END
mtr verify "$dir/every.mtr"
check 'every barrier, and where the scenario stops' ended 0 '^2 runs, 41 samples: equal'
mtr verify "$dir/every.mtr" --every 10
check 'every tenth barrier, and where the scenario stops' ended 0 '^2 runs, 5 samples: equal'
mtr verify "$dir/every.mtr" --every=1000000
check 'no barrier, but where the scenario stops' ended 0 '^2 runs, 3 samples: equal'
mtr verify "$dir/every.mtr" --every 0
check 'every none' ended 2 "--every '0' is out of range: 1 to 1000000"
mtr run "$dir/every.mtr" --every 2
check '--every is of verify' ended 2 '--every is no option of run: it goes with verify FILE'
mtr verify "$dir/fails.mtr" --runs 1
check 'one run is none' ended 2 "--runs '1' is out of range: 2 to 1000"
mtr verify
check 'verify needs a file' ended 2 'verify needs a FILE'
# verify shows its progress on a terminal only. script(1) makes a terminal, and its output goes to a
# file.
mtr verify "$dir/every.mtr"
check 'no terminal: nothing of how far it is' not grep -q 'run 1 of' "$dir/err"
status=0
script -qefc "$metronome verify $dir/equal.mtr" "$dir/out" </dev/null >"$dir/err" 2>&1 || status=$?
check 'a terminal: how far it is, and from the second run on how long it takes' ended 0 'run 1 of 2: 0\.[0-9]+s' \
    'run 2 of 2: 0\.[0-9]+s of 0\.[0-9]+s +[0-9]+ % +ETA [0-9]+ s' '2 runs, [0-9]+ samples: equal'
check '... it does not stay' grep -q $'\r\033\\[K2 runs, ' "$dir/out"
background verify "$dir/equal.mtr" --runs 50
within 30 qemus_are_there
kill -INT "$pid"
join
check 'Ctrl-C ends it and its run' [ "$status" = 130 ]
done_testing
