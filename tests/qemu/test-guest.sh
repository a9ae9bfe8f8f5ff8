#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Checks the guests that scripts/build-guest made on real QEMUs under -icount, without metronome: what a test of
# metronome takes for granted about a payload is shown here. Prints TAP, takes about a minute. The guests for x86_64 are
# tested if they were made.
#
# environment: BUILD, the output folder (default: build); KEEP=1 keeps the folder with consoles and QEMU's messages.
set -euo pipefail

cd "$(dirname "$0")/../.."
guest=${BUILD:-build}/guest
dir=$(mktemp -d "${TMPDIR:-/tmp}/test-guest.XXXXXX")
declare -A pid=()       # of each QEMU that runs, by the name of its test
declare -A to=() from=() # file descriptors of its QMP
count=0 failed=0

finish() {
    local name
    for name in "${!pid[@]}"; do
        kill -9 "${pid[$name]}" 2>/dev/null || true
    done
    wait
    if [[ ${KEEP:-} ]]; then
        echo "# kept $dir"
    else
        rm -rf "$dir"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# check DESCRIPTION COMMAND...: one line of TAP.
check() {
    local description=$1 name
    shift
    count=$((count + 1))
    if "$@"; then
        echo "ok $count - $description"
    else
        failed=$((failed + 1))
        echo "not ok $count - $description"
        for name in "${!pid[@]}"; do
            sed "s/^/# $name: /" "$dir/$name.err"
        done
    fi
}

# within SECONDS COMMAND...: tries again until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [[ $SECONDS -lt $end ]] || return 1
        sleep 0.05
    done
}

# same_text NAME NAME: their consoles are equal but for the numbers. Time stamps repeat themselves only where QEMU's threads
# are ranked, as metronome does (test-verify.sh): QEMU 10 and later differ by some us without.
same_text() {
    cmp <(numberless "$1") <(numberless "$2")
}

numberless() {
    sed -E 's/[0-9]+(\.[0-9]+)?/N/g; s/ +/ /g' "$dir/$1.out"
}

# start NAME ARCH QEMU-OPTION...: its serial goes to $dir/NAME.out, its standard input comes from $input. Without QMP, see start_qmp.
start() {
    local name=$1 arch=$2 machine
    shift 2
    case $arch in
    aarch64) machine=(-M virt -cpu cortex-a57) ;;
    x86_64) machine=(-M pc) ;;
    riscv64) machine=(-M virt -bios none) ;;
    esac
    "qemu-system-$arch" "${machine[@]}" -m 256 -nodefaults -display none -icount shift=0,sleep=off \
        -rtc base=2024-01-01,clock=vm -seed 1 -chardev "file,id=serial,path=$dir/$name.out" "$@" \
        <"${input:-/dev/null}" >"$dir/$name.log" 2>"$dir/$name.err" &
    pid[$name]=$!
}

# The same with a QMP connection, over a pair of named pipes.
start_qmp() {
    local name=$1 in out
    mkfifo "$dir/$name.in" "$dir/$name.pipe.in" "$dir/$name.pipe.out"
    exec {in}<>"$dir/$name.pipe.in" {out}<>"$dir/$name.pipe.out"
    to[$name]=$in from[$name]=$out
    start "$@" -chardev "pipe,id=qmp,path=$dir/$name.pipe" -mon chardev=qmp,mode=control -no-shutdown
    qmp "$name" qmp_capabilities
}

# qmp NAME COMMAND [ARGUMENTS]: sets $reply. Greeting and events are passed over.
qmp() {
    printf '{"execute":"%s","arguments":%s}\n' "$2" "${3-"{}"}" >&"${to[$1]}"
    while IFS= read -r -t 10 -u "${from[$1]}" reply; do
        [[ $reply == '{"return"'* ]] && return 0
        [[ $reply == '{"error"'* ]] && return 1
    done
    return 1
}

stop() {
    local name
    for name; do
        kill -9 "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" 2>/dev/null || true
        unset "pid[$name]"
    done
}

# Sets $icount.
read_icount() {
    qmp "$1" query-replay && [[ $reply =~ '"icount": '([0-9]+) ]] && icount=${BASH_REMATCH[1]}
}

icount_passed() {
    read_icount "$1" && [[ $icount -gt $2 ]]
}

# The second look is far enough from the first for a busy guest to have moved.
icount_stands() {
    local before
    read_icount "$1" && before=$icount && sleep 0.2 && read_icount "$1" && [[ $icount -gt 0 && $icount -eq $before ]]
}

is_shut_down() {
    qmp "$1" query-status && [[ $reply == *'"status": "shutdown"'* ]]
}

# Says NAME's serial TEXT? (A guest's console ends lines with CR LF.)
says() {
    grep -aqF -- "$2" "$dir/$1.out" 2>/dev/null
}

has_ended() {
    ! kill -0 "${pid[$1]}" 2>/dev/null
}

# vcpus_count NAME ELF ARCH VCPUS: the PC of every vCPU stands in the loop, which begins within 32 bytes of `count`.
vcpus_count() {
    local nm=nm first pc inside=0
    [[ $(uname -m) == "$3" ]] || nm=${3//_/-}-linux-gnu-nm
    first=$((16#$("$nm" "$2" | sed -n 's/ T count$//p')))
    qmp "$1" stop && qmp "$1" human-monitor-command '{"command-line":"info registers -a"}' || return 1
    while read -r pc; do
        pc=$((16#$pc))
        [[ $pc -ge $first && $pc -lt $((first + 32)) ]] && inside=$((inside + 1))
    done < <(grep -oE '(PC|EIP|RIP) ?= ?[0-9a-f]+' <<<"$reply" | sed 's/.*=//')
    qmp "$1" cont && [[ $inside -eq $4 ]]
}

# same_count FIRST SECOND ARCH. On x86_64 the main loop takes the power away while the vCPU runs on: into the HLT that
# follows, or not, if nobody ranks the threads.
same_count() {
    local slack=0
    [[ $3 == x86_64 ]] && slack=1
    [[ $1 -gt 4000000 && $(($1 - $2)) -le $slack && $(($2 - $1)) -le $slack ]]
}

# off_at NAME: the payload powers off; sets $icount to the count at which it did.
off_at() {
    within 10 is_shut_down "$1" && read_icount "$1"
}

test_payloads() {
    local arch=$1 elf=$guest first vcpus
    start_qmp "count-$arch" "$arch" -kernel "$elf/count-$arch.elf"
    check "count-$arch: instructions grow" within 10 icount_passed "count-$arch" 500000000
    stop "count-$arch"

    start_qmp "countoff1-$arch" "$arch" -kernel "$elf/countoff-$arch.elf"
    start_qmp "countoff2-$arch" "$arch" -kernel "$elf/countoff-$arch.elf"
    icount=0
    check "countoff-$arch: powers off" off_at "countoff1-$arch"
    first=$icount
    icount=-1
    check "countoff-$arch: powers off again" off_at "countoff2-$arch"
    check "countoff-$arch: same instruction count, $first, over the 4000000 of its loop" \
        same_count "$first" "$icount" "$arch"
    stop "countoff1-$arch" "countoff2-$arch"

    start_qmp "hello-$arch" "$arch" -serial chardev:serial -kernel "$elf/hello-$arch.elf"
    check "hello-$arch: says hello" within 10 says "hello-$arch" 'hello from metronome'
    stop "hello-$arch"

    start_qmp "idle-$arch" "$arch" -kernel "$elf/idle-$arch.elf"
    check "idle-$arch: instructions come to a stand" within 10 icount_stands "idle-$arch"
    check "idle-$arch: and stay there" icount_stands "idle-$arch"
    stop "idle-$arch"

    start "tick-$arch" "$arch" -serial chardev:serial -kernel "$elf/tick-$arch.elf"
    check "tick-$arch: says tick 300" within 10 says "tick-$arch" 'tick 300'
    stop "tick-$arch"

    # A timer every ms, as metronome has one: without any, a vCPU runs for seconds before it is the next one's turn.
    for vcpus in 1 4 8; do
        start_qmp "smp$vcpus-$arch" "$arch" -smp "$vcpus" -netdev hubport,id=gate,hubid=7 \
            -object filter-buffer,id=timer,netdev=gate,interval=1000 -kernel "$elf/smp-$arch.elf"
        check "smp-$arch: $vcpus of $vcpus vCPUs count" \
            within 10 vcpus_count "smp$vcpus-$arch" "$elf/smp-$arch.elf" "$arch" "$vcpus"
        stop "smp$vcpus-$arch"
    done
}

# linux NAME KERNEL-OPTIONS QEMU-OPTION... The initramfs is $initramfs, if that is set.
linux() {
    local name=$1 append=$2
    shift 2
    start "$name" aarch64 -kernel "$guest/vmlinuz" -initrd "$guest/${initramfs:-initramfs.cpio.gz}" \
        -append "console=ttyAMA0 cryptomgr.notests $append" "$@"
}

test_linux() {
    local name options='metronome.name=a metronome.ip=10.0.0.1/24 metronome.poweroff=1'
    local show='metronome.run="ip -4 addr show dev eth0 | grep -o inet.*/24; false"'
    local net=(-serial chardev:serial -netdev "hubport,id=net,hubid=1")
    local disk=(-blockdev "driver=null-co,node-name=disk,size=1048576,read-zeroes=on")

    # No disk in these two: its requests end when the host has done them, a µs earlier or later.
    for name in mmio1 mmio2; do
        linux $name "$options $show" "${net[@]}" -device virtio-net-device,netdev=net
    done
    for name in mmio1 mmio2; do
        check "Linux: $name powers off" within 20 has_ended $name
    done
    check "Linux: same console in two runs" same_text mmio1 mmio2

    linux pci "quiet $options $show" "${net[@]}" -device virtio-net-pci,netdev=net \
        "${disk[@]}" -device virtio-blk-pci,drive=disk
    mkfifo "$dir/shell.in"
    exec 3<>"$dir/shell.in"
    input=$dir/shell.in linux shell quiet -serial stdio "${disk[@]}" -device virtio-blk-device,drive=disk
    check "Linux: pci powers off" within 20 has_ended pci
    for name in mmio1 pci; do
        check "Linux: $name prints its boot time" says $name 'Boot took 0.'
        check "Linux: $name prints its name" says $name 'Welcome to metronome guest a'
        check "Linux: $name has a network address" says $name 'inet 10.0.0.1/24'
        check "Linux: $name prints the status of its command" says $name 'run ended with status 1'
    done
    # What is typed comes back, so the answer has to differ from the question.
    check "Linux: a shell starts" within 20 grep -q '/ #' "$dir/shell.log"
    # shellcheck disable=SC2016
    echo 'echo answer $((6 * 7)), disk $(wc -c </dev/vda)' >&3
    check "Linux: and takes a command, has a disk" within 10 grep -q 'answer 42, disk 1048576' "$dir/shell.log"
    stop mmio1 mmio2 pci shell
    exec 3>&-
}

# Two cards on one hub, which takes what they send.
cards() {
    local device=$1
    printf '%s\n' -serial chardev:serial -netdev hubport,id=net0,hubid=1 -netdev hubport,id=net1,hubid=1 \
        -device "$device,netdev=net0,mac=52:54:00:00:00:0a" -device "$device,netdev=net1,mac=52:54:00:00:00:0b"
}

test_net() {
    local name tool text mmio pci initramfs=initramfs-net.cpio.gz
    local nic='hostname=n metronome.poweroff=1 ip=10.0.0.1/24 ip1=10.0.1.1/24'
    local more='ip2=10.0.2.1/24 neigh=10.0.0.2,52:54:00:00:00:02'
    # Three seconds are enough for what IPv6 sends first. Not what the other card takes in: it filters multicast.
    # shellcheck disable=SC2016
    local sent='sleep 3; echo sent $(cat /sys/class/net/eth[01]/statistics/tx_packets)'
    local show='hostname; cat /sys/class/net/eth0/address /sys/class/net/eth1/address; ip -4 addr show; /bin/ip -color=never neigh'
    local tools="for i in iperf3 tcpdump chronyd chronyc; do \$i --version; done; /bin/ip -V"
    # Each is asked when it had time to begin.
    local try="iperf3 -s -1 >/dev/null & sleep 0.1; iperf3 -c 127.0.0.1 -n 1M"
    try+="; chronyd 'local stratum 5'; sleep 1; chronyc -n tracking"

    mapfile -t mmio < <(cards virtio-net-device)
    mapfile -t pci < <(cards virtio-net-pci)
    for name in net1 net2; do
        linux $name "quiet $nic $more run=\"$tools; $show; $try; $sent\"" "${mmio[@]}"
    done
    for name in net1 net2; do
        check "net: $name powers off" within 60 has_ended $name
    done
    check "net: same console in two runs" same_text net1 net2
    stop net1 net2
    for tool in 'iperf 3' 'tcpdump version' 'chronyd (chrony) version' 'chronyc (chrony) version' 'ip utility, iproute2'; do
        check "net: $tool is there" says net1 "$tool"
    done
    check "net: iperf3 has sent something" grep -aq 'receiver' "$dir/net1.out"
    check "net: chronyd answers" grep -aq '^Stratum *: 5' "$dir/net1.out"
    check "net: its name" says net1 'Welcome to metronome guest n'
    for text in 'inet 10.0.0.1/24 scope global eth0' 'inet 10.0.1.1/24 scope global eth1' 'inet 127.0.0.1/8' \
        '10.0.0.2 dev eth0 lladdr 52:54:00:00:00:02 PERMANENT' 'metronome.ip=10.0.2.1/24: this guest has no eth2'; do
        check "net: $text" says net1 "$text"
    done
    check "net: nothing is sent unasked" says net1 'sent 0 0'
    check "net: mmio: eth0 is the first card" says_in_turn net1 52:54:00:00:00:0a 52:54:00:00:00:0b

    linux pci2 "quiet $nic ipv6=on run=\"$show; $sent\"" "${pci[@]}"
    initramfs='' linux plain "quiet $nic $more run=\"$show; ping -c 2 -i 0.1 127.0.0.1\"" "${mmio[@]}"
    check "net: pci2 powers off" within 30 has_ended pci2
    check "net: pci: eth0 is the first card" says_in_turn pci2 52:54:00:00:00:0a 52:54:00:00:00:0b
    check "net: with ipv6=on something is" grep -aq 'sent [1-9]' "$dir/pci2.out"
    check "net: plain powers off" within 30 has_ended plain
    check "net: plain: says that it can't do static neighbours" says plain 'this needs initramfs-net.cpio.gz'
    check "net: plain: ping shows microseconds" grep -aqE 'time=0\.[0-9]{3} ms' "$dir/plain.out"
    stop pci2 plain
}

# says_in_turn NAME FIRST SECOND: lines that begin so follow each other.
says_in_turn() {
    grep -aA 1 "^$2" "$dir/$1.out" | grep -aq "^$3"
}

test_x86_64() {
    local run='ip -4 addr show dev eth0; iperf3 --version; chronyd --version'
    start linux-x86_64 x86_64 -kernel "$guest/x86_64/vmlinuz" -initrd "$guest/x86_64/initramfs-net.cpio.gz" \
        -append "console=ttyS0 quiet cryptomgr.notests ip=10.0.0.1/24 run=\"$run\" poweroff=1" \
        -serial chardev:serial -netdev hubport,id=net,hubid=1 -device virtio-net-pci,netdev=net
    check "x86_64: Linux powers off" within 120 has_ended linux-x86_64
    check "x86_64: has a network address" says linux-x86_64 'inet 10.0.0.1/24'
    check "x86_64: iperf3 is there" says linux-x86_64 'iperf 3'
    check "x86_64: chronyd is there" says linux-x86_64 'chronyd (chrony) version'
    stop linux-x86_64
}

# Every file that the guests are made of, with its time.
made() {
    find -H "$guest" -type f ! -name .lock -printf '%p %T@\n' | sort
}

test_nothing_to_do() {
    local before after said
    before=$(made)
    said=$(env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory guest BUILD="${BUILD:-build}" 2>&1) || said+=' (failed)'
    after=$(made)
    check "make guest says nothing the second time${said:+: $said}" test -z "$said"
    check "make guest does nothing the second time" test "$before" = "$after"
}

test_nothing_to_do
for arch in aarch64 x86_64; do
    test_payloads $arch
done
start_qmp count-riscv64 riscv64 -kernel "$guest/count-riscv64.elf"
check "count-riscv64: instructions grow" within 10 icount_passed count-riscv64 500000000
stop count-riscv64
test_linux
test_net
if [[ -e $guest/x86_64/vmlinuz ]]; then
    test_x86_64
fi

echo "1..$count"
[[ $failed -eq 0 ]]
