#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Faults of nodes on other hosts, over a real sshd: a message names every failure, and nothing is
# left afterwards.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

start_hosts

# --- a barrier of more than 10 s

expect 'an agent that has to wait for a barrier is told that somebody is there' 0 \
    "quantum 11s; $first node add a kernel=$guest/idle-aarch64.elf memory=32M icount=shift=0,sleep=off host=one; start; \
    run 11s pace=1.0; run 11s; assert a.missed == 0"

# --- Ctrl-C while the main loop waits for a file

reads() { # FILE
    [[ -n $(find "/proc/$pid/fd" -lname "$1" 2>/dev/null) ]]
}

parts() {
    find "$dir/cache/metronome/files" -name '*.????????'
}

no_parts() {
    [[ -z $(parts) ]]
}

# sftp_server: finds the sftp process of the session below sshd. The number of processes in between
# depends on sshd's version.
sftp_server() {
    local parents
    parents=$(<"$ssh_dir/server/pid")
    while parents=$(pgrep -d, -P "$parents"); do
        pgrep -f internal-sftp -P "$parents" && return
    done
    return 1
}

some_parts() {
    ! no_parts
}

# copying: starts a run and stops its sftp process in the middle of a copy; sets $sftp.
copying() {
    parts | xargs -r rm
    background -c "$first node add a kernel=$dir/large host=one; start"
    within 20 some_parts
    sftp=$(sftp_server)
    kill -STOP "$sftp"
}

# thaw SIGNAL: ends the stop of that sftp process with a signal.
thaw() {
    kill "-$1" "$sftp"
    sftp=
}

# impatient: sends one more Ctrl-C. metronome counts it as impatience only from a second after the
# first one, so this is repeated until metronome has ended.
impatient() {
    ! kill -INT "$pid" 2>/dev/null
}

# took SECONDS: less than SECONDS times patience have passed since $since.
took() {
    [[ ${EPOCHREALTIME/./} -lt $((since + $1 * 1000000 * patience)) ]]
}

mkdir -p "$dir/cache/metronome/files"
truncate -s 8G "$dir/huge"
truncate -s 250M "$dir/large"
background -c "$first node add a kernel=$dir/huge host=one; start"
within 10 reads "$dir/huge"
since=${EPOCHREALTIME/./}
kill -INT "$pid"
join
check 'Ctrl-C while a file is read' ended 130 "'.*/huge': interrupted while it was read"
check 'Ctrl-C while a file is read: at once' took 3
copying
kill -INT "$pid"
thaw CONT
join
check 'Ctrl-C while a file is copied' ended 130 "host one: '.*/large': interrupted while it was copied$"
check 'Ctrl-C while a file is copied: nothing is left of it' no_parts
copying
since=${EPOCHREALTIME/./}
kill -INT "$pid"
join
check 'Ctrl-C, and SFTP is frozen' ended 130 "'.*/large': interrupted while it was copied; .* the connection was cut"
check 'Ctrl-C, and SFTP is frozen: some seconds later' took 9
thaw KILL
copying
since=${EPOCHREALTIME/./}
within 5 impatient
join
check 'Ctrl-C twice, and SFTP is frozen: it ends now' ended 130
check 'Ctrl-C twice, and SFTP is frozen: now' took 3
thaw KILL
check 'what was being copied then is left' some_parts
parts | xargs touch -d '-15 minutes'
expect 'the next copy' 0 "$first node add a kernel=$guest/hello-aarch64.elf memory=64M host=one; start"
check 'the next copy: what was left is gone' no_parts

# --- failures: a message names each, exit status 3, nothing is left

running() { # DESCRIPTION: an ensemble of two hosts that runs for long
    background -c "quantum 1ms; $two $(bare a one)$(bare b two) start; echo started; run 1000s"
    within 20 says '^started$'
    guests_run
}

fails() { # DESCRIPTION PATTERN...
    local description=$1
    shift
    join
    check "$description" ended 3 "$@"
    check "$description: nothing is left there" within 15 no_qemus
}

# shellcheck disable=SC2046
{
    running
    kill -9 "$(agents | head -n 1)"
    fails 'an agent dies' '(one|two): the connection is lost: the command (was killed|ended, exit status 137)'
    running
    check 'an agent is not the child of an sshd that outranks it' test "$(ps -o comm= -p "$(fronts | head -n 1)")" = metronome-front
    kill -9 "$(fronts | head -n 1)"
    fails "an agent's front dies" '(one|two): the connection is lost: '
    check "an agent's front dies: its agent, too" within 5 no_agents
    running
    kill -9 "$(qemus | tail -n 1)"
    fails 'a QEMU over there dies' 'host (one|two): node [ab]: QEMU ended, killed by signal 9'
    running
    session=$(pgrep -P "$(<"$ssh_dir/server/pid")" | head -n 1)
    kill -9 "$session" $(pgrep -P "$session" sshd)
    fails 'a connection is lost' 'host (one|two): the connection is lost: '
    running
    stopped=$(agents | tail -n 1)
    kill -STOP "$stopped"
    join
    check 'an agent is silent' ended 3 'host (one|two): the connection is lost: nothing was heard for 10 s'
    kill -CONT "$stopped"
    check 'an agent is silent: when it wakes it ends' within 15 no_qemus
    running
    kill -STOP "$pid"
    check 'the controller is silent: its agents end' within 20 no_agents
    check 'the controller is silent: their QEMUs end' within 5 no_qemus
    kill -CONT "$pid"
    join
    check 'the controller is silent: it says so when it wakes' ended 3 'host (one|two): the connection is lost'
    running
    kill -INT "$pid"
    join
    check 'Ctrl-C' ended 130
    check 'Ctrl-C: nothing is left there' within 5 no_qemus
    background --report "$dir/together" -c "quantum 100us; $two $(bare a one | sed 's/sleep=off/sleep=on/')
        $(bare b two | sed 's/sleep=off/sleep=on/') link add a b latency=2ms; start; echo started; run 1000s"
    within 20 says '^started$'
    guests_run # so that it is somewhere in a grant; whether it is does not matter
    kill -INT "$pid"
    join
    check 'Ctrl-C in a grant of many quanta, sleep=on' ended 130
    check 'Ctrl-C in a grant of many quanta: all stand at one barrier' \
        test "$(grep -oE '"virtual_ns": *[0-9]+' "$dir/together/report.json" | sort | uniq -c | awk '{ print $1 }')" = 3
    running
    kill -9 "$pid"
    join 2>/dev/null
    check 'the controller is killed: its agents end' within 5 no_agents
    check 'the controller is killed: their QEMUs end' within 5 no_qemus
}

stop_sshd
done_testing
