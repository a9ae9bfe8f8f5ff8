#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The experiments of scripts/bench in their reduced forms (`make bench-notes` runs them in full).
# Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

bench() {
    status=0
    timeout -k 5 120 "scripts/bench/$1" --quick "${@:2}" >"$dir/out" 2>"$dir/err" || status=$?
}

# Differences between QEMUs: since 9.0 a plugin can't read inline counts; since 8.1 vCPUs share the
# instructions up to the next timer.
three=three inline=123220392 wait='(1\.99[0-9]|2\.000)'
[[ $(plugin insn-count) != *-[27].so ]] || three=two inline=- wait='[01]\.[0-9]{3}'
bench precision
check 'stops at an instruction: all counts agree' ended 0 "all $three counts are exact"
check 'a row of 128 vCPUs: icount, inline and callback' says "^\| +128 \|.* 123220392 +$inline +123220392 \|\$"
check 'without icount 128 vCPUs do not stop there' not says '^\| +128 \| +2 \| +123220392 \|[^|]*\| +[0-9]+ +123220392 \|'
bench period
check 'periods of virtual time: exact with icount' ended 0 'every distance is the period exactly'
check 'rows of 500 ms and of 500 us' says '\| +500 \| icount +\| 500\.000000 \| +500\.000 \| +500\.000 \| +500\.000 \|' \
    '\| +0\.5 \| icount +\| +0\.500000 \| +0\.500 \| +0\.500 \| +0\.500 \|'
bench starve
check 'a vCPU that spins for another: its wait is bounded by the quantum' ended 0 'The wait grows with the quantum'
check 'by quantum' says "^\| +100 us .* $wait \|\$" "^\| +10000 us .* $wait \|\$"
bench sleep "$dir/sleep.svg"
check 'sleep=off jumps, sleep=on follows the host' ended 0 'It is sleep=off that jumps'
four_lines() {
    [[ $(grep -c '<path fill="none" stroke-width="2" stroke="#[0-9a-f]*" d="M60.0 360.0L[0-9. L]*"/>' "$dir/sleep.svg") -eq 4 ]]
}
check 'the picture has their four lines' four_lines
done_testing
