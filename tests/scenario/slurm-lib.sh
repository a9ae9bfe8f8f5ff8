# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: a real Slurm on the loopback interface: munged with a key and a socket of its
# own, slurmctld, and a slurmd for each of some "hosts", all of them this machine. Everything is in
# the test's folder, no system daemon is used, and the daemons end with the test, also if it fails.
# shellcheck disable=SC2154

slurm_dir=$dir/slurm
slurm_pids=()
slurm_hosts=()

# slurmd_of HOST: prints the id of the host's slurmd.
slurmd_of() {
    local i
    for i in "${!slurm_hosts[@]}"; do
        [[ ${slurm_hosts[i]} != "$1" ]] || echo "${slurm_pids[i + 2]}"
    done
}

# slurm_cpu NUMBER: prints the CPU that the host of this number, from 0 on, has in place of those that
# Slurm believes in: the CPUs of the test in turn. What a slurmd starts inherits it.
slurm_cpu() {
    local cpus
    mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
    echo "${cpus[$1 % ${#cpus[@]}]}"
}

slurm_idle() {
    [[ $(sinfo -h -t idle -o %D 2>/dev/null) -eq ${#slurm_hosts[@]} ]]
}

no_jobs() {
    [[ -z $(squeue -h 2>&1) ]]
}

# start_slurm HOST...: starts Slurm with these hosts and waits until all are idle.
# The folder of munged's socket must be open to all; its parents must not be writable by others.
start_slurm() {
    local this host port i=0
    slurm_hosts=("$@")
    this=$(hostname -s)
    chmod 755 "$dir"
    mkdir -m 755 "$slurm_dir" "$slurm_dir/state" "$slurm_dir/run"
    head -c 1024 /dev/urandom >"$slurm_dir/key"
    chmod 400 "$slurm_dir/key"
    port=$(free_port)
    {
        cat <<END
ClusterName=test
SlurmctldHost=$this(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$slurm_dir/run/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$slurm_dir/state
SlurmdSpoolDir=$slurm_dir/spool-%n
SlurmctldPidFile=$slurm_dir/run/slurmctld.pid
SlurmdPidFile=$slurm_dir/run/%n.pid
SlurmctldLogFile=$slurm_dir/slurmctld.log
SlurmdLogFile=$slurm_dir/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
MailProg=/bin/true
SchedulerType=sched/builtin
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=${slurmd_timeout:-300}
KillWait=${kill_wait:-30}
OverTimeLimit=0
END
        for host; do
            mkdir -m 755 "$slurm_dir/spool-$host"
            i=$((i + 1))
            echo "NodeName=$host NodeHostname=$this NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=2 RealMemory=1000"
        done
        echo "PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO"
    } >"$slurm_dir/slurm.conf"
    export SLURM_CONF=$slurm_dir/slurm.conf
    munged --foreground --key-file="$slurm_dir/key" --socket="$slurm_dir/run/munge" --pid-file="$slurm_dir/run/munged.pid" \
        --log-file="$slurm_dir/munged.log" --seed-file="$slurm_dir/seed" --num-threads=2 --force </dev/null >"$slurm_dir/munged.out" 2>&1 &
    slurm_pids+=($!)
    within 10 test -S "$slurm_dir/run/munge" || return 1
    slurmctld -D -f "$SLURM_CONF" </dev/null >"$slurm_dir/slurmctld.out" 2>&1 &
    slurm_pids+=($!)
    i=0
    for host; do
        taskset -c "$(slurm_cpu "$i")" slurmd -D -f "$SLURM_CONF" -N "$host" </dev/null >"$slurm_dir/$host.out" 2>&1 &
        slurm_pids+=($!)
        i=$((i + 1))
    done
    within 20 slurm_idle
}

# stop_slurm: called at the end of each test. Jobs that are left are cancelled, so that no slurmstepd
# stays, which is no child of this test.
stop_slurm() {
    local id
    [[ ${#slurm_pids[@]} -gt 0 ]] || return 0
    scancel --user="$(id -un)" 2>/dev/null || true
    patience=1 within 5 no_jobs || true
    # The slurmds first: they tell slurmctld.
    for ((id = ${#slurm_pids[@]} - 1; id >= 0; id--)); do
        kill "${slurm_pids[id]}" 2>/dev/null || true
    done
    for id in "${slurm_pids[@]}"; do
        patience=1 within 5 not kill -0 "$id" 2>/dev/null || kill -9 "$id" 2>/dev/null || true
        wait "$id" 2>/dev/null || true
    done
    slurm_pids=()
}
