/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session-error.c: see session-error.h. */
#include "controller/session/session-error.h"

G_DEFINE_QUARK(metronome_session_error_quark, session_error)
