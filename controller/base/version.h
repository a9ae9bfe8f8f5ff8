/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * version.h: the program's version and the version's date, for the manual pages.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define METRONOME_VERSION "0.1.0"
#define METRONOME_DATE    "2026-11-29"

#endif
