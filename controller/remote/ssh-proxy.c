/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-proxy.c: runs the ProxyCommand as a stream and gives its socket to libssh. */
#include "controller/remote/ssh-proxy.h"

#include "controller/base/fd.h"
#include "controller/remote/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#define END_MS 500 /* wait for the end of a command that has failed */

static char *option(ssh_session s, enum ssh_options_e which)
{
    char *text = NULL, *copy;

    if (ssh_options_get(s, which, &text) != SSH_OK)
        return NULL;
    copy = g_strdup(text);
    ssh_string_free_char(text);
    return copy;
}

/* Expands %h, %p, %r and the other tokens that ssh_config(5) allows here; free with g_free(). */
static char *expand(ssh_session s, const char *command)
{
    g_autofree char *host = option(s, SSH_OPTIONS_HOST), *user = option(s, SSH_OPTIONS_USER);
    g_autofree char *port = NULL;
    GString *text = g_string_new(NULL);
    unsigned number = 22;

    ssh_options_get_port(s, &number);
    port = g_strdup_printf("%u", number);
    for (const char *p = command; *p; p++) {
        const char *value = NULL;

        if (*p == '%' && p[1] != '\0') {
            p++;
            value = *p == 'h' || *p == 'n' ? host
                    : *p == 'p'            ? port
                    : *p == 'r'            ? (user ? user : g_get_user_name())
                    : *p == 'u'            ? g_get_user_name()
                    : *p == 'd'            ? g_get_home_dir()
                    : *p == '%'            ? "%"
                                           : NULL;
            if (!value)
                g_string_append_c(text, '%');
        }
        if (value)
            g_string_append(text, value);
        else
            g_string_append_c(text, *p);
    }
    return g_string_free(text, FALSE);
}

bool ssh_proxy_start(ssh_session s, Stream **out, GError **error)
{
    g_autofree char *command = option(s, SSH_OPTIONS_PROXYCOMMAND), *line = NULL;
    socket_t fd;

    *out = NULL;
    if (!command || g_ascii_strcasecmp(command, "none") == 0)
        return true;
    line = expand(s, command);
    *out = stream_new_command(line, error);
    if (!*out)
        return false;
    /* A copy, since the library closes its descriptor. */
    fd = fcntl(stream_fd(*out), F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && ssh_options_set(s, SSH_OPTIONS_FD, &fd) == SSH_OK)
        return true;
    fd_clear(&fd);
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its ProxyCommand can't be used: %s",
                g_strerror(errno));
    return false;
}

char *ssh_proxy_end(Stream *proxy)
{
    g_autoptr(GError) why = NULL;
    struct pollfd p;
    char bytes[256];
    gssize n;

    if (!proxy)
        return NULL;
    p = (struct pollfd){.fd = stream_fd(proxy), .events = POLLIN};
    if (poll(&p, 1, END_MS) == 0)
        return NULL;
    while ((n = stream_read(proxy, bytes, sizeof(bytes), &why)) > 0)
        ; /* earlier output is no answer of an ssh server */
    return n < 0 ? g_strdup(why->message) : NULL;
}
