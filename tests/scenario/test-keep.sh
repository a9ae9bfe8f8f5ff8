#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The user's files stay unchanged: a sweep removes only the remains of dead controllers and agents.
# No QEMU outlives its controller, for any way to start the QEMU and any process that is killed.
# Prints TAP, takes about half a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=16M nic=off icount=shift=0,sleep=off'
count_node="$small kernel=$guest/count-aarch64.elf"

# --- the sweep

# foreign FOLDER: fills the folder with things that resemble a run directory, each with a file of
# the user.
foreign() {
    local name
    for name in metronome-data metronome-report metronome-ABC123 metronome-LOCKED .metronome-XXXXXX .metronome-MAKING \
        metronome-LOCK01 metronome-LOCK02 metronome-longer-name other; do
        mkdir -m 700 "$1/$name"
        echo "of $name" >"$1/$name/f"
    done
    : >"$1/metronome-ABC123/lock" # as an older version left it
    : >"$1/metronome-LOCKED/lock"
    echo 'my own lock' >"$1/metronome-LOCK01/lock"
    printf 'metronome run directory\nformat 1\nname metronome-ANOTHR\n' >"$1/metronome-LOCK02/lock"
    : >"$1/.metronome-MAKING/lock"
    ln -s other "$1/metronome-LINKED"
    echo file >"$1/metronome-AFILE1"
    mkdir -m 700 "$1/metronome-EMPTY1" "$1/.metronome-EMPTY2"
    find "$1" -mindepth 1 -exec touch -h -d '-1 hour' {} +
}

# picture FOLDER: prints everything in the folder, with contents.
picture() {
    (cd "$1" && find . -mindepth 1 -printf '%p %y %m %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

# dead FOLDER NAME: makes the remains of a controller that was killed.
dead() {
    mkdir -m 700 "$1/$2" "$1/$2/0"
    printf 'metronome run directory\nformat 1\nname %s\nversion 0.1.0\npid 1\n' "$2" >"$1/$2/lock"
    chmod 600 "$1/$2/lock"
    echo stderr >"$1/$2/0/stderr"
    mkfifo "$1/$2/0/n"
    ln -s "$1/other" "$1/$2/0/link"
}

no_dead() {
    ! compgen -G "$1/metronome-DEAD*" >/dev/null
}

# sweeps DESCRIPTION FOLDER COMMAND...: the command's sweep removes exactly the dead directories
# from the folder.
sweeps() {
    local description=$1 folder=$2 before
    shift 2
    before=$(picture "$folder")
    dead "$folder" metronome-DEAD01
    dead "$folder" metronome-DEAD02
    "$@"
    check "$description: it ran" test "$status" -eq 0
    check "$description: the dead ones are gone" no_dead "$folder"
    check "$description: all else is as it was" same "$before" "$(picture "$folder")"
}

same() {
    [[ $1 == "$2" ]] || ! diff <(echo "$1") <(echo "$2") | sed 's/^/# /'
}

in_tmp() {
    XDG_RUNTIME_DIR='' TMPDIR=$dir/tmp mtr --report "$dir/tmp/metronome-report" -c 'echo 1'
}

agent_sweeps() {
    mtr -c "host add x command=\"env XDG_RUNTIME_DIR=$dir/agent $metronome agent --stdio\"; host list"
}

sweep() {
    mkdir "$dir/tmp" "$dir/agent"
    foreign "$runtime"
    foreign "$dir/tmp"
    foreign "$dir/agent"
    exec 5<"$runtime/metronome-LOCKED/lock"
    flock -n 5
    sweeps 'XDG_RUNTIME_DIR' "$runtime" mtr -c 'echo 1'
    rm -r "$dir/tmp/metronome-report"
    sweeps 'TMPDIR' "$dir/tmp" env_status in_tmp
    sweeps "an agent's" "$dir/agent" agent_sweeps
    exec 5<&-
    mtr --log info -c 'echo 1'
    check 'what an older version may have left is told at level info' \
        ended 0 "info: .*left '$runtime/metronome-ABC123' alone"
    mtr -c 'echo 1'
    check 'and not else' not says 'alone'
    rm -r "${runtime:?}"/* "$runtime"/.metronome-*
}

env_status() {
    "$@"
    rm -r "$dir/tmp/metronome-report"
}

# --- processes

# wrapper NAME LINE...: writes a script for qemu=.
wrapper() {
    local name=$1
    shift
    printf '%s\n' '#!/bin/sh' "$@" >"$dir/$name"
    chmod +x "$dir/$name"
}

# ours: prints the ids of the test's QEMUs and helpers, including processes without our mark in
# their environment.
ours() {
    grep -lsaE "$runtime/[m]etronome-" /proc/[0-9]*/cmdline | grep -oE '[0-9]+' || true
}

none_of_ours() {
    [[ -z $(ours) ]] && no_processes
}

# begin ARGUMENT...: starts metronome, and waits until it waits for a gdb.
begin() {
    background "$@"
    within 20 says '^target remote'
}

wrappers() {
    local name
    # shellcheck disable=SC2016
    {
        wrapper child 'qemu-system-aarch64 "$@"'
        wrapper behind 'qemu-system-aarch64 "$@" &' 'wait'
        wrapper session 'setsid qemu-system-aarch64 "$@" &' 'wait'
        wrapper bare 'env -i PATH="$PATH" setsid qemu-system-aarch64 "$@" &' 'wait'
        wrapper daemon 'exec qemu-system-aarch64 -daemonize "$@"'
    }
    for name in child behind session bare daemon; do
        limit=30 mtr --qemu "$dir/$name" -c "node add a $count_node; start; echo up; node remove a; echo removed"
        check "qemu=$name: nothing is left at the end" within 5 none_of_ours
    done
    for name in child behind session bare; do
        METRONOME_RANK=best-effort mtr --qemu "$dir/$name" -c \
            "node add a $count_node; node add b $count_node; start; echo up"
        check "qemu=$name: started" says '^up$'
        check "qemu=$name: nothing is left at the end" within 5 none_of_ours
        check "qemu=$name: kill -9 of the controller" begin --qemu "$dir/$name" -c \
            "node add a $count_node; start; gdb a wait=on"
        kill -9 "$pid"
        join 2>/dev/null
        check "qemu=$name: kill -9 of the controller: nothing is left" within 5 none_of_ours
        check "qemu=$name: kill -9 of the controller: no folder" within 5 no_folders
    done
    begin --qemu "$dir/session" -c "node add a $count_node; start; gdb a wait=on"
    kill_untidied
    check 'kill -9 of controller and janitor: a QEMU that left its group runs on' test -n "$(ours)"
    mtr -c 'echo next'
    check 'the next start ends it' within 5 none_of_ours
    check 'and removes the folder' no_folders
}

if [[ ${PARTS:-} ]]; then
    for part in $PARTS; do
        $part
    done
else
    sweep
    wrappers
fi
done_testing
