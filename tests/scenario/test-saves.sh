#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves of ensembles on real QEMUs: what follows a save is equal to the byte in the run that goes on,
# behind `restore`, and in a new process. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"

small='memory=16M icount=shift=0,sleep=off'
# from NAME FOLDER COMMANDS: a new process goes on from the save in the folder, with the commands of
# a scenario.
from() {
    echo "$3; $(look "$1")" >"$dir/rest.mtr"
    mkdir -p "$dir/$1"
    mtr run "$dir/rest.mtr" "from=$2"
    check "a new process goes on: $1" ended 0 "^restored '.*' at "
    keep "$1"
}

# --- two Linux guests that ping over a link with loss and jitter

linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=${size:-96M} icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

pings() {
    local behind='run 100ms' between='run 30ms; run 123456ns'
    ram=([a]="$((0x40000000)) $((96 << 20))" [b]="$((0x40000000)) $((96 << 20))")
    mkdir -p "$dir"/{first,again,on,back,later}
    commands "quantum 1ms; $(linux a 1 "$settled; ping -c 1000 -i 0.01 10.0.0.2")$(linux b 2 'sleep 60')
        seed 5; link add a b latency=500us loss=10% jitter=200us duplicate=5%; start
        run 890ms; quantum 100us; run 50ms; $(look first)
        restart; quantum 1ms; run 890ms; quantum 100us; run 50ms; $(look again)
        save barrier file=$dir/barrier; $between; save inside file=$dir/inside; $behind; $(look on)
        restore inside; $behind; $(look back)
        restore barrier; $between; save later file=$dir/later.save; $behind; $(look later)"
    check 'two Linux guests are saved at a barrier and inside a quantum' ended 0 \
        "^saved 'inside' at [0-9.]*123456s, $dir/inside" "^restored 'inside' at" "^restored 'barrier' at"
    keep first again on back later
    # shellcheck disable=SC2016
    check 'frames passed and were lost' awk '/^[ab] +-> [ab]/ { passed += $6; lost += $7 } END { exit !(passed && lost) }' "$dir/on/said"
    same 'a restart is the first run' first again
    from new-inside "$dir/inside" "$behind"
    from new-later "$dir/later.save" "$behind"
    from new-barrier "$dir/barrier" "$between; save other; $behind"
    same 'what follows a save is equal to the byte' on back later new-inside new-later new-barrier
}

# --- small machines of all kinds
#
# In an x86_64 guest QEMU leaves bytes of its heap behind a multiboot kernel, up to the end of the page.

machines="quantum 100us
    node add s $small nic=off smp=4 kernel=$guest/smp-aarch64.elf
    node add t $small nic=off kernel=$guest/tick-aarch64.elf
    node add x $small nic=off arch=x86_64 machine=microvm smp=4 kernel=$guest/smp-x86_64.elf
    node add y $small nic=off arch=x86_64 machine=microvm kernel=$guest/tick-x86_64.elf
    node add r $small nic=off arch=riscv64 extra='-bios none' kernel=$guest/count-riscv64.elf
    node add c memory=16M nic=off icount=shift=3,sleep=off kernel=$guest/count-aarch64.elf
    node add z ${small/16/32} nic=off kernel=$guest/reset-aarch64.elf
    node add o $small nic=off kernel=$guest/countoff-aarch64.elf; start"

kinds() {
    ram=([s]="$((0x40000000)) $((16 << 20))" [t]="$((0x40000000)) $((16 << 20))" [x]="0 $((16 << 20))"
        [y]="0 $((16 << 20))" [r]="$((0x80000000)) $((16 << 20))" [c]="$((0x40000000)) $((16 << 20))"
        [z]="$((0x40000000)) $((32 << 20))" [o]="$((0x40000000)) $((16 << 20))")
    mkdir -p "$dir"/{kinds-on,kinds-back,kinds-two,kinds-second}
    commands "$machines; run 2ms; run 333ns; save one file=$dir/one; run 30ms; $(look kinds-on)
        restore one; run 30ms; $(look kinds-back)
        restore one; run 7ms; save two file=$dir/two; run 20.7ms; $(look kinds-two)
        restore two; run 20.7ms; $(look kinds-second)
        assert z.resets == 2; assert o.state == off"
    check 'machines of all kinds are saved, and saved again behind a restore' ended 0 "^saved 'two' at 0\.009000333s"
    keep kinds-on kinds-back kinds-two kinds-second
    from kinds-new "$dir/one" 'run 30ms'
    from kinds-two-new "$dir/two" 'run 20.7ms'
    from kinds-by-one "$dir/one" 'run 7ms; save y; run 20.7ms'
    same 'machines of all kinds' kinds-on kinds-back kinds-new
    same 'a save behind a restore' kinds-two kinds-second kinds-two-new kinds-by-one
}

# --- a guest with a disk

disk() {
    local goes="send w 'go\\n'; wait-line w '^behind' timeout=5s; run 10ms"
    ram=([w]="$((0x40000000)) $((96 << 20))")
    truncate -s 1M "$dir/raw"
    mkdir -p "$dir"/{disk-on,disk-back}
    size="96M disk=$dir/raw format=raw" commands "$(linux w 1 'echo before > /dev/vda; sync; echo waiting; read x; head -n 1 /dev/vda; echo behind > /dev/vda; sync; head -n 1 /dev/vda; sleep 60')
        start; wait-line w '^waiting' timeout=20s; save d file=$dir/disk; $goes; $(look disk-on)
        restore d; $goes; $(look disk-back)"
    check 'a guest that writes to a disk before and behind the save' ended 0
    keep disk-on disk-back
    from disk-new "$dir/disk" "$goes"
    check 'it reads what it wrote before the save, then what it wrote behind it' \
        eval "tr -d '\\r' <'$dir/disk-new/console-w.log' | grep -A 3 '^waiting' | grep -xE 'before|behind' | paste -sd, | grep -qx before,behind"
    same 'a guest with a disk' disk-on disk-back disk-new
    check 'the image is what it was' cmp -s -n 1048576 "$dir/raw" /dev/zero
}

# --- what metronome itself holds

settings() {
    local shown
    # shellcheck disable=SC2016
    shown='breaks; quantum; echo when=$when; link list; node list; run 40ms; assert time == 30ms; breaks; link list; network trace'
    ram=()
    commands "set when before; quantum 70us; seed 5
        $(ring a 1 2000 0 0 10000 100 0) node add b $small kernel=$guest/tick-aarch64.elf
        switch add sw; link add a sw latency=200us loss=3%; link add b sw; start
        break time 30ms; break when b.icount - a.icount > 5; break console b never; watch 'regs a x0' 8ms
        run 5ms; run 123us; link down a sw; save x file=$dir/settings; echo '== on'; $shown; echo '== end'
        set when behind; quantum 1ms; delete 1; delete 2; break time 50ms; link up a sw; link set b sw loss=50%; seed 9
        node add c $small kernel=$guest/count-aarch64.elf; run 3ms
        restore x; echo '== back'; $shown; echo '== end'; saves"
    check 'breaks, watches, variables, quantum and links are saved' ended 0 '^when=before' '^x +0\.005123000s'
    part on >"$dir/shown"
    check 'breaks and watches act behind the save' eval "grep -q 'x0' '$dir/shown' && grep -q 'break 1' '$dir/shown'"
    # shellcheck disable=SC2016
    check 'the link is down, and loses what is sent' awk '/^a +-> sw/ { n++; first = n == 1 ? $9 : first; last = $9 }
        END { exit !(n == 2 && last > first) }' "$dir/shown"
    check 'a restore puts them back' diff "$dir/shown" <(part back)
    echo "echo '== new'; $shown; echo '== end'" >"$dir/rest.mtr"
    mtr --from "$dir/settings" run "$dir/rest.mtr"
    check 'a new process has them' eval "ended 0 && diff '$dir/shown' <(part new)"
    mtr --from "$dir/settings" run "$dir/rest.mtr" when=line
    check 'a variable of the command line stays' ended 0 '^when=line'
    mtr check "$dir/rest.mtr" "from=$dir/settings"
    check 'check knows the nodes of the save' ended 0
}

# --- runs that fail

failures() {
    mtr --save-on-failure "$dir/failed" -c "node add a $small nic=off kernel=$guest/count-aarch64.elf; start; run 1234567ns; assert a.icount == 5; echo behind"
    check 'a failed assert: exit code 1, and the ensemble is kept' ended 1 \
        'assert a.icount == 5 failed' "the ensemble is saved as it stands: .metronome --from $dir/failed. opens it"
    check 'nothing behind it is run' not says '^behind'
    mtr --from "$dir/failed" -c 'assert a.icount == 1234567; assert time == 1234567ns; run 1ms; assert a.icount == 2234567'
    check 'it can be opened, and goes on' ended 0
    mtr --save-on-failure "$dir/good" -c "node add a $small nic=off kernel=$guest/count-aarch64.elf; start; run 1ms"
    check 'a run that does not fail is not kept' eval "ended 0 && [[ ! -e '$dir/good' ]]"
    mkdir "$dir/else"
    touch "$dir/else/file"
    expect 'a folder that is no save is not replaced' 2 \
        "node add a $small nic=off kernel=$guest/count-aarch64.elf; start; save x file=$dir/else" "$dir/else"
    check 'it is what it was' [ -e "$dir/else/file" ]
    expect 'a restore of nothing' 2 "restore none" "there is no save 'none'"
    expect 'a save before the start' 2 "node add a $small kernel=$guest/count-aarch64.elf; save x" start
}

all=(pings kinds disk settings failures)
for one in ${ONLY:-${all[@]}}; do
    "$one"
done
done_testing
