# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced after lib.sh: looks at all of an ensemble, and compares two looks.
# shellcheck disable=SC2154

# What a node's RAM is, as pmemsave wants it: first address and size.
declare -A ram=()

# The page behind a multiboot kernel, which QEMU leaves as its own heap was but for the beginning
# (load_multiboot(), hw/i386/multiboot.c): it may be another one in each process.
declare -A heap=()

# page_behind ELF: prints the address of that page.
page_behind() {
    local address size
    read -r address size < <(readelf -lW "$1" | awk '$1 == "LOAD" { print $4, $6 }' | tail -n 1)
    printf '%d' $(((address + size + 4095) / 4096 * 4096))
}

# memory NODE NAME: prints the node's RAM of that look, but for that page.
memory() {
    local file=$dir/$2/ram-$1
    [[ ${heap[$1]:-} ]] || { cat "$file" && return; }
    head -c "${heap[$1]}" "$file" && tail -c "+$((heap[$1] + 4097))" "$file"
}

# look NAME: prints commands that show all that an ensemble is, and write RAM and reports under
# $dir/NAME. The lines are found by `part NAME`.
look() {
    local node
    echo "echo '== $1'; stats; link list; network trace last=100000; breaks; quantum; report $dir/$1"
    for node in "${!ram[@]}"; do
        echo "regs $node; qmp $node '{\"execute\":\"pmemsave\",\"arguments\":{\"val\":${ram[$node]% *},\"size\":${ram[$node]#* },\"filename\":\"$dir/$1/ram-$node\"}}'"
    done
    echo "echo '== end'"
}

# part NAME: prints what the last run said in that look, without the host's times.
part() {
    awk -v from="== $1" '$0 == "== end" { on = 0 } on { print } $0 == from { on = 1 }' "$dir/out" |
        sed -E '/ of host time/d; s/host us per barrier [0-9.]+//; s/^([^ ]+( +[0-9.-]+){8}) +[0-9]+ +[0-9]+\.[0-9]{3}$/\1/'
}

# keep NAME...: keeps what the last run said in these looks, for `alike`.
keep() {
    local name
    for name; do
        part "$name" >"$dir/$name/said"
    done
}

# figures NAME: prints what of its report has to be equal. What came from outside differs: saves do.
figures() {
    sed '/"journal":\[$/,/^  \],$/d' "$dir/$1/report.json" | grep -E '"(name|icount|bias_ns|barriers|missed|state|resets|console_sha256|console_bytes|packet_trace_sha256|sent|received|dropped|late|carried|copies|under_way|passed|lost|quantum_ns)":'
}

# alike NAME NAME: the two looks are equal to the byte.
alike() {
    local node
    [[ -s $dir/$1/said ]] || return 1
    diff "$dir/$1/said" "$dir/$2/said" | sed 's/^/# /' && [[ ${PIPESTATUS[0]} -eq 0 ]] || return 1
    diff <(figures "$1") <(figures "$2") | sed 's/^/# /' && [[ ${PIPESTATUS[0]} -eq 0 ]] || return 1
    [[ $(figures "$1" | grep -c icount) -eq ${#ram[@]} ]] || return 1
    for node in "${!ram[@]}"; do
        [[ $(stat -c %s "$dir/$1/ram-$node") -eq $((${ram[$node]#* })) ]] || return 1
        cmp <(memory "$node" "$1") <(memory "$node" "$2") || return 1
        cmp "$dir/$1/console-$node.log" "$dir/$2/console-$node.log" || return 1
    done
}

# same DESCRIPTION NAME NAME...: all looks are equal to the first.
same() {
    local description=$1 first=$2 name
    shift 2
    for name; do
        check "$description: $name" alike "$first" "$name"
    done
    for name in "$first" "$@"; do
        rm -f "$dir/$name"/ram-*
    done
}
