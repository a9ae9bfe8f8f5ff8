#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The documents: their links have targets, the README is short and begins with the two commands, the
# index of scenarios is complete, and every goal of make is documented. Needs python3. Prints TAP,
# starts no QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

mapfile -t documents < <(find . -name '*.md' -not -path './build*' -not -path './.git/*' | sort)

links_are_right() {
    python3 tests/scenario/links.py "${documents[@]}" >"$dir/out" 2>"$dir/err"
}

# links.py reports a link to a missing file and a link to a missing heading.
links_are_found() {
    # shellcheck disable=SC2016
    printf '# A b: c\n[x](nothing.md) [y](#a-b-c) [z](#other) [far](https://a.b) `[no](link)`\n' >"$dir/wrong.md"
    ! python3 tests/scenario/links.py "$dir/wrong.md" >"$dir/out" 2>"$dir/err" && [[ $(wc -l <"$dir/out") -eq 2 ]] &&
        says 'nothing\.md: there is no' 'has no heading #other'
}

begins_with_the_two_commands() {
    [[ $(grep -m 2 -oE '^    make [a-z]+' README.md | tr -s ' \n' ' ') == ' make demo make check ' ]]
}

# has_all FILE NAME...: the file has each name, as `NAME` or in a link.
has_all() {
    local file=$1 name
    shift
    [[ $# -gt 0 ]] || return 1
    for name; do
        grep -qF -e "[$name]($name)" -e "\`$name\`" -e "\`$name " "$file" || {
            echo "# $file has no $name"
            return 1
        }
    done
}

# shellcheck disable=SC2046
scenarios_are_in() {
    has_all scripts/scenarios/README.md $(cd scripts/scenarios && echo *.mtr)
}

# The index names the variables that a user can set for each scenario.
variables_are_in() {
    local file name row
    for file in scripts/scenarios/*.mtr; do
        row=$(grep -F "[${file##*/}]" scripts/scenarios/README.md)
        while IFS= read -r name; do
            [[ ${row##* | } =~ [\`\ ]${name}[\`\ ] ]] || {
                echo "# ${file##*/} has a variable $name"
                return 1
            }
        done < <(sed -nE 's/^set ([a-z]+) .*/\1/p' "$file" | grep -vxE 'append|linux|pings')
    done
}

goals_are_in() {
    local goal
    for goal in $(make --no-print-directory help | sed -nE 's/^make ([a-z0-9_-]+) .*/\1/p'); do
        has_all CONTRIBUTING.md "make $goal" || return 1
    done
}

benches_are_in() {
    local name
    for name in tests/bench/*.c tests/bench/*.sh; do
        [[ ${name##*/} == *drive.sh ]] || has_all tests/bench/README.md "${name##*/}" || return 1
    done
}

check 'links lead somewhere' links_are_right
check 'links that lead nowhere are found' links_are_found
check 'the README is under 12 KiB' [ "$(wc -c <README.md)" -lt 12288 ]
check 'it begins with the two commands' begins_with_the_two_commands
check 'every scenario is in the index' scenarios_are_in
check 'so is every variable of theirs' variables_are_in
check 'every goal of make is explained' goals_are_in
check 'every bench is explained' benches_are_in
done_testing
