#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Memory and registers that are written, the journal of what came from outside, and what is seen of consoles and packets
# while nothing is examined: `mem write`, `regs REG=VALUE`, `journal`, `log console`, `console … last=`,
# `network packets`.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"
# shellcheck source=tests/scenario/terminal.sh
source "$(dirname "$0")/terminal.sh"

small='memory=64M icount=shift=0,sleep=off'
node="node add a kernel=$guest/access-aarch64.elf $small"
echo_node="node add e kernel=$guest/echo-aarch64.elf $small"
ran="$node; start; run 1ms"

# section NAME: prints what the last run said between `echo NAME` and the next word of its own line.
section() {
    awk -v from="$1" '/^== / { on = ($2 == from); next } on && !/^(saved|restored) /' "$dir/out"
}

# --- memory

expect 'bytes, one by one or joined' 0 "$ran; mem write a 0x40090000 de ad beef 0x01; mem a 0x40090000 8" \
    '^0x0000000040090000  de ad be ef 01 00 00 00 '
expect 'numbers' 0 "$ran; mem write a 0x40090000 size=4 1 -2 phys=on; mem write a 0x40090008 size=2 0x1234; mem a 0x40090000 10" \
    '^0x0000000040090000  01 00 00 00 fe ff ff ff 34 12 '
expect 'a text, as send has it; a name; a vCPU' 0 \
    "$node smp=2; start; run 1ms; mem write a.1 second+0x800 text='hi\\n\\x00'; mem a second+0x800 4" ' 68 69 0a 00 '
expect 'phys=on' 0 "$ran; mem write a 0x40090000 phys=on 77; mem a 0x40090000 1" ' 77 '
expect 'ROM, too' 0 "$ran; mem write a 0x0 size=8 0x123456789abcdef; mem a 0x0 8" ' ef cd ab 89 67 45 23 01 '
for where in 0x9000000 '0x9000000 phys=on'; do
    expect "a device is no memory ($where)" 2 "$ran; mem write a $where 41" \
        "node a: nothing was written: 0x9000000 is a device's: only RAM and ROM can be written"
done
commands "$ran; mem write a 0x43fffffe 41 41; mem a 0x43fffffe 2"
check 'up to the last byte' ended 0 ' 41 41 '
expect 'not one byte where one has no memory' 2 "$ran; mem write a 0x43fffffe 41 41 41; mem a 0x43fffffe 2" \
    'node a: nothing was written: 0x44000000 is no memory: nothing is there'
expect 'no address' 2 "$ran; mem write a 0x10000000000 41" '0x10000000000 is no memory: nothing is there'
while IFS='|' read -r arguments message; do
    mtr check <(echo "$node; start; mem write a 0x40090000 $arguments")
    check "a check: mem write … $arguments" ended 2 "$message"
done <<'END'
0xdeadbeef|'0xdeadbeef' is one number: size=4 says how many bytes it has
5|'5' are no bytes: each has two hexadecimal digits, as in 0a ff
0x1g|'0x1g' are no bytes
size=1 256|'256' does not fit 8 bits
size=1 -129|'-129' does not fit 8 bits
size=3 1|size= is 1, 2, 4 or 8
size=4 x|'x' is no number: 42, -1 and 0x2a are numbers
sise=4 1|did you mean 'size='
text=|text= is empty
text='\xg'|two hexadecimal digits follow
phys=maybe 11|on or off is expected
|BYTES
END
mtr check <(echo "$node; mem write a 0x40090000 11")
check 'a check: a node that is not started' ended 2 'node a is not started'
mtr check <(echo "$node; start; mem write a 0x40090000 11; mem write a 0x40090000 size=8 1 2 phys=on; regs a pc=1 x0=-1")
check 'a check accepts what runs' ended 0
expect 'not while it is looked at' 2 "$ran; watch 'mem write a 0x40090000 11' 1ms" 'lets no time pass'

# --- registers

expect 'registers' 0 "$ran; regs a x0=5 x1=-1 pc=second sp=0x40090000; regs a x0 x1 pc sp" '^x0 +0x0000000000000005$' \
    '^x1 +0xffffffffffffffff$' '^pc +0x[0-9a-f]+ <second>$' '^sp +0x0000000040090000$'
expect 'they are in force' 0 "$ran; regs a pc=second x0=0; step a; regs a pc" '^pc +0x[0-9a-f]+ <second\+0x4>$'
expect 'a wide one' 0 "$ran; regs a v0=0x0102030405060708090a0b0c0d0e0f10; regs a v0" '^v0 +0x0102030405060708090a0b0c0d0e0f10$'
expect 'what was meant' 2 "$ran; regs a x99=5" "node a: no register was written: x99=5: node a has no register 'x99': did you mean 'x9'"
expect 'what is too wide' 2 "$ran; regs a x0=0x10000000000000000" "x0=0x10000000000000000: '0x10000000000000000' does not fit 64 bits"
expect 'too wide for a narrow one' 2 "$ran; regs a cpsr=0x100000000" 'does not fit 32 bits'
expect 'values or names' 2 "$ran; regs a x0=7 x1" "'x1' has no value: either all registers are set or all are shown"
expect 'one value each' 2 "$ran; regs a x0=7 x0=8" 'register x0 has two values'
expect 'a value that is none' 2 "$ran; regs a x0=nine" "'nine' is no address"
expect 'a vCPU that is not there' 2 "$ran; regs a.1 x0=7" 'node a has no vCPU 1'
expect 'not in a watch, where it may be looked at' 2 "$ran; watch 'regs a x0=5' 1ms" 'lets no time pass'
ram=(x86_64 0x300000 riscv64 0x81000000)
for i in 0 2; do
    arch=${ram[i]} at=${ram[i + 1]} none=''
    [[ $arch == x86_64 ]] || none=firmware=none
    expect "$arch: pc and sp" 0 "node add a arch=$arch $none kernel=$guest/access-$arch.elf $small; start; run 1ms; \
        regs a sp=0x1000 pc=_start; mem write a $at phys=on size=4 0x11223344; regs a pc sp; mem a $at 4 phys=on" \
        '^(sp|rsp) +0x0000000000001000$' ' 44 33 22 11 ' '^(pc|rip) +0x[0-9a-f]+ <_start>$'
done

# --- a part of the run

# The two halves behind a save are the same; what was written makes the future another one.
changed="regs a x0=500; mem write a 0x40090030 size=8 0x1122334455667788"
look="regs a; mem a 0x40090000 128"
commands "$ran; $changed; save mid; echo '== first'; run 3ms; $look; restore mid; echo '== again'; run 3ms; $look; echo '== end'"
check 'a restored machine has what was written' ended 0
section first >"$dir/first"
check '... and its future' cmp "$dir/first" <(section again)
check '... in which it counts' grep -q '88 77 66 55 44 33 22 11' "$dir/first"
commands "$ran; $changed; save mid; echo '== other'; run 3ms; $look; echo '== end'"
check 'another run that writes the same at the same time' cmp "$dir/first" <(section other)
commands "$ran; save mid; echo '== without'; run 3ms; $look; echo '== end'"
check 'one that does not' not cmp -s "$dir/first" <(section without)

# --- the journal

commands "$node; $echo_node; link add a e latency=2ms; journal; start; run 1ms; journal; send e 'hi\\n\\x01'; \
    mem write a 0x40090000 de ad; regs a x0=5 x2=-1; step a 3; step a; step a 2 mask=off; link set a e latency=3ms; quantum; \
    quantum 500us; hmp a 'info status'; hmp a 'sum 0 1'; qmp a query-status; seed 7; regs a pc; mem a 0x40090000 2; \
    echo '== one'; journal; save mid; echo '== two'; journal; run 1ms; send e x; echo '== last'; journal last=1; echo '== node'; \
    journal e; restore mid; echo '== restored'; journal; restart; echo '== restarted'; journal; echo '== end'"
check 'a journal' ended 0 '^nothing came from outside$'
check 'nothing of a description' [ "$(grep -c '^nothing came from outside$' "$dir/out")" = 3 ]
section one | sed -E 's/ +/ /g; s/^ //' >"$dir/journal"
check 'what came, with its time, its count and from where' diff - "$dir/journal" <<END
number virtual time icount node from what
1 0.001000000s $(awk '$1 == 1 { print $3 }' "$dir/journal") e command typed 'hi\\n\\x01'
2 0.001000000s 1000000 a command memory 0x40090000 de ad
3 0.001000000s 1000000 a command vCPU 0 x0=0x0000000000000005
4 0.001000000s 1000000 a command vCPU 0 x2=0xffffffffffffffff
5 0.001000000s 1000000 a command 4 steps
6 0.001000000s 1000004 a command 2 steps, mask=off
7 0.001000000s - - command link set a e latency=3ms
8 0.001000000s - - command quantum 500us
9 0.001000000s 1000006 a command hmp a 'sum 0 1'
10 0.001000000s - - command seed 7
END
check 'a save is one of it' [ "$(section two | grep -c ' save mid$')" = 1 ]
check 'the last one' [ "$(section last | tail -n +2 | sed -E 's/^ +([0-9]+) .* (typed.*)/\1 \2/')" = "12 typed 'x'" ]
check 'those of a node' [ "$(section node | grep -c " e  *command  *typed")" = 2 ]
check 'a restore puts it back' cmp <(section two) <(section restored | tail -n +2)
check '... and says so' grep -q '^as at restore mid$' <(section restored)
check 'a restart empties it' grep -q '^nothing came' <(section restarted)

commands "$node; $echo_node; start; run 1ms; send e hi; save mid file=$dir/folder"
mtr --report "$dir/report" -c "restore $dir/folder; journal; mem write e 0x41000000 text=$(head -c 5000 /dev/zero | tr '\0' x)"
check 'a folder has it' ended 0 " e +command  typed 'hi'$"
check 'a report has it' scripts/schema/validate report "$dir/report/report.json"
check '... whole, or its digest' python3 - "$dir/report/report.json" <<'END'
import hashlib, json, sys
report = json.load(open(sys.argv[1]))
first, save, last = report["journal"]
sha = lambda data: hashlib.sha256(data).hexdigest()
assert (first["number"], first["node"], first["kind"], first["from"]) == (1, "e", "typed", "command")
assert (first["virtual_ns"], first["running"], first["data"], first["sha256"]) == (1000000, False, b"hi".hex(), sha(b"hi"))
assert (save["kind"], save["what"], save["node"], save["icount"], save["data"]) == ("command", "save mid", None, None, None)
assert (last["kind"], last["bytes"], last["data"], last["sha256"]) == ("memory", 5000, None, sha(b"x" * 5000))
assert report["journal_left_out"] == 0
END
expect 'a node that leaves, and one that comes' 0 "$node; $echo_node; start; run 1ms; node remove a; $node; start; journal" \
    ' - - +command  node remove a$' ' - - +command  node add a ' ' - - +command  start$'
expect 'a wrong node' 2 "$node; journal b" "unknown node 'b'"

# --- a gdb's writes

session "$ran; gdb a path=$dir/a.sock wait=on; time; journal; mem a 0x40090000 4"
within 30 is_there a
raw a '?' 'qXfer:features:read:target.xml:0,100' 'M40090000,2:beef' 'X40090002,1:z' 'P0=0500000000000000' 'Pffff=00' "$(monitor 'regs a x1=3')" 'vCont;s:p1.1' D || true
join
check 'a gdb' ended 0
sed -nE 's/^ +[0-9]+ .* (gdb|command) +(.*)/\1 \2/p' "$dir/out" >"$dir/journal"
check 'what a gdb has written, and no more' diff - "$dir/journal" <<'END'
gdb memory 0x40090000 be ef
gdb memory 0x40090002 7a
gdb vCPU 0 x0=0x0000000000000005
command vCPU 0 x1=0x0000000000000003
gdb 1 step
END
session "node add s kernel=$guest/smp-aarch64.elf smp=2 $small; start; run 1ms; gdb s path=$dir/s.sock wait=on; time; journal"
within 30 is_there s
# shellcheck disable=SC2016
symbols=$guest/smp-aarch64.elf debugger s 'thread 2' 'set $x7 = 0x77' 'set var *(int *)&all_on = 9' detach
join
check 'of its second vCPU' ended 0 ' gdb +vCPU 1 x7=0x0000000000000077$' ' gdb +memory 0x[0-9a-f]+ 09 00 00 00$'

# --- nothing in part

terminal
line "$ran"
within 20 shown '0\.001000000s paused>'
line 'mem write a 0x43fffffe 41 41 41; echo one'
line 'mem a 0x43fffffe 2'
within 10 shown '^0x0000000043fffffe'
line 'regs a x0 SCTLR; echo two'
within 10 shown '^two'
line 'regs a x0=7 SCTLR=5; echo three'
line 'regs a x0=8 nothing=5; echo four'
line 'regs a x0; echo five'
within 10 shown '^five'
look
check 'memory: not one byte' says '^0x0000000043fffffe  00 00 '
check 'registers: one that cannot be written' says 'no register was written: SCTLR=5: QEMU.s gdbstub can.t write it'
check '... leaves those before it as they were' [ "$(grep -c '^x0 ' "$dir/out")" = 2 ]
check '... to the bit' [ "$(grep '^x0 ' "$dir/out" | sort -u | wc -l)" = 1 ]
line quit
within 10 shown '^status [04]'

# printer NAME TURNS: prints the command that adds a node which prints lines; it makes so many turns of a loop for each
# byte.
printf 'hello\n' >"$dir/hello"
printer() {
    local loader='-device loader,addr='
    echo "node add $1 kernel=$guest/print-aarch64.elf $small extra=\"${loader}0x40ffffe0,data=$2,data-len=8 \
${loader}0x40ffffe8,data=100000,data-len=8 ${loader}0x40fffff0,data=6,data-len=8 \
-device loader,file=$dir/hello,addr=0x41000000,force-raw=on\""
}

# --- keys

terminal -- --report "$dir/keys"
line "$echo_node"
line start
line 'node console e pace=1.0'
within 10 shown 'Ctrl-\] leaves it'
type_text 'abc'
within 10 shown 'abc'
key C-]
within 10 shown 'paused>'
line 'journal e'
within 10 shown "'[abc]*c'"
look
check 'keys of a terminal are in it, with the barrier at which they were given' \
    [ "$(sed -nE "s/^ +[0-9]+ +[0-9.]+s +[0-9]+ e +terminal +typed '(.*)'/\1/p" "$dir/out" | tr -d '\n')" = abc ]

# --- consoles while it runs

line 'log console on'
line "$(printer p 9000)"
line start
line 'run 20ms'
within 20 shown '\] p: hello'
at 'log console: on a terminal, and the prompt is whole' 'metronome 0\.[0-9]+s paused>'
look
check '... and no line is within another' not says '[^ ]\[0\.[0-9]+s\] p' 'hello.*hello'
line quit
within 10 shown '^status [04]'
another_terminal

print="$(printer p 9000); $(printer q 11000)"
commands "log console on; $print; start; run 20ms; echo '== kept'; console p last=3; echo '== all'; console p last=100000; echo '== end'"
check 'log console' ended 0 '^\[0\.[0-9]+s\] p: ' '^\[0\.[0-9]+s\] q: '
section kept >"$dir/kept"
check 'console last=3: the last three' [ "$(grep -c '^\[0\.' "$dir/kept")" -le 4 ]
check '... of those that were shown' grep -qF "$(head -n 1 "$dir/kept" | sed 's/\] /] p: /')" "$dir/out"
check '... which are all there are' cmp <(grep '\] p: ' "$dir/out") <(section all | sed 's/\] /] p: /' | head -n "$(grep -c '\] p: ' "$dir/out")")
grep -E '\] [pq]: ' "$dir/out" >"$dir/lines"
commands "log console on; $print; start; run 7ms; run 13ms"
check 'the same lines in the same order, wherever it stops' cmp "$dir/lines" <(grep -E '\] [pq]: ' "$dir/out")
commands "$print; start; log console on q; run 5ms; log console off q; run 5ms; log console on; log console off p; run 10ms"
check 'of one node' not says '\] p: '
check '... as long as it is on' says '^\[0\.003000000s\] q: ' '^\[0\.015000000s\] q: '
check '... and no longer' not says '\[0\.00[789]000000s\]'
mtr --json -c "log console on; $print; start; run 5ms"
check 'as JSON events' ended 0 '^\{"event":"console","node":"p","port":"0","virtual_ns":"[0-9]+","text":"'
check '... that fit the schema' scripts/schema/validate event "$dir/out"
expect 'a wrong node' 2 "$print; log console on x" "unknown node 'x'"
expect 'a wrong word' 2 "$print; log console onn" "'onn' is no on or off; did you mean 'on'"
expect 'console has no pace' 2 "$print; start; console p last=3 pace=off" 'usage: console NODE\[.PORT\] \[last=N\]'
expect 'no console yet' 2 "$print; console p last=3" 'node p is not started'
expect 'log is as it was' 0 "log debug engine; log error" || true

# --- packets

linux="$small kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz"
linux=${linux/memory=64M/memory=128M}
options='console=ttyAMA0 quiet cryptomgr.notests'
commands "quantum 300us; node add a $linux append='$options hostname=a ip=10.0.0.1/24 run=\"$settled; ping -s 600 -c 4 -i 0.005 10.0.0.2\"'; \
    node add b $linux append='$options hostname=b ip=10.0.0.2/24'; switch add s; link add a s latency=1ms bandwidth=1M loss=5%; \
    link add s b latency=2ms bandwidth=10M jitter=100us; start; wait-line a 'run ended with status' timeout=20s; run 20ms; \
    echo '== packets'; network packets last=1000; echo '== trace'; network trace last=1000; save mid; restore mid; \
    echo '== again'; network packets last=1000; echo '== node'; network packets node=b last=2; echo '== end'"
check 'network packets' ended 0 '^ +event protocol +from +to +bytes +sent +delivered +delay ns +queue +bits +latency +wait$'
check 'protocols' grep -qE ' ARP +a +b +42 ' <(section packets)
check '... of IP' grep -qE ' IPv4/ICMP +b +a +642 ' <(section packets)
check 'a restore keeps them' cmp <(section packets) <(section again)
check 'the last two' [ "$(section node | wc -l)" = 3 ]
section packets >"$dir/packets"
section trace >"$dir/trace"
check 'the parts of a delay are those of its links, and add up to what the trace says' python3 - "$dir/packets" "$dir/trace" <<'END'
import sys
trace = {int(w[0]): w for w in (line.split() for line in open(sys.argv[2])) if w and w[0].isdigit()}
seen = 0
for line in list(open(sys.argv[1]))[1:]:
    number, protocol, sender, receiver, size, sent, when, delay, queue, bits, latency, wait, *reason = line.split()
    event = trace[int(number)]
    if event[1] != "delivery":
        assert reason[0] == "lost:", line
        continue
    delay, queue, bits, latency, wait = map(int, (delay, queue, bits, latency, wait))
    sent, due, when = int(event[5]), int(event[6]), int(event[7])
    assert delay == when - sent == queue + bits + latency + wait, line
    assert wait == when - due >= 0 and queue >= 0, line
    wire = (max(int(size), 60) + 24) * 8
    assert bits == wire * 1000 + wire * 100, line
    assert 3_000_000 <= latency <= 3_100_000 + queue, line # jitter, behind the one in front at times
    seen += 1
assert seen >= 6, seen
END
# shellcheck disable=SC2016
check '... some waited in a queue' awk 'NR > 1 && $9 > 0 { found = 1 } END { exit !found }' "$dir/packets"
expect 'packets: a wrong node' 2 "$node; network packets node=x" "unknown node 'x'"

# --- another host

far="host add one command=\"$metronome agent --stdio\"; node add a kernel=$guest/access-aarch64.elf $small host=one; start; run 1ms"
commands "$far; regs a x0=500; mem write a 0x40090030 size=8 0x1122334455667788; mem write a 0x40090070 phys=on 99; run 3ms; $look; journal"
check 'a node of another host' ended 0 '88 77 66 55 44 33 22 11' '^ +1 +0\.001000000s +1000000 a +command +vCPU 0 x0=0x00000000000001f4$'
expect 'and its devices' 2 "$far; mem write a 0x9000000 41" 'nothing was written: 0x9000000 is a device'

done_testing
