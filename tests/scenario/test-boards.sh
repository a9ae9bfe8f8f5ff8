#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Boards: machines with their own CPU, RAM and network card, and the architectures arm, riscv32 and
# i386. Firmware of guest-init/boards runs on them. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/saves.sh
source "$(dirname "$0")/saves.sh"

slow='icount=shift=4,sleep=off'
an385="arch=arm machine=mps2-an385 $slow kernel=$guest"
lm3s="arch=arm machine=lm3s6965evb $slow kernel=$guest"
semihosting="extra='-semihosting-config enable=on,target=native'"

# --- all boards in one ensemble

cat >"$dir/all.mtr" <<END
quantum 2ms
node add a385 $an385/tick-an385.elf
node add a386 arch=arm machine=mps2-an386 $slow kernel=$guest/tick-an385.elf
node add lm3s $lm3s/tick-lm3s.elf
node add arm arch=arm memory=16M $slow kernel=$guest/tick-arm.elf
node add rv32 arch=riscv32 firmware=none memory=16M $slow kernel=$guest/tick-riscv32.elf
node add i386 arch=i386 machine=pc memory=16M $slow kernel=$guest/tick-i386.elf
start
wait-line a385 'tick 100' timeout=1100ms
wait-line a386 'tick 100' timeout=1100ms
wait-line lm3s 'tick 100' timeout=1100ms
wait-line arm 'tick 100' timeout=1100ms
wait-line rv32 'tick 100' timeout=1100ms
wait-line i386 'tick 100' timeout=1100ms
run 1370us
assert missed == 0
END
limit=100 mtr verify "$dir/all.mtr" --registers --devices --every 50
check 'every board ticks, and repeats itself: count, console, registers and devices' ended 0 '^2 runs, [0-9]+ samples: equal$'

# The loop's two instructions; the tool that disassembles is that of the firmware's compiler.
loop=$(arm-linux-gnueabihf-objdump -d "$guest/count-an385.elf" | sed -n '/<program>:/,/b\.n/s/^ *\([0-9a-f]*\):.*\(adds\|b\.n\).*/0x\1/p' | head -n 1)
expect 'a Cortex-M shows its registers, stops at an address of Thumb code, and makes steps there' 0 \
    "node add a $an385/count-an385.elf; start; run 1ms; regs a; assert a.icount == 62500; break pc a $loop; run 1ms; delete 1; step a 3" \
    '^r0 +0x' '^xpsr +0x' "^break 1: node a, vCPU 0: pc $loop <program\\+0x[0-9a-f]+>, icount 6250[0-9]," '^a: 3 executed, icount 6250[0-9], time 0\.0011'

# --- their cards

# frames QUANTUM NAME: two boards exchange frames for a second; the transcripts go to NAME-a and
# NAME-b, the trace to NAME.
frames() {
    commands "quantum $1; node add a $an385/frames-an385.elf; node add b $2; link add a b latency=1333us delivery=exact;
        node transcript a $dir/$3-a; node transcript b $dir/$3-b; start; run-until 1s; network trace last=100000; assert a.sent == 99;
        assert b.received == 99; assert missed == 0; assert a.late == 0; assert b.late == 0"
    grep ' delivery ' "$dir/out" >"$dir/$3" || true
}

# The time in front of a line is that of its quantum; what follows is what the board saw.
seen() {
    sed 's/^\[[^]]*\] //' "$dir/$1"
}

alike_seen() {
    [[ $(seen "$1" | grep -c ^frame) -ge 98 ]] && cmp <(seen "$1") <(seen "$2")
}

# Fields 6 to 8 of a line are the times sent, due and actual in ns; a card has a frame at the first
# whole µs that is not before its due time.
# With the latency and the quanta here none is sent or due at a boundary, where a µs is open.
on_time() {
    [[ $(wc -l <"$dir/$1") -ge 190 ]] && awk '$7 != $6 + 1333000 || $8 < $7 || $8 >= $7 + 1000 { exit 1 }' "$dir/$1"
}

frames 1ms "$an385/frames-an385.elf" first
check 'two LAN9118 exchange frames' ended 0
check 'each frame is delivered at the µs of its due time' on_time first
frames 1ms "$an385/frames-an385.elf" again
check 'again: the same console to the byte' cmp "$dir/first-a" "$dir/again-a"
check 'again: the same trace' cmp "$dir/first" "$dir/again"
frames 250us "$an385/frames-an385.elf" finer
check 'a finer quantum: the boards see the frames at the same µs of their own clock' alike_seen first-a finer-a
check 'a finer quantum: the other one too' alike_seen first-b finer-b
frames 1ms "$lm3s/frames-lm3s.elf" mixed
check 'LAN9118 and Stellaris' ended 0
check 'each frame is delivered at the µs of its due time' on_time mixed

expect 'an onboard card has the address that was asked for' 0 \
    "node add a $an385/frames-an385.elf mac=02:00:00:00:00:0a; node add b $an385/frames-an385.elf; link add a b; capture $dir/frames.pcap a b;
     start; wait-line a 'card 2\.0\.0\.0\.0\.10'; run-until 45ms; capture $dir/frames.pcap off"
check 'a capture has its frames' [ "$(tshark -r "$dir/frames.pcap" -Y 'eth.src == 02:00:00:00:00:0a && eth.type == 0x88b5' 2>/dev/null | wc -l)" -eq 4 ]
expect 'a PC has a card, too' 0 \
    "node add a arch=i386 machine=pc nic-model=onboard memory=16M $slow kernel=$guest/tick-i386.elf; start; hmp a 'info network'" 'model=e1000'
expect 'a machine without a card is refused' 2 "node add a arch=arm machine=microbit nic=on $slow kernel=$guest/tick-an385.elf; start" \
    'node a: machine=microbit has no card on its board: nic=0'
expect 'so is one with fewer cards' 2 "node add a $an385/tick-an385.elf nic=2; start" 'mps2-an385 has fewer cards on its board: nic=1'
expect 'a card that can be plugged' 0 "node add a arch=i386 machine=pc nic-model=rtl8139 memory=16M $slow kernel=$guest/tick-i386.elf; start;
     hmp a 'info network'; run 1ms" 'model=rtl8139'

# --- frames and bytes at once

repeats_under_load() {
    tests/bench/boards-repeat.sh 2 >"$dir/out" 2>&1
}
brief || check '1,000 frames and 10,000 bytes are the same to the byte, at rest and under load, each at its µs' repeats_under_load

# --- options

expect 'RAM of a board is its own' 2 "node add a $an385/tick-an385.elf memory=16M" 'memory= is fixed by machine=mps2-an385: leave it away'
expect 'RAM of a board by defaults' 2 "defaults memory=16M; node add a $an385/tick-an385.elf" 'fixed by machine=mps2-an385.*.defaults. has memory='
expect 'another architecture needs a machine' 2 'node add a arch=avr qemu=true' 'arch=avr has no usual machine: machine= is missing'

# --- saves

ram=([a]="$((0x20000000)) 65536" [b]="$((0x20000000)) 65536")
commands "quantum 1ms; node add a $an385/frames-an385.elf; node add b $an385/frames-an385.elf; link add a b latency=1ms delivery=exact;
    start; run 123456us; save x file=$dir/save; run 50ms; $(look on); restore x; run 50ms; $(look back)"
check 'boards are saved, and restored' ended 0
keep on back
commands "restore $dir/save; run 50ms; $(look other)"
keep other
same 'what follows is the same, to the byte' on back other
expect 'one whose SD card QEMU cannot load is refused' 2 "node add a $lm3s/tick-lm3s.elf; start; run 1ms; save x" \
    'node a can.t be saved: its board has an SD card by SPI'

# --- ends, resets, faults

acts() {
    local board=$1 name=$2 options=$3
    expect "$board: an exit has a status, and the other board goes on" 0 "node add a $options append=x5; node add c $lm3s/tick-lm3s.elf;
        start; run 120ms; assert a.state == off; assert a.exit == $4; assert c.time >= 120ms" '^node a: off: '
    expect "$board: resets are counted" 0 "node add a $options append=r; start; run 500ms; assert a.resets == $5; assert a.state == paused" \
        '^node a: reset by its guest'
    expect "$board: a fault handler runs" 0 "node add a $options append=f; start; wait-line a 'fault at 0x[0-9a-f]+' timeout=500ms" "$name"
}
acts mps2-an385 'fault at 0x0000' "$an385/act-an385.elf $semihosting" 5 2
acts lm3s6965evb 'fault at 0x0000' "$lm3s/act-lm3s.elf $semihosting" 5 2
acts arm 'fault at 0x4008' "arch=arm memory=16M $slow kernel=$guest/act-arm.elf $semihosting" 5 2
acts riscv32 'fault at 0x8000' "arch=riscv32 firmware=none memory=16M $slow kernel=$guest/act-riscv32.elf $semihosting" 5 2
# SeaBIOS resets the machine once more.
acts i386 'fault at 0x0010' "arch=i386 memory=16M $slow kernel=$guest/act-i386.elf extra='-device isa-debug-exit'" 11 4
expect 'a watchdog resets its board' 0 "node add a $an385/act-an385.elf append=w $semihosting; start; run 50ms; assert a.resets == 1" \
    "^node a: its guest's watchdog ran out \\(action reset\\)"

done_testing
