# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by tests/scenario/test-*.sh: TAP, runs of metronome with a private runtime folder, and the proof at the end
# that nothing of them is left.
#
# environment: BUILD, the output folder (default: build); KEEP=1 keeps the temporary folder; METRONOME_QEMU_DIR, a folder
# with the QEMU to test with (default: that of PATH); TEST_PATIENCE, how many times as long as usual to wait for what has
# to happen (default: 1); BRIEF=1 leaves out what varies a theme, in those that take long.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${BUILD:-build}")
metronome=$build/metronome
# shellcheck disable=SC2034
guest=$build/guest
# A guest's command waits with it for 0.8 s of its uptime, some 0.9 s of virtual time, which no kernel takes to boot: so its
# traffic begins at the same time whatever kernel it has.
# shellcheck disable=SC2034
settled='while grep -q ^0.[0-7] /proc/uptime; do sleep 0.01; done'
dir=$(mktemp -d "${TMPDIR:-/tmp}/mtr-test.XXXXXX")
runtime=$dir/run
mkdir -m 700 "$runtime"
export XDG_RUNTIME_DIR=$runtime XDG_STATE_HOME=$dir/state LC_ALL=C
[[ -z ${METRONOME_QEMU_DIR:-} ]] || PATH=$(realpath "$METRONOME_QEMU_DIR"):$PATH
unset METRONOME_RANK
# Inherited by every process of this test, however it was started and whoever its parent is.
export METRONOME_TEST=$dir
count=0 failed=0 status=0 pid=0
patience=${TEST_PATIENCE:-1}

# The ids of all processes of this test, but for its own shell, which got the mark too late to show it.
processes() {
    local file
    for file in $(env -u METRONOME_TEST grep -lsxzF "METRONOME_TEST=$dir" /proc/[0-9]*/environ || true); do
        file=${file%/environ}
        echo "${file#/proc/}"
    done
}

# A child that gets a signal before it has begun does what is trapped here, too: what is the test's is not its own.
finish() {
    local left
    [[ $BASHPID -eq $$ ]] || return 0
    ! declare -F stop_sshd >/dev/null || stop_sshd
    left=$(processes)
    # shellcheck disable=SC2086
    [[ -z $left ]] || kill -9 $left 2>/dev/null || true
    wait
    if [[ ${KEEP:-} ]]; then
        echo "# kept $dir"
    else
        rm -rf "$dir"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check DESCRIPTION COMMAND...: one line of TAP; what the last run said follows a failure.
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

# within SECONDS COMMAND...: tries again until it succeeds.
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

# mtr ARGUMENT...: runs metronome to its end, on the CPU $on_cpu if that is set; sets $status, fills $dir/out and $dir/err.
mtr() {
    status=0
    timeout -k 5 "$((${limit:-60} * patience))" ${on_cpu:+taskset -c "$on_cpu"} "$metronome" "$@" \
        <"${input:-/dev/null}" >"$dir/out" 2>"$dir/err" || status=$?
}

# commands TEXT: runs commands; the shortest way to a node is in $count_node and the like.
commands() {
    mtr -c "$1"
}

# background ARGUMENT...: starts metronome; sets $pid. `join` waits for its end.
background() {
    # At once, not when the child gets to it: nobody is to find in them what the last run said.
    : >"$dir/out" 2>"$dir/err"
    # What bash starts in the background would ignore Ctrl-C, and what nohup starts SIGHUP.
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

# says PATTERN...: each matches a line of what the last run printed.
says() {
    local pattern
    for pattern; do
        grep -qE -e "$pattern" "$dir/out" "$dir/err" || return 1
    done
}

# ended STATUS [PATTERN...]: the last run ended with this exit status and said all of this.
ended() {
    [[ $status -eq $1 ]] || return 1
    shift
    says "$@"
}

# expect DESCRIPTION STATUS COMMANDS [PATTERN...]
expect() {
    local description=$1 wanted=$2
    commands "$3"
    shift 3
    check "$description" ended "$wanted" "$@"
}

# shellcheck source=tests/plugin/choose.sh
source tests/plugin/choose.sh

# qemus: ids of the QEMUs that metronome launched in this test.
qemus() {
    local id
    for id in $(processes); do
        if grep -qsa mtr-qmp "/proc/$id/cmdline"; then
            echo "$id"
        fi
    done
}

# janitors: ids of the processes that tidy up behind controllers of this test.
janitors() {
    local id
    for id in $(processes); do
        if [[ $(cat "/proc/$id/comm" 2>/dev/null) == metronome-tidy ]]; then
            echo "$id"
        fi
    done
}

# kill_untidied: kill -9 of the metronome in the background and of its janitors. These first: none gets to do anything.
kill_untidied() {
    local tidy
    mapfile -t tidy < <(janitors)
    kill -9 "${tidy[@]}" "$pid"
    join 2>/dev/null
}

# user_ticks: of CPU time that QEMUs of this test have taken in user mode; $foreign is one of them.
user_ticks() {
    local id
    for id in $(qemus) ${foreign:-}; do
        sed 's/.*) //' "/proc/$id/stat" 2>/dev/null || true
    done | awk '{ sum += $12 } END { print sum + 0 }'
}

busier() {
    [[ $(user_ticks) -ge $1 ]]
}

# guests_run: amid a run. Nothing but guests that execute takes so much of the CPU.
guests_run() {
    within 20 busier $(($(user_ticks) + 5))
}

# qemu_of NODE: id of its QEMU.
qemu_of() {
    local id
    for id in $(qemus); do
        if grep -qsaz "^guest=$1," "/proc/$id/cmdline"; then
            echo "$id"
        fi
    done
}

# first_cpu, last_cpu: of those that this test may use; it may be one.
first_cpu() {
    taskset -cp $$ | sed 's/.*: //; s/[-,].*//'
}

last_cpu() {
    taskset -cp $$ | sed 's/.*[-, ]//'
}

# A port that nobody listens on, and that another test, which runs at the same time, hardly takes.
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
    [[ -z $(find "$runtime" -mindepth 1 -maxdepth 1 -name 'metronome-*') ]]
}

no_fifos() {
    [[ -z $(find "$runtime" -type p) ]]
}

# repeats FILE: what the last run printed is in FILE, but for what it said of host time.
repeats() {
    cmp <(grep -v ' of host time' "$dir/out") <(grep -v ' of host time' "$1")
}

# number KEY FILE: the first number behind "KEY": in a report.
number() {
    grep -oE "\"$1\": *-?[0-9]+" "$2" | head -n 1 | grep -oE -- '-?[0-9]+$'
}

# text KEY FILE: all values of a key of a report.
text() {
    grep -oE "\"$1\": *\"[^\"]*\"" "$2"
}

# At the end of each test: nothing is left of it.
done_testing() {
    check 'no QEMU is left' within 5 no_qemus
    check 'no process is left' within 5 no_processes
    check 'no runtime folder is left' within 5 no_folders
    echo "1..$count"
    [[ $failed -eq 0 ]]
}
