/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-monitor.c: what `node attach` may find behind a socket besides a QEMU that suits it.
 *
 *   fake-monitor MODE SOCKET [DEVICE-STATE [-icount …]]
 *
 *   not-qmp      greets, but not in QMP
 *   half         sends the first half of a greeting, no more
 *   silent       accepts and says nothing
 *   dies         greets and closes
 *   rude         greets, and refuses everything in words that a terminal would obey
 *   no-filter    QMP as of a QEMU without filter-buffer and filter-dump; its device state is that
 *                file. What comes behind it is only there to be seen in /proc.
 *   old          QMP as of a QEMU 7.1
 *   cuts         QMP as of a QEMU that runs, but the first connection ends when its device state is
 *                asked for. The commands that it got are in SOCKET.log.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char greeting[] = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, "
                               "\"major\": 9}, \"package\": \"\"}, \"capabilities\": []}}\r\n";

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 4) != 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static bool copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    char chunk[4096];
    size_t n = sizeof(chunk);
    bool ok = in && out;

    while (ok && n == sizeof(chunk)) {
        n = fread(chunk, 1, sizeof(chunk), in);
        ok = fwrite(chunk, 1, n, out) == n;
    }
    if (in)
        fclose(in);
    return out && fclose(out) == 0 && ok;
}

/* The number that names a call; arguments may have an "id", too, but of text. */
static long call_id(const char *line)
{
    for (const char *p = line; (p = strstr(p, "\"id\"")); p++) {
        const char *value = p + 4 + strspn(p + 4, " :");

        if (strspn(value, "0123456789") > 0)
            return strtol(value, NULL, 10);
    }
    return 0;
}

/* The text behind KEY, up to one of END; "" if the key is not there. */
static void member(const char *line, const char *key, const char *end, char *out, size_t size)
{
    const char *p = strstr(line, key);

    *out = '\0';
    if (!p)
        return;
    p += strlen(key);
    p += strspn(p, " :\"");
    snprintf(out, size, "%.*s", (int)strcspn(p, end), p);
}

static void note(const char *path, const char *line)
{
    FILE *log = fopen(path, "ae");
    char command[64];

    member(line, "\"execute\"", "\"", command, sizeof(command));
    if (log) {
        fprintf(log, "%s\n", command);
        fclose(log);
    }
}

static void answer(FILE *peer, const char *line, const char *state, bool runs, bool old)
{
    char command[64], file[256];
    const char *kind = "return", *value = "{}";
    char text[256];

    member(line, "\"execute\"", "\"", command, sizeof(command));
    member(line, "\"filename\"", "\"", file, sizeof(file));
    if (strcmp(command, "query-version") == 0) {
        value = old ? "{\"qemu\": {\"micro\": 0, \"minor\": 1, \"major\": 7}, \"package\": \"\"}"
                    : "{\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 9}, \"package\": \"\"}";
    } else if (strcmp(command, "query-cpus-fast") == 0) {
        snprintf(text, sizeof(text),
                 "[{\"cpu-index\": 0, \"thread-id\": %d, \"qom-path\": \"/machine/cpu\", "
                 "\"target\": \"aarch64\"}]",
                 (int)getpid());
        value = text;
    } else if (strcmp(command, "query-status") == 0) {
        value = runs ? "{\"status\": \"running\", \"singlestep\": false, \"running\": true}"
                     : "{\"status\": \"paused\", \"singlestep\": false, \"running\": false}";
    } else if ((strcmp(command, "xen-save-devices-state") == 0 && !copy_file(state, file)) ||
               strcmp(command, "object-add") == 0) {
        kind = "error";
        value = "{\"class\": \"GenericError\", \"desc\": \"invalid object type: filter-buffer\"}";
    }
    fprintf(peer, "{\"%s\": %s, \"id\": %ld}\r\n", kind, value, call_id(line));
    fflush(peer);
}

static void refuse(FILE *peer, const char *line)
{
    fprintf(peer,
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"red \\u001b[31m\\u009b2J\\u202e"
            "\\u007f\\nmetronome: error: forged\"}, \"id\": %ld}\r\n",
            call_id(line));
    fflush(peer);
}

/* False: the connection is cut here. */
static bool respond(FILE *peer, const char *line, const char *mode, const char *path,
                    const char *state)
{
    static bool cut;

    if (strcmp(mode, "no-filter") == 0 || strcmp(mode, "old") == 0)
        answer(peer, line, state, false, strcmp(mode, "old") == 0);
    else if (strcmp(mode, "rude") == 0)
        refuse(peer, line);
    if (strcmp(mode, "cuts") != 0)
        return true;
    note(path, line);
    if (!cut && strstr(line, "xen-save-devices-state")) {
        cut = true;
        return false;
    }
    answer(peer, line, state, true, false);
    return true;
}

static void serve(int fd, const char *mode, const char *path, const char *state)
{
    FILE *peer = fdopen(fd, "r+e");
    char line[4096], log[128];

    snprintf(log, sizeof(log), "%s.log", path);
    if (!peer)
        exit(1);
    setvbuf(peer, NULL, _IONBF, 0);
    if (strcmp(mode, "not-qmp") == 0)
        fputs("220 mail.example.org ESMTP\r\n", peer);
    else if (strcmp(mode, "half") == 0)
        fprintf(peer, "%.40s", greeting);
    else if (strcmp(mode, "silent") != 0)
        fputs(greeting, peer);
    while (strcmp(mode, "dies") != 0 && fgets(line, sizeof(line), peer) &&
           respond(peer, line, mode, log, state))
        ;
    fclose(peer);
}

int main(int argc, char **argv)
{
    int fd;

    if (argc < 3) {
        fprintf(stderr, "usage: fake-monitor MODE SOCKET [DEVICE-STATE]\n");
        return 2;
    }
    fd = listen_at(argv[2]);
    for (;;) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (peer < 0)
            return 1;
        serve(peer, argv[1], argv[2], argc > 3 ? argv[3] : "/dev/null");
    }
}
