/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.c: a line with a delay between two network namespaces, for kernels without netem. Each
 * namespace has a tap device called "line". A frame that is sent on one device comes out of the
 * other device later.
 *
 * usage: line PID PID: joins the namespaces of these two processes, and prints a line when both
 * devices exist. Reads "DELAY JITTER [LOSS]" from standard input, in µs and in frames of 1,000 that
 * are lost, any number of times, and ends with standard input. Each frame has a delay of its own, so
 * frames can overtake each other, as with netem.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX  2048
#define FRAMES_MAX 4096 /* further frames are lost */

typedef struct {
    int64_t due; /* ns */
    int to;      /* the device */
    size_t size;
    uint8_t data[FRAME_MAX];
} Frame;

static Frame *frames[FRAMES_MAX]; /* sorted by time, the next one last */
static unsigned n_frames;
static long delay_us, jitter_us, lost_of_1000;

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int make_device(const char *pid)
{
    struct ifreq request = {.ifr_name = "line", .ifr_flags = IFF_TAP | IFF_NO_PI};
    char path[64];
    int space, fd;

    snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
    space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) != 0)
        return -1;
    close(space);
    fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 ? fd : -1;
}

static void keep(Frame *f)
{
    unsigned at = n_frames++;

    for (; at > 0 && frames[at - 1]->due <= f->due; at--)
        frames[at] = frames[at - 1];
    frames[at] = f;
}

static void take(int from, int to)
{
    uint8_t data[FRAME_MAX];
    ssize_t size;

    while ((size = read(from, data, sizeof(data))) > 0) {
        long late = delay_us + (jitter_us ? random() % (2 * jitter_us + 1) - jitter_us : 0);
        Frame *f = n_frames < FRAMES_MAX ? malloc(sizeof(*f)) : NULL;

        if (f && random() % 1000 < lost_of_1000) {
            free(f);
            f = NULL;
        }
        if (!f)
            continue;
        f->due = now() + late * 1000;
        f->to = to;
        f->size = (size_t)size;
        memcpy(f->data, data, (size_t)size);
        keep(f);
    }
}

/* Writes the frames that are due. A device that is down refuses them (EIO), like an unplugged
 * cable. */
static void give(void)
{
    while (n_frames > 0 && frames[n_frames - 1]->due <= now()) {
        Frame *f = frames[--n_frames];

        if (write(f->to, f->data, f->size) < 0 && errno != EIO)
            fprintf(stderr, "line: %s\n", strerror(errno));
        free(f);
    }
}

/* Reads a delay and a jitter. False: standard input has ended. */
static bool read_delay(void)
{
    char text[128];
    ssize_t size = read(STDIN_FILENO, text, sizeof(text) - 1);
    char *end;

    if (size <= 0)
        return false;
    text[size] = '\0';
    delay_us = strtol(text, &end, 10);
    jitter_us = strtol(end, &end, 10);
    lost_of_1000 = strtol(end, NULL, 10);
    return true;
}

static void wait_for(struct pollfd *fds, nfds_t n)
{
    int64_t left = n_frames > 0 ? frames[n_frames - 1]->due - now() : 0;
    struct timespec timeout = {left / 1000000000, left % 1000000000};

    if (left >= 0)
        ppoll(fds, n, n_frames > 0 ? &timeout : NULL, NULL);
    else
        poll(fds, n, 0);
}

int main(int argc, char **argv)
{
    int one = argc == 3 ? make_device(argv[1]) : -1, two = argc == 3 ? make_device(argv[2]) : -1;

    if (one < 0 || two < 0) {
        fprintf(stderr, "usage: line PID PID: %s\n", strerror(errno));
        return 1;
    }
    puts("joined");
    fflush(stdout);
    for (;;) {
        struct pollfd fds[3] = {{one, POLLIN, 0}, {two, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

        wait_for(fds, 3);
        if (fds[2].revents && !read_delay())
            break;
        take(one, two);
        take(two, one);
        give();
    }
    while (n_frames > 0)
        free(frames[--n_frames]);
    return 0;
}
