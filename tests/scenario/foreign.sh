# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: a QEMU that metronome did not launch, for `node attach`, and its properties.
# shellcheck disable=SC2154

foreign_as=() # words of a command that starts QEMU as another user

# start_foreign ICOUNT [FOLDER]: starts a QEMU that metronome did not launch, with a monitor for
# this test on two pipes. FOLDER (default: $dir) is for QEMU's sockets: qmp, gdb and qmp2, a second
# monitor.
start_foreign() {
    local dir=${2:-$dir}
    rm -f "$dir"/mon.in "$dir"/mon.out "$dir"/qmp "$dir"/qmp2 "$dir"/gdb
    mkfifo -m 666 "$dir/mon.in" "$dir/mon.out"
    exec 7<>"$dir/mon.in" 8<>"$dir/mon.out"
    "${foreign_as[@]}" qemu-system-aarch64 -M virt -cpu cortex-a57 -m 16 -accel tcg -nodefaults -display none \
        -icount "$1" -rtc base=2024-01-01,clock=vm -kernel "${foreign_kernel:-$guest/count-aarch64.elf}" \
        -qmp "unix:$dir/qmp,server=on,wait=off" -qmp "unix:$dir/qmp2,server=on,wait=off" -chardev "socket,id=gdb,path=$dir/gdb,server=on,wait=off" \
        -gdb chardev:gdb -chardev "pipe,id=mon,path=$dir/mon" -mon chardev=mon,mode=control \
        </dev/null >/dev/null 2>"$dir/foreign.err" 7>&- 8>&- &
    foreign=$!
    qmp qmp_capabilities && within 5 test -S "$dir/gdb"
}

# qmp COMMAND [ARGUMENTS]: sends a command to that monitor, and sets $reply.
qmp() {
    printf '{"execute":"%s","arguments":%s}\n' "$1" "${2-"{}"}" >&7
    while IFS= read -r -t 5 -u 8 reply; do
        [[ $reply == '{"return"'* ]] && return 0
        [[ $reply == '{"error"'* ]] && return 1
    done
    return 1
}

foreign_icount() {
    qmp query-replay && [[ $reply =~ '"icount": '([0-9]+) ]] && icount=${BASH_REMATCH[1]}
}

foreign_runs() {
    local before
    foreign_icount && before=$icount && sleep 0.1 && foreign_icount && [[ $icount -gt $before ]] &&
        qmp query-status && [[ $reply == *'"running": true'* ]]
}

foreign_objects() {
    qmp qom-list '{"path":"/objects"}' && grep -oE '"name": "[^"]+"' <<<"$reply" | sort # QEMU's order is that of a hash table
}

end_foreign() {
    kill -9 "$foreign"
    wait "$foreign" 2>/dev/null || true
    foreign=
    exec 7>&- 8>&-
}

# foreign_ranks: prints priority, policy and CPUs of each thread of that QEMU.
foreign_ranks() {
    local task
    for task in "/proc/$foreign/task"/*; do
        echo "${task##*/} $(sed 's/.*) //' "$task/stat" | cut -d' ' -f38,39)" \
            "$(awk '/^Cpus_allowed:/ { print $2 }' "$task/status")"
    done 2>/dev/null
}

# foreign_is_free RANKS: the threads have the same priorities, policies and CPUs as in RANKS.
foreign_is_free() {
    local wanted
    wanted=$(cut -d' ' -f2- <<<"$1" | sort -u)
    [[ $(foreign_ranks | cut -d' ' -f2- | sort -u) == "$wanted" ]]
}
