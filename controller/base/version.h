/* SPDX-License-Identifier: GPL-3.0-or-later */
/* version.h: the program's version. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define METRONOME_VERSION "0.1.0"

#endif
