#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The reduced forms of the experiments of scripts/bench: `make bench-notes` is the whole of them. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

bench() {
    status=0
    timeout -k 5 120 "scripts/bench/$1" --quick >"$dir/out" 2>"$dir/err" || status=$?
}

bench precision
check 'stops at an instruction: all three counts agree' ended 0 'all three counts are exact'
check 'a row of 128 vCPUs: icount, inline and callback' says '^\| +128 \|.* 1232203923 +1232203923 +1232203923 \|$'
check 'without icount 128 vCPUs do not stop there' not says '^\| +128 \| +2 \| 1232203923 \|[^|]*\| +[0-9]+ +1232203923 \|'
bench period
check 'periods of virtual time: exact with icount' ended 0 'every distance is the period exactly'
check 'rows of 500 ms and of 500 us' says '\| +500 \| icount +\| 500\.000000 \| +500\.000 \| +500\.000 \| +500\.000 \|' \
    '\| +0\.5 \| icount +\| +0\.500000 \| +0\.500 \| +0\.500 \| +0\.500 \|'
done_testing
