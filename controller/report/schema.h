/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schema.h: the JSON schemas of what programs read, embedded from scripts/schema. Pure. */
#ifndef REPORT_SCHEMA_H
#define REPORT_SCHEMA_H

/* The schema of "report", "event", …; NULL: there is none of this name. Not to be freed. */
const char *schema_text(const char *name);

/* All names, NULL-terminated. */
const char *const *schema_names(void);

#endif
