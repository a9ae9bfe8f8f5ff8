/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target.c: parses target descriptions: target.xml and included files give a list of registers.
 *
 * Source: RSP "Target Description Format". Pure apart from the callback that gives included files.
 * Only <architecture>, <feature>, <reg> and <xi:include> matter here; types are kept by name. A
 * register without regnum gets the number after the preceding register, in document order with
 * includes in place.
 */
#include "gdbstub-client/parse.h"

#include <string.h>

/* Limits against descriptions that include themselves. QEMU nests one level and has a dozen
 * files. */
#define MAX_DEPTH     8u
#define MAX_FILES     256u
#define MAX_REGISTERS 65536u

typedef struct {
    GdbTarget *target;
    GdbFileFunc load;
    void *data;
    char *feature; /* name of the open <feature>, or NULL */
    unsigned next_regnum;
    unsigned depth;
    unsigned files;
    bool in_architecture;
} Parser;

static bool parse_text(Parser *parser, const char *xml, GError **error);

static void clear_register(void *item)
{
    GdbRegister *reg = item;

    g_free(reg->name);
    g_free(reg->type);
    g_free(reg->feature);
}

static const char *find_attribute(const char *const *names, const char *const *values,
                                  const char *name)
{
    for (; *names; names++, values++) {
        if (strcmp(*names, name) == 0) {
            return *values;
        }
    }
    return NULL;
}

static bool parse_number(const char *text, const char *what, guint64 min, guint64 max,
                         unsigned *out, GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, min, max, &value, NULL)) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "target description: bad %s '%s'", what,
                    text);
        return false;
    }
    *out = (unsigned)value;
    return true;
}

static bool add_register(Parser *parser, const char *const *names, const char *const *values,
                         GError **error)
{
    const char *name = find_attribute(names, values, "name");
    const char *bitsize = find_attribute(names, values, "bitsize");
    const char *regnum = find_attribute(names, values, "regnum");
    const char *type = find_attribute(names, values, "type");
    GArray *registers = parser->target->registers;
    GdbRegister reg = {.regnum = parser->next_regnum};

    if (!name || !bitsize || registers->len >= MAX_REGISTERS) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "target description: a register %s",
                    name && bitsize ? "too many"
                    : name          ? "without bitsize"
                                    : "without name");
        return false;
    }
    if (!parse_number(bitsize, "bitsize", 1, 65536, &reg.bitsize, error)) {
        return false;
    }
    if (regnum && !parse_number(regnum, "regnum", 0, G_MAXINT32, &reg.regnum, error)) {
        return false;
    }
    reg.name = g_strdup(name);
    reg.type = g_strdup(type ? type : "int");
    reg.feature = g_strdup(parser->feature ? parser->feature : "");
    parser->next_regnum = reg.regnum + 1;
    g_array_append_val(registers, reg);
    /* If two registers have one name, the first is the architecture's; later ones are QEMU's
     * extras. */
    if (!g_hash_table_contains(parser->target->by_name, reg.name)) {
        g_hash_table_insert(parser->target->by_name, reg.name, GUINT_TO_POINTER(registers->len));
    }
    return true;
}

static bool include_file(Parser *parser, const char *href, GError **error)
{
    if (!href || parser->depth >= MAX_DEPTH || ++parser->files > MAX_FILES) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "target description: can't include '%s': %s",
                    href ? href : "", href ? "too deep or too many files" : "no href");
        return false;
    }
    g_autofree char *xml = parser->load(href, parser->data, error);
    if (!xml) {
        return false;
    }
    return parse_text(parser, xml, error);
}

static void start_element(GMarkupParseContext *context, const char *element, const char **names,
                          const char **values, gpointer data, GError **error)
{
    Parser *parser = data;
    const char *const *n = (const char *const *)names;
    const char *const *v = (const char *const *)values;

    (void)context;
    parser->in_architecture = strcmp(element, "architecture") == 0;
    if (strcmp(element, "feature") == 0) {
        g_free(parser->feature);
        parser->feature = g_strdup(find_attribute(n, v, "name"));
    } else if (strcmp(element, "reg") == 0) {
        add_register(parser, n, v, error);
    } else if (strcmp(element, "xi:include") == 0) {
        include_file(parser, find_attribute(n, v, "href"), error);
    }
}

static void end_element(GMarkupParseContext *context, const char *element, gpointer data,
                        GError **error)
{
    Parser *parser = data;

    (void)context;
    (void)error;
    parser->in_architecture = false;
    if (strcmp(element, "feature") == 0) {
        g_clear_pointer(&parser->feature, g_free);
    }
}

static void take_text(GMarkupParseContext *context, const char *text, gsize len, gpointer data,
                      GError **error)
{
    Parser *parser = data;

    (void)context;
    (void)error;
    if (parser->in_architecture) {
        g_free(parser->target->architecture);
        parser->target->architecture = g_strstrip(g_strndup(text, len));
    }
}

static bool parse_text(Parser *parser, const char *xml, GError **error)
{
    static const GMarkupParser callbacks = {
        .start_element = start_element, .end_element = end_element, .text = take_text};
    GMarkupParseContext *context = g_markup_parse_context_new(&callbacks, 0, parser, NULL);
    g_autoptr(GError) cause = NULL;

    parser->depth++;
    if (g_markup_parse_context_parse(context, xml, -1, &cause)) {
        g_markup_parse_context_end_parse(context, &cause);
    }
    parser->depth--;
    g_markup_parse_context_free(context);
    if (!cause) {
        return true;
    }
    if (cause->domain == GDB_ERROR) {
        g_propagate_error(error, g_steal_pointer(&cause));
    } else {
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "target description: %s", cause->message);
    }
    return false;
}

GdbTarget *gdb_target_parse(const char *xml, GdbFileFunc load, void *data, GError **error)
{
    g_autoptr(GdbTarget) target = g_new0(GdbTarget, 1);
    Parser parser = {.target = target, .load = load, .data = data};

    target->registers = g_array_new(FALSE, FALSE, sizeof(GdbRegister));
    g_array_set_clear_func(target->registers, clear_register);
    target->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    bool good = parse_text(&parser, xml, error);
    g_free(parser.feature);
    return good ? g_steal_pointer(&target) : NULL;
}

void gdb_target_free(GdbTarget *target)
{
    if (!target) {
        return;
    }
    g_hash_table_unref(target->by_name);
    g_array_unref(target->registers);
    g_free(target->architecture);
    g_free(target);
}

static const GdbRegister *find_exactly(const GdbTarget *target, const char *name)
{
    unsigned index = GPOINTER_TO_UINT(g_hash_table_lookup(target->by_name, name));

    return index ? &g_array_index(target->registers, GdbRegister, index - 1) : NULL;
}

const GdbRegister *gdb_target_find(const GdbTarget *target, const char *name)
{
    static const char level[] = "_EL1";
    const GdbRegister *reg = find_exactly(target, name);
    g_autofree char *other = NULL;

    if (reg) {
        return reg;
    }
    other = g_str_has_suffix(name, level) ? g_strndup(name, strlen(name) - strlen(level))
                                          : g_strconcat(name, level, NULL);
    return find_exactly(target, other);
}

static bool is_core(const char *feature)
{
    static const char *const endings[] = {".core", ".cpu", ".m-profile", ".m-system", ".base"};

    for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++) {
        if (g_str_has_suffix(feature, endings[i])) {
            return true;
        }
    }
    return false;
}

bool gdb_register_is_general(const GArray *list, const GdbRegister *reg)
{
    if (reg->bitsize > 64) {
        return false;
    }
    for (guint i = 0; i < list->len; i++) {
        if (is_core(g_array_index(list, GdbRegister, i).feature)) {
            return is_core(reg->feature);
        }
    }
    return strcmp(reg->feature, g_array_index(list, GdbRegister, 0).feature) == 0;
}
