/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdbstub.h: a client for the gdb remote protocol as QEMU's gdbstub speaks it, usable on its own.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol" (RSP below); what QEMU makes of it:
 * gdbstub.c (QEMU 7.2), gdbstub/gdbstub.c and gdbstub/system.c (8.0 and later).
 *
 * A client owns one connected stream socket, which it makes non-blocking. It is driven by whoever
 * owns it at the moment and is not thread-safe. It starts no thread, sleeps nowhere but in poll(2)
 * and prints nothing.
 *
 * Timeouts are milliseconds of host time for the whole call; 0 asks without waiting, a negative
 * one waits without limit. On failure outputs are untouched.
 *
 * Errors: any call may fail with
 *   GDB_ERROR_DISCONNECTED, GDB_ERROR_PROTOCOL   the connection is over. These stick: every later
 *                                                call returns the same error again.
 *   GDB_ERROR_TIMEOUT      no answer in time. The connection stays good; an answer that comes
 *                          later is never taken for the answer of another request (the next call
 *                          first gets into step again, see gdb_resync()).
 *   GDB_ERROR_REPLY        the stub answered Exx; the message quotes it.
 *   GDB_ERROR_UNSUPPORTED  the stub does not know the request.
 *   GDB_ERROR_ARGUMENT     the call makes no sense, nothing was sent; above all: the target runs.
 *
 * How QEMU behaves, and what callers must know:
 * - Connecting stops the VM (gdb_chr_event()).
 * - While the VM runs, the first byte of any request stops it and the request is lost
 *   (gdb_read_byte()). Send requests only while the VM stands; only gdb_interrupt() is for a
 *   running one. A VM that was set running by other means (QMP `cont`) is invisible here.
 * - QEMU 7.2 and 8.0 send a stop reply whenever the VM stops, asked or not; from 8.1 on only after
 *   a resume or an interrupt. Stops that nobody asked for are counted and dropped.
 * - A step of a vCPU that is powered off never ends: GDB_ERROR_TIMEOUT, then gdb_resync().
 */
#ifndef GDBSTUB_CLIENT_GDBSTUB_H
#define GDBSTUB_CLIENT_GDBSTUB_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GDB_ERROR (gdb_error_quark())
GQuark gdb_error_quark(void);

typedef enum {
    GDB_ERROR_CONNECT,      /* the socket can't be reached */
    GDB_ERROR_PROTOCOL,     /* what came is not the gdb protocol; sticks */
    GDB_ERROR_DISCONNECTED, /* the peer closed the connection, or it broke; sticks */
    GDB_ERROR_TIMEOUT,      /* no answer within the call's time */
    GDB_ERROR_REPLY,        /* the stub answered with an error, or not with what was asked for */
    GDB_ERROR_UNSUPPORTED,  /* the stub does not know the request */
    GDB_ERROR_ARGUMENT,     /* wrong argument or wrong moment; nothing was sent */
} GdbError;

typedef struct GdbClient GdbClient;

/* A vCPU. QEMU: pid is the CPU cluster's number + 1, tid is the vCPU's index + 1. Without
 * multiprocess ids pid is 0. A tid of -1 means all of the process. */
typedef struct {
    int64_t pid;
    int64_t tid;
} GdbThread;

typedef enum {
    GDB_STOP_SIGNAL, /* S or T: the target stands */
    GDB_STOP_EXITED, /* W: QEMU ends, code is its exit status */
    GDB_STOP_KILLED, /* X: ended by signal `code` */
} GdbStopKind;

typedef enum {
    GDB_WATCH_NONE,
    GDB_WATCH_WRITE,  /* watch */
    GDB_WATCH_READ,   /* rwatch */
    GDB_WATCH_ACCESS, /* awatch */
} GdbWatch;

/* Signal numbers are gdb's own (RSP), not the host's. */
#define GDB_SIGNAL_INT  2 /* stopped by gdb_interrupt() or by QMP `stop` */
#define GDB_SIGNAL_TRAP 5 /* a step's end, a break- or watchpoint */
/* What a process ended by, told to a gdb. */
#define GDB_SIGNAL_ABRT 6
#define GDB_SIGNAL_KILL 9
#define GDB_SIGNAL_ALRM 14

/* RSP "Stop Reply Packets". */
typedef struct {
    GdbStopKind kind;
    uint8_t code; /* signal or exit status */
    bool has_thread;
    GdbThread thread; /* who stopped, if has_thread */
    GdbWatch watch;   /* the watchpoint that was hit, if any */
    uint64_t address; /* what was accessed, guest-virtual, if watch */
} GdbStop;

/* --- connection --- */

/* Takes over a connected stream socket; does not read from it yet. Never fails. */
GdbClient *gdb_client_new(int fd);

/* Connects to a unix socket and shakes hands; tries again until the time is up while the socket
 * does not exist yet or refuses. GDB_ERROR_CONNECT, or an error of the handshake. */
GdbClient *gdb_client_connect(const char *path, int timeout_ms, GError **error);
/* Only to a stub of the process pid, which runs already: a socket that is not there is not waited
 * for. Another's guest, which connecting has stopped, is let go on. */
GdbClient *gdb_client_connect_process(const char *path, pid_t pid, int timeout_ms, GError **error);

/* Closes the socket; sends nothing, so a stopped VM stays stopped. NULL is allowed. */
void gdb_client_free(GdbClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbClient, gdb_client_free)

/* The socket, to watch for input; the client's. */
int gdb_client_fd(const GdbClient *client);

/* The sticky error of a broken connection, or NULL. */
const GError *gdb_client_broken(const GdbClient *client);

/* qSupported (multiprocess+, vContSupported+, xmlRegisters), QStartNoAckMode if offered (QEMU does
 * not), vCont?. */
bool gdb_client_handshake(GdbClient *client, int timeout_ms, GError **error);

/* How long a wait asks the socket again and again before it sleeps, in µs; 0, the default: not at
 * all. It saves a wake-up, if QEMU has another CPU than the caller; on the same CPU it starves it.
 */
void gdb_client_set_spin(GdbClient *client, unsigned us);

/* PacketSize of the stub in bytes without framing; 400 until the handshake. */
size_t gdb_client_packet_size(const GdbClient *client);

/* Whether the stub describes its registers (qXfer:features:read); false until the handshake. */
bool gdb_client_describes(const GdbClient *client);

/* A resume was sent and its stop reply was not read off the socket yet. */
bool gdb_client_running(const GdbClient *client);

/* How many stops came that nobody asked for. */
uint64_t gdb_client_unasked_stops(const GdbClient *client);

/* Reads what is there without waiting, and drops stops that nobody asked for. The stop of a resume
 * is kept for gdb_stop_wait(). Every request does this by itself. Sends nothing. */
bool gdb_drain(GdbClient *client, GError **error);

/*
 * Gets into step again after a timeout: 0x03, then qC, and drops all that comes before its answer.
 * Stops the VM if it runs and gives up an outstanding resume. Calls do this by themselves after a
 * request timed out; after a stop that never came, the caller decides.
 */
bool gdb_resync(GdbClient *client, int timeout_ms, GError **error);

/* --- queries; the target must stand --- */

/* '?'. QEMU removes all break- and watchpoints when asked (handle_target_halt()), and always
 * answers T05. */
bool gdb_query_halt_reason(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* qfThreadInfo, qsThreadInfo; GdbThread elements, free with g_array_unref(). */
GArray *gdb_threads(GdbClient *client, int timeout_ms, GError **error);

/* qThreadExtraInfo: whether a vCPU is halted (WFI, HLT, or without power); a step of it would not
 * end before something wakes it. GDB_ERROR_REPLY if the text says neither. */
bool gdb_thread_halted(GdbClient *client, const GdbThread *thread, bool *halted, int timeout_ms,
                       GError **error);

/* qqemu.sstep, qqemu.sstepbits: how steps treat interrupts and timers. QEMU's default is all
 * three: interrupts masked and QEMU_CLOCK_VIRTUAL's timers held while stepping. */
#define GDB_SSTEP_ENABLE  1u
#define GDB_SSTEP_NOIRQ   2u
#define GDB_SSTEP_NOTIMER 4u
bool gdb_sstep_get(GdbClient *client, unsigned *flags, int timeout_ms, GError **error);
/* The flags this accelerator knows. */
bool gdb_sstep_bits(GdbClient *client, unsigned *flags, int timeout_ms, GError **error);
/* Qqemu.sstep=0x… GDB_ERROR_REPLY for flags that QEMU does not know. Outlives the connection. */
bool gdb_sstep_set(GdbClient *client, unsigned flags, int timeout_ms, GError **error);

/* Qqemu.PhyMemMode: memory calls take guest-physical addresses. Outlives the connection. QEMU
 * reports no errors then: reads where nothing is give zeros, writes there vanish. */
bool gdb_phy_mem_mode_set(GdbClient *client, bool physical, int timeout_ms, GError **error);
bool gdb_phy_mem_mode_get(GdbClient *client, bool *physical, int timeout_ms, GError **error);

/* --- running; RSP "vCont" --- */

/*
 * Sends `actions`, such as "vCont;s:p1.1;c", and returns; its stop comes through gdb_stop_wait().
 * A stop of the resume before that was not fetched is dropped. QEMU may see a QMP command that is
 * sent afterwards first: a `stop` then does nothing. The socket becomes readable twice, for the
 * '+' and for the stop; who polls it calls gdb_stop_wait() with timeout 0 and polls on after
 * GDB_ERROR_TIMEOUT.
 */
bool gdb_resume(GdbClient *client, const char *actions, int timeout_ms, GError **error);

/* vCont;s or vCont;s:THREAD (the others stand still). thread NULL: a plain vCont;s, with which
 * QEMU under icount steps the vCPU whose turn it is. */
bool gdb_step_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/* vCont;c or vCont;c:THREAD (the others stand still). */
bool gdb_continue_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/*
 * Waits for the stop of the last resume; with no resume outstanding, for any stop (that of a
 * gdb_interrupt() of a VM that QMP set running). out may be NULL. GDB_ERROR_TIMEOUT leaves
 * everything as it is: the stop may still come, call again. An error answer of the stub to the
 * resume itself comes from here as GDB_ERROR_REPLY or GDB_ERROR_UNSUPPORTED.
 */
bool gdb_stop_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* gdb_stop_wait() under the name that goes with gdb_step_send(). */
bool gdb_step_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* gdb_step_send() and gdb_step_wait(). */
bool gdb_step(GdbClient *client, const GdbThread *thread, int timeout_ms, GdbStop *out,
              GError **error);

/* Called after each step; false ends the run. Must not call the client. */
typedef bool (*GdbStepFunc)(const GdbStop *stop, uint64_t done, void *data);

/*
 * `count` steps, one at a time (QEMU can't take a second request while it steps), timeout_ms for
 * each. Ends early, and returns true, when func returns false or a stop is not the plain end of a
 * step (another signal, a watchpoint, an exit). *last is the last stop. *done, set on failure too,
 * counts the stops with GDB_SIGNAL_TRAP: after GDB_ERROR_TIMEOUT one more step is under way, and
 * gdb_step_wait() waits on. func, last and done may be NULL.
 */
bool gdb_step_many(GdbClient *client, const GdbThread *thread, uint64_t count, int timeout_ms,
                   GdbStepFunc func, void *data, GdbStop *last, uint64_t *done, GError **error);

/* Sends 0x03, which QEMU takes as "stop" while the VM runs and ignores while it stands. The stop
 * reply comes through gdb_stop_wait(), which must be the next call. */
bool gdb_interrupt(GdbClient *client, int timeout_ms, GError **error);

/* --- registers; the target must stand --- */

/* RSP "Target Description Format". */
typedef struct {
    char *name;       /* "x0", "rip", "PMCCNTR_EL0" */
    char *type;       /* "int64", "code_ptr", … ; "int" when not given */
    char *feature;    /* "org.gnu.gdb.aarch64.core" */
    unsigned regnum;  /* differs between QEMU versions and CPU models: go by name */
    unsigned bitsize; /* 1 to 65536 */
} GdbRegister;

/*
 * All registers in target.xml and the files it includes, in that order. The client's, read once;
 * valid as long as it lives. Names are case-sensitive. QEMU's aarch64 system registers are those
 * of system-registers.xml: what has raw state only (PMCCNTR_EL0, but no CNTVCT_EL0), some under
 * their AArch32 name (SCTLR, VBAR).
 */
const GArray *gdb_register_list(GdbClient *client, int timeout_ms, GError **error);

/* The <architecture> of the target description, such as "aarch64" or "i386:x86-64"; "" if it names
 * none. The client's. */
const char *gdb_architecture(GdbClient *client, int timeout_ms, GError **error);

/* Whether a register of the list is one that a debugger shows first: of the architecture's core
 * feature ("…core", "…cpu", "…m-profile", "…base"), or, where no feature is called so, of the one
 * that the description begins with; none wider than 64 bits. */
bool gdb_register_is_general(const GArray *list, const GdbRegister *reg);

/* NULL and GDB_ERROR_ARGUMENT if there is none of that name. The client's. */
const GdbRegister *gdb_register_find(GdbClient *client, const char *name, int timeout_ms,
                                     GError **error);

/*
 * One register up to 64 bits wide as a number; the target is taken as little-endian (aarch64,
 * x86_64, riscv64). thread NULL: the one that stopped last. Uses p and P (Hg before, when the
 * thread changes), g and G where the stub lacks them.
 *
 * QEMU answers OK to a write that it ignores: aarch64 system registers can't be written
 * (arm_gdb_set_sysreg()), so gdb_register_write() reads back and fails with GDB_ERROR_REPLY when
 * the value did not stay.
 */
bool gdb_register_read(GdbClient *client, const GdbThread *thread, const char *name,
                       uint64_t *value, int timeout_ms, GError **error);
bool gdb_register_write(GdbClient *client, const GdbThread *thread, const char *name,
                        uint64_t value, int timeout_ms, GError **error);

/* The same in target byte order and of any width; size must be (bitsize + 7) / 8. No read back. */
bool gdb_register_read_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                             uint8_t *bytes, size_t size, int timeout_ms, GError **error);
bool gdb_register_write_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                              const uint8_t *bytes, size_t size, int timeout_ms, GError **error);

/* --- memory and points; the target must stand --- */

/*
 * m and M, in as many packets as PacketSize asks for; addresses are virtual as the current vCPU
 * sees them, or physical (gdb_phy_mem_mode_set()). The error names the address of the part that
 * failed; parts before it were read into bytes, or written.
 */
bool gdb_memory_read(GdbClient *client, uint64_t address, uint8_t *bytes, size_t len,
                     int timeout_ms, GError **error);
bool gdb_memory_write(GdbClient *client, uint64_t address, const uint8_t *bytes, size_t len,
                      int timeout_ms, GError **error);

/* The numbers of Z and z packets. */
typedef enum {
    GDB_POINT_SOFTWARE = 0, /* breakpoint; QEMU's TCG treats both kinds alike, guest memory is */
    GDB_POINT_HARDWARE = 1, /* not changed */
    GDB_POINT_WRITE = 2,
    GDB_POINT_READ = 3,
    GDB_POINT_ACCESS = 4,
} GdbPoint;

/* kind: bytes watched, or the length of a breakpoint's instruction. They hold for all vCPUs.
 * Removal must name the same three; QEMU answers E22 if there is no such point. */
bool gdb_point_insert(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error);
bool gdb_point_remove(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error);

/* --- QEMU's monitor --- */

/*
 * qRcmd: one line of QEMU's human monitor (HMP), carried out while the target stands; what it prints
 * replaces `output`, which is empty for most commands that succeed. The stub takes a packet in one
 * read, where QMP is read byte by byte, so this is the fastest way to have QEMU do something. Whether
 * the command failed is in its output only ("Error: …", "unknown command: …"), not in the result.
 */
bool gdb_monitor(GdbClient *client, const char *line, GString *output, int timeout_ms,
                 GError **error);

/* --- for somebody else --- */

/* Makes `thread` the one that the requests after it are about: memory, and what is forwarded. It is
 * asked for again only where somebody may have changed it. */
bool gdb_thread_select(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/*
 * Sends a request (without framing or escapes) and fetches the answer, whatever it is: Exx and the
 * empty answer are no errors here. Not for H, whose answer the client would not know of, nor for
 * requests that are answered by a stop reply or not at all. A request that is longer than the
 * stub's PacketSize is GDB_ERROR_ARGUMENT: QEMU would drop it without a word.
 */
bool gdb_forward(GdbClient *client, const char *request, size_t len, GString *reply, int timeout_ms,
                 GError **error);

/* --- whoever wants to end --- */

/* From now on no wait for a stub lasts longer than limit_ms, or than a second where it begins later
 * than that; -1: as ever. For all clients, in all threads, also for waits under way; not for those
 * without a limit. Async-signal-safe. */
void gdb_hurry(int limit_ms);

#endif
