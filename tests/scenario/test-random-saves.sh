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
# shellcheck source=tests/scenario/ensembles.sh
source "$(dirname "$0")/ensembles.sh"

trials=${TRIALS:-20} first=${SEED:-$((RANDOM % 30000))}

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
    ram=() heap=() pieces=()
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
