#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What delivery=exact costs and gives: two Linux guests ping each other over a link of 1 ms at quanta of 100 us, in turn
# with delivery at barriers and at the due time. Prints for each the host time that the pings took, and the mean of what
# ping measured; then the cost of a packet. Run by `make bench`; BUILD is the output folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build} guest=${BUILD:-build}/guest
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

rounds=3 pings=40

linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

# run DELIVERY: sets $host (s), $packets and $rtt (ms).
run() {
    local perf
    "$build/metronome" --report "$dir" -c "quantum 100us; $(linux a 1 "sleep 0.2; ping -c $pings -i 0.01 10.0.0.2")
        $(linux b 2 'sleep 60')link add a b latency=1ms delivery=$1; start; wait-line a 'seq=0 ' timeout=20s; perf on
        wait-line a 'round-trip' timeout=20s; perf; assert missed == 0; assert a.late == 0; assert b.late == 0" >"$dir/out"
    perf=$(grep -oE 'in [0-9.]+ s of host time' "$dir/out")
    host=${perf//[^0-9.]/}
    packets=$((2 * (pings - 1)))
    rtt=$(sed -nE 's|.*round-trip min/avg/max = [0-9.]+/([0-9.]+)/.*|\1|p' "$dir/console-a.log")
}

printf '%-10s %12s %14s\n' delivery 'host s' 'mean ping ms'
costs=()
for ((i = 0; i < rounds; i++)); do
    run barrier
    printf '%-10s %12s %14s\n' barrier "$host" "$rtt"
    base=$host
    run exact
    printf '%-10s %12s %14s\n' exact "$host" "$rtt"
    costs+=("$(awk -v e="$host" -v b="$base" -v n="$packets" 'BEGIN { printf "%.2f", (e - b) * 1000 / n }')")
done
printf 'delivery=exact: %s ms of host time for each packet (median of %d)\n' \
    "$(printf '%s\n' "${costs[@]}" | sort -n | sed -n "$(((rounds + 1) / 2))p")" "$rounds"
