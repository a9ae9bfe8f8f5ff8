# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced behind lib.sh: metronome on a real terminal (a private tmux), what is typed there, and what it shows.
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

# A tmux that is told to end takes its time: the next one has another name.
another_terminal() {
    tm kill-server 2>/dev/null || true
    within 5 gone
    terminals=$((terminals + 1))
}

# terminal [-e VARIABLE=VALUE]... [--] [ARGUMENT...]: metronome on a new terminal. When it has ended, the terminal shows
# its exit status and the modes that it left behind. A busy host may cost exactness, so 4 is as good as 0 here.
#
# Built with sanitizers it looks for no leaks here: that search stops the threads by signals, and a terminal that goes
# away sends SIGCONT, which takes them back, so that the search waits for ever. Over a pipe it does look.
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
    # A Ctrl-C before it reads would be for the shell as well.
    within 10 shown '^metronome>' || true
}

# Where a line of it was longer than the terminal is wide, it is one all the same.
screen() {
    tm capture-pane -p -J -S - 2>/dev/null | sed 's/ *$//'
}

# Its last line.
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

# What the tests fail with: the screen.
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

# shows DESCRIPTION PATTERN: a line of the screen matches, now or soon.
shows() {
    check "$1" within 10 shown "$2"
}

# at DESCRIPTION PATTERN: so the last line is, now or soon.
at() {
    local description=$1
    look
    check "$description" within 10 stands "$2"
}

paused() {
    echo "metronome [0-9.]+s paused>"
}

# completes TYPED LINE: the tab key makes the line of what was typed.
completes() {
    key C-u
    type_text "$1"
    key Tab
    at "completes '${1/"$dir"/DIR}'" "metronome.*> $2"
}

# metronome's own id
controller() {
    pgrep -P "$(tm display -p '#{pane_pid}')" -x metronome
}
