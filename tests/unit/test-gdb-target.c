/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-gdb-target.c: target descriptions; tests/unit/data/gdb-* were read from QEMU 7.2.22
 * (virt with cortex-a57, pc with qemu64). */
#include "gdbstub-client/parse.h"

#include <string.h>

/* Tests run from the top of the tree; METRONOME_TEST_DATA overrides. */
static char *read_fixture(const char *name, void *folder, GError **error)
{
    const char *base = g_getenv("METRONOME_TEST_DATA");
    g_autofree char *path =
        g_build_filename(base ? base : "tests/unit/data", (char *)folder, name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, error);
    return text;
}

static GdbTarget *parse_fixture(const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = read_fixture("target.xml", (void *)folder, &error);

    g_assert_no_error(error);
    GdbTarget *target = gdb_target_parse(xml, read_fixture, (void *)folder, &error);
    g_assert_no_error(error);
    return target;
}

static void check(const GdbTarget *target, const char *name, unsigned regnum, unsigned bitsize,
                  const char *type, const char *feature)
{
    const GdbRegister *reg = gdb_target_find(target, name);

    g_assert_nonnull(reg);
    g_assert_cmpuint(reg->regnum, ==, regnum);
    g_assert_cmpuint(reg->bitsize, ==, bitsize);
    g_assert_cmpstr(reg->type, ==, type);
    g_assert_cmpstr(reg->feature, ==, feature);
}

static void test_aarch64(void)
{
    g_autoptr(GdbTarget) target = parse_fixture("gdb-aarch64");

    g_assert_cmpstr(target->architecture, ==, "aarch64");
    check(target, "x0", 0, 64, "int", "org.gnu.gdb.aarch64.core");
    check(target, "sp", 31, 64, "data_ptr", "org.gnu.gdb.aarch64.core");
    check(target, "pc", 32, 64, "code_ptr", "org.gnu.gdb.aarch64.core");
    check(target, "cpsr", 33, 32, "int", "org.gnu.gdb.aarch64.core");
    check(target, "v0", 34, 128, "aarch64v", "org.gnu.gdb.aarch64.fpu");
    check(target, "v31", 65, 128, "aarch64v", "org.gnu.gdb.aarch64.fpu");
    check(target, "ID_MMFR5", 68, 64, "int", "org.qemu.gdb.arm.sys.regs");
    g_assert_nonnull(gdb_target_find(target, "PMCCNTR_EL0"));
    g_assert_nonnull(gdb_target_find(target, "CNTV_CVAL_EL0"));
    g_assert_null(gdb_target_find(target, "CNTVCT_EL0"));
    /* ... and under the names of other versions. */
    g_assert_true(gdb_target_find(target, "SCTLR_EL1") == gdb_target_find(target, "SCTLR"));
    g_assert_true(gdb_target_find(target, "ESR") == gdb_target_find(target, "ESR_EL1"));
    g_assert_null(gdb_target_find(target, "SCTLR_EL2"));
    g_assert_null(gdb_target_find(target, "X0"));
}

static void test_x86_64(void)
{
    g_autoptr(GdbTarget) target = parse_fixture("gdb-x86_64");

    g_assert_cmpstr(target->architecture, ==, "i386:x86-64");
    check(target, "rax", 0, 64, "int64", "org.gnu.gdb.i386.core");
    check(target, "rip", 16, 64, "code_ptr", "org.gnu.gdb.i386.core");
    check(target, "eflags", 17, 32, "x64_eflags", "org.gnu.gdb.i386.core");
    check(target, "fs_base", 24, 64, "int64", "org.gnu.gdb.i386.core");
}

static char *no_file(const char *name, void *data, GError **error)
{
    (void)data;
    g_set_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT, "no %s", name);
    return NULL;
}

static char *same_file(const char *name, void *data, GError **error)
{
    (void)name;
    (void)error;
    return g_strdup(data);
}

static void test_bad(void)
{
    static const char *const bad[] = {
        "",
        "<target>",
        "not xml",
        "<target><feature name='f'><reg bitsize='64'/></feature></target>",
        "<target><feature name='f'><reg name='a'/></feature></target>",
        "<target><reg name='a' bitsize='0'/></target>",
        "<target><reg name='a' bitsize='64' regnum='-1'/></target>",
        "<target><reg name='a' bitsize='99999999999999999999'/></target>",
        "<target><xi:include/></target>",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(gdb_target_parse(bad[i], no_file, NULL, &error));
        g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
    }
}

/* The error of the callback comes through as it is. */
static void test_missing_file(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(
        gdb_target_parse("<target><xi:include href='a'/></target>", no_file, NULL, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_TIMEOUT);
}

static void test_include_loop(void)
{
    static char xml[] = "<target><xi:include href='a'/><xi:include href='a'/></target>";
    g_autoptr(GError) error = NULL;

    g_assert_null(gdb_target_parse(xml, same_file, xml, &error));
    g_assert_error(error, GDB_ERROR, GDB_ERROR_REPLY);
}

static void test_twice_and_order(void)
{
    static char included[] = "<feature name='g'><reg name='b' bitsize='8' regnum='7'/></feature>";
    g_autoptr(GError) error = NULL;
    g_autoptr(GdbTarget) target = gdb_target_parse(
        "<target><reg name='a' bitsize='7'/><xi:include href='x'/><feature name='f'>"
        "<reg name='c' bitsize='8'/><reg name='a' bitsize='9'/></feature></target>",
        same_file, included, &error);

    g_assert_no_error(error);
    check(target, "a", 0, 7, "int", "");
    check(target, "b", 7, 8, "int", "g");
    check(target, "c", 8, 8, "int", "f");
    g_assert_cmpuint(target->registers->len, ==, 4);
}

static void general_are(const char *xml, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GdbTarget) target = gdb_target_parse(xml, NULL, NULL, &error);
    g_autoptr(GString) names = g_string_new(NULL);

    g_assert_no_error(error);
    for (guint i = 0; i < target->registers->len; i++) {
        const GdbRegister *reg = &g_array_index(target->registers, GdbRegister, i);

        if (gdb_register_is_general(target->registers, reg)) {
            g_string_append_printf(names, "%s ", reg->name);
        }
    }
    g_assert_cmpstr(names->str, ==, expected);
}

#define REG(name, bits) "<reg name='" name "' bitsize='" bits "'/>"

static void test_general(void)
{
    general_are("<target><feature name='org.gnu.gdb.arm.m-profile'>" REG("r0", "32")
                    REG("xpsr", "32") "</feature><feature name='org.gnu.gdb.arm.m-system'>" REG(
                        "msp", "32") "</feature></target>",
                "r0 xpsr msp ");
    general_are(
        "<target><feature name='org.gnu.gdb.riscv.cpu'>" REG(
            "pc", "64") "</feature><feature name='org.gnu.gdb.riscv.fpu'>" REG("ft0",
                                                                               "64") "</feature></"
                                                                                     "target>",
        "pc ");
    general_are("<target><feature name='x.sys'>" REG(
                    "s", "64") "</feature><feature name='org.gnu.gdb.power.core'>" REG("r0", "32")
                    REG("v", "128") "</feature></target>",
                "r0 ");
    general_are(
        "<target><feature name='one.unknown'>" REG("a", "32")
            REG("b", "512") "</feature><feature name='other'>" REG("c", "32") "</feature></target>",
        "a ");
    general_are("<target>" REG("a", "32") "</target>", "a ");
    general_are("<target></target>", "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb/target/aarch64", test_aarch64);
    g_test_add_func("/gdb/target/x86_64", test_x86_64);
    g_test_add_func("/gdb/target/bad", test_bad);
    g_test_add_func("/gdb/target/missing-file", test_missing_file);
    g_test_add_func("/gdb/target/include-loop", test_include_loop);
    g_test_add_func("/gdb/target/twice-and-order", test_twice_and_order);
    g_test_add_func("/gdb/target/general", test_general);
    return g_test_run();
}
