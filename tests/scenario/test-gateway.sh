#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Gateways out of the virtual network: real guests ping an outside program on a unix socket, and
# this host's kernel through a tap device. Also: missing peers, refusals, and the output of check
# and verify about gateways.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

answer=$build/tests/helper/answer

# linux COMMAND: prints the command that adds node a with the address 10.0.0.1, which runs COMMAND.
linux() {
    echo "node add a kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=a ip=10.0.0.1/24 run=\\\"$1\\\"\"; "
}

pinging=$(linux 'sleep 0.1; ping -c 3 -i 0.1 -W 20 10.0.0.9')
# The outside has its own time. With the host's pace the guest waits for the outside as long as the
# host does.
ended="start; wait-line a 'run ended' timeout=60s pace=1.0"

# outside ARGUMENT...: starts the program. It ends when outside_ends closes its standard input.
outside() {
    coproc OUTSIDE { exec "$answer" "$@" 2>&1; }
    # shellcheck disable=SC2153
    outside_pid=$OUTSIDE_PID
    outside_in=${OUTSIDE[1]}
    read -r first <&"${OUTSIDE[0]}"
    [[ $first == listening ]]
}

outside_ends() {
    eval "exec $outside_in>&-"
    wait "$outside_pid" || true
}

# --- a unix socket

outside "$dir/out.sock" "$dir/gw.sock" 10.0.0.9
commands "quantum 500us; $pinging gateway add gw unix=$dir/gw.sock peer=$dir/out.sock; switch add s; link add a s; \
    link add gw s latency=2ms; $ended; gateway list; network trace node=gw last=8; assert a.late == 0; assert missed == 0; \
    assert a.received >= 4"
outside_ends
check 'unix: an outside program answers a guest through a switch' ended 0 \
    '^gw +[4-9] +0 +[4-9] +0  unix=.*gw.sock peer=.*out.sock' '^[0-9]+ delivery gw a ' '^[0-9]+ send gw a '
check 'a run warns that it is not repeatable' says "warn: gateway gw: unix=$dir/gw.sock: what comes in from outside"
# shellcheck disable=SC2016
check 'frames pass at barriers: times are multiples of the quantum' awk '
    $2 == "send" && $3 == "gw" { n++; if ($8 % 500000) exit 1 }
    $2 == "delivery" && $3 == "gw" { n++; if ($8 % 500000 || $8 < $7 || $8 - $7 >= 500000 || $7 - $6 < 2500000) exit 1 }
    END { exit n < 3 }' "$dir/out"
check 'its socket is gone with it' not test -e "$dir/gw.sock"

outside "$dir/learned.sock" "$dir/gw.sock" 10.0.0.9 --hello
commands "quantum 1ms; $pinging gateway add gw unix=$dir/gw.sock; link add gw a; $ended; assert a.received >= 4; \
    gateway list"
outside_ends
check 'unix without peer=: whoever has sent is answered' ended 0 '^gw +[0-9]+ +0 +[4-9] +[0-9]+  unix='

# --- back in time: what came comes again, and the outside gets nothing for the second time

# stands NAME: prints commands that show where all stand.
stands() {
    echo "echo '== $1'; network trace last=1000; link list; gateway list; regs a; console a last=1000; echo '== end'"
}
at() {
    sed -n "/^== $1\$/,/^== end\$/p" "$dir/out" | sed 1d
}
outside "$dir/past.sock" "$dir/gw.sock" 10.0.0.9
commands "quantum 500us; $pinging gateway add gw unix=$dir/gw.sock peer=$dir/past.sock; link add a gw; start; run 100ms; $(stands early)
    wait-line a 'run ended' timeout=60s pace=1.0; run-until 3s; $(stands ended)
    reverse-until 100ms; $(stands back); run-until 3s; $(stands again)
    barrier 600 pace=1.0; gateway list; assert a.late == 0; assert missed == 0"
outside_ends
check 'a way back with a gateway' ended 0 '^gw +[3-9] +0 +[3-9] +0  unix='
check '... stands where it stood' cmp <(at early) <(at back)
check '... and what the outside sent comes again, at its times' cmp <(at ended) <(at again)
same_figures() {
    [[ $(grep '^gw .*unix=' "$dir/out" | tail -n 1) == "$(at again | grep '^gw .*unix=')" ]]
}
check '... which got nothing twice' same_figures

commands "quantum 1ms; $(linux 'sleep 0.1; ping -c 3 -i 0.1 -W 1 10.0.0.9') gateway add gw unix=$dir/gw.sock \
    peer=$dir/nobody.sock; link add a gw; start; wait-line a 'run ended' timeout=60s; gateway list; \
    network trace last=1000; assert missed == 0; assert a.late == 0"
check 'a peer that is not there: dropped, counted, traced, nothing waits' ended 0 \
    'warn: gateway gw: nobody takes its frames, .*nobody.sock: No such file' '^gw +0 +0 +0 +[1-9][0-9]*  ' \
    '^[0-9]+ drop a gw .* nic '
check '... and told once' [ "$(grep -c 'nobody takes' "$dir/err")" = 1 ]

# --- a tap device

# netns COMMAND...: runs metronome in a network namespace of its own with a tap device.
netns() {
    status=0
    unshare -n bash -c 'ip tuntap add dev mtr0 mode tap && ip addr add 10.0.0.9/24 dev mtr0 && ip link set mtr0 up && "$@"' \
        netns "$@" </dev/null >"$dir/out" 2>"$dir/err" || status=$?
}

netns true
if [[ $status -eq 0 ]]; then
    netns timeout -k 5 60 "$metronome" -c "quantum 500us; $pinging gateway add gw tap=mtr0; link add a gw; $ended; \
        gateway list; assert a.received >= 4; assert missed == 0; assert a.late == 0"
    check "tap: this host's kernel answers a guest" ended 0 '^gw +[0-9]+ +0 +[4-9] +[0-9]+  tap=mtr0'
    cp -L "$metronome" "$dir/metronome"
    chmod 711 "$dir"
    mkdir "$dir/home"
    chown nobody "$dir/home"
    netns setpriv "--reuid=$(id -u nobody)" --clear-groups --inh-caps=-all --bounding-set=-all \
        env "XDG_RUNTIME_DIR=$dir/home" "$dir/metronome" -c 'gateway add gw tap=mtr0'
    check 'tap: not permitted is said, and what would be' ended 2 "tap='mtr0' is not permitted: it takes root or CAP_NET_ADMIN"
    netns "$metronome" -c 'gateway add one tap=mtr0; gateway add two tap=mtr0'
    check 'tap: a second user is refused' ended 2 "gateway two: tap='mtr0' is used by another program"
else
    commands 'gateway add gw tap=lo'
    check 'tap: not possible here, which is said' ended 2 "gateway gw: tap='lo'"
fi

# --- refusals

refusals() {
    local long
    long=$(printf '%0108d' 0)
    echo precious >"$dir/file"
    expect 'a path that is taken' 2 "gateway add gw unix=$dir/file" "gateway gw: unix='$dir/file': there is something else than a socket already"
    check '... and what is there stays' grep -q precious "$dir/file"
    expect 'a path that is too long' 2 "gateway add gw unix=$long" 'the path has 108 bytes, that of a socket 107 at most'
    expect 'a tap that is not there' 2 'gateway add gw tap=mtrnone' "no such interface: .ip tuntap add dev mtrnone mode tap. makes it"
    expect 'an interface that is no tap' 2 'gateway add gw tap=lo' "tap='lo'"
    expect 'nothing to lead to' 2 "gateway add gw peer=$dir/x" 'unix=PATH is missing; usage: gateway add NAME unix=PATH \[peer=PATH\] | NAME tap=IFNAME'
    expect 'two ways at once' 2 "gateway add gw unix=$dir/x tap=lo" "'tap=lo' does not go with what is before it; usage: gateway add"
    expect 'an unknown key' 2 'gateway add gw udp=1' "'udp=1' has an unknown key; usage: gateway add NAME unix=PATH"
    expect 'a bad name' 2 "gateway add 1gw unix=$dir/x" "'1gw' is no name"
    expect 'a name that a node has' 2 "node add a; gateway add a unix=$dir/x" "there is a node 'a' already"
    expect 'a name that a gateway has' 2 "gateway add a unix=$dir/x; node add a" "there is a switch or gateway 'a' already"
    expect 'no gateways' 0 'gateway list' '^no gateways'
    check 'no socket is left' not test -e "$dir/x"
    background -c "gateway add gw unix=$dir/x; node add a kernel=$guest/count-aarch64.elf memory=64M nic=off; start; echo here; run 1000s"
    within 30 says '^here$'
    status=0
    "$metronome" -c "gateway add gw unix=$dir/x" </dev/null >"$dir/second" 2>&1 || status=$?
    check 'a socket in use is refused' test "$status" = 2
    check '... and told' grep -q "gateway gw: unix='$dir/x': there is a socket already that a program uses" "$dir/second"
    check '... and stays' test -S "$dir/x"
    kill -9 "$pid"
    join 2>/dev/null
    check 'kill -9: the socket is left behind' test -S "$dir/x"
    expect 'kill -9: the next run takes its place' 0 "gateway add gw unix=$dir/x; gateway list" "^gw .* unix=$dir/x"
    check 'kill -9: and removes it' not test -e "$dir/x"
}

# --- check and verify

judged() {
    cat >"$dir/way-out.mtr" <<END
node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off
gateway add gw peer=$dir/nobody.sock unix=$dir/v.sock
link add a gw
start
run 5ms
assert a.icount == 5000000
END
    mtr check "$dir/way-out.mtr"
    check 'check flags it, and makes no socket' ended 0 "^gateway gw: warn: unix=$dir/v.sock: .* differs from run to run; leave it out"
    mtr --json check "$dir/way-out.mtr"
    check 'check --json' ended 0 '"event":"finding","gateway":"gw","severity":"warn"'
    mtr verify "$dir/way-out.mtr"
    check 'verify says that equal runs prove nothing' ended 0 "^not repeatable: gateway gw: unix=$dir/v.sock: " \
        '^2 runs, [0-9]+ samples: equal'
    sed -i 's/^gateway add.*/gateway add gw udp=1/' "$dir/way-out.mtr"
    mtr check "$dir/way-out.mtr"
    check 'check finds a bad key' ended 2 "way-out.mtr:2: gateway add: 'udp=1' has an unknown key"
    background -c "node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off; start; \
        gateway add gw unix=$dir/c.sock; link add a gw; echo going; run 1000s"
    within 20 says going
    kill -INT "$pid"
    join
    check 'Ctrl-C' [ "$status" = 130 ]
    check 'its socket is gone too' not test -e "$dir/c.sock"
}

refusals
judged
done_testing
