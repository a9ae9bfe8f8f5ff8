#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# metronome without privileges, and with a requested rank: the output always reports missed
# boundaries. As root, the test runs metronome as another user. Prints TAP, takes some seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=16M nic=off icount=shift=0,sleep=off'

# The other user must be able to read the program and the guests, and must own the folders.
cp -L "$metronome" "$dir/metronome"
mkdir "$dir/guest" "$dir/home" "$dir/reports"
cp "$guest"/{count,idle}-aarch64.elf "$dir/guest"
become=(env -u METRONOME_RANK HOME="$dir/home")
if [[ $(id -u) -eq 0 ]]; then
    user=$(id -u nobody)
    chmod 711 "$dir"
    chmod -R a+rX "$dir/metronome" "$dir/guest"
    chown -R "$user:$user" "$runtime" "$dir/home" "$dir/reports"
    become+=(setpriv "--reuid=$user" "--regid=$user" --clear-groups --inh-caps=-all --bounding-set=-all)
fi

# run_as REPORT COMMANDS: runs metronome without any privilege and without RLIMIT_RTPRIO.
run_as() {
    local report=$1
    status=0
    (
        ulimit -r 0
        cd "$dir"
        timeout -k 5 100 "${become[@]}" "$dir/metronome" --report "$dir/reports/$report" -c "$2" \
            </dev/null >"$dir/out" 2>"$dir/err"
    ) || status=$?
    report=$dir/reports/$report/report.json
    missed=$(number missed "$report") || missed=none
    barriers=$(number barriers "$report") || barriers=none
}

# past REPORT: prints the most ns that any node executed past a boundary or a stop.
past() {
    tr -d ' \n' <"$1" | grep -oE '"overshoot_ns":\{[^}]*\}' | grep -oE '"max":-?[0-9]+' | cut -d: -f2 | sort -n | tail -n 1
}

# honest REPORT: exit status 4 if and only if a boundary was missed or a stop was late (best effort
# does not count those, and its output states this); no other failure.
honest() {
    local report=$1/report.json lost=no
    [[ $missed == 0 ]] || lost=yes
    grep -q '"mode": *"best effort"' "$report" || [[ $(past "$report") == 0 ]] || lost=yes
    if [[ $lost == no ]]; then
        [[ $status -eq 0 ]] && ! says 'exactness was lost'
    else
        [[ $status -eq 4 ]] && says 'exactness was lost: [1-9][0-9]* missed boundaries, late stops or late packets'
    fi
}

# An exact run has the exact icount. A run that was not exact must not claim exactness.
counted() {
    local icount
    icount=$(number icount "$dir/reports/$1/report.json")
    [[ $missed != 0 || $status -eq 4 || $icount -eq $2 ]]
}

owner_is_not_root() {
    [[ $(id -u) -ne 0 || $(stat -c %u "$dir/reports/$1/report.json") -ne 0 ]]
}

unprivileged() {
    local from=${EPOCHREALTIME/./}
    run_as many "quantum 50us; node add a $small kernel=$dir/guest/count-aarch64.elf; start; barrier 20000; time; stats"
    echo "# 20000 barriers at 50 us: exit status $status, missed $missed, $(((${EPOCHREALTIME/./} - from) / 1000)) ms"
    check 'unprivileged: runs as somebody else' owner_is_not_root many
    check 'unprivileged: the mode is said' says 'mode unprivileged'
    check 'unprivileged: in the report, too' grep -qE '"mode": *"unprivileged"' "$dir/reports/many/report.json"
    check 'unprivileged: 20000 barriers' test "$barriers" -eq 20000
    check 'unprivileged: exit 4 if and only if something was missed' honest "$dir/reports/many"
    check 'unprivileged: without a miss, instructions are virtual time' counted many 1000000000

    run_as pair "quantum 1ms; node add a $small kernel=$dir/guest/count-aarch64.elf
        node add i $small kernel=$dir/guest/idle-aarch64.elf; start; barrier 100; run 333ns; time"
    echo "# 100 barriers at 1 ms, busy and idle: exit status $status, missed $missed"
    check 'unprivileged: busy and idle together' honest "$dir/reports/pair"
    check 'unprivileged: and to the nanosecond' counted pair 100000333
    run_as bad 'quantum 1ms; assert quantum == 2ms'
    check 'unprivileged: a failed assert is exit 1' test "$status" -eq 1
}

# A QEMU whose main thread has no higher priority than its vCPU, on one CPU: either thread may run
# first, and stops are late.
crowded() {
    local report=$dir/crowd
    printf '#!/bin/sh\nexec chrt --idle 0 qemu-system-aarch64 "$@"\n' >"$dir/idle-qemu"
    chmod +x "$dir/idle-qemu"
    (
        taskset -cp "$(taskset -cp "$BASHPID" | grep -oE '[0-9]+$')" "$BASHPID" >"$dir/taskset"
        METRONOME_RANK=unprivileged mtr --report "$report" -c "quantum 50us
            node add a qemu=$dir/idle-qemu $small kernel=$guest/count-aarch64.elf; start; barrier 4000; time"
        exit "$status"
    ) && status=0 || status=$?
    missed=$(number missed "$report/report.json") || missed=none
    echo "# all on one CPU: exit status $status, missed $missed, past $(past "$report/report.json")"
    check 'unprivileged, all on one CPU: what was lost is said' honest "$report"
    check 'unprivileged, all on one CPU: something was' test "$status" -eq 4
}

# A user may request a rank below the possible one, but no rank above.
wishes() {
    local text="quantum 100us; node add a $small kernel=$guest/count-aarch64.elf; start; barrier 2000; time"
    METRONOME_RANK=unprivileged mtr --report "$dir/wish1" -c "$text"
    missed=$(number missed "$dir/wish1/report.json") || missed=none
    echo "# METRONOME_RANK=unprivileged: exit status $status, missed $missed"
    check 'METRONOME_RANK=unprivileged: the mode is said' says 'mode unprivileged'
    check 'METRONOME_RANK=unprivileged: exit 4 if and only if something was missed' honest "$dir/wish1"

    METRONOME_RANK=best-effort mtr --report "$dir/wish2" -c "$text; stats"
    missed=$(number missed "$dir/wish2/report.json") || missed=none
    echo "# METRONOME_RANK=best-effort: exit status $status, missed $missed"
    check 'METRONOME_RANK=best-effort: the mode is said' says 'mode best effort'
    check 'METRONOME_RANK=best-effort: in the report, too' grep -qE '"mode": *"best effort"' "$dir/wish2/report.json"
    check 'METRONOME_RANK=best-effort: missed boundaries are still exit 4' honest "$dir/wish2"
    check 'METRONOME_RANK=best-effort: 2000 barriers' test "$(number barriers "$dir/wish2/report.json")" -eq 2000

    METRONOME_RANK=royal mtr -c 'echo on'
    check 'METRONOME_RANK=royal: a warning with the valid ones' ended 0 "METRONOME_RANK='royal' is not strict, " '^on$'
    become+=(env METRONOME_RANK=strict)
    run_as strict "node add a $small kernel=$dir/guest/count-aarch64.elf; start; barrier 10; time"
    check 'METRONOME_RANK=strict does not give what is not there' says 'mode unprivileged'
}

unprivileged
crowded
wishes
done_testing
