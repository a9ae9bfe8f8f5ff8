/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-host.c: connects by libssh, runs a command in a channel as a stream, copies files by SFTP.
 * Each wait is limited. No secret gets into a message.
 */
#include "controller/remote/ssh-host.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/qemu/options.h"
#include "controller/remote/message.h"
#include "controller/remote/ssh-login.h"
#include "controller/remote/ssh-place.h"
#include "controller/remote/ssh-proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/sftp.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_S    15
#define MAX_STDERR   2000
#define UPLOAD_CHUNK 32768 /* bytes that every SFTP server accepts at once */
#define LOOK_MS      200   /* between two calls of stop_requested() */

/* Time after which the kernel reports a dead network to a call that waits. Longer than
 * PROTOCOL_SILENT_MS: an agent client that listens notices the silence earlier and reports a better
 * reason. */
#define DEAD_MS   12000
#define IDLE_S    5
#define PROBE_S   2
#define MAX_PROBE 3

struct SshHost {
    SshLogin login;
    Stream *proxy; /* the ProxyCommand, or NULL */
    GMutex lock;   /* protects copy_fd */
    int copy_fd;   /* a duplicate of the socket while a file is copied; else -1 */
};

static bool set_ssh_error(GError **error, const SshHost *h, const char *what)
{
    return ssh_login_fail(error, &h->login, what);
}

/* --- options --- */

bool ssh_target_check(const SshTarget *t, GError **error)
{
    SshPlace place;
    bool ok = ssh_place_parse(t->target, &place, error);

    ssh_place_clear(&place);
    if (ok && t->identity && access(t->identity, R_OK) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "identity='%s': %s", t->identity,
                    g_strerror(errno));
        return false;
    }
    if (ok && t->fingerprint && !ssh_is_fingerprint(t->fingerprint)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "fingerprint='%s': SHA256: and 43 characters are expected, as `ssh-keygen -l` "
                    "prints them",
                    t->fingerprint);
        return false;
    }
    return ok;
}

static void use_folder(ssh_session s, const char *dir)
{
    g_autofree char *config = g_build_filename(dir, "config", NULL);
    g_autofree char *known = g_build_filename(dir, "known_hosts", NULL);

    ssh_options_set(s, SSH_OPTIONS_SSH_DIR, dir);
    ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, known);
    if (access(config, R_OK) == 0)
        ssh_options_parse_config(s, config);
}

static bool set_options(SshHost *h, const SshPlace *p, GError **error)
{
    const char *dir = g_getenv("METRONOME_SSH_DIR");
    int yes = 1, no = 0;
    long timeout = CONNECT_S;
    ssh_session s = h->login.session;

    ssh_options_set(s, SSH_OPTIONS_HOST, p->host);
    ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
    if (dir)
        use_folder(s, dir);
    else
        ssh_options_parse_config(s, NULL);
    /* User and port of the target override those in the file. */
    if ((p->user && ssh_options_set(s, SSH_OPTIONS_USER, p->user) != SSH_OK) ||
        (p->port && ssh_options_set(s, SSH_OPTIONS_PORT_STR, p->port) != SSH_OK) ||
        ssh_options_set(s, SSH_OPTIONS_NODELAY, &yes) != SSH_OK ||
        ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &timeout) != SSH_OK)
        return set_ssh_error(error, h, "its options can't be used");
    return true;
}

/* --- connecting --- */

/* Makes the kernel notice a dead network, since libssh's SFTP waits without limit for its answers.
 * The socket of a ProxyCommand is no TCP socket: there the kernel can't notice anything. */
static void notice_death(const SshHost *h)
{
    static const struct {
        int level, option, value;
    } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S},
                   {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_S},
                   {IPPROTO_TCP, TCP_KEEPCNT, MAX_PROBE},
                   {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS}};

    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
        if (setsockopt(ssh_get_fd(h->login.session), options[i].level, options[i].option,
                       &options[i].value, sizeof(options[i].value)) != 0)
            log_debug("ssh %s: socket option %d: %s", h->login.name, options[i].option,
                      g_strerror(errno));
}

static SshHost *ssh_host_new(const SshTarget *target, const SshAsk *ask)
{
    SshHost *h = g_new0(SshHost, 1);

    ssh_login_init(&h->login, target, ask);
    h->copy_fd = -1;
    g_mutex_init(&h->lock);
    return h;
}

static void wait_for_server(const SshHost *h)
{
    int flags = ssh_get_poll_flags(h->login.session);
    struct pollfd p = {.fd = ssh_get_fd(h->login.session), .events = POLLIN};

    if (flags & SSH_WRITE_PENDING)
        p.events |= POLLOUT;
    poll(&p, 1, LOOK_MS);
}

/* Sets the error of a failed connection. If a ProxyCommand has failed, uses its reason: the library
 * only knows that no answer came. */
static bool no_connection(GError **error, const SshHost *h)
{
    g_autofree char *end = ssh_proxy_end(h->proxy);

    if (!end)
        return set_ssh_error(error, h, "no connection");
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                "ssh %s: no connection: its ProxyCommand: %s", h->login.name, end);
    return false;
}

/* Connects without blocking, since the other side may not answer for long. Checks stop_requested()
 * and the limit CONNECT_S meanwhile. */
static bool connect_to(SshHost *h, const SshTarget *t, GError **error)
{
    HTime start = htime_now();
    int rc;

    ssh_set_blocking(h->login.session, 0);
    while ((rc = ssh_connect(h->login.session)) == SSH_AGAIN) {
        if (t->stop_requested && t->stop_requested(t->data)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "ssh %s: interrupted while it was connected to", h->login.name);
            return false;
        }
        if (htime_sub(htime_now(), start).ns > CONNECT_S * NS_PER_S) {
            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                        "ssh %s: no connection: no answer for %d s", h->login.name, CONNECT_S);
            return false;
        }
        wait_for_server(h);
    }
    ssh_set_blocking(h->login.session, 1);
    if (rc != SSH_OK)
        return no_connection(error, h);
    notice_death(h);
    return true;
}

SshHost *ssh_host_open(const SshTarget *t, const SshAsk *ask, GError **error)
{
    SshHost *h = ssh_host_new(t, ask);
    SshPlace place = {0};
    bool ok;

    ok = ssh_place_parse(t->target, &place, error) && set_options(h, &place, error) &&
         ssh_proxy_start(h->login.session, &h->proxy, error) && connect_to(h, t, error) &&
         ssh_login_check_host(&h->login, t->fingerprint, error) && ssh_login_user(&h->login, error);
    ssh_place_clear(&place);
    ssh_login_end(&h->login);
    if (ok)
        return h;
    ssh_host_free(h);
    return NULL;
}

char *ssh_host_address(const SshHost *h)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof(peer);
    char text[NI_MAXHOST];

    if (h->proxy ||
        getpeername(ssh_get_fd(h->login.session), (struct sockaddr *)&peer, &size) != 0 ||
        getnameinfo((struct sockaddr *)&peer, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST) !=
            0)
        return NULL;
    return g_strdup(text);
}

void ssh_host_free(SshHost *h)
{
    if (!h)
        return;
    if (ssh_is_connected(h->login.session))
        ssh_disconnect(h->login.session);
    ssh_free(h->login.session);
    stream_free(h->proxy);
    g_mutex_clear(&h->lock);
    g_free(h->login.name);
    g_free(h);
}

/* --- a command --- */

typedef struct {
    Stream stream; /* the first member */
    SshHost *host;
    ssh_channel channel;
    GString *output; /* the end of the command's stderr */
} SshStream;

static void read_stderr(SshStream *s)
{
    char text[1024];
    int n;

    while ((n = ssh_channel_read_nonblocking(s->channel, text, sizeof(text), 1)) > 0)
        g_string_append_len(s->output, text, n);
    if (s->output->len > MAX_STDERR)
        g_string_erase(s->output, 0, (gssize)(s->output->len - MAX_STDERR));
}

/* Waits for the exit status of the channel's command; below 0: a signal ended the command. */
static int exit_status(ssh_channel channel)
{
#if LIBSSH_VERSION_INT >= SSH_VERSION_INT(0, 11, 0)
    uint32_t code = 0;

    return ssh_channel_get_exit_state(channel, &code, NULL, NULL) == SSH_OK ? (int)code : -1;
#else
    return ssh_channel_get_exit_status(channel);
#endif
}

static void set_end_error(SshStream *s, GError **error)
{
    g_autofree char *output = NULL, *why = NULL;
    int status;

    read_stderr(s);
    g_strchomp(s->output->str);
    output = text_plain(s->output->str, -1);
    status = ssh_is_connected(s->host->login.session) ? exit_status(s->channel) : -1;
    why = ssh_login_reason(&s->host->login);
    if (!ssh_is_connected(s->host->login.session))
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s", *why ? why : "it was closed");
    else if (status < 0)
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "the command was killed%s%s",
                    *output ? "; it said: " : "", output);
    else
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "the command ended, exit status %d%s%s",
                    status, *output ? "; it said: " : "", output);
}

static gssize ssh_stream_read(Stream *stream, void *data, gsize size, GError **error)
{
    SshStream *s = (SshStream *)stream;
    int n;

    /* Read stderr first: this also moves bytes of stdout from the socket into the library, where
     * poll() does not see them. */
    read_stderr(s);
    n = ssh_channel_read_nonblocking(s->channel, data, (uint32_t)size, 0);
    if (n > 0)
        return n;
    if (n == 0 || n == SSH_AGAIN) {
        if (!ssh_channel_is_eof(s->channel) && ssh_is_connected(s->host->login.session))
            return 0;
    }
    set_end_error(s, error);
    return -1;
}

static bool ssh_stream_write(Stream *stream, const void *data, gsize size, GError **error)
{
    const SshStream *s = (const SshStream *)stream;
    const char *at = data;

    while (size > 0) {
        int n = ssh_channel_write(s->channel, at, (uint32_t)MIN(size, (gsize)1 << 20));

        if (n <= 0) {
            g_autofree char *why = ssh_login_reason(&s->host->login);

            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s", why);
            return false;
        }
        at += n;
        size -= (gsize)n;
    }
    return true;
}

static int ssh_stream_fd(const Stream *stream)
{
    return ssh_get_fd(((const SshStream *)stream)->host->login.session);
}

static void ssh_stream_free(Stream *stream)
{
    SshStream *s = (SshStream *)stream;

    ssh_channel_free(s->channel);
    g_string_free(s->output, TRUE);
    g_free(s);
}

/* The library serves one thread at a time. */
static const StreamOps ssh_ops = {ssh_stream_read, ssh_stream_write, NULL, ssh_stream_fd,
                                  ssh_stream_free};

Stream *ssh_host_exec(SshHost *h, const char *command, GError **error)
{
    ssh_channel channel = ssh_channel_new(h->login.session);
    SshStream *s;

    if (!channel || ssh_channel_open_session(channel) != SSH_OK ||
        ssh_channel_request_exec(channel, command) != SSH_OK) {
        set_ssh_error(error, h, "a command can't be started");
        if (channel)
            ssh_channel_free(channel);
        return NULL;
    }
    s = g_new0(SshStream, 1);
    *s = (SshStream){{&ssh_ops}, h, channel, g_string_new(NULL)};
    return &s->stream;
}

/* --- files --- */

static bool copy(SshHost *h, sftp_file file, int fd, const SshCopy *c, GError **error)
{
    g_autofree char *chunk = g_malloc(UPLOAD_CHUNK);
    ssize_t n;

    while ((n = read(fd, chunk, UPLOAD_CHUNK)) > 0) {
        if (atomic_load(c->cancel)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "interrupted while it was copied");
            return false;
        }
        if (sftp_write(file, chunk, (size_t)n) != n)
            return set_ssh_error(error, h, "writing failed");
        atomic_fetch_add(c->sent, (unsigned long long)n);
        c->tick(c->data);
    }
    if (n == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "%s", g_strerror(errno));
    return false;
}

static bool upload(SshHost *h, sftp_session sftp, const SshCopy *c, GError **error)
{
    g_autofree char *part = g_strdup_printf("%s.%08x", c->remote, g_random_int());
    fd_auto fd = open(c->local, O_RDONLY | O_CLOEXEC);
    sftp_file file;
    bool ok;

    if (fd < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "%s", g_strerror(errno));
        return false;
    }
    file = sftp_open(sftp, part, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file)
        return set_ssh_error(error, h, "it can't be written there");
    ok = copy(h, file, fd, c, error);
    if (sftp_close(file) != SSH_OK && ok)
        ok = set_ssh_error(error, h, "writing failed");
    /* If the target exists, another controller has just copied the same content: the name of the
     * file is its SHA-256. */
    if (ok && sftp_rename(sftp, part, c->remote) != SSH_OK) {
        sftp_attributes there = sftp_stat(sftp, c->remote);

        ok = there || set_ssh_error(error, h, "it can't be given its name");
        if (there)
            sftp_attributes_free(there);
        sftp_unlink(sftp, part);
    } else if (!ok) {
        sftp_unlink(sftp, part);
    }
    return ok;
}

/* Sets the duplicate of the socket. A duplicate, since the library may close its own descriptor at
 * any time. */
static void set_copy_fd(SshHost *h, int fd)
{
    g_mutex_lock(&h->lock);
    fd_clear(&h->copy_fd);
    h->copy_fd = fd;
    g_mutex_unlock(&h->lock);
}

bool ssh_host_upload(SshHost *h, const SshCopy *c, GError **error)
{
    sftp_session sftp;
    bool ok;

    set_copy_fd(h, fcntl(ssh_get_fd(h->login.session), F_DUPFD_CLOEXEC, 0));
    sftp = sftp_new(h->login.session);
    if (!sftp || sftp_init(sftp) != SSH_OK)
        ok = set_ssh_error(error, h, "SFTP can't be used");
    else
        ok = upload(h, sftp, c, error);
    if (sftp)
        sftp_free(sftp);
    set_copy_fd(h, -1);
    return ok;
}

void ssh_host_cut(SshHost *h)
{
    g_mutex_lock(&h->lock);
    if (h->copy_fd >= 0)
        shutdown(h->copy_fd, SHUT_RDWR);
    g_mutex_unlock(&h->lock);
}
