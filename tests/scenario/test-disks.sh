#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Disks that repeat themselves: guests with disks, under load of the host, are the same in each run
# to the byte. Where a disk may have kept a run from that, its end, its report and its events say so.
#
# environment: DISK_ROUNDS: of some 50 requests of the guest that writes (default: 22); DISK_RUNS (default: 5).
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M"
quiet='console=ttyAMA0 quiet cryptomgr.notests'
rounds=${DISK_ROUNDS:-22}

# A guest that writes blocks, has them written to the disk and reads them again: some 50 requests a round.
work() {
    local there='/dev/vda bs=4k count=25'

    printf %s "i=0; while [ \\\$i -lt $1 ]; do dd if=/dev/urandom of=$there seek=\\\$((i*100)) oflag=direct conv=notrunc,fsync; " \
        "dd if=$there skip=\\\$((i*100)) iflag=direct | md5sum; i=\\\$((i+1)); done 2>/dev/null; cat /proc/uptime"
}

truncate -s 16M "$dir/raw"
head -c 8M /dev/urandom >"$dir/second"
cp "$guest/disk.qcow2" "$dir/uefi.qcow2"
qemu-img create -q -f qcow2 -b "$dir/raw" -F raw "$dir/middle.qcow2"
qemu-img create -q -f qcow2 -b "$dir/middle.qcow2" -F qcow2 "$dir/chain.qcow2"

cat >"$dir/disks.mtr" <<SCENARIO
quantum 10ms
defaults icount=shift=0,sleep=off nic=off
node add u firmware=uefi memory=256M disk=$dir/uefi.qcow2 cdrom=$dir/second
node add w $linux icount=shift=1 disk=$dir/chain.qcow2 append="$quiet run=\\"$(work "$rounds")\\"" extra="-drive file=$dir/second,if=none,id=second,format=raw,snapshot=on -device virtio-blk-device,drive=second"
start
wait-line w 'run ended with status 0' timeout=60s
wait-line u 'Welcome to metronome guest disk' timeout=60s
run 100ms
SCENARIO

# Keeps all CPUs busy with ordinary processes, and the disk.
load() {
    local cpu
    for ((cpu = 0; cpu < $(nproc); cpu++)); do
        while :; do :; done &
        loads+=($!)
    done
    while dd if=/dev/zero of="$dir/junk" bs=64k count=50 conv=fsync 2>/dev/null; do :; done &
    loads+=($!)
}

loads=()
load
runs=${DISK_RUNS:-5}
! brief || runs=2
limit=$((50 * runs + runs * rounds / 2)) mtr verify "$dir/disks.mtr" --runs "$runs" --every 20
check "$runs runs under load, with a UEFI disk, a CD-ROM, a chain of images and a second disk: equal" ended 0 \
    "^$runs runs, [0-9]+ samples: equal"
check '... and nothing is said of disks' not says 'not repeat'
kill "${loads[@]}"
wait "${loads[@]}" 2>/dev/null || true

# requests: counts those of the disk, by `info blockstats` of QEMU 7.2 or of 11.1.
requests() {
    awk '/_operations=/ { for (i = 1; i <= NF; i++) if ($i ~ /_operations=/) { sub(/.*=/, "", $i); n += $i } }
        /^(Read|Write): / { n += $3 } /^Flush: / { n += $2 } END { print n + 0 }' "$dir/out"
}

# cold FILE...: the host's cache has nothing of these files.
cold() {
    local file
    for file; do
        dd if="$file" of="$file" oflag=nocache conv=notrunc,fdatasync count=0 2>/dev/null
    done
}

reader="$linux disk=$dir/second format=raw icount=shift=1,sleep=off \
    append=\"$quiet run=\\\"md5sum /dev/vda\\\"\""
looks="start; wait-line d 'run ended with status 0' timeout=60s; node list; hmp d 'info blockstats'"

commands "node add d $linux disk=$dir/raw format=raw icount=shift=1,sleep=off append=\"$quiet run=\\\"$(work "$rounds")\\\"\"; $looks"
check "a guest's $(requests) requests: 1,000 at least, and nothing to say" ended 0
check '... indeed' [ "$(requests)" -ge 1000 ]
check '... nothing was said' not says 'may not repeat'

cold "$dir/second"
mtr --report "$dir/report" -c "node add d $reader; $looks"
check 'a cold image is in memory before the guest reads it' ended 0
check '... nothing of it was waited for' [ "$(number read_bytes "$dir/report/report.json")" = 0 ]
check '... and nothing is said' not says 'may not repeat'

cold "$dir/second"
mtr --report "$dir/report" -c "node add d $reader disk-mode=host; $looks"
check 'disk-mode=host, a cold image: the end says that it waited, and how much' ended 0 \
    "warn: node d: its run may not repeat: disk-mode=host: .*: [0-9]{7} bytes read" \
    "^  its run may not repeat: disk-mode=host"
check '... the report has the bytes' [ "$(number read_bytes "$dir/report/report.json")" -ge 4000000 ]
check '... and the reason' grep -qE '"may_not_repeat": *"disk-mode=host' "$dir/report/report.json"
check '... the page as well' grep -q 'may not repeat: disk-mode=host' "$dir/report/report.html"
check '... as the schema has it' scripts/schema/validate report "$dir/report/report.json"
mtr --json -c "node add d $reader disk-mode=host; $looks"
check 'with --json it is an event' ended 0 '"event":"disk","node":"d","mode":"host","why":"disk-mode=host'

METRONOME_MEMORY_DIR=$dir expect 'without a file system in memory: said' 0 "node add d $reader; $looks" \
    'warn: node d: its run may not repeat: .*overlay lies on a disk'
METRONOME_RANK=unprivileged expect 'a mode that is not strict' 0 "node add d $reader; $looks" \
    'warn: node d: its run may not repeat: disk-mode=host'
METRONOME_RANK=unprivileged expect '... in memory all the same' 0 "node add d $reader disk-mode=memory; $looks" \
    'warn: node d: its run may not repeat: the mode is not strict'
expect 'no disk: nothing is said' 0 "node add d kernel=$guest/count-aarch64.elf memory=64M disk-mode=host; start; run 10ms"
check '... indeed' not says 'repeat: '

# --- another host, which launches its nodes itself

remote="host add one command=\"$metronome agent --stdio\"; node add d $reader host=one"
cold "$dir/second"
mtr --report "$dir/report" -c "$remote; start; wait-line d 'run ended with status 0' timeout=60s; node list"
check 'on another host, in memory: nothing to say' ended 0
check '... nothing was said' not says 'may not repeat'
check '... and the report has its disk' grep -qE '"in_memory": *true' "$dir/report/report.json"
mtr -c "host add one command=\"$metronome agent --stdio\"; node add d $linux disk=$dir/raw format=raw host=one \
    icount=shift=1,sleep=off append=\"$quiet run=\\\"$(work 5)\\\"\" disk-mode=host; start; \
    wait-line d 'run ended with status 0' timeout=60s; node list"
check 'on another host, disk-mode=host: said here, with what its overlay took there' ended 0 \
    "warn: node d: its run may not repeat: disk-mode=host: .* bytes read, [1-9][0-9]+ written"

# --- what can't be in memory

# May not lock more than 64 KiB.
status=0
setpriv --inh-caps=-ipc_lock --bounding-set=-ipc_lock prlimit --memlock=65536 "$metronome" \
    -c "node add d $reader; $looks" >"$dir/out" 2>"$dir/err" || status=$?
check 'what may not be locked is named, at the start and at the end' ended 0 \
    "warn: node d: its disk may be waited for: '$dir/second': it can't be locked in memory" \
    "warn: node d: its run may not repeat: '$dir/second': it can't be locked"

truncate -s 10T "$dir/sparse"
expect 'holes take no memory' 0 "node add d $linux disk=$dir/sparse format=raw icount=shift=1,sleep=off \
    append=\"$quiet run=\\\"dd if=/dev/vda bs=1M count=1\\\"\"; $looks"
check '... and nothing is said' not says 'may not repeat'

# --- a check

cat >"$dir/check.mtr" <<SCENARIO
node add a $reader disk-mode=host
node add b $reader persist=on
node add c $reader
SCENARIO
mtr check "$dir/check.mtr"
check 'a check tells in advance' ended 0 "node a: note: disk-mode=host: .*may not repeat itself" \
    "node b: note: persist=on: .*may not repeat itself"
check '... and nothing of what repeats' not says '^node c: note: [^s]'
expect 'a value that is none' 2 "node add d $reader disk-mode=memroy" \
    "disk-mode='memroy': memory or host is expected; did you mean 'memory'"

done_testing
