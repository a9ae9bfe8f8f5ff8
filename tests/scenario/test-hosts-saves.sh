#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves of nodes on other hosts, over a real sshd: what follows a save is equal to the byte in the run
# that goes on, behind `restore`, in a new process, and with the nodes on other hosts than they were
# on, as if all were on this one. Then hosts that are unknown, killed or lost. Prints TAP.
#
# environment: TRIALS, the number of random trials (2, with BRIEF=1 one); SEED, the seed of the first
# one.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"

start_hosts
small='memory=16M icount=shift=0,sleep=off'

# sender NAME HOST, taker NAME HOST: print the command that adds a guest that sends frames, or takes
# them in.
sender() {
    ring "$1" 1 5000 0 0 "${gap:-100000}" "${size:-100}" 0 | sed "s/memory=64M/host=$2 memory=40M/"
}
taker() {
    ring "$1" 0 256 0 3000000 100 2048 0 | sed "s/memory=64M/host=$2 memory=40M/"
}
ticker() {
    echo "node add $1 $small host=$2 kernel=$guest/tick-aarch64.elf; "
}
big="$((0x40000000)) $((40 << 20))" little="$((0x40000000)) $((16 << 20))"

# --- the same futures

# futures NAME HOSTS ENSEMBLE BEFORE BEHIND PLACES: runs the commands BEFORE, saves, and looks at what
# BEHIND makes of it: in the run that goes on, restored, in a new process with the same hosts, and
# with other PLACES. Adds the looks to $looks.
looks=()
futures() {
    local name=$1
    mkdir -p "$dir/$name"-{on,back,new,moved}
    commands "$2 $3 start; $4; save x file=$dir/$name-save; $5; $(look "$name-on")
        restore x; $5; $(look "$name-back")"
    check "$name: saved and restored" ended 0 "^saved 'x'" "^restored 'x'"
    keep "$name-on" "$name-back"
    commands "$2 restore $dir/$name-save; $5; $(look "$name-new")
        restore $dir/$name-save host=$6; $5; $(look "$name-moved")"
    check "$name: goes on in a new process, and elsewhere: $6" ended 0 "^restored 'x'"
    keep "$name-new" "$name-moved"
    looks+=("$name-on" "$name-back" "$name-new" "$name-moved")
}

# Two saves, the second behind a restore; in between the nodes change places within the session.
links() {
    local options between='run 3ms' behind='run 7654321ns' name
    ram=([a]=$big [b]=$big [c]=$little)
    options=" jitter=100us loss=10% duplicate=5%"
    ensemble() { # HOST-OF-A HOST-OF-B HOST-OF-C
        echo "quantum 1ms; $(sender a "$1")$(taker b "$2")$(ticker c "$3")link add a b latency=1200us$options; "
    }
    looks=()
    brief || futures here '' "$(ensemble local local local)" "$between; run 123456ns" "$behind" local
    futures between "$two" "$(ensemble local one two)" "$between; run 123456ns" "$behind" a:two,b:local
    brief || futures island "$two" "$(ensemble one one two)" "$between; run 123456ns" "$behind" two
    same 'links: equal to the byte, whatever the hosts' "${looks[@]}"
    looks=() options=' delivery=exact'
    brief || futures exact-here '' "$(ensemble local local local)" "$between; run 456789ns" "$behind" local
    brief || futures exact-between "$first" "$(ensemble one local one)" "$between; run 456789ns" "$behind" local
    futures exact-island "$two" "$(ensemble one one two)" "$between; run 456789ns" "$behind" a:local,b:two
    brief || futures near-island "$first" "$(ensemble local local one)" "$between; run 456789ns" "$behind" one
    same 'exact delivery: equal to the byte, whatever the hosts' "${looks[@]}"
    mkdir -p "$dir"/swap-{far,near,last}
    options=''
    commands "$two $(ensemble one two local) start; run 5ms; save x; run 1ms; save y; run 2ms; $(look swap-far)
        restore x host=a:local,b:one,c:two; run 1ms; save z file=$dir/z; run 2ms; $(look swap-near)
        restore z host=two; run 2ms; save y; restore y; $(look swap-last)"
    check 'nodes change places within a session' ended 0
    keep swap-far swap-near swap-last
    same 'nodes that change places: equal to the byte' swap-far swap-near swap-last
}

# Linux guests with a console, an idle time, a port of the agent, frames for which a guest waits.
guests() {
    local type="send b 'echo x\$((7 * 6))\\n'; wait-line b '^x42' timeout=1s; run 30ms"
    ram=([a]="$((0x40000000)) $((256 << 20))" [b]="$((0x40000000)) $((256 << 20))")
    looks=()
    futures linux "$two" "quantum 500us; $(linux a 1 one "$settled; ping -q -c 1000 -i 0.005 10.0.0.2")$(linux b 2 two 'exec sh')
        link add a b latency=1ms loss=5%; " 'run 930ms' "$type" local
    same 'two Linux guests: equal to the byte' "${looks[@]}"
    ! brief || return 0
    ram=([w]="$((0x40000000)) $((256 << 20))")
    truncate -s 1M "$dir/raw"
    looks=()
    futures disk "$first" "$(linux w 1 one 'echo before > /dev/vda; sync; echo waiting; read x; head -n 1 /dev/vda; echo behind > /dev/vda; sync; head -n 1 /dev/vda; sleep 60' |
        sed "s|memory=|disk=$dir/raw format=raw memory=|")" "wait-line w '^waiting' timeout=20s" "send w 'go\\n'; wait-line w '^behind' timeout=5s; run 10ms" local
    same 'a guest that writes to its disk: equal to the byte' "${looks[@]}"
}

# A node that is off, a point that was hit, a restart.
ends() {
    local off
    off="quantum 100us; $(sender a one)node add b host=one memory=40M icount=shift=0,sleep=off kernel=$guest/countoff-aarch64.elf; link add a b latency=300us; "
    ram=([a]=$big [b]=$big)
    looks=()
    brief || futures off-here '' "${off//host=one/host=local}" 'run 7ms' 'run 5ms' local
    futures off-there "$first" "$off" 'run 7ms' 'run 5ms' a:local
    same 'a guest that is off: equal to the byte' "${looks[@]}"
    ram=([a]=$big [b]=$big [c]=$little)
    looks=()
    hits() { # HOST-OF-A,B HOST-OF-C
        echo "quantum 1ms; $(sender a "$1")$(taker b "$1")node add c $small host=$2 kernel=$guest/count-aarch64.elf; link add a b latency=1200us; "
    }
    local before='run 5ms; break pc c 0x40080004; run 5ms; assert break == 1' behind='run 5ms; delete 1; run 5ms'
    brief || futures hit-here '' "$(hits local local)" "$before" "$behind" local
    futures hit-there "$two" "$(hits one two)" "$before" "$behind" local
    brief || futures hit-near "$first" "$(hits one local)" "$before" "$behind" c:one
    same 'where a point was hit: equal to the byte' "${looks[@]}"
    mkdir -p "$dir"/{first,again}
    commands "$two $(hits one two) start; run 7ms; $(look first)
        restart; run 7ms; $(look again)
        restart; run 1ms; save x; run 1ms; restart; run 1ms; restore x; run 1ms; assert c.icount == 2000000"
    check 'nodes of other hosts are restarted' ended 0
    keep first again
    same 'a restart is the first run' first again
}

# --- gdb

# shellcheck disable=SC2016
with_gdb() {
    background -c "quantum 100us; $first $(bare a one) start; run 1ms; save early; run 1ms; gdb a path=$dir/a.sock wait=on; run 1ms; time"
    within 20 test -S "$dir/a.sock"
    debugger a 'hbreak *0x40080008' continue 'printf "late %lu\n", $x0' 'monitor restore early' continue 'printf "early %lu\n", $x0' \
        continue 'printf "hit %lx\n", $pc' 'printf "then %lu\n", $x0' 'delete 1' detach
    join
    check 'a gdb at a node of another host: a restore is a stop' heard a 'metronome: the ensemble was restored to 0.001'
    # shellcheck disable=SC2317
    value() {
        sed -n "s/^$1 //p" "$dir/gdb.a"
    }
    check 'a gdb: it sees the restored machine, and its breakpoint works' \
        eval '[[ -n $(value late) && $(value early) -lt $(value late) && $(value hit) = 40080008 && $(value then) -lt $(value late) ]]'
}

# --- refused, lost, killed

made="$(bare a one)$(bare b local) start; run 5ms"
opens() {
    mtr -c "restore $1 host=local; run 1ms; assert a.icount == 6000000; assert b.icount == 6000000" && ended 0
}

refusals() {
    commands "$first $made; save s file=$dir/good; run 1ms"
    check 'a save to a folder' ended 0
    mtr --from "$dir/good" -c 'run 1ms'
    check 'its host is not known: it says what to do' ended 2 \
        "node a: it is on host 'one', which this session does not have.*.host add one .* comes before .restore., or .restore .* host=a:local."
    expect 'a place that is not known' 2 "$first restore $dir/good host=a:ones" "node a: it is on host 'ones'.*did you mean 'one'"
    expect 'a place of a node that is not there' 2 "restore $dir/good host=x:local" "host='x:local': the save has no node 'x'"
    expect 'places that are none' 2 "restore $dir/good host=a:" "host='a:': 'a:' has no host. HOST for all nodes, or NODE:HOST"
    check 'with another place it opens' opens "$dir/good"
    echo "$first restore $dir/good host=a:local; run 1ms; stats; regs a" >"$dir/check.mtr"
    mtr check "$dir/check.mtr"
    check 'check knows the nodes of the save, and their places' ended 0
    echo "restore $dir/good; run 1ms" >"$dir/check.mtr"
    mtr check "$dir/check.mtr"
    check 'check tells of a host that is not known' ended 2 "it is on host 'one'"
    expect 'a host that keeps a save' 2 "$first $made; save s; node remove a; host remove one" "host one has machines of save 's': .save delete s"
    expect 'a host without a save' 0 "$first $made; save s; node remove a; save delete s; host remove one; run 1ms"
    expect 'a node that host=auto placed comes back to its host' 0 \
        "$first $(bare a auto) start; run 1ms; save s; node remove a; restore s; node list" '^a +paused .* one +'
    mtr --save-on-failure "$dir/failed" -c "$first $made; assert a.icount == 1"
    check 'a failed assert' ended 1 "the ensemble is saved as it stands"
    check 'it opens where it failed' opens "$dir/failed"
    check 'the host of each node is in the manifest' \
        python3 -c 'import json, sys; n = json.load(open(sys.argv[1]))["nodes"]; assert [x["host"] for x in n] == ["one", None], n' "$dir/good/manifest.json"
    check 'the manifest is as its schema says' scripts/schema/validate save "$dir/good/manifest.json"
}

no_partial() {
    [[ -z $(find "$dir" -maxdepth 1 -name '*.partial') ]]
}

killed() {
    local i odd=0 victim times=5 # the run behind them ends by the kill only
    ! brief || times=2
    for ((i = 0; i < times; i++)); do
        background -c "$first $made; echo now; save s; save s file=$dir/kept; restore s; restore s; restore $dir/kept; run 1000s"
        within 20 says now
        sleep "0.$((RANDOM % 8))$((RANDOM % 10))"
        victim=$(agents | head -n 1)
        kill -9 "$victim" 2>/dev/null || true
        if ! ends_within 20000 || [[ $status -ne 3 ]] || ! says 'host one: '; then
            odd=1
            sed 's/^/# /' "$dir/out" "$dir/err"
            echo "# exit status $status"
        fi
        within 5 no_qemus || odd=1
    done
    check 'an agent is killed in a save or a restore: the session ends as one with a failed node' [ "$odd" -eq 0 ]
    check 'an agent is killed: the save at PATH is whole, or there is none' eval "[ ! -e '$dir/kept' ] || opens '$dir/kept'"
    odd=0
    for ((i = 0; i < times; i++)); do
        background -c "$first $made; echo now; save s; save s file=$dir/kept; restore s; restore $dir/kept; run 1000s"
        within 20 says now
        sleep "0.$((RANDOM % 8))$((RANDOM % 10))"
        kill -9 "$pid" 2>/dev/null || true
        join 2>/dev/null
        within 5 no_agents || odd=2
        within 5 no_qemus || odd=2
    done
    check 'metronome is killed in a save or a restore: agents and QEMUs end' [ "$odd" -eq 0 ]
    commands "$first $made; save s file=$dir/kept; run 1ms"
    check 'metronome is killed: the next save takes the place' ended 0
    check 'nothing of a save that failed is left' no_partial
    check 'it is whole' opens "$dir/kept"
}

# --- random ensembles, times and places

between() { # FROM TO: sets $picked
    picked=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}
pick() {
    shift $((RANDOM % $#))
    picked=$1
}

trial() {
    local seed=$1 node ensemble places='' between behind wanted
    RANDOM=$seed
    ram=([a]=$big [b]=$big [c]=$little [d]=$big)
    pick 50us 100us 333us 1ms
    ensemble="quantum $picked; "
    for node in a b c d; do
        pick local one two
        case $node in
        a | d)
            wanted=$picked
            between 20000 200000
            gap=$picked
            between 60 1514
            size=$picked
            ensemble+=$(sender $node "$wanted")
            ;;
        b) ensemble+=$(taker $node "$picked") ;;
        c) ensemble+=$(ticker $node "$picked") ;;
        esac
        pick local one two
        places+=,$node:$picked
    done
    ensemble+='switch add w; '
    for node in a b d; do
        between 100 3000
        ensemble+="link add $node w latency=${picked}us"
        pick '' ' loss=10%' ' jitter=70us' ' duplicate=10%' ' bandwidth=100M queue=16K' ' delivery=exact'
        ensemble+="$picked; "
    done
    ensemble+="seed $RANDOM; "
    between 1000000 9000000
    between="run ${picked}ns"
    pick '' '; save y; restore y' '; link set a w latency=2ms' '; break pc d 0x40080248; run 1ms; delete 1'
    between+=$picked
    between 1 9000000
    behind="run ${picked}ns"
    looks=()
    echo "# seed $seed: ${ensemble//$'\n'/ }start; $between; save; $behind; places ${places:1}"
    futures "random-$seed" "$two" "$ensemble" "$between" "$behind" "${places:1}"
    mkdir -p "$dir/random-$seed-here"
    commands "restore $dir/random-$seed-save host=local; $behind; $(look "random-$seed-here")"
    keep "random-$seed-here"
    looks+=("random-$seed-here")
    same "seed $seed: equal to the byte" "${looks[@]}"
}

random() {
    local i from=${SEED:-$((RANDOM % 30000))} trials=2
    ! brief || trials=1
    for ((i = 0; i < ${TRIALS:-$trials}; i++)); do
        trial $((from + i))
    done
}

all=(links guests ends with_gdb refusals killed random)
for one in ${ONLY:-${all[@]}}; do
    "$one"
done
stop_sshd
done_testing
