#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# scripts/firmware-test: a firmware's console tells whether it passed. Prints TAP, takes seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# firmware STATUS DESCRIPTION PATTERN ARGUMENT...: runs the script, and checks what it says.
firmware() {
    local wanted=$1 description=$2 pattern=$3
    shift 3
    status=0
    METRONOME=$metronome timeout 60 scripts/firmware-test "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
    check "$description" ended "$wanted" "$pattern"
}

tick=$guest/tick-an385.elf
firmware 0 'a line that is success' '^\[1\.[0-9]+s\] board: tick 100$' --pass '^tick (100)$' "$tick"
firmware 1 'a line that is failure comes first' 'break 1' --pass 'tick 200' --fail 'tick 1' "$tick"
firmware 1 'no such line in time' 'tick 300' --pass 'tick 300' --timeout 500ms "$tick"
firmware 0 'two runs are equal' '^2 runs, .*: equal$' --verify --pass 'tick 100' "$tick"
firmware 0 'another board' 'tick 100' --board qemu_cortex_m3 --pass 'tick 100' "$guest/tick-lm3s.elf"
firmware 0 'any board' 'tick 100' --board none --pass 'tick 100' "$guest/tick-arm.elf" arch=arm memory=16M nic=0 icount=shift=4,sleep=off
firmware 0 'a key that replaces one of the board' 'tick 100' --pass 'tick 100' "$tick" icount=shift=5,sleep=off
cp "$tick" "$dir/it's \$one.elf"
firmware 0 'a name with a quote, a blank and a dollar' 'tick 100' --pass 'tick 100' "$dir/it's \$one.elf"
firmware 2 'no image' 'an image is missing; see --help' --board mps2_an385
firmware 2 'an image that is not there' "'$dir/none' is no file that can be read" "$dir/none"
firmware 2 'an unknown board' "'mps2' is not known: mps2_an385, qemu_cortex_m3 and none are" --board mps2 "$tick"
firmware 2 'an unknown option' "there is no option '--bord'" --bord x "$tick"
firmware 2 'an option without a value' '--timeout needs a value' --timeout
firmware 2 'an unknown key' "unknown key 'nik'" "$tick" nik=0
firmware 0 '--help' '^usage: scripts/firmware-test' --help
done_testing
