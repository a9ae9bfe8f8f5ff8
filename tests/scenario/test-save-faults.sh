#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves that are damaged, in the way, interrupted or refused: each is told in one message, nothing of
# a user's is touched, an earlier save stays whole, and no process or file is left behind.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/gdb.sh
source "$(dirname "$0")/gdb.sh"
# shellcheck source=tests/scenario/terminal.sh
source "$(dirname "$0")/terminal.sh"

a="node add a kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off"
two="$a; node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=3,sleep=off"
places=$dir/places good=$dir/places/good
mkdir -p "$places"

# from FOLDER [COMMANDS]: a session that begins with the save in the folder.
from() {
    mtr --from "$1" -c "${2:-run 1ms; assert a.time == 6ms; assert a.icount == 750000}"
}

opens() {
    from "$1" && ended 0
}

# digest FOLDER: everything that is in it and how it is.
digest() {
    (cd "$1" && find . -printf '%P %y %m %l %T@ %s\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

# unchanged FOLDER: the folder is as it was when `keep FOLDER` was called.
keep() {
    digest "$1" >"$dir/kept"
}
unchanged() {
    diff <(digest "$1") "$dir/kept" | sed 's/^/# /'
    [[ ${PIPESTATUS[0]} -eq 0 ]]
}

no_partial() {
    [[ -z $(find "$places" -name '*.partial' -o -name '.metronome*') ]]
}

damaged() {
    check 'each damaged save is refused with one message, before anything starts' \
        python3 tests/scenario/damage.py "$metronome" "$good" "$dir/damaged"
    check 'the save itself is not changed by that' opens "$good"
}

in_the_way() {
    local made="$two; start; run 5ms"
    # Each of these is noticed by the check too, and by the prompt at the command.
    echo precious >"$places/file"
    mkdir "$places/folder" "$places/folder.partial" "$places/new.partial" "$places/late.partial"
    echo precious | tee "$places/folder/x" >"$places/new.partial/x"
    ln -s "$good" "$places/link"
    ln -s nowhere "$places/dangling"
    ln -s folder "$places/by-link.partial"
    echo precious >"$places/by-file.partial"
    cp -a "$good" "$places/with-notes"
    echo precious >"$places/with-notes/notes.txt"
    cp -a "$good" "$places/old"
    mkfifo "$places/pipe"
    keep "$places"
    for place in file folder link dangling with-notes pipe . .. / ''; do
        commands "$made; save s file='${place:+$places/}$place'"
        check "PATH is '$place': refused, and untouched" ended 2 'no save|symbolic link|no part of a save|an empty path|Not a dir|Is a dir'
    done
    for place in new by-link by-file; do
        commands "$made; save s file=$places/$place; run 1ms"
        check "PATH.partial is a user's: $place" ended 2 'in the way'
    done
    check 'all that was there is as it was' unchanged "$places"
    # A trailing slash, a folder that is there already, what a killed save has left.
    mkdir "$places/left.partial"
    ln -s "$places/file" "$places/left.partial/a.ram"
    touch "$places/left.partial/.metronome-partial-save" "$places/left.partial/z.ram"
    commands "$made; save s file=$places/left; save s file=$places/old/; save s file=$places/late; run 1ms"
    check 'what a killed save has left is taken, also an empty folder; a save is replaced' ended 0
    check 'left: nothing of the killed save is in it' [ ! -e "$places/left/z.ram" -a ! -L "$places/left/a.ram" ]
    check 'left: a link in it was not followed' grep -q precious "$places/file"
    check 'left: it opens' opens "$places/left"
    check 'old: it opens' opens "$places/old"
    rm -r "$places/new.partial" "$places/folder.partial" "$places"/by-*
    check 'no PATH.partial is left' no_partial
}

full_disk() {
    local made="$two; start; run 5ms"
    cp -a "$good" "$places/small"
    mkdir "$places/disk"
    status=0
    # shellcheck disable=SC2016
    timeout 60 unshare -rm bash -c 'mount -t tmpfs -o size=900k none "$1" && cp -a "$2" "$1/s" && sha256sum "$1"/s/* >"$1.sums" &&
        "$3" -c "$4; save s file=$1/s" || status=$?
        sha256sum -c --quiet "$1.sums" && [ ! -e "$1/s.partial" ] && echo "the old one is whole"; exit $status' \
        - "$places/disk" "$good" "$metronome" "$made" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
    check 'a full disk: told, nothing is left there, and the old save is whole' ended 2 'No space left' '^the old one is whole'
    # A person at the prompt goes on behind the failure: from the save in memory, exactly.
    real=$metronome
    printf '#!/bin/sh\nexec unshare -rm sh -c %s\n' \
        "'mount -t tmpfs -o size=300k none $places/disk && exec $real'" >"$dir/on-full-disk"
    chmod +x "$dir/on-full-disk"
    metronome=$dir/on-full-disk
    terminal --
    metronome=$real
    line "$a"
    line "${two#*; }"
    line 'start'
    line 'run 5ms'
    line "save s file=$places/disk/s"
    shows 'a full disk at the prompt' 'No space left'
    line 'run 1ms'
    line 'save m'
    shows 'a full disk at the prompt: a save in memory' "saved 'm' at 0.006"
    line 'run 1ms'
    line 'restore m'
    line 'run 1ms'
    line 'time'
    shows 'a full disk: the ensemble goes on behind it, exactly' '^a +paused +875000 '
    line 'quit'
    shows 'a full disk at the prompt: it ends well' '^status [04]'
    another_terminal
}

# There is no memory for the RAM of one of two nodes: both go on from their states as if the save had
# been made, and a later one is. A limit for the size of files stands for a host whose memory is full.
no_memory() {
    local loaded="extra='-device loader,file=$dir/filled,addr=0x42000000,force-raw=on'" wanted
    head -c 6M /dev/urandom >"$dir/filled"
    commands "$a $loaded; ${two#*; }; start; run 5ms; save s; run 1ms; save t; run 1ms; time"
    wanted=$(grep -oE '^[ab] +paused +[0-9]+' "$dir/out")
    terminal --
    for command in "$a $loaded" "${two#*; }" start 'run 5ms'; do
        line "$command"
    done
    within 30 stands 'metronome 0.005000000s paused>'
    prlimit --pid "$(controller)" --fsize=4000000:
    line 'save s'
    shows 'no memory for a save: told' "node a: its RAM can't be kept: .*File too large"
    line saves
    shows 'no memory for a save: there is none' '^no saves'
    prlimit --pid "$(controller)" --fsize=unlimited:
    line 'run 1ms'
    line 'save t'
    shows 'no memory for a save: a later one is made' "saved 't' at 0.006"
    line saves
    shows 'the memory of a save is listed' '^t +0.006000000s .* [0-9]+\.[0-9] in memory'
    line 'run 1ms'
    line time
    shows 'no memory for a save: the ensemble has gone on' '^b +paused +875000 '
    check 'no memory for a save: as if it had been made' [ "$(grep -oE '^[ab] +paused +[0-9]+' "$dir/out")" = "$wanted" ]
    line 'restore t'
    shows 'no memory for a save: the later one is restored' "restored 't'"
    line quit
    shows 'no memory for a save: the session ends well' '^status [04]'
    another_terminal
}

# QEMU says that a save is complete when its child (cat) has the whole state, be it written or not.
slow_child() {
    local path=$PATH
    mkdir "$dir/slow" "$dir/broken"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\n[ $# = 0 ] || exec /bin/cat "$@"\n/bin/cat >"%s"; sleep 0.3; /bin/cat "%s"\n' "$dir/stream" "$dir/stream" >"$dir/slow/cat"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\n[ $# = 0 ] || exec /bin/cat "$@"\n/bin/head -c 9000; /bin/cat >/dev/null; exit 5\n' >"$dir/broken/cat"
    chmod +x "$dir"/*/cat
    PATH=$dir/slow:$path
    commands "$a; start; run 5ms; save s file=$places/slow; run 1ms; save t; run 1ms; restore s; run 1ms"
    PATH=$path
    check 'a child that writes late: waited for' ended 0
    check 'a child that writes late: the save is complete' opens "$places/slow"
    PATH=$dir/broken:$path
    commands "$a; start; run 5ms; save s file=$places/broken; run 1ms"
    PATH=$path
    check 'a child that writes a part: told' ended 3 'node a: .*writes its state to memory .* has failed, exit status 5'
    check 'a child that writes a part: no save' [ ! -e "$places/broken" ]
}

# A file system where nothing can be moved without a look at what is there, and nothing exchanged.
plain_moves() {
    local made="$two; start; run 5ms"
    cp -a "$good" "$places/plain"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$(realpath "$build")/tests/helper/no-renameat2" "$metronome" >"$dir/on-nfs"
    chmod +x "$dir/on-nfs"
    real=$metronome metronome=$dir/on-nfs
    commands "$made; save s file=$places/plain; save s file=$places/fresh"
    metronome=$real
    check 'plain moves: saves are made, and replaced' ended 0
    for place in plain fresh; do
        check "plain moves: $place opens" opens "$places/$place"
        check "plain moves: nothing else is left of $place" [ ! -e "$places/$place.old" -a ! -e "$places/$place.partial" ]
    done
}

# What came behind a save made before there was a network is not there behind a restore, and can come
# again; at a pipe, where nothing is checked ahead.
before_network() {
    local behind='link add a b latency=100us
switch add w'
    status=0
    timeout 60 "$metronome" >"$dir/out" 2>"$dir/err" <<END || status=$?
$two
start
run 1ms
save s
$behind
break packet
run 1ms
restore s
link list
breaks
$behind
run 1ms
restore s
assert a.sent == 0
END
    check 'a save made before there was a network: restored without one, twice' ended 0 '^no links' '^no breaks'
}

two_writers() {
    local i pids=()
    for i in 1 2 3; do
        env --default-signal=INT "$metronome" -c "$two; start; run 5ms; save s file=$places/shared" </dev/null >"$dir/out.$i" 2>"$dir/err.$i" &
        pids+=($!)
    done
    won=0 odd=0
    for i in 1 2 3; do
        status=0
        wait "${pids[i - 1]}" || status=$?
        case $status in
        0) won=$((won + 1)) ;;
        2) grep -q 'another metronome is writing' "$dir/err.$i" || odd=1 ;;
        *) odd=1 ;;
        esac
    done
    check 'three at one PATH: at least one has saved, the others say why not' [ $won -ge 1 -a $odd -eq 0 ]
    check 'three at one PATH: the save is whole' opens "$places/shared"
    check 'three at one PATH: nothing else is left' no_partial
}

# Kills at random moments of many saves.
killed() {
    local i other
    cp -a "$good" "$places/kept"
    keep "$places/kept"
    for i in 1 2 3 4 5; do
        background -c "$two; start; run 5ms; echo now; save s file=$places/kept.new; run 1ms; save s file=$places/kept.new; restore s"
        within 20 says now
        sleep "0.$((RANDOM % 7))$((RANDOM % 10))"
        kill -9 "$pid" 2>/dev/null || true
        join 2>/dev/null
        within 5 no_qemus || odd=1
    done
    check 'metronome killed in a save: no QEMU is left' no_qemus
    check 'metronome killed in a save: no FIFO and folder is left' within 5 no_folders
    check 'metronome killed in a save: a save at PATH is whole or not there' \
        eval "[ ! -e '$places/kept.new' ] || mtr --from '$places/kept.new' -c 'run 1ms' && [ \$status -eq 0 ]"
    commands "$two; start; run 5ms; save s file=$places/kept.new"
    check 'metronome killed in a save: the next save takes the place' ended 0
    check 'metronome killed in a save: nothing else is left' no_partial
    for i in 1 2 3; do
        background --from "$good" -c 'restore '"$good"'; run 1ms'
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        kill -9 "$pid" 2>/dev/null || true
        join 2>/dev/null
    done
    check 'metronome killed in a restore: nothing is left' within 5 no_processes
    for i in 1 2 3 4 5; do
        background -c "$two; start; run 5ms; echo now; save s; restore s; save s file=$places/kept; restore s"
        within 20 says now
        sleep "0.$((RANDOM % 7))$((RANDOM % 10))"
        other=$(qemu_of b | head -n 1)
        [[ -z $other ]] || kill -9 "$other" 2>/dev/null || true
        if ! ends_within 20000 || [[ $status -ne 3 && $status -ne 0 ]]; then
            odd=1
            sed 's/^/# /' "$dir/out" "$dir/err"
            echo "# exit status $status"
        fi
    done
    check 'QEMU killed in a save or a restore: the session ends at once, as one with a failed node' [ "$odd" -eq 0 ]
    check 'QEMU killed: the save at PATH is whole' opens "$places/kept"
    check 'QEMU killed: nothing is left' within 5 no_processes
    for i in 1 2 3; do
        background -c "$two; start; run 5ms; echo now; save s file=$places/ctrl-c; run 1ms; run 1ms"
        within 20 says now
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        kill -INT "$pid" 2>/dev/null || true
        ends_within 10000 && [[ $status -eq 130 || $status -eq 0 ]] || odd=2
    done
    check 'Ctrl-C in a save: the session ends as interrupted' [ "$odd" -eq 0 ]
    check 'Ctrl-C in a save: a save is whole, or there is none' eval "[ ! -e '$places/ctrl-c' ] || opens '$places/ctrl-c'"
    check 'Ctrl-C in a save: nothing else is left' no_partial
}

refusals() {
    local big
    # shellcheck disable=SC2154
    expect 'a serial port with a program at it' 2 "$a serial=unix:$dir/serial; start; run 1ms; save s file=$places/no" "node a can't be saved: .*serial"
    cp "$guest/disk.qcow2" "$dir/disk.qcow2"
    expect 'a disk that keeps what is written' 2 "$a disk=$dir/disk.qcow2 persist=on; start; run 1ms; save s file=$places/no" \
        "node a can't be saved: .*persist=on"
    expect 'before start' 2 "$two; save s file=$places/no" 'no node is started'
    expect 'without a node' 2 "save s file=$places/no" 'node'
    expect 'an unknown name' 2 "$two; start; save one; restore on" "there is no save 'on': did you mean 'one'"
    expect 'an unknown folder' 2 "$two; start; restore $dir/nothing" "can't read the save '$dir/nothing'"
    mtr --from "$dir/nothing" -c 'run 1ms'
    check 'an unknown folder to begin with' ended 2 "can't read the save '$dir/nothing'"
    mkdir "$places/user"
    mtr --from "$places/user" -c 'run 1ms'
    check "a user's folder to begin with" ended 2 'is no save'
    expect 'deleting what is not there' 2 "$two; start; save delete nothing" "there is no save 'nothing'"
    check 'nothing was written by these' [ ! -e "$places/no" -a ! -e "$places/no.partial" ]
    printf -v big 'x%.0s' {1..300}
    for name in 'x/y' '' "$big" "$(printf 'a\033[31mb')" "$(printf 'a\xffb')" delete; do
        commands "$a; start; save '$name' file=$places/no"
        check "no name for a save: ${name:0:20}" [ "$status" -eq 2 -a ! -e "$places/no" ]
        check 'that is told without escape sequences' not grep -q $'\033' "$dir/err" "$dir/out"
    done
    expect 'odd names' 0 "$a; start; run 1ms; save 'a b'; save ä; save -x; save 'a b' file='$places/ö -x'; run 1ms; restore 'a b'; \
        assert time == 1ms; run 1ms; restore -x; restore ä; assert time == 1ms; save delete -x; saves; restore '$places/ö -x'" '^a b ' '^ä '
    cp "$guest/count-aarch64.elf" "$dir/kernel"
    commands "${a/$guest\/count-aarch64.elf/$dir/kernel}; start; run 5ms; save s file=$places/kernel"
    touch "$dir/kernel"
    check 'a kernel of another date, with the same bytes' opens "$places/kernel"
    printf x | dd of="$dir/kernel" bs=1 seek=100 conv=notrunc status=none
    from "$places/kernel"
    check 'a kernel that has changed' ended 2 "'$dir/kernel' has changed since the save"
    rm "$dir/kernel"
    from "$places/kernel"
    check 'a kernel that is gone' ended 2 "'$dir/kernel' is gone"
    # The same QEMU, but that it calls itself another one.
    sed 's/Debian 1:/Debian 9:/g' "$(command -v qemu-system-aarch64)" >"$dir/other-qemu"
    chmod +x "$dir/other-qemu"
    mtr --qemu "$dir/other-qemu" --from "$good" -c 'run 1ms'
    check 'a save of another QEMU' ended 3 'the save is of QEMU .*, and .* is QEMU .*give the right one'
}

# foreseen DESCRIPTION STATUS LINES [PATTERN...]: check says it of a scenario that begins with the good save, and so does
# a run of the same lines that nobody has checked.
foreseen() {
    local description=$1 wanted=$2 lines=$3 said
    shift 3
    printf '%s\n' "$lines" >"$dir/foreseen.mtr"
    mtr check "$dir/foreseen.mtr" "from=$good"
    check "$description: check" ended "$wanted" "$@"
    said=$(sed -n 's/^metronome: error: .*foreseen.mtr://p' "$dir/err" | head -n 1)
    input=$dir/foreseen.mtr mtr --from "$good"
    check "$description: a run" ended "$wanted"
    check "$description: both say the same" test "$(sed -n 's/^metronome: error: stdin://p' "$dir/err")" = "$said"
}

# What a check knows of the save that a scenario begins with.
foretold() {
    foreseen 'nodes of a save' 0 'regs a pc; regs b pc; assert time == 5ms; node remove b'
    foreseen 'an unknown node behind a save' 2 'run 1ms
time c' "foreseen.mtr:2: unknown node 'c'"
    foreseen 'an unknown break, variable and save' 2 'delete 1' ':1: there is no break 1'
    # shellcheck disable=SC2016 # metronome's
    foreseen 'a variable of no save' 2 'echo $x' ":1: variable 'x' is not set"
    foreseen 'a save of no session' 2 'restore good' ":1: there is no save 'good'"
    foreseen 'a node that is there' 2 "node add b memory=16M" ":1: there is a node 'b' already"
    foreseen 'a node that was not' 0 "node add c kernel=$guest/count-aarch64.elf memory=16M icount=shift=3,sleep=off; regs c; restore $good
node add c kernel=$guest/count-aarch64.elf memory=16M icount=shift=3,sleep=off; regs c"
    foreseen 'a time that is over' 2 'break time 5ms' ':1: that time is over: the ensemble stands at 0.005000000s'
    foreseen 'a time that is to come' 0 'break time 5001us; run 1ms'
    foreseen 'places that are none' 2 "restore $good host=a:local,a:local" "host='a:local,a:local': node 'a' stands in it twice"
    foreseen 'a place that is not known' 2 "restore $good host=b:one" "node b: it is on host 'one'"
    mkdir "$places/theirs.partial"
    echo precious >"$places/theirs.partial/x"
    foreseen 'what is in the way' 2 "save s file=$places/theirs" "'$places/theirs.partial' is in the way"
    rm -r "$places/theirs.partial"
    foreseen 'a file system that takes no files' 2 'save s file=/proc/x' "can't write '/proc/x': Operation not permitted"
}

# Nodes that have left the ensemble are saved and come back as they were.
left_nodes() {
    expect 'a node that is off' 0 "node add e kernel=$guest/exit-aarch64.elf memory=64M icount=shift=3,sleep=off; $a; start; run 500ms; \
        save s file=$places/off; node list; run 1ms; restore s; node list; run 1ms; restore $places/off; node list; run 1ms; assert a.time == 501ms"
    mtr --from "$places/off" -c 'run 1ms; node list; assert a.time == 501ms'
    check 'a node that is off, in another session' ended 0
}

# Neither descriptors nor memory grow with saves that are replaced.
many() {
    local i text="$a; start; run 1ms"
    for ((i = 0; i < 25; i++)); do
        text+='; save s'
    done
    text+='; echo half'
    for ((i = 0; i < 25; i++)); do
        text+='; save s'
    done
    text+='; echo whole; run 1ms; assert a.time == 2ms; assert a.missed == 0; run 20s'
    background -c "$text"
    within 40 says half
    half=$(find "/proc/$pid/fd" | wc -l)
    within 40 says whole
    whole=$(find "/proc/$pid/fd" | wc -l)
    kill -INT "$pid"
    ends_within 10000
    check '50 saves: no descriptor is left open' [ "$whole" -le $((half + 8)) ]
    check '50 saves: the ensemble goes on' not says 'assert'
}

# stale PC: a gdb that stands through a restore.
with_gdb() {
    local elf=$guest/smp-aarch64.elf node
    node="node add s kernel=$elf smp=2 memory=64M icount=shift=0,sleep=off"
    driven "$node"$'\nstart\nrun 1ms\nsave early\nrun 19ms\nsave late\n'"gdb s path=$dir/s.sock"
    within 30 is_there s
    # shellcheck disable=SC2016
    symbols=$elf debugger s 'printf "late %lx\n", $pc' 'hbreak *$pc' continue 'printf "hit %lx\n", $pc' 'monitor save middle' \
        'monitor save no file=/tmp/no' "monitor restore $good" "shell touch $dir/stands; while [ -e $dir/stands ]; do sleep 0.05; done" \
        'printf "stale %lx-%lx-%lx-%lx\n", $x0, $x1, $x2, $x3' continue 'printf "fresh %lx-%lx-%lx-%lx\n", $x0, $x1, $x2, $x3' 'monitor time' continue 'printf "again %lx\n", $pc' \
        "shell touch $dir/stands; while [ -e $dir/stands ]; do sleep 0.05; done" stepi 'printf "after %lx\n", $pc' 'monitor time' stepi \
        'printf "next %lx\n", $pc' continue 'printf "third %lx\n", $pc' detach &
    gdb_pid=$!
    within 30 test -e "$dir/stands"
    drive 'restore early'
    within 30 says "restored 'early'"
    rm "$dir/stands"
    within 30 test -e "$dir/stands"
    drive 'restart'
    drive 'echo restarted'
    within 30 says restarted
    rm "$dir/stands"
    wait "$gdb_pid" || true
    drive
    ends_within 20000 || true
    check 'a gdb that stands: the session ends well' ended 0
    check 'a gdb: it saves in memory, and reaches no files' heard s "saved 'middle' at" 'save|file= is not for gdb' \
        'a folder is not for gdb'
    check 'a gdb that stands through a restore: its next resume ends at once, and says why' heard s \
        'metronome: the ensemble was restored to 0.001' 'virtual time 0.001000000s'
    at() {
        sed -n "s/^$1 //p" "$dir/gdb.s"
    }
    check 'a gdb: its registers are those of the restored machine' [ -n "$(at fresh)" -a "$(at fresh)" != "$(at stale)" ]
    check 'a gdb: its breakpoint works behind the restore' [ "$(at again)" = "$(at hit)" ]
    check 'a gdb that stands through a restart: the same for a step' heard s 'metronome: the ensemble was restarted' \
        'virtual time 0.000000000s'
    check 'a gdb: it steps behind that' [ -n "$(at next)" -a "$(at next)" != "$(at after)" ]
    check 'a gdb: its breakpoint works behind the restart' [ "$(at third)" = "$(at hit)" ]
    [[ ! -e /tmp/no ]] || check 'a gdb: no file' false
}

# Breaks and points of a save are there again behind it. A machine that stands at a point is saved as
# any other, and leaves the point behind the save as it would have without one.
points() {
    local node="node add s kernel=$guest/smp-aarch64.elf memory=64M icount=shift=0,sleep=off; start; run 1ms; break pc s 0x40080078"
    commands "$node; run 1ms; run 1ms; run 1ms; run 1ms; time"
    grep '^s ' "$dir/out" | cut -c1-50 >"$dir/unsaved"
    expect 'a save at a point' 0 "$node; run 1ms; save p file=$places/point; run 1ms; save q; run 1ms; run 1ms; time; restore p; run 1ms; restore q" "restored 'q'"
    check 'a save at a point: the machine goes on as without it' eval "grep '^s ' '$dir/out' | cut -c1-50 | cmp - '$dir/unsaved'"
    mtr --from "$places/point" -c 'breaks; run 1ms'
    check 'a save at a point, in another session' ended 0 '^1 +pc +1 +s 0x40080078'
    expect 'points behind a save and a restore' 0 "node add s kernel=$guest/smp-aarch64.elf smp=2 memory=64M icount=shift=0,sleep=off; \
        start; run 1ms; break when \"s.icount >= 2000000\"; save one; breaks; run 10ms; assert s.time < 11ms; save two; \
        restore one; breaks; run 10ms; assert s.time < 11ms; restore two; time" '^restored .one' 's.icount'
}

expect 'a save is made' 0 "$two; start; run 5ms; save good file=$good; run 1ms; assert a.missed == 0" "saved 'good' at 0.005"
odd=0
only=${1:-}
for part in damaged in_the_way full_disk no_memory before_network plain_moves slow_child two_writers killed refusals foretold left_nodes many points with_gdb; do
    if [[ -z $only || $only == "$part" ]]; then
        began=$(now_ms)
        $part
        echo "# $part: $(($(now_ms) - began)) ms"
    fi
done
done_testing
