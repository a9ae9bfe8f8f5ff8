/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listen.c: see listen.h. */
#include "controller/serve/listen.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/socket-file.h"
#include "controller/session/session-error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define BACKLOG 128

struct Listener {
    char *path;
    char *folder; /* that was made for it, or NULL */
    int fd;
};

bool listener_parse(const char *address, const char **path, GError **error)
{
    *path = NULL;
    if (strcmp(address, "stdio") == 0)
        return true;
    if (g_str_has_prefix(address, "unix:") && address[strlen("unix:")]) {
        *path = address + strlen("unix:");
        return true;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "--listen '%s': unix:PATH or stdio is expected", address);
    return false;
}

static bool fail(const char *path, GError **error, const char *why)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't listen on '%s': %s", path, why);
    return false;
}

/* Whoever may write there could put a socket of his own in the place of ours. */
static bool check_folder(const char *path, const char *folder, GError **error)
{
    g_autofree char *why = NULL;
    struct stat st;

    if (stat(folder, &st) != 0)
        return fail(path, error, g_strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(path, error, "what should be its folder is none");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        why = g_strdup_printf("its folder '%s' is another user's; choose one of your own", folder);
    else if (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX))
        why = g_strdup_printf("others may write to its folder '%s' (mode %04o); choose a private "
                              "one, such as $XDG_RUNTIME_DIR",
                              folder, (unsigned)st.st_mode & 07777);
    return !why || fail(path, error, why);
}

static bool prepare_folder(Listener *l, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(l->path);

    if (mkdir(folder, 0700) == 0)
        l->folder = g_steal_pointer(&folder);
    else if (errno != EEXIST)
        return fail(l->path, error, g_strerror(errno));
    return l->folder || check_folder(l->path, folder, error);
}

Listener *listener_new(const char *path, GError **error)
{
    g_autoptr(Listener) l = g_new0(Listener, 1);
    g_autoptr(GError) why = NULL;

    l->fd = -1;
    l->path = g_strdup(path);
    if (!socket_file_check_length(path, &why)) {
        fail(path, error, why->message);
        return NULL;
    }
    if (!prepare_folder(l, error))
        return NULL;
    l->fd = socket_file_bind(path, SOCK_STREAM, 0600, &why);
    if (l->fd < 0) {
        fail(path, error, why->message);
        return NULL;
    }
    if (listen(l->fd, BACKLOG) != 0) {
        fail(path, error, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&l);
}

void listener_free(Listener *l)
{
    bool bound = l && l->fd >= 0;

    if (!l)
        return;
    fd_clear(&l->fd);
    if (bound)
        socket_file_remove(l->path);
    if (l->folder)
        rmdir(l->folder); /* which fails if there is anything in it */
    g_free(l->folder);
    g_free(l->path);
    g_free(l);
}

int listener_fd(const Listener *l)
{
    return l->fd;
}

int listener_accept(const Listener *l)
{
    fd_auto fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred who;
    socklen_t size = sizeof(who);

    if (fd < 0)
        return -1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
        (who.uid == geteuid() || who.uid == 0))
        return fd_steal(&fd);
    log_warn("control socket: a program of another user (%d) is turned away", (int)who.uid);
    return -1;
}
