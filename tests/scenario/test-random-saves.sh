#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random ensembles of 2 to 4 nodes with random links, saved at random times: the run that goes on
# is equal to the byte to the runs that go on from any of its saves, in the session and in a new
# process. Every tenth trial has Linux guests that read their consoles. Prints TAP.
#
# environment: TRIALS, the number of trials (20); SEED, the seed of the first trial, which is
# printed (trial N has SEED + N, so `TRIALS=1 SEED=…` repeats one trial).
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"

trials=${TRIALS:-20} first=${SEED:-$((RANDOM % 30000))}

# pick WORD...: sets $picked to one of the words.
pick() {
    shift $((RANDOM % $#))
    picked=$1
}

# between FROM TO: sets $picked to a number.
between() {
    picked=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

# add NODE: adds a random node to $ensemble.
add() {
    local node=$1 base=0x40000000 megabytes=16 options="memory=16M icount=shift=0,sleep=off" gap size
    pick ring-send ring-take tick count count-slow smp print tick-x86 smp-x86 riscv board
    case $picked in
    ring-send)
        between 5000 200000
        gap=$picked
        between 60 1514
        size=$picked megabytes=64
        ensemble+=$(ring "$node" 1 5000 0 0 "$gap" "$size" 0)
        ;;
    ring-take)
        megabytes=64
        ensemble+=$(ring "$node" 0 16 0 3000000 100 2048 0)
        ;;
    tick | count) ensemble+="node add $node $options kernel=$guest/$picked-aarch64.elf; " ;;
    count-slow) ensemble+="node add $node memory=16M icount=shift=3,sleep=off kernel=$guest/count-aarch64.elf; " ;;
    smp)
        pick 2 3 4
        ensemble+="node add $node $options smp=$picked kernel=$guest/smp-aarch64.elf; "
        ;;
    print)
        megabytes=64
        between 100 20000
        ensemble+="node add $node memory=64M icount=shift=0,sleep=off kernel=$guest/print-aarch64.elf extra=\"\
            -device loader,addr=0x40ffffe0,data=$picked,data-len=8 -device loader,addr=0x40ffffe8,data=100000,data-len=8 \
            -device loader,addr=0x40fffff0,data=8,data-len=8 -device loader,addr=0x41000000,data=0x0a64636261393837,data-len=8\"; "
        ;;
    tick-x86) base=0 && ensemble+="node add $node $options arch=x86_64 machine=microvm kernel=$guest/tick-x86_64.elf; " ;;
    smp-x86) base=0 && ensemble+="node add $node $options arch=x86_64 machine=microvm smp=4 kernel=$guest/smp-x86_64.elf; " ;;
    riscv)
        base=0x80000000
        ensemble+="node add $node $options arch=riscv64 extra='-bios none' kernel=$guest/count-riscv64.elf; "
        ;;
    board)
        pick tick frames
        base=0x20000000 megabytes=1
        ensemble+="node add $node arch=arm machine=mps2-an385 icount=shift=4,sleep=off kernel=$guest/$picked-an385.elf; "
        ;;
    esac
    ram[$node]="$((base)) $((megabytes << 20))"
}

# connect NODE NODE: adds a random link to $ensemble.
connect() {
    ensemble+="link add $1 $2"
    between 100 3000
    ensemble+=" latency=${picked}us"
    pick '' '' ' loss=20%' ' loss=3%' && ensemble+=$picked
    pick '' ' jitter=70us' && ensemble+=$picked
    pick '' '' ' duplicate=10%' && ensemble+=$picked
    pick '' '' ' bandwidth=100M queue=16K' && ensemble+=$picked
    pick '' ' delivery=exact' && ensemble+=$picked
    ensemble+='; '
}

# small: sets $ensemble, $ram and $pieces, the commands between the saves.
small() {
    local n i saves all=(a b c d)
    between 2 4
    n=$picked
    pick 20us 50us 100us 100us 333us 1ms
    ensemble="quantum $picked; "
    for ((i = 0; i < n; i++)); do
        add "${all[i]}"
    done
    connect a b
    [[ $n -lt 4 ]] || connect c d
    ensemble+="seed $RANDOM; start"
    between 1 3
    saves=$picked
    pieces=()
    for ((i = 0; i <= saves; i++)); do
        pick run run barrier
        if [[ $picked == barrier ]]; then
            between 1 40
            pieces+=("barrier $picked")
        else
            between 1 12000000
            pieces+=("run ${picked}ns")
        fi
    done
}

# big: the same with two Linux guests, which read lines and ping.
big() {
    local node
    ensemble='quantum 1ms; '
    for node in 1 2; do
        ensemble+="node add l$node kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=96M icount=shift=0,sleep=off
            append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=l$node ip=10.0.0.$node/24 run=\\\"ping -i 0.01 10.0.0.$((3 - node)) & cat\\\"\"; "
        ensemble=${ensemble//$'\n'/ }
        ram[l$node]="$((0x40000000)) $((96 << 20))"
    done
    connect l1 l2
    ensemble+="seed $RANDOM; start; wait-line l1 time= timeout=5s"
    between 1 40000000
    pieces=("send l1 'a$RANDOM\\n'; run ${picked}ns; send l2 'b$RANDOM\\n'" "send l2 'c$RANDOM\\n'; run 20ms")
    between 1 30000000
    pieces+=("run 1234567ns; send l1 'd$RANDOM\\n'; run ${picked}ns")
}

# rest N: prints what comes behind save N, itself with the saves.
rest() {
    local i
    for ((i = $1 + 1; i < ${#pieces[@]}; i++)); do
        echo "${pieces[i]}"
        [[ $i -eq $((${#pieces[@]} - 1)) ]] || echo "save again$i"
    done
}

trial() {
    local seed=$1 i last commands
    RANDOM=$seed
    ram=() pieces=()
    if [[ $((seed % 10)) -eq 5 ]]; then big; else small; fi
    last=$((${#pieces[@]} - 1))
    commands="$ensemble"$'\n'
    for ((i = 0; i <= last; i++)); do
        commands+="${pieces[i]}"$'\n'
        [[ $i -eq $last ]] || commands+="save s$i file=$dir/s$i"$'\n'
    done
    mkdir -p "$dir"/{on,back,new}
    between 0 $((last - 1))
    commands+="$(look on)"$'\n'"restore s$picked"$'\n'"$(rest "$picked")"$'\n'"$(look back)"
    mtr -c "$commands"
    check "seed $seed: ${#ram[@]} nodes, ${#pieces[@]} pieces" ended 0 || true
    keep on back
    cp "$dir/out" "$dir/first"
    between 0 $((last - 1))
    printf '%s\n' "$(rest "$picked")" "$(look new)" >"$dir/rest.mtr"
    mtr run "$dir/rest.mtr" "from=$dir/s$picked"
    check "seed $seed: goes on in a new process, from save $picked" ended 0
    keep new
    same "seed $seed: equal to the byte" on back new
    [[ $failed -eq $before ]] || echo "# seed $seed: ${commands//$'\n'/; }"
    before=$failed
    rm -rf "$dir"/{on,back,new} "$dir"/s[0-9]
}

echo "# seeds $first to $((first + trials - 1)): TRIALS=1 SEED=N tests/scenario/test-random-saves.sh repeats one"
before=0
for ((n = 0; n < trials; n++)); do
    trial $((first + n))
done
done_testing
