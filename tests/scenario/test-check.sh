#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The text of a scenario and all errors that it can have. No test here starts a QEMU: a started QEMU
# is a failure.
# shellcheck disable=SC2016 # variables are metronome's
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh"

# file NAME BYTES: writes a scenario; BYTES is a format of printf.
file() {
    # shellcheck disable=SC2059
    printf "$2" >"$dir/$1"
}

# refused DESCRIPTION BYTES PATTERN...: the scenario is refused by check, by a run, as an included
# file, and on standard input.
refused() {
    local description=$1
    file refused.mtr "$2"
    echo "include refused.mtr" >"$dir/includes.mtr"
    shift 2
    mtr check "$dir/refused.mtr"
    check "$description: check" ended 2 "$@"
    mtr run "$dir/refused.mtr"
    check "$description: run" ended 2 "$@"
    mtr run "$dir/includes.mtr"
    check "$description: included" ended 2 "$@"
    input=$dir/refused.mtr mtr
    check "$description: standard input" ended 2 "$@"
}

# prints DESCRIPTION BYTES LINE...: the scenario prints these lines, in each of these ways to run
# it.
prints() {
    local description=$1
    file prints.mtr "$2"
    echo "include prints.mtr" >"$dir/includes.mtr"
    shift 2
    printf '%s\n' "$@" >"$dir/expected"
    mtr run "$dir/prints.mtr"
    check "$description" same_output
    mtr run "$dir/includes.mtr"
    check "$description: included" same_output
    input=$dir/prints.mtr mtr
    check "$description: standard input" same_output
}

same_output() {
    [[ $status -eq 0 ]] && diff "$dir/expected" "$dir/out" >&2
}

bytes() {
    refused 'a NUL byte' 'echo one\n\0echo two\nassert 1 == 2\n' 'line 2, column 1: a NUL byte'
    refused 'a NUL byte in quotes' 'echo "one\0"\n' 'line 1, column 10: a NUL byte'
    refused 'a NUL byte behind other letters' '# \303\266\0\n' 'line 1, column 4: a NUL byte'
    refused 'what is no UTF-8' 'echo one\necho 21\260C\n' 'line 2, column 8: the byte 0xb0 is no UTF-8'
    refused 'UTF-16' '\377\376e\0c\0h\0o\0' 'line 1, column 1: the byte 0xff is no UTF-8'
    refused 'a carriage return within a line' 'echo one\recho two\n' 'line 1, column 9: a carriage return that ends no line'
    refused 'a blank that is none' 'echo one\nrun\302\2405ms\n' "(mtr|stdin):2: the character U\+00A0 can't be seen"
    refused 'an escape sequence outside of quotes' 'echo \033[1m\n' "(mtr|stdin):1: the character U\+001B can't be seen"
    prints 'carriage returns at the ends of lines' 'echo one\r\necho "two"\r\n\r\n# three\r\n' one two
    prints 'a byte order mark' '\357\273\277echo one\n' one
    prints 'no line end at the end' 'echo one\necho two' one two
    prints 'other letters, and what only quotes may hold' \
        'set size "\302\2405"\necho gr\303\266\303\237e "\033[1m" $size # \007\n' $'gr\303\266\303\237e \033[1m \302\2405'
    prints 'nothing but a byte order mark, and a command' '\357\273\277\r\necho one' one
}

language() {
    refused 'a quote that is not closed: the line where it began' "echo 'one'\necho 'two\nthree' 'four\nfive\n" \
        "(mtr|stdin):3: the quote in ''four' is not closed"
    refused 'a variable with letters that none has' "set gr 1\necho \$gr\303\266\303\237e\n" "(mtr|stdin):2: '\\\$gr.*' is no variable"
    refused 'a variable that is not set, and what was meant' 'set kernel x\necho $krenel\n' \
        "(mtr|stdin):2: variable 'krenel' is not set: did you mean 'kernel'\?"
    refused 'a command that is not there, and what was meant' 'rnu 5ms\n' "(mtr|stdin):1: unknown command 'rnu': did you mean 'run'\?"
    check 'not the list of all commands' not says run-until
    refused 'a command like no other' 'dance\n' "(mtr|stdin):1: unknown command 'dance': .help. lists the commands"
}

# --- the whole scenario, before anything starts ---

# A launch, a connection and a written file leave a trace. The QEMU and the host of these tests are
# fakes that leave one.
traces() {
    mkdir "$dir/bin"
    printf '#!/bin/sh\ntouch "%s"\nexit 1\n' "$dir/launched" >"$dir/bin/qemu-system-aarch64"
    chmod +x "$dir/bin/qemu-system-aarch64"
    PATH=$dir/bin:$PATH
}

nothing_started() {
    [[ ! -e $dir/launched && ! -e $dir/connected && ! -e $dir/x.pcapng && ! -s $dir/out ]] && no_folders && no_processes
}

errors() {
    grep -c '^metronome: error: ' "$dir/err" || true
}

# bad DESCRIPTION ERRORS SCENARIO PATTERN...: check and a run refuse the scenario with this number
# of errors, and the run starts nothing.
bad() {
    local description=$1 wanted=$2
    printf '%s\n' "$3" >"$dir/bad.mtr"
    shift 3
    mtr check "$dir/bad.mtr"
    check "$description: check" ended 2 "$@"
    check "$description: check: errors" test "$(errors)" -eq "$wanted"
    grep '^metronome: error: ' "$dir/err" >"$dir/checked"
    mtr --report "$dir/report" run "$dir/bad.mtr"
    check "$description: run" ended 2 "$@"
    check "$description: run: nothing was started" nothing_started
    check "$description: run: the same errors" diff <(grep '^metronome: error: ' "$dir/err") "$dir/checked"
}

a='node add a icount=shift=0,sleep=off memory=32M'
b='node add b icount=shift=0,sleep=off memory=32M'

faults() {
    touch "$dir/empty"
    bad 'an unknown command behind a run' 1 "$a
start
echo started
run 20ms
assertt a.icount == 20000000" ':5: unknown command .assertt.: did you mean .assert.'
    bad 'a host is not connected' 1 "host add h command=\"touch $dir/connected\"
nothing here" ':2: unknown command'
    bad 'all errors, not the first' 4 "$a memroy=1G
start
run 20
echo \$nothing
log loud" ":1: node a: unknown key 'memroy': did you mean 'memory'" ":3: run: DURATION '20' has no unit" ":4: variable 'nothing' is not set" \
        ":5: log: 'loud' is no error or warn or info or debug"
    bad 'a node that is not there yet' 1 "$a
link add a b
$b
start" ":2: 'b' is neither a node nor a switch"
    bad 'a node that is there no more' 1 "$a; $b
node remove b
start
time b" ":4: unknown node 'b': there is only a"
    bad 'a regular expression' 2 "$a; start
wait-line a '('
break console a '['" ':2: ' ':3: '
    bad 'expressions' 5 "$a; start
assert a.icuont == 5
assert a.icount == 5 garbage
break when a.time > 5
assert a.icount
assert tiem > 1s" ":2: a node has no 'icuont': .*did you mean 'icount'" ":3: 'garbage' is too much" ':4: a time and a count' \
        ':5: a comparison' ":6: unknown value 'tiem': .*did you mean 'time'"
    bad 'packet filters' 3 "$a; $b; link add a b
break packet filter=\"tcp prot 80\"
break packet filter=\"tcp dst port 80 and or arp\"
break packet filter=\"host 10.0.0.256\"" ":2: .*column 5: 'prot' is wrong here: did you mean 'port'" \
        ":3: .*column 17: 'and or arp' is wrong here: syntax error" ":4: .*invalid IPv4 address '10.0.0.256'"
    bad 'options that take what is metronome'"'s" 1 "$a extra=\"-S\"; start" ':1: node a: .*-S'
    bad 'before the start' 8 "$a
regs a
mem a 0 4
send a x
qmp a query-status
gdb a
step a
clocks a
run 1ms" ":2: node a is not started: .start. comes first" ':3: ' ':4: ' ':5: ' ':6: ' ':7: ' ':8: ' ':9: no node is started'
    bad 'breaks and captures that are not there' 3 "$a; $b; link add a b
break time 5ms
delete 1
delete 1
capture $dir/x.pcapng
capture $dir/x.pcapng off
capture $dir/x.pcapng off
capture $dir/none/x.pcapng" ":4: there is no break 1" ":7: nothing is captured into" ":8: can't write '$dir/none/x.pcapng': No such file"
    bad 'a link that was removed' 1 "$a; $b; link add a b
link remove a b
link down a b" ":3: there is no link between 'a' and 'b'"
    bad 'what a watch is to do' 2 "$a
watch 'regs b' 1ms
watch 'quit' 1ms" ":2: unknown node 'b'" ':3: one command that lets no time pass'
    bad 'files that can not be written' 3 "$a
node transcript a $dir/empty/x
node transcript a $dir
report $dir/empty/x" ":2: can't write" ":3: can't write" ":4: can't write"
    bad 'an attached node has no console' 3 "node attach x qmp=$dir/none
wait-line x y
node transcript x $dir/t
gdb x" ':2: node x has no console' ':3: node x has no console' ':4: node x has no gdbstub'
    bad 'without icount' 2 "node add a icount=off memory=32M; start
step a
run 5insn" ":2: node a runs without icount" ':3: node a runs without icount'
    bad 'names of variables' 3 'set 1 x
set "" x
set a-b x' ":1: '1' is no name for a variable" ":2: '' is no name" ":3: 'a-b' is no name"
    bad 'a key that is given twice' 3 "$a memory=1G
$b; link add a b latency=1ms latency=2ms
node add c icount=shift=0,shift=1" ":1: node add: 'memory=32M' and 'memory=1G': memory= may be given once" \
        ":2: link add: 'latency=1ms' and 'latency=2ms'" ":3: node c: icount 'shift=0' and 'shift=1'"
    bad 'behind quit' 1 'quit
dance' ":2: unknown command 'dance'"
    bad 'in a file that is included' 1 "include $dir/inner.mtr
" 'inner.mtr:1: '
    bad 'what is too much, or missing' 4 "$a; start
run 5ms foo
quantum 1ms 2ms
delete
node transcript a" ":2: run: 'foo' is too much; usage: run DURATION" ":3: quantum: '2ms' is too much" ':4: delete: N is missing' \
        ':5: node transcript: FILE or off is missing'
}

# One fault gives one message: commands that depend on a refused command are not checked further.
doubts() {
    bad 'a node with a wrong file' 1 "node add a initrd=missing
$b
link add a b
link set a b latency=2ms
break console a x
delete 1
capture $dir/x.pcapng a b
capture $dir/x.pcapng off
start
run 5insn on a
step
regs a.3
assert a.icount == 5
assert b.icount == 5
node remove a" ":1: node a: initrd='missing': No such file"
    bad 'a command that was meant to make a node' 1 "$b
noed add a
link add a b
start
time a" ":2: unknown command 'noed': did you mean 'node'"
    bad 'a switch, a gateway, a host, an attached node' 5 "switch add 1s
gateway add gw unxi=/tmp/x
host add h ssh=a command=b
node attach x port=1
$a host=h
$b
link add 1s b
link add gw b
link down b gw at=1ms
run 1ms
time x
host remove h
node add c host=other" ":1: '1s' is no name" ":2: gateway add: 'unxi=/tmp/x' has an unknown key; did you mean 'unix='" ':3: host h: ' ":13: node c: host='other' is unknown"
    bad 'a variable that could not be set' 1 "$a; start
set X \$UNSET
run \$X
assert a.icount == \$X
set Y \${X}0
step a \$Y" ":2: variable 'UNSET' is not set"
    bad 'what wait-line has found' 1 "$a; start
wait-line a 'in (.*) seconds'
run \$line_time
run \$1
run \$1 on a
echo \$line \$9
assert a.icuont == \$1" ":7: a node has no 'icuont'"
    bad 'a file that is not there may have made anything' 1 "include nowhere.mtr
link add x y
run 5ms
echo \$z
capture $dir/x.pcapng off" ":1: can't read the commands"
    bad 'breaks behind one that was refused' 1 "$a; break console a '('
break time 5ms
delete 2" ':1: '
    bad 'links that were refused' 1 "$a; $b; link add a b lantecy=1ms
link set a b latency=1ms
link remove b a
break packet a b" ":1: unknown link option 'lantecy': did you mean 'latency'"
}

# good DESCRIPTION SCENARIO: check accepts the scenario.
good() {
    printf '%s\n' "$2" >"$dir/good.mtr"
    mtr check "$dir/good.mtr"
    check "$1" ended 0
}

# A restore puts back what a check knows, too: what came behind the save is gone, what went is there again.
saves() {
    echo '0000000040080000 T here' >"$dir/names"
    good 'what is gone behind a restore can be made again' "$a; start; save s
$b; switch add w; link add a w; link add b w latency=5ms; set x 1; break time 5s; capture $dir/x.pcapng
restore s
$b; switch add w; link add a b latency=3ms; set x 2; break time 6s; delete 1; echo \$x; capture $dir/x.pcapng off
restore s; restore s; switch add w; save s; restore s; link add a w"
    good 'what a restore brings back is there' "$a; $b; link add a b; break time 5s; break console b never; set x 1; symbols a off; start
save s
link remove a b; delete 1; delete 2; set x 2; save t file=$dir/planned
restore s
link set a b loss=3%; delete 2; break packet a b; delete 3; echo \$x; restore $dir/planned; link add a b; restore t; regs b"
    bad 'what is gone behind a restore is unknown' 7 "$a; start; save s
$b; switch add w; link add a w; set x 1; break time 5s; symbols a $dir/names
restore s
time b
link set a w loss=3%
link add a w
echo \$x
delete 1
break pc a here
save b; restore none" ":4: unknown node 'b'" ":5: there is no network port or switch 'a'" ":6: 'w' is neither" ":7: variable 'x' is not set" ':8: there is no break 1' \
        ":9: break pc: ADDR 'here'" ":10: there is no save 'none'"
    bad 'a save that the scenario writes is known by its place' 2 "$a; start; set x 1; save s file=$dir/planned
$b; save s file=$dir/planned
restore s; time b
restore $dir/planned; time b; save delete s
save delete $dir/planned
restore s
time c" ":5: there is no save '$dir/planned'" ":6: there is no save 's'"
    bad 'places of a save that the scenario makes' 1 "$a; start; save s
restore s host=nowhere" ":2: node a: it is on host 'nowhere'"
    local places wanted
    for places in 'a:local,' ',' '' ':' 'a:' ':local' 'local,local' 'a:local,local' 'a:local,a:local' 'x:local'; do
        case $places in
        '') wanted='it is empty' ;;
        *,a:*) wanted="node 'a' stands in it twice" ;;
        x*) wanted="the save has no node 'x', but a" ;;
        *local,local) wanted="'local' is for all nodes, so nothing else" ;;
        a:) wanted="'a:' has no host" ;;
        :*) wanted="'$places' has no node" ;;
        *) wanted='a place is missing at a comma' ;;
        esac
        bad "places that are none: $places" 1 "$a; start; save s; restore s host=$places" "host='$places': $wanted.*HOST for all nodes, or NODE:HOST"
    done
    bad 'saves that can not be written' 5 "$a; start
save s file=/proc/x
save s file=/sys/x
save s file=$dir/empty/x
save s file=$dir/none/x
save s file=$dir/bin" ":2: can't write '/proc/x': Operation not permitted" ":3: can't write '/sys/x'" ":4: can't write '$dir/empty/x': Not a directory" \
        ":5: can't write '$dir/none/x': No such file" ":6: '$dir/bin' is there already, and is no save"
    good 'a save in a folder that another save, or the report, makes' "report $dir/planned-report; $a; start; save s file=$dir/planned-report/s; save t file=$dir/planned
report $dir/planned/report"
    bad 'nodes that can not be saved, or started anew' 3 "node add a icount=off memory=16M
start
save s
node attach x qmp=$dir/none
save s
restart" ":3: node a can't be saved: it runs without icount" ":5: node a can't be saved" ":6: node x was attached"
    bad 'one fault, one message: a save' 1 "$a; start; save s file=$dir/none/s
restore s; restore $dir/none/s; time b; delete 1" ":1: can't write '$dir/none/s'"
    bad 'one fault, one message: a node' 1 "node add a initrd=missing; start
save s; restore s; time a; run 5ms" ":1: node a: initrd='missing'"
    bad 'a time that is over for sure' 1 "$a; start
break time 0ns" ':2: that time is over: the ensemble stands at 0.000000000s'
    mtr run "$dir/bad.mtr"
    check 'nothing was started by these' nothing_started
}

# Names and numbers are written in one way, and what says nothing is refused.
forms() {
    bad 'numbers in names' 9 "node add a icount=shift=0,sleep=off memory=32M nic=2 uarts=2; node add b icount=shift=0,sleep=off memory=32M uarts=2; start
link add a.uart01 b.uart1
link add a.UART1 b.uart1
link add a.01 b
link add a.+1 b
link add a.uart+1 b
regs a.00
send a.01 x
assert a.00.reg.x0 == 1
assert a.3.reg.x0 == 1" ":2: UART '01' is written as '1'" ":3: 'a.UART1': a UART is written as a.uart1" ":4: card '01' is written as '1'" \
        ":5: 'a.\+1' is no end of a link" ":6: UART '\+1' is no number" ":7: vCPU '00' is written as '0'" ":8: UART '01'" ":9: vCPU '00'" ':10: node a has no vCPU 3: 0 to 0'
    bad 'commands behind do' 5 "$a
break time 1ms do ''
break time 1ms do ' ; '
break time 1ms do 'continue; regs a'
break time 1ms do 'continue; continue'
break time 1ms do '$(printf 'time;%.0s' {1..65})'
break time 1ms do 'continue;'
break time 2ms do 'time; continue'" ":2: do '': there is nothing to do" ":3: do ' ; ': there is nothing" \
        ":4: do 'continue; regs a': .continue. lets the run go on, so it is the last command" ":5: do 'continue; continue'" ':6: do .*: 64 commands are the limit'
    bad 'numbers and places that do not fit' 8 "$a
assert a.icount > 9223372036854775808
break pc a 99999999999999999999
break access a 0xfffffffffffffff0 17
assert a.reg == 1
assert a.0.reg. == 1
assert a.mem == 1
start
mem a 0xfffffffffffffff0 17
assert a.reg.x0 == 0xfffffffffffffffff
break access a 0xfffffffffffffff0 16" ":2: '9223372036854775808' is too large: decimal numbers end at" ":3: break pc: .* it has more than 64 bits" \
        ':4: 17 bytes from 0xfffffffffffffff0 on end behind the last address' ':5: which register\? .a\.reg\.NAME.' ':6: which register' \
        ':7: which memory\? .a\.mem' ':9: 17 bytes from' ':10: .* is no number of 64 bits'
}

variables() {
    echo 'set loss 1%; echo $loss; set file x; echo ${file}; set other 5' >"$dir/v.mtr"
    mtr run "$dir/v.mtr" loss=2%
    check 'a variable on the command line' ended 0 '^2%$'
    mtr run "$dir/v.mtr" los=2%
    check 'one that no line uses: what was meant' ended 2 "'los=2%' on the command line: no line of .*v\.mtr uses \\\$los; did you mean 'loss'"
    check 'nothing was run' nothing_started
    mtr check "$dir/v.mtr" los=2%
    check 'check says so too' ended 2 "no line of .*v\.mtr uses \\\$los"
    mtr verify "$dir/v.mtr" los=2%
    check 'and verify' ended 2 "no line of .*v\.mtr uses \\\$los"
    mtr run "$dir/v.mtr" other=6
    check 'one that is set and never used' ended 2 "no line of .*v\.mtr uses \\\$other"
    mtr run "$dir/v.mtr" loss=2% loss=3%
    check 'one that is given twice' ended 2 "'loss=3%': loss is given twice on the command line"
    mtr run "$dir/v.mtr" lo-ss=2%
    check 'a name that is none' ended 2 "'lo-ss' is no name for a variable"
    mtr run "$dir/v.mtr" gr$'\303\266'=1
    check 'letters that no name has' ended 2 'is no name for a variable'
    mtr run "$dir/v.mtr" 1=2
    check 'a digit' ended 2 "'1' is no name for a variable"
    echo "watch 'echo \$once' 1ms" >"$dir/w.mtr"
    mtr check "$dir/w.mtr" once=1
    check 'a watch uses one' ended 0
}

# Paths that are no files, and files that can be read only once.
files() {
    mkfifo "$dir/fifo"
    mtr run "$dir"
    check 'a folder is no scenario' ended 2 "can't read the commands: .*Is a directory|can't read the commands: .*s a directory"
    echo 'echo from the pipe' >"$dir/fifo" &
    mtr run "$dir/fifo"
    check 'a FIFO: what was checked is run' ended 0 '^from the pipe$'
    input=$dir/v.mtr mtr run /dev/stdin
    check '/dev/stdin' ended 0 '^1%$'
    input=$dir/v.mtr mtr run - loss=4%
    check '- is standard input' ended 0 '^4%$'
    echo 'echo a; dance' >"$dir/dance.mtr"
    input=$dir/dance.mtr mtr check -
    check '- is standard input: check' ended 2 "stdin:1: unknown command 'dance'"
    mtr run "$dir/nowhere.mtr"
    check 'a file that is not there' ended 2 "can't read the commands: .*nowhere.mtr"
    limit=20 mtr run /dev/zero
    check 'a file without an end' ended 2 "can't read the commands: '/dev/zero' has more than 16777216 bytes"
    mtr run "$dir/empty"
    check 'an empty file' ended 0
    printf 'include twice.mtr\ninclude twice.mtr\n' >"$dir/both.mtr"
    echo 'echo once' >"$dir/twice.mtr"
    mtr run "$dir/both.mtr"
    check 'a file that is included twice is run twice' test "$(cat "$dir/out")" = $'once\nonce'
    mtr --report "$dir/empty/report" run "$dir/v.mtr"
    check 'a report that can not be made is found before' ended 2 "--report: can't write the report to '$dir/empty/report': Not a directory"
    check 'nothing was printed' test ! -s "$dir/out"
}

# A check, also the check at the start of a run, neither prints nor logs the output of commands.
silence() {
    echo "log info; set x 1; echo \$x; quantum; max-skip; help quit; log debug" >"$dir/silent.mtr"
    mtr check "$dir/silent.mtr"
    check 'a check prints nothing' test ! -s "$dir/out" -a ! -s "$dir/err"
    mtr run "$dir/silent.mtr"
    check 'a run prints once' test "$(cat "$dir/out")" = $'1\n1ms\n100us\nquit \n  End; every launched QEMU ends too.'
    printf '%s\n' "$a; break when a.icount > 5" >"$dir/log.mtr"
    mtr --log info run "$dir/log.mtr"
    check 'and logs once' test "$(grep -c "needs every node's clock" "$dir/err")" -eq 1
    mtr --json run "$dir/bad.mtr"
    check '--json: an event for each error, then the exit' ended 2 '"event":"error"' '"event":"exit","code":"2"'
    mtr -c "$a; start; dance; run 5"
    check '-c: all of it first' ended 2 "unknown command 'dance'" "'5' has no unit"
    check '-c: nothing was started' nothing_started
    mtr -c "$a; start; clocks watch"
    check 'what needs a report, without one' ended 2 'give --report DIR'
    mtr -c "$a; start; node console a"
    check 'what needs a terminal, without one' ended 2 'node console needs a terminal'
    check 'nothing was started for either' nothing_started
    mtr verify "$dir/bad.mtr"
    check 'verify checks once, before the first run' test "$(errors)" -eq "$(wc -l <"$dir/checked")"
}

# Typed commands, and commands from a pipe, run line by line. A file that they include is checked as
# a whole.
included() {
    printf '%s\n' "echo one" "time a" "time b" "link set a s latency=5ms" "echo \$v; assertt 1 == 1" >"$dir/part.mtr"
    printf '%s\n' "$a; switch add s; link add a s; set v 5; echo before; include $dir/part.mtr; echo behind" >"$dir/typed"
    input=$dir/typed mtr
    check 'a file that a pipe includes is checked first' ended 2 "part.mtr:3: unknown node 'b'" "part.mtr:5: unknown command 'assertt'" \
        "nothing of '.*part.mtr' was run"
    check 'in the state that it finds' test "$(errors)" -eq 3
    check 'and no line of it is run' test "$(cat "$dir/out")" = before
    printf '%s\n' "delete 1" "delete 2" "delete 1" >"$dir/breaks.mtr"
    printf '%s\n' "$a; break time 5ms; include $dir/breaks.mtr" >"$dir/typed-breaks"
    input=$dir/typed-breaks mtr
    check 'it knows the breaks that there are' ended 2 'breaks.mtr:2: there is no break 2' 'breaks.mtr:3: there is no break 1'
    sed -i 's/assertt/assert/; s/time b/break time 5ms/' "$dir/part.mtr"
    input=$dir/typed mtr
    check 'a good one is run' ended 0 '^one$' '^break 1$' '^behind$'
}

shipped() {
    local file
    for file in scripts/scenarios/*.mtr scripts/scenarios/tests/*.mtr; do
        mtr check "$file"
        check "${file#scripts/scenarios/}: is accepted" ended 0
    done
    printf '%s\n' '# from: boot.mtr' 'run 1ms' 'link down a c' >"$dir/case.mtr"
    cp scripts/scenarios/tests/boot.mtr "$dir"
    mtr check "$dir/case.mtr" "guest=$guest"
    check 'a case of test is checked behind its boot' ended 2 "case.mtr:3: there is no network port or switch 'c'"
    check '... and nothing else is wrong' [ "$(grep -c 'error:' "$dir/err")" = 1 ]
}

# cpu_time ARGUMENT...: sets $took to the CPU time of a run in ms.
cpu_time() {
    local TIMEFORMAT='%U %S' user system
    { time mtr "$@"; } 2>"$dir/took"
    read -r user system <"$dir/took"
    took=$((10#${user/./} + 10#${system/./}))
}

# scenario LINES: prints a scenario of about LINES lines.
scenario() {
    echo 'node add a icount=shift=0,sleep=off; node add b icount=shift=0,sleep=off; link add a b; start; set guest .'
    awk -v lines="$1" 'BEGIN {
        for (i = 0; i < lines; i += 5)
            printf "assert a.icount >= %d # %d\nlink set a b latency=%dms\nset x%d \"$guest %d .\"\n" \
                "wait-line b \"the answer is [0-9]+ %d\" timeout=5s\necho ${x%d}\n", i, i, i % 9 + 1, i, i, i, i
    }'
}

speed() {
    local small took factor=1
    ! grep -qa __asan_init "$metronome" || factor=30
    scenario 10000 >"$dir/small.mtr"
    scenario 100000 >"$dir/large.mtr"
    cpu_time check "$dir/small.mtr"
    check '10,000 lines' ended 0
    small=$took
    limit=300 cpu_time check "$dir/large.mtr"
    check '100,000 lines' ended 0
    echo "# 10,000 lines: $small ms, 100,000 lines: $took ms"
    check 'are checked in less than a second' test "$took" -lt $((1000 * factor))
    check 'and in no more than their share of the time' test "$took" -lt $((small * 20 + 100))
}

# Every message shortens its quotations, so that the message fits a terminal and still states its
# fact.
overlong() {
    local word line
    local -a lines=('WORD' 'quantum WORD' "quantum 'a WORD b'" 'node add WORD' 'node add a kernel=WORD' 'node add a WORD=1'
        'node add a icount=WORD' 'node add a serial=unix:WORD' "node add a extra='-s WORD'" 'link add a b latency=WORD'
        'log WORD' 'assert time == WORD' 'break when WORD' 'echo $WORD' 'include WORD' 'set k; WORD' 'network order WORD 1'
        'host add a WORD' 'gateway add WORD' 'gateway add a unix=WORD' 'node add b; break console b "(WORD"'
        'node add b; break pc b WORD' 'watch WORD 1ms' 'help WORD' 'wait-line WORD x')
    word=$(printf '%01000000d' 0 | tr 0 x)
    for line in "${lines[@]}"; do
        echo "${line/WORD/$word}" >"$dir/overlong.mtr"
        mtr check "$dir/overlong.mtr"
        check "a word of 1 MB is shortened: $line" eval 'ended 2 overlong.mtr:1: && [[ $(wc -c <"$dir/err") -lt 3000 ]]'
    done
    mtr --json run "$dir/overlong.mtr"
    check 'a word of 1 MB is shortened: JSON' eval 'ended 2 event.*error && [[ $(wc -c <"$dir/out") -lt 3000 ]]'
    mtr --report "$dir/overlong" run "$dir/overlong.mtr"
    check 'a word of 1 MB is shortened: the report' eval '[[ $(text message "$dir/overlong/report.json" | wc -c) -lt 1000 ]]'
}

# Folders where no run directory can be made: the user's environment is wrong. metronome finds this
# before it runs any command.
no_room() {
    local remedy='set XDG_RUNTIME_DIR or TMPDIR to another folder'
    : >"$dir/plain"
    XDG_RUNTIME_DIR='' TMPDIR=$dir/nowhere mtr --report "$dir/no-room" -c 'echo behind'
    check 'a TMPDIR that is not there' ended 2 \
        "can't make run directories in '$dir/nowhere', the value of TMPDIR: No such file or directory; $remedy" \
        '^metronome: usage, exit code 2: '
    check '... nothing is run' not says '^behind$'
    check '... and the report says so' grep -q '"outcome": *"usage"' "$dir/no-room/report.json"
    XDG_RUNTIME_DIR=$dir/none TMPDIR=$dir/plain mtr -c 'echo behind'
    check 'a TMPDIR that is a file' ended 2 "in '$dir/plain', the value of TMPDIR: Not a directory"
    XDG_RUNTIME_DIR=$dir/plain TMPDIR='' mtr -c 'echo behind'
    check 'an XDG_RUNTIME_DIR that is a file' ended 2 "in '$dir/plain', the value of XDG_RUNTIME_DIR: Not a directory"
    XDG_RUNTIME_DIR='' TMPDIR=/proc mtr -c 'echo behind'
    check 'a TMPDIR that takes no folders' ended 2 "in '/proc', the value of TMPDIR: .*; $remedy"
}

no_room
bytes
language
overlong
traces
echo 'dance' >"$dir/inner.mtr"
faults
doubts
saves
forms
variables
files
silence
included
shipped
speed
done_testing
