# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: metronome on a real terminal (a private tmux), keys for the terminal, and
# checks of its screen.
# shellcheck disable=SC2154

export TMUX_TMPDIR=$dir INPUTRC=/dev/null
unset TMUX NO_COLOR

terminals=0
tm() {
    tmux -L "terminal$terminals" -f /dev/null "$@"
}

width=150

gone() {
    ! tm has-session 2>/dev/null
}

# Each terminal has a tmux of another name, because a tmux needs time to end.
another_terminal() {
    tm kill-server 2>/dev/null || true
    within 5 gone
    terminals=$((terminals + 1))
}

# terminal [-e VARIABLE=VALUE]... [--] [ARGUMENT...]: starts metronome on a new terminal. After
# metronome's end the terminal shows the exit status and the terminal modes that metronome left. A
# busy host may cost exactness, so tests accept exit status 4 like 0 here.
#
# A metronome with sanitizers does not search for leaks here. That search stops the threads by
# signals. A terminal that disappears sends SIGCONT, which continues the threads, so the search
# would wait for ever. Runs over a pipe do search.
terminal() {
    local -a variables=()
    while [[ ${1:-} == -e ]]; do
        variables+=("$2")
        shift 2
    done
    [[ ${1:-} != -- ]] || shift
    another_terminal
    # shellcheck disable=SC2016
    tm new-session -d -x "$width" -y 50 \
        bash --norc -c '"$@"; echo "status $?"; stty -a; exec cat' bash env "ASAN_OPTIONS=detect_leaks=0" \
        "${variables[@]}" "$metronome" "$@"
    # Waits for the prompt: an earlier Ctrl-C would reach the shell too.
    within 10 shown '^metronome>' || true
}

# screen: prints the screen; a line that is wider than the terminal is printed as one line.
screen() {
    tm capture-pane -p -J -S - 2>/dev/null | sed 's/ *$//'
}

# last: prints the last line of the screen.
last() {
    screen | sed '/^$/d' | tail -n 1
}

type_text() {
    tm send-keys -l -- "$1"
}

key() {
    tm send-keys "$@"
}

line() {
    type_text "$1"
    key Enter
}

# look: saves the screen as the output that a failed check prints.
look() {
    screen | sed '/^$/d' >"$dir/out"
    : >"$dir/err"
}

shown() {
    look
    grep -qE -e "$1" "$dir/out"
}

stands() {
    [[ $(last) =~ ^$1$ ]]
}

# shows DESCRIPTION PATTERN: checks that a line of the screen matches, now or within 10 s.
shows() {
    check "$1" within 10 shown "$2"
}

# at DESCRIPTION PATTERN: checks that the last line of the screen matches, now or within 10 s.
at() {
    local description=$1
    look
    check "$description" within 10 stands "$2"
}

paused() {
    echo "metronome [0-9.]+s paused>"
}

# completes TYPED LINE: checks that the tab key completes TYPED to LINE.
completes() {
    key C-u
    type_text "$1"
    key Tab
    at "completes '${1/"$dir"/DIR}'" "metronome.*> $2"
}

# controller: prints metronome's process id.
controller() {
    pgrep -P "$(tm display -p '#{pane_pid}')" -x metronome
}
