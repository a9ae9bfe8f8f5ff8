#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of metronome's command line: the program's answers, and the completions that bash, zsh
# and fish make of them, with the installed scripts of scripts/completions. Prints TAP, starts no
# QEMU.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/terminal.sh
source tests/scenario/terminal.sh

completions=$PWD/scripts/completions
mkdir "$dir/bin" "$dir/place" "$dir/place/reports"
ln -s "$metronome" "$dir/bin/metronome"
export PATH=$dir/bin:$PATH
cp scripts/scenarios/switch.mtr "$dir/place/eight.mtr"
cat >"$dir/place/with space.mtr" <<'END'
set size 3
echo $size $depth
END
: >"$dir/place/disk.img"

# --- the program's answers

# answers DESCRIPTION EXPECTED WORD...: the answer is EXPECTED, in which commas separate the lines.
answers() {
    local description=$1 expected=$2
    shift 2
    (cd "$dir/place" && timeout 10 "$metronome" --complete "$@") >"$dir/out" 2>"$dir/err" || true
    check "$description" [ "$(paste -sd, "$dir/out")$(<"$dir/err")" = "$expected" ]
}

answers 'modes' words,run,check,verify,test,agent,schema,help,version ''
answers 'a mode' words,verify veri
answers 'a scenario' 'files ' run ei
answers 'a case' 'files ' test ei
answers 'another case, or variables of those that are named' 'files ,append=,bandwidth=,capture=,guest=,latency=,depth=,size=' \
    test eight.mtr 'with space.mtr' ''
answers 'options of test' words,--timeout=,--tap test --t
answers 'a file for JUnit' 'files --junit=' test --junit=re
answers 'no file as a filter' words test --filter=re
answers 'no option of another mode' words,--runs=,--registers verify --r
answers 'all options in front of a mode' words,--report=,--runs=,--registers --r
answers 'an option that has no use there' words agent --rep
answers 'levels of the log' words,error,warn,info,debug --log ''
answers 'the value behind =' words,--log=warn --log=w
answers 'where programs are listened to' words,stdio,unix: --listen ''
answers 'a path there' 'files unix:' --listen unix:
answers 'names of schemas' words,save,socket schema s
answers 'a file behind =' 'files --qemu=' --qemu=/usr/b
answers 'a file as an argument of its own' 'files ' --report re
answers 'no value, but a number' words verify --runs ''
answers 'variables of the scenario' words,append=,bandwidth=,capture=,guest=,latency= run eight.mtr ''
answers 'those that are not given yet' words,latency= --json check eight.mtr bandwidth=1G l
answers 'one that is only used' words,depth=,size= run 'with space.mtr' ''
answers 'their values may be files' 'files guest=' run eight.mtr guest=..
answers 'a scenario that is not there has none' words run none.mtr ''
answers 'a scenario that is no file is not read' words run /dev/zero ''
answers 'behind -- comes no option' 'files ' run -- --
answers 'commands that have help' words,link help li
answers 'their second words' words,list help link l
answers 'a command' 'words,node add a; start,node add a; step,node add a; stats' -c 'node add a; st'
answers 'a node of a command before' 'words,node add abc; time abc' -c 'node add abc; time '
answers 'nodes of a scenario that is included' \
    'words,include eight.mtr; time n1,include eight.mtr; time n2,include eight.mtr; time n3,include eight.mtr; time n4,include eight.mtr; time n5,include eight.mtr; time n6,include eight.mtr; time n7,include eight.mtr; time n8' \
    -c 'include eight.mtr; time n'
answers 'a key of a command' 'words,node add a icount=' -c 'node add a ic'
answers 'saves of commands before' 'words,node add a; start; save one; save delete one' -c 'node add a; start; save one; save delete '
answers 'a folder may be restored, too' 'files node add a; start; save one; restore ,node add a; start; save one; restore one' \
    -c 'node add a; start; save one; restore '
answers 'the folder of a save' 'files --from=' --from=re
answers 'where a failed run is saved' 'files ' --save-on-failure re
answers 'a file of a command' 'files include ' -c 'include ei'
answers 'a mistake before it' 'words,node ad a; nonsense; time' -c 'node ad a; nonsense; tim'
answers 'no mode' '' nonsense ''

# --- the shells' completions

# shell NAME COMMAND...: starts an interactive shell on a terminal, in the folder with the
# scenarios.
shell() {
    another_terminal
    tm new-session -d -x 150 -y 50 -c "$dir/place" env -u PS1 HOME="$dir" HISTFILE=/dev/null PATH="$PATH" "${@:2}"
    within 10 stands '[$%#>].*' || true
    name=$1
}

# tab TYPED LINE: the tab key completes TYPED to LINE.
tab() {
    key C-u
    type_text "$1"
    key Tab
    at "$name: '$1'" "ready> $2"
}

# several TYPED PATTERN: a second tab key lists completions that match.
several() {
    key C-u
    type_text "$1"
    key Tab Tab
    shows "$name: '$1' is several" "$2"
}

# Completions of bash and zsh. A complete word is followed by a blank, which a terminal does not
# show.
completes_all() {
    tab 'metronome veri' 'metronome verify'
    tab 'metronome run ei' 'metronome run eight.mtr'
    tab 'metronome run eight.mtr gu' 'metronome run eight.mtr guest='
    tab 'metronome run eight.mtr guest=dis' 'metronome run eight.mtr guest=disk.img'
    tab 'metronome --rep' 'metronome --report='
    tab 'metronome --report=rep' 'metronome --report=reports/'
    tab 'metronome --log w' 'metronome --log warn'
    tab 'metronome --log=w' 'metronome --log=warn'
    tab 'metronome run wi' 'metronome run with\\ space.mtr'
    tab 'metronome run with\ space.mtr de' 'metronome run with\\ space.mtr depth='
    tab "metronome -c 'include eig" "metronome -c 'include eight.mtr.?"
    tab "metronome -c 'node add abc; time a" "metronome -c 'node add abc; time abc'"
    several 'metronome run eight.mtr ' 'append= +bandwidth= +capture= +guest= +latency='
    several 'metronome help li' 'link'
}

shell bash bash --noprofile --norc -i
line "PS1='ready> '; bind 'set enable-bracketed-paste off'; source '$completions/metronome.bash'; clear"
within 10 stands 'ready>' || true
completes_all

shell zsh zsh -f -i
line "PS1='ready> '; fpath=('$completions' \$fpath); autoload -U compinit; compinit -D -u; unsetopt zle_bracketed_paste; clear"
within 10 stands 'ready>' || true
completes_all

# fish_offers TYPED EXPECTED: fish's own command `complete -C` prints the offered completions.
fish_offers() {
    local typed=$1 expected=$2
    (cd "$dir/place" && HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir timeout 20 \
        fish --no-config -c "source $completions/metronome.fish; complete -C \$argv[1]" "$typed") >"$dir/out" 2>"$dir/err" || true
    check "fish: '$typed'" [ "$(paste -sd, "$dir/out")$(<"$dir/err")" = "$expected" ]
}

fish_offers 'metronome ver' verify,version
fish_offers 'metronome run ei' eight.mtr
fish_offers 'metronome run eight.mtr ' append=,bandwidth=,capture=,guest=,latency=
fish_offers 'metronome run eight.mtr guest=dis' guest=disk.img
fish_offers 'metronome --rep' --report=
fish_offers 'metronome --report=rep' --report=reports/
fish_offers 'metronome --log w' warn
fish_offers 'metronome run with\ space.mtr de' depth=
fish_offers "metronome -c 'include eig" 'include eight.mtr'
fish_offers "metronome -c 'node add abc; time a" 'node add abc; time abc'
another_terminal
done_testing
