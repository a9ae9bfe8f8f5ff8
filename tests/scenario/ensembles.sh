# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh and saves.sh: random ensembles of bare-metal guests, from $RANDOM.
# shellcheck disable=SC2154,SC2034,SC2004

# pick WORD...: sets $picked to one of the words.
pick() {
    shift $((RANDOM % $#))
    picked=$1
}

# between FROM TO: sets $picked to a number.
between() {
    picked=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

# The kinds of nodes that `add` takes from, and what each node is.
kinds=(ring-send ring-take tick count count-slow smp print tick-x86 smp-x86 riscv board)
declare -A kind=()

# add NODE: adds a random node to $ensemble.
add() {
    local node=$1 base=0x40000000 megabytes=16 options="memory=16M icount=shift=0,sleep=off" gap size
    pick "${kinds[@]}"
    kind[$node]=$picked
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
    tick | count | echo) ensemble+="node add $node $options kernel=$guest/$picked-aarch64.elf; " ;;
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
    tick-x86) base=0 heap[$node]=$(page_behind "$guest/tick-x86_64.elf") && ensemble+="node add $node $options arch=x86_64 machine=microvm kernel=$guest/tick-x86_64.elf; " ;;
    smp-x86) base=0 heap[$node]=$(page_behind "$guest/smp-x86_64.elf") && ensemble+="node add $node $options arch=x86_64 machine=microvm smp=4 kernel=$guest/smp-x86_64.elf; " ;;
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
