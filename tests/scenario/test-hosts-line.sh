#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another host behind a line with a delay, and with jitter: the run is the same as on this host
# alone, only slower. Then the line goes dead: both ends notice it by themselves.
#
# sshd and metronome are in two network namespaces. The line between them is a veth pair with a
# delay by the kernel's netem. If the kernel has no netem, tests/helper/line delays the frames of
# two tap devices instead. A user who may not make namespaces uses the loopback interface, without
# delay, and a stopped connection instead of a dead line. The output mentions each of these
# restrictions.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

helper=$build/tests/helper/line

# --- the line

# hold: sets $held to a process with a network namespace of its own. The namespace ends with the
# process, after some minutes at the latest.
hold() {
    unshare -n sleep 300 &
    held=$!
    within 5 grep -qsx sleep "/proc/$held/comm"
}

# inside HOLDER COMMAND...: runs a command in the holder's namespace.
inside() {
    local holder=$1
    shift
    nsenter -t "$holder" -n "$@"
}

# make_line: makes the namespaces, and a device "line" in both.
make_line() {
    local holder
    unshare -n true || return 1
    hold && near=$held
    hold && far=$held
    join_devices || return 1
    for holder in "$near" "$far"; do
        inside "$holder" ip link set lo up
        inside "$holder" ip addr add "10.9.0.$((holder == near ? 1 : 2))/24" dev line
        inside "$holder" ip link set line up
    done
}

join_devices() {
    local first=
    if inside "$near" ip link add line type veth peer name line netns "$far" 2>/dev/null &&
        inside "$near" tc qdisc add dev line root netem delay 1ms 2>/dev/null; then
        kind=netem
        return
    fi
    inside "$near" ip link del line 2>/dev/null || true
    coproc LINE { exec "$helper" "$near" "$far"; }
    read -r first <&"${LINE[0]:-}" || true
    [[ $first == joined ]] || return 1
    # shellcheck disable=SC2153
    kind=helper line_pid=$LINE_PID line_in=${LINE[1]}
}

# delay MS [JITTER-MS]: sets the delay of each direction.
delay() {
    local holder
    case $kind in
    netem)
        for holder in "$near" "$far"; do
            inside "$holder" tc qdisc replace dev line root netem delay "$1ms" ${2:+"$2ms"}
        done
        ;;
    helper) echo "$(($1 * 1000)) $((${2:-0} * 1000))" >&"$line_in" ;;
    esac
}

# connections: prints the ids of the processes of sshd's connections.
connections() {
    local all
    all=$(pgrep -P "$(<"$ssh_dir/server/pid")" || true)
    echo "$all"
    [[ -z $all ]] || pgrep -P "${all//$'\n'/,}" sshd || true
}

# shellcheck disable=SC2046
dead() {
    if [[ $kind == none ]]; then
        kill -STOP $(connections)
    else
        inside "$near" ip link set line down
    fi
}

# The devices end with their namespaces, and the namespaces end with their holders.
remove_line() {
    if [[ $kind == helper ]]; then
        eval "exec $line_in>&-"
        wait "$line_pid" || true
    fi
    # shellcheck disable=SC2086
    kill $near $far 2>/dev/null || true
}

# from_here: the words that run a command in the controller's namespace.
from_here=()
kind=none near='' far=''
if make_line 2>"$dir/err"; then
    from_here=(nsenter -t "$near" -n) sshd_prefix=(nsenter -t "$far" -n)
    sshd_address=10.9.0.2
fi
case $kind in
netem) check "two network namespaces, a line that the kernel's netem delays" true ;;
helper) check "two network namespaces, a line that tests/helper/line delays, as the kernel has no netem" true ;;
none) check "no delay, as no line between network namespaces can be made here: $(tail -n 1 "$dir/err")" true ;;
esac
start_sshd
check 'a real sshd listens behind the line' test -n "$fingerprint"

# mtr of lib.sh, in the controller's namespace.
mtr() {
    status=0
    timeout -k 5 60 "${from_here[@]}" "$metronome" "$@" </dev/null >"$dir/out" 2>"$dir/err" || status=$?
}

# The hosts get CPUs of their own, because the nodes of one host do not know those of another host
# on the same machine.
second=$(host two cpus="$(last_cpu)")
both=$(host one cpus="$(first_cpu)")$second

# --- the same as on this host alone

# pings NAME HOSTS HOST-OF-A HOST-OF-B: runs two guests that ping. The guests boot without a link,
# so that the hosts need not meet meanwhile.
pings() {
    mtr --report "$dir/$1" -c "quantum 1ms; $2 $(linux a 1 "$3") $(linux b 2 "$4") start; run 750ms; quantum 100us; \
        link add a b latency=1ms; send a 'ping -c 4 -i 0.03 10.0.0.2\\n'; run 150ms; host list; perf; \
        assert a.missed == 0; assert b.missed == 0; assert a.late == 0; assert b.late == 0; assert a.received >= 5; time"
}

# same NAME DESCRIPTION HOSTS HOST-OF-A HOST-OF-B
same() {
    pings "$1" "$3" "$4" "$5"
    # The hosts meet every 15 quanta in the 750 ms before the link, and every 7 shorter quanta in
    # the 150 ms with the link.
    check "$2: 50 grants of 15 quanta, then 214 of 7" ended 0 '^two +264 +2250 '
    grep -E '^[0-9]+ barriers|^(host|one|two) ' "$dir/out" | sed 's/^/# /'
    check "$2: the same packets, consoles, clocks and barriers" cmp <(what local) <(what "$1")
}

pings local '' local local
check 'the ensemble on this host alone' ended 0
check 'there were packets and consoles to compare' \
    [ "$(text packet_trace_sha256 "$dir/local/report.json" | sort -u | wc -l)" = 2 ]
delay 2
brief || same one2 '2 ms, one node here, one there' "$second" local two
same two2 '2 ms, both behind the line' "$both" one two
delay 10 5
same one10 '10 ms and 5 ms of jitter, one node here, one there' "$second" local two
brief || same two10 '10 ms and 5 ms of jitter, both behind the line' "$both" one two

# --- the line goes dead

# seconds_since: prints the whole seconds since the line went dead.
seconds_since() {
    echo $(((${EPOCHREALTIME/./} - since) / 1000000))
}

program=("${from_here[@]}" "$metronome")
: >"$dir/out" 2>"$dir/err"
env --default-signal=INT,QUIT "${program[@]}" -c "quantum 1ms; $both $(bare a one)$(bare b two) link add a b latency=5ms; \
    start; run 20ms; echo started; run 1000s" </dev/null >"$dir/out" 2>"$dir/err" &
pid=$!
within 20 says '^started$'
guests_run
check 'two agents and two QEMUs there' [ "$(agents | wc -l) $(qemus | wc -l)" = '2 2' ]
since=${EPOCHREALTIME/./}
dead
join
took=$(seconds_since)
check "a dead line: the controller says so, after $took s" ended 3 \
    'host (one|two): the connection is lost: nothing was heard for 10 s'
check 'a dead line: ... 10 to 15 s after it' [ "$took" -ge 9 -a "$took" -le 15 ]
check 'a dead line: the agents end by themselves' within $((20 - took)) no_agents
check 'a dead line: ... and their QEMUs' within $((20 - $(seconds_since))) no_qemus
echo "# all had ended $(seconds_since) s after it"

# TCP would retry for many minutes.
# shellcheck disable=SC2046
kill -9 $(connections) 2>/dev/null || true
stop_sshd
remove_line
done_testing
