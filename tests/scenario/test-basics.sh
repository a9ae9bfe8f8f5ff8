#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The command line and the command language, mostly without QEMU. Prints TAP, takes a few seconds.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

node="node add a memory=16M nic=off icount=shift=0,sleep=off kernel=$guest/count-aarch64.elf"

# --- options

options() {
    mtr --help
    check '--help shows all modes and exit codes' ended 0 'run FILE' 'check FILE' "-c 'COMMAND" '--report' '--qemu' \
        '--log' '--json' '--version' 'agent --stdio' '2 .*output was lost' '4 .*lost output' '130 interrupted'
    mtr --version
    check '--version' ended 0 '^metronome [0-9]+\.[0-9]+\.[0-9]+$'
    mtr --nonsense
    check 'an unknown option is named' ended 2 'nonsense'
    mtr --log loud -c 'echo hello'
    check 'an unknown log level is named, with the valid ones' ended 2 'loud' 'error, warn, info'
    mtr fly scenario.mtr
    check 'an unknown mode is named' ended 2 "'fly' is no mode" 'run FILE'
    mtr rnu x.mtr
    check 'a mistyped mode: what was meant' ended 2 "'rnu' is no mode: did you mean 'run'\?"
    mtr x.mtr
    check 'a file without a mode: what was meant' ended 2 "'x.mtr' is no mode: did you mean 'run x.mtr'\?"
    mtr --jsno run x.mtr
    check 'a mistyped option: what was meant' ended 2 "Unknown option --jsno; did you mean '--json'\?"
    mtr version
    check 'version' ended 0 '^metronome [0-9]+\.[0-9]+\.[0-9]+$'
    mtr help
    check 'help: the modes and the commands' ended 0 'verify FILE' '^node add ' '^quit '
    mtr help node add
    check 'help of a command' ended 0 '^node add NAME' 'agent=on\|off'
    mtr help nodde
    check 'help of a mistyped command: what was meant' ended 2 "unknown command 'nodde': did you mean 'node'\?"
    mtr -c $'echo gr\303\266\303\237e'
    check '-c: letters of all languages, in any locale' ended 0 $'^gr\303\266\303\237e$'
    mtr -c $'echo 21\260C'
    check '-c: what is no UTF-8' ended 2 'line 1, column 8: the byte 0xb0 is no UTF-8'
    mtr run
    check 'run needs a file' ended 2 'run needs a FILE'
    mtr check
    check 'check needs a file' ended 2 'check needs a FILE'
    mtr run "$dir/nowhere.mtr"
    check 'a missing scenario is named' ended 2 'nowhere\.mtr' 'No such file'
    mtr -c 'echo one' run two.mtr
    check '-c and a mode exclude each other' ended 2 'does not go together with -c'
    mtr --log error -c "$node; start"
    check '--log error keeps silent' test ! -s "$dir/err"
    mtr --log info -c "$node; start"
    check '--log info speaks, with both times and the subsystem' \
        says '^metronome: info: \[[0-9]+\.[0-9]{6} \| 0\.000000000s\] command: 1 nodes, mode '
    commands "log info command; $node; start; run 3ms; log warn; run 3ms"
    check 'log LEVEL SUBSYSTEM raises that one only' ended 0 '\| 0\.003000000s\] command: run: reached'
    check 'the others are silent, and so are all after log LEVEL' test "$(wc -l <"$dir/err")" -eq 2
    expect 'log of an unknown subsystem names the valid ones' 2 'log debug engine cellar' \
        "'cellar' is no subsystem: .*engine.*session"
    expect 'log of an unknown level names the valid ones' 2 'log loud' "'loud' is no error or warn or info or debug"
}

# --- help

known=(quantum 'node add' 'node attach' 'node remove' 'node list' 'node console' 'node transcript' start run run-until barrier time stats wait-line send
    assert report qmp hmp set include echo log help quit)

# Each line of `help` is a name and a text. `help NAME` prints the same text with the usage.
help_for_each() {
    local line name number=0
    local -a names=() words
    while IFS= read -r line; do
        read -r -a words <<<"${line:0:16}"
        name=${words[*]}
        names+=("$name")
    done <"$dir/out"
    for name in "${names[@]}"; do
        commands "help $name"
        ended 0 "^$name( |\$)" '^  [A-Z].*\.$' || return 1
        number=$((number + 1))
    done
    [[ $number -ge ${#known[@]} ]]
}

help_texts() {
    local name
    commands help
    for name in "${known[@]}"; do
        check "help lists $name" ended 0 "^$name +[A-Z]"
    done
    check 'help for every command' help_for_each
    # shellcheck disable=SC2016
    expect 'help for what is no command, but begins a command line' 2 'help test' "unknown command 'test'" '`metronome --help`'
    # shellcheck disable=SC2016
    expect 'help for an unknown command' 2 'help dance' "unknown command 'dance'" '`help` lists the commands'
}

# --- refusals

refusals() {
    local value
    expect 'unknown command: named, with what lists them' 2 'dance' "unknown command 'dance': \`help\` lists the commands"
    expect 'a near miss: what was meant' 2 'rnu 5ms' "unknown command 'rnu': did you mean 'run'\?"
    expect 'unknown subcommand' 2 'node paint' "unknown command 'node paint'" 'add, attach, remove, list'
    expect 'ambiguous prefix: named, with the candidates' 2 's' "ambiguous command 's': could be " 'start, step, stats'
    expect 'ambiguous prefix of a subcommand' 2 'node a' "ambiguous command 'node a': could be add, attach"
    expect 'a whole name is not ambiguous' 2 'run' 'usage: run DURATION'
    expect 'run: a number alone may be meant as a time or as instructions' 2 "$node; start; run 5" "'5' has no unit: write ns" '1000insn'
    expect 'run-until: likewise' 2 "$node; start; run-until 5pc" "'5pc' has an unknown unit" '1000insn'
    expect 'a text of several words: it needs quotes' 2 "$node; start; hmp a info registers" "'registers' is too much; .* needs quotes"
    expect 'a unique prefix will do' 0 'quan 10us; quantu' '^10us$'
    expect 'unknown key: named, with the valid ones' 2 'node add a colour=red' "unknown key 'colour'" '.help node add. lists the keys'
    expect 'a word that is no key=value' 2 'node add a fast' "'fast' is no key=value"
    expect 'unknown key of attach' 2 'node attach a port=1' "'port=1' has an unknown key" 'qmp=PATH'
    expect 'attach without qmp=' 2 'node attach a gdb=/tmp/x' 'usage: node attach'
    expect 'unknown node: named, with those there are' 2 'node add a; node add b; time c' "unknown node 'c': there are a, b"
    expect 'unknown node where there is none' 2 'time c' "unknown node 'c': there is none yet"
    expect 'a duplicate node' 2 'node add a; node add a' "there is a node 'a' already"
    for value in 1a -a a.b a/b "''" abcdefghijklmnopqrstuvwxyz0123456; do
        expect "a bad name: $value" 2 "node add $value" 'is no name for a node'
    done
    expect 'unknown architecture' 2 'node add a arch=z80' "arch='z80'" 'aarch64, arm, i386, riscv32, riscv64, x86_64, or another'
    expect 'a QEMU that is not there' 2 'node add a qemu=/nowhere/qemu' "qemu='/nowhere/qemu' is no program"
    expect 'too many vCPUs' 2 'node add a smp=0' "smp '0' is out of range: 1 to 512"
    expect 'no number of vCPUs' 2 'node add a smp=many' "smp 'many' is not a whole number"
    expect 'a size with a wrong unit' 2 'node add a memory=5Q' "'5Q' is not a size"
    expect 'a tiny memory' 2 'node add a memory=1K' 'too small: 1M at least'
    expect 'a missing file' 2 'node add a kernel=/nonexistent' "kernel='/nonexistent': No such file"
    expect 'a folder as kernel' 2 "node add a kernel=$dir" 'is a directory'
    : >"$dir/in"
    expect 'initrd without kernel' 2 "node add a initrd=$dir/in" 'need kernel='
    expect 'on or off' 2 'node add a nic=perhaps' "nic='perhaps': on or off"
    expect 'unknown icount part' 2 'node add a icount=speed=3' "icount 'speed=3'" 'sleep=on\|off'
    expect 'icount shift out of range' 2 'node add a icount=shift=11' "'11' is out of range: 0 to 10"
    expect 'an unclosed quote' 2 "echo 'abc" 'is not closed'
    # shellcheck disable=SC2016
    expect 'a variable that is not set' 2 'echo $NOTHING' "variable 'NOTHING' is not set"
    expect 'a bad variable name' 2 'set a-b 1' "'a-b' is no name for a variable"
    expect 'run without nodes' 2 'run 1ms' 'no node is started'
    expect 'start without nodes' 2 'start' 'there is no node to start'
    expect 'an unfinished expression' 2 'assert time ==' 'a value is missing'
    expect 'an unknown value' 2 'assert speed == 1' "unknown value 'speed'" 'quantum, barriers, missed'
    expect 'an unknown field' 2 'node add a; assert a.speed == 1' "a node has no 'speed'" 'icount'
    expect 'time and count do not mix' 2 'assert time == 5' "a time and a count can't be compared"
    expect 'too many words' 2 'quantum 1ms 2ms' 'usage: quantum'
}

quanta() {
    expect 'quantum of 0' 2 'quantum 0' "'0' has no unit"
    expect 'quantum of 0us' 2 'quantum 0us' 'quantum of 0ns is impossible: 1us to 1000s'
    expect 'quantum of -1ms' 2 'quantum -1ms' "'-1ms' is not a duration"
    expect 'quantum of 0.5us' 2 'quantum 0.5us' 'quantum of 500ns is no whole number of microseconds'
    expect 'quantum of 1' 2 'quantum 1' "'1' has no unit"
    expect 'quantum of 5' 2 'quantum 5' "'5' has no unit" 'ns, us, ms, s, m or h'
    expect 'quantum of 5 parsecs' 2 'quantum 5pc' "'5pc' has an unknown unit"
    expect 'quantum of 1001s' 2 'quantum 1001s' 'is impossible'
    expect 'quantum of 10^30s' 2 'quantum 1e30s' "'1e30s' is too long"
    expect 'the quantum is 1ms at first' 0 'quantum' '^1ms$'
    expect 'a decimal quantum' 0 'quantum 0.25ms; quantum' '^250us$'
    expect 'a refused quantum changes nothing, an assert sees it' 0 'quantum 70us; assert quantum == 0.07ms'
}

# --- exit codes

exit_codes() {
    expect 'exit 0 at the end' 0 'echo done' '^done$'
    expect 'exit 0 at quit, nothing behind it is run' 0 'echo before; quit; echo behind' '^before$'
    check 'nothing behind quit is run' not says behind
    expect 'exit 1: an assert fails, with both values' 1 'assert quantum == 2ms; echo behind' \
        'assert quantum == 2ms failed: ' 'against'
    check 'nothing behind a failed assert is run' not says '^behind'
    expect 'exit 2: a bad value' 2 'quantum 3x'
    expect 'exit 2: going back in time' 2 "$node; start; run 2ms; run-until 1ms" "'1ms' is over" '.reverse-until. goes back'
    expect 'exit 2: more instructions than can be counted' 2 "$node; start; run 1ms; run 9223372036854775807insn" \
        'node a has executed 1000000 instructions, and their count ends at 2\^63'
    expect 'a watch that comes beyond all time' 0 \
        "$node; start; run 1ms; watch 'echo seen' 9223372036854775807ns; run 1ms; assert time == 2ms; breaks" \
        '^1 +watch +0 '
    expect 'exit 2: going back in instructions' 2 "$node; start; run 2ms; run-until a 5insn" '.reverse-until. goes back'
    expect 'exit 1: a line that never comes, with node and pattern' 1 \
        "node add h memory=16M nic=off icount=shift=0,sleep=off kernel=$guest/hello-aarch64.elf; start; wait-line h NEVER timeout=3ms" \
        "no line of node h matched 'NEVER' until 0\.003.*; its console ends with:" '^ *hello from metronome$'
    expect 'exit 0: a line that comes' 0 \
        "node add h memory=16M nic=off icount=shift=0,sleep=off kernel=$guest/hello-aarch64.elf; start; wait-line h 'hello from metronome'"
}

# --- files

good_file() {
    cat >"$dir/good.mtr" <<END
# A comment; with a semicolon.
set shift 3
quantum 100us   # another one
node add a kernel=$guest/count-aarch64.elf icount=shift=\$shift,sleep=off
node add b kernel=$guest/idle-aarch64.elf extra="-netdev user,id=u"
start
run 1ms; time a
run 100insn on b
run-until a 10000insn
wait-line b 'nothing [0-9]+' timeout=1s
assert a.icount == 10000
END
}

bad_file() {
    cat >"$dir/bad.mtr" <<END
quantum 1
node add a colour=red

node add b icount=shift=auto
frobnicate
  echo "open
END
}

checks() {
    good_file
    mtr check "$dir/good.mtr"
    check 'check: a good file, nothing is started' ended 0
    check 'check: warns of what ends repeatability, with the node and the option' \
        says '^node b: warn: -netdev user,id=u: packets come from outside'
    check 'check: says nothing of sleep=off' not says 'shift=3,sleep=off'
    check 'check: tells each finding once' test "$(sort "$dir/out" | uniq -d | wc -l)" -eq 0
    mtr --json check "$dir/good.mtr"
    check 'check --json: findings are events' ended 0 \
        '^\{"event":"finding","node":"b","severity":"warn","what":"-netdev user,id=u","reason":".*","mend":".*"\}$'
    # shellcheck disable=SC2016
    echo 'quantum $q; assert quantum == 70us' >"$dir/given.mtr"
    mtr check "$dir/given.mtr" q=70us
    check 'check: takes KEY=VALUE' ended 0
    mtr check "$dir/given.mtr" q=7
    check 'check: sees what they say' ended 2 "'7' has no unit"
    mtr --log info -c "$node smp=2 extra='-rtc base=utc'; node list; start; start; node list"
    check 'start: tells warnings and notes, once' \
        test "$(grep -c -e '-rtc base=utc: the guest' "$dir/err") $(grep -c 'zephyr issue 26868' "$dir/err")" = '1 1'
    check 'check: starts nothing' no_qemus
    bad_file
    mtr check "$dir/bad.mtr"
    check 'check: all errors of a bad file, each with file:line' ended 2 \
        "$dir/bad\.mtr:1: quantum: DURATION '1' has no unit" "$dir/bad\.mtr:2: node a: unknown key 'colour'" \
        "$dir/bad\.mtr:4: node b: icount shift=auto is refused" "$dir/bad\.mtr:5: unknown command 'frobnicate'" \
        "$dir/bad\.mtr:6: the quote in '\"open' is not closed"
    mtr run "$dir/bad.mtr"
    check 'run: says the same before it begins' ended 2 "$dir/bad\.mtr:1: quantum: DURATION '1' has no unit" "$dir/bad\.mtr:2: node a: unknown key 'colour'"
    # shellcheck disable=SC2016
    printf '%s\n' 'echo $NOPE; echo ${x' 'quantum 3' >"$dir/unset.mtr"
    limit=5 mtr check "$dir/unset.mtr"
    check 'check: goes on behind a variable that is not set' ended 2 "unset\.mtr:1: variable 'NOPE' is not set" \
        "unset\.mtr:2: quantum: DURATION '3' has no unit"
    mtr check "$dir/none.mtr"
    check 'check: a missing file' ended 2 'none\.mtr'
    : >"$dir/empty.mtr"
    mtr check "$dir/empty.mtr"
    check 'check: an empty file is fine' ended 0
    mtr run "$dir/empty.mtr"
    check 'run: an empty file is fine' ended 0
}

variables() {
    # shellcheck disable=SC2016
    printf '%s\n' 'set who world' 'set greeting "hello $who"' 'echo $greeting ${who}s $' >"$dir/vars.mtr"
    mtr run "$dir/vars.mtr"
    # shellcheck disable=SC2016
    check 'variables' ended 0 '^hello world worlds \$$'
    mtr run "$dir/vars.mtr" who=moon
    check 'KEY=VALUE outranks set' ended 0 '^hello moon moons'
    mtr run "$dir/vars.mtr" 'who=two words'
    check 'a value with a blank' ended 0 '^hello two words two wordss'
    mtr run "$dir/vars.mtr" who
    check 'an argument that is no KEY=VALUE' ended 2 "'who' is no KEY=VALUE"
    mtr run "$dir/vars.mtr" =moon
    check 'a KEY=VALUE without a key' ended 2 "'=moon' is no KEY=VALUE"
}

includes() {
    mkdir -p "$dir/sub/deeper"
    printf 'echo top\ninclude sub/one.mtr\necho end\n' >"$dir/top.mtr"
    printf 'echo one\ninclude deeper/two.mtr\n' >"$dir/sub/one.mtr"
    printf 'echo two\n' >"$dir/sub/deeper/two.mtr"
    mtr run "$dir/top.mtr"
    check 'include: relative to the including file' test "$status $(tr '\n' ' ' <"$dir/out")" = '0 top one two end '
    printf 'echo loop\ninclude ../top2.mtr\n' >"$dir/sub/back.mtr"
    printf 'include sub/back.mtr\n' >"$dir/top2.mtr"
    mtr run "$dir/top2.mtr"
    check 'include: a loop is refused, with file:line' ended 2 'sub/back\.mtr:2: include loop' 'top2\.mtr'
    mtr check "$dir/top2.mtr"
    check 'check: an include loop ends' ended 2 'include loop'
    printf 'include nowhere.mtr\n' >"$dir/top3.mtr"
    mtr run "$dir/top3.mtr"
    check 'include: a missing file, with file:line' ended 2 'top3\.mtr:1: .*nowhere\.mtr'
    printf 'echo fine\nquantum 7\n' >"$dir/sub/wrong.mtr"
    printf '\ninclude sub/wrong.mtr\n' >"$dir/top4.mtr"
    mtr run "$dir/top4.mtr"
    check 'include: an error names the included file and line' ended 2 'sub/wrong\.mtr:2: quantum: DURATION .7. has no unit'
}

# --- input and output

quoting() {
    # shellcheck disable=SC2016
    commands 'set x 5; echo "a;b" '"'"'c # $x'"'"' "d $x \" \$x" e\ f g#h # i; echo no
echo next'
    # shellcheck disable=SC2016
    check 'quoting' test "$status $(cat "$dir/out")" = '0 a;b c # $x d 5 " $x e f g#h
next'
    commands 'echo "" a;;; ; echo b;'
    check 'empty words and empty commands' test "$status $(cat "$dir/out")" = '0  a
b'
}

json_lines() {
    [[ -s $dir/out ]] && ! grep -qvE '^\{.*\}$' "$dir/out"
}

pipes() {
    printf 'quantum 20us\nquantum\n\n# nothing\nquantum 3\necho no\n' >"$dir/in"
    input=$dir/in mtr
    check 'commands from a file as standard input: an error ends them, with its line' ended 2 '^20us$' \
        "stdin:5: quantum: DURATION '3' has no unit"
    check 'nothing behind the error is run' not says '^no$'
    status=0
    printf 'echo piped' | timeout 20 "$metronome" >"$dir/out" 2>"$dir/err" || status=$?
    check 'commands from a pipe, without a newline at the end' ended 0 '^piped$'
    check 'no prompt in a pipe' not says 'metronome.*>'
    mtr </dev/null
    check 'an empty input is fine' ended 0
    mtr --json -c "quantum 100us; $node; start; run 1ms; time; stats; help; echo '\"quoted\"	tab'; node list"
    check '--json: every line is an object' json_lines
    check '--json: run, output and exit' ended 0 '"event":"run".*"end":"reached".*"virtual_ns":"1000000"' \
        '"event":"output","text":"\\"quoted\\"\\ttab' '"event":"exit","code":"0"'
    mtr --json -c 'quantum 3'
    check '--json: an error is an object, too' json_lines
    check '--json: with its message' ended 2 '"event":"error".*has no unit' '"event":"exit","code":"2"'
}

# A run that is long enough for several lines of progress on a terminal.
progress() {
    mtr -c "quantum 50us; $node; start; run 400ms"
    check 'a long run in a pipe' ended 0
    check 'shows no progress' test "$(cat "$dir/out" "$dir/err" | tr -d '\n' | tr -dc '[:cntrl:]' | wc -c)" -eq 0
    check 'prints nothing' test ! -s "$dir/out"
}

options
help_texts
refusals
quanta
exit_codes
checks
variables
includes
quoting
pipes
progress
done_testing
