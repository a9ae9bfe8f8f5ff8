/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session-error.c: defines the GLib quark of SESSION_ERROR. */
#include "controller/session/session-error.h"

G_DEFINE_QUARK(metronome_session_error_quark, session_error)
