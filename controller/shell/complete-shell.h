/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete-shell.h: completes metronome's command line for the scripts of bash, zsh and fish
 * (scripts/completions). The scripts themselves know none of metronome's words.
 *
 *   metronome --complete WORD...
 *
 * WORD: the command line as typed behind the program's name, without quotes. The last word is being
 * typed and may be empty. The first line of the answer is "words", or "files PREFIX" where a path
 * is possible, too. PREFIX is the beginning of the word; the path begins behind PREFIX. Each other
 * line is a word that can replace the last one; a word that ends with '=' continues.
 *
 * The completion starts, connects and writes nothing, and reports no errors.
 */
#ifndef SHELL_COMPLETE_SHELL_H
#define SHELL_COMPLETE_SHELL_H

#define COMPLETE_SHELL_OPTION "--complete"

/* Prints the answer. words: the words behind --complete, NULL-terminated. */
void complete_shell(char **words);

#endif
