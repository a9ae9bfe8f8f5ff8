# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Completion of metronome for bash, which needs no other package. `metronome --complete WORD...`
# prints the possible continuations: first a line "words" or "files PREFIX", then one word a line.
# This script joins bash's words to the words that the program would get, and cuts the answer to the
# part that readline replaces.

# Sets `words` to the words up to the cursor, without the program's name. COMP_WORDS is split at =
# and : too.
_metronome_words() {
    local i word line=$COMP_LINE rest glued
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        glued=0
        [[ $rest == "$line" ]] && glued=1
        line=${rest#"$word"}
        # An empty last word is a word of its own only after a blank.
        if ((i > 0 && glued)); then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    words=("${words[@]:1}")
}

# Prints a word without its quotes, and expands nothing.
_metronome_plain() {
    local word=$1
    case $word in
    \'*) word=${word#\'} && word=${word%\'} ;;
    \"*) word=${word#\"} && word=${word%\"} && word=${word//\\\"/\"} && word=${word//\\\$/\$} && word=${word//\\\\/\\} ;;
    *) word=${word//\\/} ;;
    esac
    printf '%s' "$word"
}

_metronome() {
    local -a words plain answer
    local word current own prefix kind path
    COMPREPLY=()
    _metronome_words
    for word in "${words[@]}"; do
        plain+=("$(_metronome_plain "$word")")
    done
    # The part of the last word that readline replaces.
    own=${COMP_WORDS[COMP_CWORD]}
    [[ $own == [=:]* ]] && own=
    own=$(_metronome_plain "$own")
    current=${plain[-1]}
    prefix=${current%"$own"}
    mapfile -t answer < <("$1" --complete "${plain[@]}" 2>/dev/null)
    [[ ${#answer[@]} -gt 0 ]] || return
    kind=${answer[0]}
    for word in "${answer[@]:1}"; do
        COMPREPLY+=("${word#"$prefix"}")
        [[ $word != *= ]] || compopt -o nospace
    done
    [[ $kind == files\ * ]] || return
    kind=${kind#files }
    if [[ ${kind#"$prefix"} == "" || $kind == "$prefix" ]]; then
        compopt -o filenames
        while IFS= read -r path; do
            COMPREPLY+=("$path")
        done < <(compgen -f -- "${current#"$kind"}")
    else # a file name within a longer word, such as the commands of -c
        compopt -o nospace
        while IFS= read -r path; do
            [[ ! -d $path ]] || path+=/
            COMPREPLY+=("${kind#"$prefix"}$path")
        done < <(compgen -f -- "${current#"$kind"}")
    fi
}
complete -F _metronome metronome
