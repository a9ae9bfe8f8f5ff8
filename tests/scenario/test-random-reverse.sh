#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random walks back and forward through the past of random ensembles of 2 or 3 nodes, with links that change,
# typed text, written memory and registers, single steps, breaks, saves and checkpoints: wherever a walk
# stands, the state is equal to the byte to that of the run that went there
# straight. Every tenth trial has Linux guests. Prints TAP.
#
# environment: TRIALS, the number of trials (10, with BRIEF 3); SEED, the seed of the first trial (103;
# `TRIALS=1 SEED=…` repeats one trial).
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"
# shellcheck source=tests/scenario/ensembles.sh
source "$(dirname "$0")/ensembles.sh"

trials=${TRIALS:-$(brief && echo 3 || echo 10)} first=${SEED:-103}
kinds=(ring-send ring-take tick count count-slow echo print tick-x86 riscv board)
# A register that its guest does not use, of kinds whose stub can write one.
declare -A unused=([count]=x20 [count-slow]=x20 [tick]=x20 [echo]=x27 [riscv]=s11)

# ensemble: sets $ensemble, $nodes and $ram.
ensemble() {
    local n all=(a b c) i
    ram=() heap=() kind=()
    between 2 3
    n=$picked
    nodes=("${all[@]:0:n}")
    pick 50us 100us 100us 333us 1ms
    ensemble="quantum $picked; "
    for ((i = 0; i < n; i++)); do
        add "${all[i]}"
    done
    connect a b
    ensemble+="seed $RANDOM; start"
    pick '' '' 'checkpoint every=1ms' 'checkpoint every=2ms keep=2' && ensemble+="; $picked"
}

# big: the same with two Linux guests, which read lines and ping.
big() {
    local node
    ensemble='quantum 1ms; '
    nodes=(l1 l2) ram=() heap=() kind=()
    for node in 1 2; do
        ensemble+="node add l$node kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=96M icount=shift=0,sleep=off \
append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=l$node ip=10.0.0.$node/24 run=\\\"ping -i 0.01 10.0.0.$((3 - node)) & cat\\\"\"; "
        ram[l$node]="$((0x40000000)) $((96 << 20))" kind[l$node]=linux
    done
    connect l1 l2
    ensemble+="seed $RANDOM; start; wait-line l1 time= timeout=5s; save booted"
}

# breaks_of NODE: a break there, at times one of another node as well, hit once or twice; adds to operations().
breaks_of() {
    local node=$1 other='' i set
    [[ ${kind[$node]} == @(count|count-slow|tick) ]] || return 0
    pick "${nodes[@]}"
    [[ $picked == "$node" || ${kind[$picked]} != @(count|count-slow|tick) ]] || other=$picked
    set=$((breaks + 1))
    for i in $node $other; do
        breaks=$((breaks + 1))
        ops+=("break pc $i $([[ ${kind[$i]} == tick ]] && echo wait+0x4 || echo 0x40080010)") goals+=('')
    done
    pick 'run 2ms' 'run 2ms' 'run 2ms; run 2ms' "run 777777insn on $node"
    # of two hits none is a place that a goal of one node names
    ops+=("$picked") goals+=("$([[ $other || $picked != 'run 2ms' ]] || echo "hit:$node")")
    for ((i = set; i <= breaks; i++)); do
        ops+=("delete $i") goals+=('')
    done
}

# operations: sets $ops, what is done, and $goals, where the ensemble stands behind it: "time", a node
# whose count of instructions says it, "hit:NODE" if that is so only at a hit, or "".
operations() {
    local i node busy='' breaks=0 saves=0
    ops=() goals=()
    for node in "${nodes[@]}"; do
        [[ ${kind[$node]} != @(count|count-slow|ring-send|riscv) ]] || busy+="$node "
    done
    for ((i = 0; i < 8; i++)); do
        pick "${nodes[@]}"
        node=$picked
        pick run run run barrier insns input input link step break arm save
        case $picked in
        run)
            between 1 3000000
            ops+=("run ${picked}ns") goals+=(time)
            ;;
        barrier)
            between 1 9
            ops+=("barrier $picked") goals+=(time)
            ;;
        insns)
            [[ $busy ]] || continue
            # shellcheck disable=SC2086
            pick $busy
            node=$picked
            between 1 3000
            ops+=("barrier; run ${picked}insn on $node") goals+=("$node")
            ;;
        input)
            case ${kind[$node]} in
            echo | linux) ops+=("send $node 'x$RANDOM\\n'") ;;
            board) ops+=("hmp $node 'info status'") ;;
            *)
                pick ${unused[${kind[$node]}]:+"regs $node ${unused[${kind[$node]}]}=$RANDOM"} \
                    "mem write $node $(printf 0x%x $((${ram[$node]% *} + 0x300000))) phys=on $((RANDOM % 90 + 10))" \
                    "mem write $node $(printf 0x%x $((${ram[$node]% *} + 0x300100))) size=4 phys=on $RANDOM"
                ops+=("$picked")
                ;;
            esac
            goals+=('')
            ;;
        link)
            pick 'link down' 'link up' 'link set'
            ops+=("$picked ${nodes[0]} ${nodes[1]}$([[ $picked != 'link set' ]] || echo " latency=$((RANDOM % 900 + 100))us")") goals+=('')
            ;;
        step)
            [[ $busy ]] || continue
            # shellcheck disable=SC2086
            pick $busy
            node=$picked
            between 1 40
            ops+=("step $node $picked") goals+=("$node")
            ;;
        break) breaks_of "$node" ;;
        arm) # is never hit
            breaks=$((breaks + 1))
            between 1 3000000
            ops+=("break pc $node 0x30000000" "run ${picked}ns" "delete $breaks") goals+=('' time '')
            ;;
        save)
            saves=$((saves + 1))
            ops+=("save s$saves") goals+=('')
            ;;
        esac
    done
    between 1 2000000
    ops+=("run ${picked}ns") goals+=(time)
}

# show NAME: as `look`, but for what is not of the ensemble.
show() {
    local node
    echo "echo '== $1'; time; link list; network trace last=100000; report $dir/$1"
    for node in "${nodes[@]}"; do
        echo "regs $node; qmp $node '{\"execute\":\"pmemsave\",\"arguments\":{\"val\":${ram[$node]% *},\"size\":${ram[$node]#* },\"filename\":\"$dir/$1/ram-$node\"}}'"
    done
    echo "echo '== end'"
}

# digest NAME: what has to be equal of a look.
digest() {
    local node
    awk -v from="== $1" '$0 == "== end" { on = 0 } on { print } $0 == from { on = 1 }' "$dir/out" |
        sed -E 's/^(virtual time [^,]*),.*/\1/; s/^([^ ]+ +[a-z]+ +[0-9]+ +[0-9]+ +[0-9]+ +[^ ]+) .*/\1/'
    figures "$1"
    for node in "${nodes[@]}"; do
        memory "$node" "$1" | sha256sum
        sha256sum <"$dir/$1/console-$node.log"
    done
}

# is_at_once NAME: the hit of that look came within an instruction of where the ensemble stood: run-until stops in
# front of it.
is_at_once() {
    awk -v look="== $1" '$0 == look { exit } /clock skipped/ { hit = $0 }
        END { time = stands = skip = hit; sub(/.*its time /, "", time); sub(/.*stands at /, "", stands); sub(/.*skipped /, "", skip)
              unit = skip ~ /^[0-9]+ms/ ? 1e6 : skip ~ /^[0-9]+us/ ? 1e3 : 1
              exit hit == "" || time * 1e9 - skip * unit > stands * 1e9 + 128 }' "$dir/out"
}

# place NAME INDEX: prints the arguments of run-until for where that look was made.
place() {
    local goal=${goals[$2]} offset
    if [[ $goal == hit:* ]]; then
        ! is_at_once "$1" || return 0
        goal=${goal#hit:}
        offset=$(awk -v node="$goal" '/^virtual time/ { on = 1 } on && $1 == node { print $6 + 0; exit }' "$dir/$1.digest")
        [[ $offset -gt 1100 ]] || goal='time'
        # no goal names where only others have gone ahead
        [[ $goal != time ]] || ! grep -qE '^[^ ]+ +(paused|idle) .* \+[0-9]{5,}$' "$dir/$1.digest" || return 0
    fi
    if [[ $goal == time ]]; then
        goal=$(sed -nE 's/^virtual time ([0-9.]+s).*/\1/p' "$dir/$1.digest")
        # where a hit has moved a clock to that time, what has come since came at that time, too
        grep -qF "its time $goal," "$dir/out" || echo "$goal"
    else
        sed -nE "/\"name\":\"$goal\"/,/\"icount\"/s/.*\"icount\":([0-9]+).*/$goal \\1insn/p" "$dir/$1.digest"
    fi
}

keep_look() {
    digest "$1" >"$dir/$1.digest"
    rm -rf "${dir:?}/$1"
}

# is_cut INDEX: whether what comes behind a single step or a hit, up to the next run, is of its node. On the way back all
# comes in the order of virtual time, so what else has come since comes in front of it.
is_cut() {
    local i node=${goals[$1]#hit:}
    [[ ${ops[$1]} == step* || ${goals[$1]} == hit:* ]] || return 0
    # nor is what others that were stepped before it got, if they are ahead of it
    for ((i = $1 - 1; i >= 0; i--)); do
        case ${ops[i]} in
        run* | barrier* | save*) break ;;
        "step ${goals[$1]} "*) ;;
        step*) return 1 ;;
        esac
    done
    for ((i = $1 + 1; i < ${#ops[@]}; i++)); do
        case ${ops[i]} in
        run* | barrier* | save*) return 0 ;;
        link*) return 1 ;;
        break* | delete*) ;;
        *) [[ ${ops[i]} == *" ${goals[$1]} "* ]] || return 1 ;;
        esac
    done
}

trial() {
    local seed=$1 i at visits=() walk='' where=() to name straight
    local -A first_at=()
    RANDOM=$seed
    if [[ $((seed % 10)) -eq 5 ]]; then big; else ensemble; fi
    operations
    straight="$ensemble"$'\n'
    for i in "${!ops[@]}"; do
        straight+="${ops[i]}"$'\n'
        [[ -z ${goals[i]} ]] || straight+="$(show "at$i")"$'\n'
    done
    mtr -c "$straight"
    check "seed $seed: ${#nodes[@]} nodes, ${#ops[@]} operations" ended 0 || true
    for i in "${!ops[@]}"; do
        [[ ${goals[i]} ]] || continue
        keep_look "at$i"
        # a hit where the run before ended is at no place of its own
        to=$(place "at$i" "$i")
        if [[ -z $to || ${first_at[$to]:-} ]] || ! is_cut "$i"; then continue; fi
        first_at[$to]=yes
        where+=("$i")
    done
    walk="$ensemble"$'\n'
    for i in "${!ops[@]}"; do
        walk+="${ops[i]}"$'\n'
    done
    at=${where[-1]}
    for i in 0 1 2 3 4 5; do
        pick "${where[@]}"
        to=$picked
        [[ $i -lt 5 ]] || to=${where[-1]}
        [[ $to -ne $at ]] || continue
        [[ $to -lt $at ]] && walk+=reverse-until || walk+=run-until
        walk+=" $(place "at$to" "$to"); $(show "visit$i")"$'\n'
        visits+=("$i $to")
        at=$to
    done
    mtr -c "$walk"
    check "seed $seed: walks" ended 0
    [[ $status -eq 0 ]] || visits=()
    for i in "${visits[@]}"; do
        read -r name to <<<"$i"
        keep_look "visit$name"
        check "seed $seed: visit $name, at ${ops[to]}" diff "$dir/visit$name.digest" "$dir/at$to.digest"
        diff "$dir/visit$name.digest" "$dir/at$to.digest" | head -n 6 | sed 's/^/# /' || true
    done
    [[ $failed -eq $before ]] || echo "# seed $seed: ${walk//$'\n'/; }"
    before=$failed
    rm -f "$dir"/*.digest
}

echo "# seeds $first to $((first + trials - 1)): TRIALS=1 SEED=N tests/scenario/test-random-reverse.sh repeats one"
before=0
for ((n = 0; n < trials; n++)); do
    trial $((first + n))
done
done_testing
