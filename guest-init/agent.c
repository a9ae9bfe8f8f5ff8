/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent.c: the guest agent, a static program for the Linux guests. The guest agent reads the
 * guest's clocks and puts load on the guest.
 *
 *     agent serve          answers requests on the virtio port "metronome.agent", if there is one
 *     agent REQUEST…       carries out one request and prints the answer, for a console
 *
 * A request is one line. The first word, ID, is a number that the asker chooses:
 *     ID clocks                        all clocks; on each CPU the clocks of that CPU
 *     ID spin INSNS [CPU]              executes INSNS instructions, and a few more
 *     ID sleep NS [CPU]
 *     ID jitter PERIOD_NS COUNT [CPU]  how late a periodic absolute sleep wakes
 *     ID walk BYTES [CPU]              touches each cache line of BYTES of memory, there and back
 * An answer has several lines, and ends with "ID end" or "ID error TEXT":
 *     ID frequency VALUE               steps of the guest's counter in a second
 *     ID clock NAME CPU VALUE AT       AT: the guest's counter, read right before VALUE. VALUE: ns,
 *                                      or steps of the counter, or the reason why there is no value
 *     ID result NAME VALUE
 *
 * AT places each value on the axis of virtual time. AT is CNTVCT_EL0 (aarch64) or the time stamp
 * counter (x86_64). Under icount QEMU derives both from QEMU_CLOCK_VIRTUAL alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL
#define PORT     "metronome.agent"
#define LINE     64 /* bytes between two touched places of memory */

static FILE *out;
static char id[24];
static sigjmp_buf forbidden;

static void on_sigill(int sig)
{
    siglongjmp(forbidden, sig);
}

/* --- counters --- */

typedef struct {
    const char *name;
    uint64_t (*read)(void);
} Counter;

#ifdef __aarch64__
#define READER(function, reg)                                                                      \
    static uint64_t function(void)                                                                 \
    {                                                                                              \
        uint64_t v;                                                                                \
        __asm__ volatile("isb; mrs %0, " reg : "=r"(v) : : "memory");                              \
        return v;                                                                                  \
    }
READER(read_cntvct, "cntvct_el0")
READER(read_cntpct, "cntpct_el0")
READER(read_pmccntr, "pmccntr_el0")
READER(read_cntfrq, "cntfrq_el0")

static const Counter counters[] = {
    {"CNTVCT_EL0", read_cntvct}, {"CNTPCT_EL0", read_cntpct}, {"PMCCNTR_EL0", read_pmccntr}};
#define read_axis read_cntvct

static uint64_t frequency(void)
{
    return read_cntfrq();
}

static void spin(uint64_t instructions)
{
    uint64_t n = instructions / 2 + 1;
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(n) : : "cc");
}
#else
static uint64_t read_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static const Counter counters[] = {{"TSC", read_tsc}};
#define read_axis read_tsc

/* Under icount QEMU's time stamp counter has one step for each ns of virtual time
 * (cpu_get_tsc()). */
static uint64_t frequency(void)
{
    return NS_PER_S;
}

static void spin(uint64_t instructions)
{
    uint64_t n = instructions / 2 + 1;
    __asm__ volatile("1: dec %0\n jnz 1b" : "+r"(n) : : "cc");
}
#endif

static void tell(const char *name, int cpu, uint64_t value, uint64_t at)
{
    fprintf(out, "%s clock %s %d %" PRIu64 " %" PRIu64 "\n", id, name, cpu, value, at);
}

static void tell_why_not(const char *name, int cpu, const char *why)
{
    fprintf(out, "%s clock %s %d %s %" PRIu64 "\n", id, name, cpu, why, read_axis());
}

static bool go_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static void tell_counters(int cpu)
{
    for (unsigned i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        if (sigsetjmp(forbidden, 1) == 0) {
            uint64_t at = read_axis();

            tell(counters[i].name, cpu, counters[i].read(), at);
        } else {
            tell_why_not(counters[i].name, cpu, "forbidden");
        }
    }
}

/* Opens the kernel's counter of a PMU event; the counter begins at 0. Returns a descriptor, or
 * -1. */
static int open_perf(uint64_t event)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE, .size = sizeof(attr), .config = event};

    return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0UL);
}

static int cycles_fd = -1, instructions_fd = -1;

static void tell_perf(const char *name, int *fd, uint64_t event)
{
    uint64_t at, value;

    if (*fd < 0)
        *fd = open_perf(event);
    at = read_axis();
    if (*fd >= 0 && read(*fd, &value, sizeof(value)) == sizeof(value))
        tell(name, 0, value, at);
    else
        tell_why_not(name, 0, errno == ENOENT || errno == EOPNOTSUPP ? "absent" : "forbidden");
}

static void tell_gettime(const char *name, int cpu, clockid_t clock)
{
    struct timespec ts;
    /* The first reading is discarded: its call may fault pages in between AT and VALUE. */
    int warm = clock_gettime(clock, &ts);
    uint64_t at = read_axis();

    if (warm == 0 && clock_gettime(clock, &ts) == 0)
        tell(name, cpu, (uint64_t)(ts.tv_sec * NS_PER_S + ts.tv_nsec), at);
    else
        tell_why_not(name, cpu, "absent");
}

/* Reports a file with seconds, which have two decimals or none. */
static void tell_file(const char *name, const char *path)
{
    char text[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t at = read_axis();
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    uint64_t ns;
    char *end;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    ns = strtoull(text, &end, 10) * NS_PER_S;
    if (*end == '.')
        ns += strtoull(end + 1, NULL, 10) * 10000000;
    if (end != text)
        tell(name, 0, ns, at);
    else
        tell_why_not(name, 0, "absent");
}

static void tell_clocks(void)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);

    fprintf(out, "%s frequency %" PRIu64 "\n", id, frequency());
    go_to(0);
    tell_gettime("MONOTONIC", 0, CLOCK_MONOTONIC);
    tell_gettime("REALTIME", 0, CLOCK_REALTIME);
    tell_gettime("BOOTTIME", 0, CLOCK_BOOTTIME);
    tell_gettime("PROCESS_CPUTIME", 0, CLOCK_PROCESS_CPUTIME_ID);
    tell_file("/proc/uptime", "/proc/uptime");
    tell_file("RTC", "/sys/class/rtc/rtc0/since_epoch");
    tell_perf("perf-cycles", &cycles_fd, PERF_COUNT_HW_CPU_CYCLES);
    tell_perf("perf-instructions", &instructions_fd, PERF_COUNT_HW_INSTRUCTIONS);
    for (int cpu = 0; cpu < cpus; cpu++) {
        if (!go_to(cpu))
            continue;
        tell_counters(cpu);
        if (cpu > 0)
            tell_gettime("MONOTONIC", cpu, CLOCK_MONOTONIC);
    }
    go_to(0);
}

/* --- load --- */

static void result(const char *name, int64_t value)
{
    fprintf(out, "%s result %s %" PRId64 "\n", id, name, value);
}

static int64_t now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void sleep_until(int64_t ns)
{
    struct timespec ts = {ns / NS_PER_S, ns % NS_PER_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
        ;
}

static void jitter(int64_t period, int64_t count)
{
    int64_t next = now(), low = INT64_MAX, high = 0, sum = 0;

    for (int64_t i = 0; i < count; i++) {
        int64_t late;

        next += period;
        sleep_until(next);
        late = now() - next;
        low = late < low ? late : low;
        high = late > high ? late : high;
        sum += late;
    }
    result("late_min_ns", low);
    result("late_mean_ns", count > 0 ? sum / count : 0);
    result("late_max_ns", high);
}

static bool walk(size_t bytes)
{
    volatile uint8_t *memory = malloc(bytes);

    if (!memory)
        return false;
    for (size_t i = 0; i < bytes; i += LINE)
        memory[i] = (uint8_t)i;
    for (size_t i = bytes; i >= LINE; i -= LINE)
        memory[i - LINE]++;
    free((void *)memory);
    return true;
}

/* --- requests --- */

typedef struct {
    const char *name;
    int numbers; /* numbers that the work needs; the CPU may follow */
} Work;

static const Work works[] = {{"spin", 1}, {"sleep", 1}, {"jitter", 2}, {"walk", 1}};

static const char *carry_out(const char *name, const long long *n)
{
    int64_t began = now();

    if (strcmp(name, "spin") == 0)
        spin((uint64_t)n[0]);
    else if (strcmp(name, "sleep") == 0)
        sleep_until(began + n[0]);
    else if (strcmp(name, "jitter") == 0)
        jitter(n[0], n[1]);
    else if (!walk((size_t)n[0]))
        return "not so much memory";
    result("took_ns", now() - began);
    return NULL;
}

static const char *do_work(const char *line)
{
    char name[16];
    long long n[3] = {0};
    char *end = (char *)line + strcspn(line, " ");
    int given = 0;

    snprintf(name, sizeof(name), "%.*s", (int)(end - line), line);
    while (*end == ' ' && given < 3) {
        char *word = end + 1;

        n[given] = strtoll(word, &end, 10);
        given += end != word;
    }

    for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        int needs = works[i].numbers;

        if (strcmp(works[i].name, name) != 0)
            continue;
        if (*end || given < needs || n[0] <= 0 || (needs == 2 && n[1] <= 0))
            return "positive numbers are missing: spin INSNS, sleep NS, jitter NS COUNT, walk "
                   "BYTES";
        if (given > needs && !go_to((int)n[needs]))
            return "no such CPU";
        return carry_out(name, n);
    }
    return "unknown: clocks, spin, sleep, jitter, walk";
}

static void answer(const char *line)
{
    char rest[128] = "";
    const char *error = NULL;

    if (sscanf(line, "%23s %127[^\n]", id, rest) != 2)
        error = "ID REQUEST is expected";
    else if (strcmp(rest, "clocks") == 0)
        tell_clocks();
    else
        error = do_work(rest);
    if (error)
        fprintf(out, "%s error %s\n", id, error);
    else
        fprintf(out, "%s end\n", id);
    fflush(out);
}

/* Opens the device of the port; -1: no such port. */
static int open_port(void)
{
    glob_t found;
    int fd = -1;

    if (glob("/sys/class/virtio-ports/*/name", 0, NULL, &found) != 0)
        return -1;
    for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
        char name[64] = "", path[64], port[32];
        FILE *file = fopen(found.gl_pathv[i], "re");

        if (file && fgets(name, sizeof(name), file) && strncmp(name, PORT, sizeof(PORT) - 1) == 0 &&
            sscanf(found.gl_pathv[i], "/sys/class/virtio-ports/%31[^/]", port) == 1) {
            snprintf(path, sizeof(path), "/dev/%s", port);
            fd = open(path, O_RDWR | O_CLOEXEC);
        }
        if (file)
            fclose(file);
    }
    globfree(&found);
    return fd;
}

static int serve(void)
{
    char line[256];
    size_t used = 0;
    int fd = open_port();

    if (fd < 0) {
        fprintf(stderr, "agent: there is no virtio port '%s'\n", PORT);
        return 1;
    }
    out = fdopen(fd, "w");
    if (!out) {
        perror("agent: " PORT);
        return 1;
    }
    for (;;) {
        ssize_t n = read(fd, line + used, 1);

        if (n <= 0) /* no program at the other end */
            sleep_until(now() + NS_PER_S / 10);
        else if (line[used] == '\n' || used == sizeof(line) - 2) {
            line[used + 1] = '\0';
            answer(line);
            used = 0;
        } else {
            used++;
        }
    }
}

int main(int argc, char **argv)
{
    char line[256] = "0";

    signal(SIGILL, on_sigill);
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    if (argc < 2) {
        fprintf(stderr, "usage: agent serve | clocks | spin INSNS [CPU] | sleep NS [CPU] | "
                        "jitter PERIOD_NS COUNT [CPU] | walk BYTES [CPU]\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), " %s", argv[i]);
    out = stdout;
    answer(line);
    return 0;
}
