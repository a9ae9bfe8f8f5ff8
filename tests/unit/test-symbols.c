/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-symbols.c: names and addresses from ELF files and from text, and files that are neither. */
#include "controller/symbols/symbols.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;

static char *write_file(const void *bytes, gsize size)
{
    char *path = g_build_filename(folder, "file", NULL);

    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    return path;
}

static Symbols *load_text(const char *text)
{
    g_autofree char *path = write_file(text, strlen(text));
    g_autoptr(GError) error = NULL;
    Symbols *s = symbols_load(path, "aarch64", &error);

    g_assert_no_error(error);
    g_assert_nonnull(s);
    return s;
}

static void refuse_file(const char *path, const char *arch, const char *why)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(symbols_load(path, arch, &error));
    g_assert_nonnull(error);
    g_assert_true(error->domain == SYMBOLS_ERROR);
    if (!strstr(error->message, why))
        g_error("'%s' instead of '%s'", error->message, why);
}

static void refuse(const void *bytes, gsize size, const char *why)
{
    g_autofree char *path = write_file(bytes, size);

    refuse_file(path, "x86_64", why);
}

static void is_at(const Symbols *s, const char *text, uint64_t expected)
{
    g_autoptr(GError) error = NULL;
    uint64_t address = 0;
    bool ok = symbols_resolve(s, text, &address, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmphex(address, ==, expected);
}

static void is_nowhere(const Symbols *s, const char *text, const char *why)
{
    g_autoptr(GError) error = NULL;
    uint64_t address;

    g_assert_false(symbols_resolve(s, text, &address, &error));
    g_assert_nonnull(error);
    if (!strstr(error->message, why))
        g_error("'%s' instead of '%s'", error->message, why);
}

/* expected: "NAME+OFFSET" in decimal, or NULL. */
static void is_called(const Symbols *s, uint64_t address, const char *expected)
{
    uint64_t offset = 0;
    const char *name = symbols_at(s, address, &offset);
    g_autofree char *text = name ? g_strdup_printf("%s+%" G_GUINT64_FORMAT, name, offset) : NULL;

    g_assert_cmpstr(text, ==, expected);
}

static const char map[] = "ffff800008010000 T _text\n"
                          "ffff800008010000 t local_alias\n"
                          "ffff800008010080 T do_idle\n"
                          "\n"
                          "ffff800008010100 t twice\n"
                          "ffff800008010200 t twice\n"
                          "ffff800008010300 t both\n"
                          "ffff800008010400 T both\n"
                          "ffff800008010500 t $x\n"
                          "0000000000001000 A absolute\n"
                          "                 U undefined\n"
                          "ffff800008010600 t in_module\t[virtio_net]\n"
                          "ffff800008010700 D jiffies\n";

static void test_text(void)
{
    g_autofree char *text = g_strdup(map);
    char *undefined = strstr(text, "                 U");
    g_autoptr(Symbols) s = NULL;

    memmove(undefined, strchr(undefined, '\n') + 1, strlen(strchr(undefined, '\n') + 1) + 1);
    s = load_text(text);
    g_assert_cmpuint(symbols_count(s), ==, 9);
    is_at(s, "_text", 0xffff800008010000);
    is_at(s, "do_idle+0x10", 0xffff800008010090);
    is_at(s, "do_idle+16", 0xffff800008010090);
    is_at(s, "do_idle-0x80", 0xffff800008010000);
    is_at(s, "in_module", 0xffff800008010600);
    is_at(s, "both", 0xffff800008010400); /* the global one */
    is_called(s, 0xffff800008010000, "_text+0");
    is_called(s, 0xffff80000801007f, "_text+127");
    is_called(s, 0xffff800008010080, "do_idle+0");
    is_called(s, 0xffff800008010500, "both+256");
    is_called(s, 0xffff80000800ffff, NULL);
    is_called(s, 0xffff800008010700 + (1 << 20), NULL); /* far behind the last */
    is_called(s, UINT64_MAX, NULL);
    is_called(s, 0x1000, NULL);
}

static void test_wrong_names(void)
{
    g_autoptr(Symbols) s = load_text("1000 T main\n2000 t twice\n3000 t twice\n");

    is_nowhere(s, "mian", "no name 'mian' among 3 symbols; did you mean 'main'?");
    is_nowhere(s, "mian+4", "did you mean 'main'?");
    is_nowhere(s, "zzz", "no name 'zzz' among 3 symbols");
    is_nowhere(s, "main+", "'' is no offset");
    is_nowhere(s, "main+x", "'x' is no offset");
    is_nowhere(s, "main+99999999999999999999", "is no offset");
    is_at(s, "main-0x1000", 0);
    is_at(s, "main+0xffffffffffffefff", UINT64_MAX);
    is_nowhere(s, "main-0x1001", "'main' is at 0x1000, so -0x1001 leads out of the 64 bits");
    is_nowhere(s, "main+0xfffffffffffff000", "so +0xfffffffffffff000 leads out of the 64 bits");
    is_nowhere(s, "twice", "'twice' has 2 addresses, 0x2000 and 0x3000 among them");
    is_nowhere(s, "twice+4", "has 2 addresses");
    is_nowhere(s, "", "no name ''");
    is_nowhere(s, "+4", "no name ''");
}

static void test_completion(void)
{
    g_autoptr(Symbols) s = load_text("1 T ab\n2 t ab\n3 T abc\n4 T b\n5 T a\n");
    g_autoptr(GPtrArray) some = symbols_beginning_with(s, "ab");
    g_autoptr(GPtrArray) all = symbols_beginning_with(s, "");
    g_autoptr(GPtrArray) none = symbols_beginning_with(s, "abd");

    g_assert_cmpuint(some->len, ==, 2);
    g_assert_cmpstr(some->pdata[0], ==, "ab");
    g_assert_cmpstr(some->pdata[1], ==, "abc");
    g_assert_cmpuint(all->len, ==, 4);
    g_assert_cmpuint(none->len, ==, 0);
}

static void test_digest(void)
{
    g_autoptr(Symbols) a = load_text("1000 T a\n2000 T b\n");
    g_autoptr(Symbols) same = load_text("2000 T b\n1000 T a\n");
    g_autoptr(Symbols) other = load_text("1000 T a\n2001 T b\n");

    g_assert_cmpuint(strlen(symbols_digest(a)), ==, 64);
    g_assert_cmpstr(symbols_digest(a), ==, symbols_digest(same));
    g_assert_cmpstr(symbols_digest(a), !=, symbols_digest(other));
}

static void test_no_text(void)
{
    static const char no_end[] = "1000 T a\nnonsense\n";

    refuse("", 0, "no name of a function");
    refuse("MZ\220\0\3", 5, "neither an ELF file nor a text of lines");
    refuse("MZ\220\0\3", 5, "its vmlinux has");
    refuse("hello\n", 6, "neither an ELF file nor a text of lines");
    refuse("1000 T \n", 8, "neither an ELF file");
    refuse("1000 TT a\n", 10, "neither an ELF file");
    refuse(no_end, strlen(no_end), "line 2 is no 'ADDRESS TYPE NAME'");
    refuse("0000 T a\n0000 T b\n", 18, "all its addresses are 0");
    refuse("1000 T $x\n", 10, "no name of a function");
    refuse_file(folder, NULL, "no regular file");
    refuse_file("/nonexistent", NULL, "No such file");
}

/* --- ELF --- */

typedef struct {
    Elf64_Ehdr header;
    Elf64_Sym symbols[6];
    char names[64];
    Elf64_Shdr sections[4];
} File;

static File make_elf(void)
{
    static const char names[64] = "\0start\0loop\0unsized\0\x1b[31mred\0$d\0";
    File f = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                                     EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_shoff = offsetof(File, sections),
                         .e_ehsize = sizeof(Elf64_Ehdr),
                         .e_shentsize = sizeof(Elf64_Shdr),
                         .e_shnum = 4,
                         .e_shstrndx = 3},
              .symbols = {{0},
                          {1, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x1000, 0x10},
                          {7, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), 0, 1, 0x1008, 0},
                          {12, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, 1, 0x1020, 0},
                          {20, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x1028, 4},
                          {29, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), 0, 1, 0x1000, 0}},
              .sections = {{0},
                           {.sh_type = SHT_NOBITS, .sh_addr = 0x1000, .sh_size = 0x40},
                           {.sh_type = SHT_SYMTAB,
                            .sh_offset = offsetof(File, symbols),
                            .sh_size = sizeof(f.symbols),
                            .sh_link = 3,
                            .sh_entsize = sizeof(Elf64_Sym)},
                           {.sh_type = SHT_STRTAB,
                            .sh_offset = offsetof(File, names),
                            .sh_size = sizeof(f.names)}}};

    memcpy(f.names, names, sizeof(names));
    return f;
}

static void test_elf(void)
{
    File f = make_elf();
    g_autofree char *path = write_file(&f, sizeof(f));
    g_autoptr(GError) error = NULL;
    g_autoptr(Symbols) s = symbols_load(path, "x86_64", &error);

    g_assert_no_error(error);
    g_assert_cmpuint(symbols_count(s), ==, 3); /* neither the red one nor $d */
    is_at(s, "start+4", 0x1004);
    is_called(s, 0x1007, "start+7");
    is_called(s, 0x1008, "loop+0");
    is_called(s, 0x101f, "loop+23");
    is_called(s, 0x103f, "unsized+31"); /* to the end of its section */
    is_called(s, 0x1040, NULL);
    is_called(s, 0xfff, NULL);
    refuse_file(path, "aarch64", "it is for x86_64, and the node is aarch64");
    symbols_unref(symbols_load(path, NULL, &error));
    g_assert_no_error(error);
}

/* The file with `value` of `size` bytes at a place. */
static void refuse_changed(gsize at, const void *value, gsize size, const char *why)
{
    File f = make_elf();

    memcpy((uint8_t *)&f + at, value, size);
    refuse(&f, sizeof(f), why);
}

#define REFUSE(member, type, value, why)                                                           \
    refuse_changed(offsetof(File, member), &(type){value}, sizeof(type), why)

static void test_damaged_elf(void)
{
    const gsize symtab = offsetof(File, sections) + 2 * sizeof(Elf64_Shdr);
    const gsize strtab = offsetof(File, sections) + 3 * sizeof(Elf64_Shdr);
    File f = make_elf();

    for (gsize size = 0; size < sizeof(f) - 1; size++) { /* cut off anywhere */
        g_autofree char *path = write_file(&f, size);
        g_autoptr(GError) error = NULL;
        Symbols *s = symbols_load(path, "x86_64", &error);

        g_assert_null(s);
        g_assert_nonnull(error);
        g_assert_null(strstr(error->message, "no error"));
        if (size >= sizeof(f.header))
            g_assert_nonnull(strstr(error->message, "it is cut off: it has "));
    }
    REFUSE(header.e_type, uint16_t, ET_REL, "not linked yet");
    REFUSE(header.e_machine, uint16_t, EM_AARCH64, "it is for aarch64, and the node is x86_64");
    REFUSE(header.e_machine, uint16_t, 4711, "machine 4711 of ELF");
    REFUSE(header.e_shnum, uint16_t, 2, "stripped");
    REFUSE(header.e_shoff, uint64_t, UINT64_MAX - 3, "it is cut off");
    REFUSE(header.e_ident[EI_CLASS], uint8_t, 9, "its header can't be read");
    REFUSE(symbols[1].st_name, uint32_t, 64, "the name of its symbol 1 is nowhere");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_type), &(uint32_t){SHT_NOTE}, 4, "stripped");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_link), &(uint32_t){99}, 4, "names");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_link), &(uint32_t){2}, 4, "names");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_offset), &(uint64_t){1 << 20}, 8,
                   "its symbol table can't be read");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_size), &(uint64_t){UINT64_MAX - 15}, 8,
                   "its symbol table is too large");
    refuse_changed(symtab + offsetof(Elf64_Shdr, sh_flags), &(uint64_t){SHF_COMPRESSED}, 8,
                   "its symbol table is compressed");
    refuse_changed(strtab + offsetof(Elf64_Shdr, sh_size), &(uint64_t){5}, 8, "has no end");
    memset(f.names + 60, 'x', 4);
    f.symbols[5].st_name = 60;
    refuse(&f, sizeof(f), "the name of its symbol 5 has no end");
}

/* --- many --- */

static void test_many(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Symbols) s = NULL;

    for (unsigned i = 0; i < 150000; i++)
        g_string_append_printf(text, "%016x t function_number_%u\n", 0x10000 + 64 * i, i * 7919);
    s = load_text(text->str);
    g_assert_cmpuint(symbols_count(s), ==, 150000);
    is_at(s, "function_number_7919", 0x10040);
    is_called(s, 0x10000 + 64 * 149999 + 3, "function_number_1187842081+3");
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("metronome-symbols-XXXXXX", NULL);
    g_test_add_func("/symbols/text", test_text);
    g_test_add_func("/symbols/wrong-names", test_wrong_names);
    g_test_add_func("/symbols/completion", test_completion);
    g_test_add_func("/symbols/digest", test_digest);
    g_test_add_func("/symbols/no-text", test_no_text);
    g_test_add_func("/symbols/elf", test_elf);
    g_test_add_func("/symbols/damaged-elf", test_damaged_elf);
    g_test_add_func("/symbols/many", test_many);
    status = g_test_run();
    {
        g_autofree char *path = g_build_filename(folder, "file", NULL);

        g_unlink(path);
        g_rmdir(folder);
        g_free(folder);
    }
    return status;
}
