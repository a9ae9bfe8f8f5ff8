#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The examples of README, tutorial and manual pages. Runs print the documented output, except for
# figures: numbers, addresses and disassembled instructions. Sessions at the prompt are typed,
# scenarios are checked. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

documents=(README.md TUTORIAL.md scripts/man/*.md)

trim() {
    sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# example FILE SCENARIO: prints the output that a document shows for a scenario.
example() {
    sed -nE "/^    \\\$ build\/metronome run scripts\/scenarios\/$2\.mtr( .*)?\$/,/^[^ ]/p" "$1" | sed '1d;/^[^ ]/d;s/^    //' | trim
}

# shape: replaces figures by N and instructions by I. A register gets the name that the README's
# QEMU uses.
shape() {
    sed -E 's/VBAR_EL1/VBAR/; s/(0x[0-9a-f]+):  .*/\1: I/; s/[-+]?(0x)?[0-9][0-9a-f.]*/N/g; s/\<[a-f][0-9a-f]\>/N/g; s/ +/ /g; s/ $//'
}

# blocks FILE: writes each block that is indented by four spaces to a file $dir/blocks/N, without
# the indent.
blocks() {
    rm -rf "$dir/blocks"
    mkdir "$dir/blocks"
    awk -v dir="$dir/blocks" '
        /^    / { if (!open) { open = 1; n++ } print substr($0, 5) >(dir "/" n); next }
        /^$/ { next }
        { open = 0 }' "$1"
}

# session FILE: prints the commands that the file shows at the prompt. shown FILE: prints the
# answers.
session() {
    sed -nE 's/^metronome( [0-9.]+s [a-z]+)?> //p' "$1"
}

shown() {
    sed -E '/^(metronome( [0-9.]+s [a-z]+)?>|\$) /d' "$1" | trim
}

is_scenario() {
    grep -qx start "$1" && ! grep -qE '^(\$|metronome|qemu-img)( |$)' "$1"
}

runs() {
    local name arguments vector file
    for name in two-guests exact-stop debug ping trace files what-if; do
        arguments=("guest=$guest")
        [[ $name != two-guests ]] || arguments+=(sleep=off)
        limit=120 mtr run "scripts/scenarios/$name.mtr" "${arguments[@]}"
        vector=$(sed -nE 's/^VBAR[A-Z_0-9]* +(0x[0-9a-f]+).*/\1/p' "$dir/out")
        if [[ -n $vector && $((vector + 0x280)) -ne $((0xffff800008010a80)) ]]; then # another kernel than Debian 12's
            limit=120 mtr run "scripts/scenarios/$name.mtr" "${arguments[@]}" vector="$(printf '0x%x' $((vector + 0x280)))"
        fi
        check "$name.mtr runs" ended 0
        check "there is an example of $name.mtr" [ -n "$(cat <(example README.md "$name") <(example TUTORIAL.md "$name"))" ]
        [[ $name != ping ]] || sed -i '/^virtual time/,$d' "$dir/out" # the documents leave its tables out
        for file in "${documents[@]}"; do
            example "$file" "$name" >"$dir/shown"
            [[ ! -s $dir/shown ]] ||
                check "$name.mtr prints what $file shows" diff <(shape <"$dir/shown") <(trim <"$dir/out" | shape)
        done
    done
}

# The test cases that tutorial and manual show: two Linux guests boot once for two of them.
tested() {
    local file
    limit=150 mtr test scripts/scenarios/tests "guest=$guest"
    check 'the example of test passes' ended 0
    for file in TUTORIAL.md scripts/man/metronome.1.md; do
        sed -nE '/^    \$ (build\/)?metronome test scripts\/scenarios\/tests$/,/^[^ ]/p' "$file" | sed '1d;/^[^ ]/d;s/^    //' | trim >"$dir/shown"
        check "$file shows what it prints" [ -s "$dir/shown" ]
        check '... but for its figures' diff <(shape <"$dir/shown") <(trim <"$dir/out" | shape)
    done
}

# The first sessions of the README and of the tutorial, which need no Linux guest.
sessions() {
    local file block
    for file in README.md TUTORIAL.md; do
        blocks "$file"
        for block in "$dir"/blocks/*; do
            session "$block" | sed "s|build/guest|$guest|g" >"$dir/typed"
            grep -q 'count-aarch64' "$dir/typed" || continue
            input=$dir/typed mtr
            check "$file: the session runs" ended 0
            check "$file: the session is answered as shown" diff <(shown "$block" | shape) <(trim <"$dir/out" | shape)
        done
    done
}

# The scenario that the tutorial writes, and its output.
first() {
    local block
    blocks TUTORIAL.md
    for block in "$dir"/blocks/*; do
        if is_scenario "$block"; then
            cp "$block" "$dir/first.mtr"
            break
        fi
    done
    check 'the tutorial has a scenario' [ -s "$dir/first.mtr" ]
    mtr run "$dir/first.mtr" "guest=$guest"
    check 'the scenario of the tutorial runs' ended 0
    sed -n '/^    \$ build\/metronome run first.mtr/,/^[^ ]/p' TUTORIAL.md | sed '1d;/^[^ ]/d;s/^    //' | trim >"$dir/shown"
    check 'the scenario of the tutorial prints what is shown' diff <(shape <"$dir/shown") <(trim <"$dir/out" | shape)
}

# The session that goes back in time types what late.mtr has, which asserts and prints headings besides.
# BRIEF: without the ways back in the Linux guest, which take most of the time.
story() {
    local block
    sed "s|^include |include $PWD/scripts/scenarios/|" scripts/scenarios/late.mtr >"$dir/late.mtr"
    ! brief || sed -i '/^echo "# The receiver/,/^assert watcher.reg/d' "$dir/late.mtr"
    limit=120 mtr run "$dir/late.mtr" "guest=$guest"
    check 'late.mtr runs' ended 0 'instruction at .* <take_name[+]0x[0-9a-f]+> wrote, .*: 0a -> 32$'
    sed -n '/^## [0-9]*\. Why did it come late/,/^## /p' TUTORIAL.md >"$dir/section"
    blocks "$dir/section"
    for block in $(find "$dir/blocks" -type f | sort -V); do
        ! grep -q '^metronome.*> ' "$block" || cat "$block"
    done >"$dir/session"
    session "$dir/session" >"$dir/typed"
    { sed 's|^include |include scripts/scenarios/|' scripts/scenarios/late.mtr | grep -vE '^(#.*|assert .*|echo.*|)$'; } >"$dir/commands"
    check 'the tutorial types what late.mtr has' diff "$dir/typed" "$dir/commands"
    brief && return
    sed -i "s|$guest|/home/you/metronome/build/guest|" "$dir/out"
    check 'and shows what it prints' diff <(shown "$dir/session" | shape) <(grep -vE '^(#.*|)$' "$dir/out" | shape)
    sed '/^break pc watcher/,$d' "$dir/late.mtr" >"$dir/late-gdb.mtr"
    echo "gdb sensor path=$dir/sensor.gdb wait=on; run 1ms" >>"$dir/late-gdb.mtr"
    background run "$dir/late-gdb.mtr" "guest=$guest"
    within 60 test -S "$dir/sensor.gdb"
    timeout 60 gdb-multiarch -batch -nx "$guest/beat-an385.elf" -ex "target remote $dir/sensor.gdb" -ex 'watch settings.period' \
        -ex reverse-continue >"$dir/gdb.out" 2>&1
    join
    check 'gdb finds it as well' diff <(sed -n '/^    (gdb) reverse-continue/,/^[^ ]/p' "$dir/section" | sed -n 's/^    \([^(]\)/\1/p') \
        <(sed -n '/^Hardware watchpoint/,$p' "$dir/gdb.out" | sed '1d;/^warning/d;/^\[Inferior/d;/^$/d')
}

# Checks every other scenario without running it.
checks() {
    local file block arguments number=0
    mkdir "$dir/files"
    touch "$dir/files/"{vmlinuz,initramfs.cpio.gz,init.gz,access-aarch64.elf}
    for file in "${documents[@]}"; do
        blocks "$file"
        for block in "$dir"/blocks/*; do
            is_scenario "$block" || continue
            arguments=()
            ! grep -q '^set guest ' "$block" || arguments=("guest=$guest")
            (cd "$dir/files" && mtr check "$block" "${arguments[@]}" && echo "$status" >"$dir/status")
            status=$(<"$dir/status")
            check "$file: the scenario with '$(grep -m 1 -x 'node add .*' "$block")'" ended 0
            number=$((number + 1))
        done
    done
    check 'there are such scenarios' [ "$number" -ge 4 ]
}

for part in ${ONLY:-checks first sessions runs story tested}; do
    "$part"
done
done_testing
