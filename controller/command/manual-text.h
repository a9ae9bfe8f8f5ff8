/* SPDX-License-Identifier: GPL-3.0-or-later */
/* manual-text.h: what of the manual is in no other table; private to manual*.c. */
#ifndef COMMAND_MANUAL_TEXT_H
#define COMMAND_MANUAL_TEXT_H

typedef struct {
    const char *name, *text; /* both without roff */
} ManualItem;

/* Each ends with an entry without a name. */
extern const ManualItem manual_modes[], manual_exit_statuses[], manual_ideas[], manual_units[],
    manual_files[], manual_environment[], manual_examples[], manual_clocks[];

/* Paragraphs, NULL-terminated. */
extern const char *const manual_description[], *const manual_language[],
                                                   *const manual_expressions[];

#endif
