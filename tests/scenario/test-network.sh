#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The virtual network with real Linux guests: exact delivery, and runs that repeat byte for byte,
# also under load, with a capture and with breaks. Prints TAP, takes half a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/guests.sh
source "$(dirname "$0")/guests.sh"

# --- delivery and repeatability

ping_run() {
    mtr --report "$dir/$1" -c "quantum 100us; $pinging link add a b latency=1ms; capture $dir/$1.pcapng; start; \
        wait-line a 'run ended' timeout=20s; assert a.missed == 0; assert b.missed == 0; assert a.late == 0; \
        assert b.late == 0; assert a.sent >= 5; assert a.received >= 5; assert a.received == b.sent; link list"
}

ping_run first
check 'ping over 1 ms: all is answered' ended 0 '^lookahead 1ms' '^a +-> b +1ms'
cp "$dir/first/console-a.log" "$dir/out"
check 'ping: four answers' says '4 packets transmitted, 4 packets received, 0% packet loss'
# A round trip takes two latencies, at most one quantum more for each, and the guests' own time.
times=$(sed -nE 's/.*seq=[1-3] .*time=([0-9.]+) ms.*/\1/p' "$dir/out")
check "ping: never less than two latencies, never much more ($(echo "$times" | tr '\n' ' '))" \
    awk -v times="$times" 'BEGIN { n = split(times, t, "\n"); for (i = 1; i <= n; i++) if (t[i] < 2 || t[i] > 2.35) exit 1; exit n != 3 }'
busy=()
for _ in 1 2; do
    (while :; do :; done) &
    busy+=($!)
done
ping_run second
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null || true
check 'ping again, under load' ended 0
check 'both runs: the same packets and consoles' cmp <(text 'packet_trace_sha256' "$dir/first/report.json" \
    && text 'console_sha256' "$dir/first/report.json") <(text 'packet_trace_sha256' "$dir/second/report.json" \
    && text 'console_sha256' "$dir/second/report.json")
check 'there were packets to compare' [ "$(text packet_trace_sha256 "$dir/first/report.json" | sort -u | wc -l)" = 2 ]
check 'both runs: the same capture' cmp "$dir/first.pcapng" "$dir/second.pcapng"
tshark -r "$dir/first.pcapng" -T fields -e frame.time_epoch -e frame.interface_name -e icmp.type -Y icmp \
    >"$dir/out" 2>"$dir/err"
check 'tshark reads it: ns, cards by name' says '^[0-9]+\.[0-9]{9}	a	8' '^[0-9]+\.[0-9]{9}	a	0'
check 'tshark: each request and answer once' [ "$(wc -l <"$dir/out")" = 8 ]

# Breaks at unplannable moments leave idle guests ahead of the others. Frames that are due in the
# meantime, and at the boundary after it, are delivered at the same times as without breaks.
broken() { # NAME COMMANDS
    mtr --report "$dir/$1" -c "quantum 100us; $(linux a 1 "$settled; ping -q -c 300 -i 0.001 10.0.0.2")$(linux b 2 'sleep 60') \
        link add a b latency=250us; start; run-until 950ms; $2 run-until 1200ms; assert a.received >= 200"
}

broken whole ''
check 'pings without a break' ended 0
broken pieces "break packet a b; $(printf 'run 20ms; %.0s' {1..30}) delete 1;"
check 'pings with thirty breaks' ended 0 '^break 1: .* the ensemble stands at 0\.95'
check 'with breaks and without: the same packets and consoles' cmp <(text 'packet_trace_sha256' "$dir/whole/report.json" \
    && text 'console_sha256' "$dir/whole/report.json") <(text 'packet_trace_sha256' "$dir/pieces/report.json" \
    && text 'console_sha256' "$dir/pieces/report.json")

done_testing
