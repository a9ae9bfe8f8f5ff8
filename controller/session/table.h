/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h: tables of commands. A command hands typed rows over; people get lines of text, programs
 * an array of objects in Session.answer. Main thread.
 */
#ifndef SESSION_TABLE_H
#define SESSION_TABLE_H

#include "controller/session/session.h"

typedef struct {
    const char *key;     /* member of a row for programs; NULL: the column is for people only */
    const char *heading; /* for people; NULL: the column is for programs only */
    int width;           /* in characters; negative: to the left; 0: of the last column */
    int decimals;        /* of a real number */
    bool sign;           /* a number always has its sign */
    bool apart;          /* two blanks stand before it, not one */
} Column;

/* A column for both, for people only, for programs only; … are further members. */
#define COLUMN(key_, heading_, width_, ...)                                                        \
    {                                                                                              \
        .key = (key_), .heading = (heading_), .width = (width_), __VA_ARGS__                       \
    }
#define COLUMN_SHOWN(heading_, width_, ...) COLUMN(NULL, heading_, width_, __VA_ARGS__)
#define COLUMN_TYPED(key_)                  COLUMN(key_, NULL, 0)

typedef struct {
    const char *key; /* of the array for programs */
    const Column *columns;
    unsigned n;
} Table;

typedef enum { CELL_NONE, CELL_TEXT, CELL_INT, CELL_COUNT, CELL_REAL, CELL_BOOL } CellKind;

/* One value, in the order of the columns. CELL_NONE is null for programs and "-" for people. */
typedef struct {
    CellKind kind;
    union {
        const char *text;
        int64_t whole;
        uint64_t count;
        double real;
        bool flag;
    };
} Cell;

/* NULL is CELL_NONE. */
static inline Cell cell_text(const char *text)
{
    return (Cell){.kind = text ? CELL_TEXT : CELL_NONE, .text = text};
}

static inline Cell cell_int(int64_t value)
{
    return (Cell){.kind = CELL_INT, .whole = value};
}

static inline Cell cell_count(uint64_t value)
{
    return (Cell){.kind = CELL_COUNT, .count = value};
}

static inline Cell cell_real(double value)
{
    return (Cell){.kind = CELL_REAL, .real = value};
}

static inline Cell cell_bool(bool value)
{
    return (Cell){.kind = CELL_BOOL, .flag = value};
}

/* Prints the headings, or makes the array. */
void table_begin(const Session *session, const Table *table);

/* Prints a row, or adds it to the array; cells: one for each column. Returns the row for programs, to
 * which more may be added; NULL: it was printed. */
Answer *table_row(const Session *session, const Table *table, const Cell *cells);

#endif
