#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Names in place of addresses: of a bare-metal kernel=, of files, of a Linux guest's own kallsyms; where they go, what is
# printed of them, and how they come through saves.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

node="node add a kernel=$guest/access-aarch64.elf memory=64M icount=shift=0,sleep=off"
plain="node add a kernel=$dir/plain memory=64M icount=shift=0,sleep=off"
count_node="node add b kernel=$guest/count-aarch64.elf memory=64M icount=shift=0,sleep=off"

# The same program without its names.
aarch64-linux-gnu-objcopy --strip-all "$guest/access-aarch64.elf" "$dir/plain"
cat >"$dir/map" <<'END'
0000000040080000 T start_here
0000000040080020 t inner
0000000040080030 t twice
0000000040080034 t twice
000000004008003c T store
0000000040090000 D memory
END

# --- from where

expect 'names of a kernel= that is an ELF file need no word' 0 \
    "$node; $count_node; symbols; start; break pc a second; breaks" \
    "^a +10 +.*/access-aarch64.elf" '^b +[0-9]+ +.*/count-aarch64.elf' '^1 +pc +0 +a 0x40080074 <second>$'
expect 'a kernel= without a symbol table says so' 0 "$plain; symbols" "^a +0 +$dir/plain: it has no symbol table: it was stripped"
expect 'where a name is used, too' 2 "$plain; start; break pc a second" \
    "'second' is no address: a number is needed, such as 0x40000000, or a name once .symbols a FILE. has loaded names"
expect 'names of an ELF file' 0 "$plain; symbols a $guest/access-aarch64.elf; start; break pc a second+4; breaks" \
    'a 0x40080078 <second\+0x4>'
expect 'names as in System.map' 0 "$node; symbols a $dir/map; start; break pc a inner+0x4; breaks" '^a +6 +.*/map' \
    'a 0x40080024 <inner\+0x4>'
check 'take the place of those that there were' not says second
expect 'none' 2 "$node; symbols a off; start; break pc a second" "'second' is no address"
expect 'an ELF file of another architecture' 2 "$node; symbols a $guest/count-x86_64.elf" \
    "count-x86_64.elf: it is for i386, and the node is aarch64"
expect 'no such file' 2 "$node; symbols a $dir/none" "$dir/none: No such file"
expect 'a folder' 2 "$node; symbols a $dir" 'it is no regular file'
expect 'no symbols at all' 2 "$node; symbols a $guest/initramfs.cpio.gz" 'neither an ELF file nor a text of lines'
head -c 70000 "$guest/access-aarch64.elf" >"$dir/cut"
expect 'a file that was cut off' 2 "$node; symbols a $dir/cut" 'cut: it is cut off: it has 70000 bytes'

# --- where they go

start="$node; symbols a $dir/map; start"
expect 'break pc, and what is printed' 0 "$start; break pc a store; run 1ms; regs a pc; time a; step a; step a" \
    'break 1: node a, vCPU 0: pc 0x4008003c <store>, icount' '^pc +0x000000004008003c <store>$' \
    '^0 +running .* 0x4008003c <store>: ' '^a: 1 executed, .*, 0x40080044 <store\+0x8>: '
expect 'break access, its memory and its instruction' 0 "$start; break access a memory+16 1; run 1ms; breaks" \
    'access to 0x40090010 <memory\+0x10> by the instruction at 0x40080040 <store\+0x4>, pc 0x40080044 <store\+0x8>,' \
    '^1 +access +1 +a 0x40090010 <memory\+0x10> 1 write'
expect 'mem' 0 "$start; run 1ms; mem a memory 8; mem a memory+0x50 8; mem a inner-32 4 phys=on" '^0x0000000040090000 ' \
    '^0x0000000040090050 ' '^0x0000000040080000  01 80'
expect 'watch' 0 "$start; watch 'mem a memory 8' 100us; run 250us" '^0x0000000040090000 '
expect 'what was meant' 2 "$start; break pc a stroe" "no name 'stroe' among 6 symbols; did you mean 'store'"
expect 'which one is meant' 2 "$start; break pc a twice" "'twice' has 2 addresses, 0x40080030 and 0x40080034 among them"
expect 'no offset' 2 "$start; mem a store+x 4" "'x' is no offset to a name"
expect 'names are those of the node' 2 "$start; $count_node; break pc b store" "'store' is no address"
expect 'a wrong name is found before anything starts' 2 "$start; run 1s; break pc a stroe" "'stroe' is no address"
check 'and nothing has' not says 'symbols  from'
printf '%s\n' "$node" "symbols a $dir/none" 'break pc a store' >"$dir/doubt.mtr"
mtr check "$dir/doubt.mtr"
check 'a check: names of a file that was refused are in doubt' [ "$(grep -c 'metronome: error' "$dir/err")" = 1 ]
expect 'a node that was removed' 0 \
    "$start; node remove a; ${plain/kernel=$dir\/plain/kernel=$guest\/access-aarch64.elf}; symbols" '^a +10 +.*/access-aarch64.elf'

# --- saves

expect 'a save in memory has them, others do not' 0 \
    "$start; break pc a store; save one; symbols a off; restore one; symbols; run 1ms; restart; run 1ms" \
    '^a +6 +.*/map' 'pc 0x4008003c <store>, icount'
check 'a restart has them' [ "$(grep -c '<store>, icount' "$dir/out")" = 2 ]
commands "$start; break pc a store; save one file=$dir/folder"
expect 'a folder has their file' 0 "restore $dir/folder; symbols; break pc a store+8; run 1ms" '^a +6 +.*/map' \
    'break 1: .*<store>, icount'
sed -i 's/store/stare/' "$dir/map"
expect 'a file with other names is not taken' 0 "restore $dir/folder; symbols; run 1ms" \
    "node a has no symbols: $dir/map: it has other symbols than at the save" '^a +0 +.*/map: it has other symbols' \
    'pc 0x4008003c, icount'
sed -i 's/stare/store/' "$dir/map"
mv "$dir/map" "$dir/away"
expect 'a file that is gone' 0 "restore $dir/folder; symbols; save two file=$dir/second" "node a has no symbols: $dir/map: No such"
mv "$dir/away" "$dir/map"
expect 'comes back, even in a later save' 0 "restore $dir/second; symbols; run 1ms" '^a +6 +.*/map' '<store>, icount'

# --- Linux

# Its addresses are random, but by the seed: so the same in each run.
linux="node add l kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=1,sleep=off"
linux="$linux append=\"console=ttyAMA0 quiet run=\\\"grep ' T schedule\$\\\\| T do_idle\$\\\\| t do_idle\$\\\\| T vfs_read\$' /proc/kallsyms\\\"\""
mtr --report "$dir/report" -c "$linux; start; wait-line l 'run ended with status 0' timeout=20s"
tr -d '\r' <"$dir/report/console-l.log" | grep -E '^[0-9a-f]{16} [Tt] ' >"$dir/kallsyms" || true
check 'a Linux guest tells where its functions are' [ "$(wc -l <"$dir/kallsyms")" -ge 2 ]
expect 'a function of a Linux guest, by its kallsyms' 0 \
    "$linux; symbols l $dir/kallsyms; start; break pc l vfs_read; run 20s; assert break == 1; regs l pc" \
    'node l, vCPU 0: pc 0x[0-9a-f]+ <vfs_read>, icount' '^pc +0x[0-9a-f]+ <vfs_read>$'

done_testing
