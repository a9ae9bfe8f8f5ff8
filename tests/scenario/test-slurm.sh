#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A real Slurm of four hosts on the loopback interface: agents that srun starts, one by one or by
# `hosts from=slurm`; the same packets, consoles, clocks and barriers as in one process; jobs that
# are cancelled, hosts that are lost, a controller that is killed: nothing is left behind, in Slurm
# neither.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"
# shellcheck source=tests/scenario/slurm-lib.sh
source "$(dirname "$0")/slurm-lib.sh"

# The agents' cache of files, which srun hands on.
export XDG_CACHE_HOME=$dir/cache
check 'a real Slurm of four hosts is there' start_slurm east west north south

srun_agent() { # HOST KEYS [OPTION...]: prints the command that adds the host by an srun of its own
    echo "host add $1 command=\"srun -w $1 ${*:3} $metronome agent --stdio\" $2; "
}

# in_job HOSTS ARGUMENT...: as mtr, in an allocation of these hosts. salloc puts its own lines on
# stderr.
prefix=()
in_job() {
    local hosts=$1
    shift
    status=0
    timeout -k 5 "$((${limit:-60} * patience))" salloc --quiet --nodelist="$hosts" --cpus-per-task=2 \
        "${prefix[@]}" "$metronome" "$@" \
        </dev/null >"$dir/out" 2>"$dir/err" || status=$?
}

# --- the same as in one process

ensemble() { # HOST-OF-A HOST-OF-B
    echo "$(linux a 1 "$1" "$settled; ping -c 4 -i 0.05 10.0.0.2")$(linux b 2 "$2" 'sleep 60') link add a b latency=1ms;"
}

both() { # HOSTS HOST-OF-A HOST-OF-B: prints a run with grants of several quanta, of one, and steps
    echo "quantum 100us; $1 $(ensemble "$2" "$3") start; run-until 20000777ns; step b 100; regs b pc; run 1100ms; \
        wait-line a 'run ended' timeout=2s; assert a.missed == 0; assert b.missed == 0; assert a.late == 0; \
        assert b.late == 0; assert a.received >= 5; host list"
}

mtr --report "$dir/local" -c "$(both '' local local)"
check 'the ensemble on this host alone' ended 0
in_job east,west --report "$dir/two" -c "$(both 'hosts from=slurm;' east west)"
check 'hosts from=slurm: two hosts of a job' ended 0 '^host east: CPUs 1, strict$' '^east +up .* srun, job [0-9]+$' '^west +up '
check '... the same packets, consoles, clocks and barriers' cmp <(what local) <(what two)
check '... nothing is left of the job' within 10 no_jobs
if ! brief; then
    in_job east,west --report "$dir/two-tcp" -c "$(both 'hosts from=slurm line=tcp;' east west)"
    check '... with TCP connections, too' ended 0 '^east +up .* srun, job [0-9]+, tcp 127.0.0.1:[0-9]+$'
    check '... the same packets, consoles, clocks and barriers' cmp <(what local) <(what two-tcp)
fi

# four REPORT HOSTS: four guests that send to each other through a switch, on the hosts that metronome chooses.
four() {
    local name n=0 guests=''
    for name in a b c d; do
        n=$((n + 1))
        guests+="$(ring "$name" $((1000000 * n)) 60 $((n % 4)) 40 1000)link add $name s latency=$((100 * n))us; "
    done
    echo "quantum 100us; $1 switch add s; $guests start; run 300ms; assert a.missed == 0; assert d.late == 0; host list"
}
mtr --report "$dir/four-local" -c "$(four '' | sed 's/icount=/host=auto icount=/g')"
check 'four guests in one process' ended 0
in_job east,west,north,south --report "$dir/four" -c "$(four 'hosts from=slurm line=tcp;' | sed 's/icount=/host=auto icount=/g')"
check 'host=auto on four hosts: a node on each, in their order' ended 0 '^node a: host=auto: east$' '^node b: host=auto: north$' \
    '^node c: host=auto: south$' '^node d: host=auto: west$'
check '... line=tcp: all at the addresses that Slurm knows, at ports of their own' \
    [ "$(grep -oE 'srun, job [0-9]+, tcp 127.0.0.1:[0-9]+$' "$dir/out" | sort -u | wc -l)" = 4 ]
check '... the same packets, consoles, clocks and barriers' cmp <(what four-local) <(what four)

# --- files that the hosts do not share

# The folder has a file for metronome alone: a mount of its own.
mkdir "$dir/hidden"
# shellcheck disable=SC2016
prefix=(unshare --mount bash -c 'mount -t tmpfs none "$0" && cp "$1" "$0/kernel" && shift && exec "$@"' "$dir/hidden" "$guest/count-aarch64.elf")
[[ $EUID -eq 0 ]] || prefix=("${prefix[0]}" --map-root-user "${prefix[@]:1}")
in_job east,west -c "hosts from=slurm; defaults kernel=$dir/hidden/kernel memory=64M icount=shift=0,sleep=off host=auto
    node add a; node add b; start; run 1ms; assert a.missed == 0; assert b.icount > 0"
check 'what a host does not have, sbcast brings' ended 0 '^node b: host=auto: west$'
check '... once' [ "$(find "$dir/cache/metronome/files" -type f | wc -l)" = 1 ]
prefix=()

# --- srun by hand

mtr -c "quantum 100us; $(srun_agent east '')$(srun_agent west '' -u)$(srun_agent north 'line=tcp address=localhost')$(bare a east)\
    $(bare b west)$(bare c north) switch add s; link add a s latency=1ms; link add b s latency=1ms; link add c s latency=1ms; start; run 100ms; \
    assert missed == 0; host list"
check "host add command=srun, with and without -u: bytes come at once" ended 0
check '... line=tcp, too' says '^north +up .*--stdio, tcp (127.0.0.1|\[::1\]):[0-9]+$'
check '... and all jobs have ended with metronome' no_jobs
check '... and all QEMUs' no_qemus
mtr -c "host add x command=\"srun --nodes=1 --ntasks=2 $metronome agent --stdio\""
check 'two agents on one line are refused' ended 3 'srun started 2 agents on one line .SLURM_STEP_NUM_TASKS.: one is expected'

# --- OpenMPI's launcher

mpirun=(mpirun -np 1)
[[ $EUID -ne 0 ]] || mpirun+=(--allow-run-as-root)
mtr -c "quantum 100us; host add mpi command=\"${mpirun[*]} $metronome agent --stdio\"; $(bare a mpi)$(bare b local) \
    link add a b latency=1ms; start; run 100ms; assert missed == 0"
check 'mpirun starts an agent, too' ended 0
check '... and ends with it' no_agents

# --- what can go wrong

expect 'outside of an allocation' 2 'hosts from=slurm' \
    'hosts from=slurm: SLURM_JOB_ID is not set, so this is no allocation of Slurm.s: `salloc --nodes=2'
echo "hosts from=slurm; defaults host=auto; node add a kernel=$guest/count-aarch64.elf host=nowhere; node add b kernel=/none" >"$dir/x.mtr"
mtr check "$dir/x.mtr"
check 'a check outside of an allocation: no name is checked, all else is' ended 2 \
    'no allocation of Slurm.s, so the names of hosts are not checked' "kernel='/none'"
check '... and nothing is said of the names' not says nowhere
wrong() { # VARIABLE=VALUE PATTERN
    status=0
    timeout 30 env "$1" "$metronome" -c 'hosts from=slurm' </dev/null >"$dir/out" 2>"$dir/err" || status=$?
    check "told: $1" ended 2 "hosts from=slurm: $2"
}
wrong SLURM_JOB_ID=abc "SLURM_JOB_ID='abc': the number of a job is expected"
wrong SLURM_JOB_ID=999999 'SLURM_JOB_ID=999999: .squeue .*Invalid job id'
finished=$(sbatch --parsable --nodes=1 --output=/dev/null --wrap=true)
within 20 no_jobs
wrong "SLURM_JOB_ID=$finished" "job $finished is COMPLETED, not RUNNING"
SLURM_JOB_ID=1 wrong PATH=/nowhere "there is no 'srun' in PATH"
in_job east -c 'hosts from=slurm identity=x'
check 'a key of ssh' ended 2 'hosts from=slurm: identity= does not go with from=slurm'
in_job east -c "hosts from=slurm metronome=/none/metronome"
check 'no metronome there' ended 3 'host east: its agent did not start: ' 'execve.*/none/metronome: No such file' \
    'metronome=PATH says where the program is there$'
in_job east -c "hosts from=slurm metronome='$build/tests/helper/fake-agent newer'" # no such file: one word
check 'a program is one word' ended 3 'host east: its agent did not start: '
printf '#!/bin/sh\nexec %s newer\n' "$build/tests/helper/fake-agent" >"$dir/newer"
chmod +x "$dir/newer"
in_job east -c "hosts from=slurm metronome=$dir/newer"
check 'an agent of another version' ended 3 'host east: its metronome 9.9.9 speaks protocol [0-9]+, this one'
lie() { # VARIABLES STATUS PATTERN: in a job of two hosts
    local variables
    IFS=, read -ra variables <<<"$1"
    status=0
    timeout 60 salloc --quiet --nodes=2 env "${variables[@]}" "$metronome" -c 'hosts from=slurm line=tcp; host list' </dev/null >"$dir/out" 2>"$dir/err" || status=$?
    check "variables that lie: $1" ended "$2" "$3"
}
lie 'SLURM_JOB_NODELIST=east[1-2]' 2 "SLURM_JOB_NODELIST='east.1-2.' is not what job [0-9]+ has"
lie 'SLURM_NTASKS=7,SLURM_LABELIO=1,SLURM_DEBUG=3,SRUN_CPUS_PER_TASK=9,SQUEUE_USERS=nobody,SINFO_PARTITION=none,SLURM_A;exit 7;=1' 0 '^north +up '
sbatch --array=1-2 --nodes=1 --output="$dir/array-%a" --wrap="$metronome -c 'hosts from=slurm line=tcp'" >"$dir/out" 2>"$dir/err"
within 20 no_jobs
check 'the tasks of a job array: each has its hosts' [ "$(cat "$dir"/array-[12] | grep -cE '^host [a-z]+: CPUs 1')" = 2 ]
status=0
srun --nodes=1 --ntasks=2 "$metronome" -c 'hosts from=slurm' >"$dir/out" 2>"$dir/err" </dev/null || status=$?
check 'srun with several tasks' ended 2 'srun started metronome 2 times .SLURM_STEP_NUM_TASKS.*--ntasks=1'
status=0
salloc --quiet --nodelist=east,north srun --nodes=1 --ntasks=1 "$metronome" -c 'hosts from=slurm; host list' \
    >"$dir/out" 2>"$dir/err" </dev/null || status=$?
check 'srun with one task' ended 0 '^east +up ' '^north +up '
in_job east -c "hosts from=slurm; $(bare a east)$(bare b east) start; run 1ms; assert a.missed == 0"
check 'more nodes than CPUs: told, and what would help' ended 0 'host east: more nodes than CPUs .1.: .*--cpus-per-task='

export SLURM_JOB_ID=1 SLURMD_NODENAME=east
expect 'Slurm gave fewer CPUs than there are: an agent' 0 \
    "host add x command=\"env SLURM_CPUS_ON_NODE=1 $metronome agent --stdio\"; host list" '^x +up +[^ ]+ +1 '
expect 'CPUs that are no number' 3 "host add x command=\"env SLURM_CPUS_ON_NODE=few $metronome agent --stdio\"" \
    "SLURM_CPUS_ON_NODE"
export SLURM_CPUS_ON_NODE=1
expect '... metronome itself' 0 "$(bare a local)$(bare b local) start; run 1ms; stats" 'host CPUs 1$'
unset SLURM_JOB_ID SLURMD_NODENAME SLURM_CPUS_ON_NODE

finished=$(cd "$dir" && METRONOME=no-metronome sbatch --parsable --nodes=1 "$OLDPWD/scripts/slurm/metronome.sbatch" none.mtr)
within 20 no_jobs
cp "$dir/metronome-$finished.log" "$dir/out"
check 'metronome.sbatch without a metronome' says "there is no 'no-metronome' on .*: METRONOME=PATH names it"

# --- jobs that end early

# job OPTION...: runs metronome.sbatch, sets $job once its guests run.
long=$dir/long.mtr
echo "quantum 1ms; hosts from=slurm; $(bare a east)$(bare b north) link add a b latency=5ms; start; run 10ms; echo started; run 1000s" >"$long"
job() {
    job=$(cd "$dir" && METRONOME=$metronome sbatch --parsable --nodes=2 "$@" "$OLDPWD/scripts/slurm/metronome.sbatch" "$long") || return 1
    : >"$dir/metronome-$job.log"
    within 20 grep -q '^started$' "$dir/metronome-$job.log" && guests_run
}
ended_job() { # STATE EXIT PATTERN...: the job has ended so
    within 20 no_jobs || return 1
    cp "$dir/metronome-$job.log" "$dir/out"
    : >"$dir/err"
    scontrol show job "$job" | grep -q "JobState=$1 " && scontrol show job "$job" | grep -q "ExitCode=$2\$" || return 1
    shift 2
    says "$@" && within 5 no_qemus && no_agents
}

check 'sbatch runs a scenario' job
scancel "$job"
check 'scancel: an orderly end' ended_job CANCELLED '130:0' 'interrupted, exit code 130'
check '... a report' grep -q '"outcome": *"interrupted"' "$dir/metronome-$job/report.json"
check '... a save of both hosts' says 'the ensemble is saved as it stands'
in_job west,south -c "hosts from=slurm; restore $dir/metronome-$job.save host=auto; run 10ms; assert a.missed == 0"
check '... which goes on in another job, on its hosts' ended 0 '^node a: host=auto: south$' '^node b: host=auto: west$'
mtr check <(echo "hosts from=slurm; restore $dir/metronome-$job.save; restore $dir/metronome-$job.save host=auto; host remove west")
check '... and outside of one a check knows no names' ended 0

if ! brief; then
    check 'another job' job
    scancel --batch --signal=TERM "$job"
    check "a time limit's signal: an orderly end" ended_job FAILED '130:0' 'interrupted, exit code 130' 'the ensemble is saved'
fi

if ! brief; then
    check 'another job' job
    scontrol suspend "$job"
    sleep 12 # longer than a silence may be
    scontrol resume "$job"
    sleep 3 # each side looks once a second
    scancel "$job"
    check 'a job that was suspended has gone on' ended_job CANCELLED '130:0' 'interrupted, exit code 130'
fi

sed -i 's/from=slurm/& line=tcp/' "$long"
check 'another job, with TCP connections' job
kill -9 "$(agents | head -n 1)"
check 'an agent is killed, as by a host without memory' ended_job FAILED '3:0' 'host (east|north): the connection is lost: the command ended, exit status 137' 'exit code 3'
check '... a report' grep -q '"outcome": *"node-failed"' "$dir/metronome-$job/report.json"

# --- a controller that is killed

check 'another job' job
controller=$(pgrep -o -f "^$metronome run --report metronome-$job ")
kill -9 "$controller"
check 'metronome is killed: agents and QEMUs end' within 15 no_agents
check '... and so does the job' within 15 no_jobs

# --- a host that is lost

if ! brief; then
    check 'another job' job
    step=$(pgrep -f "^slurmstepd: \\[$job\\.[0-9]+\\]" | tail -n 1)
    kill -9 "$(slurmd_of north)" "$step"
    check 'a slurmstepd is killed: an orderly end' within 30 grep -q 'exit code 3' "$dir/metronome-$job.log"
    check '... nothing is left there' within 15 no_agents
    check '... no QEMU either' no_qemus
fi

stop_slurm
done_testing
