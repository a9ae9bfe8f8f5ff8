#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The manual page: complete, sound roff, installed. Needs groff-base. Prints TAP, starts no QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# The page as it is read, a line for each paragraph's line, without bold and italic.
render() {
    mtr --man
    cp "$dir/out" "$dir/page"
    status=0
    # Wide, so that no phrase is broken over lines.
    groff -man -Tutf8 -ww -rLL=1000n -P-cbou "$dir/page" >"$dir/out" 2>"$dir/err" || status=$?
    cp "$dir/out" "$dir/text"
}

# reads PATTERN...: each matches a line of the page.
reads() {
    local pattern
    for pattern; do
        grep -qE -e "$pattern" "$dir/text" || return 1
    done
}

commands_are_in() {
    local line name number=0
    local -a words
    commands help
    cp "$dir/out" "$dir/help"
    while IFS= read -r line; do
        read -r -a words <<<"${line:0:15}"
        name=${words[*]}
        reads "^ +$name( |\$)" && grep -qF -e "${line:16}." "$dir/text" || return 1
        number=$((number + 1))
    done <"$dir/help"
    [[ $number -ge 23 ]]
}

options_are_in() {
    local option number=0
    mtr --help
    while IFS= read -r option; do
        reads "(^| )$option" || return 1
        number=$((number + 1))
    done < <(grep -oE -e '--[a-z-]+' "$dir/out" | sort -u)
    [[ $number -ge 6 ]]
}

fields_are_in() {
    local field number=0
    commands 'node add a; assert a.nothing == 0'
    for field in $(sed -n "s/.*a node has no 'nothing': //p" "$dir/err" | tr -d ,); do
        reads "^ +NODE\.$field( |\$)" || return 1
        number=$((number + 1))
    done
    [[ $number -ge 9 ]]
}

installed() {
    mkdir -p "$dir/root" &&
        make --no-print-directory BUILD="$build" DESTDIR="$dir/root" PREFIX=/usr install >"$dir/out" 2>"$dir/err" &&
        [[ -x $dir/root/usr/bin/metronome ]] &&
        gzip -dc "$dir/root/usr/share/man/man1/metronome.1.gz" | cmp - "$dir/page"
}

render
check 'groff has nothing to say about the page' test "$status $(wc -c <"$dir/err")" = '0 0'
check 'nor about a narrow one' \
    test "$(groff -man -Tutf8 -ww -rLL=78n "$dir/page" 2>&1 >"$dir/narrow" | wc -c)" -eq 0
check 'all sections are there' reads '^NAME' '^SYNOPSIS' '^DESCRIPTION' '^IDEAS' '^OPTIONS' '^COMMANDS' \
    '^EXPRESSIONS' '^UNITS' '^EXIT STATUS' '^FILES' '^ENVIRONMENT' '^EXAMPLES' '^SEE ALSO'
check 'every command of help is in the page, with its text' commands_are_in
check 'every option of --help is in the page' options_are_in
check 'every field of assert is in the page' fields_are_in
check 'special characters come out as they were' reads "'\{\"execute\":\"query-status\"\}'" '\\n is the enter key' \
    'metronome \[OPTIONS\] -c .COMMAND; COMMAND' '[~]/\.local/state'
mtr --help
check '--help does not show --man, but that check takes KEY=VALUE' ended 0 'check FILE \[KEY=VALUE'
check '--man is hidden' not says '--man'
check 'make install puts both in place' installed
done_testing
