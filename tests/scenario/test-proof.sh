#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Proves that icount is right: a plugin of our own (tests/plugin/insn-count.c) counts the
# instructions that guests execute, and at each stop its count must equal icount. Prints TAP, takes
# about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

target=1232203923
plugin=$(plugin insn-count)
[[ $plugin != *-[27].so ]] || target=123220392 # it is much slower

# counted MODE RUN OPTION...: runs a session of one node called a, with its report in $dir/report.
counted() {
    local mode=$1 run=$2
    shift 2
    commands "quantum 10ms; node add a nic=off $* extra=\"-plugin $plugin,to=$dir/counts,mode=$mode ${qemu:-}\"
        start; $run; report $dir/report; assert a.overshoot == 0; assert missed == 0"
}

# count_at N: prints number N of the plugin's file: 0 is the sum, 2 is vCPU 0's count.
count_at() {
    od -An -t d8 -j $((8 * $1)) -N 8 "$dir/counts" | tr -d ' '
}

icount() {
    number icount "$dir/report/report.json"
}

# agree MORE: the run succeeded, and the plugin counted MORE instructions than icount.
agree() {
    local more=$1
    [[ $status -eq 0 && $(icount) -gt 0 && $(count_at 0) -eq $(($(icount) + more)) ]] && return
    echo "# icount $(icount), the plugin counted $(count_at 0)"
    return 1
}

agree_on() {
    agree 0 || return
    [[ $(icount) -eq $1 ]] && return
    echo "# icount $(icount)"
    return 1
}

sum_of_vcpus() {
    local vcpus i sum=0
    vcpus=$(count_at 1)
    for ((i = 0; i < vcpus; i++)); do
        sum=$((sum + $(count_at $((2 + i)))))
    done
    [[ $vcpus -gt 1 && $sum -eq $(count_at 0) ]]
}

# aarch64 PAYLOAD SLEEP OPTION...: prints the options of an aarch64 node.
aarch64() {
    local icount=icount=shift=0,sleep=$2
    [[ ${*:3} != *icount=* ]] || icount=
    echo "memory=16M kernel=$guest/$1-aarch64.elf $icount ${*:3}"
}

x86_64() {
    echo "arch=x86_64 memory=16M kernel=$guest/$1-x86_64.elf icount=shift=0,sleep=$2 ${*:3}"
}

targets() {
    local sleep smp vcpus=(1 2 8 16 128)
    ! brief || vcpus=(1 8 128)
    for sleep in off on; do
        for smp in "${vcpus[@]}"; do
            counted inline "run-until a ${target}insn" "$(aarch64 smp $sleep smp="$smp" machine=virt,gic-version=max)"
            check "$target instructions, $smp vCPUs, sleep=$sleep: as many were executed" agree_on $target
        done
    done
    counted inline "run-until a ${target}insn" "$(aarch64 count off icount=shift=7,sleep=off)"
    check "$target instructions, shift=7: as many were executed" agree_on $target
}

callbacks() {
    counted callback 'run-until a 12322039insn' "$(aarch64 smp off smp=16 machine=virt,gic-version=max)"
    check '12322039 instructions, 16 vCPUs, counted by callbacks' agree_on 12322039
    check 'each was executed by one of the vCPUs' sum_of_vcpus
}

times() {
    local goals
    counted inline 'run-until 123456789ns' "$(aarch64 smp off smp=4)"
    check 'a time between two microseconds: as many instructions as nanoseconds' agree_on 123456789
    counted inline 'run-until 123456789ns' "$(aarch64 count off icount=shift=3,sleep=off)"
    check 'the same with shift=3: the first instruction behind it' agree_on 15432099
    goals='run-until 100ms; run 1ns; run 333ns; run 3insn on a; run 1ms; run 777777ns'
    counted inline "$goals" "$(aarch64 count off)"
    check 'one goal after the other' agree_on 101778111
    # With sleep=on the guest executes fewer instructions, because the time until its first
    # instruction is the host's.
    counted inline "$goals; assert a.virtual == 101778111ns" "$(aarch64 count on)"
    check 'the same with sleep=on' agree 0
}

idle() {
    local sleep
    for sleep in off on; do
        counted inline 'run 1.05s' "$(aarch64 tick $sleep)"
        check "idle for most of its time, sleep=$sleep: what is skipped is not counted" agree 0
        counted inline 'run 100ms; run 7insn on a' "$(aarch64 tick $sleep)"
        check "idle, sleep=$sleep: woken for 7 instructions" agree 0
    done
}

# If a vCPU receives INIT in the middle of its slice, QEMU resets the vCPU's instruction counter
# (cpu_common_reset()), and the rest of the slice counts as executed. Each INIT so adds a fixed
# amount to icount and to virtual time. Firmware and payload send each vCPU one INIT, until 60 ms.
# Everything else is exact.
x86() {
    local early
    counted inline 'run-until 123456789ns' "$(x86_64 count off)"
    check 'x86_64: a time between two microseconds' agree_on 123456789
    counted inline "run-until a ${target}insn" "$(x86_64 count on)"
    check "x86_64: $target instructions" agree_on $target
    counted inline 'run 500ms' "$(x86_64 tick off)"
    check 'x86_64: idle for most of its time' agree 0
    counted inline 'run-until a 100000007insn' "$(x86_64 smp off smp=4)"
    early=$(($(count_at 0) - $(icount)))
    counted inline "run-until a ${target}insn" "$(x86_64 smp off smp=4)"
    check 'x86_64, 4 vCPUs: exact from 100000007 instructions to the target' agree $early
}

# A load or store from an unmapped page is begun twice and executed once.
linux() {
    local machine aborts
    machine="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz icount=shift=0,sleep=off"
    counted inline 'run-until 300000777ns' "$machine append='console=ttyAMA0 quiet cryptomgr.notests'"
    check 'Linux, 0.3 s' agree 0
    qemu="-d int -D $dir/exceptions" \
        counted inline 'run 1s' "$machine append='console=ttyAMA0 quiet cryptomgr.notests'"
    aborts=$(grep -ac '\[Data Abort\]' "$dir/exceptions")
    check "Linux, 1 s: exact but for what data aborts ($aborts) made it begin twice" agree "$aborts"
    check 'Linux, 1 s: it came to programs, and their page faults' test "$aborts" -gt 0
}

if [[ ${PARTS:-} ]]; then
    for part in $PARTS; do
        $part
    done
else
    targets
    callbacks
    times
    idle
    x86
    linux
fi
done_testing
