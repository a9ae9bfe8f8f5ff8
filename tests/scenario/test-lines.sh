#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Serial lines: two guests exchange bytes over a link of their UARTs, the same in every run, and each
# UART has a console of its own.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# node NAME PAYLOAD [SHIFT]
node() {
    echo "node add $1 arch=x86_64 kernel=$guest/$2-x86_64.elf uarts=2 nic=0 memory=16M icount=shift=${3:-0},sleep=off; "
}
both="$(node a uart) $(node b uartpoll 3)"
ready="start; wait-line a ready; wait-line b ready; "
stream="$ready send a s; send b s; wait-line a '^all' timeout=2s; wait-line b '^all' timeout=2s; assert missed == 0"
line='link add a.uart1 b.uart1 baud=115200'

# figures: what a run came to, without times of the host.
figures() {
    grep -E '^[ab] ' "$dir/out"
    text '[a-z_]*sha256' "$dir/report/report.json"
    grep -E '"(icount|virtual_ns|sent|received|late)"' "$dir/report/report.json"
}

# --- 10,000 bytes each way, ten times (with BRIEF=1 four), every second time under load

loads=() runs=10
! brief || runs=4
for ((run = 1; run <= runs; run++)); do
    if ((run % 2 == 0)); then
        for _ in 1 2; do
            timeout 60 sh -c 'while :; do :; done' &
            loads+=($!)
        done
    fi
    mtr --report "$dir/report" -c "quantum 1ms; $both $line; $stream"
    if ((${#loads[@]} > 0)); then
        kill "${loads[@]}"
        wait "${loads[@]}" 2>/dev/null || true
        loads=()
    fi
    figures >"$dir/figures.$run"
    check "run $run: both have all bytes" ended 0 '^a .*: all ' '^b .*: all '
    check "run $run: the same to the byte" cmp "$dir/figures.1" "$dir/figures.$run"
done
check 'no byte is lost' [ "$(number received "$dir/report/report.json")" = 20000 ]
last_ns() { printf '%d\n' "0x$(grep -oE "^$1 .*: all .* time [0-9a-f]+" "$dir/out" | grep -oE '[0-9a-f]+$')"; }
# The first byte is sent a little behind the barrier at which b was ready and both were told.
began=$(sed -nE 's/^b ([0-9]+)\.([0-9]{6})000s: ready/\1\2/p' "$dir/out")
took=$(($(last_ns b) / 1000 - 10#$began))
check "10,000 bytes take 868 ms of the line ($took us)" [ $((took >= 868055 && took <= 870001)) = 1 ]

# --- at due times: a sleeping guest finds a byte 1 us behind the us that its last bit ends in

exchange="quantum auto; $line delivery=exact; $ready send a g; wait-line b first; wait-line a first; \
    wait-line a '^all' timeout=1s; wait-line b '^all' timeout=1s; assert missed == 0"
mtr --report "$dir/report" -c "$(node a uart) $(node b uart) $exchange"
figures >"$dir/exact"
check 'exact: each answers 500 bytes' ended 0 '^a .*: all ' '^b .*: all '
check 'exact: no byte is late' not grep -qE '"late": *[1-9]' "$dir/report/report.json"
first_ns() { printf '%d\n' "0x$(grep -oE "^$1 .*: first [0-9a-f]+" "$dir/out" | grep -oE '[0-9a-f]+$')"; }
check 'exact: an answer comes 88 us after what it answers' [ $(($(first_ns a) - $(first_ns b))) = 88000 ]
check 'exact: so do 998 more' [ $(($(last_ns a) - $(first_ns b))) = $((999 * 88000)) ]
mtr --report "$dir/report" -c "$(node a uart) $(node b uart) $exchange"
figures >"$dir/again"
check 'exact: the same again' cmp "$dir/exact" "$dir/again"

# --- saves: what is under way and in front of a UART goes along

mtr -c "quantum 1ms; $both $line; $ready send a s; send b s; run 20ms; run 137us; save x; wait-line a '^all'; \
    wait-line b '^all'; restore x; wait-line a '^all'; wait-line b '^all'; restart; wait-line a ready"
check 'a save in the midst of it goes on' ended 0
check 'what follows a restore is what followed the save' \
    [ "$(grep -E '^[ab] .*: all' "$dir/out" | sort | uniq -c | awk '$1 == 2' | wc -l)" = 2 ]

# --- a console for each UART. The guest answers a byte x on its UART 1 with 5 x + 1.

mtr --report "$dir/report" -c "$(node a uart) start; wait-line a ready; node transcript a.1 $dir/transcript; \
    send a.1 '{H5'; wait-line a.1 '^hi$'; send a.1 '\\x7b\\x48\\65'; wait-line a.1 hi; assert missed == 0"
check 'send and wait-line take NODE.PORT' ended 0 '^a(\.1)? .*: hi'
check 'so does node transcript' grep -q '\] hi$' "$dir/transcript"
check 'its log is in the report' [ "$(cat "$dir/report/console-a.1.log")" = $'hi\nhi' ]
check 'and its digest' grep -q "$(sha256sum "$dir/report/console-a.1.log" | cut -d' ' -f1)" "$dir/report/report.json"
check 'the report is as its schema says' scripts/schema/validate report "$dir/report/report.json"

# --- loss, a capture, several runs of one

mtr -c "quantum 1ms; seed 7; $both $line loss=10%; capture $dir/line.pcapng a.uart1 b.uart1; $ready send a s; run 1s; link list"
check 'bytes are lost as on any link' ended 0 '^a\.uart1 +-> b\.uart1 +1ms +10000 +[89][0-9]{3} +[1-9][0-9]{2,3} '
check 'a capture has the line' grep -q 'a\.uart1' "$dir/line.pcapng"
echo "quantum 1ms; $both $line; $stream" | tr ';' '\n' >"$dir/line.mtr"
mtr verify --runs 2 "$dir/line.mtr"
check 'verify finds no difference' ended 0

# --- errors

expect 'serial= and uarts=' 2 "node add a uarts=2 serial=unix:$dir/x" 'exclude each other'
expect 'uarts=0' 2 'node add a uarts=0' "uarts"
expect 'a UART that is not there' 2 "$(node a uart) $(node b uart) link add a.uart2 b.uart1" \
    'node a has no UART 2 for a line: .*uarts=3'
expect 'no UARTs at all' 2 "node add a kernel=$guest/hello-aarch64.elf; $(node b uart) link add a.uart0 b.uart1" 'uarts=1'
expect 'a UART and a card' 2 "$(node a uart) node add b kernel=$guest/hello-aarch64.elf; link add a.uart1 b" \
    "'a.uart1' is a UART, and 'b' is none"
expect 'a second line' 2 "$(node a uart) $(node b uart) $(node c uart) $line; link add c.uart1 a.uart1" \
    "UART 'a.uart1' has link 'a.uart1-b.uart1' already"
expect 'baud= for cards' 2 "switch add s; switch add t; link add s t baud=9600" 'baud= is for a link of two UARTs'
expect 'bandwidth= for a line' 2 "$(node a uart) $(node b uart) link add a.uart1 b.uart1 bandwidth=1M" 'has baud='
expect 'baud=0' 2 "$(node a uart) $(node b uart) link add a.uart1 b.uart1 baud=0" "baud.*'0'"
expect 'a console that is not there' 2 "$(node a uart) start; wait-line a.2 x" 'node a has no UART 2'
expect 'bytes in a pcap file' 2 "$(node a uart) $(node b uart) $line; capture $dir/x.pcap a.uart1" 'pcapng'
expect 'a key that is none' 2 "$(node a uart) start; send a 'x\\xZZ'" 'two hexadecimal digits'
expect 'a machine with fewer UARTs' 2 "node add a kernel=$guest/hello-aarch64.elf uarts=3; start" \
    'uarts=3, but machine .virt. has [12]'

done_testing
