#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The manual pages: correct roff, installed, and complete: the pages have each command, option, key,
# value, column, event, exit status and environment variable that the program knows. Needs
# groff-base, man-db, mandoc and python3. Prints TAP, starts no QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

pages=(metronome.1 metronome-scenario.5 metronome-report.5 metronome-rpc.5)

# render PAGE: writes the page as a reader sees it to $dir/PAGE.text, without bold and italic. The
# text is so wide that no phrase is broken over lines, and has one space after a sentence.
render() {
    mtr --man "${1%.*}"
    cp "$dir/out" "$dir/$1"
    groff -man -Tutf8 -ww -rLL=3000n -P-cbou "$dir/$1" 2>"$dir/err" | sed -E 's/([^ ])  +/\1 /g' >"$dir/$1.text"
}

# sound PAGE: no tool complains about the page, wide or narrow, with or without UTF-8.
sound() {
    {
        cat "$dir/err"
        groff -man -Tutf8 -ww -rLL=78n "$dir/$1" >"$dir/narrow"
        LC_ALL=C.UTF-8 man --warnings -l "$dir/$1" >/dev/null
        LC_ALL=C man --warnings -l "$dir/$1" >/dev/null
        mandoc -Tlint "$dir/$1" >&2
    } 2>"$dir/out"
    [[ ! -s $dir/out && -s $dir/narrow ]]
}

# reads PAGE PATTERN...: each pattern matches a line of the page.
reads() {
    local page=$1 pattern
    shift
    for pattern; do
        grep -qE -e "$pattern" "$dir/$page.text" || {
            echo "# $page has no $pattern"
            return 1
        }
    done
}

# tags PAGE SECTION NAME...: each name is the tag of a paragraph in the section, alone or among
# other names.
tags() {
    local page=$1 section=$2 name
    shift 2
    [[ $# -gt 0 ]] || return 1
    for name; do
        sed -n "/^$section\$/,/^[A-Z]/p" "$dir/$page.text" >"$dir/section"
        grep -qE "^ +([^ ]+, )*$name(,| |\$)" "$dir/section" || {
            echo "# $page, $section, has no $name"
            return 1
        }
    done
}

commands_are_in() {
    local line name number=0
    local -a words
    commands help
    sed 's/`//g; s/…/.../g' "$dir/out" >"$dir/help"
    while IFS= read -r line; do
        read -r -a words <<<"${line:0:16}"
        name=${words[*]}
        line=${line:16}
        reads metronome-scenario.5 "^ +$name( |\$)" && grep -qF -e "${line# }." "$dir/metronome-scenario.5.text" || return 1
        number=$((number + 1))
    done <"$dir/help"
    [[ $number -ge 23 ]]
}

# keys COMMAND: prints the keys of the command's usage.
keys() {
    commands "help $1"
    head -n 1 "$dir/out" | grep -oE '\[[a-z-]+=' | tr -d '[='
}

# shellcheck disable=SC2046
node_keys_are_in() {
    tags metronome-scenario.5 'KEYS OF NODE ADD' $(keys 'node add')
}

# shellcheck disable=SC2046
link_keys_are_in() {
    tags metronome-scenario.5 'THE VIRTUAL NETWORK' $(keys 'link add')
}

options_are_in() {
    local option number=0
    mtr --help
    while IFS= read -r option; do
        reads metronome.1 "(^| )$option" || return 1
        number=$((number + 1))
    done < <(grep -oE -e '--[a-z-]+' "$dir/out" | sort -u)
    [[ $number -ge 6 ]]
}

fields_are_in() {
    local field number=0
    commands 'node add a; assert a.nothing == 0'
    for field in $(sed -n "s/.*a node has no 'nothing': //p" "$dir/err" | tr -d ,); do
        tags metronome-scenario.5 EXPRESSIONS "NODE\.$field" || return 1
        number=$((number + 1))
    done
    [[ $number -ge 9 ]]
}

# shellcheck disable=SC2046
exit_statuses_are_in() {
    mtr --help
    tags metronome.1 'EXIT STATUS' $(sed -nE '/^Exit status/,/^$/s/^ *([0-9]+) .*/\1/p' "$dir/out")
}

# The variables that the sources read, without ssh's variable for its session.
# shellcheck disable=SC2046
variables_are_in() {
    tags metronome.1 ENVIRONMENT $(grep -rhoE 'getenv\("[A-Z_]+"\)' controller | grep -oE '[A-Z_]{3,}' | grep -vx SSH_CONNECTION | sort -u) \
        XDG_STATE_HOME
}

# names SCHEMA: prints each member of a schema, and each value of a member with a fixed set of
# values.
names() {
    python3 - "scripts/schema/$1.schema.json" <<'END'
import json, sys
found = set()
def walk(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("properties", "patternProperties"):
                found.update(("NODE" if name[0] == "_" else "") + name.rstrip("$") for name in value)
            elif key == "required":
                found.update(value)
            elif key == "enum":
                found.update(v for v in value if isinstance(v, str))
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)
walk(json.load(open(sys.argv[1])))
print(*sorted(found), sep="\n")
END
}

# schema_is_in SCHEMA PAGE: each name is marked as a name in the page. The page of scenarios explains
# states.
schema_is_in() {
    local name number=0
    while IFS= read -r name; do
        grep -qF -e "\`$name\`" "scripts/man/$2.md" || tags metronome-scenario.5 STATES "$name" || {
            echo "# $2 does not speak of $name"
            return 1
        }
        number=$((number + 1))
    done < <(names "$1")
    [[ $number -ge 4 ]]
}

installed() {
    local page
    mkdir -p "$dir/root" &&
        make --no-print-directory BUILD="$build" DESTDIR="$dir/root" PREFIX=/usr install >"$dir/out" 2>"$dir/err" &&
        [[ -x $dir/root/usr/bin/metronome ]] || return 1
    for page in "${pages[@]}"; do
        gzip -dc "$dir/root/usr/share/man/man${page##*.}/$page.gz" | cmp - "$dir/$page" || return 1
    done
}

for page in "${pages[@]}"; do
    render "$page"
    check "$page is sound" sound "$page"
    check "$page has its sections" reads "$page" '^NAME' '^DESCRIPTION' '^EXAMPLES' '^SEE ALSO'
done
check 'all sections are there' reads metronome.1 '^SYNOPSIS' '^CONCEPTS' '^OPTIONS' '^VERIFY' '^THE PROMPT' '^EXIT STATUS' '^SIGNALS' \
    '^MODES' '^LIMITS' '^FILES' '^ENVIRONMENT'
check 'every command of help is in the page, with its text' commands_are_in
check 'every key of node add is explained' node_keys_are_in
check 'every key of link add is explained' link_keys_are_in
check 'every option of --help is in the page' options_are_in
check 'every field of assert is in the page' fields_are_in
check 'every exit status is in the page' exit_statuses_are_in
check 'every environment variable is in the page' variables_are_in
for schema in report barriers clocks event; do
    check "every name in the schema of $schema is in the page" schema_is_in "$schema" metronome-report.5
done
check 'every name in the schema of save is in the page' schema_is_in save metronome-scenario.5
check 'every name in the schema of socket is in the page' schema_is_in socket metronome-rpc.5
check 'special characters come out as they were' reads metronome-scenario.5 "'\{\"execute\":\"query-status\"\}'" '\\n is the enter key'
check 'here, too' reads metronome.1 'metronome \[OPTIONS\] -c .COMMAND; COMMAND' '[~]/\.local/state'
mtr --help
check '--help does not show --man, but that check takes KEY=VALUE' ended 0 'check FILE \[KEY=VALUE'
check '--man is hidden' not says '--man'
mtr --man metronome
check '--man metronome is --man' cmp "$dir/out" "$dir/metronome.1"
mtr --man metronome.5
check 'a page that is none' ended 2 "--man has no page 'metronome\.5': there are metronome, "
check 'make install puts all in place' installed
done_testing
