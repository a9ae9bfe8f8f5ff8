#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Checks the guests that scripts/build-guest made on real QEMUs under -icount, without metronome: what a test of
# metronome takes for granted about a payload is shown here. Prints TAP, takes about half a minute.
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

# linux NAME KERNEL-OPTIONS QEMU-OPTION...
linux() {
    local name=$1 append=$2
    shift 2
    start "$name" aarch64 -kernel "$guest/vmlinuz" -initrd "$guest/initramfs.cpio.gz" \
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
    check "Linux: same console in two runs, with the kernel's time stamps" cmp "$dir/mmio1.out" "$dir/mmio2.out"

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

for arch in aarch64 x86_64; do
    test_payloads $arch
done
start_qmp count-riscv64 riscv64 -kernel "$guest/count-riscv64.elf"
check "count-riscv64: instructions grow" within 10 icount_passed count-riscv64 500000000
stop count-riscv64
test_linux

echo "1..$count"
[[ $failed -eq 0 ]]
