#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A scenario's text and all that can be wrong with it; nothing here starts a QEMU.
# shellcheck disable=SC2016 # variables are metronome's
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh"

# file NAME BYTES: a scenario; BYTES are printf's.
file() {
    # shellcheck disable=SC2059
    printf "$2" >"$dir/$1"
}

# refused DESCRIPTION BYTES PATTERN...: as a file to check, as one to run, included, and on standard input.
refused() {
    local description=$1
    file refused.mtr "$2"
    echo "include refused.mtr" >"$dir/includes.mtr"
    shift 2
    mtr check "$dir/refused.mtr"
    check "$description: check" ended 2 "$@"
    mtr run "$dir/refused.mtr"
    check "$description: run" ended 2 "$@"
    mtr run "$dir/includes.mtr"
    check "$description: included" ended 2 "$@"
    input=$dir/refused.mtr mtr
    check "$description: standard input" ended 2 "$@"
}

# prints DESCRIPTION BYTES LINE...: what a scenario prints, wherever it comes from.
prints() {
    local description=$1
    file prints.mtr "$2"
    echo "include prints.mtr" >"$dir/includes.mtr"
    shift 2
    printf '%s\n' "$@" >"$dir/expected"
    mtr run "$dir/prints.mtr"
    check "$description" same_output
    mtr run "$dir/includes.mtr"
    check "$description: included" same_output
    input=$dir/prints.mtr mtr
    check "$description: standard input" same_output
}

same_output() {
    [[ $status -eq 0 ]] && diff "$dir/expected" "$dir/out" >&2
}

bytes() {
    refused 'a NUL byte' 'echo one\n\0echo two\nassert 1 == 2\n' 'line 2, column 1: a NUL byte'
    refused 'a NUL byte in quotes' 'echo "one\0"\n' 'line 1, column 10: a NUL byte'
    refused 'a NUL byte behind other letters' '# \303\266\0\n' 'line 1, column 4: a NUL byte'
    refused 'what is no UTF-8' 'echo one\necho 21\260C\n' 'line 2, column 8: the byte 0xb0 is no UTF-8'
    refused 'UTF-16' '\377\376e\0c\0h\0o\0' 'line 1, column 1: the byte 0xff is no UTF-8'
    refused 'a carriage return within a line' 'echo one\recho two\n' 'line 1, column 9: a carriage return that ends no line'
    refused 'a blank that is none' 'echo one\nrun\302\2405ms\n' "(mtr|stdin):2: the character U\+00A0 can't be seen"
    refused 'an escape sequence outside of quotes' 'echo \033[1m\n' "(mtr|stdin):1: the character U\+001B can't be seen"
    prints 'carriage returns at the ends of lines' 'echo one\r\necho "two"\r\n\r\n# three\r\n' one two
    prints 'a byte order mark' '\357\273\277echo one\n' one
    prints 'no line end at the end' 'echo one\necho two' one two
    prints 'other letters, and what only quotes may hold' \
        'set size "\302\2405"\necho gr\303\266\303\237e "\033[1m" $size # \007\n' $'gr\303\266\303\237e \033[1m \302\2405'
    prints 'nothing but a byte order mark, and a command' '\357\273\277\r\necho one' one
}

language() {
    refused 'a quote that is not closed: the line where it began' "echo 'one'\necho 'two\nthree' 'four\nfive\n" \
        "(mtr|stdin):3: the quote in ''four' is not closed"
    refused 'a variable with letters that none has' "set gr 1\necho \$gr\303\266\303\237e\n" "(mtr|stdin):2: '\\\$gr.*' is no variable"
    refused 'a variable that is not set, and what was meant' 'set kernel x\necho $krenel\n' \
        "(mtr|stdin):2: variable 'krenel' is not set: did you mean 'kernel'\?"
    refused 'a command that is not there, and what was meant' 'rnu 5ms\n' "(mtr|stdin):1: unknown command 'rnu': did you mean 'run'\?"
    check 'not the list of all commands' not says run-until
    refused 'a command like no other' 'dance\n' "(mtr|stdin):1: unknown command 'dance': .help. lists the commands"
}

# seconds ARGUMENT...: sets $took to the CPU time of a run in ms.
cpu_time() {
    local TIMEFORMAT='%U %S' user system
    { time mtr "$@"; } 2>"$dir/took"
    read -r user system <"$dir/took"
    took=$((10#${user/./} + 10#${system/./}))
}

# scenario LINES: a scenario of about so many.
scenario() {
    echo 'node add a icount=shift=0,sleep=off; node add b icount=shift=0,sleep=off; link add a b; start; set guest .'
    awk -v lines="$1" 'BEGIN {
        for (i = 0; i < lines; i += 5)
            printf "assert a.icount >= %d # %d\nlink set a b latency=%dms\nset x%d \"$guest %d .\"\n" \
                "wait-line b \"the answer is [0-9]+ %d\" timeout=5s\necho ${x%d}\n", i, i, i % 9 + 1, i, i, i, i
    }'
}

speed() {
    local small took factor=1
    ! grep -qa __asan_init "$metronome" || factor=10
    scenario 10000 >"$dir/small.mtr"
    scenario 100000 >"$dir/large.mtr"
    cpu_time check "$dir/small.mtr"
    check '10,000 lines' ended 0
    small=$took
    limit=300 cpu_time check "$dir/large.mtr"
    check '100,000 lines' ended 0
    echo "# 10,000 lines: $small ms, 100,000 lines: $took ms"
    check 'are checked in less than a second' test "$took" -lt $((1000 * factor))
    check 'and in no more than their share of the time' test "$took" -lt $((small * 20 + 100))
}

bytes
language
speed
done_testing
