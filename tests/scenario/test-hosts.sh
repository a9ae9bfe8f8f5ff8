#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Other hosts, over a real sshd: permission to connect, output of lists, copied files, refusals.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

start_hosts

# --- connecting

expect 'host list: reachable, version, CPUs, mode, time' 0 "$first host list" \
    '^one +up +[0-9.]+ +1 +(strict|unprivileged|best effort) +[0-9]+ us +0  127.0.0.1'
expect 'a host key that is not known is refused' 3 "host add x ssh=127.0.0.1:$port metronome=$metronome" \
    "host x: ssh 127.0.0.1:$port: its ssh-ed25519 key ${fingerprint//+/\\+} is refused: known_hosts does not have it"
expect 'a fingerprint that is another is refused' 3 \
    "host add x ssh=127.0.0.1:$port fingerprint=SHA256:$(printf '%043d' 0)" "${fingerprint//+/\\+} is refused: fingerprint= names another"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$ssh_dir/client/other.pub")" >"$ssh_dir/client/known_hosts"
expect 'a wrong host key is refused' 3 "host add x ssh=127.0.0.1:$port" 'is refused: known_hosts has another one'
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$ssh_dir/server/key.pub")" >"$ssh_dir/client/known_hosts"
expect 'the key that known_hosts has is right' 0 "host add x ssh=127.0.0.1:$port metronome=$metronome; host list" '^x +up'
printf 'Host named\n HostName 127.0.0.1\n Port %s\n' "$port" >"$ssh_dir/client/config"
echo "named $(cut -d' ' -f1,2 "$ssh_dir/server/key.pub")" >>"$ssh_dir/client/known_hosts"
expect "a name of ssh's configuration" 0 \
    "host add x ssh=named metronome=$metronome fingerprint=$fingerprint; host list" '^x +up.* named$'
printf 'Host broken\n ProxyCommand echo "no way to %%h:%%p" >&2; exit 7\n Port 4711\n' >>"$ssh_dir/client/config"
expect 'a ProxyCommand that fails: how it ended and what it said' 3 "host add x ssh=broken" \
    '^metronome: .*host x: ssh broken: no connection: its ProxyCommand: the command ended, exit status 7; it said: no way to broken:4711$'
check '... in that message alone' not says '^no way'
# shellcheck disable=SC2016
printf 'Host through\n HostName 127.0.0.1\n ProxyCommand %s\n Port %s\n' \
    'exec bash -c "exec 3<>/dev/tcp/%h/%p; cat <&3 & exec cat >&3"' "$port" >>"$ssh_dir/client/config"
expect 'a ProxyCommand that leads there' 0 \
    "host add x ssh=through metronome=$metronome fingerprint=$fingerprint; host list" '^x +up.* through$'
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
    "host x: its metronome 9.9.9 speaks protocol [0-9]+, this one \\([0-9.]+\\) protocol [0-9]+: both must be of one version"
lost() { # DESCRIPTION FAULT PATTERN
    expect "$1" 0 "host add x command='$fake $2'; host list; host list" '^x +lost' "$3"
}
lost 'a clock that jumps' jump 'its clock has jumped by \+3600.000 s'
lost 'half a message' half 'the connection is lost: the command ended, exit status 0'
lost 'a message out of place' nonsense 'it sent a message \([0-9]+\) that nobody asked for'
mtr -c "host add x command='$fake colours'; host list; host list"
check 'what a host logs is told as text, in one line' ended 0 \
    'warn: host x: .x1b\[31mred.x1b\]0;title.x07.u\{009b\}2J.u\{202e\}.nmetronome: error: forged$'
check 'and no line of it is one of ours' not grep -q '^metronome: error' "$dir/err"
mtr --log info -c "$first $(bare a one) start; run 2ms; assert missed == 0"
check 'an agent logs as loud as its controller, and tries its QEMU' ended 0 \
    "info: \[.*\] remote: host one: \[.*\] engine: QEMU .*: setting a filter's interval (holds for what follows|arms it anew at once)\$"
expect 'no metronome at all' 3 'host add x command="echo welcome to this machine"' 'host x: its agent did not start: what came is no message'

# --- exits

exits="arch=i386 memory=16M icount=shift=4,sleep=off kernel=$guest/act-i386.elf extra='-device isa-debug-exit'"
expect 'a guest there that exits: the status; the other goes on' 0 \
    "$first $(bare c local) node add a host=one $exits append=x5; start; run 200ms; assert a.state == off; assert a.exit == 11; assert c.state == paused" \
    '^node a: off: QEMU exited with status 11 '
expect 'on-exit=fail of a node there' 3 "$first $(bare c local) node add a host=one on-exit=fail $exits append=x5; start; run 200ms; echo behind" \
    'error: node a exited with status 11 at 0\.[0-9]{9}s, and has on-exit=fail'
check 'nothing behind it is run' not says '^behind'
expect 'semihosting= is for nodes of this host' 2 "$first node add a host=one arch=arm machine=mps2-an385 semihosting=on" \
    'node a: semihosting= is for nodes of this host: .*extra=-semihosting'

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

# on_terminal SSH-DIR COMMANDS: runs a scenario on a terminal, so that ssh could ask a question.
# Only the key of that folder exists.
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

# --- refusals

expect 'a host that nobody has named' 2 'node add a host=nowhere' "host='nowhere' is unknown"
expect 'a disk whose changes would be lost' 2 "$first node add a disk=$guest/disk.qcow2 persist=on host=one" 'persist=on is for nodes of this host'
expect 'a file that is not there' 2 "$first node add a kernel=/nothing host=one" "kernel='/nothing': No such file"
expect 'a QEMU that is not there' 2 "$first node add a qemu=/nothing kernel=$guest/count-aarch64.elf host=one; start" \
    "host one: qemu='/nothing' is no program"
expect 'a host with nodes stays' 2 "$first $(bare a one) host remove one" 'host one has nodes'
expect 'CPUs that are not there' 3 "$(host one cpus=900) host list" "cpus='900': this host has none of them"
wrong() { # KEY=VALUE PATTERN: told without connecting
    mtr check <(echo "host add x ssh=127.0.0.1:1 $1")
    check "a check tells that $1 is wrong" ended 2 "host x: .*$2"
}
wrong cpus=4-2 "cpus='4-2': that is no list"
wrong fingerprint=SHA256:abc "fingerprint='SHA256:abc': SHA256: and 43 characters"
wrong identity=/nothing "identity='/nothing': No such file"
mtr check <(echo 'host add x ssh=127.0.0.1:99999')
check 'a check tells that a port is wrong' ended 2 "ssh='127.0.0.1:99999': .*a port from 1 to 65535"
: >"$dir/empty-list"
expect 'hosts from=FILE: a list of none' 2 "hosts from=$dir/empty-list" "from='.*/empty-list': it names no host"
expect 'somebody else answers' 3 "host add x command='echo welcome to this machine; sleep 9'" "no message of metronome's: 'welcome to this machine'"
silent() { # ADDRESS COMMAND...: Ctrl-C ends it, once the command succeeds
    background -c "host add x $1"
    within 10 "${@:2}" || return 1
    since=${EPOCHREALTIME/./}
    kill -INT "$pid"
    join
    ended 130 'host x: .*interrupted' && [[ ${EPOCHREALTIME/./} -lt $((since + 2000000)) ]]
}
sleeps() {
    local id
    for id in $(processes); do
        [[ $(cat "/proc/$id/comm" 2>/dev/null) != sleep ]] || return 0
    done
    return 1
}
connected() { # PORT
    local hex
    printf -v hex '%04X' "$1"
    grep -qi ":$hex 01 " /proc/net/tcp
}
check 'Ctrl-C while an agent says nothing' silent "command='sleep 100'" sleeps
"$build/tests/helper/mute" >"$dir/port" &
mute=$!
within 5 test -s "$dir/port"
check 'Ctrl-C while an ssh server says nothing' silent "ssh=127.0.0.1:$(<"$dir/port")" connected "$(<"$dir/port")"
kill "$mute"
echo "$first" >"$dir/dry.mtr"
mtr check "$dir/dry.mtr"
check 'a check connects to nobody' ended 0

stop_sshd
done_testing
