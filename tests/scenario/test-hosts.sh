#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Nodes on other hosts: over a real sshd, two "hosts" with Linux guests on both; the same packets, consoles and barriers
# as in one process; every failure is named, and nothing is left behind.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

start_sshd
check 'a real sshd listens' test -n "$fingerprint"

# host NAME [OPTION...]: a host that is this one, over ssh.
host() {
    local name=$1
    shift
    echo "host add $name ssh=127.0.0.1:$port metronome=$metronome fingerprint=$fingerprint $*; "
}

# linux NAME NUMBER HOST COMMAND: as in test-network.sh.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        host=$3 append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$4\\\"\"; "
}

bare() { # NAME HOST: a guest that counts and never sleeps
    echo "node add $1 kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off host=$2; "
}

first=$(host one cpus=0)
two=$first$(host two cpus="$(($(nproc) > 1))")

# --- connecting

expect 'host list: reachable, version, CPUs, mode, time' 0 "$first host list" \
    '^one +up +[0-9.]+ +1 +(strict|unprivileged|best effort) +[0-9]+ us +0  127.0.0.1'
expect 'a host key that is not known is refused' 3 "host add x ssh=127.0.0.1:$port metronome=$metronome" \
    "host x: ssh 127.0.0.1:$port: its ssh-ed25519 key ${fingerprint//+/\\+} is refused: known_hosts does not have it"
expect 'a fingerprint that is another is refused' 3 \
    "host add x ssh=127.0.0.1:$port fingerprint=SHA256:abc" "${fingerprint//+/\\+} is refused: fingerprint= names another"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$ssh_dir/client/other.pub")" >"$ssh_dir/client/known_hosts"
expect 'a wrong host key is refused' 3 "host add x ssh=127.0.0.1:$port" 'is refused: known_hosts has another one'
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$ssh_dir/server/key.pub")" >"$ssh_dir/client/known_hosts"
expect 'the key that known_hosts has is right' 0 "host add x ssh=127.0.0.1:$port metronome=$metronome; host list" '^x +up'
printf 'Host named\n HostName 127.0.0.1\n Port %s\n' "$port" >"$ssh_dir/client/config"
echo "named $(cut -d' ' -f1,2 "$ssh_dir/server/key.pub")" >>"$ssh_dir/client/known_hosts"
expect "a name of ssh's configuration" 0 \
    "host add x ssh=named metronome=$metronome fingerprint=$fingerprint; host list" '^x +up.* named$'
expect 'a key that is not accepted' 3 \
    "host add x ssh=127.0.0.1:$port identity=$ssh_dir/client/other fingerprint=$fingerprint" \
    "the key '.*/other' is not accepted"
expect 'a key that is not there' 2 \
    "host add x ssh=127.0.0.1:$port identity=$ssh_dir/nothing fingerprint=$fingerprint" \
    "identity='.*/nothing': No such file or directory"
expect 'nobody listens' 3 'host add x ssh=127.0.0.1:1' 'host x: ssh 127.0.0.1:1: no connection: Connection refused'
expect 'no such program there' 3 "host add x ssh=127.0.0.1:$port metronome=/nowhere fingerprint=$fingerprint" \
    'host x: its agent did not start: .*exit status 127; it said: .*/nowhere'
fake=$build/tests/helper/fake-agent
expect 'another version is named' 3 "host add x command='$fake newer'" \
    "host x: its metronome 9.9.9 speaks protocol 4, this one \\([0-9.]+\\) protocol 3: both must be of one version"
lost() { # DESCRIPTION FAULT PATTERN
    expect "$1" 0 "host add x command='$fake $2'; host list; host list" '^x +lost' "$3"
}
lost 'a clock that jumps' jump 'its clock has jumped by \+3600.000 s'
lost 'half a message' half 'the connection is lost: the command ended, exit status 0'
lost 'a message out of place' nonsense 'it sent a message \([0-9]+\) that nobody asked for'
expect 'no metronome at all' 3 'host add x command="echo welcome to this machine"' 'host x: its agent did not start: what came is no message'

# --- the same as in one process

ensemble() { # HOST-OF-A HOST-OF-B
    echo "$(linux a 1 "$1" 'sleep 0.2; ping -c 4 -i 0.1 10.0.0.2')$(linux b 2 "$2" 'sleep 60') link add a b latency=1ms;"
}

both() { # NAME HOSTS HOST-OF-A HOST-OF-B: grants of several quanta, then of one, steps, a stop within a quantum
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(ensemble "$3" "$4") start; run-until 20000777ns; step b 100; \
        regs b pc; run 2s; perf; wait-line a 'run ended' timeout=20s; send b 'uname\\n'; run 20ms; \
        assert a.missed == 0; assert b.missed == 0; assert a.late == 0; assert b.late == 0; assert a.received >= 5; time"
}

both local '' local local
check 'the ensemble on this host alone' ended 0
check 'there were packets and consoles to compare' \
    [ "$(text packet_trace_sha256 "$dir/local/report.json" | sort -u | wc -l)" = 2 ]
cp "$dir/out" "$dir/local/out"
both far "$two" one two
check 'the ensemble on two hosts, over ssh' ended 0 '^one +[0-9]+ +20[0-9]+ +6\.[0-9]+'
check 'the files were copied there' [ "$(find "$dir/cache/metronome/files" -type f | wc -l)" = 2 ]
check 'two hosts: the same packets, consoles, clocks and barriers' cmp <(what local) <(what far)
check 'two hosts: the same registers behind the same steps' cmp <(grep -A1 'executed' "$dir/local/out") \
    <(grep -A1 'executed' "$dir/out")
both mixed "$first" local one
check 'one node here, one there' ended 0 '^one +[0-9]+ +20[0-9]+ +6\.[0-9]+'
check 'here and there: the same packets, consoles, clocks and barriers' cmp <(what local) <(what mixed)

# Links inside a host, shorter than those between hosts, do not shorten grants: 7 quanta of 10. On the way an island comes
# to be none, with frames on its links, and quanta change.
islands() { # NAME HOSTS HOST-OF-A,B,C HOST-OF-D
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(linux a 1 "$3" 'sleep 0.2; ping -q -c 400 -i 0.001 10.0.0.2') \
        $(linux b 2 "$3" 'sleep 60') $(linux c 3 "$3" 'sleep 0.25; ping -c 8 -i 0.02 10.0.0.4') $(linux d 4 "$4" 'sleep 60') \
        switch add s; link add a s latency=100us bandwidth=100M jitter=50us loss=3% duplicate=2% reorder=4%; \
        link add b s latency=150us loss=2%; link add c d latency=1ms; start; run 750ms; perf; \
        link set b s latency=250us; link down a s at=760ms; link up a s at=770ms; quantum 70us; run 15ms; run-until 780020777ns; \
        link remove c d; link add c s latency=300us; quantum 100us; run 20ms; link remove c s; link add c d latency=1ms; \
        link set b s delivery=exact; run 10ms; link set b s delivery=barrier; run 200ms; \
        assert a.missed == 0; assert d.missed == 0; assert a.late == 0; assert b.received >= 200; time"
}

islands island-local '' local local
check 'islands: on this host alone' ended 0
islands island-far "$two" one two
check 'islands: one on another host, grants of seven quanta' ended 0 '^one +[0-9]+ +7500 +(6\.9|7)'
check 'islands: the same packets, consoles, clocks and barriers' cmp <(what island-local) <(what island-far)
islands island-near "$two" local two
check 'islands: one on this host, grants of seven quanta' ended 0 '^two +[0-9]+ +7500 +(6\.9|7)'
check 'islands: here too the same packets, consoles, clocks and barriers' cmp <(what island-local) <(what island-near)

expect 'a host that is in no link waits for no link of others' 0 "quantum 100us; $first $(bare a local)$(bare b local)$(bare c one)
    link add a b latency=100us; start; run 100ms; perf" '^one +7 +1000 +142'

# Where a point is hit the ensemble stands at the barrier before it; other hosts have reached the next one. What is done
# to their links then is done before what their guests have sent since.
hits() { # NAME HOSTS HOST-OF-A HOST-OF-B HOST-OF-C
    local i stops=
    for i in {1..10}; do
        stops+="break pc a 0x40080004; run 5ms; assert break == $i; delete $i; seed $i
            link set b s loss=$((i % 3 * 10))% latency=$((200 + 100 * (i % 2)))us; run $((1 + i % 2))130us
"
    done
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(bare a "$3") $(linux b 1 "$4" 'sleep 0.2; ping -q -c 400 -i 0.0004 10.0.0.2')
        $(linux c 2 "$5" 'sleep 60') switch add s; link add b s latency=200us jitter=100us loss=3%
        link add c s latency=300us reorder=5% duplicate=3%; start; run 750ms
        $stops
        break pc a 0x40080004; run 5ms; delete 11; link remove c s; link add c s latency=100us; run 10ms
        break pc a 0x40080004; run 5ms; delete 12; link add a s latency=150us; run 10ms
        assert a.missed == 0; assert b.late == 0; assert c.late == 0; assert c.received >= 100"
}

hits hits-local '' local local local
check 'links change where a point was hit' ended 0
hits_as_local() { # HOSTS HOST-OF-A HOST-OF-B HOST-OF-C
    hits hits-far "$@"
    ended 0 && cmp <(what hits-local) <(what hits-far)
}
check '... the same with the links on another host' hits_as_local "$two" one two two
check '... with the point on another host, the links on this one' hits_as_local "$first" one local local
check '... with links between hosts' hits_as_local "$two" one one two
check '... with links between this host and another' hits_as_local "$first" one local one

debugged() { # NAME HOSTS HOST-OF-A HOST-OF-B
    mtr --report "$dir/$1" -c "quantum 1ms; $2 node add a kernel=$guest/count-aarch64.elf memory=64M \
        icount=shift=0,sleep=off host=$3; node add b kernel=$guest/vmlinuz initrd=$guest/initramfs-agent.cpio.gz \
        memory=256M icount=shift=0,sleep=off agent=on host=$4 append=\"console=ttyAMA0 quiet hostname=b\"; \
        link add a b latency=2ms delivery=exact; start; run 2ms; mem a 0x40000000 32; regs a; \
        step a 7; qmp b query-status; hmp b 'info registers'; wait-line b 'login|ready|#' timeout=10s; clocks b; run 20ms; \
        clocks b; seed 3; stats"
}

debugged d1 '' local local
check 'debugging here' ended 0
grep -vE 'virtual time|^host |slowdown|^barriers|^node|^a |^b ' "$dir/out" >"$dir/d1/out"
debugged d2 "$two" one two
check 'debugging over there' ended 0
grep -vE 'virtual time|^host |slowdown|^barriers|^node|^a |^b ' "$dir/out" >"$dir/d2/out"
check 'registers, memory, monitor, clocks: the same answers' cmp "$dir/d1/out" "$dir/d2/out"

pc=$(grep -oE '^pc +0x[0-9a-f]+' "$dir/d1/out" | head -n 1 | grep -oE '0x[0-9a-f]+')
pc=$(printf '0x%x' "$pc")
expect 'a breakpoint over there' 0 "quantum 1ms; $two $(bare a one)$(bare b two) start; run 2ms; break pc a $pc; run 1ms; \
    delete 1; run 1ms" "break 1: node a, vCPU 0: pc $pc"
background -c "quantum 100us; $two $(bare a one)$(bare b two) start; run 1ms; gdb a path=$dir/gdb wait=on; run 1ms; time"
within 20 test -S "$dir/gdb"
timeout 30 gdb-multiarch -batch -nx -ex 'set architecture aarch64' -ex "target remote $dir/gdb" -ex stepi -ex 'hbreak *0x40080008' \
    -ex continue -ex 'x/1xw 0x40080004' -ex 'delete 1' -ex detach >"$dir/gdb.out" 2>&1 || true
join
check 'a gdb at a node over there: a step, a point' grep -qE '^Breakpoint 1, 0x0*40080008 in' "$dir/gdb.out"
check '... memory' grep -qE '^0x40080004:[[:space:]]+0x91000400$' "$dir/gdb.out"
check '... then the run goes on' ended 0 '^a +paused .* \+0 ' '^b +paused .* \+0 '
expect 'a console that ends a run ends it everywhere' 0 "quantum 1ms; $two $(ensemble one two) start; \
    break console a 'boot'; run 300ms; time; run 10ms" '^a +(paused|idle).* \+0 ' '^b +(paused|idle).* \+0 '

expect 'a barrier of more than 10 s: an agent that has to wait for it is told that somebody is there' 0 \
    "quantum 11s; $first node add a kernel=$guest/idle-aarch64.elf memory=32M icount=shift=0,sleep=off host=one; start; \
    run 11s pace=1.0; assert a.missed == 0"

# --- the last guest of a host powers off, in each quantum of a grant: the next grant is on its way already

# powers_off QUANTA: the host is there afterwards.
powers_off() {
    mtr -c "quantum 100us; $first $(bare a one | sed 's/count-/countoff-/')
        node add b kernel=$guest/idle-aarch64.elf memory=32M icount=shift=0,sleep=off; link add a b latency=1ms; start
        run ${1}00us; run 20ms; time; host list"
    ended 0 '^a +off +4000003 ' '^one +up '
}
for i in 0 1 2 3 4 5 6 7 8 9; do
    check "powers off in the quantum before the grant's end: $i" powers_off "$i"
done

same_packets() {
    cmp <(grep -oE '"(packets|packet_trace_sha256)":[^}]*' "$dir/$1/report.json") \
        <(grep -oE '"(packets|packet_trace_sha256)":[^}]*' "$dir/$2/report.json")
}

# What comes for it then is refused, as in one process: frames from another host, and from its own island.
deserted() { # REPORT HOSTS HOST-OF-A HOST-OF-B [OTHERS [COMMANDS]]
    mtr --report "$dir/$1" -c "quantum 100us; $2 $(linux a 1 "$3" 'ping -q -c 40 -i 0.02 -W 1 10.0.0.2')
        $(linux b 2 "$4" 'sleep 0.3; poweroff -f') ${5:-} link add a b latency=1ms; start; run 900ms; ${6:-} run 400ms"
}
deserted d3 '' local local
check 'a guest powers off, packets under way to it' ended 0
deserted d4 "$two" one two
check 'a guest powers off, and its host is deserted' ended 0
check 'what comes for it is refused as in one process' same_packets d3 d4
deserted d5 "$two" local two
check 'a guest of another host powers off: refused as in one process' same_packets d3 d5
deserted d6 "$two" one two "$(bare c two)" 'node remove c;'
check 'a guest powers off, and the other one of its host is removed' ended 0
check 'what comes for it is refused then, too' same_packets d3 d6
check 'something was refused' grep -qE '"dropped": *[1-9]' "$dir/d3/report.json"

# --- hosts of a list

printf '# an allocation\nnamed slots=4\nnamed slots=4\n\n' >"$dir/list"
expect 'hosts from=FILE: each host once' 0 \
    "hosts from=$dir/list metronome=$metronome fingerprint=$fingerprint; host list; host remove named; host list" '^named +up'

printf 'localhost.one\n127.0.0.1\n127.0.0.2\nlocalhost.two\n' >"$dir/list"
mtr check <(echo "hosts from=$dir/list; host list")
check 'hosts from=FILE: two names that begin alike are not one host' ended 2 "list, line 4: .*'?localhost'?.*there is a host of this name already"
mtr -c "hosts from=$dir/addresses"
check 'hosts from=FILE: no such list' ended 2 'addresses'

# --- keys with a passphrase

# on_terminal SSH-DIR COMMANDS: a scenario that could ask somebody; only the key of that folder is there.
on_terminal() {
    status=0
    METRONOME_SSH_DIR=$1 SSH_AUTH_SOCK='' script -qec "timeout --foreground -s KILL 10 $metronome -c '$2'" /dev/null \
        </dev/null >"$dir/out" 2>"$dir/err" || status=$?
}

mkdir -m 700 "$dir/pem" "$dir/empty"
ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f "$dir/pem/id_rsa"
cat "$dir/pem/id_rsa.pub" >>"$ssh_dir/server/authorized_keys"
on_terminal "$dir/pem" "host add x ssh=127.0.0.1:$port fingerprint=$fingerprint"
check 'a PEM key with a passphrase: a scenario asks nobody' ended 3 'host x: .*no key of your ssh-agent or ~/.ssh is accepted'
check '... and OpenSSL does not, either' not says '[Pp]ass ?phrase:'
on_terminal "$dir/empty" "host add x ssh=127.0.0.1:$port fingerprint=$fingerprint identity=$dir/pem/id_rsa"
check 'a PEM key with a passphrase, named: nobody is asked' ended 2 \
    "identity='.*/id_rsa': no private key that can be read without a passphrase"

# --- what can't be

expect 'a host that nobody has named' 2 'node add a host=nowhere' "host='nowhere' is unknown"
expect 'a disk whose changes would be lost' 2 "$first node add a disk=$guest/disk.qcow2 persist=on host=one" 'persist=on is for nodes of this host'
expect 'a file that is not there' 2 "$first node add a kernel=/nothing host=one" "kernel='/nothing': No such file"
expect 'a QEMU that is not there' 2 "$first node add a qemu=/nothing kernel=$guest/count-aarch64.elf host=one; start" \
    "host one: qemu='/nothing' is no program"
expect 'a host with nodes stays' 2 "$first $(bare a one) host remove one" 'host one has nodes'
expect 'CPUs that are not there' 3 "$(host one cpus=4-2) host list" "cpus='4-2'"
echo "$first" >"$dir/dry.mtr"
mtr check "$dir/dry.mtr"
check 'a check connects to nobody' ended 0

# --- Ctrl-C while the main loop waits for a file

reads() { # FILE
    [[ -n $(find "/proc/$pid/fd" -lname "$1" 2>/dev/null) ]]
}

parts() {
    find "$dir/cache/metronome/files" -name '*.????????'
}

no_parts() {
    [[ -z $(parts) ]]
}

sftp_server() {
    pgrep -f internal-sftp -P "$(pgrep -d, -P "$(<"$ssh_dir/server/pid")")"
}

some_parts() {
    ! no_parts
}

# copying: in the middle of a copy that stands still; sets $sftp.
copying() {
    parts | xargs -r rm
    background -c "$first node add a kernel=$dir/large host=one; start"
    within 20 some_parts
    sftp=$(sftp_server)
    kill -STOP "$sftp"
}

# thaw SIGNAL: what it did is over.
thaw() {
    kill "-$1" "$sftp"
    sftp=
}

# took SECONDS: no more than these since $since.
took() {
    [[ ${EPOCHREALTIME/./} -lt $((since + $1 * 1000000)) ]]
}

truncate -s 8G "$dir/huge"
truncate -s 250M "$dir/large"
background -c "$first node add a kernel=$dir/huge host=one; start"
within 10 reads "$dir/huge"
since=${EPOCHREALTIME/./}
kill -INT "$pid"
join
check 'Ctrl-C while a file is read' ended 130 "'.*/huge': interrupted while it was read"
check 'Ctrl-C while a file is read: at once' took 3
copying
kill -INT "$pid"
thaw CONT
join
check 'Ctrl-C while a file is copied' ended 130 "host one: '.*/large': interrupted while it was copied$"
check 'Ctrl-C while a file is copied: nothing is left of it' no_parts
copying
since=${EPOCHREALTIME/./}
kill -INT "$pid"
join
check 'Ctrl-C, and SFTP is frozen' ended 130 "'.*/large': interrupted while it was copied; .* the connection was cut"
check 'Ctrl-C, and SFTP is frozen: some seconds later' took 9
thaw KILL
copying
since=${EPOCHREALTIME/./}
kill -INT "$pid"
sleep 1.1 # from then on a second one is taken for impatience
kill -INT "$pid"
join
check 'Ctrl-C twice, and SFTP is frozen: it ends now' ended 130
check 'Ctrl-C twice, and SFTP is frozen: now' took 3
thaw KILL
check 'what was being copied then is left' some_parts
parts | xargs touch -d '-15 minutes'
expect 'the next copy' 0 "$first node add a kernel=$guest/hello-aarch64.elf memory=64M host=one; start"
check 'the next copy: what was left is gone' no_parts

# --- failures: named, exit 3, nothing left

running() { # DESCRIPTION: an ensemble of two hosts that runs for long
    background -c "quantum 1ms; $two $(bare a one)$(bare b two) start; echo started; run 1000s"
    within 20 says '^started$'
    within 20 test -n "$(qemus)"
}

fails() { # DESCRIPTION PATTERN...
    local description=$1
    shift
    join
    check "$description" ended 3 "$@"
    check "$description: nothing is left there" within 15 no_qemus
}

# shellcheck disable=SC2046
{
    running
    kill -9 "$(agents | head -n 1)"
    fails 'an agent dies' '(one|two): the connection is lost: the command (was killed|ended, exit status 137)'
    running
    check 'an agent is not the child of an sshd that outranks it' test "$(ps -o comm= -p "$(fronts | head -n 1)")" = metronome-front
    kill -9 "$(fronts | head -n 1)"
    fails "an agent's front dies" '(one|two): the connection is lost: '
    check "an agent's front dies: its agent, too" within 5 no_agents
    running
    kill -9 "$(qemus | tail -n 1)"
    fails 'a QEMU over there dies' 'host (one|two): node [ab]: QEMU ended, killed by signal 9'
    running
    kill -9 $(pgrep -P "$(<"$ssh_dir/server/pid")" | head -n 1)
    fails 'a connection is lost' 'host (one|two): the connection is lost: '
    running
    stopped=$(agents | tail -n 1)
    kill -STOP "$stopped"
    join
    check 'an agent is silent' ended 3 'host (one|two): the connection is lost: nothing was heard for 10 s'
    kill -CONT "$stopped"
    check 'an agent is silent: when it wakes it ends' within 15 no_qemus
    running
    kill -STOP "$pid"
    check 'the controller is silent: its agents end' within 20 no_agents
    check 'the controller is silent: their QEMUs end' within 5 no_qemus
    kill -CONT "$pid"
    join
    check 'the controller is silent: it says so when it wakes' ended 3 'host (one|two): the connection is lost'
    running
    kill -INT "$pid"
    join
    check 'Ctrl-C' ended 130
    check 'Ctrl-C: nothing is left there' within 5 no_qemus
    background --report "$dir/together" -c "quantum 100us; $two $(bare a one | sed 's/sleep=off/sleep=on/')
        $(bare b two | sed 's/sleep=off/sleep=on/') link add a b latency=2ms; start; echo started; run 1000s"
    within 20 says '^started$'
    sleep 0.5 # so that it is somewhere in a grant; whether it is does not matter
    kill -INT "$pid"
    join
    check 'Ctrl-C in a grant of many quanta, sleep=on' ended 130
    check 'Ctrl-C in a grant of many quanta: all stand at one barrier' \
        test "$(grep -oE '"virtual_ns": *[0-9]+' "$dir/together/report.json" | sort | uniq -c | awk '{ print $1 }')" = 3
    running
    kill -9 "$pid"
    join 2>/dev/null
    check 'the controller is killed: its agents end' within 5 no_agents
    check 'the controller is killed: their QEMUs end' within 5 no_qemus
}

stop_sshd
done_testing
