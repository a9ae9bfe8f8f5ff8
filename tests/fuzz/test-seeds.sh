#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Inputs that fuzzers once failed on, and the other seeds in the tree: each fuzzer takes all of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}

sources=(tests/fuzz/fuzz-*.c)
echo "1..${#sources[@]}"
failed=0 number=0
for source in "${sources[@]}"; do
    name=$(basename "$source" .c)
    number=$((number + 1))
    mapfile -t folders < <(tests/fuzz/seeds "$name")
    status=0
    if [[ ${#folders[@]} -eq 0 ]]; then
        echo "not ok $number - $name has no seed: an input or two in tests/fuzz/corpus/$name also help it to begin"
        failed=1
        continue
    fi
    output=$("$build/tests/fuzz/$name" "${folders[@]}" 2>&1) || status=$?
    if [[ $status -eq 0 ]]; then
        echo "ok $number - $name: ${output##*# }"
    else
        echo "not ok $number - $name: exit status $status"
        tail -n 40 <<<"$output" | sed 's/^/# /'
        failed=1
    fi
done
exit "$failed"
