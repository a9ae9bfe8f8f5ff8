#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# quantum auto: the quantum for given latencies, also when links change in the middle of a run;
# links that deliver exactly; runs that repeat byte for byte. Prints TAP, takes some 25 seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/guests.sh
source "$(dirname "$0")/guests.sh"

counting="node add a kernel=$guest/count-aarch64.elf memory=64M nic=2 icount=sleep=off; \
    node add b kernel=$guest/count-aarch64.elf memory=64M nic=2 icount=sleep=off; "

# --- the output, without a start

shown() {
    expect 'without links' 0 'quantum auto; quantum; assert quantum == 1ms' '^auto: 1ms, as there is no link$'
    expect 'the link that decides, as links come, change and go' 0 "$counting link add a b latency=3ms; quantum auto; quantum; \
        link add a.1 b.1 latency=3ms >latency=800us; quantum; link set a.1 b.1 latency=10s jitter=1ms; quantum; \
        link remove b a; quantum; link set a.1 b.1 latency=700ns; quantum; link down a.1 b.1; quantum; link up a.1 b.1; quantum" \
        '^auto: 3ms, the latency of link a-b$' '^auto: 800us, the latency of link a\.1-b\.1$' \
        '^auto: 1s, the longest there is' '^auto: 1us, the shortest there is: link a\.1-b\.1 has a latency of 700ns$' \
        '^auto: 1ms, as no link is up$'
    expect 'a link that says delivery= keeps it, and a fixed quantum ends the rest' 0 "$counting quantum auto; \
        link add a b delivery=barrier; quantum; link add a.1 b.1 latency=500us delivery=exact; quantum; link list; echo fixed; \
        quantum 200us; quantum; link list" \
        '^auto: 1ms, the latency of link a-b$' '^auto: 500us, the latency of link a\.1-b\.1$' '^200us$' \
        '^a .* latency=1ms delivery=barrier$' '^a\.1 .* latency=500us delivery=exact$'
    expect 'links that say nothing deliver exactly while it is on, and no longer' 0 "$counting link add a b; quantum auto; \
        link list; echo fixed; quantum 200us; link list"
    check '... while it is on' [ "$(sed '/^fixed/,$d' "$dir/out" | grep -c 'delivery=exact$')" = 2 ]
    check '... no longer' [ "$(sed '1,/^fixed/d' "$dir/out" | grep -c 'latency=1ms$')" = 2 ]
    expect 'a word that is none' 2 'quantum aut' "'aut' is not a duration: .*; did you mean 'auto'\?"
    expect 'completion and help' 0 'help quantum' '^quantum \[DURATION\|auto\]$'
}

# --- nodes that can't be exact

unable() {
    printf '%s\n' 'quantum auto' "defaults kernel=$guest/count-aarch64.elf memory=64M" 'node add a' \
        'node add b icount=sleep=off nic=2' 'node add c icount=sleep=off' 'link add a b' 'link add c b.1' start 'run 2ms' \
        'quantum' >"$dir/sleeps.mtr"
    mtr check "$dir/sleeps.mtr"
    check 'check says for whom it is not exact' ended 0 \
        '^node a: note: quantum auto: packets for node a are delivered at barriers; exact delivery needs icount with sleep=off$'
    mtr run "$dir/sleeps.mtr"
    check 'a run with sleep=on goes on, and says the same' ended 0 \
        '^metronome: warn: quantum auto: packets for node a are delivered at barriers; exact delivery needs' \
        '^auto: 1ms, the latency of link a-b'
    check '... once' [ "$(grep -c 'quantum auto' "$dir/err")" = 1 ]
}

# --- changes in the middle of a run

planned() {
    expect 'a link that goes down and up by plan: a quantum that suits at each time' 0 "$counting quantum auto; \
        link add a b latency=4ms; start; link down a b at=3500us; link up a b at=9100us; run-until 3900us; \
        assert quantum == 4ms; run-until 4ms; assert quantum == 1ms; run-until 8ms; assert quantum == 1ms; run-until 9ms; \
        assert quantum == 4ms; assert barriers == 6; run-until 12ms; assert barriers == 7; run-until 20ms; \
        assert missed == 0; assert a.icount == 20000000; assert b.icount == 20000000"
    expect 'the same, in one run' 0 "$counting quantum auto; link add a b latency=4ms; start; link down a b at=3500us; \
        link up a b at=9100us; run-until 12ms; assert barriers == 7; assert missed == 0; assert a.icount == 12000000"
    expect 'a change between two barriers counts at once' 0 "$counting quantum auto; link add a b latency=4ms; start; \
        run 2750us; link set a b latency=600us; assert quantum == 600us; assert barriers == 0; run 250us; \
        assert barriers == 1; assert a.icount == 3000000; assert missed == 0"
    expect 'a change where one node is ahead counts from the next barrier on' 0 "$counting quantum auto; \
        link add a b latency=4ms; start; run 3000000insn on a; link set a b latency=1ms; quantum; assert quantum == 4ms; \
        run 4ms; assert time == 4ms; assert quantum == 1ms; run 2ms; assert barriers == 3; assert a.icount == 6000000; \
        assert b.icount == 6000000; assert missed == 0" \
        '^auto: 4ms; from the next barrier on 1ms, the latency of link a-b$'
}

# --- packets

# exact LEAST: at least LEAST deliveries, each at the first whole µs that is not before the frame's
# due time.
exact() {
    # shellcheck disable=SC2016
    awk -v least="$1" '/ delivery / { n++; if ($8 < $7 || $8 - $7 > 2000) exit 1 } END { exit n < least }' "$dir/out"
}

scenario() {
    local n
    printf 'include %s\nnetwork trace last=1000\n' "$PWD/scripts/scenarios/auto.mtr" >"$dir/auto.mtr"
    for n in 1 2; do
        mtr --report "$dir/run$n" run "$dir/auto.mtr" "guest=$guest"
        check "auto.mtr: round trips are two latencies, the quantum follows its links ($n)" ended 0 \
            '^auto: 2ms, the latency of link a-b$' '^auto: 500us, ' 'seq=1 ttl=64 time=40\.0' \
            'seq=1 ttl=64 time=4\.0' 'seq=3 ttl=64 time=1\.0'
        check '... each frame is there at its µs' exact 18
    done
    check '... nothing is raised, nothing is warned of' not says 'warn'
    check 'both runs: the same packets and consoles' cmp <(text 'packet_trace_sha256' "$dir/run1/report.json" \
        && text 'console_sha256' "$dir/run1/report.json") <(text 'packet_trace_sha256' "$dir/run2/report.json" \
        && text 'console_sha256' "$dir/run2/report.json")
    expect 'a link that was removed' 0 "$counting quantum auto; link add a b latency=300us; start; run 1ms; link remove a b; \
        run 2ms; quantum" '^auto: 1ms, '
    check '... nothing of it is raised' not says 'warn'
    check 'the report says that it was auto' grep -q '<dt>quantum</dt><dd>500.µs (auto)' "$dir/run1/report.html"
}

hosts() {
    expect 'a node of another host: exact as well' 0 "host add east command=\"$metronome agent --stdio\"; quantum auto; \
        $(linux a 1 'sleep 0.1; ping -c 5 -i 0.05 10.0.0.2')$(linux b 2 'sleep 60' | sed 's/memory/host=east memory/') \
        link add a b latency=2ms; start; wait-line a 'seq=1 .* time=4\.0' timeout=10s; link set a b latency=700us; \
        assert quantum == 700us; wait-line a 'seq=3 .* time=1\.4' timeout=10s; network trace last=1000; \
        assert missed == 0; assert a.late + b.late == 0"
    check '... each frame is there at its µs' exact 8
}

shown
unable
planned
scenario
hosts
done_testing
