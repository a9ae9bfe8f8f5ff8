#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Test cases: twenty of them from one save of two Linux guests, against twenty that boot them, each. Both
# are run by `metronome test`, in turn; the ratio must be 4 at least.
#
# usage: tests/bench/cases.sh [--quick]
# environment: BUILD, the output folder (default: build). Writes $BUILD/cases.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

count=20
[[ ${1:-} != --quick ]] || count=5
[[ $# -eq 0 || ($# -eq 1 && $1 == --quick) ]] || { echo 'usage: tests/bench/cases.sh [--quick]' >&2 && exit 2; }
build=$(realpath "${BUILD:-build}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/shared" "$place/alone"
for ((i = 1; i <= count; i++)); do
    {
        printf '# from: %s\n' "$PWD/scripts/scenarios/tests/boot.mtr"
        tail -n +2 scripts/scenarios/tests/ping.mtr
    } >"$place/shared/$i.mtr"
    {
        printf 'include %s\n' "$PWD/scripts/scenarios/tests/boot.mtr"
        tail -n +2 scripts/scenarios/tests/ping.mtr
    } >"$place/alone/$i.mtr"
done

# cases FOLDER: runs the cases and sets $took to the seconds that all of them took.
cases() {
    local began=$EPOCHREALTIME
    "$build/metronome" test "$place/$1" "guest=$build/guest" >"$place/out" 2>&1 || { cat "$place/out" >&2 && exit 1; }
    took=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $began }")
}

cases alone
alone=$took
cases shared
shared=$took
ratio=$(awk "BEGIN { printf \"%.2f\", $alone / $shared }")
echo "$count cases with two Linux guests: $alone s with a boot each, $shared s from one boot: $ratio times as fast"
printf '{"cases":%d,"alone_s":%s,"shared_s":%s,"ratio":%s}\n' "$count" "$alone" "$shared" "$ratio" >"$build/cases.json"
[[ $count -lt 20 ]] || awk "BEGIN { exit !($ratio >= 4) }"
