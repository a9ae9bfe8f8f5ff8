/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-private.h: what the files of this library share about a client.
 *
 * transport.c owns the socket and decides which packet answers what; the other files only build
 * requests and read answers.
 */
#ifndef GDBSTUB_CLIENT_CLIENT_PRIVATE_H
#define GDBSTUB_CLIENT_CLIENT_PRIVATE_H

#include "gdbstub-client/gdbstub.h"
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

/* A moment on the host's monotonic clock in µs; negative: never. */
typedef struct {
    int64_t at_us, began_us;
} GdbDeadline;

/* What the next packet of the stub is to be taken for. */
typedef enum {
    EXPECT_NOTHING,  /* a stop reply is an unasked one */
    EXPECT_REPLY,    /* the answer of a request, which is no stop reply */
    EXPECT_HALT,     /* the answer of '?', which is one */
    EXPECT_STOP,     /* a resume is under way */
    EXPECT_ANY_STOP, /* no resume, but somebody waits for a stop all the same */
    EXPECT_MARK,     /* the answer of qC, by which gdb_resync() knows where it is */
} GdbExpect;

struct GdbClient {
    int fd;
    GError *broken;
    GdbDecoder *decoder;
    GString *out;     /* what is being sent */
    GString *request; /* the last frame sent, for a NAK */
    GString *reply;   /* the last answer */
    GString *told;    /* where the monitor's output goes; NULL: nowhere */
    GdbExpect expect;
    bool reply_ready;
    bool stop_ready; /* `stop` ends the last resume and was not fetched */
    GdbStop stop;
    bool greets;       /* the handshake is under way: whoever is there may be no stub */
    bool acks;         /* until QStartNoAckMode */
    bool ack_due;      /* something came that we did not acknowledge yet */
    bool awaiting_ack; /* of our last request */
    bool out_of_step;  /* a request timed out, its answer may still come */
    unsigned spin_us;  /* before a wait sleeps */
    unsigned resends;  /* of one frame, by either side */
    uint64_t unasked;
    size_t packet_size;
    bool description;  /* the stub has a target description */
    bool no_vcont;     /* the handshake found that the stub lacks it */
    bool thread_known; /* `thread` is what the stub's Hg is at */
    GdbThread thread;
    bool no_p, no_big_p; /* the stub lacks p, P */
    GdbTarget *target;
};

GdbDeadline gdb_deadline(int timeout_ms);

/* Sends a request that is answered by a stop reply some time. */
bool gdb_transport_resume(GdbClient *client, const char *request, GdbDeadline deadline,
                          GError **error);

/* Sends a request and waits for its answer, which is never NULL on success and the client's until
 * the next call. Exx and the empty answer are errors. */
const char *gdb_transport_call(GdbClient *client, const char *request, GdbDeadline deadline,
                               GError **error);

/* The same for a request whose answer is a stop reply, and for one whose answer is "OK". */
const char *gdb_transport_call_halt(GdbClient *client, const char *request, GdbDeadline deadline,
                                    GError **error);
bool gdb_transport_call_ok(GdbClient *client, const char *request, GdbDeadline deadline,
                           GError **error);

/* Sends bytes as they are, with the acknowledgement that is due before them. */
bool gdb_transport_raw(GdbClient *client, const char *bytes, GdbDeadline deadline, GError **error);

/* Reads until a reply, the stop of a resume, or the asked-for any stop is there. */
bool gdb_transport_wait(GdbClient *client, GdbDeadline deadline, GError **error);

/* True unless text is an error answer (Exx, E.text) or empty. */
bool gdb_reply_check(const char *text, const char *request, GError **error);

/* An answer that is well framed but not what was asked for: GDB_ERROR_REPLY. */
void gdb_reply_unexpected(GError **error, const char *request, const char *reply);

/* Makes `thread` the one that p, P, g and G are about; NULL leaves it. */
bool gdb_select_thread(GdbClient *client, const GdbThread *thread, GdbDeadline deadline,
                       GError **error);

#endif
