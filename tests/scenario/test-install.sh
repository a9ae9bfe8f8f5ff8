#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The files of `make install` work at their place: program, manual, scenarios, guest scripts, and
# the libraries, by the examples of their READMEs. `make uninstall` removes all of them. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

top=$PWD
prefix=$dir/local
# The job settings of the make that runs this test must not reach another make.
unset MAKEFLAGS MFLAGS MAKELEVEL

# makes GOAL VARIABLE=VALUE...: runs make, and sets $status.
makes() {
    status=0
    make -C "$top" --no-print-directory BUILD="$build" "$@" >"$dir/out" 2>"$dir/err" || status=$?
    return "$status"
}

# placed FOLDER: the files with fixed names exist in the folder and are not empty.
placed() {
    local file
    for file in bin/metronome share/man/man1/metronome.1.gz share/bash-completion/completions/metronome \
        share/zsh/site-functions/_metronome share/fish/vendor_completions.d/metronome.fish \
        include/metronome/qmp/qmp.h include/metronome/gdbstub-client/{gdbstub,packet,parse,request}.h \
        lib/lib{qmp,gdbstub}.a lib/pkgconfig/lib{qmp,gdbstub}.pc share/metronome/scenarios/two-guests.mtr share/metronome/slurm/metronome.sbatch \
        share/metronome/scripts/build-guest share/metronome/guest-init/init \
        share/metronome/python/metronome/{__init__,sync,aio,mcp,mcp_tools,pytest_plugin}.py; do
        [[ -s $1/$file ]] || { echo "# missing: $1/$file" && return 1; }
    done
}

# A compiler that fails on warnings, and that uses the sanitizers of the libraries. The examples
# compile with the README's commands and this compiler. c++ is the same for C++.
mkdir "$dir/bin"
cat >"$dir/bin/cc" <<END
#!/bin/sh
exec gcc -std=gnu11 -Wall -Wextra -Werror "\$@" $(nm "$build/libqmp.a" 2>/dev/null |
    sed -n 's/.*U __\(a\|ub\|t\)san_.*/\1/p' | sort -u | sed 's/^a$/address/; s/^ub$/undefined/; s/^t$/thread/; s/^/-fsanitize=/' | paste -sd' ')
END
sed 's/gcc -std=gnu11/g++ -std=c++11/' "$dir/bin/cc" >"$dir/bin/c++"
chmod +x "$dir/bin/cc" "$dir/bin/c++"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

# Each header compiles by itself, without the source tree in its include path.
headers_stand_alone() {
    local header
    local -a flags
    read -ra flags < <(pkg-config --cflags libqmp libgdbstub)
    for header in qmp/qmp.h gdbstub-client/{gdbstub,packet,parse,request}.h; do
        echo "#include <$header>" >"$dir/header.c"
        (cd / && "$dir/bin/cc" -fsyntax-only "${flags[@]}" "$dir/header.c") >"$dir/out" 2>"$dir/err" || return 1
    done
}

# In C++, too, and a function of each header is found in the library: the names are C's.
headers_are_for_cxx() {
    local entry
    local -a flags
    read -ra flags < <(pkg-config --cflags --libs libqmp libgdbstub)
    for entry in qmp/qmp.h:qmp_request_parse gdbstub-client/gdbstub.h:gdb_threads gdbstub-client/packet.h:gdb_hex_decode \
        gdbstub-client/parse.h:gdb_stop_parse gdbstub-client/request.h:gdb_request_clear; do
        printf '#include <%s>\nauto *volatile used = &%s;\nint main() { return !used; }\n' "${entry%:*}" "${entry#*:}" >"$dir/header.cc"
        (cd / && "$dir/bin/c++" -o "$dir/header" "$dir/header.cc" "${flags[@]}" && "$dir/header") >"$dir/out" 2>"$dir/err" || return 1
    done
}

# block FENCE NUMBER FILE: prints the README's block number NUMBER with that fence.
block() {
    awk -v fence="\`\`\`$1" -v wanted="$2" '/^```/ { inside = !inside; found += inside && $0 == fence; on = inside && $0 == fence && found == wanted; next } on' "$3"
}

# example FOLDER: compiles and starts the program in the folder's README by the README's commands.
# The output equals the README's, except for QEMU's version.
example() {
    local place=$dir/example-$1 readme=$top/$1/README.md
    mkdir "$place"
    block c 1 "$readme" >"$place/example.c"
    block '' 1 "$readme" | sed -E 's/^QEMU [0-9.]+/QEMU/' >"$place/answer"
    # The program waits until QEMU is ready. Background processes end with it.
    { echo 'set -e' && block sh 1 "$readme" && echo "kill %1 2>/dev/null || true; wait"; } >"$place/lines"
    [[ -s $place/example.c && -s $place/answer && $(wc -l <"$place/lines") -eq 5 ]] || return 1
    status=0
    (cd "$place" && PATH=$dir/bin:$PATH exec timeout 60 bash lines) >"$dir/out" 2>"$dir/err" || status=$?
    [[ $status -eq 0 ]] && sed -E 's/^QEMU [0-9.]+/QEMU/' "$dir/out" >"$place/out" && cmp "$place/out" "$place/answer"
}

check 'make install, for a package' makes install DESTDIR="$dir/root" PREFIX=/usr
check 'all of it is in place' placed "$dir/root/usr"
check 'the libraries are looked for where they will be' grep -qx 'libdir=/usr/lib' "$dir/root/usr/lib/pkgconfig/libqmp.pc"
check 'nothing of it names the folder that it was put into' not grep -rqF -e "$dir" "$dir/root"
check 'make uninstall, for a package' makes uninstall DESTDIR="$dir/root" PREFIX=/usr
check 'nothing is left of it' [ -z "$(find "$dir/root" ! -type d -o -name metronome)" ]

check 'make install' makes install PREFIX="$prefix"
check 'all of it is in place there' placed "$prefix"
check 'scripts name no folder of the sources' not grep -rIqF -e "$top/" "$prefix"

metronome=$prefix/bin/metronome
mkdir "$dir/place"
cd "$dir/place"
mtr --version
check 'the installed program says its version' ended 0 '^metronome [0-9.]+$'
mtr --help
check 'and its help' ended 0 'metronome \[OPTIONS\] run FILE'
check 'the installed build-guest builds into the present folder' \
    env -u BUILD "$prefix/share/metronome/scripts/build-guest" payloads
check 'a guest of it is the same as here' cmp "$dir/place/build/guest/count-aarch64.elf" "$guest/count-aarch64.elf"
check 'nothing was written where it is installed' [ ! -e "$prefix/share/metronome/build" ]
limit=120 mtr run "$prefix/share/metronome/scenarios/two-guests.mtr" sleep=off guest="$guest"
check 'it runs an installed scenario' ended 0 'both guests have booted'
cd "$top"

check 'the installed Python package finds the installed program' \
    env -u METRONOME PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$prefix/share/metronome/python" PATH="$prefix/bin:$PATH" python3 -c 'import metronome
with metronome.Ensemble(quantum="10us") as e: assert e.status()["quantum_ns"] == 10000'

check 'the libraries say what they need' \
    [ "$(pkg-config --print-requires libqmp libgdbstub | grep -cE '^(glib-2.0|json-c) >= ')" -eq 3 ]
check 'each header can be included alone' headers_stand_alone
check 'each header can be included alone in C++' headers_are_for_cxx
check 'the example of libqmp is right' example qmp
check 'the example of libgdbstub is right' example gdbstub-client

check 'make uninstall' makes uninstall PREFIX="$prefix"
check 'nothing is left' [ -z "$(find "$prefix" ! -type d -o -name metronome)" ]
# What the packages take, by scripts/debian/*.install, is all that is installed, and each line takes something.
packaged() {
    local tree=$dir/packages line file taken left=0
    local -a lines
    makes install DESTDIR="$tree" PREFIX=/usr LIBDIR=/usr/lib/host ZSHDIR=/usr/share/zsh/vendor-completions \
        PYTHONDIR=/usr/lib/python3/dist-packages || return 1
    mapfile -t lines < <(sed 's/ .*//' scripts/debian/*.install)
    for line in "${lines[@]}"; do
        compgen -G "$tree/$line" >"$dir/out" || compgen -G "$line" >"$dir/out" || { echo "# nothing is $line" && left=1; }
    done
    while IFS= read -r file; do
        taken=no
        for line in "${lines[@]}"; do
            # shellcheck disable=SC2053
            [[ $file != $line && $file != $line/* ]] || taken=yes
        done
        [[ $taken == yes ]] || { echo "# in no package: $file" && left=1; }
    done < <(cd "$tree" && find . -type f -printf '%P\n')
    return "$left"
}
check 'the Debian packages have all of it' packaged
done_testing
