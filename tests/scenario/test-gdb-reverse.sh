#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The user's own gdb (gdb-multiarch, in batch mode) takes an ensemble back: steps, breakpoints,
# watchpoints, source lines, several gdbs.
# shellcheck disable=SC2016 # $pc and the like are gdb's
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"

slow='icount=shift=4,sleep=off'
arm="arch=arm machine=virt memory=16M nic=off $slow kernel=$guest/calls-arm.elf"
riscv32="arch=riscv32 firmware=none memory=16M nic=off $slow kernel=$guest/calls-riscv32.elf"
i386="arch=i386 machine=pc memory=16M nic=off $slow kernel=$guest/calls-i386.elf"
counting="kernel=$guest/count-aarch64.elf memory=32M nic=off icount=shift=3,sleep=off"

# gdb's commands of these tests. `there N` and `back N` make N steps, forward and back, and print all
# registers in front of each and behind the last one, with their number.
commands_of_gdb() {
    cat <<'END'
set confirm off
set pagination off
set remotetimeout 20
define state
    eval "pipe info registers | sed 's/^/state %d /'", $n
end
define there
    set $n = 0
    state
    while $n < $arg0
        stepi
        set $n = $n + 1
        state
    end
end
define back
    set $n = $arg0
    while $n > 0
        reverse-stepi
        set $n = $n - 1
        state
    end
end
END
}
commands_of_gdb >"$dir/gdbinit"

# backward NAME ELF COMMAND...: runs gdb with the symbols of ELF (none: -) on the endpoint NAME.
backward() {
    local name=$1 elf=$2 command
    local -a arguments=(-nx -batch -x "$dir/gdbinit")
    shift 2
    [[ $elf == - ]] || arguments+=("$elf")
    arguments+=(-ex "target remote $dir/$name.sock")
    for command; do
        arguments+=(-ex "$command")
    done
    timeout -k 5 60 env --default-signal=INT gdb-multiarch "${arguments[@]}" >"$dir/gdb.$name" 2>&1 </dev/null || true
}

# returns NAME N: N steps back gave the registers of N steps there, each at its place.
returns() {
    local name=$1 n=$2 i
    for ((i = 0; i < n; i++)); do
        grep "^state $i " "$dir/gdb.$name" >"$dir/states"
        [[ $(sort "$dir/states" | uniq -c | awk '$1 % 2' | wc -l) -eq 0 && $(wc -l <"$dir/states") -ge 30 ]] ||
            { sort "$dir/states" | uniq -c | awk '$1 % 2' | sed 's/^/# /' && return 1; }
    done
    [[ $(grep -E '^state [0-9]+ (pc|eip) ' "$dir/gdb.$name" | awk '{ print $4 }' | sort -u | wc -l) -ge $((n / 2)) ]]
}

# values NAME LABEL: the numbers that a gdb has printed as "LABEL N", on one line.
values() {
    sed -nE "s/^$2 (-?[0-9a-fx]+)\$/\1/p" "$dir/gdb.$1" | paste -sd' '
}

# --- bare metal, with source lines

# a loop round square() and add(): forward, and the same places on the way back; parts for board()
# shellcheck disable=SC2034
{
    steps=('there 8' 'back 8')
    rounds=('break square' continue continue 'printf "rounds %d\n", rounds' reverse-continue 'printf "rounds %d\n", rounds'
        reverse-continue 'printf "rounds %d\n", rounds' delete)
    totals=('watch total' continue 'printf "total %d\n", total' continue 'printf "total %d\n", total'
        reverse-continue 'printf "total %d\n", total' 'info symbol $pc' reverse-continue 'printf "total %d\n", total' delete)
    # gdb 13 ends a reverse-next where a piece of the line table begins: a line that a call divides has two.
    lines=('tbreak square' continue reverse-finish 'info symbol $pc' 'echo finished\n'
        'tbreak add' continue 'printf "sp %d\n", $sp' next 'printf "total %d\n", total' reverse-next 'printf "sp %d\n", $sp' 'info symbol $pc' 'echo next\n' next
        reverse-step 'info symbol $pc' 'echo step\n' reverse-step reverse-step 'info symbol $pc' 'monitor time')
}

# board NAME NODE PART...: the node's options behind NAME, and what gdb does there.
board() {
    local name=$1 node=$2 part
    local -a all=()
    shift 2
    for part; do
        local -n these=$part
        all+=("${these[@]}")
    done
    session "node add $name $node; start; run 200ms; save near; run 1ms; gdb $name path=$dir/$name.sock wait=on; run 1ms; \
        assert missed == 0"
    within 30 is_there "$name"
    backward "$name" "$guest/calls-$name.elf" "${all[@]}"
    join
    check "$name: metronome goes on" ended 0
    for part; do
        check "$name: $part" "came_$part" "$name"
    done
}

came_steps() {
    returns "$1" 8
}

# Where gdb stood in front of what it echoed: at the call, in front of the line, in the function that
# returned.
came_lines() {
    local stood
    stood=$(sed -nE 's/^(add|square|program)( \+ [0-9]+)? in section .text.*/\1/p' "$dir/gdb.$1" | paste -sd' ')
    echo "# $stood"
    [[ ${stood% add add square} == *add || ${stood% program add square} == *add ]]
}

came_rounds() {
    local -a n
    read -ra n <<<"$(values "$1" rounds)"
    echo "# rounds ${n[*]}"
    [[ ${#n[@]} -eq 3 && ${n[1]} -eq $((n[0] - 1)) && ${n[2]} -eq $((n[0] - 2)) ]]
}

came_totals() {
    local -a n old new
    read -ra n <<<"$(values "$1" total)"
    mapfile -t old < <(sed -n 's/^Old value = //p' "$dir/gdb.$1")
    mapfile -t new < <(sed -n 's/^New value = //p' "$dir/gdb.$1")
    echo "# totals ${n[*]}, old ${old[*]}, new ${new[*]}"
    [[ ${#old[@]} -eq 4 && ${old[2]} -eq ${new[1]} && ${new[2]} -eq ${old[1]} && ${old[3]} -eq ${new[0]} &&
        ${new[3]} -eq ${old[0]} && ${n[2]} -eq ${n[0]} && ${n[3]} -eq ${old[0]} ]]
}

# --- by address: several vCPUs, and watchpoints of each kind

settings='memory=32M nic=off icount=shift=3,sleep=off'

several_vcpus() {
    local two='printf "two %d\n", $x0 * 2002 - $x2 * 2 + ($pc == 0x40080088)' written='printf "count %d\n", $x0'
    local -a steps=('thread 2' "$two" reverse-stepi "$two" reverse-stepi "$two"
        'thread 1' reverse-stepi 'set scheduler-locking on' 'thread 2' "$two" stepi "$two")
    local -a more=(reverse-stepi "$two" 'set scheduler-locking replay' reverse-stepi "$two" 'monitor run 50us'
        'maintenance flush register-cache' 'break *0x40080090' continue "$written" continue "$written" reverse-continue "$written"
        'monitor who-wrote a 0x40090070 8' 'monitor reverse-step a.1 2' 'maintenance flush register-cache'
        'thread 2' 'printf "step %lx\n", $pc')
    session "quantum 5us; node add a kernel=$guest/access-aarch64.elf smp=2 $settings; start; run 1ms; save near; run 40us; \
        gdb a path=$dir/a.sock wait=on; time; run 1ms; assert a.missed == 0"
    within 30 is_there a
    if brief; then
        backward a - "${steps[@]}"
    else
        backward a - "${steps[@]}" "${more[@]}"
    fi
    join
    check 'two vCPUs: metronome goes on' ended 0
    check 'two vCPUs: back by instructions of the second' each_vcpu
    brief || check 'two vCPUs: back to about a breakpoint of the second' second_vcpu
}

# The second is further back in its own loop of two instructions each time, though the first has had its turn.
# (How far: QEMU shares turns in another way behind a stop between two barriers.)
each_vcpu() {
    local -a two
    read -ra two <<<"$(values a two)"
    echo "# vCPU 1 ${two[*]}"
    [[ ${#two[@]} -ge 5 && ${two[1]} -lt ${two[0]} && ${two[2]} -lt ${two[1]} && ${two[4]} -gt ${two[3]} ]] || return 1
    brief || [[ ${#two[@]} -eq 7 && ${two[5]} -lt ${two[4]} && ${two[6]} -lt ${two[5]} ]]
}

second_vcpu() {
    local -a count
    read -ra count <<<"$(values a count)"
    echo "# counts ${count[*]}"
    [[ ${#count[@]} -eq 3 && ${count[1]} -eq $((count[0] + 1)) && ${count[2]} -ge $((count[0] - 1)) &&
        ${count[2]} -le ${count[1]} ]] &&
        heard a 'Thread 2 (hit Breakpoint 1|stopped)' '(several vCPUs take other turns|the instruction at 0x4008008c .*wrote)' \
            '^step 400800(7c|80|84|88|8c|90)'
}

# watched PARTS NODE BASE BEFORE WRITE BEHIND READ ACCESS BEHIND FIRST: each kind of watchpoint, there and
# back, with the addresses of the instructions and of those behind them, FIRST that of the access before;
# where the past begins, and on from there. The node runs for BEFORE first.
watched() {
    local parts=$1 node=$2 base=$3 before=$4 write=$5 written=$6 read=$7 access=$8 accessed=$9 first=${10} part
    local at='printf "at %lx\n", $pc'
    local -a all=() places=()
    for part in $parts; do
        case $part in
            writes)
                all+=("watch *(int *)$base" reverse-continue "$at" reverse-continue "$at" continue "$at" delete)
                places+=("$write" "$write" "$written")
                ;;
            reads)
                all+=("rwatch *(int *)($base + 0x30)" reverse-continue "$at" delete)
                places+=("$read")
                ;;
            accesses)
                all+=("awatch *(int *)($base + 0x40)" reverse-continue "$at" continue "$at" reverse-continue "$at"
                    reverse-continue "$at" delete)
                places+=("$access" "$accessed" "$access" "$first")
                ;;
            begin)
                all+=('hbreak *$pc' reverse-continue "$at" delete reverse-continue "tbreak *0x$write" continue "$at")
                places+=("$first" "$write")
                ;;
        esac
    done
    session "node add a $node $settings; start; run $before; save near; run 40us; gdb a path=$dir/a.sock wait=on; time; run 1ms; \
        assert a.missed == 0"
    within 30 is_there a
    backward a - "${all[@]}"
    join
    check "${node%% *}: metronome goes on" ended 0
    check "${node%% *}: back to $parts" stood "${places[@]}"
    [[ $parts != *begin ]] || check "${node%% *}: where the past begins" heard a 'No more reverse-execution history'
}

stood() {
    local wanted="$*"
    echo "# $(values a at)"
    [[ $(values a at) == "$wanted" ]]
}

accesses() {
    local every='writes reads accesses begin' riscv64 x86_64
    riscv64=$every x86_64=$every
    ! brief || riscv64=accesses x86_64='writes reads'
    watched "$riscv64" "arch=riscv64 firmware=none kernel=$guest/access-riscv64.elf" 0x80010000 1ms \
        8000002c 80000030 80000034 80000044 80000048 8000003c
    watched "$x86_64" "arch=x86_64 kernel=$guest/access-x86_64.elf" 0x200000 200ms 10001d 10001f 10002c 10002f 100033 10002f
    brief || watched "$every" "arch=aarch64 kernel=$guest/access-aarch64.elf" 0x40090000 1ms \
        4008003c 40080040 4008004c 4008005c 40080060 40080054
}

# --- the kernel of Linux

linux="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=128M append=\"console=ttyAMA0 quiet nokaslr\""
linux+=' icount=shift=4,sleep=off nic=off'

kernel() {
    local vector='*(long)(($_isvoid($VBAR) ? $VBAR_EL1 : $VBAR) + 0x280)' # the name in QEMU 7.2, and since
    session "node add a $linux; node add b $counting; start; run 500ms; save near; run 20ms; \
        gdb a path=$dir/a.sock wait=on; time; run 1ms; assert missed == 0"
    within 60 is_there a
    backward a - 'there 8' 'back 8' "hbreak $vector" continue 'printf "hit %lx\n", $ELR_EL1' continue \
        'printf "hit %lx\n", $ELR_EL1' reverse-continue 'printf "hit %lx\n", $ELR_EL1' 'p $pc' delete \
        'watch *(long *)($sp - 64)' continue 'printf "pc %lx\n", $pc' continue 'printf "pc %lx\n", $pc' \
        reverse-continue 'printf "pc %lx\n", $pc' reverse-continue 'printf "pc %lx\n", $pc' 'monitor time'
    join
    check 'Linux: metronome goes on' ended 0
    check 'Linux: 8 steps and back, all registers' returns a 8
    check 'Linux: back to the interrupt before' kernel_hits
}

kernel_hits() {
    local -a n
    read -ra n <<<"$(values a hit)"
    echo "# hits ${n[*]}"
    [[ ${#n[@]} -eq 3 && ${n[0]} == "${n[2]}" ]]
}

# --- what is told

protocol() {
    session "node add a $counting; start; gdb a path=$dir/a.sock wait=on; time; run 1ms; assert a.missed == 0"
    within 30 is_there a
    raw a qSupported:multiprocess+ Hcp1.0 bs 'vCont;s:p1.1' 'vCont;s:p1.1' bs bs bs bc Z0,40080004,4 "$(monitor 'run 1ms')" bc bc z0,40080004,4 bc \
        bcgarbage 'bs ' Hcp1.9 Hcp7.1 Hc-1 bs '=$vCont;c#a8\003' '<' '=$bc#c5\003' '<' D || true
    join
    check 'protocol: metronome goes on' ended 0
    check 'protocol: a Ctrl-C right behind a resume' heard a '^T02thread:p01.01;$'
    check 'protocol: what is no request of gdb' heard a '^E22$'
    check 'protocol: the beginning, steps, a breakpoint' tail_said
    session "node add a kernel=$guest/count-aarch64.elf memory=32M nic=off icount=shift=3,sleep=on; start; run 1ms; \
        gdb a path=$dir/a.sock wait=on; time; run 1ms"
    within 30 is_there a
    backward a - reverse-stepi 'printf "still %lx\n", $pc' reverse-continue stepi 'printf "on %lx\n", $pc'
    join
    check 'refused: metronome goes on' ended 0
    check 'refused: gdb shows the reason, and goes on' heard a '^metronome: .*sleep' '^still 400800' '^on 400800'
}

tail_said() {
    sed 1d "$dir/gdb.a" | sed 's/^/# /'
    [[ $(grep -c 'replaylog:begin;' "$dir/gdb.a") -ge 3 ]]
}

# A gdb writes; on the way forward the same is written again.
written() {
    session "node add a $counting; start; run 1ms; save s; run 100us; gdb a path=$dir/a.sock wait=on; run-until 3ms; \
        mem a 0x40090000 4; assert a.missed == 0"
    within 30 is_there a
    backward a - 'p/x *(int *)0x40090000' 'set {int}0x40090000 = 0x11223344' 'set $x9 = 0x5566' 'monitor run 1ms' \
        'reverse-continue' 'p/x *(int *)0x40090000' 'p/x $x9' 'monitor run-until 2ms' 'maintenance flush register-cache' \
        'p/x *(int *)0x40090000' 'p/x $x9'
    join
    check 'written: metronome goes on, with it' ended 0 '0*40090000.* (44 ?33 ?22 ?11|11223344)'
    check 'written: not there before, and again behind it' written_again
}

written_again() {
    local -a n
    mapfile -t n < <(sed -nE 's/^\$[0-9]+ = //p' "$dir/gdb.a")
    echo "# ${n[*]}"
    [[ ${n[*]} == '0x0 0x0 '*' 0x11223344 0x5566' ]]
}

# One goes back, the other is told at its next resume; a run of the other ends.
two_gdbs() {
    local first second
    session "node add a $counting; node add b $counting; start; run 1ms; save s; run 1ms; gdb a path=$dir/a.sock; \
        gdb b path=$dir/b.sock wait=on; run 1ms; assert missed == 0"
    within 30 is_there b
    backward b - 'printf "b there %lx\n", $pc' "shell timeout 20 sh -c 'until test -e \"$dir/back\"; do sleep 0.02; done'" \
        continue 'printf "b told %lx\n", $pc' 'monitor time' 'echo b waits\n' continue 'echo b stopped\n' 'monitor time' &
    second=$!
    within 20 grep -qs 'b there' "$dir/gdb.b"
    backward a - stepi reverse-stepi reverse-stepi 'printf "a back %lx\n", $pc' "shell touch '$dir/back'" \
        "shell timeout 20 sh -c 'until grep -qs \"b waits\" \"$dir/gdb.b\"; do sleep 0.02; done; sleep 0.3'" \
        reverse-stepi 'printf "a back %lx\n", $pc' &
    first=$!
    wait "$first" || true
    wait "$second" || true
    join
    check 'two gdbs: metronome goes on' ended 0
    check 'two gdbs: the other is told' heard b 'metronome: the ensemble went back to 0.00' '^b told 400800'
    check 'two gdbs: its run ends' heard b 'gdb of node a goes back' '^b stopped'
}

# One gdb for all: each inferior is as it was then.
all() {
    session "node add a $counting; node add b $counting; start; run 1ms; save s; run 1us; gdb all path=$dir/all.sock wait=on; \
        run 1ms; assert missed == 0"
    within 30 says '^source '
    timeout -k 5 60 gdb-multiarch -nx -batch -x "$dir/gdbinit" -ex "source $(sed -n 's/^source //p' "$dir/out")" \
        -ex 'thread 2.1' -ex 'there 5' -ex 'back 5' -ex 'thread 1.1' -ex 'p $pc' -ex 'break *0x40080008' -ex reverse-continue -ex 'p $pc' \
        -ex 'info threads' -ex 'set schedule-multiple off' -ex reverse-continue >"$dir/gdb.all" 2>&1 </dev/null || true
    join
    check 'all: metronome goes on' ended 0
    check 'all: 5 steps of the second and back' returns all 5
    check 'all: back to a breakpoint of the first' heard all 'Thread 1\.1 "a" hit Breakpoint 1' 'set schedule-multiple on'
    check 'all: no assertion of gdb' not grep -E 'internal-error|Assertion' "$dir/gdb.all"
}

# --- ended on the way

# away HOW: a way back of several seconds; gdb is interrupted (INT) or gone (KILL) meanwhile.
away() {
    local how=$1 gdb
    session "node add a $counting; start; run 3s; gdb a path=$dir/a.sock wait=on; time; run 1ms; assert a.missed == 0"
    within 60 is_there a
    env --default-signal=INT gdb-multiarch -nx -batch -x "$dir/gdbinit" -ex "target remote $dir/a.sock" -ex 'break *0x40000000' \
        -ex 'printf "going\n"' -ex reverse-continue -ex 'printf "stopped %lx\n", $pc' -ex stepi -ex 'monitor time' \
        >"$dir/gdb.a" 2>&1 </dev/null &
    gdb=$!
    within 20 grep -qs going "$dir/gdb.a"
    guests_run
    kill "-$how" "$gdb"
    wait "$gdb" 2>/dev/null || true
    join
}

# gdb waits two seconds for a packet.
long_monitor() {
    session "node add a $counting; start; run 2s; gdb a path=$dir/a.sock wait=on; time"
    within 60 is_there a
    gdb-multiarch -nx -batch -x "$dir/gdbinit" -ex "target remote $dir/a.sock" -ex 'monitor reverse 1us' -ex 'monitor time' -ex detach >"$dir/gdb.a" 2>&1 </dev/null
    join
    check 'a monitor command that takes longer than gdb waits for' heard a '^the ensemble stands at 1.999999000s' '^virtual time 1.999999000s' 'detached'
    check '... metronome goes on' ended 0 '^virtual time'
}

ended_on_the_way() {
    ! brief || return 0
    away INT
    check 'Ctrl-C on the way back: gdb gets its stop' heard a SIGINT '^stopped 400800' '^virtual time '
    check 'Ctrl-C on the way back: metronome goes on' ended 0
    away KILL
    check 'a gdb that dies on the way back: metronome goes on' ended 0 '^virtual time'
}

if brief; then
    board i386 "$i386" steps rounds
    board arm "$arm" totals
    board riscv32 "$riscv32" lines
else
    board i386 "$i386" steps rounds totals lines
    board arm "$arm" steps rounds totals lines
    board riscv32 "$riscv32" steps rounds totals lines
fi
several_vcpus
accesses
kernel
protocol
written
two_gdbs
brief || all
long_monitor
ended_on_the_way
done_testing
