/* SPDX-License-Identifier: GPL-3.0-or-later */
/* semihosting.c: command line, exit and output of Arm and RISC-V boards. */
#include "semihosting.h"

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    APPLICATION_EXIT = 0x20026
};

const char *board_argument(void)
{
    static char line[256];
    struct {
        char *line;
        uint32_t size;
    } block = {line, sizeof(line)};
    const char *word = line;

    if (semihosting_call(SYS_GET_CMDLINE, &block) != 0)
        return "";
    for (const char *p = line; *p; p++)
        if (*p == ' ')
            word = p + 1;
    return word;
}

void board_exit(unsigned status)
{
    uint32_t block[] = {APPLICATION_EXIT, status};

    semihosting_call(SYS_EXIT_EXTENDED, block);
}

void semihosting_print(const char *text)
{
    semihosting_call(SYS_WRITE0, (void *)(uintptr_t)text);
}

int semihosting_open(const char *path, unsigned mode)
{
    struct {
        const char *path;
        uint32_t mode, size;
    } block = {path, mode, 0};

    while (path[block.size])
        block.size++;
    return semihosting_call(SYS_OPEN, &block);
}

int semihosting_write(int handle, const char *bytes, uint32_t size)
{
    struct {
        int handle;
        const char *bytes;
        uint32_t size;
    } block = {handle, bytes, size};

    return semihosting_call(SYS_WRITE, &block);
}

uint32_t semihosting_elapsed(void)
{
    uint32_t ns[2] = {0, 0};

    semihosting_call(SYS_ELAPSED, ns);
    return ns[0];
}
