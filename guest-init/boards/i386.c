/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * i386.c: a PC, started by multiboot: two 16550s behind the PIC, the local APIC's timer. Interrupts
 * are let in by board_wait() alone; their handlers do nothing but say that they are served.
 */
#include "board.h"

enum {
    COM1 = 0x3f8,
    COM2 = 0x2f8,
    PIC = 0x20,
    PIC2 = 0xa0,
    PIC_VECTOR = 0x20, /* and 15 more */
    TIMER_VECTOR = 0x40,
    VECTORS,
    PER_US = 1000, /* QEMU's APIC timer counts ns */
    DEBUG_EXIT = 0x501,
    RESET = 0xcf9,
    PM1_CONTROL = 0x604, /* of ACPI, where SeaBIOS puts it */
    SLEEP_S5 = 0x2000,
    IB700 = 0x443,
    PCI_ADDRESS = 0xcf8,
    PCI_DATA = 0xcfc,
    PCI_BAR0 = 0x10,
    PCI_DEVICES = 32,
    I6300ESB = 0x25ab8086, /* device and vendor */
    I6300ESB_LOCK = 0x68,  /* in its configuration: bit 1 starts it */
    I6300ESB_RELOAD = 0xc,
    CMDLINE = 16, /* in the multiboot information */
    CODE = 8,
    RESETS = 0x400000,
};

#define LAPIC(offset) reg(0xfee00000 + (offset))

extern char on_pic[], on_timer[], on_undefined[];

static struct {
    uint16_t low, selector, type, high;
} idt[VECTORS];
static unsigned ports = 1;
static const char *cmdline;
static uint32_t period;
volatile uint32_t ticks; /* by the handler below */

__asm__(
    ".section .multiboot, \"a\"\n"
    "    .balign 4\n"
    "    .long 0x1badb002, 0, -0x1badb002\n"
    "    .section .start, \"ax\"\n"
    "    .global _start\n"
    "_start: mov $stack_top, %esp\n"
    "    cld\n"
    "    lgdt gdt_pointer\n"
    "    ljmp $8, $1f\n"
    "1:  mov $16, %eax\n"
    "    mov %ax, %ds\n"
    "    mov %ax, %es\n"
    "    mov %ax, %ss\n"
    "    push %ebx\n"
    "    call start\n"
    "on_timer: incl ticks\n"
    "    movl $0, 0xfee000b0\n" /* end of interrupt */
    "    iret\n"
    "on_pic: push %eax\n"
    "    mov $0x20, %al\n"
    "    outb %al, $0xa0\n"
    "    outb %al, $0x20\n"
    "    pop %eax\n"
    "    iret\n"
    "on_undefined: call board_fault\n" /* with the address that is on the stack behind our own */
    "    .balign 8\n"
    "gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff\n"
    "gdt_pointer: .word . - gdt - 1\n"
    "    .long gdt\n"
    "    .text\n");

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void set_vector(unsigned vector, const char *handler)
{
    uint32_t address = (uint32_t)(uintptr_t)handler;

    idt[vector].low = (uint16_t)address;
    idt[vector].selector = CODE;
    idt[vector].type = 0x8e00;
    idt[vector].high = (uint16_t)(address >> 16);
}

static void start_pic(void)
{
    static const uint8_t words[][2] = {
        {PIC, 0x11},     {PIC2, 0x11},    {PIC + 1, PIC_VECTOR}, {PIC2 + 1, PIC_VECTOR + 8},
        {PIC + 1, 4},    {PIC2 + 1, 2},   {PIC + 1, 1},          {PIC2 + 1, 1},
        {PIC + 1, 0xe7}, {PIC2 + 1, 0xff}}; /* all masked but IRQ 3 and 4 */

    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
        out(words[i][0], words[i][1]);
}

static void start_port(uint16_t port)
{
    out(port + 2, 1);  /* FIFO on */
    out(port + 4, 11); /* MCR: OUT2 lets interrupts through */
    out(port + 1, 1);  /* IER: received */
}

void start(const char *information);

void start(const char *information)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof(idt) - 1, (uint32_t)(uintptr_t)idt};

    cmdline = *(const char *const *)(information + CMDLINE);
    for (unsigned i = 0; i < 32; i++)
        set_vector(i, on_undefined);
    for (unsigned i = 0; i < 16; i++)
        set_vector(PIC_VECTOR + i, on_pic);
    set_vector(TIMER_VECTOR, on_timer);
    __asm__ volatile("lidt %0" : : "m"(pointer));
    start_pic();
    out(COM2 + 7, 0x5a); /* a register that keeps what is written */
    ports = in(COM2 + 7) == 0x5a ? 2 : 1;
    start_port(COM1);
    if (ports > 1)
        start_port(COM2);
    *LAPIC(0xf0) = 0x1ff;  /* on */
    *LAPIC(0x350) = 0x700; /* LINT0 takes what the PIC says */
    program();
}

const char *board_argument(void)
{
    const char *word = cmdline;

    for (const char *p = cmdline; *p; p++)
        if (*p == ' ')
            word = p + 1;
    return word;
}

void board_exit(unsigned status)
{
    out(DEBUG_EXIT, (uint8_t)status);
}

unsigned board_ports(void)
{
    return ports;
}

void board_put(unsigned port, char c)
{
    uint16_t base = port ? COM2 : COM1;

    while (!(in(base + 5) & 0x20))
        ;
    out(base, (uint8_t)c);
}

int board_get(unsigned port)
{
    uint16_t base = port ? COM2 : COM1;

    return in(base + 5) & 1 ? in(base) : -1;
}

void board_tick_start(uint32_t period_us)
{
    period = period_us * PER_US;
    *LAPIC(0x3e0) = 0xb;                    /* divide by 1 */
    *LAPIC(0x320) = 0x20000 | TIMER_VECTOR; /* periodic */
    *LAPIC(0x380) = period - 1;             /* the 0 is counted as well */
}

unsigned board_tick(void)
{
    static uint32_t seen;
    uint32_t n = ticks - seen;

    seen += n;
    return n;
}

uint32_t board_tick_us(void)
{
    return (period - 1 - *LAPIC(0x390)) / PER_US;
}

void board_wait(void)
{
    __asm__ volatile("sti\n hlt\n cli" : : : "memory");
}

void board_off(unsigned status)
{
    (void)status;
    __asm__ volatile("outw %0, %1" : : "a"((uint16_t)SLEEP_S5), "Nd"((uint16_t)PM1_CONTROL));
}

void board_reset(void)
{
    out(RESET, 6);
}

static uint32_t in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Chooses a register of the configuration of a device on bus 0. */
static void pci_choose(unsigned device, unsigned at)
{
    __asm__ volatile("outl %0, %1"
                     :
                     : "a"(0x80000000 | device << 11 | (at & ~3u)), "Nd"((uint16_t)PCI_ADDRESS));
}

/* -1: there is none. */
static int find_i6300esb(void)
{
    for (unsigned i = 0; i < PCI_DEVICES; i++) {
        pci_choose(i, 0);
        if (in32(PCI_DATA) == I6300ESB)
            return (int)i;
    }
    return -1;
}

/* Two stages of 1 ms each, behind the last of which it acts. */
static void start_i6300esb(unsigned device)
{
    uint32_t base;

    pci_choose(device, PCI_BAR0);
    base = in32(PCI_DATA) & ~0xfu;
    for (unsigned i = 0; i < 2; i++) {
        *(volatile uint16_t *)(base + I6300ESB_RELOAD) = 0x80; /* unlocks one write */
        *(volatile uint16_t *)(base + I6300ESB_RELOAD) = 0x86;
        *(volatile uint32_t *)(base + 4 * i) = 1;
    }
    pci_choose(device, I6300ESB_LOCK);
    out(PCI_DATA + I6300ESB_LOCK % 4, 2);
}

bool board_watchdog(void)
{
    int device = find_i6300esb();

    if (device >= 0)
        start_i6300esb((unsigned)device);
    else
        out(IB700, 0xf); /* in no seconds */
    return true;
}

volatile uint32_t *board_resets(void)
{
    return reg(RESETS);
}
