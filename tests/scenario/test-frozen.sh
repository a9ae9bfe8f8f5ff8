#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A QEMU that does not move: metronome reports the QEMU, the run goes on when the QEMU moves again,
# and one Ctrl-C or SIGTERM ends metronome wherever it waits for the QEMU. Prints TAP, takes a
# minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

count_node="memory=16M nic=off icount=shift=0,sleep=off kernel=$guest/count-aarch64.elf"
two="quantum 100us; node add a $count_node; node add b $count_node; start; echo running; run 10000s; echo behind"

# begin ARGUMENT...: starts metronome, and waits until quanta run.
begin() {
    background "$@"
    within 20 says 'running'
    guests_run
}

# ends_after SIGNAL SECONDS: one signal ends metronome within SECONDS.
ends_after() {
    kill -s "$1" "$pid"
    ends_within $(($2 * 1000))
}

told() {
    begin --json -c "$two"
    kill -STOP "$(qemu_of b)"
    check 'a QEMU that was stopped is told of within 8 s' within 8 says \
        'node b: frozen\? QEMU has not moved for [5-7] s of host time \(state T, stopped by a signal\)'
    check 'its state is frozen' says '"event":"node".*"node":"b".*"state":"frozen".*"what":"frozen"'
    check 'the run waits for it' kill -0 "$pid"
    kill -CONT "$(qemu_of b)"
    check 'it moves again' within 5 says 'node b: moves again, after [0-9]+ s of host time'
    check 'its state is running' says '"what":"moves".*"node b: moves again' '"node":"b".*"state":"running".*"what":"moves"'
    check 'told once' test "$(grep -c '"what":"frozen"' "$dir/out")" -eq 1
    check 'Ctrl-C ends the run as ever' ends_after INT 2
    check 'and it was exact' eval "ended 130 && not says 'exactness was lost' 'behind'"
}

ends() {
    local signal signals=(INT TERM)
    ! brief || signals=(INT)
    for signal in "${signals[@]}"; do
        begin -c "$two"
        kill -STOP "$(qemu_of b)"
        within 8 says 'node b: frozen'
        check "SIG$signal while it is frozen ends the run within 7 s" ends_after "$signal" 7
        check "SIG$signal: interrupted" ended 130 'no barrier within 3 s: the nodes are stopped where they are'
        check "SIG$signal: no QEMU is left" within 5 no_qemus
    done
    begin -c "$two"
    # shellcheck disable=SC2046
    kill -STOP $(qemus)
    check 'all of them, and the signal comes before anything is told' ends_after TERM 9
    check 'all of them: interrupted' ended 130
}

# A machine without code, whose every exception raises another one, executes nothing, so its virtual time stands.
nothing_to_execute() {
    local machine="node add e arch=riscv32 machine=sifive_e nic=off icount=shift=0,sleep=off"
    local told='node e: its vCPU works at pc 0x0 and never executes an instruction: .*is kernel= missing.*riscv32, machine=sifive_e'
    expect 'a machine without code: a run ends, and says why' 3 "$machine; start; run 1ms; echo behind" "$told"
    check 'nothing behind it is run' not says '^behind'
    expect 'a machine without code: instructions' 3 "$machine; start; step e 2; run 50insn" "$told" '^e: 2 executed'
    expect 'a machine without code: steps' 3 "$machine; start; step e 50" "$told"
    expect 'the others stand at their barrier, and a person goes on without it' 3 "$machine; node add a $count_node; start; run 1ms" "$told" \
        'the others are held at the next barrier'
    begin -c "$machine; start; echo running; run 1ms"
    check 'a machine without code: Ctrl-C ends it' ends_after INT 7
    check 'a machine without code: interrupted' ended 130 'no barrier within 3 s|interrupted'
}

# A command waits for the answer of a QEMU that stands still and does not answer.
asks() {
    local command asked=('regs a' 'qmp a query-status' 'run 1ms' "hmp a 'info status'")
    mkfifo "$dir/commands"
    ! brief || unset "asked[3]"
    for command in "${asked[@]}"; do
        : >"$dir/out"
        env --default-signal=INT,QUIT "$metronome" <"$dir/commands" >"$dir/out" 2>"$dir/err" &
        pid=$!
        exec 9>"$dir/commands"
        echo "node add a $count_node; start; run 1ms; echo ready" >&9
        within 10 says '^ready$'
        kill -STOP "$(qemu_of a)"
        echo "$command; echo behind" >&9
        sleep 1
        check "$command: one SIGTERM ends it within 7 s" ends_after TERM 7
        check "$command: interrupted" ended 130
        check "$command: nothing behind it is run" not says '^behind'
        exec 9>&-
    done
}

# The process of QEMU exists, but has stopped itself before it became QEMU.
starting() {
    local id
    for id in $(processes); do
        if grep -qsa "$dir/stops" "/proc/$id/cmdline" && grep -q '^State:.T' "/proc/$id/status"; then
            return 0
        fi
    done
    return 1
}

starts() {
    cat >"$dir/stops" <<'END'
#!/bin/bash
kill -STOP $$
exec qemu-system-aarch64 "$@"
END
    chmod +x "$dir/stops"
    background --qemu "$dir/stops" -c "node add a $count_node; start; echo behind"
    within 10 starting
    check 'a QEMU that is stopped while it starts: one SIGTERM ends it within 7 s' ends_after TERM 7
    check 'interrupted' ended 130
    check 'nothing behind it is run' not says '^behind'
}

attached() {
    start_foreign shift=0,sleep=off
    within 5 foreign_runs
    begin -c "quantum 100us; node attach x qmp=$dir/qmp; echo running; run 10000s"
    kill -STOP "$foreign"
    within 8 says 'node x: frozen'
    check 'an attached one: one Ctrl-C ends it within 12 s' ends_after INT 12
    check 'an attached one: interrupted' ended 130
    kill -CONT "$foreign"
    check 'an attached one runs on when it is let' within 10 foreign_runs
    end_foreign
}

# QEMU's main thread has a higher priority than the vCPU thread. If the main thread waits for the
# vCPU thread by spinning, metronome has to make it yield (tests/plugin/spin.c).
spins() {
    local linux="nic=off memory=64M kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz icount=shift=3,sleep=off"
    limit=30 commands "quantum 1ms; node add a $linux extra='-plugin $(plugin spin),at=2000'; start; run 500ms
        assert missed == 0; time"
    check 'a main thread that spins for its vCPU: it gets what it waits for' ended 0 '^virtual time 0.500000000s'
}

all=(told ends asks starts attached spins)
for part in ${ONLY:-${all[@]}}; do
    "$part"
done
done_testing
