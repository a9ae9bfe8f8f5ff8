#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ways to end that start nothing, errors of usage and `check`: exit code, the last line on stderr and the `exit` event say
# the same, and the events are as their schema says.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

cat >"$dir/agree.py" <<'END'
"""agree.py STATUS OUTCOME WHERE MESSAGE OUT ERR REPORT: WHERE and MESSAGE are regular expressions; REPORT may be empty."""
import html, json, re, sys

status, outcome, where, message, out, err, report = sys.argv[1:]
events = [json.loads(line) for line in open(out, encoding="utf-8")]
last = open(err, encoding="utf-8").read().splitlines()[-1:]
exits = [event for event in events if event["event"] == "exit"]


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, not {wanted!r}")


def like(what, got, wanted):
    if not re.fullmatch(wanted, got or "", re.DOTALL):
        sys.exit(f"{what}: {got!r} is not like {wanted!r}")


same("number of exit events", len(exits), 1)
same("last event", events[-1]["event"], "exit")
event = events[-1]
same("code of the event", event["code"], status)
same("outcome of the event", event["outcome"], outcome)
like("where of the event", event["where"], where)
like("message of the event", event["message"], message)
if outcome == "passed":
    if last and last[0].startswith("metronome: passed"):
        sys.exit("stderr speaks of a run that passed")
else:
    first = event["message"].split("\n")[0].strip()
    line = f"metronome: {outcome}, exit code {status}: " + (event["where"] + ": " if event["where"] else "") + first
    if event["message"].strip() != first:
        line = line.rstrip(":")
    same("last line on stderr", last, [line])
if report:
    made = json.load(open(report + "/report.json", encoding="utf-8"))
    same("exit_code of report.json", str(made["exit_code"]), status)
    same("outcome of report.json", made["outcome"], outcome)
    same("where of report.json", made["where"] or "", event["where"])
    same("message of report.json", made["message"] or "", event["message"])
    page = open(report + "/report.html", encoding="utf-8").read()
    first = re.search(r'<main>\n<div id="outcome" class="verdict (\w+)">(.*?)</div>', page, re.DOTALL)
    same("colour of report.html", first.group(1), "good" if outcome == "passed" else "bad")
    said = html.unescape(re.sub(r"<[^>]*>", "", first.group(2)))
    for part in (f"outcome {outcome}", f"exit code {status}", event["where"], event["message"]):
        if part not in said:
            sys.exit(f"the first line of report.html lacks {part!r}: {said!r}")
END

agrees() {
    local status_and=("$status" "$@" "$dir/out" "$dir/err")
    python3 "$dir/agree.py" "${status_and[@]}" "$report" || return 1
    scripts/schema/validate event "$dir/out" || return 1
    [[ -z $report ]] || {
        scripts/schema/validate report "$report/report.json" && scripts/schema/validate barriers "$report/barriers.csv"
    }
}

# ends DESCRIPTION STATUS OUTCOME WHERE MESSAGE: how the last run ended.
ends() {
    check "$1: exit code $2" [ "$status" -eq "$2" ]
    check "$1: all say '$3', where and why" agrees "$3" "$4" "$5"
}

plain() {
    report=
    mtr --json "$@"
}

a64="node add a kernel=$guest/count-aarch64.elf memory=32M icount=shift=0,sleep=off nic=off"
scenario() { # NAME: the rest of a scenario comes on stdin
    { echo "$a64" && echo start && cat; } >"$dir/$1.mtr"
}

scenario passes <<'END'
run 2ms
assert a.icount == 2000000
END
scenario unknown <<<'nonsense 5'
plain check "$dir/passes.mtr"
ends 'check of a good scenario' 0 passed '' ''
plain check "$dir/unknown.mtr"
ends 'check of a bad one' 2 usage '.*:3' '.*nonsense.*'
plain --nonsense
ends 'an unknown option' 2 usage '' '.*--nonsense.*'
plain walk
ends 'an unknown mode' 2 usage '' '.*walk.*'

# What a mode has no use for is refused, as whoever gives it expects something of it.
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

done_testing
