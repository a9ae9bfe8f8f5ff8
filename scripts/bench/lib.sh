# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by the experiments in scripts/bench: paths, a temporary folder, and a clean end of started
# programs.
#
# environment: BUILD, the output folder (default: build).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${BUILD:-build}")
metronome=$build/metronome
# shellcheck disable=SC2034
guest=$build/guest
# shellcheck source=tests/plugin/choose.sh
source tests/plugin/choose.sh
plugin=$(plugin insn-count)
dir=$(mktemp -d "${TMPDIR:-/tmp}/mtr-bench.XXXXXX")
qemu=
cpus=0
export LC_ALL=C

finish() {
    [[ -z $qemu ]] || kill -9 "$qemu" 2>/dev/null || true
    wait
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# mtr COMMANDS: runs a metronome session on the host CPUs $cpus, with its report in $dir/report. A
# failure is printed and ends the experiment.
mtr() {
    local status=0
    taskset -c "$cpus" timeout -k 5 "${limit:-600}" "$metronome" --report "$dir/report" -c "$1" >"$dir/out" 2>"$dir/err" ||
        status=$?
    [[ $status -eq 0 ]] && return
    cat "$dir/out" "$dir/err" >&2
    die "metronome ended with exit code $status"
}

# number KEY: prints the first number that follows "KEY": in the report.
number() {
    grep -oE "\"$1\": *-?[0-9]+" "$dir/report/report.json" | head -n 1 | grep -oE -- '-?[0-9]+$'
}

for needed in "$metronome" "$plugin" "$guest/smp-aarch64.elf"; do
    [[ -e $needed ]] || die "'$needed' is not there: \`make bench-notes\` builds it"
done
