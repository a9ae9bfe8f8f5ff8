/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manual-clocks.c: of each clock that `clocks` shows: what QEMU makes it of, and whether it can
 * drive a quantum. File names are QEMU's. */
#include "controller/command/manual-text.h"

#include <stddef.h>

const ManualItem manual_clocks[] = {
    {"icount",
     "Instructions executed, shown as the time they take. accel/tcg/icount-common.c (7.2: "
     "softmmu/icount.c). It drives the quantum: stops at an instruction were exact by three "
     "counts with 1 to 128 vCPUs (scripts/bench/precision). Its offset is the idle time."},
    {"QEMU_CLOCK_VIRTUAL",
     "With icount icount_get() in the same file: instructions plus idle time, and it drives the "
     "quantum, exactly. Without, cpu_get_clock() in softmmu/cpu-timers.c (7.2) follows the host's "
     "clock while the guest runs on: periods come late by what scripts/bench/period shows, so it "
     "can't."},
    {"CNTVCT_EL0, CNTPCT_EL0",
     "gt_get_countervalue() in target/arm/helper.c: QEMU_CLOCK_VIRTUAL in steps of 16 ns. As good "
     "as that one and coarser, so there is no reason to use it. Linux forbids CNTPCT_EL0 to "
     "programs."},
    {"PMCCNTR_EL0, perf-cycles",
     "cycles_get_count() in target/arm/helper.c: QEMU_CLOCK_VIRTUAL at 1 GHz (the host's ticks in "
     "user mode emulation alone). The guest can stop and set it, so it can't drive a quantum. "
     "Linux forbids the register to programs; perf-cycles counts from its first reading on."},
    {"perf-instructions",
     "instructions_get_count() in target/arm/helper.c: icount, counted from the first reading on. "
     "There with icount alone, and the guest can stop it, so it can't drive a quantum."},
    {"TSC",
     "cpu_get_tsc() in target/i386/tcg/sysemu: QEMU_CLOCK_VIRTUAL under icount, else the host's "
     "counter, which does not stop with the guest. The guest can set it, so it can't drive a "
     "quantum."},
    {"MONOTONIC, BOOTTIME",
     "The guest's kernel makes them of the counter (CNTVCT_EL0 or TSC), at a rate that it may "
     "correct, rounded by multiplication and shift; they begin when it boots. A clock that the "
     "guest corrects can't drive a quantum."},
    {"REALTIME",
     "MONOTONIC plus an offset that the RTC gave at the boot; can be set, so it can't."},
    {"PROCESS_CPUTIME",
     "The guest's scheduler counts it while the process runs; it stands otherwise, so it can't."},
    {"/proc/uptime", "BOOTTIME in steps of 10 ms; too coarse."},
    {"RTC",
     "hw/rtc/pl031.c or hw/rtc/mc146818rtc.c: rtc_clock, with -rtc clock=vm QEMU_CLOCK_VIRTUAL, "
     "in steps of a second; too coarse."},
    {"host",
     "CLOCK_MONOTONIC of the host. It runs on while guests stand, and differently in each run, so "
     "it can't drive a quantum."},
    {NULL, NULL},
};
