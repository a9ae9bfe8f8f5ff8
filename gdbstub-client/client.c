/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.c: creates and frees a client; the handshake and the small queries.
 *
 * Every function builds one request after the other, and sets its outputs only when all requests
 * succeeded.
 */
#include "gdbstub-client/client-private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Size that any stub accepts: RSP requires room for a g packet. */
#define DEFAULT_PACKET_SIZE 400u
/* Pause between tries while the socket is not there yet. */
#define CONNECT_RETRY_MS 10
#define LEAVE_MS         500 /* for another process's stub to report, and to read the detach */

/* G_DEFINE_QUARK is not used: its static variable is a race of threads that call first. */
GQuark gdb_error_quark(void)
{
    return g_quark_from_static_string("gdb-error-quark");
}

GdbClient *gdb_client_new(int fd)
{
    GdbClient *client = g_new0(GdbClient, 1);

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    client->fd = fd;
    client->decoder = gdb_decoder_new();
    client->out = g_string_new(NULL);
    client->request = g_string_new(NULL);
    client->reply = g_string_new(NULL);
    client->acks = true;
    client->packet_size = DEFAULT_PACKET_SIZE;
    return client;
}

void gdb_client_free(GdbClient *client)
{
    if (!client) {
        return;
    }
    close(client->fd);
    gdb_decoder_free(client->decoder);
    g_string_free(client->out, TRUE);
    g_string_free(client->request, TRUE);
    g_string_free(client->reply, TRUE);
    gdb_target_free(client->target);
    g_clear_error(&client->broken);
    g_free(client);
}

int gdb_client_fd(const GdbClient *client)
{
    return client->fd;
}

const GError *gdb_client_broken(const GdbClient *client)
{
    return client->broken;
}

size_t gdb_client_packet_size(const GdbClient *client)
{
    return client->packet_size;
}

bool gdb_client_describes(const GdbClient *client)
{
    return client->description;
}

bool gdb_client_running(const GdbClient *client)
{
    return client->expect == EXPECT_STOP;
}

uint64_t gdb_client_unasked_stops(const GdbClient *client)
{
    return client->unasked;
}

/* The next hexadecimal number of a request; *text moves behind it and what separates it. */
static uint64_t next_number(const char **text)
{
    char *end;
    uint64_t number = g_ascii_strtoull(*text, &end, 16);

    *text = *end ? end + 1 : end;
    return number;
}

/* What a request asks for, in words; free with g_free(). Packets: gdb's manual, "Packets". */
static char *asked_for(const char *request)
{
    const char *p = request[0] ? request + 1 : request;
    uint64_t first = next_number(&p), second = next_number(&p);
    const char *point = first < 2 ? "breakpoint" : "watchpoint";

    switch (request[0]) {
    case 'm':
        return g_strdup_printf("to read %" PRIu64 " bytes at 0x%" PRIx64
                               ": no memory can be read there",
                               second, first);
    case 'M':
        return g_strdup_printf("to write %" PRIu64 " bytes at 0x%" PRIx64
                               ": no memory can be written there",
                               second, first);
    case 'Z':
        return g_strdup_printf("a %s at 0x%" PRIx64, point, second);
    case 'z':
        return g_strdup_printf("to remove the %s at 0x%" PRIx64, point, second);
    case 'p':
        return g_strdup_printf("to read its register number %" PRIu64, first);
    case 'P':
        return g_strdup_printf("to write its register number %" PRIu64, first);
    default:
        return g_strdup_printf("the request '%.40s'", request);
    }
}

bool gdb_reply_check(const char *text, const char *request, GError **error)
{
    if (text[0] == '\0') {
        g_set_error(error, GDB_ERROR, GDB_ERROR_UNSUPPORTED,
                    "gdbstub: the stub does not know '%.40s'", request);
        return false;
    }
    /* Three characters can't be mistaken for hex data, which comes in pairs. */
    bool numbered =
        text[0] == 'E' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2]) && text[3] == '\0';
    if (numbered || g_str_has_prefix(text, "E.")) {
        g_autofree char *asked = asked_for(request);
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "gdbstub: QEMU refuses %s (%s)", asked,
                    text);
        return false;
    }
    return true;
}

void gdb_reply_unexpected(GError **error, const char *request, const char *reply)
{
    g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "gdbstub: odd answer to '%.40s': '%.60s'",
                request, reply);
}

/* Tries once; returns -1 and errno. A full backlog comes back as EAGAIN. */
static int connect_once(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Connects until the deadline. may_come: also waits for a socket that does not exist yet. */
static int connect_until(const char *path, bool may_come, GdbDeadline deadline, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: socket path '%s' is longer than %zu bytes", path,
                    sizeof(address.sun_path) - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    for (;;) {
        int fd = connect_once(&address);
        int why = errno;

        if (fd >= 0) {
            return fd;
        }
        bool again =
            why == EAGAIN || why == EINTR || (may_come && (why == ENOENT || why == ECONNREFUSED));
        if (!again || (deadline.at_us >= 0 && g_get_monotonic_time() >= deadline.at_us)) {
            g_set_error(error, GDB_ERROR, GDB_ERROR_CONNECT, "gdbstub: can't connect to '%s': %s",
                        path, g_strerror(why));
            return -1;
        }
        poll(NULL, 0, CONNECT_RETRY_MS);
    }
}

static bool handshake(GdbClient *client, GdbDeadline deadline, GError **error);

/* Resumes the guest of another process's stub. The stub reports a stop only if the guest ran; a
 * guest that was stopped before stays stopped. */
static void leave(int fd)
{
    static const char detach[] = "+$D;1#b0";
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char said[64];

    if (poll(&p, 1, LEAVE_MS) == 1 && recv(fd, said, sizeof(said), MSG_DONTWAIT) > 0 &&
        said[0] == '$' && send(fd, detach, strlen(detach), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        poll(&p, 1, LEAVE_MS); /* the stub may drop bytes unread at our close */
}

static bool is_of_process(int fd, const char *path, pid_t pid, GError **error)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid == pid) {
        return true;
    }
    g_set_error(error, GDB_ERROR, GDB_ERROR_CONNECT,
                "gdbstub: '%s' is of process %d, not of the QEMU with the monitor, process %d",
                path, (int)peer.pid, (int)pid);
    return false;
}

GdbClient *gdb_client_connect_process(const char *path, pid_t pid, int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    int fd = connect_until(path, pid == 0, deadline, error);

    if (fd < 0) {
        return NULL;
    }
    if (pid > 0 && !is_of_process(fd, path, pid, error)) {
        leave(fd);
        close(fd);
        return NULL;
    }
    g_autoptr(GdbClient) client = gdb_client_new(fd);
    if (handshake(client, deadline, error)) {
        return g_steal_pointer(&client);
    }
    g_prefix_error(error, "'%s': ", path);
    return NULL;
}

GdbClient *gdb_client_connect(const char *path, int timeout_ms, GError **error)
{
    return gdb_client_connect_process(path, 0, timeout_ms, error);
}

static void take_features(GdbClient *client, const char *reply, bool *no_acks)
{
    GdbFeatures features = gdb_features_parse(reply);

    if (features.packet_size) {
        client->packet_size = features.packet_size;
    }
    client->description = features.description;
    *no_acks = features.no_acks;
}

static bool greet(GdbClient *client, GdbDeadline deadline, GError **error)
{
    g_autoptr(GError) cause = NULL;
    bool no_ack = false;
    const char *reply = gdb_transport_call(
        client, "qSupported:multiprocess+;vContSupported+;xmlRegisters=i386,arm", deadline, error);

    if (!reply) {
        return false;
    }
    take_features(client, reply, &no_ack);
    if (no_ack) {
        if (!gdb_transport_call_ok(client, "QStartNoAckMode", deadline, error)) {
            return false;
        }
        /* The OK itself is still acknowledged. The '+' must go out before acks end on our side. */
        if (!gdb_transport_raw(client, "", deadline, error)) {
            return false;
        }
        client->acks = false;
    }
    reply = gdb_transport_call(client, "vCont?", deadline, &cause);
    if (reply) {
        client->no_vcont = !g_str_has_prefix(reply, "vCont");
    } else if (!g_error_matches(cause, GDB_ERROR, GDB_ERROR_UNSUPPORTED)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    } else {
        client->no_vcont = true;
    }
    return true;
}

static bool handshake(GdbClient *client, GdbDeadline deadline, GError **error)
{
    client->greets = true;
    bool good = greet(client, deadline, error);
    client->greets = false;
    return good;
}

bool gdb_client_handshake(GdbClient *client, int timeout_ms, GError **error)
{
    return handshake(client, gdb_deadline(timeout_ms), error);
}

bool gdb_query_halt_reason(GdbClient *client, GdbStop *out, int timeout_ms, GError **error)
{
    const char *reply = gdb_transport_call_halt(client, "?", gdb_deadline(timeout_ms), error);

    if (!reply) {
        return false;
    }
    if (!gdb_stop_parse(reply, out)) {
        gdb_reply_unexpected(error, "?", reply);
        return false;
    }
    return true;
}

GArray *gdb_threads(GdbClient *client, int timeout_ms, GError **error)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(GdbThread));
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    const char *request = "qfThreadInfo";

    for (;;) {
        const char *reply = gdb_transport_call(client, request, deadline, error);

        if (!reply) {
            return NULL;
        }
        if (strcmp(reply, "l") == 0) {
            return g_steal_pointer(&threads);
        }
        if (!gdb_threads_parse(reply, threads)) {
            gdb_reply_unexpected(error, request, reply);
            return NULL;
        }
        request = "qsThreadInfo";
    }
}

/* The answer is hex of "CPU#0 [running]" or "Cortex-A57 cpu0 [halted ]". */
bool gdb_thread_halted(GdbClient *client, const GdbThread *thread, bool *halted, int timeout_ms,
                       GError **error)
{
    g_autofree char *id = gdb_thread_format(thread);
    g_autofree char *request = g_strconcat("qThreadExtraInfo,", id, NULL);
    const char *reply = gdb_transport_call(client, request, gdb_deadline(timeout_ms), error);

    if (!reply) {
        return false;
    }
    size_t len = strlen(reply) / 2;
    g_autofree char *text = g_malloc0(len + 1);
    bool decoded = gdb_hex_decode(reply, client->reply->len, (uint8_t *)text, len);
    bool is_halted = decoded && strstr(text, "[halted");
    if (!is_halted && !(decoded && strstr(text, "[running"))) {
        gdb_reply_unexpected(error, request, decoded ? text : reply);
        return false;
    }
    *halted = is_halted;
    return true;
}

/* Parses "0x7" or "1"; both are hex. */
static bool parse_flags(const char *text, unsigned *out)
{
    guint64 value;

    text += g_str_has_prefix(text, "0x") ? 2 : 0;
    if (!g_ascii_string_to_unsigned(text, 16, 0, G_MAXUINT32, &value, NULL)) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

bool gdb_sstep_get(GdbClient *client, unsigned *flags, int timeout_ms, GError **error)
{
    const char *reply = gdb_transport_call(client, "qqemu.sstep", gdb_deadline(timeout_ms), error);

    if (reply && !parse_flags(reply, flags)) {
        gdb_reply_unexpected(error, "qqemu.sstep", reply);
        return false;
    }
    return reply != NULL;
}

/* "ENABLE=1,NOIRQ=2,NOTIMER=4" */
bool gdb_sstep_bits(GdbClient *client, unsigned *flags, int timeout_ms, GError **error)
{
    static const char request[] = "qqemu.sstepbits";
    const char *reply = gdb_transport_call(client, request, gdb_deadline(timeout_ms), error);
    unsigned all = 0;

    if (!reply) {
        return false;
    }
    g_auto(GStrv) items = g_strsplit(reply, ",", -1);
    for (char **item = items; *item; item++) {
        const char *value = strchr(*item, '=');
        unsigned bit;

        if (!value || !parse_flags(value + 1, &bit)) {
            gdb_reply_unexpected(error, request, reply);
            return false;
        }
        all |= bit;
    }
    *flags = all;
    return true;
}

bool gdb_sstep_set(GdbClient *client, unsigned flags, int timeout_ms, GError **error)
{
    g_autofree char *request = g_strdup_printf("Qqemu.sstep=0x%x", flags);

    return gdb_transport_call_ok(client, request, gdb_deadline(timeout_ms), error);
}

bool gdb_phy_mem_mode_set(GdbClient *client, bool physical, int timeout_ms, GError **error)
{
    const char *request = physical ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0";

    return gdb_transport_call_ok(client, request, gdb_deadline(timeout_ms), error);
}

bool gdb_phy_mem_mode_get(GdbClient *client, bool *physical, int timeout_ms, GError **error)
{
    static const char request[] = "qqemu.PhyMemMode";
    const char *reply = gdb_transport_call(client, request, gdb_deadline(timeout_ms), error);
    unsigned value;

    if (!reply) {
        return false;
    }
    if (!parse_flags(reply, &value)) {
        gdb_reply_unexpected(error, request, reply);
        return false;
    }
    *physical = value != 0;
    return true;
}
