# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by scripts that fill a folder of the user's choice and first remove things in it. The
# folder has to be new, or empty, or made by the script at an earlier time. Such a script defines
# `die`.

# own_folder DIR: creates the folder if necessary, and marks it as made by the script.
own_folder() {
    mkdir -p "$1"
    [[ -e $1/.metronome || -e $1/complete || -z $(ls -A "$1") ]] ||
        die "'$1' is not empty, and was not made by this script: name a folder that is new or empty"
    echo "Made by $(basename "$0"), which may remove what is in here." >"$1/.metronome"
}
