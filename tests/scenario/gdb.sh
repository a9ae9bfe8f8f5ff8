# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by tests/scenario/test-gdb*.sh, behind lib.sh: metronome with gdb endpoints, and who attaches there.

# debugger NAME COMMAND...: gdb on the endpoint NAME; what it says goes to $dir/gdb.NAME.
debugger() {
    local name=$1 command
    local -a arguments=(-nx -batch -ex 'set confirm off' -ex 'set architecture aarch64' -ex 'set remotetimeout 20')
    shift
    [[ -z ${symbols:-} ]] || arguments+=("$symbols")
    arguments+=(-ex "target remote $dir/$name.sock")
    for command; do
        arguments+=(-ex "$command")
    done
    timeout -k 5 60 gdb-multiarch "${arguments[@]}" >"$dir/gdb.$name" 2>&1 </dev/null
}

# heard NAME PATTERN...: each matches a line of what that gdb said.
heard() {
    local name=$1 pattern
    shift
    for pattern; do
        if ! grep -qE -e "$pattern" "$dir/gdb.$name"; then
            sed "s/^/# gdb $name: /" "$dir/gdb.$name"
            echo "# wanted: $pattern"
            return 1
        fi
    done
}

# raw NAME STEP...: what the endpoint NAME, or that of a port, answers to packets (tests/helper/gdb-raw.c) goes to
# $dir/gdb.NAME.
raw() {
    local name=$1 address=$dir/$1.sock
    shift
    [[ ! $name =~ ^[0-9]+$ ]] || address=$name
    timeout -k 5 100 "$build/tests/helper/gdb-raw" "$address" "$@" >"$dir/gdb.$name" 2>&1 </dev/null
}

# said NAME LINE...: that is all that it said.
said() {
    local name=$1
    shift
    if ! diff <(printf '%s\n' "$@") "$dir/gdb.$name" >"$dir/diff"; then
        sed 's/^/# /' "$dir/diff"
        return 1
    fi
}

# monitor TEXT: the packet of gdb's `monitor TEXT`.
monitor() {
    echo "qRcmd,$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')"
}

# session COMMANDS: metronome in the background, with endpoints at $dir/NAME.sock.
session() {
    rm -f "$dir"/*.sock
    background -c "$1"
}

# driven COMMANDS: metronome in the background, with $arguments, which goes on reading commands: drive COMMANDS; drive: no
# more come.
arguments=()
driven() {
    rm -f "$dir"/*.sock "$dir/in"
    : >"$dir/out" 2>"$dir/err"
    mkfifo "$dir/in"
    env --default-signal=INT,QUIT "$metronome" "${arguments[@]}" <"$dir/in" >"$dir/out" 2>"$dir/err" &
    pid=$!
    exec {commands}>"$dir/in"
    drive "$1"
}

drive() {
    if [[ ${1:-} ]]; then
        echo "$1" >&"$commands"
    else
        exec {commands}>&-
        unset commands
    fi
}

# without_drive COMMAND...: in a subshell: so that what goes on longer than `drive` does not keep its end open.
without_drive() {
    [[ -z ${commands:-} ]] || exec {commands}>&-
    "$@"
}

is_there() {
    [[ -S $dir/$1.sock ]]
}

# listens PORT
listens() {
    local hex
    printf -v hex '%04X' "$1"
    grep -qi ":$hex .* 0A " /proc/net/tcp
}
