/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-private.h: the client's struct and the functions that the files of this library share.
 *
 * transport.c owns the socket and decides which packet answers which request. The other files only
 * build requests and read answers.
 */
#ifndef GDBSTUB_CLIENT_CLIENT_PRIVATE_H
#define GDBSTUB_CLIENT_CLIENT_PRIVATE_H

#include "gdbstub-client/gdbstub.h"
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

/* A deadline on the host's monotonic clock in µs. at_us negative: no deadline. began_us: start of
 * the wait. */
typedef struct {
    int64_t at_us, began_us;
} GdbDeadline;

/* Meaning of the stub's next packet. */
typedef enum {
    EXPECT_NOTHING,  /* a stop reply is an unrequested one */
    EXPECT_REPLY,    /* the answer of a request; no stop reply */
    EXPECT_HALT,     /* the answer of '?', a stop reply */
    EXPECT_STOP,     /* a resume is under way */
    EXPECT_ANY_STOP, /* no resume, but the caller waits for any stop */
    EXPECT_MARK,     /* the answer of qC, which ends a gdb_resync() */
} GdbExpect;

struct GdbClient {
    int fd;
    GError *broken;
    GdbDecoder *decoder;
    GString *out;     /* bytes to send */
    GString *request; /* the last frame sent, for a NAK */
    GString *reply;   /* the last answer */
    GString *told;    /* receives the monitor's output; NULL: output is dropped */
    GdbExpect expect;
    bool reply_ready;
    bool stop_ready; /* `stop` ended the last resume and was not fetched */
    GdbStop stop;
    bool greets;       /* handshake under way: the peer may be no stub */
    bool acks;         /* until QStartNoAckMode */
    bool ack_due;      /* input came that we did not acknowledge yet */
    bool awaiting_ack; /* our last request is not acknowledged yet */
    bool out_of_step;  /* a request timed out; its answer may still come */
    unsigned spin_us;  /* polling time before a wait sleeps */
    unsigned resends;  /* of one frame, in either direction */
    uint64_t unasked;
    size_t packet_size;
    bool description;  /* the stub has a target description */
    bool no_vcont;     /* the stub lacks vCont (found in the handshake) */
    bool thread_known; /* the stub's Hg selects `thread` */
    GdbThread thread;
    bool no_p, no_big_p; /* the stub lacks p, P */
    GdbTarget *target;
};

GdbDeadline gdb_deadline(int timeout_ms);

/* Sends a request whose answer is a stop reply at some later time. */
bool gdb_transport_resume(GdbClient *client, const char *request, GdbDeadline deadline,
                          GError **error);

/* Sends a request and waits for the answer. On success the answer is never NULL and belongs to the
 * client until the next call. Exx and the empty answer are errors. */
const char *gdb_transport_call(GdbClient *client, const char *request, GdbDeadline deadline,
                               GError **error);

/* The same for a request whose answer is a stop reply, and for a request whose answer is "OK". */
const char *gdb_transport_call_halt(GdbClient *client, const char *request, GdbDeadline deadline,
                                    GError **error);
bool gdb_transport_call_ok(GdbClient *client, const char *request, GdbDeadline deadline,
                           GError **error);

/* Sends bytes unchanged, after the acknowledgement that is due. */
bool gdb_transport_raw(GdbClient *client, const char *bytes, GdbDeadline deadline, GError **error);

/* Reads until a reply, the stop of a resume, or the awaited any stop is there. */
bool gdb_transport_wait(GdbClient *client, GdbDeadline deadline, GError **error);

/* Returns true unless `text` is an error answer (Exx, E.text) or empty. */
bool gdb_reply_check(const char *text, const char *request, GError **error);

/* Sets GDB_ERROR_REPLY for an answer that is well framed but does not fit the request. */
void gdb_reply_unexpected(GError **error, const char *request, const char *reply);

/* Selects `thread` for p, P, g and G. NULL keeps the selection. */
bool gdb_select_thread(GdbClient *client, const GdbThread *thread, GdbDeadline deadline,
                       GError **error);

#endif
