#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random scenarios with saves, restores and restarts: what `metronome check` says of each is what a
# run says, no more and no less. Prints TAP.
#
# environment: SEEDS, the number of scenarios (12); SEED, that of the first, which is printed (`SEEDS=1 SEED=…` repeats
# one).
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

seeds=${SEEDS:-12} first=${SEED:-$((RANDOM % 30000))}
! brief || seeds=${SEEDS:-4}

echo "# seeds $first to $((first + seeds - 1)): SEEDS=1 SEED=N tests/scenario/test-foretell.sh repeats one"
mkdir "$dir/saves"
for ((seed = first; seed < first + seeds; seed++)); do
    python3 tests/scenario/foretell.py "$metronome" "$guest" "$dir/saves" "$seed" >"$dir/out" 2>"$dir/err" && status=0 || status=$?
    check "seed $seed: check and run agree" ended 0
    sed -n '/^# /p' "$dir/out"
    rm -rf "$dir/saves"/*
done
done_testing
