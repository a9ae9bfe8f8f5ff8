#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# wait-line and break console: the lines that they see, their output, and the ends of a wait. The
# guests print the bytes of a file, which may be any bytes.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

options="memory=32M nic=off icount=shift=0,sleep=off"
counting="node add c kernel=$guest/count-aarch64.elf $options;"
off="node add o kernel=$guest/countoff-aarch64.elf $options;"

# printing NAME [DELAY [TIMES]]: prints a `node add` for a guest that prints $dir/NAME, with DELAY
# turns of two instructions before each byte.
printing() {
    local data=loader,addr=0x40ffff
    printf 'node add %s kernel=%s %s extra="-device loader,file=%s,addr=0x41000000,force-raw=on ' \
        "$1" "$guest/print-aarch64.elf" "$options" "$dir/$1"
    printf -- '-device %se0,data=%d,data-len=8 -device %se8,data=%d,data-len=8 -device %sf0,data=%d,data-len=8"; ' \
        $data "${2:-0}" $data "${3:-1}" $data "$(stat -c %s "$dir/$1")"
}

# plain FILE: the file is UTF-8, and has no bytes that control a terminal.
plain() {
    iconv -f UTF-8 -t UTF-8 "$1" >/dev/null && not grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae\x8b-\x8f]|\xe2\x81[\xa6-\xa9]' "$1"
}

printf 'boot ok\nBoot took 14.29 seconds\nstatus=7 code=\nlast words' >"$dir/p"
p=$(printing p)

# --- output and variables

commands "$p start; wait-line p 'took ([0-9.]+) (seconds)?(x)?'; echo \"<\$line> <\$line_time> <\$1> <\$2> <\$3> <\$9>\"; \
    wait-line p '(code)='; echo \"<\$1> <\$2>\"; wait-line p words; assert \$line_time == 1ms; run-until 5ms; assert time - \$line_time == 4ms"
check 'the line, its time, its groups' ended 0 '^p 0\.001000000s: Boot took 14\.29 seconds$' \
    '^<Boot took 14\.29 seconds> <1000000ns> <14\.29> <seconds> <> <>$'
check 'groups of an earlier wait do not linger' says '^<code> <>$'
check 'a line that has not ended' says '^p 0\.001000000s: last words$'

mtr --json -c "$p start; wait-line p 'took (.*) (sec)'; wait-line p 'NEVER' timeout=2ms"
check 'JSON: what matched' says '"end":"matched".*"line":"Boot took 14\.29 seconds","line_virtual_ns":"1000000","groups":\["14\.29","sec"\]'
check 'JSON: a wait in vain is time-up' ended 1 '"command":"wait-line","end":"time-up"'

# --- the lines that a wait sees

expect 'a line counts once, what stood before it is gone' 1 \
    "$p start; run 2ms; wait-line p 'took'; wait-line p 'boot ok' timeout=2ms" "no line of node p matched 'boot ok' until 0.004000000s"
expect 'a wait in vain takes nothing away' 0 "$p start; run 1ms; assert time == 1ms; wait-line p 'ok'; wait-line p took"
expect 'an empty pattern is the next line' 0 "$p start; wait-line p ''; wait-line p '.*'" '^p 0.001000000s: boot ok$' '^p 0.001000000s: Boot took'
printf '/ # \033[6n' >"$dir/e"
expect 'a prompt, with a question to the terminal behind it' 0 "$(printing e) start; wait-line e '# $'" '^e 0.001000000s: / # $'
printf '10 %%\r20 %%\r\033[K100 %%\r\n\0do\0ne\r\n' >"$dir/r"
expect 'CR alone ends a line, NUL is none' 0 "$(printing r) start; wait-line r '^20 %$'; wait-line r '^100 %$'; wait-line r '^done$'"
printf 'one two\n' >"$dir/s"
expect 'the time of a line is that of its first byte' 0 "$(printing s 100000) start; wait-line s '^one two'; assert time > 2ms" \
    '^s 0.001000000s: one two$'
head -c 1000000 /dev/zero | tr '\0' x >"$dir/l"
printf '\nthe end\n' >>"$dir/l"

# --- the ends of a wait

expect 'a break that comes first is a failure' 1 "$p $counting break time 3ms; start; wait-line p NEVER timeout=20ms; echo past it" \
    "no line of node p matched 'NEVER' until 0.003000000s: break 1: time 3ms .*or-break"
check 'nothing follows' not says 'past it'
expect 'with or-break it is none' 0 "$p break time 3ms; start; wait-line p NEVER timeout=20ms or-break; assert break == 1; assert time == 3ms" 'break 1: time 3ms'
expect 'a line and a break at once: both count, and the next run is its own' 0 \
    "$p break console p 'took'; start; wait-line p 'Boot took'; assert break == 1; run 5ms; assert break == 0" '^p 0.001000000s: Boot took' '^break 1: node p printed'
expect 'a guest that powers off ends it' 1 "$off $counting start; wait-line o NEVER timeout=100s; echo past it" \
    "matched 'NEVER' until [01]\.[0-9]*s: it is off since"
expect 'also with on-exit=continue' 1 "${off%;} on-exit=continue; $counting start; wait-line o NEVER timeout=100s" 'it is off since'
expect 'one that is off says no more' 1 "$off $counting start; run 1s; assert time == 1s; wait-line o NEVER timeout=100s" 'it is off since'
mtr --json -c "$off $counting start; wait-line o NEVER timeout=100s"
check 'JSON: exited' ended 1 '"end":"exited"'

# --- patterns

printf 'boot ok\nT=21\xb0C PASS\n\0nul PASS2\nx\0y' >"$dir/u"
expect 'bytes that are no UTF-8' 0 "$(printing u) start; wait-line u 'T=21\\xb0C (PASS)'; echo \"<\$line>\"; wait-line u '^nul PASS2'; wait-line u '^xy'" \
    '^u 0.001000000s: T=21\\xb0C PASS$' '^<T=21\\xb0C PASS>$'
expect 'in breaks, too' 0 "$(printing u) break console u '^T=21.C PASS'; start; run 5ms; assert break == 1" "printed 'T=21.xb0C PASS'"
expect 'an error names the position' 2 "$p start; wait-line p 'a(b'" "'a\(b' is no regular expression: at character 3"
expect 'in a check, too' 2 "$p break console p '[z-a]'" "'\[z-a\]' is no regular expression: at character 3"
printf '%s!\nnext\n' "$(printf 'a%.0s' {1..60})" >"$dir/a"
expect 'a pattern that takes for ever is told: wait-line' 1 "$(printing a) start; wait-line a '(a+)+\$'" "takes too long: it gave up on a line of node a: 'aaa"
expect 'and break console' 0 "$(printing a) break console a '^(a+)+\$'; start; run 5ms; assert break == 0" "warn: break 1: the pattern takes too long .*'aaa"

# --- text that would control a terminal

printf 'A\033[31mred\033[0m \033]0;title\a\xc2\x9b2J\x7f\xe2\x80\xae\xe2\x81\xa6\tX\xff PASS\nmetronome: error: forged\n' >"$dir/n"
commands "$(printing n) break console n PASS; node transcript n $dir/transcript; start; run 5ms; wait-line n PASS; echo \"\$line\"; wait-line n NEVER timeout=2ms"
check 'a break, a line, an error with the end of the console' ended 1 "printed 'Ared .u\{009b\}2J.u\{202e\}.u\{2066\} X.xff PASS'"
for file in out err transcript; do
    check "$file is plain" plain "$dir/$file"
done
check 'a line of the guest is none of the log' not grep -q '^metronome: error: forged' "$dir/err"
mtr --json -c "$(printing n) break console n PASS; start; run 5ms; wait-line n '(PASS)'; wait-line n NEVER timeout=2ms"
check 'JSON' ended 1 '"line":"Ared .*PASS"'
check 'JSON is plain' plain "$dir/out"
check 'JSON: no escaped control character either' not grep -qiE 'u00[01][0-9a-f]|u00[89][0-9a-f]|u007f' <(sed 's/\\\\u/ /g' "$dir/out")
mtr --report "$dir/report" -c "$(printing n) start; run 5ms"
check 'the report is plain' plain "$dir/report/report.html"
check 'the log of the console has every byte' cmp "$dir/n" "$dir/report/console-n.log"
commands "$p start; hmp p \"info nothing\x1b[31m\"; qmp p \"no\x9bsuch\""
check 'what QEMU says back is plain' plain "$dir/err"

# metronome does not read the console between barriers: nothing is lost, and nothing blocks.
expect 'a megabyte without a line end' 0 "$(printing l) quantum 100ms; start; wait-line l '^the end$' timeout=20s; assert l.console_bytes == 1000009" \
    '^l .*: the end$'
done_testing
