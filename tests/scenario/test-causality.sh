#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Vector clocks of three real guests: the possible causes of each packet event, checked against the
# frames themselves.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# linux NAME NUMBER COMMAND: prints the command that adds a guest with the address 10.0.0.NUMBER,
# which runs COMMAND.
linux() {
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=0,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\""
}

# a and c ping b at about the same time; then c pings a.
{
    echo 'quantum 500us'
    linux a 1 'sleep 0.2; ping -c 1 10.0.0.2'
    linux b 2 'sleep 60'
    linux c 3 'sleep 0.2; ping -c 1 10.0.0.2; ping -c 1 10.0.0.1'
    echo 'switch add s; link add a s; link add b s; link add c s; start'
    echo "wait-line c '10.0.0.1 ping statistics' timeout=20s"
    echo 'wait-line c "run ended" timeout=20s'
    # shellcheck disable=SC2016
    echo 'include $then'
} >"$dir/three.mtr"

# then_run LINE...: runs the scenario with these lines at its end.
then_run() {
    printf '%s\n' "$@" >"$dir/then.mtr"
    mtr run "$dir/three.mtr" then="$dir/then.mtr"
}

then_run 'network trace last=1000'
grep -E '^[0-9]+ (send|delivery|drop) ' "$dir/out" >"$dir/trace"
check 'three guests: a trace' ended 0 '^1 send ' ' delivery a b ' ' delivery b c ' ' delivery a c '

# Prints a line "NUMBER NUMBER before" or "… concurrent" for each pair of events. The events of one
# node follow each other, and a delivery follows its send, which has the same sender, time and
# digest.
# shellcheck disable=SC2016
awk '$2 == "drop" { next }
    {
        event[++n] = $1
        node = $3
        if (node in last) cause[n, last[node]] = 1
        last[node] = n
        if ($2 == "send") sending[$3, $6, $10] = n
        else if (($4, $6, $10) in sending) cause[n, sending[$4, $6, $10]] = 1
        else { print "no send for event", $1; exit 1 }
        for (i = 1; i < n; i++)
            if ((n, i) in cause) { reach[i, n] = 1; for (j = 1; j < i; j++) if ((j, i) in reach) reach[j, n] = 1 }
    }
    END { for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
        print event[i], event[j], (i, j) in reach ? "before" : "concurrent" }' "$dir/trace" >"$dir/pairs"
befores=$(grep -c before "$dir/pairs") concurrents=$(grep -c concurrent "$dir/pairs")
check "the frames say of $befores pairs before, of $concurrents concurrent" [ "$befores" -ge 50 -a "$concurrents" -ge 10 ]
sed -E 's/^(.*) before$/assert happens-before \1/; s/^(.*) concurrent$/assert concurrent \1/' "$dir/pairs" >"$dir/asserts"
read -r first second _ < <(grep before "$dir/pairs")
mapfile -t asserts <"$dir/asserts"

clock='\[[abc]:[0-9]+( [bc]:[0-9]+)*\]'
then_run "${asserts[@]}" "network trace node=c last=1000" "network trace last=3" "network trace node=c last=2" "echo all hold" \
    "assert happens-before $second $first" "echo behind"
check 'all of it holds by the vector clocks; one that does not ends it, with both clocks' ended 1 '^all hold' \
    "assert happens-before $second $first failed: $second happened after $first: .* at [0-9.]+s $clock against .* $clock\$"
check 'nothing behind it is run' not says '^behind'
# shellcheck disable=SC2016
check 'network trace node=c: what it sent and got, all of it and no more' cmp \
    <(grep -E '^[0-9]+ (send|delivery|drop) ' "$dir/out" | head -n -5) <(awk '$3 == "c" || $4 == "c"' "$dir/trace")
check 'network trace last=3: the last three of all' cmp <(tail -n 6 "$dir/out" | head -n 3) <(tail -n 3 "$dir/trace")
# shellcheck disable=SC2016
check 'network trace node=c last=2' cmp <(tail -n 3 "$dir/out" | head -n 2) \
    <(awk '$3 == "c" || $4 == "c"' "$dir/trace" | tail -n 2)
then_run "assert concurrent $first $second"
check 'concurrent of ordered ones fails' ended 1 "assert concurrent $first $second failed: $first happened before $second: "

expect 'no packets yet' 2 'assert happens-before 1 2' 'there are no packets yet'
expect 'an event that did not happen' 2 'node add a; node add b; link add a b; assert concurrent 1 2' 'no packets yet'
expect 'no numbers' 2 'assert concurrent a b' "'a'"
expect 'one number' 2 'assert happens-before 1' 'M is missing; usage: assert EXPR | happens-before N M'
expect 'network trace: a node that is not there' 2 'node add a; network trace node=x' "unknown node 'x': there is only a"
expect 'network trace: a node without packets' 0 'node add a; network trace node=a last=5'
expect 'network trace: an unknown key' 2 'network trace colour=red' 'usage: network trace \[node=END\] \[last=N\]'
printf 'node add a\nassert concurrent 1 x\n' >"$dir/bad.mtr"
mtr check "$dir/bad.mtr"
check 'check finds a number that is none' ended 2 "bad.mtr:2: .*'x'"
done_testing
