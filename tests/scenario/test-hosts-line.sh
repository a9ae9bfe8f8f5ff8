#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Another host behind a line with a delay, and with jitter: the run is the same as on this host
# alone, only slower. Then the line goes dead: both ends notice it by themselves.
#
# sshd and metronome are in two network namespaces (apart.sh). A user who may not make namespaces
# uses the loopback interface, without delay, and a stopped connection instead of a dead line. The
# output mentions each of these restrictions.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"
# shellcheck source=tests/scenario/apart.sh
source "$(dirname "$0")/apart.sh"

# --- the line

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
        cut_line
    fi
}

make_line 2>"$dir/err" || kind=none
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
delay 2000
brief || same one2 '2 ms, one node here, one there' "$second" local two
same two2 '2 ms, both behind the line' "$both" one two
delay 10000 5000
same one10 '10 ms and 5 ms of jitter, one node here, one there' "$second" local two
brief || same two10 '10 ms and 5 ms of jitter, both behind the line' "$both" one two

# Over TCP connections of the agents' own, and frames of the line are lost: TCP sends them again,
# and the run only takes longer.
tcp=$(host one cpus="$(first_cpu)" line=tcp)$(host two cpus="$(last_cpu)" line=tcp)
delay 200 100 5
same tcp "TCP, 0.2 ms, 0.1 ms of jitter, 0.5 % lost, both behind the line" "$tcp" one two
check 'one agent listens at the address of its sshd' says "^one +up .*, tcp ${sshd_address:-127.0.0.1}:[0-9]+\$"
if ! brief; then
    delay 1000 500 20
    same tcp2 "TCP, 1 ms, 0.5 ms of jitter, 2 % lost, both behind the line" "$tcp" one two
    delay 50
    same tcp3 'TCP, 0.05 ms, one node here, one there' "${tcp#*; }" local two
fi

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
