/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-scenario-text.c: a scenario's bytes become text that has all of its characters but carriage
 * returns and the mark at its start, or they are refused with a place that is in them.
 */
#include "controller/base/text.h"
#include "controller/command/scenario-text.h"
#include "controller/testing/header.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 5

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text, const char *bytes, size_t len)
{
    g_autofree char *again = scenario_text(text, strlen(text), FIRST, NULL);
    size_t skip = len >= 3 && memcmp(bytes, "\357\273\277", 3) == 0 ? 3 : 0;
    const char *t = text;

    for (size_t i = skip; i < len; i++)
        if (bytes[i] != '\r')
            demand(*t++ == bytes[i]);
    demand(!*t && g_utf8_validate(text, -1, NULL) && !strchr(text, '\r'));
    demand(again && (strcmp(again, text) == 0 || skip > 0));
}

static void check_place(const char *message, const char *bytes, size_t len)
{
    g_autofree char *line = text_line(message, -1);
    const char *comma = strchr(message, ',');
    unsigned long number, lines = 0;
    long column;
    char *end;

    demand(strcmp(line, message) == 0);
    demand(g_str_has_prefix(message, "line ") && comma && g_str_has_prefix(comma, ", column "));
    number = strtoul(message + strlen("line "), &end, 10);
    demand(end == comma);
    column = strtol(comma + strlen(", column "), &end, 10);
    demand(g_str_has_prefix(end, ": "));
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    demand(number >= FIRST && number <= FIRST + lines && column >= 1 && column <= (long)len);
}

/* The header for `metronome test` is read of any bytes; an error names a line that is there. */
static void check_header(const char *bytes, size_t len)
{
    g_autofree char *text = g_strndup(bytes, len);
    g_autoptr(GError) error = NULL;
    unsigned long lines = 1;
    Header h;

    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    if (header_parse(text, &h, &error)) {
        demand(!error && h.timeout.ns >= 0 && h.limit.ns >= 0 && (!h.from || *h.from));
    } else {
        char *end;
        unsigned long line = strtoul(error->message, &end, 10);

        demand(line >= 1 && line <= lines && g_str_has_prefix(end, ": # "));
    }
    header_clear(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = scenario_text((const char *)bytes, len, FIRST, &error);

    demand(!text == (error != NULL));
    check_header((const char *)bytes, len);
    if (text)
        check_text(text, (const char *)bytes, len);
    else
        check_place(error->message, (const char *)bytes, len);
    return 0;
}
