# metronome: build, test and measure. `make help` lists the goals.
BUILD    ?= build
CC       := gcc
CLANG    ?= clang
WERROR   ?= $(if $(CI),-Werror,)
OPT      ?= -O2 -g
SAN      ?=
PKG      := glib-2.0 gio-unix-2.0 json-c

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough $(WERROR)
# Looked up when a rule runs, not when make starts: `make setup` may only just have installed them.
PKG_CFLAGS = $(shell pkg-config --cflags $(PKG))
PKG_LIBS   = $(shell pkg-config --libs $(PKG))
CFLAGS_ALL = -std=gnu11 $(OPT) $(WARN) $(SAN) -D_GNU_SOURCE -I. $(PKG_CFLAGS) -MMD -MP $(CFLAGS)
LIBS_ALL   = $(PKG_LIBS) -lreadline -lpthread $(LDFLAGS)

QMP_SRC  := $(wildcard qmp/*.c)
GDB_SRC  := $(wildcard gdbstub-client/*.c)
CTL_SRC  := $(filter-out controller/main.c,$(wildcard controller/*.c controller/*/*.c))
TEST_SRC := $(wildcard tests/unit/test-*.c tests/fake/test-*.c tests/qemu/test-*.c)
TEST_LIB := $(wildcard tests/lib/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz-*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBS := $(BUILD)/libmetronome.a $(BUILD)/libqmp.a $(BUILD)/libgdbstub.a
TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/metronome

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/libqmp.a: $(call obj,$(QMP_SRC))
$(BUILD)/libgdbstub.a: $(call obj,$(GDB_SRC))
$(BUILD)/libmetronome.a: $(call obj,$(CTL_SRC))
$(BUILD)/lib%.a:
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/metronome: $(call obj,controller/main.c) $(LIBS)
	$(CC) $(OPT) $(SAN) -o $@ $^ $(LIBS_ALL)

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(call obj,$(TEST_LIB)) $(LIBS)
	@mkdir -p $(@D)
	$(CC) $(OPT) $(SAN) -o $@ $^ $(LIBS_ALL)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(QMP_SRC) $(GDB_SRC) $(CTL_SRC)
	@mkdir -p $(@D)
	$(CLANG) -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. $(PKG_CFLAGS) \
	  -o $@ $^ $(LIBS_ALL)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
