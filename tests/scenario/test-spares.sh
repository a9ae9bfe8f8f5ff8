#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# QEMUs that are started ahead (METRONOME_SPARES=on): what goes on in one is equal to the byte to what
# goes on in a new one; one that was killed, can't be started or fits no more costs nothing but time;
# none is left. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"

small='memory=16M icount=shift=0,sleep=off'
export METRONOME_SPARES=on

# two NODE: it has one QEMU that it is, and one that waits.
two() {
    [[ $(qemu_of "$1" | wc -l) -eq 2 ]]
}

# ready NODE...: waits until they have spares whose gdbstub is connected: all is done then.
ready() {
    local node
    for node; do
        within 20 two "$node" && within 20 connected "$node" || return 1
    done
}

# newest NODE: its QEMU that was started last.
newest() {
    qemu_of "$1" | tail -n 1
}

# connected NODE: somebody is connected to the gdbstub of its newest QEMU.
connected() {
    local path
    path=$(tr '\0' '\n' <"/proc/$(newest "$1")/cmdline" | sed -n 's/^socket,id=mtr-gdb,path=\([^,]*\),.*/\1/p')
    [[ $(awk -v path="$path" '$8 == path && $6 == "03"' /proc/net/unix | wc -l) -ge 1 ]]
}

is_gone() {
    [[ ! -e /proc/$1 || $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null) == Z ]]
}

# asks COMMANDS WORD: sends them, and waits until the echo behind them is there.
asks() {
    drive "$1"$'\n'"echo -- $2"
    check "the session does it: $2" within 30 says "^-- $2\$"
}

# --- equal

# play NAME: saves, restores and goes on; with spares each time waits until they are there.
play() {
    local name=$1
    local -x METRONOME_SPARES=on
    [[ $name == with ]] || METRONOME_SPARES=off
    mkdir -p "$dir/$name-on" "$dir/$name-back" "$dir/$name-again"
    driven "$machines"
    asks $'start\nrun 2ms\nrun 333ns\nsave one\nrun 1us' made
    [[ $name != with ]] || check 'each node gets a spare' ready "${!ram[@]}"
    spare=$(newest s) former=$(qemu_of s | grep -vx "$spare" || true)
    asks $'save two\nrun 1us' saved
    if [[ $name == with ]]; then
        check 'a save goes on in the spare' eval "[ -d /proc/$spare ] && is_gone $former"
        check 'and each node gets another one' ready "${!ram[@]}"
    fi
    asks $'run 7ms\nsave three\nrun 1us' saved-again
    [[ $name == without ]] || ready "${!ram[@]}" || true
    asks "run 20ms"$'\n'"$(look "$name-on")" looked
    spare=$(newest s)
    asks $'restore three\nrun 1us' restored
    if [[ $name == with ]]; then
        check 'a restore goes on in the spare' [ -d "/proc/$spare" ]
    fi
    asks "run 20ms"$'\n'"$(look "$name-back")" looked-back
    brief || asks "restore two"$'\n'"run 1us"$'\n'"run 7ms"$'\n'"save x"$'\n'"run 1us"$'\n'"run 20ms"$'\n'"$(look "$name-again")" looked-again
    drive
    ends_within 20000 || true
    check "the session $name spares ends well" ended 0
    keep "$name-on" "$name-back"
    brief || keep "$name-again"
}

equal() {
    ram=([s]="$((0x40000000)) $((16 << 20))" [t]="$((0x40000000)) $((16 << 20))" [x]="0 $((16 << 20))")
    machines="quantum 100us
node add s $small smp=4 kernel=$guest/smp-aarch64.elf
node add t $small kernel=$guest/tick-aarch64.elf
node add x $small nic=off arch=x86_64 machine=microvm smp=4 kernel=$guest/smp-x86_64.elf
seed 5
link add s t latency=200us"
    if ! brief; then
        ram+=([l]="$((0x40000000)) $((96 << 20))")
        machines+="
node add l kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=96M icount=shift=0,sleep=off disk-mode=memory append=\"console=ttyAMA0 quiet\""
    fi
    play without
    play with
    if brief; then
        same 'with spares and without' without-on with-on with-back without-back
    else
        same 'with spares and without' without-on with-on with-back with-again without-back without-again
    fi
}

# --- faults

counting="memory=16M nic=off icount=shift=3,sleep=off kernel=$guest/count-aarch64.elf"

# session: two nodes that have run 5 ms, a save, and spares.
session() {
    driven "node add a $counting ${1:-}"
    asks "node add b $counting"$'\nstart\nrun 5ms\nsave s\nrun 1ms' begun
    check 'both nodes have spares' ready a b
}

ends() {
    drive
    ends_within 20000 || true
    check "$1" ended 0
}

killed() {
    local i
    session
    for i in 1 2 3; do
        [[ $i -le 2 ]] || ! brief || continue
        kill -9 "$(newest a)"
        [[ $i -eq 1 ]] || kill -9 "$(newest b)"
        asks $'restore s\nrun 1us\nassert a.icount == 625125' "killed-$i"
        check "spares killed, $i: the restore starts QEMUs, and others wait" ready a b
    done
    kill -9 "$(newest a)" "$(newest b)"
    asks $'save t\nrun 1ms\nassert a.time == 6001us\nassert b.icount == 750125' killed-save
    check 'spares killed at a save: it goes on' ready a b
    ends 'spares killed: the session ends well'
    for i in 1 2 3; do
        [[ $i -eq 1 ]] || ! brief || continue
        session
        kill -9 "$pid"
        join 2>/dev/null
        check "metronome killed, $i: no QEMU is left" within 5 no_qemus
        check "metronome killed, $i: no folder is left" within 5 no_folders
    done
}

changed() {
    local spare
    session
    spare=$(newest b)
    asks 'node remove b' removed
    check 'a node that is removed takes its spare along' is_gone "$spare"
    check 'nothing of it is left' [ -z "$(qemu_of b)" ]
    asks $'restore s\nrun 1ms\nassert b.icount == 750000' back
    check 'one that comes back gets another' ready a b
    spare=$(newest a)
    asks $'restart\nrun 1ms\nassert a.icount == 125000' again
    check 'a restart gives up the spare, whose RAM is another' is_gone "$spare"
    check 'and starts another' ready a b
    spare=$(newest a)
    asks $'save u\nrun 1ms\nassert a.icount == 250000' saved
    check 'which the next save takes' [ -d "/proc/$spare" ]
    ready a b || true
    spare=$(newest a)
    asks "save v file=$dir/folder"$'\nrun 1us' written
    ready a b || true
    spare=$(newest a)
    asks "restore $dir/folder"$'\nrun 1us\nassert a.icount == 250125' folder
    check 'a save from a folder brings RAM of its own: the spare is given up' is_gone "$spare"
    check 'and another follows' ready a b
    ends 'changes: the session ends well'
    check 'the session leaves no QEMU' no_qemus
}

# A loader writes its data whenever a QEMU starts: not to the RAM of a guest that runs.
loader() {
    driven "node add a $counting extra='-device loader,addr=0x40800000,data=0x11223344,data-len=4'"
    asks $'start\nrun 1ms\nmem a 0x40800000 4\nmem write a 0x40800000 01 02 03 04\nrun 1us\nsave s\nrun 1us' saved
    ready a || true
    asks $'mem a 0x40800000 4\nsave t\nrun 1us\nmem a 0x40800000 4\nmem write a 0x40800000 00\nrun 1us\nrestore t\nmem a 0x40800000 4' loaded
    check 'what a loader wrote is there' says '44 33 22 11'
    check 'what was written since then stays, with a spare and behind saves' [ "$(grep -c '01 02 03 04' "$dir/out")" -ge 3 ]
    check 'and that alone' [ "$(grep -c '44 33 22 11' "$dir/out")" -eq 1 ]
    ends 'a loader: the session ends well'
}

hangs() {
    local id
    for id in $(processes); do
        [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$id/cmdline") != 'sleep 1000 ' ]] || return 0
    done
    return 1
}

# A QEMU that can't be started ahead, or hangs as it starts.
refused() {
    local spare
    # shellcheck disable=SC2016
    printf '#!/bin/sh\n[ ! -e "%s" ] || exit 1\n[ ! -e "%s" ] || exec sleep 1000\nexec qemu-system-aarch64 "$@"\n' "$dir/refuse" "$dir/hang" >"$dir/qemu"
    chmod +x "$dir/qemu"
    session "qemu=$dir/qemu"
    touch "$dir/refuse"
    asks $'restore s\nrun 1us' refused
    check 'the other one has' within 20 two b
    rm "$dir/refuse"
    asks $'restore s\nrun 1us\nassert a.icount == 625125' accepted
    check 'a spare that could not be started: the restore starts a QEMU' ready a b
    spare=$(newest a)
    touch "$dir/hang"
    asks $'restore s\nrun 1us\nassert a.icount == 625125' taken
    check 'the one before is taken' [ -d "/proc/$spare" ]
    check 'the next one hangs' within 20 hangs
    began=$(now_ms)
    ends 'a spare that hangs as it starts: the session ends well'
    check 'and at once' [ $(($(now_ms) - began)) -lt 5000 ]
}

for part in ${1:-equal killed changed refused loader}; do
    began=$(now_ms)
    $part
    echo "# $part: $(($(now_ms) - began)) ms"
done
done_testing
