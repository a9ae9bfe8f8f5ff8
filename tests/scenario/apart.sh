# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh and sshd.sh: two network namespaces with a line between them that delays what
# goes through it. sshd and agents are in one, metronome in the other.
#
# The line is a veth pair with a delay by the kernel's netem. If the kernel has no netem,
# tests/helper/line delays the frames of two tap devices instead. A user who may not make namespaces
# has no line: $kind is none.
# shellcheck disable=SC2154

line_helper=$build/tests/helper/line
# The words that run a command in the controller's namespace, and how the line is made: netem,
# helper, none.
from_here=()
kind=none near='' far=''

# hold: sets $held to a process with a network namespace of its own. The namespace ends with the
# process, after some minutes at the latest.
hold() {
    unshare -n sleep "${line_seconds:-300}" &
    held=$!
    within 5 grep -qsx sleep "/proc/$held/comm"
}

# inside HOLDER COMMAND...: runs a command in the holder's namespace.
inside() {
    local holder=$1
    shift
    nsenter -t "$holder" -n "$@"
}

# make_line: makes the namespaces, and a device "line" in both; sets $kind, $from_here, and where
# sshd is to be.
# shellcheck disable=SC2034
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
    from_here=(nsenter -t "$near" -n) sshd_prefix=(nsenter -t "$far" -n)
    sshd_address=10.9.0.2
}

join_devices() {
    if inside "$near" ip link add line type veth peer name line netns "$far" 2>/dev/null &&
        inside "$near" tc qdisc add dev line root netem delay 1ms 2>/dev/null; then
        kind=netem
        return
    fi
    inside "$near" ip link del line 2>/dev/null || true
    mkfifo "$dir/line-in"
    "${line_rank[@]}" "$line_helper" "$near" "$far" <"$dir/line-in" >"$dir/line-out" &
    line_pid=$!
    exec {line_in}>"$dir/line-in"
    within 5 grep -qsx joined "$dir/line-out" || return 1
    kind=helper
}
# The words in front of the helper, e.g. for a real-time priority.
line_rank=()

# delay US [JITTER-US [LOST-OF-1000]]: sets what the line does to each direction.
delay() {
    local holder lost=${3:-0}
    case $kind in
    netem)
        for holder in "$near" "$far"; do
            # shellcheck disable=SC2086
            inside "$holder" tc qdisc replace dev line root netem delay "$1us" ${2:+"$2us"} \
                ${3:+loss "$((lost / 10)).$((lost % 10))%"}
        done
        ;;
    helper) echo "$1 ${2:-0} $lost" >&"$line_in" ;;
    esac
}

# cut_line: nothing gets through any more.
cut_line() {
    inside "$near" ip link set line down
}

# The devices end with their namespaces, and the namespaces end with their holders.
remove_line() {
    if [[ $kind == helper ]]; then
        exec {line_in}>&-
        kill "$line_pid"
        wait "$line_pid" 2>/dev/null || true
    fi
    # shellcheck disable=SC2086
    kill $near $far 2>/dev/null || true
}
