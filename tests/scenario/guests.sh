# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: Linux guests with a network address.
# shellcheck disable=SC2154

# linux NAME NUMBER COMMAND: prints the command that adds a guest with the address 10.0.0.NUMBER,
# which runs COMMAND.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

# Two Linux guests: a pings b.
# shellcheck disable=SC2034
pinging="$(linux a 1 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 'sleep 60')"
