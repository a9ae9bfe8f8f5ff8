/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devstate.c: finds the sections `timer` and `cpu_common` in QEMU's device-state stream.
 *
 * The stream can't be walked section by section: a section has no length, and only its device knows
 * its content. So the parser searches for the sections. The guest may have put bytes into its
 * devices that look like a section, so a section must fit at both ends:
 *
 *     stream:  "QEVM" be32 3, sections, 0x00
 *     section: 0x04 be32 id, len name, be32 instance, be32 version, content, 0x7e be32 id
 *     content: fields, then any of the subsections: 0x05, len name, be32 version, content
 *
 * A section follows the stream's header or another section's footer. A section's own footer repeats
 * its id, and the next section or the end of the stream comes behind it. Nothing is read outside of
 * data[size].
 *
 * Sources in QEMU: migration/savevm.c (save_section_header(), save_section_footer()),
 * migration/vmstate.c (vmstate_subsection_save()).
 */
#include "controller/qemu/devstate.h"

#include <string.h>

/* G_DEFINE_QUARK has a static variable; this function has none, since threads call it at once. */
GQuark devstate_error_quark(void)
{
    return g_quark_from_static_string("metronome-devstate-error-quark");
}

/* migration/savevm.h and migration/qemu-file-types.h */
#define FILE_MAGIC     0x5145564du
#define FILE_VERSION   3
#define FILE_HEADER    8
#define SECTION_EOF    0x00
#define SECTION_FULL   0x04
#define SUBSECTION     0x05
#define SECTION_FOOTER 0x7e
#define FOOTER_SIZE    5

/* A position in the stream. Each read function moves the position past the bytes that it read and
 * returns true, or fails. */
typedef struct {
    const uint8_t *p;
    const uint8_t *end;
} Cursor;

typedef struct {
    uint32_t id;
    uint32_t instance;
    uint32_t version;
} Section;

typedef struct {
    const char *name;
    uint32_t version;
    size_t size; /* of the fields */
} Subsection;

/* QEMU writes a subsection only if it is needed, and always in this order. */
static const Subsection cpu_subsections[] = {
    /* cpu.c; 10.0: hw/core/cpu-system.c */
    {"cpu_common/exception_index", 1, 4},
    {"cpu_common/crash_occurred", 1, 1},
};
static const Subsection icount_subsections[] = {
    /* softmmu/cpu-timers.c; 10.0: system/cpu-timers.c */
    {"timer/icount/warp_timer", 1, 16}, /* sleep=on */
    {"timer/icount/timers", 1, 16},     /* shift=auto, and timer/icount/shift too */
    {"timer/icount/shift", 2, 10},
};

static size_t left(const Cursor *c)
{
    return (size_t)(c->end - c->p);
}

static bool skip(Cursor *c, size_t n)
{
    if (left(c) < n)
        return false;
    c->p += n;
    return true;
}

static bool read_u8(Cursor *c, uint8_t *value)
{
    if (left(c) < 1)
        return false;
    *value = *c->p++;
    return true;
}

static bool read_u32(Cursor *c, uint32_t *value)
{
    uint32_t be;

    if (left(c) < sizeof(be))
        return false;
    memcpy(&be, c->p, sizeof(be));
    *value = GUINT32_FROM_BE(be);
    return skip(c, sizeof(be));
}

static bool read_i64(Cursor *c, int64_t *value)
{
    uint64_t be;

    if (left(c) < sizeof(be))
        return false;
    memcpy(&be, c->p, sizeof(be));
    *value = (int64_t)GUINT64_FROM_BE(be);
    return skip(c, sizeof(be));
}

static bool expect_u8(Cursor *c, uint8_t wanted)
{
    uint8_t value;

    return read_u8(c, &value) && value == wanted;
}

static bool expect_u32(Cursor *c, uint32_t wanted)
{
    uint32_t value;

    return read_u32(c, &value) && value == wanted;
}

static bool expect_name(Cursor *c, const char *name)
{
    size_t len = strlen(name);

    return expect_u8(c, (uint8_t)len) && left(c) >= len && memcmp(c->p, name, len) == 0 &&
           skip(c, len);
}

/* Moves past the subsection's header if that header comes next, else leaves the position
 * unchanged. */
static bool enter_subsection(Cursor *c, const char *name, uint32_t version)
{
    Cursor at = *c;

    if (!expect_u8(&at, SUBSECTION) || !expect_name(&at, name) || !expect_u32(&at, version))
        return false;
    *c = at;
    return true;
}

static bool skip_subsections(Cursor *c, const Subsection *subs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (enter_subsection(c, subs[i].name, subs[i].version) && !skip(c, subs[i].size))
            return false;
    return true;
}

static bool read_section_end(Cursor *c, uint32_t id)
{
    if (!expect_u8(c, SECTION_FOOTER) || !expect_u32(c, id) || left(c) == 0)
        return false;
    return *c->p == SECTION_FULL || (*c->p == SECTION_EOF && left(c) == 1);
}

/* True if a section can begin at `at`. */
static bool follows_section(const uint8_t *data, const uint8_t *at)
{
    size_t offset = (size_t)(at - data);

    return offset == FILE_HEADER ||
           (offset >= FILE_HEADER + FOOTER_SIZE && at[-FOOTER_SIZE] == SECTION_FOOTER);
}

/*
 * Looks from *from on for the header of a section with this name. Returns true with *content at the
 * content's first byte. *from is then the position from which to look for the next section.
 */
static bool next_section(const uint8_t *data, Cursor *from, const char *name, Section *section,
                         Cursor *content)
{
    size_t len = strlen(name);

    for (;;) {
        Cursor c = *from;
        const uint8_t *at = memmem(from->p, left(from), name, len);

        if (at == NULL)
            return false;
        from->p = at + len;
        /* Before the name: 0x04, be32 id, length of the name. */
        if (at - data < FILE_HEADER + 6)
            continue;
        c.p = at - 6;
        if (!follows_section(data, c.p))
            continue;
        if (expect_u8(&c, SECTION_FULL) && read_u32(&c, &section->id) && expect_name(&c, name) &&
            read_u32(&c, &section->instance) && read_u32(&c, &section->version)) {
            *content = c;
            return true;
        }
    }
}

/* vmstate_timers */
static bool read_timer(const Section *section, Cursor c, DevState *out)
{
    int64_t unused;

    if (section->instance != 0 || section->version != 2)
        return false;
    /* VMSTATE_UNUSED is written as zeros. */
    if (!read_i64(&c, &out->ticks_offset) || !read_i64(&c, &unused) || unused != 0 ||
        !read_i64(&c, &out->clock_offset))
        return false;
    out->has_icount = enter_subsection(&c, "timer/icount", 1);
    if (out->has_icount &&
        (!read_i64(&c, &out->bias_ns) || !read_i64(&c, &out->icount) ||
         !skip_subsections(&c, icount_subsections, G_N_ELEMENTS(icount_subsections))))
        return false;
    return read_section_end(&c, section->id);
}

/* vmstate_cpu_common */
static bool read_cpu(const Section *section, Cursor c, uint32_t *halted)
{
    uint32_t interrupt_request;

    return section->version == 1 && read_u32(&c, halted) && *halted <= 1 &&
           read_u32(&c, &interrupt_request) &&
           skip_subsections(&c, cpu_subsections, G_N_ELEMENTS(cpu_subsections)) &&
           read_section_end(&c, section->id);
}

/* Checks the stream's header and its end. The check of the end refuses a file that QEMU is still
 * writing. */
static bool check_file(const uint8_t *data, size_t size, GError **error)
{
    Cursor c = {data, data + size};

    if (!expect_u32(&c, FILE_MAGIC) || !expect_u32(&c, FILE_VERSION)) {
        g_set_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_FORMAT,
                    "the %zu bytes of device state do not begin as QEMU's migration stream of "
                    "version %d does",
                    size, FILE_VERSION);
        return false;
    }
    if (left(&c) < FOOTER_SIZE + 1 || data[size - 1] != SECTION_EOF ||
        data[size - 1 - FOOTER_SIZE] != SECTION_FOOTER) {
        g_set_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_FORMAT,
                    "the device state ends after %zu bytes within a section: it is cut off, or "
                    "the machine type is one of QEMU 2.3 or older, which writes no section footers",
                    size);
        return false;
    }
    return true;
}

static bool find_timer(const uint8_t *data, Cursor all, DevState *out, GError **error)
{
    unsigned begun = 0, found = 0;
    Cursor content;
    Section section;

    while (next_section(data, &all, "timer", &section, &content)) {
        DevState state = {0};

        begun++;
        if (read_timer(&section, content, &state) && found++ == 0)
            *out = state;
    }
    if (found == 1)
        return true;
    if (found > 1)
        g_set_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_AMBIGUOUS,
                    "the device state holds %u sections 'timer' where one is expected", found);
    else if (begun > 0)
        g_set_error_literal(error, DEVSTATE_ERROR, DEVSTATE_ERROR_LAYOUT,
                            "the device state's section 'timer' has a layout that is not known: "
                            "QEMU 7.2 to 10.0 is expected");
    else
        g_set_error_literal(error, DEVSTATE_ERROR, DEVSTATE_ERROR_MISSING,
                            "the device state has no section 'timer'");
    return false;
}

/*
 * A section that begins right but does not fit is an error here, other than in find_timer(): to
 * skip it could hide a busy vCPU.
 */
static bool count_cpus(const uint8_t *data, Cursor all, DevState *out, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    Cursor content;
    Section section;

    while (next_section(data, &all, "cpu_common", &section, &content)) {
        uint32_t halted;

        if (!read_cpu(&section, content, &halted)) {
            g_set_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_LAYOUT,
                        "the device state's section 'cpu_common' of vCPU %u has a layout that is "
                        "not known: QEMU 7.2 to 10.0 is expected",
                        section.instance);
            return false;
        }
        if (!g_hash_table_add(seen, GUINT_TO_POINTER(section.instance))) {
            g_set_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_AMBIGUOUS,
                        "the device state holds two sections 'cpu_common' of vCPU %u",
                        section.instance);
            return false;
        }
        out->n_cpus++;
        out->n_halted += halted;
    }
    return true;
}

bool devstate_parse(const uint8_t *data, size_t size, DevState *out, GError **error)
{
    DevState state;
    Cursor all;

    if (!check_file(data, size, error))
        return false;
    all = (Cursor){data + FILE_HEADER, data + size};
    if (!find_timer(data, all, &state, error) || !count_cpus(data, all, &state, error))
        return false;
    *out = state;
    return true;
}
