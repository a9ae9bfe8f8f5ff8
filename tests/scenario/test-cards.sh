#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Network cards of real guests: full cards, delivery at the due time itself, addresses and models,
# traffic without privileges, a capture without a reader. Prints TAP, takes about a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

append='console=ttyAMA0 quiet cryptomgr.notests'

# linux NAME NUMBER COMMAND [INITRAMFS [OPTION…]]: prints the command that adds a guest with the
# address 10.0.0.NUMBER, which runs COMMAND.
linux() {
    echo "node add $1 kernel=${files:-$guest}/vmlinuz initrd=${files:-$guest}/${4:-initramfs}.cpio.gz memory=256M ${*:5} \
        icount=shift=0,sleep=off append=\"$append hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

# --- a full card

bulk="quantum 1ms; $(linux a 1 'sleep 0.4; iperf3 -c 10.0.0.2 -n 2000000' initramfs-net)$(linux b 2 'iperf3 -s -1' initramfs-net) \
    link add a b latency=1ms; start; wait-line a 'run ended with status 0' timeout=60s; assert missed == 0; \
    assert a.late == 0; assert b.late == 0; assert b.received > 1300; assert b.carried > 0"

# More frames in each quantum than a card holds: the remaining frames follow, in order, and none is
# lost.
flood="quantum 2ms; $(linux a 1 'sleep 0.4; iperf3 -u -b 0 -l 1400 -n 1000000 -c 10.0.0.2' initramfs-net) \
    $(linux b 2 'iperf3 -s -1' initramfs-net)link add a b latency=2ms; start; wait-line a 'run ended' timeout=60s; \
    run 100ms; assert missed == 0; assert a.late == 0; assert b.late == 0; assert b.carried > 100; assert b.received > 700; \
    assert b.received == a.sent; network trace last=100000"

full() {
    expect 'bulk TCP at quanta of 1 ms: exact, exit 0' 0 "$bulk"
    expect 'a guest that floods: some is carried over, all arrives, nothing is late' 0 "$flood" \
        '^[0-9]+ delivery b a [0-9]+ [0-9]+ [0-9]+ [0-9]+ carried '
    # shellcheck disable=SC2016
    check 'a guest that floods: in order' awk '$2 == "delivery" && $3 == "b" { if ($6 < last) exit 1; last = $6; n++ }
        END { exit n < 700 }' "$dir/out"
}

# --- delivery at the due time

ping_run() {
    mtr -c "quantum 100us; $(linux a 1 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 'sleep 60') \
        link add a b latency=1ms delivery=$1; start; wait-line a 'run ended' timeout=20s; assert missed == 0; \
        assert a.late == 0; assert b.late == 0; network trace last=1000; link list"
}

# round_trips FILE: for each of the last echoes, prints by how many ns its round trip exceeded two
# latencies and the time in b.
round_trips() {
    # shellcheck disable=SC2016
    awk '$2 == "send" && $3 == "a" && $5 == 98 { sent = $6 } $2 == "delivery" && $3 == "b" && $5 == 98 { there = $8 }
        $2 == "send" && $3 == "b" && $5 == 98 { back = $6 }
        $2 == "delivery" && $3 == "a" && $5 == 98 { print $8 - sent - (back - there) - 2000000 }' "$1"
}

# all_within LOW HIGH NUMBER…: there are four numbers, each within LOW … HIGH.
all_within() {
    local low=$1 high=$2 n
    shift 2
    [[ $# -eq 4 ]] || return 1
    for n; do
        [[ $n -ge $low && $n -le $high ]] || return 1
    done
}

exact() {
    local trips
    ping_run exact
    check 'exact delivery: exit 0, said' ended 0 'delivery=exact'
    mapfile -t trips < <(round_trips "$dir/out")
    # Each way ends at the first whole µs that is not before the frame's due time.
    check "exact delivery: round trips within 1 us a way of two latencies and the guest's time (${trips[*]} ns)" \
        all_within 0 1998 "${trips[@]}"
    cp "$dir/out" "$dir/exact"
    ping_run exact
    check 'exact delivery: the same again' repeats "$dir/exact"
    ping_run barrier
    check 'delivery at barriers: exit 0' ended 0
    mapfile -t trips < <(round_trips "$dir/out")
    check "delivery at barriers: up to a quantum more for each direction (${trips[*]} ns)" \
        all_within 1001 200000 "${trips[@]}"
    expect 'exact delivery: one quantum of latency will do' 0 "quantum 1ms; $(linux a 1 true)$(linux b 2 true) \
        link add a b delivery=exact; start; run 2ms; link list" '^lookahead 1ms'
    check 'no latency is raised' not says 'is raised'
    expect 'exact delivery: with sleep=on, a warning' 0 "quantum 1ms; node add a kernel=$guest/count-aarch64.elf; \
        node add b kernel=$guest/count-aarch64.elf; link add a b delivery=exact; start; run 2ms" \
        'link a-b: delivery=exact needs sleep=off; node a has sleep=on' 'node b has sleep=on'
    expect 'exact delivery: steps, odd times and another quantum in between' 0 "quantum 100us; \
        $(linux a 1 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 'sleep 60') link add a b latency=1ms delivery=exact; \
        start; wait-line a 'seq=0' timeout=20s; break packet a b filter=icmp; run 20s; run 333777ns; step b 20 mask=off; \
        run 1ns; quantum 50us; run 1234567ns; delete 1; wait-line a 'run ended' timeout=20s; assert missed == 0; \
        assert a.late == 0; assert b.late == 0; network trace last=1000"
    # shellcheck disable=SC2016
    check 'each was there at its µs' awk '/ delivery / { n++; if ($8 < $7 || $8 - $7 > 2000) exit 1 } END { exit n < 8 }' "$dir/out"
}

# --- addresses and models

cards() {
    local node="kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off" x86
    expect 'mac: that of another node is refused, both are named' 2 \
        "node add a $node mac=02:00:00:00:00:0a; node add b $node nic=2 mac=02:00:00:00:00:0b,02:00:00:00:00:0a" \
        'node b: card 1 can.t have the address 02:00:00:00:00:0a: it is that of node a, card 0'
    expect 'mac: one for two cards is refused' 2 "node add a $node nic=2 mac=02:00:00:00:00:0a,02:00:00:00:00:0a" \
        'node a: card 1 can.t have the address 02:00:00:00:00:0a: it is that of node a, card 0'
    expect 'mac: more than there are cards' 2 "node add a $node mac=02:00:00:00:00:0a,02:00:00:00:00:0b" 'nic=2'
    expect 'mac: none' 2 "node add a $node mac=02:00" "'02:00' is no card's address"
    expect 'nic-model: none' 2 "node add a $node nic-model=ne2k" 'virtio-mmio, virtio-pci, onboard, '
    expect 'nic-model: virtio-mmio has no place on x86_64' 2 "node add a arch=x86_64 nic-model=virtio-mmio" 'virtio-pci'
    expect 'virtio-pci on aarch64, with a given address' 0 "quantum 1ms; \
        $(linux a 1 'ping -c 2 -i 0.1 10.0.0.2; cat /sys/class/net/eth0/address' initramfs nic-model=virtio-pci mac=02:00:00:00:00:0a) \
        $(linux b 2 'sleep 60') link add a b; break console a '02:00:00:00:00:0a'; start; run 20s; assert break == 1; \
        assert a.received >= 3; assert a.late == 0"
    x86=$guest/x86_64
    if [[ ! -e $x86/vmlinuz ]]; then
        echo '# e1000 on x86_64 is tested only where make guest-x86_64 was'
        return
    fi
    append=${append/ttyAMA0/ttyS0} files=$x86
    expect 'e1000 on x86_64' 0 "quantum 1ms; \
        $(linux a 1 'ls -l /sys/class/net/eth0/device/driver; sleep 4; ping -c 2 -i 0.1 10.0.0.2' initramfs arch=x86_64 nic-model=e1000) \
        $(linux b 2 'sleep 60' initramfs arch=x86_64 nic-model=e1000) link add a b; break console a 'drivers/e1000'; \
        start; run 60s; assert break == 1; wait-line a '2 packets received' timeout=30s; assert a.late == 0; assert missed == 0"
    append=${append/ttyS0/ttyAMA0} files=
}

# --- a capture without a reader

unread() {
    mkfifo "$dir/fifo"
    exec 9<>"$dir/fifo"
    limit=60 mtr -c "quantum 1ms; $(linux a 1 'ping -c 60 -i 0.002 -s 1400 10.0.0.2')$(linux b 2 'sleep 60') link add a b; \
        capture $dir/fifo; start; wait-line a 'run ended' timeout=30s; assert missed == 0; assert a.late == 0"
    check 'a capture that nobody reads: nobody waits for it, what is lost is said, exit 2' ended 2 \
        "the capture is cut off: nobody reads '.*/fifo', the last [1-9][0-9]* bytes are lost"
    exec 9<&-
}

# --- without privileges

unprivileged() {
    local become=(env METRONOME_RANK=unprivileged HOME="$dir") user files=$dir missed late
    cp -L "$metronome" "$guest"/{vmlinuz,initramfs.cpio.gz} "$dir"
    mkdir "$dir/report"
    if [[ $(id -u) -eq 0 ]]; then
        user=$(id -u nobody)
        chmod 711 "$dir"
        chmod a+r "$dir"/{vmlinuz,initramfs.cpio.gz}
        chmod a+rx "$dir/metronome"
        chown -R "$user:$user" "$runtime" "$dir/report"
        become+=(setpriv "--reuid=$user" "--regid=$user" --clear-groups --inh-caps=-all --bounding-set=-all)
    fi
    status=0
    (
        ulimit -r 0
        cd "$dir"
        timeout -k 5 100 "${become[@]}" "$dir/metronome" --report "$dir/report" -c "quantum 1ms; \
            $(linux a 1 'sleep 0.1; ping -c 3 -i 0.1 10.0.0.2')$(linux b 2 'sleep 60')link add a b; start; \
            wait-line a '3 packets received' timeout=20s; time" </dev/null >"$dir/out" 2>"$dir/err"
    ) || status=$?
    missed=$(number missed "$dir/report/report.json") || missed=none
    late=$(grep -oE '"late": *[0-9]+' "$dir/report/report.json" | grep -oE '[0-9]+' | paste -sd+ | xargs -I{} bash -c "echo \$(({}))") || late=none
    check 'unprivileged: ping is answered' says 'mode unprivileged'
    check "unprivileged: exit 4 if and only if something was missed or late (status $status, missed $missed, late $late)" \
        honest "$missed" "$late"
}

# honest MISSED LATE: exit status 0 if and only if nothing was missed or late.
honest() {
    if [[ $status -eq 0 ]]; then
        [[ $1 == 0 && $2 == 0 ]]
    else
        [[ $status -eq 4 ]] && says 'exactness was lost'
    fi
}

full
exact
cards
unread
unprivileged
done_testing
