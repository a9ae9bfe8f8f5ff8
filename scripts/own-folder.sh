# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by scripts that fill a folder which the user names, and remove things in it before they do: it has to be new,
# or empty, or theirs from an earlier time. They have `die`.

# own_folder DIR: makes it if need be, and marks it.
own_folder() {
    mkdir -p "$1"
    [[ -e $1/.metronome || -e $1/complete || -z $(ls -A "$1") ]] ||
        die "'$1' is not empty, and was not made by this script: name a folder that is new or empty"
    echo "Made by $(basename "$0"), which may remove what is in here." >"$1/.metronome"
}
