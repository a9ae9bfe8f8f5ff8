#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Other hosts with a TCP connection of the agents' own (line=tcp), started over a real sshd or by a
# command: the run is the same as in one process, strangers are refused without effect, and whatever
# ends ends all.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

start_sshd
there=$(host one cpus="$(first_cpu)" line=tcp)
named=$(free_port)
here=$(host two cpus="$(last_cpu)" line=tcp listen=127.0.0.1 ports="$named")
agent="$metronome agent --stdio"

strangers() { # MODE ARGUMENT...
    timeout 60 python3 tests/scenario/strangers.py "$@"
}

# --- the same as in one process

pings() { # NAME HOSTS HOST-OF-A HOST-OF-B: grants of one quantum, of several, steps, a stop within a quantum
    mtr --report "$dir/$1" -c "quantum 1ms; $2 $(linux a 1 "$3") $(linux b 2 "$4") start; run-until 20000777ns; \
        step b 100; regs b pc; run 600ms; quantum 100us; link add a b latency=1ms; \
        send a 'ping -c 4 -i 0.03 10.0.0.2\\n'; run 150ms; host list; perf; assert a.missed == 0; assert b.missed == 0; assert a.late == 0; assert b.late == 0; \
        assert a.received >= 4; time"
}

pings local '' local local
check 'the ensemble on this host alone' ended 0
check 'there were packets and consoles to compare' \
    [ "$(text packet_trace_sha256 "$dir/local/report.json" | sort -u | wc -l)" = 2 ]
cp "$dir/out" "$dir/local/out"
pings far "$there$here" one two
check 'two hosts with TCP connections' ended 0 '^one +[0-9]+ +2[0-9]+'
check 'one agent listens, at the address of its sshd' says '^one +up .*, tcp 127.0.0.1:[0-9]+$'
check 'the other one has connected to a port of those that were named' says "^two +up .*, tcp 127.0.0.1:$named\$"
check 'the same packets, consoles, clocks and barriers' cmp <(what local) <(what far)
check 'the same registers behind the same steps' cmp <(grep -A1 'executed' "$dir/local/out") <(grep -A1 'executed' "$dir/out")

# --- strangers

listens() { # PORT: a socket listens there
    grep -qi ":$(printf '%04X' "$1") 00000000:0000 0A " /proc/net/tcp
}

own=$(free_port)
background -c "host add x command='$agent | python3 tests/scenario/strangers.py hold $dir/go' line=tcp address=127.0.0.1 \
    ports=$own; $(bare a x) start; echo started; run 1000s"
check 'an agent listens, and its controller does not know yet' within 10 listens "$own"
check '257 strangers: who says something wrong is cut off, a guess gets a nonce' \
    [ "$(strangers crowd 127.0.0.1 "$own")" = '6 refused of 6, 32 bytes for a guess' ]
touch "$dir/go"
within 10 says '^started$'
check 'their controller gets through' says '^started$'
check '... and is told of them' within 5 says 'warn: host x: .*2[0-9][0-9] connections of strangers'
check 'then nobody listens there any more' not listens "$own"
kill -INT "$pid"
join
check 'Ctrl-C ends that run' ended 130
rm "$dir/go"
background -c "host add x command='$agent | python3 tests/scenario/strangers.py hold $dir/go' line=tcp address=127.0.0.1 ports=$own"
within 10 listens "$own"
kill -INT "$pid"
check 'Ctrl-C while the connection is made: at once' ends_within 3000
check '... and says so' ended 130 'host x: interrupted'
check '... and nobody listens any more' within 5 not listens "$own"
python3 -m http.server --bind 127.0.0.1 "$own" >"$dir/http" 2>&1 &
http=$!
within 10 listens "$own"
expect 'a port that another has' 3 "host add x command='$agent' line=tcp address=127.0.0.1 ports=$own" \
    "host x: line=tcp: no port from $own to $own is free at 127.0.0.1"
expect 'an address that the host does not have' 3 "host add x command='$agent' line=tcp address=192.0.2.1" \
    "host x: line=tcp: it can't listen at 192.0.2.1: .*; bind="
expect 'an address that each host has, and nobody listens' 3 \
    "host add x command='$agent' line=tcp address=127.0.0.1 bind=127.0.0.9" \
    'host x: no connection to 127.0.0.1:[0-9]+, which each host is itself: Connection refused'
expect 'a name of all addresses' 2 "host add x command='$agent' line=tcp listen=0" 'host x: listen=0.0.0.0: nobody can connect'
kill "$http"
wait "$http" 2>/dev/null || true

# --- ends

running() { # HOSTS
    background -c "quantum 1ms; $1 $(bare a one)$(bare b two) start; echo started; run 1000s"
    within 20 says '^started$'
    guests_run
}

fails() { # DESCRIPTION PATTERN
    check "$1" ends_within 8000
    check "$1: told" ended 3 "$2"
    check "$1: nothing is left there" within 8 no_agents
    check "$1: no QEMU, either" within 5 no_qemus
}

running "$there$here"
kill -9 "$(agents | head -n 1)"
fails 'an agent dies' 'host (one|two): the connection is lost: the command (was killed|ended, exit status 137)'
running "$there$here"
kill -9 "$pid"
join 2>/dev/null
check 'the controller is killed: its agents end' within 5 no_agents
check 'the controller is killed: their QEMUs end' within 5 no_qemus
running "$there$here"
session=$(pgrep -P "$(<"$ssh_dir/server/pid")" | head -n 1)
# shellcheck disable=SC2046
kill -9 "$session" $(pgrep -P "$session" sshd)
fails 'the line on which it was started dies' 'host (one|two): the connection is lost: '
strangers relay 127.0.0.2 "$own" 127.0.0.1 >"$dir/relay" &
relay=$!
within 10 grep -q ready "$dir/relay"
running "host add one command='$agent' line=tcp address=127.0.0.2 bind=127.0.0.1 ports=$own; $here"
# shellcheck disable=SC2046
kill $(pgrep -P "$relay")
wait "$relay" 2>/dev/null || true
# The agent may have no time left to tell why.
fails 'its TCP connection dies' 'host one: the connection is lost: (the command ended, exit status 3; it said: metronome agent: the controller is gone|its TCP connection: it was closed)'

# --- what is refused

wrong() { # OPTIONS PATTERN: told by a check
    mtr check <(echo "host add x $1")
    check "a check tells what is wrong: $1" ended 2 "host x: .*$2"
}

wrong 'ssh=127.0.0.1 line=udp' "line='udp': tcp or stdio"
wrong 'ssh=127.0.0.1 ports=7000' 'ports= goes with line=tcp'
wrong 'ssh=127.0.0.1 line=stdio address=127.0.0.1' 'address= goes with line=tcp'
wrong 'ssh=127.0.0.1 line=tcp address=a listen=b' 'one of address= .* and listen='
wrong "command='$agent' line=tcp" 'takes address=HOST.* or listen=HOST'
wrong 'ssh=127.0.0.1 line=tcp ports=7010-7000' "ports='7010-7000': a port, or LOW-HIGH"
wrong 'ssh=127.0.0.1 line=tcp ports=70000' "ports='70000': a port"
wrong 'ssh=127.0.0.1 line=tcp listen=0.0.0.0' 'listen=0.0.0.0: nobody can connect to that.* bind=0.0.0.0'
wrong 'ssh=127.0.0.1 line=tcp address=::' 'address=::: nobody can connect to that.* bind=::'
wrong_list() { # FROM KEYS PATTERN
    mtr check <(echo "hosts from=$1 $2")
    check "a check tells what is wrong with hosts from=${1##*/} $2" ended 2 "$3"
}
echo node01 >"$dir/list"
wrong_list "$dir/list" 'line=tcp address=node01' 'address= is of one host alone'
wrong_list slurm 'line=tcp address=node01' 'address= is of one host alone'
wrong_list slurm line=udp "hosts from=slurm: line='udp': tcp or stdio"
wrong_list slurm 'line=tcp ports=70000' "hosts from=slurm: ports='70000': a port"
long=$(printf 'queue1-dy-compute-resource-%036d' 7)
mtr check <(echo "host add $long ssh=a; host add ${long}8 ssh=a")
check 'a name has as many letters as one part of a domain name' ended 2 "'${long}8' is no name for a host: .*, 63 at most"
mtr check <(echo "$there$here")
check 'a check of what is right connects to nobody' ended 0
stop_sshd
done_testing
