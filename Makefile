#
# Makefile - builds, installs and tests nfstream_fdw.
#
#	make                the extension nfstream_fdw.so, the programs nfstream_meter and nfstream_sockets and, where Python's
#	                    library is found, nfstream_meter_python
#	make install        these, into the server that PG_CONFIG names
#	make install-capture    after it, as root: lets the server's group capture on interfaces; CAPTURE_GROUP=name
#	make uninstall-capture  takes that away again
#	make uninstall      takes them out again
#	make clean          what was compiled
#	make distclean      all of build/
#	make deps           installs with apt what is missing to build and run it
#
#	make quickstart     a private server with a sample capture; PCAP=/path/x.pcap for a capture of yours
#	make quickstart-live  the same with an interface, in a network namespace of its own with a little traffic; by root
#	make quickstart-stop  ends both; YES=1 also where somebody has made tables in them
#
#	make test           all tests; PARTS="unit regress" for some of them
#	make test-matrix    the tests on PostgreSQL 15, 17, 18 and a 15 with assertions, in Debians that it makes; by root;
#	                    VERSIONS="17 18" COMPILERS=clang PARTS="build regress tap" MATRIX_DIR=/path/of/the/Debians
#	make test-matrix-clean  removes the Debians, so that the next run makes them anew
#	make unit           the unit tests, with sanitizers
#	make installcheck   pg_regress, against a running server
#	make fuzz           fuzzes the engine for a minute; TARGET=condition|decode|dpi|engine|options|plugins|record SECONDS=3600
#	make fuzz-keep      what fuzzing found worth keeping, into test/fuzz/corpus; TARGET=engine
#	make conformance    compares with NFStream's rows; PEER=1 with NFStream itself, PCAPS="a.pcap" on captures of yours,
#	                    SEED=n with the random capture that an earlier run printed
#	make deps-test      installs with apt what is missing to test it
#	make bench          times it beside NFStream and ndpiReader; ROUNDS=5
#	make bench-live     captures of an interface beside NFStream, at rising rates; needs root
#	make doc-columns    writes the table in doc/columns.md
#	make format         lays out all C files as .clang-format has it
#	make tree           prints the folders of src/ with their floors, their files and what they include
#
#	PG_CONFIG=/path/pg_config   the server to build for
#	PYTHON_PACKAGE=python-3.13-embed   the Python to build with, as pkg-config calls it
#	NDPI=/prefix                an nDPI of your own: /prefix/include/ndpi, /prefix/lib
#
PG_CONFIG ?= pg_config
NDPI ?=
PYTHON_PACKAGE ?= python3-embed

all: build/nfstream_meter build/nfstream_sockets

# As CREATE EXTENSION knows it.
EXTENSION_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" nfstream_fdw.control)

# The scripts read these from the environment.
export DESTDIR CAPTURE_GROUP
export PG_CONFIG NDPI PYTHON_PACKAGE PCAP PCAPS PEER PARTS SEED ROUNDS QUICKSTART_DIR YES VERSIONS COMPILERS MATRIX_DIR MIRROR


# ---------------------------------------------------------------------------------------------------------- extension

MODULE_big = nfstream_fdw
EXTENSION = nfstream_fdw
HEADERS = include/nfstream_plugin.h
DATA = $(sort $(wildcard nfstream_fdw--*.sql))
EXTENSION_SOURCES = nfstream_fdw.c $(sort $(wildcard src/pg/*/*.c src/wire/*.c))
OBJS = $(EXTENSION_SOURCES:%.c=build/server/%.o)
REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))

# NDEBUG is for src/wire, which has assert(); the server's own Assert() knows nothing of it.
PG_CPPFLAGS = -DNDEBUG -Isrc -Iinclude $(shell pkg-config --cflags libsodium 2>/dev/null) -DEXTENSION_VERSION=\"$(EXTENSION_VERSION)\"
PG_CFLAGS = -std=gnu11 -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare \
	-Wno-declaration-after-statement -Wshadow=local \
	$(if $(findstring clang,$(CC)),$(CLANG_CFLAGS))
# A server that gcc compiled has flags and attributes that clang does not know.
CLANG_CFLAGS = -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes
# Every library that a server loads is in one name space: what this one calls is its own.
SHLIB_LINK = -Wl,-Bsymbolic $(shell pkg-config --libs libsodium 2>/dev/null)
# No LLVM bitcode: nothing here is short enough to be worth inlining into a query.
override with_llvm = no

installcheck: export NFSTREAM_TEST_PCAPS ?= $(CURDIR)/test/pcaps

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
install: install-programs
uninstall: uninstall-meter uninstall-sockets
else
# Without a server's headers there is nothing to build with, and this says what to do.
all install uninstall installcheck:
	@scripts/install-deps.sh --check
build/nfstream_meter build/nfstream_sockets: ;
endif

build/server/%.o: %.c build/server/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

build/server/flags: FORCE
	$(call remember,$(CC) $(CFLAGS) $(CPPFLAGS))


# -------------------------------------------------------------------------------------------------------------- meter
# Compiled without the server's headers and with flags of its own: PGXS's CFLAGS, CPPFLAGS and LDFLAGS are not used.

ENGINE_SOURCES = $(sort $(wildcard src/engine/*.c src/engine/*/*.c src/wire/*.c))
METER_SOURCES = $(sort $(wildcard src/meter/*.c)) $(ENGINE_SOURCES)
METER_OBJS = $(METER_SOURCES:%.c=build/meter/%.o)

# What is installed has no assertions: what the unit tests and the fuzzers are built with has them.
METER_CFLAGS = -std=c11 -O2 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -ffp-contract=off \
	-fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -DNDEBUG $(METER_LTO)

# Each packet goes through a dozen small functions in as many files: where compiler and linker can, they are optimised as one.
METER_LTO := $(shell echo 'int main(void) { return 0; }' | $(CC) -flto=auto -x c -o /dev/null - 2>/dev/null && echo -flto=auto)

METER_CPPFLAGS = -D_GNU_SOURCE -Isrc -Iinclude -DMETER_VERSION=\"$(EXTENSION_VERSION)\" \
	-DPLUGIN_DIRECTORY=\"$(PLUGIN_DIRECTORY)\"

# Shared objects that are plugins are looked for here alone.
PLUGIN_DIRECTORY := $(shell $(PG_CONFIG) --pkglibdir 2>/dev/null)/nfstream_plugins
METER_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed

LIBRARIES = libpcap libmnl libseccomp libcap zlib libzstd libsodium nettle
ifeq ($(NDPI),)
LIBRARIES += libndpi
else
NDPI_PREFIX := $(abspath $(NDPI))
LIBRARY_CPPFLAGS = -isystem $(NDPI_PREFIX)/include/ndpi
LIBRARY_LIBS = -L$(NDPI_PREFIX)/lib -Wl,-rpath,$(NDPI_PREFIX)/lib -lndpi -lm
endif
LIBRARY_CPPFLAGS += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null))
LIBRARY_LIBS += $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)
LIBRARY_CPPFLAGS := $(LIBRARY_CPPFLAGS)
LIBRARY_LIBS := $(LIBRARY_LIBS)

ifneq ($(wildcard $(PGXS)),)
build/nfstream_meter: $(METER_OBJS)
	$(CC) $(METER_CFLAGS) $(COPT) $(METER_LDFLAGS) -o $@ $(METER_OBJS) $(LIBRARY_LIBS)
endif

build/meter/%.o: %.c build/meter/flags
	@mkdir -p $(@D)
	$(CC) $(METER_CFLAGS) $(COPT) $(METER_CPPFLAGS) $(LIBRARY_CPPFLAGS) -MMD -MP -c -o $@ $<

build/meter/flags: FORCE
	@scripts/install-deps.sh --check
	$(call remember,$(CC) $(METER_CFLAGS) $(COPT) $(METER_CPPFLAGS) $(METER_LDFLAGS) \
		$(LIBRARY_CPPFLAGS) $(LIBRARY_LIBS))

# The same program with CPython in it, for plugins in Python: where CPython's library is found, and only there.  It is a package of
# its own: `make build/nfstream_meter_python`, then `make install-meter-python`.

HAVE_PYTHON := $(shell pkg-config --exists $(PYTHON_PACKAGE) 2>/dev/null && echo yes)

ifeq ($(HAVE_PYTHON),yes)
PYTHON_SOURCES = $(sort $(wildcard src/meter/python/*.c)) $(filter-out src/meter/main.c,$(METER_SOURCES))
PYTHON_OBJS = $(PYTHON_SOURCES:%.c=build/meter/%.o)
PYTHON_PREFIX := $(shell pkg-config --variable=prefix $(PYTHON_PACKAGE))
PYTHON_CPPFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PYTHON_PACKAGE))) -DPYTHON_PREFIX=\"$(PYTHON_PREFIX)\"
PYTHON_LIBS := $(shell pkg-config --libs $(PYTHON_PACKAGE))
ifneq ($(wildcard $(PGXS)),)
all: build/nfstream_meter_python
install-programs: install-meter-python
uninstall: uninstall-meter-python

build/nfstream_meter_python: $(PYTHON_OBJS)
	$(CC) $(METER_CFLAGS) $(COPT) $(METER_LDFLAGS) -o $@ $(PYTHON_OBJS) $(LIBRARY_LIBS) $(PYTHON_LIBS)
endif

build/meter/src/meter/python/%.o: src/meter/python/%.c build/meter/flags build/meter/flags_python
	@mkdir -p $(@D)
	$(CC) $(METER_CFLAGS) $(COPT) $(METER_CPPFLAGS) $(LIBRARY_CPPFLAGS) $(PYTHON_CPPFLAGS) -MMD -MP -c -o $@ $<

build/meter/flags_python: FORCE
	$(call remember,$(PYTHON_CPPFLAGS) $(PYTHON_LIBS))

install-meter-python: build/nfstream_meter_python
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) build/nfstream_meter_python '$(DESTDIR)$(bindir)/'

uninstall-meter-python:
	rm -f '$(DESTDIR)$(bindir)/nfstream_meter_python'
endif

# The program that finds the processes of flows: with neither libpcap nor nDPI, and of the meter its walls alone.

SOCKETS_SOURCES = $(sort $(wildcard src/sockets/*.c)) src/meter/landlock.c src/meter/sandbox_prepare.c $(sort $(wildcard src/wire/*.c))
SOCKETS_OBJS = $(SOCKETS_SOURCES:%.c=build/meter/%.o)

ifneq ($(wildcard $(PGXS)),)
build/nfstream_sockets: $(SOCKETS_OBJS)
	$(CC) $(METER_CFLAGS) $(COPT) $(METER_LDFLAGS) -o $@ $(SOCKETS_OBJS) $(LIBRARY_LIBS)
endif

install-sockets: build/nfstream_sockets
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) build/nfstream_sockets '$(DESTDIR)$(bindir)/'

uninstall-sockets:
	rm -f '$(DESTDIR)$(bindir)/nfstream_sockets'

install-meter: build/nfstream_meter
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) build/nfstream_meter '$(DESTDIR)$(bindir)/'
	$(MKDIR_P) '$(DESTDIR)$(PLUGIN_DIRECTORY)'
	@echo 'To capture on interfaces, as root: make install-capture$(if $(filter-out pg_config,$(PG_CONFIG)), PG_CONFIG=$(PG_CONFIG))'

uninstall-meter:
	rm -f '$(DESTDIR)$(bindir)/nfstream_meter'
	[ ! -d '$(DESTDIR)$(PLUGIN_DIRECTORY)' ] || rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(PLUGIN_DIRECTORY)'

# All programs that stand beside the server's own.
install-programs: install-meter install-sockets

# What root alone can give: the programs' right to capture.  A new `make install` takes it away, as it makes new files.
install-capture:
	@scripts/install-capture.sh

uninstall-capture:
	@scripts/install-capture.sh --remove

# The example in doc/, and plugins of the tests, built as a third party builds them; c_wrong.c is one for each thing that can be wrong.
TEST_PLUGINS = build/test-plugins
WRONG_PLUGINS = OTHER_VERSION OTHER_NAME NO_FUNCTION NO_PLUGIN NO_SIZE NO_START FAILS ENDLESS

test-plugins:
	@rm -rf $(TEST_PLUGINS)
	@mkdir -p $(TEST_PLUGINS)
	cp doc/plugin_in_c/* test/plugins/third_party/*.c $(TEST_PLUGINS)
	for wrong in $(WRONG_PLUGINS); do \
		name=c_$$(echo $$wrong | tr A-Z a-z); \
		(echo "#define WRONG $$wrong"; echo "#define NAME \"$$name\""; cat test/plugins/third_party/c_wrong.c) > $(TEST_PLUGINS)/$$name.c; \
	done
	rm $(TEST_PLUGINS)/c_wrong.c
	echo 'no object' > $(TEST_PLUGINS)/c_no_object.so
	$(MAKE) -s -C $(TEST_PLUGINS) PG_CONFIG='$(PG_CONFIG)'

install-test-plugins: test-plugins
	install -d '$(PLUGIN_DIRECTORY)'
	install -m 755 $(TEST_PLUGINS)/*.so '$(PLUGIN_DIRECTORY)/'

uninstall-test-plugins:
	for plugin in $(TEST_PLUGINS)/*.so; do rm -f '$(PLUGIN_DIRECTORY)'/$${plugin##*/}; done


# --------------------------------------------------------------------------------------------------------- unit tests
# Engine, wire and meter once more, with sanitizers, as a library of which each test takes what it needs.

UNIT_TESTS = $(patsubst %.c,build/%,$(sort $(wildcard test/unit/test_*.c)))
DUMP_PROGRAMS = $(patsubst %.c,build/%,$(sort $(wildcard test/unit/*_dump.c)))
UNIT_SOURCES = $(filter-out src/meter/main.c,$(METER_SOURCES)) src/meter/python/reads.c \
	$(filter-out src/sockets/main.c,$(sort $(wildcard src/sockets/*.c)))
UNIT_OBJS = $(UNIT_SOURCES:%.c=build/unit/%.o)
UNIT_CFLAGS = -std=c11 -O1 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -ffp-contract=off \
	-fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all

unit-programs: $(UNIT_TESTS)

build/test/unit/%: build/unit/test/unit/%.o build/unit/library.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(UNIT_LDFLAGS) -o $@ $^ -Wl,--as-needed -lcmocka $(LIBRARY_LIBS) -lm

# Functions in whose place a test has its own.
build/test/unit/test_cut: UNIT_LDFLAGS = $(WRAP_READERS)
build/test/unit/test_exhaustion: UNIT_LDFLAGS = \
	-Wl,--wrap=calloc,--wrap=realloc,--wrap=ZSTD_createDStream,--wrap=ZSTD_decompressStream
build/test/unit/test_dpi_ahead: UNIT_LDFLAGS = -Wl,--wrap=realloc
WRAP_READERS = -Wl,--wrap=capture_open_pcap,--wrap=capture_open_pcapng

build/unit/library.a: $(UNIT_OBJS)
	rm -f $@
	$(AR) rcs $@ $(UNIT_OBJS)

build/unit/%.o: %.c build/unit/flags
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(COPT) $(METER_CPPFLAGS) -Itest/unit $(LIBRARY_CPPFLAGS) -MMD -MP -c -o $@ $<

build/unit/flags: FORCE
	$(call remember,$(CC) $(UNIT_CFLAGS) $(COPT) $(METER_CPPFLAGS) $(LIBRARY_CPPFLAGS) $(LIBRARY_LIBS))

.PRECIOUS: build/unit/%.o


# ------------------------------------------------------------------------------------------------------------ fuzzing
# Engine and wire a third time, by clang, for libFuzzer: each test/fuzz/fuzz_NAME.c is a target of its own.

FUZZ_CC = clang
FUZZ_TARGETS = $(patsubst test/fuzz/%.c,build/fuzz/%,$(sort $(filter-out %/fuzz_scan.c %/fuzz_options.c,$(wildcard test/fuzz/fuzz_*.c))))
FUZZ_SOURCES = $(ENGINE_SOURCES) test/fuzz/fuzz_scan.c test/fuzz/capture_mutator.c
FUZZ_OBJS = $(FUZZ_SOURCES:%.c=build/fuzz/%.o)
FUZZ_CFLAGS = -std=c11 -O1 -g -Wall -Wextra -Wno-missing-field-initializers -Wshadow -ffp-contract=off \
	-fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_LDFLAGS = $(WRAP_READERS)

fuzz-programs: $(FUZZ_TARGETS) build/fuzz/fuzz_options.so

build/fuzz/fuzz_%: build/fuzz/test/fuzz/fuzz_%.o build/fuzz/library.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_LDFLAGS) -o $@ $^ -Wl,--as-needed $(LIBRARY_LIBS) -lm

build/fuzz/library.a: $(FUZZ_OBJS)
	rm -f $@
	$(AR) rcs $@ $(FUZZ_OBJS)

build/fuzz/%.o: %.c build/fuzz/flags
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(METER_CPPFLAGS) -Itest/fuzz -Itest/unit $(LIBRARY_CPPFLAGS) -MMD -MP -c -o $@ $<

build/fuzz/flags: FORCE
	$(call remember,$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_MODULE_CFLAGS) $(CPPFLAGS) $(METER_CPPFLAGS) $(FUZZ_LDFLAGS) $(LIBRARY_CPPFLAGS) $(LIBRARY_LIBS))

# The options are read by the server too: their target is a module for it.
FUZZ_MODULE_SOURCES = test/fuzz/fuzz_options.c $(sort $(filter-out %/python_plugins.c,$(wildcard src/pg/options/*.c))) src/pg/source/reach.c src/pg/base/encoding.c \
	src/wire/schema.c src/wire/schema_flows.c src/wire/schema_packets.c src/wire/limits.c src/wire/record.c src/wire/json.c src/wire/bundled.c src/wire/plugin_arguments.c \
	src/wire/plugin_orders.c src/wire/request.c src/wire/condition.c
FUZZ_MODULE_OBJS = $(FUZZ_MODULE_SOURCES:%.c=build/fuzz/server/%.o)
FUZZ_MODULE_CFLAGS = -std=gnu11 -O1 -g -fPIC -fno-omit-frame-pointer -Wall -Wno-ignored-attributes \
	-fsanitize=fuzzer-no-link,undefined -fsanitize-trap=undefined
FUZZ_RUNTIME = $(shell $(FUZZ_CC) -print-file-name=libclang_rt.fuzzer_no_main-$(shell uname -m).a)

build/fuzz/fuzz_options.so: $(FUZZ_MODULE_OBJS)
	$(FUZZ_CC) $(FUZZ_MODULE_CFLAGS) -shared -o $@ $^ $(FUZZ_RUNTIME) -lstdc++ -lm

build/fuzz/server/%.o: %.c build/fuzz/flags
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_MODULE_CFLAGS) $(filter -I% -D_GNU_SOURCE,$(CPPFLAGS)) -MMD -MP -c -o $@ $<

.PRECIOUS: build/fuzz/%.o


# ------------------------------------------------------------------------------------------------------------ scripts

deps:
	@scripts/install-deps.sh

deps-test:
	@scripts/install-deps.sh --test

quickstart:
	@scripts/quickstart.sh

quickstart-live:
	@scripts/quickstart-live.sh

quickstart-stop:
	@scripts/quickstart.sh --stop

test:
	@scripts/run-tests.sh

test-matrix:
	@scripts/test-matrix.sh

test-matrix-clean:
	@scripts/test-matrix.sh --clean

fuzz: fuzz-programs
	@scripts/fuzz.sh $(or $(TARGET),engine) $(or $(SECONDS),60)

fuzz-keep: fuzz-programs
	@scripts/fuzz.sh --keep $(or $(TARGET),engine)

unit conformance:
	@PARTS=$@ scripts/run-tests.sh

bench:
	@scripts/install-deps.sh --test
	@test/bench/run

bench-live:
	@scripts/install-deps.sh --test live plugins
	@test/bench/live

build/doc-columns: scripts/doc-columns.c src/wire/schema_flows.c src/wire/schema_packets.c src/wire/schema.h src/wire/column.h src/wire/limits.c src/wire/limits.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -Isrc -Iinclude -o $@ scripts/doc-columns.c src/wire/schema_flows.c src/wire/schema_packets.c src/wire/limits.c

build/doc-options: scripts/doc-options.c src/wire/limits.c src/wire/limits.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -Isrc -Iinclude -o $@ scripts/doc-options.c src/wire/limits.c

doc-columns: build/doc-columns
	@scripts/check-docs.py --write

format:
	@scripts/format.sh

tree:
	@scripts/check-tree.py --print

help:
	@sed -n '2,/^PG_CONFIG/s/^#//p' Makefile


# -------------------------------------------------------------------------------------------------------------- rules

# Writes a text into the target if it is not what stands there, so that what depends on it is made anew when it changes.
remember = @mkdir -p $(@D); printf '%s\n' '$(strip $(1))' | cmp -s - $@ || printf '%s\n' '$(strip $(1))' > $@

clean: clean-build
clean-build:
	rm -rf build/server build/meter build/unit build/test build/fuzz build/nfstream_meter build/nfstream_meter_python build/nfstream_sockets build/doc-columns build/doc-options

distclean: clean
	rm -rf --one-file-system build

FORCE:
.PHONY: all install uninstall installcheck clean clean-build distclean install-meter uninstall-meter install-meter-python uninstall-meter-python install-sockets uninstall-sockets install-programs install-capture uninstall-capture unit-programs \
	test-plugins install-test-plugins uninstall-test-plugins fuzz-programs fuzz fuzz-keep deps deps-test quickstart quickstart-live quickstart-stop test test-matrix test-matrix-clean unit conformance \
	bench bench-live doc-columns format tree help FORCE

-include $(patsubst %.o,%.d,$(OBJS) $(METER_OBJS) $(PYTHON_OBJS) $(SOCKETS_OBJS) $(UNIT_OBJS) $(patsubst build/%,build/unit/%.o,$(UNIT_TESTS) $(DUMP_PROGRAMS)) \
	$(FUZZ_OBJS) $(FUZZ_MODULE_OBJS) $(patsubst build/fuzz/%,build/fuzz/test/fuzz/%.o,$(FUZZ_TARGETS)))
