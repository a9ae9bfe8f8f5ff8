#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The README's examples are what these runs print, but for the figures: numbers, addresses and what was disassembled
# there. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# example SCENARIO: what the README shows of it.
example() {
    sed -nE "/^    \\\$ build\/metronome run scripts\/scenarios\/$1\.mtr( .*)?\$/,/^[^ ]/p" README.md | sed '1d;/^[^ ]/d;s/^    //' |
        sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# shape: figures are N, whatever their width; an instruction is I. A register has the name that the README's QEMU gives it.
shape() {
    sed -E 's/VBAR_EL1/VBAR/; s/(0x[0-9a-f]+):  .*/\1: I/; s/[-+]?(0x)?[0-9][0-9a-f.]*/N/g; s/ +/ /g; s/ $//'
}

for name in two-guests exact-stop debug ping; do
    arguments=("guest=$guest")
    [[ $name != two-guests ]] || arguments+=(sleep=off)
    limit=120 mtr run "scripts/scenarios/$name.mtr" "${arguments[@]}"
    check "$name.mtr runs" ended 0
    check "README has an example of $name.mtr" [ -n "$(example "$name")" ]
    example "$name" >"$dir/shown"
    [[ $name != ping ]] || sed -i '/^virtual time/,$d' "$dir/out" # the README leaves its tables out
    check "$name.mtr prints what the README shows" diff <(shape <"$dir/shown") <(sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$dir/out" | shape)
done
done_testing
