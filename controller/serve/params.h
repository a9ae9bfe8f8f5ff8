/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * params.h: the parameters of a request as the words of a command, by the command's usage: there is
 * no second list of parameters. Pure.
 *
 * A parameter's name is that of its placeholder in small letters (NODE: node), of its key (timeout),
 * or of its literal (or-break; - may be _). A literal is true, or has the value of the placeholder
 * behind it ("do": "time; continue"). Where a placeholder stands twice (END END), or for all that
 * follows (REG…), the value is an array. Numbers are ns, instructions or counts, as the usage says;
 * texts are what would be typed. An array in place of an object is the words as they would be typed.
 */
#ifndef SERVE_PARAMS_H
#define SERVE_PARAMS_H

#include "controller/command/command.h"
#include "controller/report/answer.h"

/* The command of a method: "node.add" is `node add`, and nothing shorter is; NULL: there is none. */
const Command *params_command(const char *method);

/* "node.add" for `node add`; free with g_free(). */
char *params_method(const Command *command);

/* The words of the command with these parameters (NULL: none), its name in front; NULL with an error.
 * Free with g_strfreev(). */
char **params_words(const Command *command, struct json_object *params, GError **error);

/* Adds the method to a list: name, parameters with their types, usage and help. */
void params_describe(const Command *command, Answer *methods);

#endif
