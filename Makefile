# GNU make. `make help` lists the targets; README.md says what they need.
#
# Sources are found by their place. VARIANT names a build: release (default), sanitize, debug, or any name of your
# own, each in build/VARIANT:  make VARIANT=clang CC=clang CFLAGS=-O3

VARIANT ?= release
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= 60
commands = ingest query compare export analyze report # those with a man page

build = build/$(VARIANT)
program = $(if $(filter release,$(VARIANT)),pcapdex,$(build)/pcapdex)
extension = $(program).so

# ---- how to compile

variant_flags_sanitize = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
variant_flags_debug = -O0 -g3
variant_flags_fuzz = -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
variant_flags = $(variant_flags_$(VARIANT))

warnings = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wundef

packages = libpcap 'sqlite3 >= 3.40' zlib libzstd liblz4 libxxhash 'libcrypto >= 3'
package_flags = $(shell pkg-config --cflags $(packages))
package_libs = $(shell pkg-config --libs $(packages)) -pthread -lm

# SQLITE_CORE: the program calls its SQLite; without it, sqlite3ext.h makes calls go to the host that loads the extension.
flags = -std=c11 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -I. $(warnings) -pthread $(CPPFLAGS) $(CFLAGS) \
	$(variant_flags) $(package_flags)
program_flags = $(flags) -DSQLITE_CORE
extension_flags = $(flags) -fPIC -fvisibility=hidden

# Recipes say what they make; `make V=1` shows the commands.
say = $(if $(V),,@echo "  $(1)	$@" &&)

# ---- what to compile

generated = build/decoders.c build/embedded_schema.c build/embedded_reports.c build/embedded_styles.c
library_sources = $(wildcard common/*.c ingest/*.c ingest/proto/*.c inspect/*.c analyze/*.c compare/*.c \
	report/*.c) \
	$(filter-out query/extension.c,$(wildcard query/*.c)) $(generated)
extension_sources = $(wildcard query/extension.c query/functions*.c query/prefix.c query/source*.c)
unit_sources = $(wildcard tests/unit/test_*.c)
fuzz_sources = $(wildcard tests/fuzz/fuzz_*.c)
tool_sources = $(wildcard tests/tools/*.c)

library_objects = $(library_sources:%.c=$(build)/%.o)
program_objects = $(build)/pcapdex.o $(library_objects)
extension_objects = $(extension_sources:%.c=$(build)/pic/%.o)
unit_programs = $(unit_sources:%.c=$(build)/%)
fuzz_programs = $(fuzz_sources:%.c=$(build)/%)
tool_programs = $(tool_sources:%.c=$(build)/%)
made_sources = $(wildcard pcapdex.c common/*.c ingest/*.c ingest/proto/*.c inspect/*.c analyze/*.c query/*.c compare/*.c \
	report/*.c tests/*/*.c bench/*.c)
headers = $(wildcard common/*.h ingest/*.h ingest/proto/*.h inspect/*.h analyze/*.h query/*.h compare/*.h report/*.h \
	tests/*/*.h)

# Under PREFIX/share, the program writes them itself.
pages = man/man1/pcapdex.1 $(commands:%=man/man1/pcapdex-%.1)
completions = bash-completion/completions/pcapdex zsh/site-functions/_pcapdex fish/vendor_completions.d/pcapdex.fish
shared = $(pages) $(completions)

.PHONY: all
all: $(program) $(extension) $(if $(filter release,$(VARIANT)),$(shared:%=build/share/%))

$(program): $(program_objects)
	$(call say,LINK) $(CC) $(flags) $(LDFLAGS) -o $@ $^ $(package_libs)

$(extension): $(extension_objects)
	$(call say,LINK) $(CC) $(extension_flags) -shared $(LDFLAGS) -o $@ $^ $(filter-out -lsqlite3,$(package_libs))

$(build)/pic/%.o: %.c Makefile | build/.libraries
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(extension_flags) -MMD -MP -c -o $@ $<

$(build)/%.o: %.c Makefile | build/.libraries build/rows.h build/row_columns.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(program_flags) -MMD -MP -c -o $@ $<

# Of which each test takes what it needs.
$(build)/library.a: $(library_objects)
	$(call say,AR) rm -f $@ && $(AR) rcs $@ $^

$(unit_programs): %: %.o $(build)/library.a
	$(call say,LINK) $(CC) $(flags) $(LDFLAGS) -o $@ $^ $(package_libs) $(shell pkg-config --libs cmocka)

$(tool_programs): %: %.o $(build)/library.a
	$(call say,LINK) $(CC) $(flags) $(LDFLAGS) -o $@ $^ $(package_libs)

$(fuzz_programs): %: %.o $(build)/library.a
	$(call say,LINK) $(CC) $(flags) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(package_libs)

-include $(program_objects:.o=.d) $(extension_objects:.o=.d) \
	$(addsuffix .d,$(unit_programs) $(fuzz_programs) $(tool_programs))

build/decoders.c: ingest/proto/registry.sh $(wildcard ingest/proto/*.c)
	@mkdir -p $(@D)
	$(call say,GEN ) sh ingest/proto/registry.sh $(filter %.c,$^) > $@.new && mv $@.new $@

build/rows.h build/row_columns.h: ingest/rows.sh schema $(wildcard schema/7*.sql)
	@mkdir -p $(@D)
	$(call say,GEN ) sh ingest/rows.sh $(if $(findstring columns,$@),columns,rows) $(wildcard schema/7*.sql) > $@.new && mv $@.new $@

# The folders themselves are prerequisites too: a file that goes away must go from the program.
build/embedded_schema.c: common/embed.sh schema $(wildcard schema/*.sql)
	@mkdir -p $(@D)
	$(call say,GEN ) sh common/embed.sh embedded_schema schema > $@.new && mv $@.new $@

build/embedded_reports.c: common/embed.sh $(wildcard sql sql/* sql/*/*)
	@mkdir -p $(@D)
	$(call say,GEN ) sh common/embed.sh embedded_reports sql > $@.new && mv $@.new $@

build/embedded_styles.c: common/embed.sh report $(wildcard report/*.css)
	@mkdir -p $(@D)
	$(call say,GEN ) sh common/embed.sh embedded_styles report css > $@.new && mv $@.new $@

build/.libraries:
	@mkdir -p build
	@command -v $(firstword $(CC)) > /dev/null || { echo "no C compiler ($(CC)); try: make deps" >&2; exit 1; }
	@command -v pkg-config > /dev/null || { echo "pkg-config is missing; try: make deps" >&2; exit 1; }
	@pkg-config --print-errors --errors-to-stdout --exists $(packages) \
		|| { echo "libraries are missing; try: make deps" >&2; exit 1; }
	@touch $@

build/share/man/man1/pcapdex.1: pcapdex
	@mkdir -p $(@D)
	$(call say,GEN ) ./pcapdex man > $@

build/share/man/man1/pcapdex-%.1: pcapdex
	@mkdir -p $(@D)
	$(call say,GEN ) ./pcapdex man $* > $@

build/share/bash-completion/%: completion_shell = bash
build/share/zsh/%: completion_shell = zsh
build/share/fish/%: completion_shell = fish
$(completions:%=build/share/%): pcapdex
	@mkdir -p $(@D)
	$(call say,GEN ) ./pcapdex completion $(completion_shell) > $@

# ---- what to do with it

jobs = -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
again = @$(MAKE) --no-print-directory $(jobs)

.PHONY: help deps demo check unit lint format bench docs accept fuzz install uninstall clean

help:
	@echo "make            build ./pcapdex and the SQLite extension ./pcapdex.so"
	@echo "make deps       install what building needs (Debian, Ubuntu), or say what that is"
	@echo "make demo       deps, build, ingest examples/, print some reports"
	@echo "make check      deps, build, run every test; once more with the address and undefined behaviour sanitizers"
	@echo "make unit       only the unit tests"
	@echo "make accept CASE=NAME   renew the expected rows of a text case"
	@echo "make lint, make format  check the sources; lay them out"
	@echo "make docs       write the reference pages of docs/ anew"
	@echo "make bench      measure speed beside other tools"
	@echo "make fuzz       fuzz each target for FUZZ_SECONDS"
	@echo "make install, make uninstall   honour PREFIX and DESTDIR"
	@echo "make clean"

deps:
	@sh common/deps.sh build

demo:
	@sh common/deps.sh build
	$(again) all
	@rm -f build/demo.db
	./pcapdex ingest examples -o build/demo.db
	@for report in captures protocol-hierarchy top-talkers slow-handshakes; do \
		echo; echo "$$ pcapdex query build/demo.db $$report"; \
		./pcapdex query build/demo.db $$report || exit; \
	done
	@echo; echo "The case is build/demo.db; \`./pcapdex query build/demo.db\` lists all reports."

check:
	@sh common/deps.sh build check
	$(again) all unit-programs
	$(again) all unit-programs VARIANT=sanitize
	tests/run.sh

.PHONY: unit-programs fuzz-programs tool-programs
unit-programs: $(unit_programs)
fuzz-programs: $(fuzz_programs)
tool-programs: $(tool_programs)

unit: $(unit_programs)
	@for program in $(unit_programs); do $$program || exit; done

.PHONY: lint-format lint-cppcheck lint-tidy
lint: lint-format lint-cppcheck lint-tidy

lint-format:
	@clang-format --dry-run -Werror $(made_sources) $(headers)

lint-cppcheck:
	@cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=ctuuninitvar --suppress=unknownMacro \
		-D_DEFAULT_SOURCE -DSQLITE_CORE -I. $(made_sources)

lint-tidy: build/rows.h build/row_columns.h
	@echo "clang-tidy, the checks of .clang-tidy"; command -v clang-tidy > /dev/null
	@printf '%s\n' $(made_sources) | xargs -n 4 -P 2 sh -c 'clang-tidy --quiet "$$@" -- $(program_flags) 2> /dev/null' lint

format:
	clang-format -i $(made_sources) $(headers)

bench: all
	bench/run.sh

accept: all
	@test -n "$(CASE)" || { echo "usage: make accept CASE=NAME" >&2; exit 2; }
	tests/run.sh --accept "$(CASE)"

docs: all
	python3 docs/generate.py

fuzz:
	$(again) fuzz-programs VARIANT=fuzz CC=clang
	@for target in $(notdir $(fuzz_programs)); do \
		mkdir -p tests/fuzz/corpus/$$target build/fuzz/found/$$target && echo "fuzz: $$target" && \
		build/fuzz/tests/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 \
			-print_final_stats=0 -artifact_prefix=build/fuzz/found/$$target/ build/fuzz/found/$$target tests/fuzz/corpus/$$target || exit; \
	done

# ---- where it goes

root = $(DESTDIR)$(PREFIX)
doc_folder = $(root)/share/doc/pcapdex

install: all
	mkdir -p $(root)/bin $(root)/lib/pcapdex $(doc_folder) $(addprefix $(root)/share/,$(dir $(shared)))
	install -m 755 pcapdex $(root)/bin/pcapdex
	install -m 644 pcapdex.so $(root)/lib/pcapdex/pcapdex.so
	install -m 644 README.md LICENSE $(wildcard docs/*.md) $(doc_folder)
	@for file in $(shared); do install -m 644 build/share/$$file $(root)/share/$$file || exit; done

uninstall:
	rm -f $(root)/bin/pcapdex $(addprefix $(root)/share/,$(shared))
	rm -rf $(root)/lib/pcapdex $(doc_folder)

clean:
	rm -rf build pcapdex pcapdex.so
