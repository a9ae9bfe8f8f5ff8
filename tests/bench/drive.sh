# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by tests/bench/*.sh: a metronome that is driven through a pipe, its runs timed by its own report of them.
#
# $prefix: words in front of metronome's command. $may_miss: if set, what is inexact is only counted, in $missed.
# environment: BUILD, the output folder (default: build).
# shellcheck disable=SC2034
build=${BUILD:-build}
guest=$build/guest
prefix=()
seconds=0 barriers=0 missed=0 may_miss='' pid='' in='' out=''

# at_end: may be replaced by one that ends more.
at_end() {
    [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
    wait
}

# open_metronome: $pid, and what say and run talk to.
open_metronome() {
    coproc METRONOME { exec "${prefix[@]}" "$build/metronome" --json 2>&1; }
    # shellcheck disable=SC2153
    pid=$METRONOME_PID out=${METRONOME[0]} in=${METRONOME[1]}
    trap at_end EXIT
}

# close_metronome: to its end; fails if it was inexact.
close_metronome() {
    local status=0
    say quit
    # What it says is not read any more, and is little.
    wait "$pid" || status=$?
    pid=''
    [[ $status -eq 0 || ($status -eq 4 && -n $may_miss) ]] || { echo "metronome ended with exit status $status" >&2 && exit "$status"; }
}

# say LINE...: commands; what comes back, if anything does, is an error to the next `run`.
say() {
    printf '%s\n' "$@" >&"$in"
}

# member KEY: of the JSON line in $line.
member() {
    sed -nE "s/.*\"$1\":\"?([^\",}]*).*/\1/p" <<<"$line"
}

# run COMMAND: sets seconds and barriers to what it took; 0 if no time had to pass.
run() {
    local line
    seconds=0 barriers=0
    say "$1" 'echo so far'
    while IFS= read -r -u "$out" line; do
        case $line in
        *'"event":"run"'*)
            seconds=$(member host_seconds) barriers=$(member barriers)
            missed=$((missed + $(member missed)))
            [[ $missed -eq 0 || -n $may_miss ]] || { echo "INEXACT: $line" >&2 && exit 4; }
            ;;
        *'"so far\n"'*) return ;;
        *': warn: '*) ;;
        *) echo "$line" >&2 && exit 1 ;;
        esac
    done
    echo "metronome ended" >&2
    exit 1
}

# timed DURATION: sets us, host us a barrier; a piece before it warms up.
timed() {
    run 'run 20ms'
    run "run $1"
    us=$(calc "$seconds * 1e6 / $barriers")
}

# --- figures

results=()

calc() {
    awk "BEGIN { printf \"%.4f\", $1 }"
}

median() {
    printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# result NAME VALUE RELATION GOAL TEXT: e.g. idle_us 1.2 '<=' 2 'what it is'.
result() {
    local verdict
    verdict=$(awk "BEGIN { print ($2 $3 $4) ? \"reached\" : \"NOT reached\" }")
    printf '%9.3f  (goal: %s %s, %s)  %s\n' "$2" "$3" "$4" "$verdict" "$5"
    results+=("\"$1\":$2")
}

figure() {
    printf '%9.3f  %s\n' "$2" "$3"
    results+=("\"$1\":$2")
}

# write_results FILE: what result and figure were given, as JSON.
write_results() {
    (IFS=, && echo "{${results[*]}}") >"$1"
}

# --- guests

# linux NAME NUMBER COMMAND [INITRAMFS]: the command that adds a guest with 10.0.0.NUMBER.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/${4:-initramfs.cpio.gz} memory=256M icount=shift=0,sleep=off \
append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24${3:+ run=\\\"$3\\\"}\""
}
