/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-elf.c: the symbol table of an ELF file, by libelf, which reads sections as they are asked
 * for, so that a kernel's debug information stays unread. The file may be a stranger's: sizes are
 * checked before libelf allocates by them, and names before they are used.
 */
#include "controller/symbols/symbols-private.h"

#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>

/* QEMU's names of architectures, and the machines whose code each can run. */
static const struct {
    const char *arch;
    uint16_t machines[2];
} rules[] = {
    {"aarch64", {EM_AARCH64, EM_ARM}}, {"arm", {EM_ARM, EM_NONE}},
    {"x86_64", {EM_X86_64, EM_386}},   {"i386", {EM_386, EM_NONE}},
    {"riscv64", {EM_RISCV, EM_NONE}},  {"riscv32", {EM_RISCV, EM_NONE}},
};

static bool fits_arch(uint16_t machine, const char *arch, GError **error)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {{EM_AARCH64, "aarch64"}, {EM_ARM, "arm"},     {EM_X86_64, "x86_64"},
                 {EM_386, "i386"},        {EM_RISCV, "riscv"}, {EM_PPC64, "ppc64"},
                 {EM_S390, "s390x"},      {EM_MIPS, "mips"}};
    g_autofree char *is = NULL;

    for (unsigned i = 0; arch && i < G_N_ELEMENTS(rules); i++) {
        if (strcmp(rules[i].arch, arch) != 0)
            continue;
        if (machine == rules[i].machines[0] || machine == rules[i].machines[1])
            return true;
        for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
            if (names[n].machine == machine)
                is = g_strdup(names[n].name);
        if (!is)
            is = g_strdup_printf("machine %u of ELF", machine);
        return symbols_set_error(error, "it is for %s, and the node is %s", is, arch);
    }
    return true;
}

static bool damaged(const char *what, GError **error)
{
    int number = elf_errno(); /* 0: libelf has no reason, as where the file ends too soon */

    return symbols_set_error(error, "its %s can't be read: %s", what,
                             number ? elf_errmsg(number) : "the file is cut off or damaged");
}

/* The first section of this type; NULL: there is none. */
static Elf_Scn *find_section(Elf *elf, uint32_t type, GElf_Shdr *header)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, header) && header->sh_type == type)
            return section;
    return NULL;
}

/* The bytes of a section of at most so many, which must be in the file as they are. */
static Elf_Data *section_data(Elf_Scn *section, const GElf_Shdr *header, const char *what,
                              uint64_t most, GError **error)
{
    Elf_Data *data;

    if (header->sh_flags & SHF_COMPRESSED) {
        symbols_set_error(error, "its %s is compressed", what);
        return NULL;
    }
    if (header->sh_size > most) {
        symbols_set_error(error, "its %s is too large: %" G_GUINT64_FORMAT " bytes", what,
                          (uint64_t)header->sh_size);
        return NULL;
    }
    data = elf_getdata(section, NULL);
    if (!data || !data->d_buf || data->d_size != header->sh_size) {
        damaged(what, error);
        return NULL;
    }
    return data;
}

/* -1: no place in memory. */
static int rank_of(const GElf_Sym *symbol)
{
    int type = GELF_ST_TYPE(symbol->st_info), bind = GELF_ST_BIND(symbol->st_info);
    bool code = type == STT_FUNC || type == STT_GNU_IFUNC;

    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS ||
        symbol->st_shndx == SHN_COMMON || (!code && type != STT_NOTYPE && type != STT_OBJECT))
        return -1;
    if (bind == STB_WEAK)
        return RANK_WEAK;
    if (bind == STB_LOCAL)
        return code ? RANK_LOCAL_CODE : RANK_LOCAL_DATA;
    return code ? RANK_GLOBAL_CODE : RANK_GLOBAL_DATA;
}

/* Where a symbol's section ends; a symbol at its end, or outside of it, is one byte long. 0: not
 * known. */
static uint64_t section_end(Elf *elf, const GElf_Sym *symbol)
{
    Elf_Scn *section = symbol->st_shndx < SHN_LORESERVE ? elf_getscn(elf, symbol->st_shndx) : NULL;
    GElf_Shdr header;

    if (!section || !gelf_getshdr(section, &header) || header.sh_addr > UINT64_MAX - header.sh_size)
        return 0;
    return MAX(header.sh_addr + header.sh_size, symbol->st_value + 1);
}

static bool add_all(Symbols *s, Elf *elf, Elf_Data *table, const Elf_Data *strings, GError **error)
{
    size_t each = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
    const char *names = strings->d_buf;
    /* Thumb code of Arm has bit 0 set, which is in no pc. */
    GElf_Ehdr header;
    bool arm = gelf_getehdr(elf, &header) && header.e_machine == EM_ARM;

    for (size_t i = 0; each > 0 && i < table->d_size / each; i++) {
        GElf_Sym symbol;
        const char *name;
        size_t length;
        int rank;

        if (!gelf_getsym(table, (int)i, &symbol))
            return damaged("symbol table", error);
        rank = rank_of(&symbol);
        if (rank < 0)
            continue;
        if (symbol.st_name >= strings->d_size)
            return symbols_set_error(error, "the name of its symbol %zu is nowhere", i);
        name = names + symbol.st_name;
        length = strnlen(name, MIN(strings->d_size - symbol.st_name, SYMBOLS_MAX_NAME + 1));
        if (length == strings->d_size - symbol.st_name)
            return symbols_set_error(error, "the name of its symbol %zu has no end", i);
        if (arm && GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
            symbol.st_value &= ~UINT64_C(1);
        if (!symbols_add(s, name, length, symbol.st_value, symbol.st_size,
                         symbol.st_size > 0 ? 0 : section_end(elf, &symbol), (SymbolRank)rank,
                         error))
            return false;
    }
    return true;
}

static bool read_table(Symbols *s, Elf *elf, GError **error)
{
    GElf_Shdr header, strings_header;
    Elf_Scn *table = find_section(elf, SHT_SYMTAB, &header), *strings;
    Elf_Data *data, *names;

    if (!table)
        table = find_section(elf, SHT_DYNSYM, &header);
    if (!table)
        return symbols_set_error(error, "it has no symbol table: it was stripped");
    strings = elf_getscn(elf, header.sh_link);
    if (!strings || !gelf_getshdr(strings, &strings_header) || strings_header.sh_type != SHT_STRTAB)
        return symbols_set_error(error, "the names of its symbols are not in it");
    data = section_data(table, &header, "symbol table", (uint64_t)SYMBOLS_MAX * sizeof(Elf64_Sym),
                        error);
    if (!data)
        return false;
    names = section_data(strings, &strings_header, "table of names", SYMBOLS_MAX_BYTES, error);
    return names && add_all(s, elf, data, names, error);
}

/* libelf finds no sections in a file that ends before their table. */
static bool is_whole(const GElf_Ehdr *header, uint64_t size, GError **error)
{
    uint64_t table = (uint64_t)header->e_shnum * header->e_shentsize;

    if (header->e_shoff <= size && table <= size - header->e_shoff)
        return true;
    return symbols_set_error(error,
                             "it is cut off: it has %" G_GUINT64_FORMAT
                             " bytes, and its table of sections ends behind them",
                             size);
}

static bool read_file(Symbols *s, Elf *elf, uint64_t size, const char *arch, GError **error)
{
    GElf_Ehdr header;

    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
        return damaged("header", error);
    if (!fits_arch(header.e_machine, arch, error))
        return false;
    if (header.e_type == ET_REL)
        return symbols_set_error(error, "it is not linked yet (an object file or a module), so its "
                                        "addresses are not known");
    if (!is_whole(&header, size, error))
        return false;
    return read_table(s, elf, error);
}

bool symbols_read_elf(Symbols *s, int fd, const char *arch, GError **error)
{
    struct stat about;
    Elf *elf;
    bool ok;

    elf_version(EV_CURRENT);
    elf_errno(); /* of others */
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (!elf)
        return damaged("header", error);
    ok = read_file(s, elf, fstat(fd, &about) == 0 ? (uint64_t)about.st_size : 0, arch, error);
    elf_end(elf);
    return ok;
}
