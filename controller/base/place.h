/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.h: whether files and folders can be made in a folder. Any thread. */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <stdbool.h>

/* Whether this process may make files in the folder, and its file system takes any: those that show
 * the kernel's own data, such as /proc and /sys, take none, not even from root. False: errno is why. */
bool place_takes_files(const char *folder);

#endif
