#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# files=: programs, scripts and folders of this host in a Linux guest; what the guest finds, the same
# in each run, behind restarts, saves and resets, and on another host; what is refused. Prints TAP.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"

cat >"$dir/hi.c" <<'END_OF_C'
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct utsname name;

    uname(&name);
    printf("hi from %s:", name.machine);
    for (int i = 1; i < argc; i++)
        printf(" [%s]", argv[i]);
    puts("");
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 3;
}
END_OF_C
aarch64-linux-gnu-gcc -static -Os -o "$dir/hi" "$dir/hi.c"
x86_64-linux-gnu-gcc -static -Os -o "$dir/hi-x86_64" "$dir/hi.c"
printf '%s\n' '#!/bin/sh' "echo \"script \$0: \$*\"" >"$dir/say"
mkdir -p "$dir/tree/sub/empty"
echo 'some data' >"$dir/tree/sub/file"
ln -s sub/file "$dir/tree/link"
mkdir "$dir/odd,na:me"
cp "$dir/say" "$dir/odd,na:me/a\\b"
chmod 755 "$dir/say" "$dir/odd,na:me/a\\b" "$dir/tree" "$dir/tree/sub"
chmod 700 "$dir/tree/sub/empty"
chmod 4711 "$dir/hi"
chmod 640 "$dir/tree/sub/file"

# with RUN FILES [INITRD]: prints the command that adds a guest.
with() {
    echo "node add a kernel=$guest/vmlinuz ${3-initrd=$guest/initramfs.cpio.gz} memory=256M nic=off on-exit=continue \
        icount=shift=0,sleep=off append=\"console=ttyAMA0 quiet cryptomgr.notests run=\\\"$1\\\" poweroff=1\" files=$2"
}

# prints FILE LINE...: the transcript has these lines, in this order, without others between them.
prints() {
    local file=$1
    shift
    diff <(printf '%s\n' "$@") <(sed 's/^\[[^]]*\] //' "$dir/$file" | grep -v -e ^Boot -e ^Welcome -e 'reboot: Power down') |
        sed 's/^/# /' && [[ ${PIPESTATUS[0]} -eq 0 ]]
}

# --- what the guest finds

stat="stat -c '%a %u:%g %Y %n'"
cat >"$dir/all.mtr" <<END
$(with "hi one two; say x y; /odd 'a  b'; cat /opt/t/link; readlink /opt/t/link; cd /opt/t; $stat /bin/hi sub sub/empty sub/file /tmp /bin" \
    "$dir/hi:/bin/,$dir/say:/bin//say,$dir/tree:/opt/t/,$dir/say:/tmp/./x,'$dir/odd\\,na\\:me/a\\\\b:/odd'")
node transcript a $dir/all
start
wait-line a 'run ended'
END
mtr check "$dir/all.mtr"
check 'check accepts it' ended 0
mtr run "$dir/all.mtr"
wanted=('hi from aarch64: [one] [two]' 'script /bin/say: x y' 'script /odd: a  b' 'some data' 'sub/file' '4711 0:0 0 /bin/hi'
    '755 0:0 0 sub' '700 0:0 0 sub/empty' '640 0:0 0 sub/file')
check 'a program, a script, a folder: with arguments, modes, links, times of 0, owned by root' prints all "${wanted[@]}" \
    "1777 0:0 $(grep -o '[0-9]* /tmp$' "$dir/all")" "755 0:0 $(grep -o '[0-9]* /bin$' "$dir/all")" 'run ended with status 0'
check 'the run passes' ended 0
limit=120 mtr verify "$dir/all.mtr" --registers --devices --every 100
check 'two runs are equal' ended 0 '^2 runs, [0-9]+ samples: equal$'
touch -d 2001-02-03 "$dir/hi" "$dir/tree/sub/file"
cp "$dir/all" "$dir/all-before"
mtr run "$dir/all.mtr"
check 'the dates of the files change nothing' cmp "$dir/all" "$dir/all-before"

# running: the guest runs, and the run has files in its folder.
running() {
    [[ -n $(find "$runtime" -name console.log -size +0) ]]
}

background -c "$(with 'hi; while :; do :; done' "$dir/hi:/bin/"); start; run 1h"
check 'the guest writes' within 30 running
check 'the archive goes as soon as QEMU has read it' test -z "$(find "$runtime" "$memory" -name initrd)"
kill "$pid"
join

if ! brief; then
    [[ -e $guest/x86_64/vmlinuz ]] || make -s guest-x86_64
    commands "node add a arch=x86_64 kernel=$guest/x86_64/vmlinuz initrd=$guest/x86_64/initramfs.cpio.gz memory=256M nic=off on-exit=continue \
        icount=shift=0,sleep=off append=\"console=ttyS0 quiet cryptomgr.notests run=\\\"hi one two\\\" poweroff=1\" files=$dir/hi-x86_64:/bin/hi; node transcript a $dir/x86_64; start; run-until 20s"
    check 'x86_64' grep -q 'hi from x86_64: \[one\] \[two\]' "$dir/x86_64"
fi

commands "$(with '' "$dir/hi:/init" ''); node transcript a $dir/alone; start; run-until 5s"
check 'without an initrd the archive stands alone, with an /init' prints alone 'hi from aarch64:'

# --- what is behind the initrd, and where it goes

# A guest with a link to a folder, as most have one from /bin to /usr/bin.
mkdir -p "$dir/linked/usr/lib64"
ln -s usr/lib64 "$dir/linked/lib64"
gunzip <"$guest/initramfs.cpio.gz" >"$dir/plain"
(cd "$dir/linked" && printf '%s\n' usr usr/lib64 lib64 | cpio --quiet -o -H newc) >>"$dir/plain"
commands "$(with '/lib64/hi; readlink /lib64; ls /usr/lib64' "$dir/hi:/lib64/" "initrd=$dir/plain"); node transcript a $dir/linked/out; start; run-until 5s"
check 'where the guest has a link to a folder, the link stays' prints linked/out 'hi from aarch64:' 'usr/lib64' 'hi' 'run ended with status 0'

head -c -3 "$dir/plain" >"$dir/odd-end"
xz -c --check=crc32 "$dir/plain" >"$dir/plain.xz"
for one in plain.xz odd-end; do
    commands "$(with 'hi' "$dir/hi:/bin/" "initrd=$dir/$one"); node transcript a $dir/out-$one; start; run-until 20s"
    check "behind an initrd of another kind: $one" prints "out-$one" 'hi from aarch64:' 'run ended with status 3'
done

# --- later

commands "$(with 'hi' "$dir/hi:/bin/"); start; wait-line a 'hi from'; restart; wait-line a 'hi from'"
check 'behind a restart' test "$(grep -c 'hi from aarch64' "$dir/out")" -eq 2

commands "$(with 'hi; sleep 5' "$dir/hi:/bin/,$dir/tree:/opt"); start; wait-line a 'hi from'; save s file=$dir/saved"
check 'it is saved' ended 0
check 'the save names the files with their digests' grep -q "$(sha256sum <"$dir/hi" | cut -d ' ' -f 1)" "$dir/saved/manifest.json"
mtr -c "restore $dir/saved; run 1ms; qmp a system_reset; wait-line a 'hi from' timeout=5s"
check 'a restored guest that is reset finds them again' ended 0 'hi from aarch64'

# now_refused DESCRIPTION PATTERN: the save is refused.
now_refused() {
    mtr -c "restore $dir/saved"
    check "refused by the save: $1" ended 2 "$2"
}
cp -p "$dir/hi" "$dir/hi-kept"
echo >>"$dir/hi"
now_refused 'other contents' "'$dir/hi' has changed since the save"
mv "$dir/hi-kept" "$dir/hi"
chmod 711 "$dir/hi"
now_refused 'another mode' "'files=$dir/hi:/bin/,$dir/tree:/opt' has other files, modes or links than at the save"
chmod 4711 "$dir/hi"
touch "$dir/tree/more"
now_refused 'another file in a folder' 'has other files, modes or links'
rm "$dir/tree/more"
mv "$dir/tree/link" "$dir/link-kept"
now_refused 'a link that is gone' 'has other files, modes or links'
mv "$dir/link-kept" "$dir/tree/link"
mtr -c "restore $dir/saved"
check 'as they were they are taken again' ended 0

# --- on another host

start_sshd
commands "$(host one) $(with 'hi one; cat /opt/link' "$dir/hi:/bin/,$dir/tree:/opt") host=one; start; wait-line a 'hi from'; wait-line a 'some data';
    restart; wait-line a 'hi from'; wait-line a 'some data'"
check 'on another host, and again behind a restart' test "$(grep -c 'hi from aarch64: \[one\]' "$dir/out")" -eq 2
check 'its folder, too' test "$(grep -c 'some data' "$dir/out")" -eq 2
if ! brief; then
    commands "$(host one) $(with 'hi; sleep 5' "$dir/hi:/bin/") host=one; start; wait-line a 'hi from'; save s file=$dir/far-saved"
    commands "restore $dir/far-saved host=local; run 1ms; qmp a system_reset; wait-line a 'hi from' timeout=5s"
    check 'a save of that host goes on here' ended 0 'hi from aarch64'
fi

# --- what is refused, by a run and by check

# refused DESCRIPTION OPTIONS PATTERN: both say it, and name the line.
refused() {
    echo "node add a kernel=$guest/vmlinuz $2" >"$dir/refused.mtr"
    mtr run "$dir/refused.mtr"
    check "refused: $1" ended 2 "refused.mtr:1: node a: $3"
    mtr check "$dir/refused.mtr"
    check "check refuses, too: $1" ended 2 "refused.mtr:1: node a: $3"
}
initrd="initrd=$guest/initramfs.cpio.gz"
mkfifo "$dir/fifo"
mkdir "$dir/with-fifo" "$dir/with-init"
mkfifo "$dir/with-fifo/inner"
touch "$dir/with-init/init"
truncate -s 5G "$dir/huge"
truncate -s 300M "$dir/big"
(cd "$dir" && python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')")
refused 'a file that is not there' "$initrd files=$dir/no" "files='$dir/no': No such file"
refused 'a FIFO' "$initrd files=$dir/fifo" "files='$dir/fifo' is a FIFO: only files, folders"
refused 'a FIFO in a folder' "$initrd files=$dir/with-fifo" "files='$dir/with-fifo/inner' is a FIFO"
refused 'a socket' "$initrd files=$dir/socket" "files='$dir/socket' is a socket"
refused 'a device' "$initrd files=/dev/zero" "files='/dev/zero' is a character device"
refused 'a relative place' "$initrd files=$dir/hi:bin/hi" "files='$dir/hi:bin/hi': 'bin/hi' is no absolute path in the guest, such as '/bin/hi'"
refused 'a place outside' "$initrd files=$dir/hi:/bin/../../hi" "files='$dir/hi:/bin/../../hi': the guest's path must not have '\\.\\.'"
refused 'a file below a file' "$initrd files=$dir/hi:/x,$dir/say:/x/" "files='$dir/say' would be below '/x' in the guest, which is no folder: '$dir/hi' is there"
refused 'one place twice' "$initrd files=$dir/hi:/x,$dir/say://x" "files='$dir/say': '/x' in the guest is given twice, by '$dir/hi'"
refused 'a file where a folder is needed' "$initrd files=$dir/hi:/x/y,$dir/say:/x" "files='$dir/say': '/x' in the guest is where other files need a folder"
refused 'the /init of the initrd' "$initrd files=$dir/hi:/init" "files='$dir/hi': '/init' in the guest is that of initrd="
refused 'the same in a folder' "$initrd files=$dir/with-init:/" "files='$dir/with-init/init': '/init'"
refused 'three parts' "$initrd files=a:b:c" "files='a:b:c': PATH or PATH:DEST is expected; a ':' in a name is written"
refused 'an empty part' "$initrd files=$dir/hi," 'files: a PATH is missing'
refused 'a folder without a name' "$initrd files=/" "files='/' has no name"
refused 'more than an archive takes' "$initrd files=$dir/huge" "files='$dir/huge' has 5368709120 bytes"
refused 'more than the guest has room for' "$initrd files=$dir/big" 'files= has 300\.0 MiB, and the guest, with memory of 512\.0 MiB'
refused 'neither an initrd nor an /init' "files=$dir/hi" "files= needs initrd=, or a program that becomes '/init'"
echo "node add a files=$dir/hi" >"$dir/refused.mtr"
mtr check "$dir/refused.mtr"
check 'refused: no kernel' ended 2 'files= needs kernel='
expect 'defaults may have it, and a node its own' 0 "defaults kernel=$guest/vmlinuz $initrd files=$dir/hi; node add a; node add b files=$dir/say;
    node list a; node list b" "^node add a .*files=$dir/hi$" "^node add b .*files=$dir/say$"

# A file that grows until the run has ended.
truncate -s 64M "$dir/grows"
(while [[ ! -e $dir/stop ]]; do echo; done >>"$dir/grows") &
grower=$!
commands "node add a kernel=$guest/vmlinuz $initrd memory=1G files=$dir/grows; start"
touch "$dir/stop"
wait "$grower"
check 'a file that changes while it is read' ended 2 "node a: '$dir/grows' changed while it was read for the guest"

stop_sshd
done_testing
