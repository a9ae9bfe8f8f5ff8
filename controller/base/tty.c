/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tty.c: termios of standard input; see tty.h. */
#include "controller/base/tty.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios remembered;
static bool known;

bool tty_is_there(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

unsigned tty_columns(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

bool tty_has_colour(int fd)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0 && (!no || !*no);
}

void tty_remember(void)
{
    if (!known)
        known = tcgetattr(STDIN_FILENO, &remembered) == 0;
}

bool tty_raw(void)
{
    struct termios raw;

    tty_remember();
    if (tcgetattr(STDIN_FILENO, &raw) != 0)
        return false;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void tty_restore(void)
{
    if (known)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &remembered);
}
