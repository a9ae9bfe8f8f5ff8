/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete-shell.h: completion of metronome's command line, for the scripts of bash, zsh and fish
 * (scripts/completions), which know none of its words.
 *
 *   metronome --complete WORD...
 *
 * WORD: the command line as typed behind the program's name, without quotes; the last one is being
 * typed and may be empty. First line of the answer: "words", or "files PREFIX" where a path can
 * stand, too: the path begins behind PREFIX, which is what the word begins with. Each other line is a
 * word that can stand in place of the last one; more follows one that ends with '='.
 *
 * Nothing is started, connected or written, and no error is told.
 */
#ifndef SHELL_COMPLETE_SHELL_H
#define SHELL_COMPLETE_SHELL_H

#define COMPLETE_SHELL_OPTION "--complete"

void complete_shell(char **words);

#endif
