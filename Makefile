# metronome: build, test and measure. `make help` lists the goals.
BUILD    ?= build
ifeq ($(origin CC),default)
CC       := gcc
endif
CLANG    ?= clang
WERROR   ?= $(if $(CI),-Werror,)
# CPPFLAGS, LDFLAGS and LDLIBS are the caller's, as CFLAGS are: nothing that the build needs is in them.
CFLAGS   ?= -O2 -g
# What a build of a kind of its own (sanitizers, coverage) adds; it comes behind CFLAGS and wins.
OPT      ?=
SAN      ?=
PKG      := glib-2.0 gio-unix-2.0 json-c libssh libpcap nettle libelf

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough $(WERROR)
# Looked up once, by the first rule that needs them.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKG)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKG)))$(PKG_LIBS)
COMPILE = $(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE -I. $(PKG_CFLAGS) $(DEFS) -MMD -MP $(CPPFLAGS) $(CFLAGS) $(OPT) $(SAN)
LINK    = $(CC) $(CFLAGS) $(OPT) $(SAN) $(LDFLAGS)
LIBS_ALL = $(PKG_LIBS) -lreadline -lpthread -lm $(LDLIBS)

QMP_SRC  := $(wildcard qmp/*.c)
GDB_SRC  := $(wildcard gdbstub-client/*.c)
CTL_SRC  := $(filter-out controller/main.c,$(wildcard controller/*.c controller/*/*.c controller/*/*/*.c))
TEST_SRC := $(wildcard tests/unit/test-*.c tests/fake/test-*.c tests/qemu/test-*.c)
TEST_LIB := $(wildcard tests/lib/*.c)
BENCH_LIB := $(wildcard tests/bench/lib/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz-*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBS := $(BUILD)/libmetronome.a $(BUILD)/libqmp.a $(BUILD)/libgdbstub.a
TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
# With libFuzzer, in the build of `make fuzz` only; and with a main() that takes files, for the tests.
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(FUZZ_SRC) tests/fuzz/planted.c)
REPLAYS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))

# Linked into what a sanitizer watches. ThreadSanitizer does not know GLib's own locks.
SANITIZED := $(if $(findstring fsanitize=,$(SAN)),$(BUILD)/obj/tests/sanitize/options.o) \
             $(if $(findstring fsanitize=thread,$(SAN)),$(BUILD)/obj/tests/sanitize/glib-sync.o)

UNIT_RUN := $(filter $(BUILD)/tests/unit/% $(BUILD)/tests/fake/%,$(TESTS)) tests/fuzz/test-seeds.sh
# For QEMU up to 8.2, for 9.0 to 10, and for 11.
PLUGINS := $(foreach name,insn-count late-exit spin,$(addprefix $(BUILD)/tests/plugin/$(name),.so -2.so -7.so))
# Programs that tests start.
HELPERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/helper/*.c))

REAL := $(filter $(BUILD)/tests/qemu/%,$(TESTS)) $(wildcard tests/qemu/test-*.sh tests/scenario/test-*.sh)
# Nodes on several CPUs, or many.
ALONE := $(BUILD)/tests/qemu/test-engine-real $(patsubst %,tests/scenario/test-%.sh,exact network faults hosts hosts-line \
         hosts-same hosts-saves hosts-tcp notes repl-hosts disks slurm)
# Those that take long; they begin first, so that no CPU waits for the last one.
LONG := $(patsubst %,tests/scenario/test-%.sh,hosts-faults frozen page verify cards capture boards)
# As arguments of tests/run.
split = -- $(filter $(LONG),$(1)) $(filter-out $(LONG) $(ALONE),$(1)) -- $(filter $(ALONE),$(1))
REAL_RUN := $(call split,$(REAL))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TSAN := -fsanitize=thread -fno-omit-frame-pointer -Wno-maybe-uninitialized
# Names of scenario tests; without any, all that run QEMU.
ASAN_TESTS ?=
# Those without QEMU beside them, on a CPU each: the few that CI names leave a CPU free.
ASAN_RUN = $(call split,$(or $(ASAN_TESTS:%=tests/scenario/test-%.sh),$(REAL)) $(UNIT_RUN))
# Scenarios where threads meet: workers, other hosts, the report, gdb, consoles.
TSAN_TESTS ?= basics exact network links gdb hosts-same repl repl-hosts
FUZZ_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_SECONDS ?= 30
# Each fuzzer has all of the libraries in it: a fast linker, if there is one, saves a second a fuzzer.
FUZZ_LD = $(addprefix -fuse-ld=,$(firstword $(foreach ld,lld gold,$(if $(shell command -v ld.$(ld)),$(ld)))))
# As many jobs as there are CPUs; -j on the command line wins, and a make within takes what the outer one has.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
# With jobs side by side, `make clean all` removes first.
CLEAN_FIRST := $(filter clean,$(MAKECMDGOALS))

PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
LIBDIR   ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR  ?= $(PREFIX)/share
MANDIR   ?= $(DATADIR)/man
BASHDIR  ?= $(DATADIR)/bash-completion/completions
ZSHDIR   ?= $(DATADIR)/zsh/site-functions
FISHDIR  ?= $(DATADIR)/fish/vendor_completions.d
# Where the package `metronome` is for Python: a folder of PYTHONPATH, or one that Python knows.
PYTHONDIR ?= $(DATADIR)/metronome/python
VERSION   = $(shell sed -n 's/.*METRONOME_VERSION "\(.*\)"/\1/p' controller/base/version.h)

# One short line for each file; V=1 shows the commands.
Q := $(if $(V),,@)
say = @mkdir -p $(@D)$(if $(V),,; printf '  %-5s %s\n' $(1) $@)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

.PHONY: all help setup need compile guest guest-x86_64 demo-parts demo check check-qemu check-qemu-matrix check-slurm check-debian13 unit lint asan tsan fuzz coverage bench bench-hosts bench-notes soak soak-faults soak-saves soak-reverse soak-foretell soak-disks soak-boards soak-idle man install uninstall deb clean \
        known compile-tests run-tests asan-tests tsan-tests fuzz-run coverage-run

all: known $(BUILD)/metronome

# In front of the first file that is compiled: one line, not a compiler's pages.
known:
	@missing=$$(for tool in $(firstword $(CC)) pkg-config; do command -v $$tool >/dev/null || echo $$tool; done; \
	    for library in $(PKG); do pkg-config --exists $$library 2>/dev/null || echo $$library; done; \
	    echo '#include <readline/readline.h>' | $(CC) $(CPPFLAGS) -E -o /dev/null - 2>/dev/null || echo readline); \
	[ -z "$$missing" ] || { echo "metronome: missing:" $$missing: '`make setup` gets what it takes to build'; exit 1; }

help:
	@echo 'make            build $(BUILD)/metronome'
	@echo 'make setup      install what it takes to build and run, with apt; FOR=check, lint or deb: to test, too'
	@echo 'make demo       set up, build, run two Linux guests in lockstep'
	@echo 'make check      set up, build, run all tests'
	@echo 'make check-qemu  those that run QEMU, or the scenarios QEMU_TESTS, with another QEMU: QEMU=10.0 or 11.1'
	@echo 'make check-qemu-matrix  those that run QEMU, with the installed one, 10.0 and 11.1'
	@echo 'make check-slurm  the tests with a real Slurm and OpenMPI, which are part of make check'
	@echo 'make check-debian13  demo, lint and tests in a Debian 13, with its QEMU and that of its backports; STAGES'
	@echo 'make compile    programs, tests and benches, none of them run; CC=clang CI=true'
	@echo 'make unit       the tests that need no QEMU'
	@echo 'make lint       clang-format, clang-tidy, cppcheck, include directions, shellcheck'
	@echo 'make asan       all tests, or those without QEMU and the scenarios ASAN_TESTS, under AddressSanitizer and UBSan'
	@echo 'make tsan       the scenarios TSAN_TESTS under ThreadSanitizer'
	@echo 'make fuzz       every fuzzer for FUZZ_SECONDS (30)'
	@echo 'make coverage   line coverage of the tests, into $(BUILD)/coverage'
	@echo 'make bench      cost of quanta, as ratios; BENCH_ARGS=--quick for a short one'
	@echo 'make bench-notes  the experiments of scripts/bench, as tables'
	@echo 'make soak       1,000,000 barriers, half of them under load (SOAK_ARGS), then soak-saves'
	@echo 'make soak-faults  kill and stop all that takes part in a run, TRIALS (100) times at random moments'
	@echo 'make soak-boards two boards with 1,000 frames and 10,000 bytes, RUNS (10) times, half under load: equal to the byte'
	@echo 'make soak-disks  a guest with 20,000 requests to its disk, RUNS (5) times under load: equal to the byte; ROUNDS'
	@echo 'make soak-saves  TRIALS (1000) random ensembles go on from saves at random times, equal to the byte'
	@echo 'make soak-reverse  TRIALS (200) random walks back and forward in time, equal to the byte'
	@echo 'make soak-foretell  SEEDS (1000) random scenarios with saves: check says what a run says'
	@echo 'make soak-idle  two idle guests with a link for HOURS (24) of virtual time: nothing grows'
	@echo 'make guest      kernel, initramfs and payloads into $(BUILD)/guest'
	@echo 'make guest-x86_64  the same for x86_64, into $(BUILD)/guest/x86_64'
	@echo 'make man        the manual pages, into $(BUILD)'
	@echo 'make install    into $(DESTDIR)$(PREFIX): program, manual, completions, libraries, scenarios; make uninstall'
	@echo 'make deb        Debian packages, into $(BUILD)/deb'

# Only these three install: setup, demo and check, and scripts/setup says what before it does. All else says what is missing.
FOR ?=
setup:
	@scripts/setup $(FOR)

need:
	@scripts/setup --need

guest: need
	@BUILD=$(BUILD) scripts/build-guest

guest-x86_64: need
	@BUILD=$(BUILD) scripts/build-guest linux-x86_64

# Recursive, so that what setup has just installed is seen. The guest is downloaded while the program is compiled; of all
# guests only those that this and a first session take.
demo:
	@scripts/setup demo
	@$(MAKE) --no-print-directory demo-parts all
	$(BUILD)/metronome run scripts/scenarios/two-guests.mtr guest=$(BUILD)/guest

demo-parts:
	@BUILD=$(BUILD) scripts/build-guest demo

# The tests that run QEMU, with the installed one and with those of fetch-qemu.
check-qemu-matrix: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory all $(TESTS) $(PLUGINS) $(HELPERS)
	@BUILD=$(BUILD) scripts/qemu-matrix $(REAL_RUN)

# Those that run QEMU, or the scenarios QEMU_TESTS, with the QEMU of that version that fetch-qemu gets.
QEMU ?= 11.1
QEMU_TESTS ?=
check-qemu: guest
	@scripts/setup --need check
	@scripts/fetch-qemu $(QEMU) $(BUILD)/qemu-$(QEMU)
	@$(MAKE) --no-print-directory all $(TESTS) $(PLUGINS) $(HELPERS)
	@BUILD=$(BUILD) METRONOME_QEMU_DIR=$(BUILD)/qemu-$(QEMU)/bin tests/run -j $(shell nproc) \
	    $(call split,$(or $(QEMU_TESTS:%=tests/scenario/test-%.sh),$(REAL)))

check-slurm: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory compile-tests
	@BUILD=$(BUILD) tests/run -- -- tests/scenario/test-slurm.sh

# In a Debian 13 of its own; STAGES as of scripts/check-debian13.
check-debian13: guest
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) scripts/check-debian13 $(STAGES)

check:
	@scripts/setup run check
	@$(MAKE) --no-print-directory guest compile-tests
	@$(MAKE) --no-print-directory run-tests

compile-tests: all $(TESTS) $(REPLAYS) $(PLUGINS) $(HELPERS)

run-tests: compile-tests
	@BUILD=$(BUILD) tests/run -j $(shell nproc) $(UNIT_RUN) $(REAL_RUN)

# With another compiler: make compile CC=clang BUILD=build/clang CI=true
compile: compile-tests $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

unit: all $(UNIT_RUN) $(REPLAYS)
	@BUILD=$(BUILD) tests/run -j $(shell nproc) $(UNIT_RUN)

lint:
	@scripts/setup --need lint
	@scripts/lint

# The guests are taken from the plain build; sanitizers make the controller slow, not the guests.
asan: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan OPT='-O1 -g' SAN='$(SANITIZE)' asan-tests

asan-tests: all $(TESTS) $(REPLAYS) $(PLUGINS) $(HELPERS) $(BUILD)/tests/sanitize/planted
	@mkdir -p $(BUILD) && ln -sfn $(abspath $(BUILD))/../guest $(BUILD)/guest
	@TEST_TIMEOUT=600 tests/sanitize/run $(BUILD) -j $(shell nproc) $(ASAN_RUN)

tsan: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan OPT='-O1 -g' SAN='$(TSAN)' tsan-tests

tsan-tests: all $(HELPERS) $(BUILD)/tests/sanitize/planted
	@mkdir -p $(BUILD) && ln -sfn $(abspath $(BUILD))/../guest $(BUILD)/guest
	@TEST_TIMEOUT=600 BRIEF=1 tests/sanitize/run $(BUILD) -j $(shell nproc) $(call split,$(TSAN_TESTS:%=tests/scenario/test-%.sh))

fuzz:
	@scripts/setup --need check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC='$(CLANG)' OPT='-O1 -g' SAN='$(FUZZ_SANITIZE)' WERROR= fuzz-run

fuzz-run: $(FUZZERS)
	@tests/fuzz/check-findings $(BUILD)
	@scripts/fuzz $(BUILD) $(FUZZ_SECONDS) $(filter-out planted,$(notdir $(FUZZERS)))

coverage: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/cov OPT='-O0 -g' SAN=--coverage coverage-run

coverage-run: all $(TESTS) $(REPLAYS) $(PLUGINS) $(HELPERS)
	@mkdir -p $(BUILD) && ln -sfn $(abspath $(BUILD))/../guest $(BUILD)/guest
	@BUILD=$(BUILD) tests/run -j $(shell nproc) $(UNIT_RUN) $(REAL_RUN)
	gcovr --root . --filter 'qmp/' --filter 'gdbstub-client/' --filter 'controller/' $(BUILD)

bench: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory all $(BUILD)/bench/bench
	$(BUILD)/bench/bench --json $(BUILD)/bench.json $(BENCH_ARGS)
	BUILD=$(BUILD) tests/bench/exact.sh
	BUILD=$(BUILD) tests/bench/console.sh $(filter --quick,$(BENCH_ARGS))
	BUILD=$(BUILD) tests/bench/network.sh $(filter --quick,$(BENCH_ARGS))
	BUILD=$(BUILD) tests/bench/hosts.sh $(filter --quick,$(BENCH_ARGS))
	BUILD=$(BUILD) tests/bench/saves.sh $(filter --quick,$(BENCH_ARGS))
	BUILD=$(BUILD) tests/bench/cases.sh $(filter --quick,$(BENCH_ARGS))

# Network namespaces need root.
bench-hosts: guest
	@scripts/setup --need check
	@$(MAKE) --no-print-directory all $(HELPERS)
	BUILD=$(BUILD) tests/bench/apart.sh $(filter --quick,$(BENCH_ARGS))

bench-notes: guest
	@$(MAKE) --no-print-directory all $(PLUGINS)
	@BUILD=$(BUILD) scripts/bench/precision
	@BUILD=$(BUILD) scripts/bench/period
	@BUILD=$(BUILD) scripts/bench/sleep
	@BUILD=$(BUILD) scripts/bench/starve

soak: guest
	@$(MAKE) --no-print-directory $(BUILD)/bench/soak
	$(BUILD)/bench/soak --load $(SOAK_ARGS)
	@$(MAKE) --no-print-directory soak-saves

soak-saves: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) TRIALS=$(or $(TRIALS),1000) tests/scenario/test-random-saves.sh

soak-reverse: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) TRIALS=$(or $(TRIALS),200) SEED=$(or $(SEED),$(shell echo $$(($$$$ % 30000)))) tests/scenario/test-random-reverse.sh

soak-foretell: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) SEEDS=$(or $(SEEDS),1000) tests/scenario/test-foretell.sh

soak-faults: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) TRIALS=$(or $(TRIALS),100) tests/scenario/test-random-faults.sh

soak-disks: guest
	@$(MAKE) --no-print-directory compile-tests
	BUILD=$(BUILD) DISK_ROUNDS=$(or $(ROUNDS),400) DISK_RUNS=$(or $(RUNS),5) tests/scenario/test-disks.sh

soak-boards: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) tests/bench/boards-repeat.sh $(or $(RUNS),10)

soak-idle: guest
	@$(MAKE) --no-print-directory all
	BUILD=$(BUILD) tests/bench/idle.sh $(HOURS)

MAN := metronome.1 metronome-scenario.5 metronome-report.5 metronome-rpc.5

man: $(addprefix $(BUILD)/,$(MAN))

$(addprefix $(BUILD)/,$(MAN)): $(BUILD)/metronome
	$(call say,MAN)
	$(Q)$< --man $(basename $(@F)) > $@


$(BUILD)/%.gz: $(BUILD)/%
	$(call say,GZIP)
	$(Q)gzip -9 -n -c $< > $@

# Made each time: the prefix may be another one.
PC := $(BUILD)/libqmp.pc $(BUILD)/libgdbstub.pc
.PHONY: $(PC)
$(PC): $(BUILD)/%.pc: scripts/%.pc.in
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' $< > $@

# All that is installed, as MODE:FILE:PLACE. Guests are built from guest-init by scripts/build-guest, which lies beside it.
files = $(foreach file,$(2),$(1):$(file):$(3)/$(notdir $(file)))
# Where it is in this tree, below a folder.
tree  = $(foreach file,$(2),$(1):$(file):$(3)/$(file))
INSTALLED = $(call files,755,$(BUILD)/metronome,$(BINDIR)) \
    $(foreach page,$(MAN),644:$(BUILD)/$(page).gz:$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(page).gz) \
    644:scripts/completions/metronome.bash:$(BASHDIR)/metronome \
    $(call files,644,scripts/completions/_metronome,$(ZSHDIR)) \
    $(call files,644,scripts/completions/metronome.fish,$(FISHDIR)) \
    $(call files,644,$(BUILD)/libqmp.a $(BUILD)/libgdbstub.a,$(LIBDIR)) \
    $(call files,644,$(PC),$(LIBDIR)/pkgconfig) \
    $(call tree,644,qmp/qmp.h $(addprefix gdbstub-client/,gdbstub.h packet.h parse.h request.h),$(INCLUDEDIR)/metronome) \
    $(call files,644,$(wildcard scripts/scenarios/*.*),$(DATADIR)/metronome/scenarios) \
    $(call files,644,$(wildcard scripts/scenarios/tests/*.*),$(DATADIR)/metronome/scenarios/tests) \
    $(call files,755,$(wildcard scripts/slurm/*),$(DATADIR)/metronome/slurm) \
    $(call files,644,$(wildcard scripts/python/metronome/*.py) scripts/python/metronome/py.typed,$(PYTHONDIR)/metronome) \
    $(call tree,755,scripts/build-guest scripts/build-busybox scripts/setup guest-init/init,$(DATADIR)/metronome) \
    $(call tree,644,scripts/own-folder.sh guest-init/agent.c guest-init/monitor.c $(wildcard guest-init/payloads/* guest-init/boards/*),$(DATADIR)/metronome)

install: all man $(addsuffix .gz,$(addprefix $(BUILD)/,$(MAN))) $(PC)
	@for entry in $(INSTALLED); do \
	    IFS=: && set -- $$entry && $(if $(V),echo "  install $(DESTDIR)$$3" &&) install -D -m $$1 $$2 "$(DESTDIR)$$3" || exit; \
	done
	@echo "metronome: installed in $(DESTDIR)$(PREFIX)"

# What install puts in place, and the folders that are metronome's alone.
uninstall:
	@for entry in $(INSTALLED); do IFS=: && set -- $$entry && rm -f "$(DESTDIR)$$3" || exit; done
	@for folder in "$(DESTDIR)$(DATADIR)/metronome" "$(DESTDIR)$(INCLUDEDIR)/metronome"; do \
	    [ ! -d "$$folder" ] || find "$$folder" -depth -type d -empty -delete; done
	@echo "metronome: removed from $(DESTDIR)$(PREFIX)"

deb:
	@scripts/setup --need deb
	@BUILD=$(BUILD) scripts/build-deb

clean:
	rm -rf $(BUILD)

$(BUILD)/obj/%.o: %.c | known $(CLEAN_FIRST)
	$(call say,CC)
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/obj/tests/sanitize/options.o: private DEFS := -DSANITIZER_LOG='"$(abspath $(BUILD))/sanitizer/report"'

# Embedded, so the compiler does not tell make of it.
$(BUILD)/obj/controller/report/page.o: controller/report/page.css controller/report/page.js
$(BUILD)/obj/controller/command/manual.o: $(wildcard scripts/man/*.md)
$(BUILD)/obj/controller/report/schema.o: $(wildcard scripts/schema/*.json)

$(BUILD)/libqmp.a: $(call obj,$(QMP_SRC))
$(BUILD)/libgdbstub.a: $(call obj,$(GDB_SRC))
$(BUILD)/libmetronome.a: $(call obj,$(CTL_SRC))
$(BUILD)/lib%.a:
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/metronome: $(call obj,controller/main.c) $(SANITIZED) $(LIBS)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIBS_ALL)

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(call obj,$(TEST_LIB)) $(SANITIZED) $(LIBS)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIBS_ALL)

# Its QEMU is one of the tests'.
$(BUILD)/fuzz-ring $(BUILD)/tests/fuzz/fuzz-ring: $(BUILD)/obj/tests/lib/fake-monitor.o

$(REPLAYS): $(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(LIBS)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIBS_ALL)

$(FUZZERS): $(BUILD)/%: $(BUILD)/obj/tests/fuzz/%.o $(LIBS)
	$(call say,LD)
	$(Q)$(LINK) -fsanitize=fuzzer $(FUZZ_LD) -o $@ $^ $(LIBS_ALL)

# Loaded by QEMU, so without sanitizers, which would have to be in QEMU too.
$(BUILD)/tests/plugin/%.so: tests/plugin/%.c $(wildcard tests/plugin/*.h)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -I. -fPIC -shared -fvisibility=hidden -o $@ $<

$(BUILD)/tests/plugin/%-2.so: tests/plugin/%.c $(wildcard tests/plugin/*.h)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -DPLUGIN_API=2 -I. -fPIC -shared -fvisibility=hidden -o $@ $<

$(BUILD)/tests/plugin/%-7.so: tests/plugin/%.c $(wildcard tests/plugin/*.h)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -DPLUGIN_API=7 -I. -fPIC -shared -fvisibility=hidden -o $@ $<

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(call obj,$(BENCH_LIB)) $(LIBS)
	$(call say,LD)
	$(Q)$(LINK) -o $@ $^ $(LIBS_ALL)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
