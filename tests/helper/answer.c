/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.c: an outside program on a unix datagram socket. The program has an IP address, answers
 * ARP requests for it, and answers pings. One datagram is one Ethernet frame.
 *
 * usage: answer SOCKET PEER IP [--hello]: frames come in at SOCKET and go to PEER. The program
 * prints a line when it listens and a line for each frame that it answered. The program ends with
 * its standard input. --hello: sends an ARP request again and again until a first frame comes in,
 * so that a gateway without peer= learns the path SOCKET.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADER       14
#define ARP_SIZE     28
#define IP_SIZE      20
#define HELLO_MS     20
#define ICMP_REQUEST 8

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 9};
static uint8_t own_ip[4];
static struct sockaddr_un peer;

static bool is_ip(const uint8_t *at)
{
    return memcmp(at, own_ip, 4) == 0;
}

static uint16_t checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void give_back(int fd, const char *what, uint8_t *frame, size_t size)
{
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, own_mac, 6);
    if (sendto(fd, frame, size, 0, (struct sockaddr *)&peer, sizeof(peer)) >= 0) {
        printf("answered %s, %zu bytes\n", what, size);
        fflush(stdout);
    }
}

static void answer(int fd, uint8_t *frame, size_t size)
{
    uint8_t *arp = frame + HEADER, *ip = frame + HEADER, *icmp = ip + IP_SIZE;

    if (size >= HEADER + ARP_SIZE && frame[12] == 8 && frame[13] == 6 && arp[7] == 1 &&
        is_ip(arp + 24)) {
        arp[7] = 2;
        memcpy(arp + 18, arp + 8, 10);
        memcpy(arp + 8, own_mac, 6);
        memcpy(arp + 14, own_ip, 4);
        give_back(fd, "arp", frame, size);
    } else if (size >= HEADER + IP_SIZE + 8 && frame[12] == 8 && frame[13] == 0 && ip[9] == 1 &&
               is_ip(ip + 16) && icmp[0] == ICMP_REQUEST) {
        size_t length = ((size_t)ip[2] << 8 | ip[3]) - IP_SIZE;
        uint16_t sum;

        if (length > size - HEADER - IP_SIZE)
            return;
        memcpy(ip + 16, ip + 12, 4);
        memcpy(ip + 12, own_ip, 4);
        icmp[0] = icmp[2] = icmp[3] = 0;
        sum = checksum(icmp, length);
        icmp[2] = (uint8_t)(sum >> 8);
        icmp[3] = (uint8_t)sum;
        give_back(fd, "ping", frame, size);
    }
}

/* Who has our own address? Nobody will answer. */
static void send_hello(int fd)
{
    uint8_t frame[60] = {255, 255, 255, 255, 255, 255, [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};

    memcpy(frame + 6, own_mac, 6);
    memcpy(frame + HEADER + 8, own_mac, 6);
    memcpy(frame + HEADER + 14, own_ip, 4);
    memcpy(frame + HEADER + 24, own_ip, 4);
    sendto(fd, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&peer, sizeof(peer));
}

static int usage(void)
{
    fprintf(stderr, "usage: answer SOCKET PEER IP [--hello]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool hello = argc == 5;
    uint8_t frame[65536];

    if (argc < 4 || strlen(argv[1]) >= sizeof(own.sun_path) ||
        strlen(argv[2]) >= sizeof(peer.sun_path) || inet_pton(AF_INET, argv[3], own_ip) != 1)
        return usage();
    peer.sun_family = AF_UNIX;
    memcpy(own.sun_path, argv[1], strlen(argv[1]));
    memcpy(peer.sun_path, argv[2], strlen(argv[2]));
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    puts("listening");
    fflush(stdout);
    for (;;) {
        struct pollfd fds[2] = {{fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        ssize_t got;

        if (poll(fds, 2, hello ? HELLO_MS : -1) == 0)
            send_hello(fd);
        if (fds[1].revents)
            return 0;
        if (!(fds[0].revents & POLLIN) || (got = recv(fd, frame, sizeof(frame), 0)) < 0)
            continue;
        hello = false;
        answer(fd, frame, (size_t)got);
    }
}
