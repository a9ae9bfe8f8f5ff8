/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.c: see schema.h. */
#include "controller/report/schema.h"

#include <stddef.h>
#include <string.h>

/* The file as a string. */
#define EMBED(symbol, path)                                                                        \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n.previous\n");         \
    extern const char symbol[]

EMBED(schema_barriers, "scripts/schema/barriers.schema.json");
EMBED(schema_clocks, "scripts/schema/clocks.schema.json");
EMBED(schema_event, "scripts/schema/event.schema.json");
EMBED(schema_report, "scripts/schema/report.schema.json");
EMBED(schema_save, "scripts/schema/save.schema.json");
EMBED(schema_socket, "scripts/schema/socket.schema.json");
EMBED(schema_trace, "scripts/schema/trace.schema.json");

static const char *const names[] = {"barriers", "clocks", "event", "report",
                                    "save",     "socket", "trace", NULL};
static const char *const texts[] = {schema_barriers, schema_clocks, schema_event, schema_report,
                                    schema_save,     schema_socket, schema_trace};

const char *schema_text(const char *name)
{
    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return texts[i];
    return NULL;
}

const char *const *schema_names(void)
{
    return names;
}
