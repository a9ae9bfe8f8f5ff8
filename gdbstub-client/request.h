/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: parses one packet from a gdb into a typed request. Pure. For a program that plays the
 * stub towards a gdb.
 *
 * Only the requests listed here have a kind of their own. Every other packet is unknown: the right
 * answer is the empty packet, and no byte of the packet may reach QEMU.
 *
 * Source: gdb manual, appendix "Remote Serial Protocol", sections "Packets" and "General Query
 * Packets"; for qqemu: gdbstub.c (QEMU 7.2), gdbstub/gdbstub.c (8.0 and later).
 */
#ifndef GDBSTUB_CLIENT_REQUEST_H
#define GDBSTUB_CLIENT_REQUEST_H

#include "gdbstub-client/gdbstub.h"

G_BEGIN_DECLS

typedef enum {
    GDB_REQUEST_UNKNOWN,         /* answer: the empty packet */
    GDB_REQUEST_MALFORMED,       /* known name with malformed arguments; answer: E22 */
    GDB_REQUEST_HALT_REASON,     /* ? */
    GDB_REQUEST_RESUME,          /* vCont; c C s S: actions */
    GDB_REQUEST_REVERSE_STEP,    /* bs */
    GDB_REQUEST_REVERSE_RESUME,  /* bc */
    GDB_REQUEST_READ_REGISTERS,  /* g */
    GDB_REQUEST_WRITE_REGISTERS, /* G: bytes */
    GDB_REQUEST_READ_REGISTER,   /* p: number */
    GDB_REQUEST_WRITE_REGISTER,  /* P: number, bytes */
    GDB_REQUEST_READ_MEMORY,     /* m: address, length */
    GDB_REQUEST_WRITE_MEMORY,    /* M, X: address, bytes */
    GDB_REQUEST_INSERT_POINT,    /* Z: point, address, length (its "kind") */
    GDB_REQUEST_REMOVE_POINT,    /* z: point, address, length */
    GDB_REQUEST_SELECT_GENERAL,  /* Hg: thread */
    GDB_REQUEST_SELECT_CONTROL,  /* Hc: thread */
    GDB_REQUEST_THREAD_ALIVE,    /* T: thread */
    GDB_REQUEST_THREADS_FIRST,   /* qfThreadInfo */
    GDB_REQUEST_THREADS_NEXT,    /* qsThreadInfo */
    GDB_REQUEST_THREAD_INFO,     /* qThreadExtraInfo: thread */
    GDB_REQUEST_CURRENT_THREAD,  /* qC */
    GDB_REQUEST_SUPPORTED,       /* qSupported: number has the GDB_OFFERS_ bits */
    GDB_REQUEST_RESUME_QUERY,    /* vCont? */
    GDB_REQUEST_ATTACHED,        /* qAttached: process */
    GDB_REQUEST_READ_FEATURES,   /* qXfer:features:read: annex, address (the offset), length */
    GDB_REQUEST_READ_THREADS,    /* qXfer:threads:read: address (the offset), length */
    GDB_REQUEST_STEP_BITS,       /* qqemu.sstepbits */
    GDB_REQUEST_GET_STEP,        /* qqemu.sstep */
    GDB_REQUEST_SET_STEP,        /* Qqemu.sstep: number */
    GDB_REQUEST_GET_PHYSICAL,    /* qqemu.PhyMemMode */
    GDB_REQUEST_SET_PHYSICAL,    /* Qqemu.PhyMemMode: number, 0 or 1 */
    GDB_REQUEST_MONITOR,         /* qRcmd: bytes are the text */
    GDB_REQUEST_NO_ACKS,         /* QStartNoAckMode */
    GDB_REQUEST_EXTENDED,        /* ! */
    GDB_REQUEST_ATTACH,          /* vAttach: process */
    GDB_REQUEST_DETACH,          /* D: process */
    GDB_REQUEST_KILL,            /* vKill: process */
    GDB_REQUEST_END,             /* k; has no answer */
} GdbRequestKind;

/* What a gdb says in qSupported that it understands. */
#define GDB_OFFERS_MULTIPROCESS 1u /* ids such as p1.2 */
#define GDB_OFFERS_SWBREAK      2u /* the reason "swbreak" in a stop reply, of a point of type 0 */
#define GDB_OFFERS_HWBREAK      4u /* the same, "hwbreak", type 1 */

/* One action of a resume. The signal of C and S is dropped: a machine accepts no signal, and QEMU
 * drops the signal too. */
typedef struct {
    bool step;        /* false: continue */
    GdbThread thread; /* tid -1: all of the process; tid 0: the thread selected by Hc; pid 0 or -1:
                       * any process */
} GdbAction;

typedef struct {
    GdbRequestKind kind;
    GdbThread thread; /* tid -1: all; tid 0: any; pid 0: any process */
    int64_t process;  /* 0: the packet names none */
    uint64_t address, length;
    unsigned number;
    GdbPoint point;
    char *annex;       /* letters, digits and - _ . only */
    GByteArray *bytes; /* a NUL follows; `len` does not count the NUL */
    GArray *actions;   /* GdbAction, at least one, leftmost first */
} GdbRequest;

/* Parses a decoded packet. data has a NUL behind its last byte. *out is always filled; clear each
 * filled request once. */
void gdb_request_parse(GdbRequest *out, const char *data, size_t size);
void gdb_request_clear(GdbRequest *request);

/* Returns the first of `threads` (GdbThread) that matches `id`, or NULL. */
const GdbThread *gdb_request_find(const GArray *threads, const GdbThread *id);

/* The combined effect of a resume's actions. */
typedef enum {
    GDB_RESUME_ALL,      /* all threads continue */
    GDB_RESUME_STEP,     /* *stepped makes one step; the others continue, or stay stopped */
    GDB_RESUME_STEP_ANY, /* one step of the thread selected by Hc */
    GDB_RESUME_ALONE,    /* *stepped continues, named by its own id; the others stay stopped. So a
                          * gdb that makes its steps by breakpoints goes past a breakpoint */
    GDB_RESUME_UNKNOWN,  /* an action names a thread that does not exist */
    GDB_RESUME_PART,     /* some continue and some stay stopped, several step, or none moves */
} GdbResume;

/* Whether an action of a resume applies to the thread. */
bool gdb_request_moves(const GdbRequest *request, const GdbThread *thread);

/* Combines the actions of a resume. The leftmost action that matches a thread applies to the
 * thread. *stepped is an index into `threads`. */
GdbResume gdb_request_resume(const GdbRequest *request, const GArray *threads, unsigned *stepped);

G_END_DECLS

#endif
