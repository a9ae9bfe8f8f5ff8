// SPDX-License-Identifier: GPL-3.0-or-later
// As uart-x86_64.S, but never sleeps: it looks every 4 us.
#define POLL
#include "uart-x86_64.S"
