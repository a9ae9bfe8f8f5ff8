#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every end in the manual's table: exit code, last line on stderr, the event `exit`, report.json and
# report.html agree, and the formats for programs follow their schemas. Prints TAP, takes about two
# minutes.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"
# shellcheck source=tests/scenario/foreign.sh
source "$(dirname "$0")/foreign.sh"

report=$dir/report
scenario=
out=$dir/out

# ends DESCRIPTION STATUS OUTCOME WHERE MESSAGE: checks how the last run ended. WHERE and MESSAGE
# are regular expressions. $report has the run's report (empty: no report), $scenario its file, and
# $out its events (empty: nobody could read them).
ends() {
    check "$1: exit code $2" [ "$status" -eq "$2" ]
    check "$1: all say '$3', where and why, as their schemas have it" \
        python3 tests/scenario/agree.py "$status" "$3" "$4" "$5" "$out" "$dir/err" "$report" "$scenario"
}

# older: puts the report of an earlier run in the place of the next run's report.
older() {
    rm -rf "$dir/report"
    cp -r "$dir/older" "$dir/report"
}

# reported ARGUMENT...: runs metronome with events and a report, which replaces an older one.
reported() {
    report=$dir/report out=$dir/out scenario=
    older
    mtr --json --report "$report" "$@"
}

# of NAME [ARGUMENT...]: the same for the scenario $dir/NAME.mtr.
of() {
    local file=$dir/$1.mtr
    shift
    reported run "$file" "$@"
    scenario=$file
}

plain() {
    report='' out=$dir/out scenario=
    mtr --json "$@"
}

# goes ARGUMENT...: starts a run with events and a report that goes on until something from outside
# ends it.
goes() {
    report=$dir/report out=$dir/out scenario=
    older
    background --json --report "$report" "$@"
    within 40 says going
    guests_run
}

# stands COMMANDS: starts a run that carries out these commands and waits for more.
stands() {
    report=$dir/report out=$dir/out scenario=
    older
    rm -f "$dir/lines"
    mkfifo "$dir/lines"
    : >"$dir/out" 2>"$dir/err"
    "$metronome" --json --report "$report" <"$dir/lines" >"$dir/out" 2>"$dir/err" &
    pid=$!
    exec 9>"$dir/lines"
    printf '%s\necho standing\n' "$1" >&9
    within 40 says standing
}

# more COMMANDS: sends the last commands to such a run.
more() {
    (trap '' PIPE && printf '%s\n' "$1" >&9 2>/dev/null) || true # the run may have ended by itself
    exec 9>&-
    join
}

# report_has PYTHON: a condition on report.json, which is r.
report_has() {
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(0 if eval(sys.argv[2]) else f"{r}")' \
        "$report/report.json" "$1"
}

counts() { # NAME: a guest that counts for ever
    echo "node add $1 kernel=$guest/count-aarch64.elf memory=32M icount=shift=0,sleep=off nic=off"
}

exits() { # NAME: a guest that makes its QEMU exit with status 3
    echo "node add $1 kernel=$guest/exit-aarch64.elf append=3 extra='-semihosting-config enable=on,target=native' memory=32M nic=off \
        icount=shift=0,sleep=off"
}

# file NAME: writes a scenario with a node that counts, followed by standard input.
file() {
    { counts a && echo start && cat; } >"$dir/$1.mtr"
}

# --- passed, failed

passed() {
    of passes
    ends 'passed' 0 passed '' ''
    check 'passed: nothing on stderr' not [ -s "$dir/err" ]
    check 'passed: the check is in the report' report_has "[(c['line'], c['what'], c['virtual_ns'], c['result']) for c in \
        r['checks']] == [('$dir/passes.mtr:4', 'assert a.icount == 2000000', 2000000, 'passed')]"
    reported
    ends 'nothing to do' 0 passed '' ''
    reported -c "$a; start; run 1ms; quit; assert 1 == 2"
    ends 'quit' 0 passed '' ''
}

failed() {
    of assert
    ends 'an assert' 1 failed "$dir/assert\\.mtr:6" 'assert a\.icount == 5 failed: 2000000 against 5'
    check 'an assert: nothing behind it is run' not says 'not reached'
    check 'an assert: variables are in the report, and replaced in the checks' report_has \
        "r['variables'] == {'n': '5'} and [(c['what'], c['result']) for c in r['checks']] == \
        [('assert a.missed == 0', 'passed'), ('assert a.icount == 5', 'failed')] and '2000000' in r['checks'][1]['found']"
    of assert n=7
    ends 'an assert on a value of the command line' 1 failed "$dir/assert\\.mtr:6" '.* failed: 2000000 against 7'
    file wait <<<'wait-line a "never \"printed" timeout=3ms'
    of wait
    ends 'a wait: its time is up' 1 failed "$dir/wait\\.mtr:3" 'no line of node a matched .*'
    check 'a wait: it is a check that failed' report_has "[(c['virtual_ns'], c['result']) for c in r['checks']] == \
        [(3000000, 'failed')] and r['checks'][0]['what'].startswith('wait-line a ')"
    file broken <<'END'
break time 1500us
wait-line a never timeout=3ms
END
    of broken
    ends 'a wait: a break ends it' 1 failed "$dir/broken\\.mtr:4" 'no line of node a matched .*: break 1: .*'
    reported -c "$(exits a); start; run 5ms; wait-line a never timeout=3ms"
    ends 'a wait for a node that is off' 1 failed '' 'no line of node a matched .*: it is off since .*'
    printf 'echo one\nassert 1 == 2\necho two\n' >"$dir/typed"
    input=$dir/typed reported
    ends 'an assert from a pipe' 1 failed 'stdin:2' 'assert 1 == 2 failed: .*'
    check 'an assert from a pipe: nothing behind it is run' not says '"two'
    input=$dir/typed reported run -
    scenario=-
    ends 'an assert of standard input' 1 failed 'stdin:2' 'assert 1 == 2 failed: .*'
}

verified() {
    local name
    plain verify "$dir/passes.mtr"
    ends 'verify: equal' 0 passed '' ''
    plain verify "$dir/assert.mtr"
    ends 'verify: runs that fail alike' 1 failed '' 'run 1 ended with exit code 1'
    echo 'echo nothing runs' >"$dir/nothing.mtr"
    plain verify "$dir/nothing.mtr"
    ends 'verify: nothing was compared' 2 usage '' 'nothing was compared.*'
    mkfifo "$dir/fifo.mtr"
    echo "include $dir/fifo.mtr" >"$dir/of-fifo.mtr"
    limit=10 plain verify "$dir/fifo.mtr"
    ends 'verify: a pipe can not be read twice' 2 usage '' ".*each run of .verify. reads '.*fifo.mtr', .*"
    limit=10 plain verify "$dir/of-fifo.mtr"
    ends 'verify: nor can one that is included' 2 usage '.*:1' ".*each run of .verify. reads '.*fifo.mtr', .*"
    for name in - /dev/stdin /dev/fd/0 /proc/self/fd/0; do
        input=$dir/passes.mtr plain verify $name
        ends "verify: nor can $name" 2 usage '' ".*each run of .verify. reads '$name', .*"
    done
    # A program for qemu= whose QEMU does not start a second time.
    cat >"$dir/qemu-once" <<END
#!/bin/bash
mkdir $dir/seen 2>/dev/null || exit 1
exec qemu-system-aarch64 "\$@"
END
    chmod +x "$dir/qemu-once"
    plain --qemu "$dir/qemu-once" verify "$dir/passes.mtr"
    ends 'verify: runs that end otherwise are not equal' 1 failed '' 'run 2 ended with exit code 3, run 1 with 0'
}

# --- usage: nothing has run

refused() {
    file unknown <<<'nonsense 5'
    of unknown
    ends 'an unknown command' 2 usage "$dir/unknown\\.mtr:3" ".*nonsense.*"
    check 'the report is that of a run that never began' report_has "r['nodes'] == [] and r['barriers'] == 0"
    check 'nothing of the older one is left' \
        [ "$(ls "$report")" = $'barriers.csv\nreport.html\nreport.json' ]
    file include <<<'include nowhere.mtr'
    of include
    ends 'an include that is not there' 2 usage "$dir/include\\.mtr:3" '.*nowhere\.mtr.*'
    of nowhere
    ends 'a scenario that is not there' 2 usage '' '.*nowhere\.mtr.*'
    of passes novalue
    ends 'a variable without a value' 2 usage '' '.*novalue.*'
    of passes unused=1
    ends 'a variable that no line uses' 2 usage '' '.*unused.*'
    reported -c 'run 5'
    ends 'a bad value in -c' 2 usage '' '.+'
    reported -c "$a; assert 0 == 0 1"
    ends 'an assert that is none' 2 usage '' '.+'
    reported -c "node add a kernel=$dir/no-kernel; start"
    ends 'a kernel that is not there' 2 usage '' '.*no-kernel.*'
    printf 'echo one\nrun 5\n' >"$dir/typed"
    input=$dir/typed reported
    ends 'a bad value through a pipe' 2 usage 'stdin:2' '.+'
    printf 'echo one\n\0' >"$dir/typed"
    input=$dir/typed reported
    ends 'a NUL through a pipe' 2 usage '.*' '.*NUL.*'
    reported --nonsense run "$dir/passes.mtr"
    ends 'an unknown option' 2 usage '' '.*--nonsense.*'
    reported walk
    ends 'an unknown mode' 2 usage '' '.*walk.*'
    reported run
    ends 'run without a file' 2 usage '' '.*run needs a FILE.*'
    reported --log loud -c 'echo 1'
    ends 'a log level that is none' 2 usage '' '.*loud.*'
    plain check "$dir/passes.mtr"
    ends 'check of a good scenario' 0 passed '' ''
    plain check "$dir/unknown.mtr"
    ends 'check of a bad one' 2 usage '.*:3' '.*nonsense.*'
}

# An option without effect in a mode is refused, because its user expects an effect.
of_no_use() {
    local arguments
    while read -r arguments; do
        # shellcheck disable=SC2086
        plain ${arguments//FILE/$dir/passes.mtr}
        ends "refused: $arguments" 2 usage '' '.*(is no option of|out of range|not a whole number|is expected|does not go).*'
    done <<'END'
run FILE --runs 3
run FILE --registers
run FILE --devices
run FILE --stdio
run FILE --cpus 0
check FILE --report DIR
check FILE --sample FILE
verify FILE --report DIR
verify FILE --stdio
verify FILE --runs 0
verify FILE --runs 1
verify FILE --runs -3
verify FILE --runs 1001
verify FILE --runs two
verify FILE --runs 3x
verify FILE --runs=
agent --stdio more
END
    check 'refused: no report is made by a mode that has none' [ ! -e DIR ]
}

# --- output-lost

# small KILOBYTES ARGUMENT...: runs metronome with its report on a file system of that size.
small() {
    local size=$1
    shift
    report=$dir/report out=$dir/out scenario=
    rm -rf "$report" "$dir/small"
    mkdir "$dir/small"
    status=0
    # shellcheck disable=SC2016
    unshare -m -- bash -c 'mount -t tmpfs -o size="$1"k none "$2" || exit 99
        "$3" --json --report "$2/report" "${@:4}" || status=$?
        cp -r "$2/report" "$2.copy"; exit "${status:-0}"' - \
        "$size" "$dir/small" "$metronome" "$@" </dev/null >"$dir/out" 2>"$dir/err" || status=$?
    mv "$dir/small.copy" "$report"
}

lost() {
    report='' out=$dir/out scenario=
    mtr --json --report "$dir/out/below" -c 'echo'
    ends 'a report that can not begin: the check finds it' 2 usage '' "--report: can't write the report to .*"
    reported -c "$a; start; run 2ms; report $dir/passes.mtr/below"
    ends 'a report on the way that can not be: the check finds it' 2 usage '' "can't write the report to .*"
    printf '%s\n' "$a" start 'run 2ms' "report $dir/passes.mtr/below" >"$dir/typed"
    input=$dir/typed reported
    ends 'the same through a pipe' 2 output-lost 'stdin:4' "can't write the report to .*"
    report=$dir/report
    rm -rf "$report" && mkdir "$report"
    ln -s /dev/full "$report/barriers.csv"
    mtr --json --report "$report" -c "$a; start; run 2ms"
    ln -sf /dev/null "$report/barriers.csv"
    ends 'barriers.csv is lost' 2 output-lost '' "can't write the report to .*: barriers.csv is not complete: No space.*"
    small 300 -c "quantum 1us; $a; start; run 20ms"
    sed -i '$d' "$report/barriers.csv" # the last line is cut off
    ends 'a disk that gets full' 2 output-lost '' "can't write the report to .*: No space left on device"
    report=$dir/report out=
    older
    status=0
    "$metronome" --json --report "$report" -c "$a; start; run 2ms" </dev/null >/dev/full 2>"$dir/err" || status=$?
    ends 'standard output is full' 2 output-lost '' "can't write to standard output: No space left on device"
    reported -c "$a; node transcript a /dev/full; start; run 2ms; assert 1 == 2"
    ends 'an assert counts more than a lost transcript' 1 failed '' 'assert 1 == 2 failed: .*'
}

# --- node-failed, exactness-lost, interrupted

nodes() {
    goes run "$dir/long.mtr"
    scenario=$dir/long.mtr
    # shellcheck disable=SC2046
    kill -9 $(qemus)
    join
    ends 'a QEMU that is killed' 3 node-failed "$dir/long\\.mtr:5" 'node a: QEMU ended, killed by signal 9.*'
    check 'a QEMU that is killed: its node has failed' report_has "[n['state'] for n in r['nodes']] == ['failed']"
    stands "$a"$'\nstart\nrun 1ms'
    # shellcheck disable=SC2046
    kill -9 $(qemus)
    more 'time'
    ends 'a QEMU that is killed at rest' 3 node-failed '(stdin:5)?' 'node a: QEMU ended, killed by signal 9.*'
    reported -c "$(exits a); start; run-until 5ms"
    ends 'a QEMU that its guest makes exit' 3 node-failed '' 'node a exited at .*, before the target; .*'
    check 'a QEMU that its guest makes exit: the status' report_has "[n['exit_status'] for n in r['nodes']] == [3]"
    reported --qemu /bin/false -c "$a; start"
    ends 'a QEMU that does not start' 3 node-failed '' 'node a: .*'
    start_hosts
    goes -c "$first $(bare b one) start; run 1ms; echo going; run 1000s"
    # shellcheck disable=SC2046
    kill -9 $(agents)
    join
    ends 'a host that is lost' 3 node-failed '' '.*host one.*: the connection is lost.*'
    reported -c 'host add east command=/bin/false'
    ends 'a host that does not answer' 3 node-failed '' '.*east.*'
    within 10 no_agents
    stop_sshd
}

# Somebody else lets a QEMU run while the ensemble stands.
exactness() {
    local command
    for command in 'assert 1 == 2' 'assert 1 == 1'; do
        start_foreign shift=0,sleep=off
        stands "node attach f qmp=$dir/qmp gdb=$dir/gdb"$'\nrun 1ms'
        qmp cont
        within 10 foreign_runs
        qmp stop
        more $'run 20ms\n'"$command"
        end_foreign
        ends "exactness lost, $command" 4 exactness-lost '' 'exactness was lost: [1-9][0-9]* .*'
    done
}

interrupted() {
    local signal
    for signal in INT TERM HUP; do
        goes -c "$a; start; run 1ms; echo going; run 1000s"
        kill -"$signal" "$pid"
        join
        ends "SIG$signal" 130 interrupted '' 'interrupted.*'
        check "SIG$signal: what was until then is in the report" report_has "r['virtual_ns'] >= 1000000"
    done
    goes run "$dir/long.mtr"
    scenario=$dir/long.mtr
    kill -TERM "$pid"
    join
    ends 'SIGTERM in a scenario' 130 interrupted "$dir/long\\.mtr:5" 'interrupted.*'
}

# --- running: reports of a run that is not over, or whose end no process recorded

under_way() {
    reported -c "$a; start; run 1ms; report $dir/mid; run 1ms"
    ends 'a report on the way' 0 passed '' ''
    report=$dir/mid
    check 'a report on the way: running' report_has "r['outcome'] == 'running' and r['exit_code'] is None and \
        r['message'] is None and r['virtual_ns'] == 1000000"
    check 'a report on the way: as its schema says' scripts/schema/validate report "$report/report.json"
    goes -c "$a; start; run 1ms; echo going; run 1000s"
    kill -9 "$pid"
    join 2>/dev/null
    check 'killed: what it leaves is no earlier success' report_has "r['outcome'] == 'running'"
    check 'killed: nor is its page' grep -q '^<div id="outcome" class="verdict fair"><p><strong>Not over yet' "$report/report.html"
    check 'killed: nothing else of the earlier one is left' [ ! -e "$report/clocks.csv" ]
    check 'killed: report.json is as its schema says' scripts/schema/validate report "$report/report.json"
}

a=$(counts a)
mtr --report "$dir/older" -c "node add of-older kernel=$guest/hello-aarch64.elf memory=32M icount=shift=0,sleep=off; start; run 1ms"
echo virtual_ns,node,clock,cpu,at_ns,value_ns,offset_ns,rate >"$dir/older/clocks.csv"
check 'an older report, with a console' [ -s "$dir/older/console-of-older.log" ]
file passes <<'END'
run 2ms
assert a.icount == 2000000
END
file assert <<'END'
run 2ms
set n 5
assert a.missed == 0
assert a.icount == $n
echo "not reached"
END
file long <<'END'
run 1ms
echo going
run 1000s
END

all=(passed failed verified refused of_no_use lost nodes exactness interrupted under_way)
for part in ${ONLY:-${all[@]}}; do
    "$part"
done
done_testing
