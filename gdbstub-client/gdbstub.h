/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdbstub.h: a client for the gdb remote protocol as QEMU's gdbstub implements it, usable on its
 * own.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol" (RSP below). QEMU's implementation:
 * gdbstub.c (QEMU 7.2), gdbstub/gdbstub.c and gdbstub/system.c (8.0 and later).
 *
 * A client owns one connected stream socket and makes the socket non-blocking. A client is not
 * thread-safe: one thread drives the client at a time, and another thread may take the client over.
 * A client starts no thread, sleeps only in poll(2) and prints nothing.
 *
 * Timeouts are milliseconds of host time for the whole call. 0 checks without waiting, a negative
 * timeout waits without limit. A call that fails leaves its outputs untouched.
 *
 * Errors: any call may fail with
 *   GDB_ERROR_DISCONNECTED, GDB_ERROR_PROTOCOL   the connection is over. Both stick: every later
 *                                                call returns the same error again.
 *   GDB_ERROR_TIMEOUT      no answer in time. The connection stays good. A late answer is never
 *                          matched to another request: the next call first resynchronizes, see
 *                          gdb_resync().
 *   GDB_ERROR_REPLY        the stub answered Exx; the message quotes the answer.
 *   GDB_ERROR_UNSUPPORTED  the stub does not know the request.
 *   GDB_ERROR_ARGUMENT     the call makes no sense; nothing was sent. Most often the target runs.
 *
 * QEMU's behaviour that callers must know:
 * - Connecting stops the VM (gdb_chr_event()).
 * - While the VM runs, the first byte of any request stops the VM, and the request is lost
 *   (gdb_read_byte()). Send requests only while the VM is stopped; only gdb_interrupt() is for a
 *   running VM. The client does not see that other means (QMP `cont`) have started the VM.
 * - QEMU 7.2 and 8.0 send a stop reply at every stop of the VM, requested or not. QEMU 8.1 and
 *   later send a stop reply only after a resume or an interrupt. Unrequested stops are counted and
 *   dropped.
 * - A step of a vCPU that is powered off never ends: GDB_ERROR_TIMEOUT, then gdb_resync().
 */
#ifndef GDBSTUB_CLIENT_GDBSTUB_H
#define GDBSTUB_CLIENT_GDBSTUB_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define GDB_ERROR (gdb_error_quark())
GQuark gdb_error_quark(void);

typedef enum {
    GDB_ERROR_CONNECT,      /* the socket can't be reached */
    GDB_ERROR_PROTOCOL,     /* the peer sent something other than the gdb protocol; sticks */
    GDB_ERROR_DISCONNECTED, /* the peer closed the connection, or it broke; sticks */
    GDB_ERROR_TIMEOUT,      /* no answer within the time of the call */
    GDB_ERROR_REPLY,        /* the stub answered with an error, or with something unexpected */
    GDB_ERROR_UNSUPPORTED,  /* the stub does not know the request */
    GDB_ERROR_ARGUMENT,     /* wrong argument or wrong moment; nothing was sent */
} GdbError;

typedef struct GdbClient GdbClient;

/* One vCPU. QEMU: pid is the CPU cluster's number + 1, tid is the vCPU's index + 1. Without
 * multiprocess ids pid is 0. tid -1 means all threads of the process. */
typedef struct {
    int64_t pid;
    int64_t tid;
} GdbThread;

typedef enum {
    GDB_STOP_SIGNAL, /* S or T: the target is stopped */
    GDB_STOP_EXITED, /* W: QEMU ends; `code` is its exit status */
    GDB_STOP_KILLED, /* X: the target ended by signal `code` */
} GdbStopKind;

typedef enum {
    GDB_WATCH_NONE,
    GDB_WATCH_WRITE,  /* watch */
    GDB_WATCH_READ,   /* rwatch */
    GDB_WATCH_ACCESS, /* awatch */
} GdbWatch;

/* Signal numbers are gdb's own (RSP), not the host's. */
#define GDB_SIGNAL_INT  2 /* stopped by gdb_interrupt() or by QMP `stop` */
#define GDB_SIGNAL_TRAP 5 /* end of a step, a break- or watchpoint */
/* Signals that are reported to a gdb as the end of a process. */
#define GDB_SIGNAL_ABRT 6
#define GDB_SIGNAL_KILL 9
#define GDB_SIGNAL_ALRM 14

/* RSP "Stop Reply Packets". */
typedef struct {
    GdbStopKind kind;
    uint8_t code; /* signal or exit status */
    bool has_thread;
    GdbThread thread; /* the vCPU that stopped, if has_thread */
    GdbWatch watch;   /* the watchpoint that was hit, if any */
    uint64_t address; /* accessed address, guest-virtual, if watch */
} GdbStop;

/* --- connection --- */

/* Takes over a connected stream socket. Reads nothing from the socket yet. Never fails. */
GdbClient *gdb_client_new(int fd);

/* Connects to a unix socket and does the handshake. Tries again until timeout_ms is over, as long
 * as the socket does not exist yet or refuses. Error: GDB_ERROR_CONNECT, or an error of the
 * handshake. */
GdbClient *gdb_client_connect(const char *path, int timeout_ms, GError **error);
/* Connects only to a stub of the running process `pid`, so does not wait for a missing socket. If
 * the stub belongs to another process, its guest, which connecting has stopped, is resumed. */
GdbClient *gdb_client_connect_process(const char *path, pid_t pid, int timeout_ms, GError **error);

/* Closes the socket. Sends nothing, so a stopped VM stays stopped. NULL is allowed. */
void gdb_client_free(GdbClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbClient, gdb_client_free)

/* Returns the socket, to watch for input. The client owns the socket. */
int gdb_client_fd(const GdbClient *client);

/* Returns the sticky error of a broken connection, owned by the client, or NULL. */
const GError *gdb_client_broken(const GdbClient *client);

/* Sends qSupported (multiprocess+, vContSupported+, xmlRegisters), QStartNoAckMode if the stub
 * offers it (QEMU does not), and vCont?. */
bool gdb_client_handshake(GdbClient *client, int timeout_ms, GError **error);

/* Sets how long a wait polls the socket before the wait sleeps, in µs of host time. Default 0: no
 * polling. Polling saves a wake-up if QEMU has another CPU than the caller; on the same CPU polling
 * starves QEMU. */
void gdb_client_set_spin(GdbClient *client, unsigned us);

/* Returns the stub's PacketSize in bytes without framing; 400 until the handshake. */
size_t gdb_client_packet_size(const GdbClient *client);

/* Reports whether the stub describes its registers (qXfer:features:read); false until the
 * handshake. */
bool gdb_client_describes(const GdbClient *client);

/* Reports whether a resume was sent whose stop reply was not read off the socket yet. */
bool gdb_client_running(const GdbClient *client);

/* Returns the number of unrequested stops so far. */
uint64_t gdb_client_unasked_stops(const GdbClient *client);

/* Reads available input without waiting, and drops unrequested stops. Keeps the stop of a resume
 * for gdb_stop_wait(). Every request drains by itself. Sends nothing. */
bool gdb_drain(GdbClient *client, GError **error);

/*
 * Resynchronizes after a timeout: sends 0x03, then qC, and drops everything that comes before the
 * answer to qC. Stops a running VM and gives up an outstanding resume. Calls resynchronize by
 * themselves after a request timed out; after a stop that never came, the caller decides.
 */
bool gdb_resync(GdbClient *client, int timeout_ms, GError **error);

/* --- queries; the target must be stopped --- */

/* Sends '?'. QEMU removes all break- and watchpoints on this request (handle_target_halt()), and
 * always answers T05. */
bool gdb_query_halt_reason(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* Sends qfThreadInfo and qsThreadInfo. Returns GdbThread elements; the caller frees the array with
 * g_array_unref(). */
GArray *gdb_threads(GdbClient *client, int timeout_ms, GError **error);

/* Sends qThreadExtraInfo. Reports whether a vCPU is halted (WFI, HLT, or powered off). A step of a
 * halted vCPU does not end before something wakes the vCPU. GDB_ERROR_REPLY if the answer's text
 * contains neither state. */
bool gdb_thread_halted(GdbClient *client, const GdbThread *thread, bool *halted, int timeout_ms,
                       GError **error);

/* qqemu.sstep, qqemu.sstepbits: treatment of interrupts and timers during a step. QEMU's default is
 * all three flags: while stepping, interrupts are masked and the timers of QEMU_CLOCK_VIRTUAL are
 * held. */
#define GDB_SSTEP_ENABLE  1u
#define GDB_SSTEP_NOIRQ   2u
#define GDB_SSTEP_NOTIMER 4u
bool gdb_sstep_get(GdbClient *client, unsigned *flags, int timeout_ms, GError **error);
/* Reports the flags that this accelerator knows. */
bool gdb_sstep_bits(GdbClient *client, unsigned *flags, int timeout_ms, GError **error);
/* Sends Qqemu.sstep=0x…. GDB_ERROR_REPLY for flags that QEMU does not know. The setting outlives
 * the connection. */
bool gdb_sstep_set(GdbClient *client, unsigned flags, int timeout_ms, GError **error);

/* Sends Qqemu.PhyMemMode: memory calls then use guest-physical addresses. The setting outlives the
 * connection. In this mode QEMU reports no errors: reads of unmapped addresses give zeros, and
 * writes there vanish. */
bool gdb_phy_mem_mode_set(GdbClient *client, bool physical, int timeout_ms, GError **error);
bool gdb_phy_mem_mode_get(GdbClient *client, bool *physical, int timeout_ms, GError **error);

/* --- running; RSP "vCont" --- */

/*
 * Sends `actions`, such as "vCont;s:p1.1;c", and returns. gdb_stop_wait() delivers the stop. A stop
 * of the previous resume that was not fetched is dropped. QEMU may process a QMP command that is
 * sent after the resume before the resume: a `stop` then has no effect. The socket becomes readable
 * twice, for the '+' and for the stop. A caller that polls the socket calls gdb_stop_wait() with
 * timeout 0, and polls again after GDB_ERROR_TIMEOUT.
 */
bool gdb_resume(GdbClient *client, const char *actions, int timeout_ms, GError **error);

/* Sends vCont;s:THREAD (the other vCPUs stay stopped). thread NULL: a plain vCont;s, with which
 * QEMU under icount steps the vCPU whose turn it is. */
bool gdb_step_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/* Sends vCont;c or vCont;c:THREAD (the other vCPUs stay stopped). */
bool gdb_continue_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/*
 * Waits for the stop of the last resume. With no resume outstanding, waits for any stop, such as
 * the stop that a gdb_interrupt() causes in a VM started by QMP. `out` may be NULL.
 * GDB_ERROR_TIMEOUT changes nothing: the stop may still come, so call again. If the stub answers
 * the resume itself with an error, this call returns GDB_ERROR_REPLY or GDB_ERROR_UNSUPPORTED.
 */
bool gdb_stop_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* The same as gdb_stop_wait(); the name goes with gdb_step_send(). */
bool gdb_step_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error);

/* gdb_step_send() and gdb_step_wait() in one call. */
bool gdb_step(GdbClient *client, const GdbThread *thread, int timeout_ms, GdbStop *out,
              GError **error);

/* Called after each step. `done` counts the steps so far. false ends the run. Must not call the
 * client. */
typedef bool (*GdbStepFunc)(const GdbStop *stop, uint64_t done, void *data);

/*
 * Makes `count` steps, one at a time (QEMU can't accept a second request while it steps), with
 * timeout_ms for each step. Ends early, and returns true, when `func` returns false or when a stop
 * is not the plain end of a step (another signal, a watchpoint, an exit). *last is the last stop.
 * *done counts the stops with GDB_SIGNAL_TRAP, and is set on failure too: after GDB_ERROR_TIMEOUT
 * one more step is under way, and gdb_step_wait() continues the wait. func, last and done may be
 * NULL.
 */
bool gdb_step_many(GdbClient *client, const GdbThread *thread, uint64_t count, int timeout_ms,
                   GdbStepFunc func, void *data, GdbStop *last, uint64_t *done, GError **error);

/* Sends 0x03. QEMU stops a running VM on 0x03, and ignores the byte while the VM is stopped.
 * gdb_stop_wait() delivers the stop reply and must be the next call. */
bool gdb_interrupt(GdbClient *client, int timeout_ms, GError **error);

/* --- registers; the target must be stopped --- */

/* RSP "Target Description Format". */
typedef struct {
    char *name;       /* "x0", "rip", "PMCCNTR_EL0" */
    char *type;       /* "int64", "code_ptr", …; "int" if not given */
    char *feature;    /* "org.gnu.gdb.aarch64.core" */
    unsigned regnum;  /* differs between QEMU versions and CPU models; use the name */
    unsigned bitsize; /* 1 to 65536 */
} GdbRegister;

/*
 * Returns all registers in target.xml and the files it includes, in that order. The client reads
 * the description once and owns the array; the array is valid as long as the client. Names are
 * case-sensitive. QEMU's aarch64 system registers are those of system-registers.xml: registers with
 * raw state only (PMCCNTR_EL0, but no CNTVCT_EL0), some under their AArch32 name (SCTLR, VBAR).
 */
const GArray *gdb_register_list(GdbClient *client, int timeout_ms, GError **error);

/* Returns the <architecture> of the target description, such as "aarch64" or "i386:x86-64", or ""
 * if the description names none. The client owns the text. */
const char *gdb_architecture(GdbClient *client, int timeout_ms, GError **error);

/* Reports whether a register of the list is one that a debugger shows first: a register of the
 * architecture's core feature ("…core", "…cpu", "…m-profile", "…m-system", "…base") of at most 64 bits. If no
 * feature has such a name, the first feature of the description counts as the core feature. */
bool gdb_register_is_general(const GArray *list, const GdbRegister *reg);

/* Returns NULL and GDB_ERROR_ARGUMENT if no register has that name. The client owns the
 * register. */
const GdbRegister *gdb_register_find(GdbClient *client, const char *name, int timeout_ms,
                                     GError **error);

/*
 * Reads or writes one register of up to 64 bits as a number. Assumes a little-endian target
 * (aarch64, x86_64, riscv64). thread NULL: the vCPU that stopped last. Uses p and P (after Hg, when
 * the thread changes), or g and G if the stub lacks p and P.
 *
 * QEMU answers OK to a write that QEMU ignores: aarch64 system registers can't be written
 * (arm_gdb_set_sysreg()). So gdb_register_write() reads the register back and fails with
 * GDB_ERROR_REPLY if the value did not stay.
 */
bool gdb_register_read(GdbClient *client, const GdbThread *thread, const char *name,
                       uint64_t *value, int timeout_ms, GError **error);
bool gdb_register_write(GdbClient *client, const GdbThread *thread, const char *name,
                        uint64_t value, int timeout_ms, GError **error);

/* The same in target byte order and for any width; `size` must be (bitsize + 7) / 8. A write is not
 * read back. */
bool gdb_register_read_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                             uint8_t *bytes, size_t size, int timeout_ms, GError **error);
bool gdb_register_write_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                              const uint8_t *bytes, size_t size, int timeout_ms, GError **error);

/* --- memory and points; the target must be stopped --- */

/*
 * Sends m or M, in as many packets as PacketSize requires. Addresses are virtual in the current
 * vCPU's view, or physical (gdb_phy_mem_mode_set()). The error names the address of the part that
 * failed; the parts before were read into `bytes`, or written.
 */
bool gdb_memory_read(GdbClient *client, uint64_t address, uint8_t *bytes, size_t len,
                     int timeout_ms, GError **error);
bool gdb_memory_write(GdbClient *client, uint64_t address, const uint8_t *bytes, size_t len,
                      int timeout_ms, GError **error);

/* The type numbers of Z and z packets. */
typedef enum {
    GDB_POINT_SOFTWARE = 0, /* breakpoint; QEMU's TCG treats both breakpoint types */
    GDB_POINT_HARDWARE = 1, /* alike and does not change guest memory */
    GDB_POINT_WRITE = 2,
    GDB_POINT_READ = 3,
    GDB_POINT_ACCESS = 4,
} GdbPoint;

/* `kind` is the number of watched bytes, or the length of a breakpoint's instruction. A point is
 * valid for all vCPUs. Removal must give the same type, address and kind; QEMU answers E22 if no
 * such point exists. */
bool gdb_point_insert(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error);
bool gdb_point_remove(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error);

/* --- QEMU's monitor --- */

/*
 * qRcmd: executes one line of QEMU's human monitor (HMP) while the target is stopped. The text that
 * the command prints replaces `output`; most commands that succeed print nothing. This is the
 * fastest way to make QEMU do something: the stub reads a packet in one read, whereas QEMU reads
 * QMP byte by byte. A failure of the command shows only in `output` ("Error: …", "unknown command:
 * …"), not in the result.
 */
bool gdb_monitor(GdbClient *client, const char *line, GString *output, int timeout_ms,
                 GError **error);

/* --- forwarding for another gdb --- */

/* Selects `thread` for the following requests: memory and forwarded requests. Sends Hg only if the
 * stub's selection may have changed. */
bool gdb_thread_select(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error);

/*
 * Sends a request (without framing or escapes) and returns any answer in `reply`: Exx and the empty
 * answer are no errors here. Must not send H, because the client would not know of the change, nor
 * requests that are answered by a stop reply or not at all. A request longer than the stub's
 * PacketSize is GDB_ERROR_ARGUMENT: QEMU would drop such a request silently.
 */
bool gdb_forward(GdbClient *client, const char *request, size_t len, GString *reply, int timeout_ms,
                 GError **error);

/* --- ending a program soon --- */

/* Limits every wait for a stub from now on, in all clients and all threads, also the waits under
 * way: a wait ends limit_ms from now, or one second after the wait's begin if that is later. Waits
 * without a limit stay unlimited. limit_ms -1 lifts the limit again. Async-signal-safe. */
void gdb_hurry(int limit_ms);

G_END_DECLS

#endif
