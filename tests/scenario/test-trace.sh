#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# trace: a timeline for trace viewers, held against its schema, read by a reader of its own and, without BRIEF, by
# Chrome's trace viewer in a headless Chromium; and profiles of functions. A run is the same with and without. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

slow='arch=arm icount=shift=4,sleep=off'
boards="quantum 1ms; node add a $slow machine=mps2-an385 kernel=$guest/frames-an385.elf; \
node add b $slow machine=mps2-an385 kernel=$guest/frames-an385.elf; link add a b latency=1333us delivery=exact"
small='memory=32M nic=off icount=shift=0,sleep=off'

fits() {
    scripts/schema/validate trace "$1" >"$dir/wrong" 2>&1 || {
        head -n 5 "$dir/wrong" | sed 's/^/# /'
        return 1
    }
}

# reads FILE [--cut]: the reader finds nothing wrong; what it has found is in $dir/found.
reads() {
    python3 tests/scenario/timeline.py "${@:2}" "$1" >"$dir/found" 2>"$dir/wrong" || {
        sed 's/^/# /' "$dir/wrong"
        return 1
    }
}

# has LINE...: the reader has found this.
has() {
    local line
    for line; do
        grep -qxE -e "$line" "$dir/found" || {
            echo "# not found: $line"
            return 1
        }
    done
}

# --- what is in it

# run_boards NAME COMMANDS: with breaks, a save and a restore, and at the end all that can be compared.
run_boards() {
    commands "$boards; $2; break time 23500us; start; run-until 50ms; clocks a; run 10ms; save s; run 10ms; restore s; run 10ms; run 5ms;
        network trace last=1000; regs a; regs b; link list; assert missed == 0; trace off"
    sed '/^trace /d; /^\(saved\|restored\|host\) /d' "$dir/out" >"$dir/$1.out"
}
run_boards with "trace $dir/t.json every=1 barriers=on"
check 'a run of two boards is traced, over a break, a save and a restore' ended 0 "^trace '.*/t.json': [0-9]+ events$"
check 'it fits its schema' fits "$dir/t.json"
check 'it can be read' reads "$dir/t.json"
check 'each frame is an arrow, behind the restore too' has 'arrow a to b 4' 'arrow b to a 4' 'arrow a \(put back 1\) to b \(put back 1\) 1'
check 'as many barriers as there were, the break, the restore, the runs' has 'instant metronome barriers barrier 43' \
    'instant metronome runs break 1 1' 'instant metronome \(put back 1\) barriers barrier 15' \
    'instant metronome \(put back 1\) runs restore 1' 'slice metronome runs run [0-9]+'
check 'what the vCPUs did, the consoles, the clocks' has 'slice a vCPUs partly idle [0-9]+' 'slice a vCPUs idle [0-9]+' 'counter a busy % [0-9]+' \
    'instant b console frame 0 at .* 1' 'instant a clocks icount 1' 'instant a clocks QEMU_CLOCK_VIRTUAL 1'
check "the host's clock is not in it" not grep -q '"host"' "$dir/t.json"
cp "$dir/t.json" "$dir/first.json"
run_boards again "trace $dir/t.json every=1 barriers=on"
check 'a second run writes the same bytes' cmp "$dir/first.json" "$dir/t.json"
run_boards without 'echo'
sed -i '/^$/d' "$dir/without.out"
check 'the run is the same without it' cmp "$dir/with.out" "$dir/without.out"
run_boards functions "trace a functions; trace b functions $dir/b.folded every=3"
check '... and while functions are sampled' cmp <(sed '/^$/d' "$dir/functions.out") "$dir/without.out"
check 'with collapsed stacks of b' grep -qE '^node b;vcpu 0;(\[idle\]|[a-z_]+) [0-9]+$' "$dir/b.folded"

# --- Chrome's viewer

viewed() {
    scripts/fetch-trace-viewer "$build/trace-viewer" && mkdir -p "$dir/browser" &&
        timeout 100 python3 tests/scenario/tracing.py "$build/trace-viewer" "$dir/browser" "$dir/t.json" >"$dir/model" 2>"$dir/err" &&
        python3 - "$dir/model" <<'END'
import json, sys
model = json.load(open(sys.argv[1]))
assert model["warnings"] == [], model["warnings"]
assert model["flows"] == model["bound"] == 10, model
assert sorted(model["processes"]) == ["a", "a (put back 1)", "b", "b (put back 1)", "metronome", "metronome (put back 1)"], model
assert sorted(model["processes"]["a"]) == ["clocks", "console", "packets in", "packets out", "vCPUs"], model
assert model["slices"]["barrier"] == 58 and model["counters"] == 4, model
END
}
brief || check "Chrome's trace viewer reads it: no warning, each arrow tied to its packets, each lane there" viewed

# --- nodes that come and leave

expect 'nodes are added, removed and leave while it is written' 0 \
    "trace $dir/n.json every=2; node add x $small kernel=$guest/count-aarch64.elf; node add o $small semihosting=on append=0 kernel=$guest/exit-aarch64.elf; start; run 7ms;
    node remove x; node add i $small kernel=$guest/idle-aarch64.elf; node add f icount=off memory=32M nic=off kernel=$guest/count-aarch64.elf; start; run 5ms; trace off" \
    '^trace .* events$'
check '... as it says' reads "$dir/n.json"
check 'busy, idle, off, and what runs without icount' has 'slice x vCPUs busy 1' 'slice i vCPUs (idle|partly idle) [0-9]+' 'slice o vCPUs off 1' 'slice f vCPUs running 1'
check '... by the schema' fits "$dir/n.json"
check 'exact to the ns: x executed 7000000 instructions' grep -q '"name":"busy","ph":"X",.*"ts":0.000,"dur":7000.000,"args":{"instructions":7000000}' "$dir/n.json"

# --- its end

count_node="node add a $small kernel=$guest/count-aarch64.elf; start"
expect 'without an off it ends with the session' 0 "$count_node; trace $dir/e.json; run 3ms"
check '... complete' reads "$dir/e.json"
expect 'a scenario that fails' 1 "$count_node; trace $dir/e.json; run 3ms; assert 1 == 2" 'assert'
check '... leaves a complete one' reads "$dir/e.json"
background -c "$count_node; trace $dir/e.json; run 3ms; echo running; run 1000s"
within 30 says running
kill -INT "$pid"
join
check 'Ctrl-C' ended 130 interrupted
check '... leaves a complete one' reads "$dir/e.json"
background -c "$count_node; trace $dir/e.json every=1; run 3ms; echo running; run 1000s"
within 30 says running
kill_untidied
join
whole() {
    python3 -m json.tool "$dir/e.json" >"$dir/err" 2>&1
}
check 'kill -9 leaves one without its end' not whole
check '... which can be read as far as it goes' reads "$dir/e.json" --cut
check '... up to what was shown' has 'slice metronome runs run 1'

# --- files

expect 'another file stays as it is' 2 "$count_node; trace $guest/vmlinuz" "can't trace into '.*/vmlinuz': there is a file already that is no trace"
expect 'no such folder' 2 "trace $dir/none/t.json" "can't write '.*/none/t.json': No such file"
expect 'a folder' 2 "trace $dir" "can't write '.*': Is a directory"
mkfifo "$dir/fifo"
expect 'a FIFO that nobody reads' 2 "$count_node; trace $dir/fifo" "can't trace into '.*/fifo': .*; start its reader first"
cat "$dir/fifo" >"$dir/through" &
reader=$!
expect 'a FIFO with a reader' 0 "$count_node; trace $dir/fifo; run 3ms"
wait "$reader"
check '... gets it whole' reads "$dir/through"
expect 'a disk that is full: the run goes on, its end says so' 2 "$count_node; trace /dev/full; run 3ms; echo on" '^on$' \
    "the trace ends here: can't write '/dev/full': No space left"
expect 'a second one' 2 "trace $dir/e.json; trace $dir/f.json" "there is a trace into '.*/e.json' already: .trace off. ends it"
check '... is not made' not test -e "$dir/f.json"
expect 'off without one' 0 'trace off'
expect 'a node is no file' 2 "$count_node; trace a" "'a' is a node: .trace a functions. samples its functions"
expect 'every 0 barriers' 2 "trace $dir/f.json every=0" 'every=0|1 to'
printf 'trace off\ntrace %s/f.json\ntrace %s/g.json\nnode add a %s\ntrace a functions depth=65\n' "$dir" "$dir" "$small" >"$dir/wrong.mtr"
mtr check "$dir/wrong.mtr"
check 'check finds these beforehand' ended 2 'wrong.mtr:3: there is a trace into .*/f.json. already' 'wrong.mtr:5: depth=65: a stack has 1 to 64 functions'
check '... and makes nothing' not test -e "$dir/f.json"

# --- functions

cat >"$dir/deep.c" <<'END'
__asm__(".global _start\n_start: adr x0, _start\n add sp, x0, #0x100000\n mov x29, #0\n mov x30, #0\n bl outer\n b .");
#define OWN __attribute__((noinline, used))
static volatile unsigned sum;
OWN static void often(void) { for (unsigned i = 0; i < 3000; i++) sum += i; }
OWN static void seldom(void) { for (unsigned i = 0; i < 1000; i++) sum += i; }
OWN static void middle(void) { often(); seldom(); sum++; }
OWN void outer(void) { for (;;) { middle(); sum++; } }
END
aarch64-linux-gnu-gcc -O1 -ffreestanding -nostdlib -static -fno-omit-frame-pointer -fno-pie -no-pie -mno-outline-atomics \
    -fno-stack-protector -Wl,--build-id=none,-Ttext=0x40080000 -o "$dir/deep.elf" "$dir/deep.c"
expect 'functions of a program' 0 "quantum 13us; node add a $small kernel=$dir/deep.elf; start; run 100us; trace a functions $dir/a.folded depth=8; run 13ms;
    trace a functions; trace a functions off; trace a functions off" '^node a: 1000 samples, one a barrier$' '^ +samples +% +function$' '^ +0 +0\.00  \[idle\]$'
# share FUNCTION LEAST MOST: in percent of the last table.
share() {
    awk -v name="$1" -v least="$2" -v most="$3" '$3 == name { ok = $2 >= least && $2 <= most } END { exit !ok }' "$dir/out"
}
check 'three quarters of the time in one loop, a quarter in the other' share often 73 77
check '...' share seldom 23 27
check 'the callers are in the stacks' grep -qE '^node a;vcpu 0;_start;outer;middle;often [0-9]+$' "$dir/a.folded"
check '... whose samples are all' eval "[[ \$(awk '{ n += \$NF } END { print n }' '$dir/a.folded') -eq 1000 ]]"
expect 'a guest that sleeps is idle; vCPUs count each' 0 "node add i $small kernel=$guest/idle-aarch64.elf; node add s $small smp=2 kernel=$guest/smp-aarch64.elf; start
    run 2ms; trace i functions every=2; trace s functions; run 20ms; trace i functions; trace s functions" \
    '^node i: 10 samples, one every 2 barriers$' '^ +10 +100\.00  \[idle\]$' '^node s: 40 samples'
expect 'its options are for its begin' 2 "$count_node; trace a functions; run 1ms; trace a functions every=2" \
    'the functions of node a are being sampled: .trace a functions. shows them'
expect 'another file stays as it is, here too' 2 "$count_node; trace a functions $guest/vmlinuz" "can't write the functions of node a to '.*': there is a file already that is no profile"
expect 'no such node' 2 'trace x functions' "x"
two="$count_node; node add b $small kernel=$guest/count-aarch64.elf; trace a functions $dir/two"
expect 'two profiles in one file' 2 "$two; trace b functions $dir/./two" "'.*/./two' is the file of the functions of node a already"
expect 'a profile and the trace in one file' 2 "$two; trace $dir/two" "'.*/two' is the file of the functions of node a already"
expect '... once it is written it is another kind of file' 2 "$two; trace a functions off; trace $dir/t.json; trace b functions $dir/t.json" "'.*/t.json' is the file of the trace already"
printf '%s\n' "${two//; /$'\n'}" "trace b functions $dir/two" >"$dir/wrong.mtr"
mtr check "$dir/wrong.mtr"
check '... which check finds' ended 2 "wrong.mtr:5: '.*/two' is the file of the functions of node a already"

# --- other hosts

# far NAME HOST: the boards, a on HOST; the table of a's functions goes to $dir/NAME.out.
far() {
    commands "$first ${boards/node add a/node add a host=$2}; start; trace $dir/$1.json every=2; trace a functions every=7; run 35ms; trace a functions; assert missed == 0"
    grep -A 9 '^node a: ' "$dir/out" >"$dir/$1.out"
}
other_hosts() {
    start_hosts
    far here local
    check 'boards on this host' ended 0 '^node a: 5 samples'
    far there one
    check 'one of them on another host' ended 0 '^node a: 5 samples'
    check '... has the same timeline' cmp "$dir/here.json" "$dir/there.json"
    check '... and the same functions' cmp "$dir/here.out" "$dir/there.out"
    check '... which can be read' reads "$dir/there.json"
    check '... with arrows from there and to there' has 'arrow a to b 3' 'arrow b to a 3'
}
brief || other_hosts
done_testing
