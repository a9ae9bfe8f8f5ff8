/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario-text.h: the bytes of a scenario -> text that the lexer can read. Pure.
 *
 * A scenario is UTF-8. A byte order mark at its start is no part of it, and a line may end in CR
 * LF. A NUL, a CR without LF and what is no UTF-8 are refused: what stands behind them would be
 * lost, or be read otherwise than it is seen.
 */
#ifndef COMMAND_SCENARIO_TEXT_H
#define COMMAND_SCENARIO_TEXT_H

#include <glib.h>
#include <stdbool.h>

#define SCENARIO_TEXT_ERROR (scenario_text_error_quark())
GQuark scenario_text_error_quark(void);

/*
 * The text of `size` bytes, NUL-terminated; free with g_free(). NULL with an error that begins with
 * "line N, column M: ". first: the number of the first line.
 */
char *scenario_text(const char *bytes, size_t size, unsigned first, GError **error);

#endif
