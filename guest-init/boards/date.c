/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * date.c: says the minute and second of the RTC, then asks a BMC, if there is one, for the time of its
 * event log (`-device ipmi-bmc-sim,id=b -device isa-ipmi-kcs,bmc=b`), and says that. On i386 alone.
 *
 * IPMI v2.0, 9 (KCS interface) and 31.10 (Get SEL Time).
 */
#include "board.h"

enum {
    CMOS = 0x70,
    SECOND = 0,
    MINUTE = 2,
    NOBODY = 0xff, /* what is read where there is no device */
    DATA = 0xca2,
    STATUS = 0xca3, /* written: a control code */
    OUTPUT_FULL = 1,
    INPUT_FULL = 2,
    READING = 0x40, /* of the state, bits 6 and 7 */
    STATE = 0xc0,
    WRITE_START = 0x61,
    WRITE_END = 0x62,
    READ = 0x68,
    ANSWER_SIZE = 7, /* network function, command, completion code, seconds */
};

static void put(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t get(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void write(uint16_t port, uint8_t value)
{
    put(port, value);
    while (get(STATUS) & INPUT_FULL)
        ;
    if (get(STATUS) & OUTPUT_FULL)
        get(DATA);
}

static void ask(const uint8_t *request, unsigned size)
{
    write(STATUS, WRITE_START);
    for (unsigned i = 0; i + 1 < size; i++)
        write(DATA, request[i]);
    write(STATUS, WRITE_END);
    put(DATA, request[size - 1]);
}

static unsigned answer(uint8_t *bytes, unsigned most)
{
    unsigned n = 0;

    for (;;) {
        while (get(STATUS) & INPUT_FULL)
            ;
        if ((get(STATUS) & STATE) != READING)
            return n;
        while (!(get(STATUS) & OUTPUT_FULL))
            ;
        if (n < most)
            bytes[n++] = get(DATA);
        put(DATA, READ);
    }
}

static uint32_t cmos(uint8_t at)
{
    uint8_t bcd;

    put(CMOS, at);
    bcd = get(CMOS + 1);
    return bcd / 16 * 10u + bcd % 16;
}

void program(void)
{
    static const uint8_t get_sel_time[] = {0x28, 0x48};
    uint8_t bytes[ANSWER_SIZE];

    print("minute ");
    print_number(cmos(MINUTE));
    print(", second ");
    print_number(cmos(SECOND));
    print("\n");
    if (get(STATUS) == NOBODY)
        for (;;)
            board_wait();
    ask(get_sel_time, sizeof(get_sel_time));
    if (answer(bytes, sizeof(bytes)) == ANSWER_SIZE) {
        print("time ");
        print_number((uint32_t)bytes[3] | (uint32_t)bytes[4] << 8 | (uint32_t)bytes[5] << 16 |
                     (uint32_t)bytes[6] << 24);
        print("\n");
    }
    for (;;)
        board_wait();
}
