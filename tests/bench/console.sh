#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a guest's console costs: a guest that prints 600 kB and nothing else, in turn in a QEMU by itself, which writes
# them to a file, and in lockstep at quanta of 1 ms and 10 ms. Prints the microseconds a byte takes, and the ratio of
# speeds, in one run; strict mode, sleep=off.
#
# usage: tests/bench/console.sh [--quick]
# environment: BUILD, the output folder (default: build), which gets bench-console.json. A goal that is not reached is
# said, and is no failure: other machines have other figures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/bench/drive.sh
source tests/bench/drive.sh

rounds=5 bytes=600000
case ${1:-} in
--quick) rounds=1 ;;
'') ;;
*) echo "usage: tests/bench/console.sh [--quick]" >&2 && exit 2 ;;
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
line='All that it prints is counted, kept and looked through, line by line, at each barrier of the run.'
printf '%s\n' "$line"{,}{,}{,}{,} >"$dir/some"
for ((i = 0; i <= bytes / 1500; i++)); do cat "$dir/some"; done >"$dir/much"
head -c "$((bytes - 8))" "$dir/much" >"$dir/text"
printf '\nthe end' >>"$dir/text"
loader="-device loader,file=$dir/text,addr=0x41000000,force-raw=on -device loader,addr=0x40ffffe8,data=1,data-len=8 \
    -device loader,addr=0x40fffff0,data=$bytes,data-len=8"

# Both print: the host seconds from the first byte to the last.
alone() {
    : >"$dir/console"
    # shellcheck disable=SC2086
    timeout 300 qemu-system-aarch64 -machine virt -cpu cortex-a57 -m 32M -accel tcg -icount shift=0,sleep=off \
        -nodefaults -no-user-config -display none -kernel "$guest/print-aarch64.elf" $loader \
        -chardev file,id=c,path="$dir/console" -serial chardev:c &
    local id=$!
    # shellcheck disable=SC2016
    perl -e 'use Time::HiRes "time"; my ($file, $size, $id) = @ARGV; my $from;
        while ((my $have = -s $file) < $size) {
            $from //= time if $have;
            kill(0, $id) or die "QEMU has ended\n";
            select(undef, undef, undef, 0.002);
        }
        printf "%.6f\n", time - $from' "$dir/console" "$bytes" "$id"
    kill "$id"
    wait "$id" 2>/dev/null || true
}

lockstep() {
    "$build/metronome" --json -c "quantum $1; node add p kernel=$guest/print-aarch64.elf memory=32M nic=off \
        icount=shift=0,sleep=off extra=\"$loader\"; start; wait-line p '^the end' timeout=100s; assert missed == 0; \
        assert p.console_bytes == $bytes" | sed -nE 's/.*"command":"wait-line".*"host_seconds":"([0-9.]+)".*/\1/p'
}

us=() short=() long=()
for ((i = 0; i < rounds; i++)); do
    plain=$(alone)
    us+=("$(calc "$plain * 1000000 / $bytes")")
    short+=("$(calc "$plain / $(lockstep 1ms)")")
    long+=("$(calc "$plain / $(lockstep 10ms)")")
done
figure alone_us "$(median "${us[@]}")" 'us a byte of console takes in a QEMU by itself'
result console_1ms "$(median "${short[@]}")" '>=' 0.67 "speed of a guest that only prints, quanta of 1 ms (all rounds: ${short[*]})"
result console_10ms "$(median "${long[@]}")" '>=' 0.67 "the same, quanta of 10 ms (all rounds: ${long[*]})"
write_results "$build/bench-console.json"
