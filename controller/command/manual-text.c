/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manual-text.c: see manual-text.h. */
#include "controller/command/manual-text.h"

#include <stddef.h>

const ManualItem manual_modes[] = {
    {"[OPTIONS]", "read commands from the terminal or a pipe"},
    {"[OPTIONS] run FILE [KEY=VALUE…]", "run a scenario; KEY=VALUE set variables"},
    {"[OPTIONS] -c 'COMMAND; COMMAND'", "run these commands"},
    {"[OPTIONS] check FILE [KEY=VALUE…]", "check a scenario and QEMU's options, start nothing"},
    {"[OPTIONS] verify FILE [KEY=VALUE…]",
     "run a scenario several times and find the first difference"},
    {"help [COMMAND]", "show the commands, or one of them"},
    {"version", "show the version"},
    {"agent --stdio [--cpus LIST]", "what `host add` starts on another host"},
    {NULL, NULL},
};

const ManualItem manual_exit_statuses[] = {
    {"0", "done"},
    {"1", "an assert or wait failed"},
    {"2", "usage, parse error or bad value; or output was lost (a full disk)"},
    {"3", "a node, QEMU or another host failed"},
    {"4", "exactness was lost (a missed boundary, a late packet); takes the place of 0, 1 and lost "
          "output"},
    {"130", "interrupted"},
    {NULL, NULL},
};

const char *const manual_description[] = {
    "metronome runs several unmodified QEMU processes under -icount and lets their virtual clocks "
    "advance together, one quantum of virtual time after the other. It launches them, or attaches "
    "to QEMUs that run already. Nothing in QEMU is patched and nothing is added to the guests.",
    "Every node stops at a multiple of the quantum, at an absolute time, or at an instruction "
    "count, between two instructions. With sleep=off runs are repeatable: the same scenario gives "
    "the same instruction counts and the same output.",
    "check finds errors of a scenario without starting anything, and tells what in QEMU's options "
    "ends exactness or repeatability, why, and how to mend it.",
    "A gateway lets a program on a unix datagram socket, or what is behind a tap device, take part "
    "in "
    "the virtual network; frames pass at barriers. Such a run is exact but not repeatable.",
    NULL,
};

const ManualItem manual_ideas[] = {
    {"node, ensemble", "One QEMU process; all nodes of a session."},
    {"quantum",
     "The virtual time between two barriers, a whole number of microseconds. A short one lets "
     "nodes see each other sooner and costs more host time."},
    {"barrier",
     "The moment when every node stands at the same multiple of the quantum. No node begins the "
     "next quantum before the last has arrived."},
    {"gate",
     "What holds a node at a boundary, built at run time from QEMU's own net filters: the thread "
     "that executes instructions blocks there, at exactly that virtual time."},
    {"overshoot",
     "Virtual time of instructions that a node executed past a target. 0 unless the mode is best "
     "effort; anything else is told and ends with exit status 4."},
    {"idle skip",
     "How far the clock of an idle node went past a target. No instruction was executed: the "
     "guest can't tell."},
    {"sleep=on, sleep=off",
     "What an idle node's clock does. off: it jumps to the next timer at once, which is "
     "repeatable. on, which is the default: it follows the host's clock, with the host's jitter; "
     "`defaults icount=sleep=off` in front of the nodes changes that. QEMU's manual had the two "
     "the "
     "wrong way round until commit e372214e663a."},
    {"mode",
     "strict: QEMU's other threads outrank its vCPUs (root, CAP_SYS_NICE or RLIMIT_RTPRIO), so "
     "stops are exact also under load. unprivileged: exact on a quiet host, a miss is told. best "
     "effort: without -icount, or on request; stops are late and measured."},
    {NULL, NULL},
};

const char *const manual_language[] = {
    "A line is a command; a semicolon ends one too. # at the start of a word begins a comment. "
    "Quoting is as in a shell: '…' literally, \"…\" with variables, \\ before one character. $KEY "
    "and ${KEY} are variables. Any unique prefix of a command's name will do. The first error ends "
    "a scenario, with file:line: message.",
    NULL,
};

const char *const manual_expressions[] = {
    "assert compares two sums with == != < <= > >=. A sum is values joined by + and -. A value is "
    "a number, an instruction count or a duration, with a minus right before it if it is negative, "
    "or one of these. Times and counts do not mix; a plain number is a count, except 0, which is "
    "either.",
    "assert happens-before N M and assert concurrent N M ask the vector clocks of two packet "
    "events, "
    "by their numbers in network trace. Each send and each delivery counts at its node; a frame "
    "carries its sender's clock, and whoever receives it takes the maximum with its own (Mattern's "
    "virtual time; Zheng, Nicol, Jin and Tanaka's virtual time system). N may have caused M "
    "exactly "
    "if M's clock counts N; if neither counts the other they are concurrent.",
    NULL,
};

const ManualItem manual_units[] = {
    {"10ns 500us 1ms 2s 1m", "durations; decimals are allowed if the result is whole nanoseconds, "
                             "and a unit must be there"},
    {"1000insn 1e6insn", "instruction counts"},
    {"64K 512M 4G", "sizes, powers of 1024 (K, M, G, T)"},
    {NULL, NULL},
};

const ManualItem manual_files[] = {
    {"$XDG_RUNTIME_DIR/metronome-*", "sockets and pipes of a session; removed at its end, or by "
                                     "the next session after a kill"},
    {"DIR/report.json", "with --report: figures of the run and of each node"},
    {"DIR/report.html", "with --report: the run as a page: space-time diagram, charts, tables"},
    {"DIR/barriers.csv", "with --report: one row for each barrier"},
    {"DIR/clocks.csv", "with clocks watch: each clock of each node"},
    {"DIR/console-NAME.log", "with --report: what each guest wrote"},
    {"*.mtr", "scenarios"},
    {NULL, NULL},
};

const ManualItem manual_environment[] = {
    {"XDG_RUNTIME_DIR",
     "where the session's private folder is made; the folder for temporary files if it is not set"},
    {"XDG_STATE_HOME", "where the prompt keeps its history; ~/.local/state if it is not set"},
    {"NO_COLOR", "no colours, if it is set and not empty"},
    {"METRONOME_RANK", "strict, unprivileged or best-effort: at most this mode"},
    {NULL, NULL},
};

const ManualItem manual_examples[] = {
    {"Two guests, one virtual second, and the proof that they kept step:",
     "quantum 100us\n"
     "node add a kernel=vmlinuz initrd=init.gz append=console=ttyAMA0\n"
     "node add b kernel=vmlinuz initrd=init.gz append=console=ttyAMA0\n"
     "start\n"
     "run 1s\n"
     "assert a.time - b.time == 0\n"
     "assert a.overshoot == 0"},
    {"The same file, checked and then run with a report:", "metronome check two.mtr\n"
                                                           "metronome --report out run two.mtr"},
    {"To an instruction, then to a nanosecond:",
     "metronome -c 'node add a kernel=k.elf; start; run-until a 12345678insn; run-until "
     "20.000777ms'"},
    {"Alpine from its ISO onto a disk (log in as root, setup-alpine, poweroff), then without it:",
     "qemu-img create -f qcow2 alpine.qcow2 8G\n"
     "metronome\n"
     "node add a firmware=uefi cdrom=alpine.iso disk=alpine.qcow2 persist=on memory=1G nic=off\n"
     "start\n"
     "node console a pace=off\n"
     "node add b firmware=uefi disk=alpine.qcow2 memory=1G"},
    {"A QEMU that runs already:",
     "metronome -c 'node attach x qmp=/tmp/qmp gdb=/tmp/gdb; run 10ms; time'"},
    {NULL, NULL},
};
