/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line-meet.c: listens, accepts, connects. Strangers cost a place among LINE_UNPROVED for a while:
 * if all are taken, the one that has said least, and of these the oldest, makes room.
 */
#include "controller/remote/line-meet.h"

#include "controller/base/fd.h"
#include "controller/base/vtime.h"
#include "controller/remote/message.h"

#include <errno.h>
#include <gio/gio.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS  200
#define AGAIN_MS 50 /* before another try to connect */
#define BACKLOG  64

/* As those of an ssh connection (ssh-host.c): the kernel gives up a little later than the protocol
 * (PROTOCOL_SILENT_MS), which has a better reason to tell. */
#define DEAD_MS   12000
#define IDLE_S    5
#define PROBE_S   2
#define MAX_PROBE 3

static int64_t ms_since(HTime start)
{
    return htime_sub(htime_now(), start).ns / NS_PER_MS;
}

static void set_options(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {{IPPROTO_TCP, TCP_NODELAY, 1},         {SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S},   {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S},
                   {IPPROTO_TCP, TCP_KEEPCNT, MAX_PROBE}, {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS}};

    /* Without them the connection works; the protocol's pulses notice a dead network, too. */
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
        setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                   sizeof(options[i].value));
}

/* --- addresses --- */

static struct addrinfo *look_up(const char *host, unsigned port, int flags, GError **error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    char service[16];
    int rc;

    g_snprintf(service, sizeof(service), "%u", port);
    rc = getaddrinfo(host, service, &hints, &found);
    if (rc == 0)
        return found;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "'%s' is no address of a host: %s", host,
                rc == EAI_SYSTEM ? g_strerror(errno) : gai_strerror(rc));
    return NULL;
}

char *line_resolve(const char *host, GError **error)
{
    struct addrinfo *found = look_up(host, 0, AI_NUMERICSERV, error);
    char text[NI_MAXHOST];
    int rc;

    if (!found)
        return NULL;
    rc =
        getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    if (rc == 0)
        return g_strdup(text);
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "'%s' is no address of a host: %s", host,
                gai_strerror(rc));
    return NULL;
}

static bool is_this_host(const char *address)
{
    g_autoptr(GInetAddress) numeric = g_inet_address_new_from_string(address);

    return numeric && g_inet_address_get_is_loopback(numeric);
}

char *line_name(const char *address, unsigned port)
{
    return g_strdup_printf(strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}

/* --- listening --- */

static unsigned port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {.v6 = {0}};
    socklen_t size = sizeof(at);

    if (getsockname(fd, &at.any, &size) != 0)
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

/* A listening socket; -1, with errno. */
static int listen_at(const struct addrinfo *at)
{
    fd_auto fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1, problem;

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (fd >= 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd_steal(&fd);
    problem = errno;
    fd_clear(&fd);
    errno = problem;
    return -1;
}

static int try_port(const char *address, unsigned port, GError **error)
{
    struct addrinfo *at =
        look_up(address, port, AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, error);
    int fd, problem;

    if (!at)
        return -1;
    fd = listen_at(at);
    problem = errno;
    freeaddrinfo(at);
    errno = problem;
    return fd;
}

int line_listen(const char *address, unsigned low, unsigned high, unsigned *port, GError **error)
{
    unsigned count = high - low + 1, first = low ? g_random_int() % count : 0;
    GError *why = NULL;
    int fd = -1;

    errno = EADDRINUSE;
    for (unsigned i = 0; i < count && fd < 0 && !why && errno == EADDRINUSE; i++)
        fd = try_port(address, low + (first + i) % count, &why);
    if (fd >= 0) {
        *port = port_of(fd);
        return fd;
    }
    if (why)
        g_propagate_error(error, why);
    else if (errno == EADDRINUSE && low)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                    "no port from %u to %u is free at %s: ports=LOW-HIGH names others", low, high,
                    address);
    else
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "it can't listen at %s: %s%s", address,
                    g_strerror(errno),
                    errno == EADDRNOTAVAIL ? "; bind=ADDRESS names an address that it has" : "");
    return -1;
}

/* --- the proof --- */

typedef struct {
    int fd; /* owned; -1: free */
    HTime since;
    LineProof proof;
} Unproved;

static bool send_answer(int fd, const LineAnswer *answer)
{
    return send(fd, answer->data, answer->size, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           (ssize_t)answer->size;
}

static bool begin(Unproved *u, bool connects, const uint8_t *secret)
{
    uint8_t nonce[LINE_NONCE];
    LineAnswer answer;

    if (!random_bytes(nonce, sizeof(nonce)))
        return false;
    line_proof_begin(&u->proof, connects, secret, nonce, &answer);
    return send_answer(u->fd, &answer);
}

/* Reads what is there; MORE: it is not over. */
static LineProofResult go_on(Unproved *u)
{
    LineProofResult result = LINE_PROOF_MORE;
    uint8_t data[LINE_PART];
    LineAnswer answer;

    while (result == LINE_PROOF_MORE) {
        ssize_t n = recv(u->fd, data, line_proof_lacks(&u->proof), MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return LINE_PROOF_MORE;
        if (n <= 0)
            return LINE_PROOF_REFUSED;
        result = line_proof_feed(&u->proof, data, (gsize)n, &answer);
        if (result != LINE_PROOF_REFUSED && !send_answer(u->fd, &answer))
            return LINE_PROOF_REFUSED;
    }
    return result;
}

static bool look_now(const LineLook *look, GError **error)
{
    return !look->look || look->look(look->data, error);
}

/* --- accepting --- */

typedef struct {
    int listening;
    const uint8_t *secret;
    Unproved all[LINE_UNPROVED];
    unsigned *strangers;
} Reception;

static void drop(Reception *r, Unproved *u)
{
    fd_clear(&u->fd);
    (*r->strangers)++;
}

/* A free place; if there is none, that of the one that has said least. */
static Unproved *find_place(Reception *r)
{
    Unproved *least = &r->all[0];

    for (unsigned i = 0; i < LINE_UNPROVED; i++) {
        Unproved *u = &r->all[i];

        if (u->fd < 0)
            return u;
        if (u->proof.stage < least->proof.stage ||
            (u->proof.stage == least->proof.stage && u->since.ns < least->since.ns))
            least = u;
    }
    drop(r, least);
    return least;
}

static void let_in(Reception *r)
{
    for (unsigned i = 0; i < LINE_UNPROVED; i++) {
        int fd = accept4(r->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        Unproved *u;

        if (fd < 0)
            return;
        u = find_place(r);
        u->fd = fd;
        u->since = htime_now();
        if (!begin(u, false, r->secret))
            drop(r, u);
    }
}

/* Hears all that have connected: the descriptor of the one who knows the secret, or -1. */
static int hear_all(Reception *r)
{
    for (unsigned i = 0; i < LINE_UNPROVED; i++) {
        Unproved *u = &r->all[i];
        LineProofResult result = u->fd >= 0 ? go_on(u) : LINE_PROOF_MORE;

        if (result == LINE_PROOF_DONE)
            return fd_steal(&u->fd);
        if (u->fd >= 0 && (result == LINE_PROOF_REFUSED || ms_since(u->since) > LINE_UNPROVED_MS))
            drop(r, u);
    }
    return -1;
}

/* Waits for bytes, connections, or what `look` looks at. */
static void wait_for_some(const Reception *r, int fd)
{
    struct pollfd p[LINE_UNPROVED + 2] = {{.fd = r->listening, .events = POLLIN},
                                          {.fd = fd, .events = POLLIN}};

    for (unsigned i = 0; i < LINE_UNPROVED; i++) /* poll() leaves out those below 0 */
        p[i + 2] = (struct pollfd){.fd = r->all[i].fd, .events = POLLIN};
    poll(p, G_N_ELEMENTS(p), LOOK_MS);
}

int line_accept(int listening, const uint8_t *secret, const LineLook *look, unsigned *strangers,
                GError **error)
{
    Reception r = {.listening = listening, .secret = secret, .strangers = strangers};
    HTime start = htime_now();
    int found = -1;
    bool goes_on = true;

    *strangers = 0;
    for (unsigned i = 0; i < LINE_UNPROVED; i++)
        r.all[i].fd = -1;
    while (found < 0 && (goes_on = look_now(look, error)) && ms_since(start) < LINE_ACCEPT_MS) {
        wait_for_some(&r, look->fd);
        let_in(&r);
        found = hear_all(&r);
    }
    for (unsigned i = 0; i < LINE_UNPROVED; i++)
        if (r.all[i].fd >= 0)
            drop(&r, &r.all[i]);
    if (found >= 0)
        set_options(found);
    else if (goes_on)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                    "nobody with the secret has connected for %d s (%u others have)",
                    LINE_ACCEPT_MS / 1000, *strangers);
    return found;
}

/* --- connecting --- */

typedef enum { CONNECT_OPEN, CONNECT_AGAIN, CONNECT_FAILED } Connecting;

/* Waits until the descriptor has what is waited for; FAILED with an error. */
static Connecting wait_ready(int fd, short events, HTime start, const LineLook *look,
                             GError **error)
{
    for (;;) {
        struct pollfd p[] = {{.fd = fd, .events = events}, {.fd = look->fd, .events = POLLIN}};

        if (!look_now(look, error))
            return CONNECT_FAILED;
        if (poll(p, 2, LOOK_MS) > 0 && p[0].revents)
            return CONNECT_OPEN;
        if (ms_since(start) > LINE_CONNECT_MS) {
            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                        "no answer for %d s: a firewall may be in between: ports=LOW-HIGH names "
                        "ports that are open, listen= turns the direction round",
                        LINE_CONNECT_MS / 1000);
            return CONNECT_FAILED;
        }
    }
}

static Connecting open_connection(int fd, const struct addrinfo *at, HTime start,
                                  const LineLook *look, GError **error)
{
    socklen_t size = sizeof(int);
    Connecting done = CONNECT_OPEN;
    int problem = 0;

    if (connect(fd, at->ai_addr, at->ai_addrlen) != 0)
        problem = errno;
    if (problem == EINPROGRESS) {
        done = wait_ready(fd, POLLOUT, start, look, error);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    }
    if (done == CONNECT_OPEN && problem != 0) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s", g_strerror(problem));
        return CONNECT_FAILED;
    }
    return done;
}

static Connecting prove(Unproved *u, const uint8_t *secret, HTime start, const LineLook *look,
                        GError **error)
{
    LineProofResult result = LINE_PROOF_MORE;

    if (!begin(u, true, secret))
        return CONNECT_AGAIN;
    while (result == LINE_PROOF_MORE) {
        if (wait_ready(u->fd, POLLIN, start, look, error) == CONNECT_FAILED)
            return CONNECT_FAILED;
        result = go_on(u);
    }
    if (result == LINE_PROOF_DONE)
        return CONNECT_OPEN;
    if (u->proof.result != LINE_PROOF_REFUSED)
        return CONNECT_AGAIN; /* it was closed */
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                "who listens there does not know the secret: it is another program");
    return CONNECT_FAILED;
}

static Connecting try_once(Unproved *u, const struct addrinfo *at, const uint8_t *secret,
                           HTime start, const LineLook *look, GError **error)
{
    Connecting done;

    u->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (u->fd < 0) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "no more sockets: %s",
                    g_strerror(errno));
        return CONNECT_FAILED;
    }
    done = open_connection(u->fd, at, start, look, error);
    if (done == CONNECT_OPEN)
        done = prove(u, secret, start, look, error);
    if (done != CONNECT_OPEN)
        fd_clear(&u->fd);
    if (done == CONNECT_AGAIN && ms_since(start) > LINE_CONNECT_MS) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                    "who listens there closes each connection before it is proved");
        done = CONNECT_FAILED;
    }
    return done;
}

int line_connect(const char *address, unsigned port, const uint8_t *secret, const LineLook *look,
                 GError **error)
{
    struct addrinfo *at = look_up(address, port, AI_NUMERICHOST | AI_NUMERICSERV, error);
    g_autofree char *name = line_name(address, port);
    HTime start = htime_now();
    Unproved u = {.fd = -1};
    Connecting done = CONNECT_FAILED;

    if (at) {
        while ((done = try_once(&u, at, secret, start, look, error)) == CONNECT_AGAIN)
            g_usleep(AGAIN_MS * 1000);
        freeaddrinfo(at);
    }
    if (done == CONNECT_OPEN)
        set_options(u.fd);
    else
        g_prefix_error(error, "no connection to %s%s: ", name,
                       is_this_host(address) ? ", which each host is itself" : "");
    return u.fd;
}
