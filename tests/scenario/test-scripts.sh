#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Scripts that build QEMU and busybox from source, fetch QEMU or make a Debian, as far as they run
# without a source: refusals and their messages. Prints TAP, takes seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# Stand-ins for all tools, which do nothing, so that the later checks of the scripts run on a
# machine without these tools.
mkdir "$dir/tools"
for tool in gcc make ninja python3 pkg-config flex bison meson tar xz bzip2 aarch64-linux-gnu-gcc; do
    printf '#!/bin/sh\nexit 0\n' >"$dir/tools/$tool"
    chmod +x "$dir/tools/$tool"
done

# script STATUS DESCRIPTION PATTERN COMMAND...: checks the exit status and the output of a command.
script() {
    local wanted=$1 description=$2 pattern=$3
    shift 3
    status=0
    "$@" >"$dir/out" 2>"$dir/err" || status=$?
    check "$description" [ "$status" = "$wanted" ]
    check "$description: says so" grep -qE -- "$pattern" "$dir/out" "$dir/err"
}

for name in build-qemu build-busybox; do
    script 0 "$name --help" "usage: scripts/$name DIR" "scripts/$name" --help
    script 2 "$name: no folder" "usage: scripts/$name DIR" "scripts/$name"
    script 2 "$name: too much" "usage: scripts/$name DIR" "scripts/$name" a b c
    script 1 "$name: a source that is not there" "'$dir/none' is not there" "scripts/$name" "$dir/to" "$dir/none"
    check "$name: nothing was made" [ ! -e "$dir/to" ]
    # shellcheck disable=SC2016
    script 1 "$name: tools that are not there" '^build-.*: missing: .*; install these Debian packages first' \
        env PATH=/nowhere "$(command -v bash)" -c 'usage() { :; }; command() { return 1; }; export -f command
            sort() { :; }; paste() { echo all; }; source scripts/'"$name"' "$0"' "$dir/to"
done
script 1 'build-qemu: a folder without configure' "'$dir' has no configure" scripts/build-qemu "$dir/to" "$dir"
script 1 'build-busybox: a folder that is another source' "is not the source of busybox" \
    env PATH="$dir/tools:$PATH" scripts/build-busybox "$dir/to" "$dir"
script 1 'build-qemu: no network' "https://localhost:1/qemu-10.0.2.tar.xz can't be downloaded: is there a network" \
    env PATH="$dir/tools:$PATH" METRONOME_QEMU_SITE=https://localhost:1 scripts/build-qemu "$dir/qemu"
check 'build-qemu: no half of a tarball is left' [ ! -e "$dir/qemu/qemu-10.0.2.tar.xz" ]
script 1 'build-busybox: no network' "https://localhost:1/busybox-1.36.1.tar.bz2 can't be downloaded: is there a network" \
    env PATH="$dir/tools:$PATH" METRONOME_BUSYBOX_SITE=https://localhost:1 scripts/build-busybox "$dir/busybox"
script 1 'make guest with a busybox that is not there' "METRONOME_BUSYBOX='$dir/none' is not there" \
    env METRONOME_BUSYBOX="$dir/none" BUILD="$dir/build" scripts/build-guest linux
script 0 'fetch-qemu --help' 'usage: scripts/fetch-qemu 10.0' scripts/fetch-qemu --help
script 2 'fetch-qemu: no version' 'usage: scripts/fetch-qemu 10.0' scripts/fetch-qemu "$dir/fetched"
for version in 9 '' '*' @; do
    script 1 "fetch-qemu: version '$version'" "QEMU '.*' is not known here: there are 10.0 and 11.1" \
        scripts/fetch-qemu "$version" "$dir/fetched"
done
check 'fetch-qemu: nothing was made' [ ! -e "$dir/fetched" ]
script 0 'check-debian13 --help' 'usage: scripts/check-debian13' scripts/check-debian13 --help
script 2 'check-debian13: a stage that is not there' "there is no stage 'lintt': there are compile demo" \
    env BUILD="$dir/fetched" scripts/check-debian13 demo lintt
script 2 'check-debian13: a test that is not there' "'tests/scenario/test-none.sh' is not there" \
    env BUILD="$dir/fetched" scripts/check-debian13 tests/scenario/test-none.sh
check 'check-debian13: nothing was made' [ ! -e "$dir/fetched" ]
# The scripts remove these folders before they fill them (bin, root, build, source). In another
# folder they may be the user's.
mkdir -p "$dir"/home/{bin,root,build,source}
touch "$dir"/home/{bin,root,build,source}/precious
script 1 'fetch-qemu: a folder of the user' "'$dir/home' is not empty, and was not made by this script" \
    scripts/fetch-qemu 10.0 "$dir/home"
mkdir "$dir/top"
mv "$dir/home" "$dir/top/debian13"
script 2 'check-debian13: a folder of the user' "'$dir/top/debian13' is not empty, and was not made by this script" \
    env BUILD="$dir/top" scripts/check-debian13 demo
mv "$dir/top/debian13" "$dir/home"
for name in build-qemu build-busybox; do
    script 1 "$name: a folder of the user" "'$dir/home' is not empty, and was not made by this script" \
        env PATH="$dir/tools:$PATH" METRONOME_QEMU_SITE=https://localhost:1 METRONOME_BUSYBOX_SITE=https://localhost:1 \
        "scripts/$name" "$dir/home"
done
check 'nothing of it is gone' [ "$(find "$dir/home" -name precious | wc -l)" -eq 4 ]
check 'and nothing new is in it' [ "$(find "$dir/home" -mindepth 1 | wc -l)" -eq 8 ]
# The script accepts its own folder of an earlier run, even of an unfinished one.
script 1 'build-busybox: its own folder again' 'is not the source of busybox' \
    env PATH="$dir/tools:$PATH" scripts/build-busybox "$dir/to" "$dir"
done_testing
