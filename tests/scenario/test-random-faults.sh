#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Kills or stops a process at a random moment of a run of two seconds: controller, QEMU, agent,
# supervisor of an agent, sshd, janitors. Nothing may be left afterwards (process, socket, folder,
# real-time thread), and the surviving metronome ends with the right exit code within 25 s. Prints
# TAP.
#
# environment: TRIALS, the number of trials (10, with BRIEF=1 5); SEED, the seed of the first trial, which is
# printed (trial N has SEED + N, so `TRIALS=1 SEED=…` repeats one trial).
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

trials=10
! brief || trials=5
trials=${TRIALS:-$trials} seed=${SEED:-$((RANDOM % 30000))}
within_s=25
node="kernel=$guest/count-aarch64.elf memory=16M nic=off icount=shift=0,sleep=off"

# --- the processes

of_name() { # NAME PARENT: ids of processes of this test with this name, children of PARENT, or (-PARENT) of others
    local id parent
    for id in $(processes); do
        [[ $(cat "/proc/$id/comm" 2>/dev/null) == "$1" ]] || continue
        parent=$(ps -o ppid= -p "$id" | tr -d ' ')
        if [[ $parent == "$2" || ($2 == -* && $parent != "${2#-}") ]]; then
            echo "$id"
        fi
    done
}

# victims KIND: prints the ids of the processes of that kind at this moment.
victims() {
    case $1 in
    controller) if kill -0 "$pid" 2>/dev/null; then echo "$pid"; fi ;;
    janitor) of_name metronome-tidy "$pid" ;;
    far-janitor) of_name metronome-tidy "-$pid" ;;
    qemu) qemus ;;
    agent) agents ;;
    front) of_name metronome-front -0 ;;
    sshd) pgrep -P "$(<"$ssh_dir/server/pid")" || true ;;
    esac
}

# right KIND SIGNAL: prints the right exit codes. 0 is right too if the run was over before.
right() {
    case $1-$2 in
    controller-KILL) echo 137 ;;
    controller-TERM) echo 130 143 0 ;; # 143: before it was up
    controller-STOP | front-STOP | janitor-* | far-janitor-*) echo 0 ;;
    qemu-STOP) echo 3 130 0 ;;
    *) echo 3 0 ;;
    esac
}

# --- one trial

# hit KIND SIGNAL: sends the signal to one process of the kind; false: no such process, or it has
# just ended.
hit() {
    local ids id
    mapfile -t ids < <(victims "$1")
    [[ ${#ids[@]} -gt 0 ]] || return 1
    id=${ids[RANDOM % ${#ids[@]}]}
    kill "-$2" "$id" 2>/dev/null || return 1
    [[ $2 != STOP ]] || stopped+=("$id")
    [[ $1-$2 != *janitor-KILL ]] || janitor_lost=1
    fault+="$2 $1 at $(($(now_ms) - since)) ms; "
    allowed+=" $(right "$1" "$2")"
}

ended_now() {
    ! kill -0 "$pid" 2>/dev/null
}

# thaw: continues stopped processes, like a user who finds them. A stopped QEMU stays stopped:
# metronome has to end it.
thaw() {
    local id
    for id in "${stopped[@]}"; do
        kill -CONT "$id" 2>/dev/null || true
    done
    stopped=()
}

# wait_for_end KIND SIGNAL: waits as long as the end may take.
wait_for_end() {
    if [[ $1-$2 == qemu-STOP ]]; then
        patience=1 within 8 ended_now || kill -TERM "$pid" 2>/dev/null || true
        # While metronome starts QEMUs, its main loop does not run. A second signal ends metronome
        # at once, without a report.
        patience=1 within 8 ended_now || { at_once=1 && kill -TERM "$pid" 2>/dev/null; } || true
    elif [[ $1-$2 == controller-STOP || $1-$2 == *janitor-STOP ]]; then
        sleep 2
        thaw
    fi
    within $within_s ended_now
}

# left_over: looks for processes, for sockets with a name of this test, and for sshd's own real-time
# threads.
left_over() {
    local found
    found=$(processes)
    [[ -z $found ]] || echo "processes: $(ps -o pid=,stat=,comm= -p "$(paste -sd, <<<"$found")" | paste -sd,)"
    found=$(grep -F "$dir/" /proc/net/unix | awk '{ print $NF }' || true)
    [[ -z $found ]] || echo "sockets: $found"
    found=$(ps -L -o cls=,comm= -p "$(<"$ssh_dir/server/pid")" | grep -v TS || true)
    [[ -z $found ]] || echo "real-time threads: $found"
}

nothing_left() {
    [[ -z $(left_over) ]]
}

folders() {
    find "$runtime" -mindepth 1 -maxdepth 1
}

# A folder may be left if no janitor was alive to remove it; the next start removes the folder. An
# incomplete folder must be old before it is removed.
folders_are_right() {
    [[ -n $(folders) ]] || return 0
    [[ $janitor_lost -eq 1 ]] || return 1
    find "$runtime" -mindepth 1 -maxdepth 1 -name '.*' -exec touch -d '-1 minute' {} +
    "$metronome" -c 'echo next' >/dev/null 2>&1 && [[ -z $(folders) ]]
}

# The report of a run that came to its end has the run's exit code.
report_is_right() {
    [[ $status -eq 137 || $status -eq 143 || $at_once -eq 1 ]] || [[ $(number exit_code "$dir/report/report.json") == "$status" ]]
}

kinds_local=(controller controller qemu qemu janitor)
kinds_hosts=(controller qemu agent agent front sshd sshd janitor far-janitor)
signals=(KILL KILL STOP TERM)

# trial N: sets $problem, empty if all is right, and $fault.
trial() {
    local kinds moment kind signal second text stopped=() janitor_lost=0 at_once=0 since allowed='' took
    RANDOM=$((seed + $1))
    fault='' problem=''
    if [[ $((RANDOM % 5)) -lt 2 ]]; then
        kinds=("${kinds_local[@]}")
        text="node add a $node; node add b $node"
    else
        kinds=("${kinds_hosts[@]}")
        text="$first node add a $node host=one; node add b $node"
    fi
    kind=${kinds[RANDOM % ${#kinds[@]}]}
    signal=${signals[RANDOM % ${#signals[@]}]}
    moment=$((RANDOM % 2500))
    second=$((RANDOM % 4))
    rm -rf "$dir/report"
    since=$(now_ms)
    background --report "$dir/report" -c "quantum 1ms; $text; start; run 2s pace=1.0"
    sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
    [[ -n $(victims janitor) ]] || janitor_lost=1 # it is not up yet, or it is over
    until hit "$kind" "$signal"; do
        # The process does not exist yet, or the run is over.
        if ended_now; then
            signal=none allowed=0
            break
        fi
    done
    if [[ $second -eq 0 && $signal == KILL ]]; then
        sleep "0.0$((RANDOM % 10))"
        hit "${kinds[RANDOM % ${#kinds[@]}]}" KILL || true
    fi
    wait_for_end "$kind" "$signal" || problem+="the controller has not ended; "
    thaw
    [[ -z $problem ]] || kill -KILL "$pid"
    join 2>/dev/null
    took=$(($(now_ms) - since))
    fault="${fault:-nothing to hit at $moment ms; }exit $status after $took ms"
    [[ " $allowed " == *" $status "* ]] || problem+="exit code $status, not one of $allowed; "
    within $within_s nothing_left || problem+="left: $(left_over | paste -sd' '); "
    within 5 folders_are_right || problem+="folders: $(folders | paste -sd' '); "
    report_is_right || problem+="the report says exit code $(number exit_code "$dir/report/report.json"); "
}

right_trial() {
    trial "$1"
    echo "# $((seed + $1)): $fault${problem:+: $problem}"
    [[ -z $problem ]]
}

start_sshd
check 'a real sshd listens' test -n "$fingerprint"
first=$(host one)
echo "# $trials trials, SEED=$seed"
for ((i = 0; i < trials; i++)); do
    check "trial $i" right_trial "$i"
done
stop_sshd
done_testing
