#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Nodes on two "hosts" over a real sshd: the packets, consoles, clocks, barriers and answers are the
# same as in one process.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

start_hosts

# --- the same as in one process

ensemble() { # HOST-OF-A HOST-OF-B
    echo "$(linux a 1 "$1" 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 "$2" 'sleep 60') link add a b latency=1ms;"
}

both() { # NAME HOSTS HOST-OF-A HOST-OF-B: grants of several quanta, then of one, steps, a stop within a quantum
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(ensemble "$3" "$4") start; run-until 20000777ns; step b 100; \
        regs b pc; run 2s; perf; wait-line a 'run ended' timeout=20s; send b 'uname\\n'; run 20ms; \
        assert a.missed == 0; assert b.missed == 0; assert a.late == 0; assert b.late == 0; assert a.received >= 5; time"
}

both local '' local local
check 'the ensemble on this host alone' ended 0
check 'there were packets and consoles to compare' \
    [ "$(text packet_trace_sha256 "$dir/local/report.json" | sort -u | wc -l)" = 2 ]
cp "$dir/out" "$dir/local/out"
both far "$two" one two
check 'the ensemble on two hosts, over ssh' ended 0 '^one +[0-9]+ +20[0-9]+ +6\.[0-9]+'
check 'the files were copied there' [ "$(find "$dir/cache/metronome/files" -type f | wc -l)" = 2 ]
check 'two hosts: the same packets, consoles, clocks and barriers' cmp <(what local) <(what far)
check 'two hosts: the same registers behind the same steps' cmp <(grep -A1 'executed' "$dir/local/out") \
    <(grep -A1 'executed' "$dir/out")
if ! brief; then
    both mixed "$first" local one
    check 'one node here, one there' ended 0 '^one +[0-9]+ +20[0-9]+ +6\.[0-9]+'
    check 'here and there: the same packets, consoles, clocks and barriers' cmp <(what local) <(what mixed)
fi

# An island (network/island.h) has links inside a host that are shorter than the links between
# hosts. They do not shorten grants: 7 of 10 quanta. During the run an island stops being one, with
# frames on its links, and the quantum changes.
islands() { # NAME HOSTS HOST-OF-A,B,C HOST-OF-D
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(linux a 1 "$3" "$settled; ping -q -c 400 -i 0.001 10.0.0.2") \
        $(linux b 2 "$3" 'sleep 60') $(linux c 3 "$3" "$settled; sleep 0.05; ping -c 8 -i 0.02 10.0.0.4") $(linux d 4 "$4" 'sleep 60') \
        switch add s; link add a s latency=100us bandwidth=100M jitter=50us loss=3% duplicate=2% reorder=4%; \
        link add b s latency=150us loss=2%; link add c d latency=1ms; start; run 1050ms; perf; \
        link set b s latency=250us; link down a s at=1060ms; link up a s at=1070ms; quantum 70us; run 15ms; run-until 1080020777ns; \
        link remove c d; link add c s latency=300us; quantum 100us; run 20ms; link remove c s; link add c d latency=1ms; \
        link set b s delivery=exact; run 10ms; link set b s delivery=barrier; run 200ms; \
        assert a.missed == 0; assert d.missed == 0; assert a.late == 0; assert b.received >= 200; time"
}

islands island-local '' local local
check 'islands: on this host alone' ended 0
if ! brief; then
    islands island-far "$two" one two
    check 'islands: one on another host, grants of seven quanta' ended 0 '^one +[0-9]+ +10500 +(6\.9|7)'
    check 'islands: the same packets, consoles, clocks and barriers' cmp <(what island-local) <(what island-far)
fi
islands island-near "$two" local two
check 'islands: one on this host, grants of seven quanta' ended 0 '^two +[0-9]+ +10500 +(6\.9|7)'
check 'islands: here too the same packets, consoles, clocks and barriers' cmp <(what island-local) <(what island-near)

expect 'a host that is in no link waits for no link of others' 0 "quantum 100us; $first $(bare a local)$(bare b local)$(bare c one)
    link add a b latency=100us; start; run 100ms; perf" '^one +7 +1000 +142'

# When a point is hit, the ensemble stands at the barrier before it, but other hosts have reached
# the next barrier. A change of their links must then take effect before the frames that their
# guests have sent since.
hits() { # NAME HOSTS HOST-OF-A HOST-OF-B HOST-OF-C
    local i stops=
    for i in {1..10}; do
        stops+="break pc a 0x40080004; run 5ms; assert break == $i; delete $i; seed $i
            link set b s loss=$((i % 3 * 10))% latency=$((200 + 100 * (i % 2)))us; run $((1 + i % 2))130us
"
    done
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(bare a "$3") $(linux b 1 "$4" "$settled; ping -q -c 400 -i 0.0004 10.0.0.2")
        $(linux c 2 "$5" 'sleep 60') switch add s; link add b s latency=200us jitter=100us loss=3%
        link add c s latency=300us reorder=5% duplicate=3%; start; run 1050ms
        $stops
        break pc a 0x40080004; run 5ms; delete 11; link remove c s; link add c s latency=100us; run 10ms
        break pc a 0x40080004; run 5ms; delete 12; link add a s latency=150us; run 10ms
        assert a.missed == 0; assert b.late == 0; assert c.late == 0; assert c.received >= 100"
}

hits_as_local() { # HOSTS HOST-OF-A HOST-OF-B HOST-OF-C
    hits hits-far "$@"
    ended 0 && cmp <(what hits-local) <(what hits-far)
}
if ! brief; then
    hits hits-local '' local local local
    check 'links change where a point was hit' ended 0
    check '... the same with the links on another host' hits_as_local "$two" one two two
    check '... with the point on another host, the links on this one' hits_as_local "$first" one local local
    check '... with links between hosts' hits_as_local "$two" one one two
    check '... with links between this host and another' hits_as_local "$first" one local one
fi

debugged() { # NAME HOSTS HOST-OF-A HOST-OF-B
    mtr --report "$dir/$1" -c "quantum 1ms; $2 node add a kernel=$guest/count-aarch64.elf memory=64M \
        icount=shift=0,sleep=off host=$3; node add b kernel=$guest/vmlinuz initrd=$guest/initramfs-agent.cpio.gz \
        memory=256M icount=shift=0,sleep=off agent=on host=$4 append=\"console=ttyAMA0 quiet hostname=b\"; \
        link add a b latency=2ms delivery=exact; start; run 2ms; mem a 0x40000000 32; regs a; \
        step a 7; qmp b query-status; hmp b 'info registers'; wait-line b 'login|ready|#' timeout=10s; clocks b; run 20ms; \
        clocks b; seed 3; stats"
}

debugged d1 '' local local
check 'debugging here' ended 0
grep -vE 'virtual time|^host |slowdown|^barriers|^node|^a |^b ' "$dir/out" >"$dir/d1/out"
debugged d2 "$two" one two
check 'debugging over there' ended 0
grep -vE 'virtual time|^host |slowdown|^barriers|^node|^a |^b ' "$dir/out" >"$dir/d2/out"
check 'registers, memory, monitor, clocks: the same answers' cmp "$dir/d1/out" "$dir/d2/out"

pc=$(grep -oE '^pc +0x[0-9a-f]+' "$dir/d1/out" | head -n 1 | grep -oE '0x[0-9a-f]+')
pc=$(printf '0x%x' "$pc")
expect 'a breakpoint over there' 0 "quantum 1ms; $two $(bare a one)$(bare b two) start; run 2ms; break pc a $pc; run 1ms; \
    delete 1; run 1ms" "break 1: node a, vCPU 0: pc $pc"
background -c "quantum 100us; $two $(bare a one)$(bare b two) start; run 1ms; gdb a path=$dir/gdb wait=on; run 1ms; time"
within 20 test -S "$dir/gdb"
timeout 30 gdb-multiarch -batch -nx -ex 'set architecture aarch64' -ex "target remote $dir/gdb" -ex stepi -ex 'hbreak *0x40080008' \
    -ex continue -ex 'x/1xw 0x40080004' -ex 'delete 1' -ex detach >"$dir/gdb.out" 2>&1 || true
join
check 'a gdb at a node over there: a step, a point' grep -qE '^Breakpoint 1, 0x0*40080008 in' "$dir/gdb.out"
check '... memory' grep -qE '^0x40080004:[[:space:]]+0x91000400$' "$dir/gdb.out"
check '... then the run goes on' ended 0 '^a +paused .* \+0 ' '^b +paused .* \+0 '
expect 'a console that ends a run ends it everywhere' 0 "quantum 1ms; $two $(ensemble one two) start; \
    break console a 'boot'; run 300ms; time; run 10ms" '^a +(paused|idle).* \+0 ' '^b +(paused|idle).* \+0 '

# --- the last guest of a host powers off, in each quantum of a grant: the next grant is on its way already

# powers_off QUANTA: the host is still connected after its last guest has powered off.
powers_off() {
    mtr -c "quantum 100us; $first $(bare a one | sed 's/count-/countoff-/')
        node add b kernel=$guest/idle-aarch64.elf memory=32M icount=shift=0,sleep=off; link add a b latency=1ms; start
        run ${1}00us; run 20ms; time; host list"
    ended 0 '^a +off +4000003 ' '^one +up '
}
quanta=(0 1 2 3 4 5 6 7 8 9)
! brief || quanta=(4)
for i in "${quanta[@]}"; do
    check "powers off in the quantum before the grant's end: $i" powers_off "$i"
done

same_packets() {
    cmp <(grep -oE '"(packets|packet_trace_sha256)":[^}]*' "$dir/$1/report.json") \
        <(grep -oE '"(packets|packet_trace_sha256)":[^}]*' "$dir/$2/report.json")
}

# Frames for a guest that has left are refused, as in one process: frames from another host, and
# frames from its own island.
no_live_nodes() { # REPORT HOSTS HOST-OF-A HOST-OF-B [OTHERS [COMMANDS]]
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(linux a 1 "$3" 'ping -q -c 40 -i 0.02 -W 1 10.0.0.2')
        $(linux b 2 "$4" 'sleep 0.3; poweroff -f') ${5:-} link add a b latency=1ms; start; run 900ms; ${6:-} run 400ms"
}
no_live_nodes d3 '' local local
check 'a guest powers off, packets under way to it' ended 0
no_live_nodes d4 "$two" one two
check 'a guest powers off, and its host has no live node left' ended 0
check 'what comes for it is refused as in one process' same_packets d3 d4
if ! brief; then
    no_live_nodes d5 "$two" local two
    check 'a guest of another host powers off: refused as in one process' same_packets d3 d5
    no_live_nodes d6 "$two" one two "$(bare c two)" 'node remove c;'
    check 'a guest powers off, and the other one of its host is removed' ended 0
    check 'what comes for it is refused then, too' same_packets d3 d6
    no_live_nodes d7 "$first" one local
    check 'a guest of this host powers off, the other host goes on' ended 0
    check 'what comes for it is refused as in one process' same_packets d3 d7
    no_live_nodes d8 '' local local '' "$(bare c local) start;"
    no_live_nodes d9 "$two" one two '' "$(bare c two) start;"
    check 'a guest powers off, and another one is added to its host' ended 0
    check 'what comes for the first is refused as in one process' same_packets d8 d9
fi
check 'something was refused' grep -qE '"dropped": *[1-9]' "$dir/d3/report.json"

stop_sshd
done_testing
