# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by tests/scenario/test-*.sh: TAP output, runs of metronome with a private runtime folder,
# and a check at the end of each test that no process and no folder of the test is left.
#
# environment:
# BUILD: the output folder (default: build).
# KEEP=1: keeps the temporary folder.
# METRONOME_QEMU_DIR: a folder with the QEMU to test with (default: that of PATH).
# TEST_PATIENCE: multiplies the times that tests wait for an event (default: 1).
# BRIEF=1: leaves out the variants of a test case in tests that take long.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${BUILD:-build}")
metronome=$build/metronome
# shellcheck disable=SC2034
guest=$build/guest
# Shell text that waits in a guest until 0.8 s of the guest's uptime, some 0.9 s of virtual time. No
# kernel boots longer, so the guest's traffic begins at the same time with any kernel.
# shellcheck disable=SC2034
settled='while grep -q ^0.[0-7] /proc/uptime; do sleep 0.01; done'
dir=$(mktemp -d "${TMPDIR:-/tmp}/mtr-test.XXXXXX")
runtime=$dir/run
mkdir -m 700 "$runtime"
memory=$(mktemp -d /dev/shm/mtr-test.XXXXXX)
chmod 1777 "$memory"
export METRONOME_MEMORY_DIR=$memory XDG_RUNTIME_DIR=$runtime XDG_STATE_HOME=$dir/state LC_ALL=C
[[ -z ${METRONOME_QEMU_DIR:-} ]] || PATH=$(realpath "$METRONOME_QEMU_DIR"):$PATH
unset METRONOME_RANK
# A mark that every process of this test inherits, however the process was started and whatever its
# parent is.
export METRONOME_TEST=$dir
count=0 failed=0 status=0 pid=0
patience=${TEST_PATIENCE:-1}

# processes: prints the ids of all processes of this test, except its own shell, whose environment
# in /proc does not have the mark.
processes() {
    local file
    for file in $(env -u METRONOME_TEST grep -lsxzF "METRONOME_TEST=$dir" /proc/[0-9]*/environ || true); do
        file=${file%/environ}
        echo "${file#/proc/}"
    done
}

# finish runs only in the test's own shell: a child that gets a signal before its start runs the
# same traps.
finish() {
    local left
    [[ $BASHPID -eq $$ ]] || return 0
    ! declare -F stop_sshd >/dev/null || stop_sshd
    ! declare -F stop_slurm >/dev/null || stop_slurm
    left=$(processes)
    # shellcheck disable=SC2086
    [[ -z $left ]] || kill -9 $left 2>/dev/null || true
    wait
    rm -rf "$memory"
    if [[ ${KEEP:-} ]]; then
        echo "# kept $dir"
    else
        rm -rf "$dir"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check DESCRIPTION COMMAND...: prints one line of TAP. A failure is followed by the output of the
# last run.
check() {
    local description=$1
    shift
    count=$((count + 1))
    if "$@"; then
        echo "ok $count - $description"
    else
        failed=$((failed + 1))
        echo "not ok $count - $description"
        echo "# failed: $*; exit status of the last run: $status"
        tail -n 30 "$dir/out" 2>/dev/null | sed 's/^/# out: /'
        tail -n 30 "$dir/err" 2>/dev/null | sed 's/^/# err: /'
        processes | paste -sd, | xargs -r ps -o pid,ppid,stat,etime,wchan,args -p | sed 's/^/# runs: /' || true
    fi
}

# within SECONDS COMMAND...: repeats the command until it succeeds, for at most SECONDS times
# patience.
within() {
    local end=$((${EPOCHREALTIME/./} + $1 * patience * 1000000))
    shift
    until "$@"; do
        [[ ${EPOCHREALTIME/./} -lt $end ]] || return 1
        sleep 0.02
    done
}

brief() {
    [[ ${BRIEF:-} ]]
}

not() {
    ! "$@"
}

now_ms() {
    echo "$((${EPOCHREALTIME/./} / 1000))"
}

# mtr ARGUMENT...: runs metronome to its end, on the CPU $on_cpu if set. Sets $status, fills
# $dir/out and $dir/err.
mtr() {
    status=0
    timeout -k 5 "$((${limit:-60} * patience))" ${on_cpu:+taskset -c "$on_cpu"} "$metronome" "$@" \
        <"${input:-/dev/null}" >"$dir/out" 2>"$dir/err" || status=$?
}

# commands TEXT: runs metronome with these commands. A test's variable such as $count_node has the
# shortest options of a node.
commands() {
    mtr -c "$1"
}

# background ARGUMENT...: starts metronome; sets $pid. `join` waits for its end.
background() {
    # Empties both files before the child starts, so that no reader finds the output of the last
    # run.
    : >"$dir/out" 2>"$dir/err"
    # Default signals: bash makes its background processes ignore Ctrl-C, and nohup makes them
    # ignore SIGHUP.
    env --default-signal=INT,QUIT,HUP "$metronome" "$@" </dev/null >"$dir/out" 2>"$dir/err" &
    pid=$!
}

join() {
    status=0
    wait "$pid" || status=$?
}

# ends_within MILLISECONDS: waits for the end of the run; sets $took.
ends_within() {
    local from
    from=$(now_ms)
    within 30 not kill -0 "$pid" 2>/dev/null || kill -9 "$pid"
    took=$(($(now_ms) - from))
    join
    [[ $took -le $(($1 * patience)) ]]
}

# says PATTERN...: each pattern matches a line of the last run's output.
says() {
    local pattern
    for pattern; do
        grep -qE -e "$pattern" "$dir/out" "$dir/err" || return 1
    done
}

# ended STATUS [PATTERN...]: the last run ended with this exit status, and each pattern matches its
# output.
ended() {
    [[ $status -eq $1 ]] || return 1
    shift
    says "$@"
}

# expect DESCRIPTION STATUS COMMANDS [PATTERN...]: runs the commands, and checks `ended STATUS
# PATTERN...`.
expect() {
    local description=$1 wanted=$2
    commands "$3"
    shift 3
    check "$description" ended "$wanted" "$@"
}

# shellcheck source=tests/plugin/choose.sh
source tests/plugin/choose.sh

# qemus: prints the ids of the QEMUs that metronome launched in this test.
qemus() {
    local id
    for id in $(processes); do
        if grep -qsa mtr-qmp "/proc/$id/cmdline"; then
            echo "$id"
        fi
    done
}

# janitors: prints the ids of the processes that clean up after the controllers of this test.
janitors() {
    local id
    for id in $(processes); do
        if [[ $(cat "/proc/$id/comm" 2>/dev/null) == metronome-tidy ]]; then
            echo "$id"
        fi
    done
}

# kill_untidied: kills the metronome in the background and its janitors with SIGKILL. The janitors
# die first, so that none can clean up.
kill_untidied() {
    local tidy
    mapfile -t tidy < <(janitors)
    kill -9 "${tidy[@]}" "$pid"
    join 2>/dev/null
}

# user_ticks: prints the CPU time that the QEMUs of this test, $foreign included, have spent in user
# mode, in clock ticks.
user_ticks() {
    local id
    for id in $(qemus) ${foreign:-}; do
        sed 's/.*) //' "/proc/$id/stat" 2>/dev/null || true
    done | awk '{ sum += $12 } END { print sum + 0 }'
}

busier() {
    [[ $(user_ticks) -ge $1 ]]
}

# guests_run: waits during a run until the guests execute. Only executing guests use that much CPU
# time.
guests_run() {
    within 20 busier $(($(user_ticks) + 5))
}

# qemu_of NODE: prints the id of the node's QEMU; if a spare waits beside it, which is younger, that of
# the spare behind it.
qemu_of() {
    local id all=()
    for id in $(qemus); do
        if grep -qsaz "^guest=$1," "/proc/$id/cmdline"; then
            all+=("$id")
        fi
    done
    [[ ${#all[@]} -eq 0 ]] || ps -o pid= --sort=start_time -p "$(IFS=, && echo "${all[*]}")" | tr -d ' '
}

# first_cpu, last_cpu: print the first and the last CPU that this test may use. Both may be the same
# CPU.
first_cpu() {
    taskset -cp $$ | sed 's/.*: //; s/[-,].*//'
}

last_cpu() {
    taskset -cp $$ | sed 's/.*[-, ]//'
}

# free_port: prints a port that no process listens on, and that a test which runs at the same time
# is unlikely to choose.
free_port() {
    local one
    while one=$((20000 + RANDOM % 12000)) && (: <>"/dev/tcp/127.0.0.1/$one") 2>/dev/null; do
        :
    done
    echo "$one"
}

no_processes() {
    [[ -z $(processes) ]]
}

no_qemus() {
    [[ -z $(qemus) ]]
}

no_folders() {
    [[ -z $(find "$runtime" "$memory" -mindepth 1 -maxdepth 1 -name 'metronome-*') ]]
}

no_fifos() {
    [[ -z $(find "$runtime" "$memory" -type p) ]]
}

# repeats FILE: the last run's output equals FILE, except for the lines with host time.
repeats() {
    cmp <(grep -v ' of host time' "$dir/out") <(grep -v ' of host time' "$1")
}

# number KEY FILE: prints the first number that follows "KEY": in a report.
number() {
    grep -oE "\"$1\": *-?[0-9]+" "$2" | head -n 1 | grep -oE -- '-?[0-9]+$'
}

# text KEY FILE: prints all values of a key in a report.
text() {
    grep -oE "\"$1\": *\"[^\"]*\"" "$2"
}

# ring NODE NUMBER...: prints the command that adds a node with the payload `ring`. The numbers are
# its orders (guest-init/payloads/ring-aarch64.S).
ring() {
    local node=$1 at=$((0x40ffff80)) number loaders=''
    shift
    for number; do
        loaders+="-device loader,addr=$(printf 0x%x "$at"),data=$number,data-len=8 "
        at=$((at + 8))
    done
    echo "node add $node memory=64M icount=shift=0,sleep=off kernel=$guest/ring-aarch64.elf extra=\"$loaders\"; "
}

# done_testing: the last command of each test; checks that nothing of the test is left, and prints
# the TAP plan.
done_testing() {
    check 'no QEMU is left' within 5 no_qemus
    check 'no process is left' within 5 no_processes
    check 'no runtime folder is left' within 5 no_folders
    echo "1..$count"
    [[ $failed -eq 0 ]]
}
