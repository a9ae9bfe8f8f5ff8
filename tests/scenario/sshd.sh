# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: a real sshd on a port of the loopback interface, with keys and settings in
# the test's folder, for the user of the test; the files that a client of this sshd needs
# (METRONOME_SSH_DIR); and commands that use the sshd.
#
# $sshd_address is sshd's address, 127.0.0.1 if unset. The words of $sshd_prefix are put before
# sshd's command, e.g. for a network namespace.
# shellcheck disable=SC2154

ssh_dir=$dir/ssh
sshd_prefix=()
sshd_program=$(command -v sshd || echo /usr/sbin/sshd)

# start_sshd: sets $port and $fingerprint. The sessions of sshd have this test's environment.
# SHLVL=1 keeps bash from reading the user's .bashrc in an ssh session, so that the test does not
# wait for its commands.
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

# stop_sshd: also called when a test ends early, because sshd overwrites its environment, by which a
# test finds its processes. Each open connection is a process of its own. A connection that a test
# has frozen ($sftp) would stay, so it is killed.
stop_sshd() {
    [[ -z ${sftp:-} ]] || kill -KILL "$sftp" 2>/dev/null || true
    [[ ! -s $ssh_dir/server/pid ]] || kill "$(<"$ssh_dir/server/pid")" 2>/dev/null || true
}

# fronts: prints the ids of the processes that were started as agents. agents: prints the ids of
# their children, which are the agents proper, without the janitors.
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

# host NAME [OPTION...]: prints the command that adds this host as a host over ssh.
host() {
    local name=$1
    shift
    echo "host add $name ssh=${sshd_address:-127.0.0.1}:$port metronome=$metronome fingerprint=$fingerprint $*; "
}

# linux NAME NUMBER HOST [COMMAND]: prints the command that adds a Linux guest with the address
# 10.0.0.NUMBER.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        host=$3 append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24${4:+ run=\\\"$4\\\"}\"; "
}

bare() { # NAME HOST: prints the command that adds a guest that counts and never sleeps
    echo "node add $1 kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off host=$2; "
}

# start_hosts: starts sshd. $first has the command that adds host one; $two has those that add one
# and two, each with a CPU of its own if there are two.
# shellcheck disable=SC2034
start_hosts() {
    start_sshd
    check 'a real sshd listens' test -n "$fingerprint"
    first=$(host one cpus="$(first_cpu)")
    two=$first$(host two cpus="$(last_cpu)")
}

# what NAME: prints the parts of a report that must not depend on the hosts of the nodes.
what() {
    text 'packet_trace_sha256' "$dir/$1/report.json"
    text 'console_sha256' "$dir/$1/report.json"
    grep -oE '"(icount|virtual_ns|bias_ns)": *[0-9]+' "$dir/$1/report.json"
    cut -d, -f1,2,3,5 "$dir/$1/barriers.csv"
    grep -o ' id="data">.*' "$dir/$1/report.html"
}
