#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# metronome test: scenarios as test cases. Results on the terminal, as TAP and as JUnit XML agree; a boot
# is shared; limits of time, Ctrl-C and SIGKILL leave nothing behind. Prints TAP, takes about half a
# minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

here=$PWD
cases=$dir/cases
mkdir "$cases"
xml=$dir/out.xml
small='memory=16M nic=off icount=shift=0,sleep=off'
count_node="node add t $small kernel=$guest/count-aarch64.elf"

# scenario PATH: writes a scenario below the folder of cases.
scenario() {
    mkdir -p "$(dirname "$cases/$1")"
    cat >"$cases/$1"
}

# tests ARGUMENT...: runs the cases, from the folder where they lie.
tests() {
    cd "$dir"
    mtr test "$@"
    cd "$here"
}

valid() {
    xmllint --noout --schema tests/scenario/junit.xsd "$xml" 2>"$dir/xmllint" || { sed 's/^/# /' "$dir/xmllint" && false; }
}

# junit PATTERN...: the file is valid, its sums are right, and each pattern matches one of its lines.
junit() {
    local pattern
    valid && python3 tests/scenario/junit.py "$xml" >"$dir/lines" || return 1
    for pattern; do
        grep -qE -e "$pattern" "$dir/lines" || { sed 's/^/# junit: /' "$dir/lines" && return 1; }
    done
}

# property SUITE KEY: prints a property.
property() {
    python3 tests/scenario/junit.py "$xml" "$2" | sed -n "s/^${1//\//\\/}|//p"
}

# --- one of each kind

kinds() {
    scenario a/passes.mtr <<END
$count_node
start
run \$time
assert t.time == \$time
assert missed == 0
END
    scenario a/fails.mtr <<END
$count_node
start
run 1ms
echo "in \$folder"
assert missed == 0
assert t.time == 2ms
END
    scenario b/host.mtr <<END
# timeout: 1s
$count_node
start
run 1h
END
    scenario b/virtual.mtr <<END
# virtual-timeout: 50ms
$count_node
start
run 30ms
run 10ms
save here
run 5ms
restore here
run 30ms
END
    scenario b/usage.mtr <<<'strat'
    scenario b/node.mtr <<END
$count_node qemu=$dir/no-qemu
start
END
    scenario b/boot.mtr <<END
$count_node
start
run 1ms
assert t.time == 2ms
END
    scenario b/behind.mtr <<END
# from: boot.mtr
run 1ms
END
    printf '#!/bin/sh\nprintf "\\033[31m<&\\001\\377\\357\\277\\277]]>" >&2\nexit 1\n' >"$dir/no-qemu"
    chmod +x "$dir/no-qemu"
    tests cases time=3ms --keep kept --junit out.xml
    check 'the exit code is the highest of the cases' ended 3 '^metronome: node-failed, exit code 3: 6 of 7 cases did not pass$'
    check 'a line for each case, in order' [ "$(sed -nE 's/^(PASS|FAIL|ERROR) +(cases[^ ]*) .*/\1 \2/p' "$dir/out" | paste -sd,)" = \
        'FAIL cases/a/fails.mtr,PASS cases/a/passes.mtr,ERROR cases/b/behind.mtr,FAIL cases/b/host.mtr,ERROR cases/b/node.mtr,ERROR cases/b/usage.mtr,FAIL cases/b/virtual.mtr' ]
    check '... with times and checks' says '^PASS +cases/a/passes.mtr +[0-9.]+ s, virtual 0.003000000s, 2 checks$'
    check '... and below it what failed, and where' says '^ +cases/a/fails.mtr:6: assert t.time == 2ms failed: .*1ms' \
        '^ +cases/b/host.mtr:4: the host time limit of 1s is over .--timeout.; virtual time stood at ' \
        '^ +cases/b/virtual.mtr:9: the virtual time limit of 50ms is over' "^ +cases/b/usage.mtr:1: unknown command 'strat'" \
        '^ +cases/b/node.mtr:2: node t: QEMU ended, exit status 1' \
        "^ +cases/b/boot.mtr:4: its boot 'cases/b/boot.mtr' did not pass: assert t.time == 2ms failed"
    check '... and the sums' says '^7 cases: 1 passed, 3 failed, 3 errors, in [0-9.]+ s; 1 boot took [0-9.]+ s$'
    check 'JUnit says the same' junit 'a/fails.mtr.fails.failed.failed.cases/a/fails.mtr:6: assert t.time' 'a/passes.mtr.passes.passed' \
        'host.mtr.host.failed.timeout.' 'virtual.mtr.virtual.failed.virtual-timeout.' 'usage.mtr.usage.error.usage' \
        'node.mtr.node.error.node-failed' 'behind.mtr.behind.error.boot.*did not pass'
    check '... virtual time and checks' [ "$(property cases/a/passes.mtr virtual_ns),$(property cases/a/passes.mtr checks_passed),$(property cases/a/fails.mtr checks_failed)" = 3000000,2,1 ]
    check '... what the case printed' grep -q 'in kept/cases/a/fails.mtr$' "$xml"
    tests cases/a/fails.mtr cases/b/host.mtr --keep kept --tap
    check 'TAP says it, too' ended 1 '^TAP version 13$' '^1\.\.2$' '^not ok 1 - cases/a/fails.mtr$' '^not ok 2 - cases/b/host.mtr$' \
        '^  at: "cases/a/fails.mtr:6"$' '^  result: "timeout"$'
    status=0
    prove --exec cat "$dir/out" >"$dir/prove" 2>&1 || status=$?
    check '... for a reader of TAP' grep -q 'Failed 2/2 subtests' "$dir/prove"
    check '... that has no complaint' not grep -qi 'parse error\|bad plan' "$dir/prove"
}

# What failed cases have left.
kept() {
    local again open
    cd "$dir"
    check 'a folder for each case that failed, none for those that passed' [ "$(cd kept/cases && echo */*)" = \
        'a/fails.mtr b/boot.mtr.boot b/host.mtr b/node.mtr b/usage.mtr b/virtual.mtr' ]
    check '... with report, console, output and save' [ -s kept/cases/a/fails.mtr/report/report.html -a -f kept/cases/a/fails.mtr/report/console-t.log \
        -a -s kept/cases/a/fails.mtr/output.txt -a -s kept/cases/a/fails.mtr/save/manifest.json ]
    check '... what it was' grep -qx 'where: cases/a/fails.mtr:6' kept/cases/a/fails.mtr/case.txt
    open=$(sed -n 's/^open: metronome //p' kept/cases/a/fails.mtr/case.txt)
    again=$(sed -n 's/^again: metronome //p' kept/cases/a/fails.mtr/case.txt)
    echo time >"$dir/typed"
    eval "input=$dir/typed mtr $open"
    check '... the command that opens it where it failed' ended 0 '^virtual time 0.001000000s'
    eval "mtr $again"
    check '... the command that runs it again' ended 1 '^1 case: 0 passed, 1 failed'
    sed -i 's/2ms/1ms/' cases/a/fails.mtr
    mtr test cases/a/fails.mtr --keep kept
    check 'once it passes its folder is gone' ended 0
    check '... and no other one' [ "$(cd kept/cases && echo *)" = b ]
    rm -r kept/cases/b/usage.mtr
    mkdir kept/cases/b/usage.mtr
    mtr test cases/b --keep kept
    check 'a folder of the user is not replaced' ended 2 "in the place of a case stands 'kept/cases/b/usage.mtr', which is no folder that a case has left"
    mtr test cases/a/passes.mtr time=3ms --keep cases/a/passes.mtr
    check '... and a file is no folder' ended 2 "no folder can be made at 'cases/a/passes.mtr': "
    cd "$here"
}

# --- boots

boots() {
    local number
    scenario boots/one.mtr <<END
$count_node
start
run 7ms
set kept 7ms
END
    sed 's/7ms/9ms/' "$cases/boots/one.mtr" >"$cases/boots/two.mtr"
    for number in 1 2; do
        scenario "boots/from-one-$number.mtr" <<END
# from: one.mtr
assert t.time == \$kept
run 1ms
assert t.time == 8ms
END
    done
    scenario boots/from-two.mtr <<END
# from: two.mtr
assert t.time == 9ms
END
    tests cases/boots --junit out.xml
    check 'cases with the same boot share it, others have theirs; boots are no cases' ended 0 '^3 cases: 3 passed.*; 2 boots took'
    check '... which JUnit says' junit 'from-one-1.passed' 'from-one-2.passed' 'from-two.passed'
    check '... with the boot' [ "$(property cases/boots/from-one-2.mtr boot)" = cases/boots/one.mtr ]
    tests cases/boots --list
    check '... so the list says' [ "$(paste -sd, "$dir/out")" = cases/boots/from-one-1.mtr,cases/boots/from-one-2.mtr,cases/boots/from-two.mtr ]
    tests cases/boots --filter one-2
    check '--filter leaves out cases, and boots that nobody needs' ended 0 '^1 case: 1 passed.*; 1 boot took'
    # What a case uses is known only behind its boot, which says what it includes.
    sed "s/7ms/\$length/; \$a set part part.inc" "$cases/boots/one.mtr" >"$cases/boots/three.mtr"
    scenario boots/part.inc <<<"echo \$more"
    printf '%s\n' '# from: three.mtr' "include \$part" "assert t.time == \$kept" >"$cases/boots/from-three.mtr"
    tests cases/boots/from-three.mtr length=3ms more=4
    check 'variables of boot and case' ended 0 '^1 case: 1 passed'
    tests cases/boots/one.mtr cases/boots/from-two.mtr
    check 'a boot that is named is a case' ended 0 '^2 cases: 2 passed.*; 1 boot took'
    mtr -c "$count_node; start; run 7ms; set kept 7ms; save s file=$dir/saved"
    sed 1d "$cases/boots/from-one-1.mtr" >"$cases/any.mtr"
    tests cases/any.mtr --from saved
    check '--from SAVE' ended 0 '^1 case: 1 passed, 0 failed, in [0-9.]+ s$'
    sed '1s/.*/# from: ..\/saved/' "$cases/boots/from-one-1.mtr" >"$cases/any.mtr"
    tests cases/any.mtr
    check 'a save in the header' ended 0 '^1 case: 1 passed, 0 failed, in [0-9.]+ s$'
    tests cases/any.mtr --from cases/boots/one.mtr
    check 'two beginnings are one too many' ended 2 "cases/any.mtr: its '# from: ../saved' does not go together with --from"
    sed -i '1s/.*/# a comment/' "$cases/any.mtr"
    tests cases/any.mtr --from cases/boots/one.mtr
    check '--from SCENARIO' ended 0 '^1 case: 1 passed.*; 1 boot took'
    rm "$dir/saved/manifest.json"
    tests cases/any.mtr --from saved
    check 'a folder that is no save' ended 2 'saved'
    scenario boots/two.mtr <<<'# from: one.mtr'
    tests cases/boots
    check 'a boot begins by itself' ended 2 "cases/boots/from-two.mtr: # from: cases/boots/two.mtr: it is a boot of other scenarios, so it can't begin from 'one.mtr' itself"
    scenario boots/two.mtr <<<'echo nothing'
    tests cases/boots --filter two
    check 'a boot without nodes' ended 2 "its boot 'cases/boots/two.mtr' did not pass: no node was started"
}

# The scenarios of this tree, which have asserts: all, or those that boot no Linux.
examples() {
    local all=("$here/scripts/scenarios") name
    if brief; then
        all=()
        for name in shifts results boards serial starve poke idle-and-busy defaults exact-stop; do
            all+=("$here/scripts/scenarios/$name.mtr")
        done
    fi
    limit=400 tests "${all[@]}" "guest=$guest" "capture=$dir/x.pcapng" --jobs 1 --junit out.xml
    check 'the scenarios of this tree pass' ended 0
    check '... each of them, with asserts' not grep -q ', 0 checks' "$dir/out"
}

# --- several runs

runs() {
    scenario runs/equal.mtr <<END
node add t memory=16M nic=off icount=shift=3,sleep=off kernel=$guest/tick-aarch64.elf
start
run 20ms
END
    sed 's/sleep=off/sleep=on/' "$cases/runs/equal.mtr" >"$cases/runs/jitter.mtr"
    tests cases/runs --runs 3 --junit out.xml
    check 'runs of a case are compared with its first one' ended 1 '^PASS +cases/runs/equal.mtr .*, 3 runs, virtual 0.020000000s' '^FAIL +cases/runs/jitter.mtr'
    check '... where they differ, and what keeps them from repeating' says \
        '^ +run 2: runs 1 and 2 differ at 0\.[0-9]+s, node t: (bias|icount) is .*; not repeatable: sleep=on' '^ +run 3: runs 1 and 3 differ'
    tests cases/runs/jitter.mtr --runs 3 --keep kept-runs
    check 'a folder for each run that differs' [ "$(cd "$dir/kept-runs/cases/runs" && echo *)" = 'jitter.mtr.run-2 jitter.mtr.run-3' ]
    sed -i 's/sleep=on/sleep=off/' "$cases/runs/jitter.mtr"
    tests cases/runs/jitter.mtr --keep kept-runs
    check '... which are gone once it passes' ended 0
    check '... all of them' not test -e "$dir/kept-runs/cases"
    check '... in JUnit' junit 'equal .run 3..passed' 'jitter.passed' 'jitter .run 2..failed.differs.runs 1 and 2 differ'
}

# --- exactness

reached_gdb() {
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# Somebody else lets a QEMU run while a gdb holds the case.
exactness() {
    port=$(free_port)
    scenario lost.mtr <<END
node attach f qmp=$dir/qmp gdb=$dir/gdb
run 1ms
gdb f port=$port wait=on
run 20ms
assert 1 == 1
END
    start_foreign shift=0,sleep=off
    background test "$cases/lost.mtr" --junit "$xml"
    within 20 reached_gdb
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    # shellcheck disable=SC2016
    printf '+$?#3f' >&3
    read -rt 10 -n 4 -u 3
    qmp cont
    within 10 foreign_runs
    qmp stop
    exec 3>&-
    join
    end_foreign
    check 'a missed boundary fails a case whose checks passed' ended 4 '^FAIL +.*lost.mtr' ' exactness was lost: [1-9]' 'exactness-lost, exit code 4'
    check '... in JUnit' junit 'lost.mtr.lost.failed.exactness-lost.exactness was lost'
}

# --- what ends it from outside

case_runs() {
    [[ -n $(qemus) ]]
}

endings() {
    local number
    scenario long/1.mtr <<END
$count_node
start
run 1ms
END
    scenario long/2.mtr <<END
$count_node
start
run 1h
END
    cp "$cases/long/2.mtr" "$cases/long/3.mtr"
    for number in INT TERM; do
        rm -f "$xml"
        background test "$cases/long" --junit "$xml" --jobs 1
        within 20 says '^PASS +.*1.mtr'
        within 20 case_runs
        guests_run
        kill "-$number" "$pid"
        check "SIG$number: it ends soon" ends_within 8000
        check '... with the exit code of an interruption' ended 130 '^---- +.*2.mtr' '^3 cases: 1 passed, 0 failed, 2 not run' 'interrupted, exit code 130'
        check '... and JUnit has what there is' junit 'long/1.mtr.1.passed' 'long/2.mtr.2.skipped.interrupted.*interrupted' 'long/3.mtr.3.skipped.not-run.not run'
        check '... no QEMU is left' within 5 no_qemus
    done
    background test "$cases/long/2.mtr" --keep "$dir/kept-both"
    within 20 case_runs
    check 'a folder that another runner writes' not timeout 20 "$metronome" test "$cases/long/2.mtr" --keep "$dir/kept-both" 2>"$dir/other"
    check '... is not taken' grep -q "exit code 2: --keep: another metronome test writes the folder '.*/long/2.mtr' at present" "$dir/other"
    check '... nor changed' test -f "$dir/kept-both$cases/long/2.mtr/output.txt"
    kill -INT "$pid"
    join
    background test "$cases/long" --tap
    within 20 says '^ok 1 - '
    within 20 case_runs
    kill -INT "$pid"
    join
    check 'TAP bails out' ended 130 '^Bail out! interrupted$'
    background test "$cases/long" --junit "$xml"
    within 20 says '^PASS +.*1.mtr'
    within 20 case_runs
    kill -9 "$pid"
    join 2>/dev/null
    check 'SIGKILL: no QEMU is left' within 10 no_qemus
    check '... no process' within 10 no_processes
    check '... no folder' within 5 no_folders
    check '... and no results of the run before' not test -e "$xml"
}

# The metronome of a case does not answer: it is killed, and its QEMU with it.
stuck() {
    scenario stuck.mtr <<END
# timeout: 1s
$count_node
start
run 1h
END
    background test "$cases/stuck.mtr"
    within 20 case_runs
    # Not the process that tidies up behind the runner: its command line is the runner's.
    kill -STOP "$(pgrep -P "$pid" -f -- '--report=.*stuck.mtr')"
    check 'a metronome that is stopped is killed' ends_within 20000
    check '... and said to be out of time' ended 1 'the host time limit of 1s is over'
}

# --- mistakes

# refused DESCRIPTION PATTERN ARGUMENT...: exit code 2, and nothing was run.
refused() {
    local description=$1 pattern=$2
    shift 2
    tests "$@"
    check "$description: refused before anything runs" refused_so "$pattern"
}

refused_so() {
    ended 2 "$1" && not grep -qE '^(PASS|FAIL|ERROR|[0-9]+ case)' "$dir/out"
}

mistakes() {
    local long odd=$'od<d&"\001\377.mtr' as=()
    mkdir "$dir/empty" "$dir/empty/below" "$cases/deaf"
    rm -rf "${cases:?}"/*/
    scenario one.mtr <<<'echo 1'
    scenario uses.mtr <<<"echo \$n"
    mkdir -m 0 "$cases/deaf"
    refused 'no FILE' 'test needs a FILE'
    refused 'no FILE, but a variable' 'test needs a FILE' a=1
    refused 'a file that is not there' "can't read 'cases/none.mtr': No such file" cases/none.mtr
    refused 'a file twice' "the case 'cases/one.mtr' is named twice$" cases/one.mtr cases/one.mtr
    refused 'by another path' "the case 'cases/../cases/one.mtr' is named twice, the other time 'cases/one.mtr'" cases/one.mtr cases/../cases/one.mtr
    refused 'a folder without a scenario' "the folder 'empty' has no scenario .*mtr. in it or below it" empty
    refused 'what is no file' "'/dev/null' is no file and no folder" /dev/null
    [[ $EUID -ne 0 ]] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 "$dir"
    cp "$metronome" "$dir/metronome"
    status=0
    (cd "$dir" && timeout 10 "${as[@]}" ./metronome test cases --list) >"$dir/out" 2>"$dir/err" || status=$?
    check 'a folder that can not be read' ended 2 "can't read the folder 'cases/deaf': .*Permission denied"
    rmdir "$cases/deaf"
    refused 'jobs' "--jobs '0' is out of range: 1 to 1000" cases/one.mtr --jobs 0
    refused 'jobs that are no number' "--jobs" cases/one.mtr --jobs x
    refused 'runs' "--runs '0' is out of range: 1 to 1000" cases/one.mtr --runs 0
    refused 'a timeout' "--timeout: '5' has no unit" cases/one.mtr --timeout 5
    refused 'no timeout' '--timeout: a time above 0' cases/one.mtr --timeout 0s
    refused 'a virtual timeout' "--virtual-timeout: 'x' is not a duration" cases/one.mtr --virtual-timeout x
    refused 'a filter that fits nothing' "--filter 'zzz' fits the name of none of [0-9]+ cases" cases --filter zzz
    refused 'JUnit into no folder' "--junit: no file can be made in the folder 'no/folder': No such file" cases/one.mtr --junit no/folder/x.xml
    refused 'JUnit into a folder' "--junit: 'cases' is a folder" cases/one.mtr --junit cases
    refused 'JUnit without a name' "--junit: '' is no name" cases/one.mtr --junit ''
    refused 'JUnit into the folder of --keep' "--junit: 'kept-one' is a folder" cases/one.mtr --keep kept-one --junit kept-one
    refused 'JUnit in place of a case' "--junit: can't write 'cases/one.mtr': there is a file already that is no JUnit file" cases/one.mtr --junit cases/one.mtr
    check '... which stays' [ "$(<"$cases/one.mtr")" = 'echo 1' ]
    ln -s shown.xml "$dir/link.xml"
    tests cases/one.mtr --junit link.xml
    check 'JUnit through a link, as /dev/stdout is one' ended 0
    check '... which stays' [ -L "$dir/link.xml" -a -s "$dir/shown.xml" ]
    long=$(printf 'x%.0s' {1..250}).mtr
    cp "$cases/one.mtr" "$cases/$long"
    refused 'a name with no room for the number of a run' "--keep: the name of the folder 'kept-one/cases/x.* is too long" "cases/$long" --keep kept-one --runs 2
    rm "$cases/$long"
    echo 'echo 1' | tee "$cases/x.mtr" >"$cases/x.mtr.run-2"
    refused 'two cases with one folder' "--keep: two cases would leave the folder 'kept-one/cases/x.mtr.run-2'" cases/x.mtr.run-2 cases/x.mtr --keep kept-one --runs 2
    printf '# from: one.mtr\n' >"$cases/x.mtr"
    mv "$cases/x.mtr.run-2" "$cases/one.mtr.boot"
    refused 'a case in the place of a boot' "--keep: two cases would leave the folder 'kept-one/cases/one.mtr.boot'" cases/x.mtr cases/one.mtr.boot --keep kept-one
    cp "$cases/one.mtr" "$dir/__"
    refused 'a case inside the folder of another' "--keep: one case would leave its folder inside that of another, 'kept-one/__'" __ "../${dir##*/}/cases/one.mtr" --keep kept-one
    cp "$cases/one.mtr" "$dir/a=b.mtr"
    (cd "$dir" && exec "$metronome" test . --filter a= --junit out.xml) >/dev/null
    check 'a file with the name of a variable runs again by another one' [ "$(property ./a=b.mtr again)" = 'metronome test ./a=b.mtr' ]
    refused 'a variable that nobody uses' "'colour=1' on the command line: no case uses .colour" cases/one.mtr colour=1
    refused 'a variable twice' "'n=2': n is given twice on the command line" cases/uses.mtr n=1 n=2
    refused 'an option of another mode' '--every is no option of test' cases/one.mtr --every 2
    refused 'no save' "no-save" cases/one.mtr --from no-save
    mtr run "$cases/one.mtr" --tap
    check 'an option of test alone' ended 2 '--tap is no option of run: it goes with test FILE'
    scenario header.mtr <<<'# timeout: soon'
    refused 'a header' "cases/header.mtr:1: # timeout: 'soon' is not a duration" cases/header.mtr
    printf '# from: one.mtr\n# from: one.mtr\n' >"$cases/header.mtr"
    refused 'a header twice' 'cases/header.mtr:2: # from: it is given twice' cases/header.mtr
    scenario header.mtr <<<'# from: none.mtr'
    refused 'a boot that is not there' "cases/header.mtr: # from: can't read 'cases/none.mtr': No such file" cases/header.mtr
    cp "$cases/one.mtr" "$cases/$odd"
    tests "cases/$odd" --junit out.xml
    check 'a name that is no text' ended 0 '^PASS +cases/od<d&"\\x01\\xff.mtr '
    check '... is some in JUnit' junit 'cases/od<d&"\\x01\\xff.mtr.od<d&"\\x01\\xff.passed'
    tests cases/one.mtr --jobs 900 --junit /dev/full
    check 'more jobs than CPUs are said; a full disk is told' ended 2 '--jobs 900: each case has CPUs of its own' 'output-lost, exit code 2: --junit: '
}

kinds
kept
boots
examples
runs
exactness
endings
brief || stuck
mistakes
done_testing
