#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# serial=: a serial port for an outside program, while metronome still reads the guest's output.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# The guest asks until it receives a line, so the program may connect at any time.
asking="kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=1,sleep=off \
    append=\"console=ttyAMA0 quiet cryptomgr.notests run=\\\"until read -t 1 x; do echo ready; done; echo taken\\\"\""
program="kernel=$guest/hello-aarch64.elf memory=64M icount=shift=0,sleep=off"

# peer CLASS ARGUMENT...: connects, waits for `ready`, and sends a line. Everything it reads until
# QEMU's end goes to $dir/peer.
peer() {
    # shellcheck disable=SC2016
    timeout 60 perl -e 'use IO::Socket::INET; use IO::Socket::UNIX; $| = 1; my $class = shift; my $s;
        select(undef, undef, undef, 0.02) until $s = $class->new(@ARGV);
        my ($all, $sent) = ("", 0);
        while (sysread($s, my $part, 4096)) {
            print $part;
            $all .= $part;
            syswrite($s, "hello\n"), $sent = 1 if !$sent && $all =~ /ready/;
        }' "$@" >"$dir/peer" 2>&1
}

# dialogue DESCRIPTION SERIAL CLASS ARGUMENT...: checks this conversation with a node that has
# serial=SERIAL.
dialogue() {
    local description=$1 serial=$2
    shift 2
    background --report "$dir/report" -c "node add a $asking serial=$serial; start; wait-line a '^taken' timeout=600s; \
        assert missed == 0; assert a.overshoot == 0"
    peer "$@" || true
    join
    check "$description: the guest gets its line, exactly" ended 0
    check "$description: the echo of its line is in the log" grep -q hello "$dir/report/console-a.log"
    check "$description: the peer was answered" grep -q '^taken' "$dir/peer"
    check "$description: the digest is that of the log" grep -q "$(sha256sum "$dir/report/console-a.log" | cut -d' ' -f1)" \
        "$dir/report/report.json"
}

# A free port, chosen by the kernel and closed again at once.
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
dialogue 'a unix socket' "unix:$dir/serial,1" IO::Socket::UNIX "$dir/serial,1"
check 'its socket is gone' [ ! -e "$dir/serial,1" ]
dialogue 'telnet' "telnet::$port" IO::Socket::INET "127.0.0.1:$port"
check 'telnet: said to be of the host' says "warn: .*bytes come from a network"

# --- no program connects: the same bytes as without serial=

digest() {
    mtr --report "$dir/report" -c "node add a $program $1; start; run 20ms"
    text console_sha256 "$dir/report/report.json"
}
plain=$(digest '')
check 'without a peer the console is the same' [ "$plain" = "$(digest "serial=unix:$dir/serial")" ]
check 'it is not that of an empty console' not grep -q e3b0c44298fc1c149afbf4c8996fb924 <<<"$plain"

# --- errors

expect 'send needs the console as input' 2 "node add a $program serial=unix:$dir/serial; start; send a x" \
    'input is what connects to serial='
echo precious >"$dir/file"
expect 'a file is not replaced' 2 "node add a $program serial=unix:$dir/file" \
    "serial='unix:$dir/file': there is something else than a socket already"
check 'it is what it was' grep -q precious "$dir/file"
expect 'a path that is too long' 2 "node add a $program serial=unix:/$(printf '%0120d' 0)" 'that of a socket 107 at most'
expect 'an empty path' 2 "node add a $program serial=unix:" 'the path is empty'
expect 'neither of them' 2 "node add a $program serial=pty" "serial='pty': unix:PATH or telnet:\[HOST\]:PORT is expected"
expect 'telnet without a port' 2 "node add a $program serial=telnet:4444" 'unix:PATH or telnet:\[HOST\]:PORT is expected'
expect 'a port that is none' 2 "node add a $program serial=telnet::70000" "serial's port"
expect 'a port in use: QEMU is quoted' 3 "node add a $program serial=telnet::$port; node add b $program serial=telnet::$port; \
    start" 'node b: QEMU ended, exit status 1; it said: .*in use'
done_testing
