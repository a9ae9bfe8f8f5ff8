# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by tests/scenario/test-gdb*.sh after lib.sh: metronome with gdb endpoints, and the clients
# of these endpoints.

# debugger NAME COMMAND...: runs gdb on the endpoint NAME; the output goes to $dir/gdb.NAME.
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

# heard NAME PATTERN...: each pattern matches a line of that gdb's output.
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

# raw NAME STEP...: sends packets to the endpoint NAME, or to the endpoint at a port
# (tests/helper/gdb-raw.c). The answers go to $dir/gdb.NAME.
raw() {
    local name=$1 address=$dir/$1.sock
    shift
    [[ ! $name =~ ^[0-9]+$ ]] || address=$name
    timeout -k 5 100 "$build/tests/helper/gdb-raw" "$address" "$@" >"$dir/gdb.$name" 2>&1 </dev/null
}

# said NAME LINE...: the output of `raw NAME` is exactly these lines.
said() {
    local name=$1
    shift
    if ! diff <(printf '%s\n' "$@") "$dir/gdb.$name" >"$dir/diff"; then
        sed 's/^/# /' "$dir/diff"
        return 1
    fi
}

# monitor TEXT: prints the packet for gdb's `monitor TEXT`.
monitor() {
    echo "qRcmd,$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')"
}

# session COMMANDS: starts metronome in the background, with endpoints at $dir/NAME.sock.
session() {
    rm -f "$dir"/*.sock
    background -c "$1"
}

# driven COMMANDS: starts metronome in the background with $arguments. This metronome reads further
# commands: `drive COMMANDS` sends them, `drive` without commands ends the input.
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

# without_drive COMMAND...: runs a command without the input pipe of `drive`. For a subshell that
# lives longer than `drive`, which would keep the pipe open.
without_drive() {
    [[ -z ${commands:-} ]] || exec {commands}>&-
    "$@"
}

is_there() {
    [[ -S $dir/$1.sock ]]
}

# listens PORT: whether a process listens on the port.
listens() {
    local hex
    printf -v hex '%04X' "$1"
    grep -qi ":$hex .* 0A " /proc/net/tcp
}
