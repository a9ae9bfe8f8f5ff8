/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transport.c: the socket of a client, the acknowledgements, and the matching of packets to
 * requests.
 *
 * Invariants:
 * - The stub acknowledges a request before the stub handles the request. So a packet before that
 *   '+' answers something older: the packet is an unrequested stop, or stale. (Without acks, a stop
 *   reply that is not expected is unrequested.)
 * - Our own '+' goes out with the next request, never by itself. QEMU treats a byte that comes
 *   while the VM runs as "stop" unless QEMU's last packet is unacknowledged (gdb_read_byte()), and
 *   since 8.1 any byte cancels the stop reply of the resume under way. Sending '+' late also saves
 *   a wake-up per step. One '+' covers all packets before: QEMU remembers its last packet only.
 */
#include "gdbstub-client/client-private.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

/* Limit of resends of one frame before the connection counts as broken. */
#define MAX_RESENDS 8u
/* Limit in bytes. A stub sends no byte outside of frames; the limit is far more than a log line
 * that got into the stream. */
#define MAX_GARBAGE 4096u

GdbDeadline gdb_deadline(int timeout_ms)
{
    if (timeout_ms < 0) {
        return (GdbDeadline){-1, 0};
    }
    int64_t now = g_get_monotonic_time();
    return (GdbDeadline){now + (int64_t)timeout_ms * 1000, now};
}

#define HURRIED_US INT64_C(1000000) /* shortest limit of a wait after gdb_hurry() */
#define LOOK_MS    200              /* period at which a wait rereads hurried_until */

static atomic_llong hurried_until = INT64_MAX;

void gdb_hurry(int limit_ms)
{
    atomic_store(&hurried_until,
                 limit_ms < 0 ? INT64_MAX : g_get_monotonic_time() + (int64_t)limit_ms * 1000);
}

/* Milliseconds for poll(2), rounded up so that a wait does not spin through the last
 * millisecond. */
static int remaining_ms(GdbDeadline deadline)
{
    if (deadline.at_us < 0) {
        return -1;
    }
    int64_t at_us =
        MIN(deadline.at_us, MAX(atomic_load(&hurried_until), deadline.began_us + HURRIED_US));
    int64_t left = at_us - g_get_monotonic_time();
    return left <= 0 ? 0 : (int)MIN((left + 999) / 1000, G_MAXINT);
}

static bool fail_sticky(GdbClient *client, GError **error)
{
    g_propagate_error(error, g_error_copy(client->broken));
    return false;
}

static bool break_connection(GdbClient *client, GdbError code, const char *why, GError **error)
{
    if (!client->broken) {
        client->broken = g_error_new_literal(GDB_ERROR, (int)code, why);
    }
    return fail_sticky(client, error);
}

static bool break_errno(GdbClient *client, const char *what, int number, GError **error)
{
    g_autofree char *why = g_strdup_printf("gdbstub: %s: %s", what, g_strerror(number));

    return break_connection(client, GDB_ERROR_DISCONNECTED, why, error);
}

/* Waits for `events`; *ready is false when the time is over. */
static bool poll_fd(GdbClient *client, short events, GdbDeadline deadline, bool *ready,
                    GError **error)
{
    struct pollfd item = {.fd = client->fd, .events = events};
    int n, left;

    do {
        left = remaining_ms(deadline);
        n = poll(&item, 1, left < 0 ? -1 : MIN(left, LOOK_MS));
    } while ((n < 0 && errno == EINTR) || (n == 0 && left != 0));
    if (n < 0) {
        return break_errno(client, "poll", errno, error);
    }
    *ready = n > 0;
    return true;
}

static bool send_all(GdbClient *client, const char *bytes, size_t len, GdbDeadline deadline,
                     GError **error)
{
    size_t sent = 0;

    while (sent < len) {
        ssize_t n = send(client->fd, bytes + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        bool ready;

        if (n >= 0) {
            sent += (size_t)n;
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            return break_errno(client, "can't send", errno, error);
        }
        if (!poll_fd(client, POLLOUT, deadline, &ready, error)) {
            return false;
        }
        if (!ready && sent) {
            return break_connection(client, GDB_ERROR_PROTOCOL,
                                    "gdbstub: half a request was sent when the time was up", error);
        }
        if (!ready) {
            g_set_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT,
                        "gdbstub: the stub takes no request; does a stopped clock or a lock hold "
                        "QEMU?");
            return false;
        }
    }
    return true;
}

bool gdb_transport_raw(GdbClient *client, const char *bytes, GdbDeadline deadline, GError **error)
{
    if (client->broken) {
        return fail_sticky(client, error);
    }
    g_string_assign(client->out, client->acks && client->ack_due ? "+" : "");
    g_string_append(client->out, bytes);
    if (!send_all(client, client->out->str, client->out->len, deadline, error)) {
        return false;
    }
    client->ack_due = false;
    return true;
}

static bool send_request(GdbClient *client, const char *request, size_t len, GdbExpect expect,
                         GdbDeadline deadline, GError **error)
{
    g_string_truncate(client->request, 0);
    gdb_packet_append(client->request, request, len);
    if (!gdb_transport_raw(client, client->request->str, deadline, error)) {
        return false;
    }
    client->expect = expect;
    client->awaiting_ack = client->acks;
    client->resends = 0;
    client->reply_ready = false;
    return true;
}

/* Sends a frame again, at most MAX_RESENDS times. */
static bool resend(GdbClient *client, const char *bytes, size_t len, GError **error)
{
    if (++client->resends > MAX_RESENDS || !client->acks) {
        return break_connection(client, GDB_ERROR_PROTOCOL,
                                "gdbstub: packets arrive damaged, again and again", error);
    }
    return send_all(client, bytes, len, gdb_deadline(1000), error);
}

static void take_unasked(GdbClient *client, const GdbStop *stop)
{
    client->thread_known = false; /* QEMU's gdb_set_stop_cpu() moves Hg to the stopped vCPU */
    if (client->expect == EXPECT_ANY_STOP) {
        client->stop = *stop;
        client->stop_ready = true;
        client->expect = EXPECT_NOTHING;
        return;
    }
    client->unasked++;
}

static void take_reply(GdbClient *client, const GdbToken *token)
{
    g_string_truncate(client->reply, 0);
    g_string_append_len(client->reply, token->data, (gssize)token->len);
    client->reply_ready = true;
    client->expect = EXPECT_NOTHING;
}

static void take_output(GdbClient *client, const GdbToken *token)
{
    size_t digits = token->len - 1, size = digits / 2;
    g_autofree uint8_t *bytes = g_malloc(size + 1);

    if (client->told && gdb_hex_decode(token->data + 1, digits, bytes, size)) {
        g_string_append_len(client->told, (const char *)bytes, (gssize)size);
    }
}

/* Matches a packet to the request under way; drops a packet that answers nothing. */
static void take_packet(GdbClient *client, const GdbToken *token)
{
    GdbStop stop;
    bool is_stop = gdb_stop_parse(token->data, &stop);
    bool is_mark = g_str_has_prefix(token->data, "QC");

    client->ack_due = true;
    if (client->expect == EXPECT_MARK && is_mark) {
        take_reply(client, token);
        return;
    }
    bool wanted =
        !client->awaiting_ack && (client->expect == EXPECT_STOP || client->expect == EXPECT_HALT);
    if (is_stop && !wanted) {
        take_unasked(client, &stop);
        return;
    }
    if (client->awaiting_ack || is_mark) {
        return; /* "QC": late answer to an earlier gdb_resync() */
    }
    /* "Oxx" is monitor output of QEMU, but OK is an answer. */
    if (token->data[0] == 'O' && token->len > 1 && g_ascii_isxdigit(token->data[1])) {
        take_output(client, token);
        return;
    }
    if (client->expect == EXPECT_STOP && is_stop) {
        client->stop = stop;
        client->stop_ready = true;
        client->expect = EXPECT_NOTHING;
        client->thread_known = false;
    } else if (client->expect == EXPECT_REPLY || client->expect == EXPECT_HALT ||
               client->expect == EXPECT_STOP) {
        take_reply(client, token);
    }
}

static bool take_token(GdbClient *client, const GdbToken *token, GError **error)
{
    switch (token->kind) {
    case GDB_TOKEN_ACK:
        client->awaiting_ack = false;
        return true;
    case GDB_TOKEN_NAK:
        return !client->awaiting_ack ||
               resend(client, client->request->str, client->request->len, error);
    case GDB_TOKEN_PACKET:
        take_packet(client, token);
        return true;
    case GDB_TOKEN_BAD:
        return resend(client, "-", 1, error);
    case GDB_TOKEN_NOTIFICATION: /* non-stop mode only, which we never request */
    case GDB_TOKEN_INTERRUPT:
    case GDB_TOKEN_NONE:
        return true;
    }
    g_assert_not_reached();
}

static bool digest(GdbClient *client, const uint8_t *bytes, size_t len, GError **error)
{
    for (size_t used = 0; used < len;) {
        GdbToken token;

        used += gdb_decoder_push(client->decoder, bytes + used, len - used, &token);
        if (!take_token(client, &token, error)) {
            return false;
        }
    }
    if (client->greets && gdb_decoder_garbage(client->decoder) > 0) {
        return break_connection(client, GDB_ERROR_PROTOCOL,
                                "gdbstub: what comes is not the gdb protocol; is that the socket "
                                "of a monitor?",
                                error);
    }
    if (gdb_decoder_garbage(client->decoder) > MAX_GARBAGE) {
        return break_connection(client, GDB_ERROR_PROTOCOL,
                                "gdbstub: what comes is not the gdb protocol", error);
    }
    return true;
}

/* Reads once without waiting; *any is false when no input was there. */
static bool receive(GdbClient *client, bool *any, GError **error)
{
    uint8_t bytes[8192];
    ssize_t n;

    do {
        n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    *any = n > 0;
    if (n > 0) {
        return digest(client, bytes, (size_t)n, error);
    }
    if (n == 0) {
        return break_connection(client, GDB_ERROR_DISCONNECTED,
                                "gdbstub: QEMU closed the connection", error);
    }
    return errno == EAGAIN || break_errno(client, "can't receive", errno, error);
}

bool gdb_drain(GdbClient *client, GError **error)
{
    bool any = true;

    if (client->broken) {
        return fail_sticky(client, error);
    }
    while (any) {
        if (!receive(client, &any, error)) {
            return false;
        }
    }
    return true;
}

static void set_timeout(GdbClient *client, GError **error)
{
    uint64_t garbage = gdb_decoder_garbage(client->decoder);
    g_autofree char *extra = NULL;

    if (garbage) {
        extra = g_strdup_printf("; %" G_GUINT64_FORMAT " bytes came that are no packet", garbage);
    } else if (client->awaiting_ack) {
        extra = g_strdup(", not even a '+'; was the VM running, or QEMU held up?");
    }
    g_set_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT, "gdbstub: no answer to '%.*s' in time%s",
                (int)MIN(client->request->len, 40), client->request->str, extra ? extra : "");
}

void gdb_client_set_spin(GdbClient *client, unsigned us)
{
    client->spin_us = us;
}

/* Polls the socket for spin_us; *any is false when no input came. */
static bool spin(GdbClient *client, GdbDeadline deadline, bool *any, GError **error)
{
    int64_t end = g_get_monotonic_time() + client->spin_us;

    if (deadline.at_us >= 0) {
        end = MIN(end, deadline.at_us);
    }
    do {
        if (!receive(client, any, error)) {
            return false;
        }
    } while (!*any && g_get_monotonic_time() < end);
    return true;
}

static bool wait_more(GdbClient *client, GdbDeadline deadline, GError **error)
{
    bool ready = false, any = false;

    if (client->spin_us) {
        if (!spin(client, deadline, &any, error) || any) {
            return any;
        }
    }
    if (!poll_fd(client, POLLIN, deadline, &ready, error)) {
        return false;
    }
    if (!ready) {
        set_timeout(client, error);
        return false;
    }
    return receive(client, &any, error);
}

bool gdb_transport_wait(GdbClient *client, GdbDeadline deadline, GError **error)
{
    if (client->broken) {
        return fail_sticky(client, error);
    }
    while (!client->reply_ready && !client->stop_ready) {
        if (wait_more(client, deadline, error)) {
            continue;
        }
        if (!client->reply_ready && !client->stop_ready) {
            return false;
        }
        g_clear_error(error); /* the connection broke after the answer */
    }
    return true;
}

/* Sends a request whose answer comes at once, and waits for the answer. */
static bool exchange(GdbClient *client, const char *request, size_t len, GdbExpect expect,
                     GdbDeadline deadline, GError **error)
{
    /* The stop of a resume stays available after other requests. */
    GdbStop kept = client->stop;
    bool had_stop = client->stop_ready;

    client->stop_ready = false;
    bool sent = send_request(client, request, len, expect, deadline, error);
    bool good = sent && gdb_transport_wait(client, deadline, error);
    if (sent && !good) {
        client->expect = EXPECT_NOTHING;
        client->out_of_step = true;
    }
    client->reply_ready = false;
    client->stop = kept;
    client->stop_ready = had_stop;
    return good;
}

static bool resync(GdbClient *client, GdbDeadline deadline, GError **error)
{
    /* The 0x03 is for a running VM: a request alone would stop the VM too, but would get lost. */
    if (!gdb_transport_raw(client, "\003", deadline, error) ||
        !exchange(client, "qC", 2, EXPECT_MARK, deadline, error)) {
        client->out_of_step = true;
        return false;
    }
    client->out_of_step = false;
    client->awaiting_ack = false;
    client->thread_known = false;
    return true;
}

bool gdb_resync(GdbClient *client, int timeout_ms, GError **error)
{
    return resync(client, gdb_deadline(timeout_ms), error);
}

/* Meets the conditions of every request: an unbroken connection, no stale input, a stopped
 * target. */
static bool prepare(GdbClient *client, GdbDeadline deadline, GError **error)
{
    if (!gdb_drain(client, error)) {
        return false;
    }
    if (client->expect == EXPECT_STOP) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: the target runs; interrupt it, or wait for its stop, first");
        return false;
    }
    return !client->out_of_step || resync(client, deadline, error);
}

bool gdb_transport_resume(GdbClient *client, const char *request, GdbDeadline deadline,
                          GError **error)
{
    /* In a row of steps no stale input can be there, and the ack separates old from new anyway. */
    bool fresh = client->acks && client->expect == EXPECT_NOTHING && !client->out_of_step;

    if (!fresh && !prepare(client, deadline, error)) {
        return false;
    }
    client->stop_ready = false;
    return send_request(client, request, strlen(request), EXPECT_STOP, deadline, error);
}

static const char *call(GdbClient *client, const char *request, GdbExpect expect,
                        GdbDeadline deadline, GError **error)
{
    if (!prepare(client, deadline, error) ||
        !exchange(client, request, strlen(request), expect, deadline, error) ||
        !gdb_reply_check(client->reply->str, request, error)) {
        return NULL;
    }
    return client->reply->str;
}

const char *gdb_transport_call(GdbClient *client, const char *request, GdbDeadline deadline,
                               GError **error)
{
    return call(client, request, EXPECT_REPLY, deadline, error);
}

const char *gdb_transport_call_halt(GdbClient *client, const char *request, GdbDeadline deadline,
                                    GError **error)
{
    return call(client, request, EXPECT_HALT, deadline, error);
}

bool gdb_transport_call_ok(GdbClient *client, const char *request, GdbDeadline deadline,
                           GError **error)
{
    const char *reply = gdb_transport_call(client, request, deadline, error);

    if (!reply) {
        return false;
    }
    if (strcmp(reply, "OK") != 0) {
        gdb_reply_unexpected(error, request, reply);
        return false;
    }
    return true;
}

bool gdb_forward(GdbClient *client, const char *request, size_t len, GString *reply, int timeout_ms,
                 GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);

    if (len >= client->packet_size) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: a request of %zu bytes: the stub takes less than %zu", len,
                    client->packet_size);
        return false;
    }
    if (!prepare(client, deadline, error) ||
        !exchange(client, request, len, EXPECT_REPLY, deadline, error)) {
        return false;
    }
    g_string_truncate(reply, 0);
    g_string_append_len(reply, client->reply->str, (gssize)client->reply->len);
    return true;
}
