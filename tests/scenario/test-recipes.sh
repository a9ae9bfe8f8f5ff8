#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipes of scripts/ci are what their systems read, and the lines that they run are right as far as they can be run
# here: all but the installation. The launch configuration of scripts/editors attaches a gdb to a node. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

small='memory=32M nic=off icount=shift=0,sleep=off'

# The scenarios of a project, of which one fails.
mkdir -p "$dir/project/tests" "$dir/bin"
ln -s "$metronome" "$dir/bin/metronome"
printf 'node add a %s kernel=%s/count-aarch64.elf\nstart\nrun 1ms\nassert a.icount == 1000000\n' "$small" "$guest" >"$dir/project/tests/right.mtr"
sed 's/== 1000000/== 1/' "$dir/project/tests/right.mtr" >"$dir/project/tests/wrong.mtr"

lines() {
    python3 tests/scenario/recipes.py "$1" "scripts/ci/$1.yml" >"$dir/lines" 2>"$dir/err" && [[ -s $dir/lines ]]
}

# The runners of both systems stop at the first line that fails.
are_clean() {
    (printf '#!/bin/bash\nset -eo pipefail\n' && cat "$dir/lines") >"$dir/lines.sh"
    shellcheck "$dir/lines.sh" >"$dir/out" 2>&1
}

# run_lines PATTERN: runs the lines that match, in the project.
run_lines() {
    status=0
    grep -E "$1" "$dir/lines" >"$dir/chosen.sh"
    (cd "$dir/project" && PATH=$dir/bin:$PATH timeout 60 bash -eo pipefail "$dir/chosen.sh") >"$dir/out" 2>"$dir/err" </dev/null || status=$?
}

for system in github gitlab; do
    check "$system: the recipe is read" lines "$system"
    check "$system: its lines are clean" are_clean
    check "$system: it installs the package" grep -qx 'apt-get install -y ./metronome.deb' "$dir/lines"
    run_lines '^metronome -c'
    check "$system: the mode is shown" ended 0 '^mode (strict|unprivileged|best effort)$'
    rm -rf "$dir/project/failed" "$dir/project/results.xml"
    run_lines '^metronome test'
    check "$system: the tests run, and one fails" ended 1 'wrong'
    check "$system: ... their results are there" grep -q 'failures="1"' "$dir/project/results.xml"
    check "$system: ... and what is kept of the one that failed" [ -f "$dir/project/failed/tests/wrong.mtr/report/report.json" ]
done

# --- the editor

attached() {
    local port editor=0
    port=$(free_port)
    background -c "node add a $small smp=2 kernel=$guest/smp-aarch64.elf; start; gdb a port=$port wait=on; time"
    within 30 says "target remote 127\.0\.0\.1:$port" || return 1
    timeout 30 python3 tests/scenario/recipes.py editor scripts/editors/launch.json "$guest/smp-aarch64.elf" "$port" secondary \
        >"$dir/stood" 2>"$dir/said" || editor=$?
    join
    [[ $editor -eq 0 ]] || { sed 's/^/# /' "$dir/said" && return 1; }
}
check 'launch.json attaches a gdb to a node, with its names' attached
check '... which stops in a function' grep -qE '^\*stopped,reason="breakpoint-hit".*func="secondary"' "$dir/stood"
check '... and metronome goes on when it is gone' ended 0 '^virtual time '
done_testing
