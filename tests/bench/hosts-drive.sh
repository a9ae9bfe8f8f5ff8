# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced behind lib.sh, sshd.sh and drive.sh by the benches of other hosts: a metronome with agents on this machine,
# behind a real sshd, which have one CPU each, in turn.
# shellcheck disable=SC2034,SC2154
hosts=0 answer=''

# As drive.sh's, and sshd with all that it started.
at_end() {
    finish
}

# open_on HOSTS ssh|tcp: a metronome with that many hosts, h1 and so on; with none, `on` gives no host.
open_on() {
    local i
    hosts=$1
    open_metronome
    for ((i = 1; i <= hosts; i++)); do
        say "$(host "h$i" cpus=$(((i - 1) % $(nproc))) line="${2/ssh/stdio}")"
    done
}

# on NUMBER: where a node is to be.
on() {
    [[ $hosts -eq 0 ]] || echo " host=h$1"
}

# bare NAME GUEST NUMBER [OPTION...]: a guest without a system, on a host.
bare() {
    echo "node add $1 kernel=$guest/$2-aarch64.elf memory=32M icount=shift=0,sleep=off ${*:4}$(on "$3")"
}

# ask COMMAND: $answer is what it prints. Not in a subshell: that does not have the pipes.
ask() {
    local text
    answer=
    say "$1" 'echo so far'
    while IFS= read -r -u "$out" text; do
        [[ $text != *'"so far\n"'* ]] || return 0
        answer+=$text$'\n'
    done
}

# meet_always: what is never true has to be looked at after every quantum.
meet_always() {
    local answer
    ask 'break when time >= 1000s'
}
