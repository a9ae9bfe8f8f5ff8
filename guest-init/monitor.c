/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * monitor.c: a static program for the Linux guests, which waits on eth0 for the beats of a sensor
 * (boards/beat.c) and tells of each that comes late. scripts/scenarios/late.mtr runs it.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TYPE    0x88b5 /* an EtherType for experiments (IEEE Std 802) */
#define LATE_US 30000  /* three periods */

/* As a function of a program that is not optimized: a breakpoint finds it. */
#define FUNCTION __attribute__((noinline))

struct beat {
    struct ether_header header;
    uint32_t number; /* in network order */
    char name[8];
} __attribute__((packed));

int64_t longest; /* from one beat to the next, in us */

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

FUNCTION static void late(const struct beat *beat, int64_t gap)
{
    printf("%.8s: beat %u came after %lld ms\n", beat->name, (unsigned)ntohl(beat->number),
           (long long)gap / 1000);
}

FUNCTION static void receive(const struct beat *beat)
{
    static int64_t last;
    int64_t now = now_us(), gap = last ? now - last : 0;

    last = now;
    if (gap > longest)
        longest = gap;
    if (gap > LATE_US)
        late(beat, gap);
}

int main(void)
{
    struct sockaddr_ll from = {.sll_family = AF_PACKET,
                               .sll_protocol = htons(TYPE),
                               .sll_ifindex = (int)if_nametoindex("eth0")};
    int fd = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
    struct beat beat;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0) {
        perror("monitor: eth0");
        return 1;
    }
    puts("waiting for beats");
    while (recv(fd, &beat, sizeof(beat), MSG_TRUNC) >= (ssize_t)sizeof(beat))
        receive(&beat);
    perror("monitor");
    return 1;
}
