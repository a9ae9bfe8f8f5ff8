#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A client of a gdb endpoint can do to the guest what gdb can do, and nothing else. The clients here
# send web requests, odd packets, commands of gdb's monitor, floods, or nothing.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"

one="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off"
smp="node add a kernel=$guest/smp-aarch64.elf smp=4 memory=64M icount=shift=0,sleep=off"

# frame TEXT: prints a packet with its frame and checksum.
frame() {
    local text=$1 sum=0 i code
    for ((i = 0; i < ${#text}; i++)); do
        printf -v code %d "'${text:i:1}"
        sum=$(((sum + code) & 255))
    done
    printf '$%s#%02x' "$text" "$sum"
}

# A web page can make a browser send any body to any port of this machine.
web_page() {
    local port packet
    port=$(free_port)
    packet=$(frame "$(monitor "host add x command=\"touch $dir/pwned\"")")
    session "$one; start; run 1ms; gdb a port=$port wait=on; gdb a wait=on; assert a.time == 1ms; run 1ms"
    within 30 listens "$port"
    curl -s -m 5 --data-binary "$packet" "http://127.0.0.1:$port/" >"$dir/curl" 2>&1 || true
    curl -s -m 5 -H "X-Header: $packet" "http://127.0.0.1:$port/$packet" >>"$dir/curl" 2>&1 || true
    raw "$port" "=x+\$g#67" . || true
    raw "$port" '=-' . || true
    raw "$port" "=%Stop:T05#99" . || true
    raw "$port" '=+$?#3f' '<' '=garbage' '.'
    raw "$port" '?' D
    join
    check 'a web page runs nothing' [ ! -e "$dir/pwned" ]
    check 'a web page hears nothing' [ ! -s "$dir/curl" ]
    check 'a web page: it is told, and a gdb is served afterwards' ended 0 'not the gdb protocol'
    check 'a web page: the gdb' said "$port" 'T05thread:01;' OK
}

# Pairs of packet and answer. Some of the packets make QEMU run on, end or abort, and QEMU never
# answers some.
packets() {
    local zeros
    local -a steps=() wanted=() pairs
    zeros=$(printf '0%.0s' {1..6000})
    # shellcheck disable=SC2054
    pairs=(
        qSupported:multiprocess+ 'PacketSize=N;multiprocess+;vContSupported+;qXfer:features:read+;QStartNoAckMode+;ReverseStep+;ReverseContinue+'
        qXfer:features:read:target.xml:0,5 'm<?xml' F0 '' F-1,4,C '' bcx E22 bs1 E22 r '' R '' '!' '' vRun\; '' vAttach\;1 '' vFile:open:61,0,0 '' vFlashErase:0,10 ''
        v '' q '' Q '' 'vCont;t' E22 'vCont;r0,10:p1.1' E22 vCont E22 'vCont;' E22 'vCont;c;' E22 c40080000 E22
        s40080000 E22 'C05;40080000' E22 G E22 G00 E22 "G$zeros" E22 P0=00 E22 P0= E22 m40080000,100000 E22 m40080000 E22
        "q$zeros" '' M40080000,2:00 E22 Z9,0,4 E22 Z0,0 E22 z0,40080000,4 E22 qRcmd,7 E22 Qqemu.sstep=0 E22
        Qqemu.sstep=ff E22 QNonStop:1 '' Hgp1.9 E22 Hc5 E22 T9 E22 qThreadExtraInfo,9 E22 qC QCp1.1 qfThreadInfo mp1.1
        qsThreadInfo l Hgp1.1 OK Hg0 OK Hc-1 OK Tp1.1 OK qAttached 1 'vCont?' 'vCont;c;C;s;S' qqemu.sstep 0x7
        Qqemu.PhyMemMode:1 OK qqemu.PhyMemMode 1 Qqemu.PhyMemMode:0 OK M40090000,2:a1b2 OK m40090000,2 a1b2 X40090000,1:c OK
        m40090000,2 63b2
    )
    for ((i = 0; i < ${#pairs[@]}; i += 2)); do
        steps+=("${pairs[i]}")
        wanted+=("${pairs[i + 1]}")
    done
    session "$one; start; run 1ms; assert a.icount == 125000; gdb a path=$dir/a.sock wait=on; assert time == 1ms; \
        assert a.icount == 125001; run 1ms; assert a.missed == 0; assert a.time == 2ms; assert a.icount == 250000"
    within 30 is_there a
    raw a "${steps[@]}" 'vCont;s:p1.63' 'vCont;c:p2.1' 'vCont;S05:p1.1;c' D || true
    join
    sed -i '1s/PacketSize=[0-9a-f]*/PacketSize=N/' "$dir/gdb.a" # QEMU's: 0x1000, and 0x20020 in 11.1
    check 'odd packets: each is answered as it should be' said a "${wanted[@]}" 'O metronome: there is no such vCPU' E22 \
        'O metronome: there is no such vCPU' E22 'T05thread:p01.01;' OK
    check 'odd packets: nothing moved but by the one step' ended 0
}

# A guest with 4 vCPUs, all of which count.
threads() {
    local pc='p20' regs
    regs=$(monitor 'regs a.0 pc')
    session "$smp; start; run 20ms; gdb a path=$dir/a.sock wait=on; run 1ms; assert a.missed == 0"
    within 30 is_there a
    raw a qSupported:multiprocess+ qXfer:features:read:target.xml:0,fff Hgp1.1 $pc Hgp1.3 $pc "$regs" $pc 'vCont;s:p1.3;c' $pc Hgp1.1 $pc Hcp1.4 s 'vCont;s' \
        'vCont;c:p1.2' 'vCont;s:p1.1;s:p1.2;c' D || true
    join
    mapfile -t answer < <(sed 1d "$dir/gdb.a")
    check 'threads: metronome ends well' ended 0
    check 'threads: a command that looks at another vCPU changes no choice' [ "${answer[4]}" = "${answer[7]}" ]
    check 'threads: a step is told of the vCPU that made it' [ "${answer[8]}" = 'T05thread:p01.03;' ]
    check 'threads: it moved' [ "${answer[9]}" != "${answer[4]}" ]
    check 'threads: the others did not' [ "${answer[11]}" = "${answer[2]}" ]
    check 'threads: a step of the one that Hc chose, and then of the last one' \
        [ "${answer[13]} ${answer[14]}" = 'T05thread:p01.04; T05thread:p01.04;' ]
    # shellcheck disable=SC2016
    check 'threads: one goes on alone for a while' [ "${answer[15]} ${answer[16]}" = \
        'O metronome: no vCPU goes on for long without the others: `set scheduler-locking off` T00thread:p01.02;' ]
    check 'threads: what is not exactly possible is refused' [ "$(grep -c E22 "$dir/gdb.a")" = 1 ]
    # shellcheck disable=SC2016
    session "$smp; start; run 20ms; gdb a path=$dir/a.sock wait=on; run 1ms"
    within 30 is_there a
    # shellcheck disable=SC2016
    debugger a 'thread 3' 'printf "before %lx\n", $pc' 'info symbol $pc' stepi 'printf "after %lx\n", $pc' thread \
        'info threads' 'thread 1' stepi thread 'set scheduler-locking on' continue detach || true
    join
    check 'threads: gdb itself' heard a '^before [0-9a-f]+' '^\[Current thread is 3 \(Thread 1\.3\)' \
        '^\* 3 +Thread 1\.3' '^\[Current thread is 1 \(Thread 1\.1\)' 'set scheduler-locking off' 'Inferior 1 .* detached'
    check 'threads: no assertion of its own' not grep -E 'internal-error|Assertion' "$dir/gdb.a"
    check 'threads: gdb itself: the step is one instruction' one_on a
}

one_on() {
    local before after
    before=$(sed -n 's/^before //p' "$dir/gdb.$1") after=$(sed -n 's/^after //p' "$dir/gdb.$1")
    [[ -n $before && $before != "$after" ]]
}

# Commands that have effects outside of the guest, in all spellings.
# shellcheck disable=SC2016
monitor_is_inside() {
    local line n
    local -a steps=() outside=("host add x command=\"touch $dir/pwned\"" "hosts from=$dir/pwned" 'host remove x'
        'node add b' "node attach b qmp=$dir/pwned" 'node console a' "node transcript a $dir/pwned"
        "gateway add g unix=$dir/pwned" "capture $dir/pwned" "trace $dir/pwned" 'start' "report $dir/pwned" "include $dir/pwned"
        'qmp a stop' "hmp a \"screendump $dir/pwned\"" 'set x y' "gdb a path=$dir/pwned" 'gdb a off' 'gdb a wait=on'
        "host a x command=\"touch $dir/pwned\"" "cap $dir/pwned" "'capture' $dir/pwned" "watch 'qmp a cont' 1ms"
        "watch \"hmp a 'info version'\" 1ms" '$word a cont')
    local -a refused=("time; capture $dir/pwned" $'time\ncapture '"$dir/pwned" "screendump $dir/pwned" stop cont c
        system_reset "migrate \"exec:touch $dir/pwned\"" "dump-guest-memory $dir/pwned" "memsave 0x40080000 16 $dir/pwned"
        "info version; screendump $dir/pwned" "logfile $dir/pwned" "chardev-add file,id=x,path=$dir/pwned" savevm
        'loadvm x' 'device_add x' 'quit' 'q' 'gdbserver none' 'watch '\''regs a $word'\'' 1ms' 'x /100000i 0' 'x/9999999x 0'
        'o /x 0 0')
    local -a allowed=(time 'info status' 'xp/1x 0x40080000' 'print 1+1' 'gva2gpa 0x40080000' 'regs a pc' breaks
        'watch time 1s' 'delete 1' 'help gdb' 'node list' 'step a')
    for line in "${outside[@]}" "${refused[@]}" "${allowed[@]}"; do
        steps+=("$(monitor "$line")")
    done
    session "$one; set word qmp; start; run 1ms; gdb a path=$dir/a.sock wait=on; assert a.time > 1ms; run 1ms; \
        assert a.missed == 0; assert a.icount == 250000"
    within 30 is_there a
    raw a "${steps[@]}" D || true
    join
    check 'monitor: nothing was written or started' [ ! -e "$dir/pwned" ]
    check 'monitor: the scenario goes on as if nothing had been' ended 0
    n=$(grep -c "is not for gdb's monitor: it reaches outside" "$dir/gdb.a" || true)
    check "monitor: what reaches outside is refused ($n of ${#outside[@]})" [ "$n" = "${#outside[@]}" ]
    check 'monitor: one command, one line' heard a 'one command at a time' 'one line of text'
    check "monitor: QEMU's own, where it changes something" heard a "unknown command 'screendump'" \
        "unknown command 'migrate'" "unknown command 'system_reset'" "no variable is possible" '4096 units at once'
    check "monitor: QEMU's own, where it looks" heard a 'VM status: paused' '40080000: 0x' '^O 0x2' \
        'gpa: 0x40080000'
    check 'monitor: ours, where it looks' heard a '^O virtual time' '^O pc  *0x' '^O no breaks|^O watch 1' 'a: 1 executed'
}

# metronome does not store requests that it can't answer yet.
flood() {
    session "$one; start; gdb a path=$dir/a.sock wait=on; time; run 1ms; assert a.missed == 0"
    within 30 is_there a
    raw a '>vCont;c' '10000000*g' || true
    join
    check 'a flood during a run: it has to wait' said a stalled
    check 'a flood during a run: its end stops the run' ended 0 '^virtual time'
    check 'a flood during a run: a line or two about it' [ "$(wc -l <"$dir/err")" -le 2 ]
    session "$one; start; gdb a path=$dir/a.sock wait=on; time; run 1ms"
    within 30 is_there a
    raw a "1000000*$(monitor 'help')" || true
    join
    check 'answers that are not read: no more requests are taken' said a stalled
    check 'answers that are not read: metronome goes on' ended 0 '^virtual time'
    session "$one; start; gdb a path=$dir/a.sock wait=on; time; run 1ms"
    within 30 is_there a
    raw a '70*g' || true
    join
    check 'a gdb that hangs up amid 70 requests' ended 0 '^virtual time'
    check 'a gdb that hangs up amid 70 requests: a line or two about it' [ "$(wc -l <"$dir/err")" -le 2 ]
}

# A connection counts as a gdb only after its first valid packet.
silence() {
    local peer
    session "$one; start; gdb a path=$dir/a.sock; run 3s pace=1.0; assert a.time == 3s; assert a.missed == 0"
    within 30 is_there a
    rm -f "$dir/over"
    raw a :"$dir/connected" @"$dir/over" &
    peer=$!
    join
    check 'a connection that says nothing holds no run' ended 0
    check 'a connection that says nothing was there' [ -e "$dir/connected" ]
    : >"$dir/over"
    wait "$peer" || true
    rm -f "$dir/over" "$dir/connected"
    session "$one; start; gdb a path=$dir/a.sock wait=on; run 1ms"
    within 30 is_there a
    raw a :"$dir/connected" @"$dir/over" &
    peer=$!
    within 10 test -e "$dir/connected"
    raw a '=$?#3' || true # half a packet
    raw a '?' 'm40080000,4' D || true
    join
    check 'a connection that says nothing makes room for a gdb' heard a T05thread '^[0-9a-f]{8}$' OK
    check 'a connection that says nothing counts for no gdb' ended 0
    : >"$dir/over"
    wait "$peer" || true
}

reconnect() {
    local i good=0
    driven "$one; start; gdb a path=$dir/a.sock"
    within 30 is_there a
    for ((i = 0; i < 100; i++)); do
        if raw a '?' Z1,40080000,4 g && [[ $(head -n 1 "$dir/gdb.a") == T05* ]]; then
            good=$((good + 1))
        fi
    done
    drive 'run 1ms; assert a.missed == 0; assert a.time == 1ms; breaks'
    drive
    join
    check "gdbs come and go: $good of 100 were served" [ "$good" = 100 ]
    check 'gdbs come and go: nothing of them is left' ended 0 '^no breaks'
}

# Only this user can use the socket, from its creation on. A file that somebody has put in its place
# stays.
modes() {
    local before
    before=$(umask)
    umask 0
    session "$one; start; gdb a path=$dir/a.sock wait=on; gdb a off; run 1ms"
    umask "$before"
    within 30 is_there a
    check 'the socket has mode 600' [ "$(stat -c %a "$dir/a.sock")" = 600 ]
    mv "$dir/a.sock" "$dir/b.sock"
    echo mine >"$dir/a.sock"
    raw b '?' D
    join
    check "the socket's path: another file there stays" [ "$(cat "$dir/a.sock")" = mine ]
    check "the socket's path: all ends well" ended 0
    rm -f "$dir/a.sock" "$dir/b.sock"
}

web_page
packets
threads
monitor_is_inside
flood
silence
reconnect
modes
done_testing
