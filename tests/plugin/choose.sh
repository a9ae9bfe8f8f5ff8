# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# qemu_is MAJOR: whether this QEMU has this version, or a later one.
qemu_is() {
    [[ $(qemu-system-aarch64 --version) =~ version\ ([0-9]+) && ${BASH_REMATCH[1]} -ge $1 ]]
}

# plugin NAME: prints the file of a TCG plugin in $build for this QEMU (qemu-plugin-api.h).
# shellcheck disable=SC2154 # build: the caller's
plugin() {
    local later=''
    ! qemu_is 9 || later=-2
    ! qemu_is 11 || later=-7
    echo "$build/tests/plugin/$1$later.so"
}
