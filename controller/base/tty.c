/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty.c: sets termios of standard input and restores the stored modes.
 */
#include "controller/base/tty.h"

#include "controller/base/text.h"

#include <glib.h>
#include <stdio.h>
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

/* Reads one character of an answer. Returns false at the end of the answer; *ok reports whether the
 * answer is valid. */
static bool read_character(GString *answer, bool hidden, bool *ok)
{
    char c;

    *ok = false;
    if (read(STDIN_FILENO, &c, 1) != 1 || c == 3 || c == 4)
        return false;
    *ok = true;
    if (c == '\n' || c == '\r')
        return false;
    if ((c == 8 || c == 127) && answer->len > 0) {
        g_string_truncate(answer, answer->len - 1);
        if (!hidden)
            fputs("\b \b", stdout);
    } else if (c != 8 && c != 127) {
        g_string_append_c(answer, c);
        if (!hidden)
            fputc(c, stdout);
    }
    fflush(stdout);
    return true;
}

char *tty_ask(const char *question, bool hidden)
{
    g_autofree char *plain = text_plain(question, -1); /* the question may name another host */
    GString *answer;
    struct termios before, raw;
    bool ok;

    if (!tty_is_there() || tcgetattr(STDIN_FILENO, &before) != 0)
        return NULL;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    fputs(plain, stdout);
    fflush(stdout);
    answer = g_string_sized_new(256); /* growing would leave copies of a secret */
    while (read_character(answer, hidden, &ok))
        ;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    fputc('\n', stdout);
    return g_string_free(answer, !ok);
}
