/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: the bytes of one packet from a gdb -> a typed request. Pure; for whoever plays the
 * stub.
 *
 * Only what is listed here has a kind of its own. Everything else is unknown, and the right answer
 * to it is the empty packet; nothing of its bytes is to reach QEMU.
 *
 * Source: gdb manual, appendix "Remote Serial Protocol", sections "Packets" and "General Query
 * Packets"; for qqemu: gdbstub.c (QEMU 7.2), gdbstub/gdbstub.c (8.0 and later).
 */
#ifndef GDBSTUB_CLIENT_REQUEST_H
#define GDBSTUB_CLIENT_REQUEST_H

#include "gdbstub-client/gdbstub.h"

typedef enum {
    GDB_REQUEST_UNKNOWN,         /* answer: the empty packet */
    GDB_REQUEST_MALFORMED,       /* of a known name, but it makes no sense; answer: E22 */
    GDB_REQUEST_HALT_REASON,     /* ? */
    GDB_REQUEST_RESUME,          /* vCont; c C s S: actions */
    GDB_REQUEST_READ_REGISTERS,  /* g */
    GDB_REQUEST_WRITE_REGISTERS, /* G: bytes */
    GDB_REQUEST_READ_REGISTER,   /* p: number */
    GDB_REQUEST_WRITE_REGISTER,  /* P: number, bytes */
    GDB_REQUEST_READ_MEMORY,     /* m: address, length */
    GDB_REQUEST_WRITE_MEMORY,    /* M, X: address, bytes */
    GDB_REQUEST_INSERT_POINT,    /* Z: point, address, length (its "kind") */
    GDB_REQUEST_REMOVE_POINT,    /* z: likewise */
    GDB_REQUEST_SELECT_GENERAL,  /* Hg: thread */
    GDB_REQUEST_SELECT_CONTROL,  /* Hc: thread */
    GDB_REQUEST_THREAD_ALIVE,    /* T: thread */
    GDB_REQUEST_THREADS_FIRST,   /* qfThreadInfo */
    GDB_REQUEST_THREADS_NEXT,    /* qsThreadInfo */
    GDB_REQUEST_THREAD_INFO,     /* qThreadExtraInfo: thread */
    GDB_REQUEST_CURRENT_THREAD,  /* qC */
    GDB_REQUEST_SUPPORTED,       /* qSupported: number is 1 with multiprocess+, else 0 */
    GDB_REQUEST_RESUME_QUERY,    /* vCont? */
    GDB_REQUEST_ATTACHED,        /* qAttached */
    GDB_REQUEST_READ_FEATURES,   /* qXfer:features:read: annex, address (the offset), length */
    GDB_REQUEST_STEP_BITS,       /* qqemu.sstepbits */
    GDB_REQUEST_GET_STEP,        /* qqemu.sstep */
    GDB_REQUEST_SET_STEP,        /* Qqemu.sstep: number */
    GDB_REQUEST_GET_PHYSICAL,    /* qqemu.PhyMemMode */
    GDB_REQUEST_SET_PHYSICAL,    /* Qqemu.PhyMemMode: number, 0 or 1 */
    GDB_REQUEST_MONITOR,         /* qRcmd: bytes are the text */
    GDB_REQUEST_NO_ACKS,         /* QStartNoAckMode */
    GDB_REQUEST_DETACH,          /* D */
    GDB_REQUEST_KILL,            /* vKill */
    GDB_REQUEST_END,             /* k; it has no answer */
} GdbRequestKind;

/* A signal that C and S carry is dropped: a machine takes none, and QEMU drops it too. */
typedef struct {
    bool step;        /* else continue */
    GdbThread thread; /* tid -1: all of the process; pid 0 or -1: of any process; tid 0: whichever
                         Hc has chosen */
} GdbAction;

typedef struct {
    GdbRequestKind kind;
    GdbThread thread; /* tid -1: all; 0: any; pid 0: of any process */
    uint64_t address, length;
    unsigned number;
    GdbPoint point;
    char *annex;       /* letters, digits and - _ . only */
    GByteArray *bytes; /* a NUL stands behind them, which its len does not count */
    GArray *actions;   /* GdbAction, one at least, leftmost first */
} GdbRequest;

/* data: a decoded packet, with a NUL behind its last byte. Fill it once, clear it once. */
void gdb_request_parse(GdbRequest *out, const char *data, size_t size);
void gdb_request_clear(GdbRequest *request);

/* The first of the threads (GdbThread) that an id means; NULL if there is none. */
const GdbThread *gdb_request_find(const GArray *threads, const GdbThread *id);

/* What a resume comes to. */
typedef enum {
    GDB_RESUME_ALL,      /* all threads continue */
    GDB_RESUME_STEP,     /* *stepped makes a step; the others continue, or stand */
    GDB_RESUME_STEP_ANY, /* a step, of whichever Hc has chosen */
    GDB_RESUME_UNKNOWN,  /* it names a thread that is not there */
    GDB_RESUME_PART,     /* some continue and some stand, or several step, or nothing moves */
} GdbResume;

/* The leftmost action that fits a thread is the thread's. *stepped is an index into threads. */
GdbResume gdb_request_resume(const GdbRequest *request, const GArray *threads, unsigned *stepped);

#endif
