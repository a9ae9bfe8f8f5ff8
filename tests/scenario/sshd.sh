# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced behind lib.sh: a real sshd on a port of the loopback interface, with keys and settings of its own in the
# test's folder, for whoever runs the test; what a client of it needs (METRONOME_SSH_DIR); and commands that use it.
#
# $sshd_address says where it listens, if not at 127.0.0.1; the words of $sshd_prefix run it, e.g. in a network namespace.
# shellcheck disable=SC2154

ssh_dir=$dir/ssh
sshd_prefix=()
sshd_program=$(command -v sshd || echo /usr/sbin/sshd)

# start_sshd: sets $port and $fingerprint. Its sessions have this test's environment. SHLVL: bash reads the user's .bashrc for
# who comes by ssh, unless another shell has done so; what is in there is not for a test to wait for.
start_sshd() {
    mkdir -m 700 "$ssh_dir" "$ssh_dir/server" "$ssh_dir/client"
    ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/server/key"
    ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/client/id_ed25519"
    ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir/client/other"
    cp "$ssh_dir/client/id_ed25519.pub" "$ssh_dir/server/authorized_keys"
    [[ $EUID -ne 0 ]] || mkdir -p /run/sshd
    port=$(free_port)
    cat >"$ssh_dir/server/config" <<END
Port $port
ListenAddress ${sshd_address:-127.0.0.1}
HostKey $ssh_dir/server/key
AuthorizedKeysFile $ssh_dir/server/authorized_keys
PidFile $ssh_dir/server/pid
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp internal-sftp
SetEnv METRONOME_TEST=$METRONOME_TEST XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR XDG_CACHE_HOME=$dir/cache PATH=$PATH SHLVL=1 G_SLICE=${G_SLICE:-}
END
    "${sshd_prefix[@]}" "$sshd_program" -f "$ssh_dir/server/config" -E "$ssh_dir/server/log" || return 1
    within 10 test -s "$ssh_dir/server/pid"
    fingerprint=$(ssh-keygen -lf "$ssh_dir/server/key.pub" | awk '{ print $2 }')
    export METRONOME_SSH_DIR=$ssh_dir/client
}

# Also where a test ends early: sshd writes over its environment, by which a test knows its processes. The connections
# that are up are processes of their own; one that a test has frozen ($sftp) would stay.
stop_sshd() {
    [[ -z ${sftp:-} ]] || kill -KILL "$sftp" 2>/dev/null || true
    [[ ! -s $ssh_dir/server/pid ]] || kill "$(<"$ssh_dir/server/pid")" 2>/dev/null || true
}

# fronts: the processes that were started as agents; agents: their children, which are the agents, not their janitors.
fronts() {
    local id
    for id in $(agents); do
        ps -o ppid= -p "$id" | tr -d ' '
    done
}

agents() {
    local id
    for id in $(processes); do
        if [[ $(cat "/proc/$id/comm" 2>/dev/null) = metronome ]] && grep -qsa -- --stdio "/proc/$id/cmdline"; then
            echo "$id"
        fi
    done
}

no_agents() {
    [[ -z $(agents) ]]
}

# host NAME [OPTION...]: a host that is this one, over ssh.
host() {
    local name=$1
    shift
    echo "host add $name ssh=${sshd_address:-127.0.0.1}:$port metronome=$metronome fingerprint=$fingerprint $*; "
}

# linux NAME NUMBER HOST [COMMAND]: a Linux guest with the address 10.0.0.NUMBER.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        host=$3 append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24${4:+ run=\\\"$4\\\"}\"; "
}

bare() { # NAME HOST: a guest that counts and never sleeps
    echo "node add $1 kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off host=$2; "
}

# start_hosts: $first adds host one, $two adds one and two, each with a CPU of its own where there are two.
# shellcheck disable=SC2034
start_hosts() {
    start_sshd
    check 'a real sshd listens' test -n "$fingerprint"
    first=$(host one cpus="$(first_cpu)")
    two=$first$(host two cpus="$(last_cpu)")
}

# what NAME: all of a report that must not depend on where the nodes are.
what() {
    text 'packet_trace_sha256' "$dir/$1/report.json"
    text 'console_sha256' "$dir/$1/report.json"
    grep -oE '"(icount|virtual_ns|bias_ns)": *[0-9]+' "$dir/$1/report.json"
    cut -d, -f1,2,3,5 "$dir/$1/barriers.csv"
}
