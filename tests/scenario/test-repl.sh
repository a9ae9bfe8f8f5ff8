#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The prompt, on a real terminal (a private tmux), and commands over a pipe. Prints TAP, takes less than a minute.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenario/sshd.sh
source "$(dirname "$0")/sshd.sh"
# shellcheck source=tests/scenario/terminal.sh
source "$(dirname "$0")/terminal.sh"

small='memory=16M nic=off icount=shift=0,sleep=off'
count_node="$small kernel=$guest/count-aarch64.elf"
state=$dir/state

# --- prompt

prompts() {
    terminal
    at 'a prompt before the start' 'metronome>'
    line "node add alpha $count_node"
    line start
    at 'a prompt at virtual time 0' 'metronome 0\.000000000s paused>'
    line 'run 1234us'
    at 'a prompt at another time' 'metronome 0\.001234000s paused>'
    tm capture-pane -p -e >"$dir/out"
    check 'its state is coloured' grep -q $'\e\\[32mpaused' "$dir/out"
    line 'barrier 1 2'
    shows 'a wrong number of arguments: the usage' 'usage: barrier \[N\]'
    line 'dance'
    shows 'an error' "unknown command 'dance'"
    at 'an error does not end it' "$(paused)"
    line 'barrier'
    at 'to a barrier' 'metronome 0\.002000000s paused>'
    line 'time alpha'
    shows 'a table' '^alpha +paused +2000000 '
    key Enter
    at 'an empty line repeats the barrier' 'metronome 0\.003000000s paused>'
    line 'ba 2'
    at 'a prefix of it' 'metronome 0\.005000000s paused>'
    key Enter
    at 'is repeated, too' 'metronome 0\.007000000s paused>'
    printf 'echo inner-one\nquantum 5\necho inner-two\n' >"$dir/inner.mtr"
    line "include $dir/inner.mtr"
    shows 'an error of an included file, with its line' 'inner\.mtr:2: quantum: DURATION .5. has no unit'
    at 'goes back to the prompt' "$(paused)"
    check 'nothing behind it is run' not shown '^inner-two'
    key C-d
    shows 'Ctrl-D ends it' '^status [04]'
    shows 'the terminal is as it was' ' icanon .* echo '
    check 'Ctrl-D leaves no QEMU' within 5 no_qemus
}

off() {
    terminal
    line "node add a $small kernel=$guest/countoff-aarch64.elf"
    line 'start; run 1s'
    at 'a guest that powered off' 'metronome [0-9.]+s off>'
    line quit
    shows 'quit' '^status [04]'
}

colours() {
    terminal -e NO_COLOR=1
    line "node add a $count_node; start"
    at 'NO_COLOR' "$(paused)"
    tm capture-pane -p -e >"$dir/out"
    check 'NO_COLOR: no colour' not grep -q $'\e\\[3' "$dir/out"
    key C-d
    terminal -e TERM=dumb
    line "node add a $count_node; start"
    at 'TERM=dumb' ".*$(paused)"
    tm capture-pane -p -e >"$dir/out"
    check 'TERM=dumb: no colour' not grep -q $'\e\\[3' "$dir/out"
    key C-d
}

# --- completion

completion() {
    : >"$dir/image-one.elf"
    terminal
    line "node add alpha $count_node smp=2; node add beta $count_node"
    completes qua quantum
    completes 'no ad' 'no add'
    completes 'node rem' 'node remove'
    completes 'node add x mem' 'node add x memory='
    completes 'node add x nic=on init' 'node add x nic=on initrd='
    completes "node add x kernel=$dir/image-o" "node add x kernel=$dir/image-one\.elf"
    completes "node add x files=$dir/image-o" "node add x files=$dir/image-one\.elf"
    completes "include $dir/image-o" "include $dir/image-one\.elf"
    completes 'node add x firmware=non' 'node add x firmware=none'
    completes 'time al' 'time alpha'
    completes 'echo x; time b' 'echo x; time beta'
    completes 'run 5insn o' 'run 5insn on'
    completes 'run 5insn on be' 'run 5insn on beta'
    completes 'log w' 'log warn'
    completes 'help wai' 'help wait-line'
    completes 'help node att' 'help node attach'
    completes 'node console beta p' 'node console beta pace='
    completes 'node transcript beta of' 'node transcript beta off'
    completes 'echo al' 'echo al'
    completes 'break pc beta _sta' 'break pc beta _start'
    completes 'mem alpha _edat' 'mem alpha _edata'
    key C-u
    type_text 'ru'
    key Tab Tab Tab
    shows 'an ambiguous prefix is completed as far as it goes, and the candidates shown' '^run +run-until'
    key C-u
    type_text 'log '
    key Tab Tab
    shows 'the levels' '^console +debug +error +info +warn'
    key C-u
    type_text 'time '
    key Tab Tab
    shows 'the nodes' '^alpha +beta'
    key C-u
    line 'ru 1ms'
    shows 'an ambiguous prefix is refused' "ambiguous command 'ru': could be run, run-until"
    line 'quant'
    shows 'a unique one is not' '^1ms$'
    key C-d
}

# --- history

lines_of_history() {
    [[ $(cat "$state/metronome/history") == "$1" ]]
}

histories() {
    rm -rf "$state"
    terminal
    line 'echo first-session'
    line 'echo first-session'
    line 'echo second-line '
    shows 'some lines are entered' '^second-line'
    kill -9 "$(controller)"
    shows 'killed' '^status 137'
    check 'kill -9 loses no line; none is there twice in a row' lines_of_history 'echo first-session
echo second-line'
    check 'the folder is private' test "$(stat -c %a "$state/metronome")" = 700
    check 'the file, too' test "$(stat -c %a "$state/metronome/history")" = 600
    terminal
    at 'another session' 'metronome>'
    key Up
    at 'the line before' 'metronome> echo second-line'
    key C-c
    key C-r
    type_text 'first'
    at 'Ctrl-R searches' ".*reverse-i-search.*first.: echo first-session"
    key Enter
    shows 'and runs what it found' '^first-session'
    key C-d
    shows 'end' '^status [04]'

    seq -f 'echo line-%g' 10010 >"$state/metronome/history"
    terminal
    at 'a long history' 'metronome>'
    key C-d
    shows 'end' '^status [04]'
    check 'it is shortened' test "$(wc -l <"$state/metronome/history") $(head -n 1 "$state/metronome/history")" = \
        '10000 echo line-11'

    : >"$dir/blocked"
    terminal -e XDG_STATE_HOME="$dir/blocked"
    shows 'no history can be written: a warning' 'warn: the history is not kept: .*blocked'
    line 'echo goes-on'
    shows 'and the session goes on' '^goes-on'
    line 'echo further'
    shows 'further' '^further'
    look
    check 'it is warned once' test "$(grep -c 'not kept' "$dir/out")" -eq 1
    key C-d
}

# --- interrupts

runs() {
    shown 'barriers/s'
}

interrupts() {
    terminal
    type_text 'echo not-run'
    key C-c
    at 'Ctrl-C clears the line' 'metronome>'
    line "node add a $count_node; start"
    at 'started' "$(paused)"
    line 'run 10000s'
    check 'a long run shows its progress' within 10 runs
    key C-c
    shows 'Ctrl-C interrupts it' 'error: interrupted'
    at 'and goes back to the prompt' "$(paused)"
    check 'the line of progress is gone' not runs
    line 'echo alive'
    shows 'which takes commands' '^alive'
    check 'what Ctrl-C cleared was not run' not shown '^not-run'
    # The next barrier is minutes away.
    line 'log info; quantum 1000s; run 2000s'
    check 'a long quantum' within 10 runs
    key C-c
    shows 'the first Ctrl-C' 'info: .*interrupted: stopping at the next barrier'
    key C-c
    shows 'the second Ctrl-C says what is waited for' 'waiting for the next barrier; Ctrl-C once more ends metronome'
    key C-c
    shows 'the third ends it' '^status 130'
    shows 'the terminal is as it was' ' icanon .* echo '
    check 'it leaves no QEMU' within 5 no_qemus

    terminal
    line "node add a $count_node; start"
    at 'at the prompt' "$(paused)"
    kill -TERM "$(controller)"
    shows 'SIGTERM ends it' '^status 130'
    shows 'SIGTERM: the terminal is as it was' ' icanon .* echo '
    terminal
    line "node add a $count_node; start; run 10000s"
    check 'a run' within 10 runs
    kill -HUP "$(controller)"
    shows 'SIGHUP ends it, too' '^status 130'
    check 'no QEMU is left' no_qemus
    check 'no folder is left' no_folders
}

suspension() {
    another_terminal
    tm new-session -d -x "$width" -y 50 env PS1='shell> ' bash --norc -i
    at 'a shell' 'shell>'
    line "$metronome"
    at 'metronome in it' 'metronome>'
    type_text 'echo half'
    at 'half a line' 'metronome> echo half'
    key C-z
    at 'Ctrl-Z goes to the shell' 'shell>'
    line fg
    at 'and back, with the line' 'metronome> echo half'
    type_text '-line '
    key C-a
    type_text 'echo new; '
    at 'which can be edited as before' 'metronome> echo new; echo half-line'
    key Enter
    shows 'and run' '^half-line'
    key C-d
    at 'back in the shell' 'shell>'
}

vanishing() {
    local wanted
    for wanted in "$(paused)" '.*barriers/s.*'; do
        terminal
        line "node add a $count_node; start"
        at 'a terminal' "$(paused)"
        [[ $wanted == "$(paused)" ]] || line 'run 10000s'
        at "that stands at '$wanted'" "$wanted"
        tm kill-server
        check 'goes away: no QEMU is left' within 5 no_qemus
        check 'no folder is left' within 5 no_folders
        check 'no process is left' within 5 no_processes
    done
}

# --- output while a line is typed

half_typed() {
    terminal
    line "node add a $count_node; start"
    at 'started' "$(paused)"
    type_text 'echo before-after'
    key Left Left Left Left Left
    at 'half a line' "$(paused) echo before-after"
    kill -9 "$(qemus)"
    shows 'a node that dies is told at once' 'warn: node a: .*killed by signal 9'
    at 'the prompt knows, the line is still there' 'metronome [0-9.]+s failed> echo before-after'
    type_text 'X-'
    key Enter
    shows 'and the point where it was' '^before-X-after'
    look
    check 'nothing is garbled' test "$(grep -c 'metronome: warn: node a: ' "$dir/out")" -eq 1
    key C-d
}

# --- help

narrow() {
    look
    [[ $(wc -L <"$dir/out") -le 60 ]] && says '^node transcript +[A-Z]' '^quit '
}

helps() {
    width=60
    terminal
    at 'a narrow terminal' 'metronome>'
    line help
    check 'help is as wide as the terminal' within 5 narrow
    key C-d
    width=150
}

# --- a guest's console

consoles() {
    expect 'node console needs a terminal' 2 "node add a $count_node; start; node console a" \
        'node console needs a terminal'
    expect 'node console of an unknown node' 2 'node console b' "unknown node 'b'"
    expect 'node console with a bad pace' 2 'node add a; node console a pace=fast' "pace 'fast'"
    terminal -- --log info
    line "node add a $count_node"
    line 'node console a'
    shows 'node console before the start' 'node a is not started: .start. comes first'
    line 'node remove a'
    line "node add a memory=128M icount=shift=0,sleep=off kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz append='console=ttyAMA0 quiet'"
    line "node transcript a $dir/transcript"
    line "start; wait-line a 'Welcome to' timeout=60s"
    check 'a Linux guest boots' within 30 shown 'wait-line: matched'
    line 'node console a pace=off'
    shows 'its console says how to leave it' 'Ctrl-\] leaves it'
    key Enter
    at 'a shell on it' '/ #'
    # shellcheck disable=SC2016
    line 'echo answer-$((6*7))'
    shows 'it takes keys and shows output' '^answer-42'
    line "sh -c 'echo sleep''ing; exec sleep 100000'"
    shows 'a command of it runs' '^sleeping'
    key C-c
    at 'Ctrl-C is for the guest' '/ #'
    line 'echo interrupted-$?'
    shows 'and has ended the command' '^interrupted-130'
    key 'C-]'
    at 'Ctrl-] goes back to the prompt' "$(paused)"
    check 'the transcript has it, with the virtual time' grep -qE '^\[[0-9]+\.[0-9]{3}000000s\] answer-42$' \
        "$dir/transcript"
    line 'echo prompt-again'
    shows 'which takes commands' '^prompt-again'
    line 'node console a'
    shows 'once more' 'console of a.*Ctrl-\] leaves it'
    kill -9 "$(qemus)"
    at 'the node dies: back at the prompt' 'metronome [0-9.]+s failed>'
    key C-d
    shows 'end' '^status [04]'
    shows 'the terminal is as it was' ' icanon .* echo '
}

transcripts() {
    local hello="node add a $small kernel=$guest/hello-aarch64.elf; node transcript a $dir"
    expect 'a transcript' 0 "$hello/one; start; run 5ms"
    expect 'of the same run' 0 "$hello/two; start; run 5ms"
    check 'each line has its time' grep -qE '^\[0\.00[0-9]000000s\] .*hello from metronome' "$dir/one"
    check 'it is the same' cmp "$dir/one" "$dir/two"
    expect 'a transcript that can not be written' 2 "$hello/no/where; start" "can't write '$dir/no/where'"
}

# --- a pipe

answer() {
    local text
    read -r -t 10 -u "${metronome_pipe[0]}" text && [[ $text == "$1" ]]
}

pipes() {
    coproc metronome_pipe { exec "$metronome" 2>"$dir/err"; }
    pid=$!
    local to=${metronome_pipe[1]}
    echo 'echo one; quantum' >&"$to"
    check 'a line is run as it comes' answer one
    check 'all of it' answer 1ms
    printf '%s' 'echo t' >&"$to"
    echo 'wo' >&"$to"
    check 'a line that comes in two pieces' answer two
    printf '%s\n' "echo 'th" "ree'" >&"$to"
    check 'a quote over two lines' answer th
    check 'a quote over two lines, its end' answer "ree"
    printf '%s\n' "node add a $count_node; start; run 1ms; assert time == 1ms" 'echo four' 'quantum 5' 'echo behind' >&"$to"
    check 'a run' answer four
    : >"$dir/out"
    join
    check 'an error ends it, with its line' ended 2 "stdin:7: quantum: DURATION '5' has no unit"
    check 'and no QEMU is left' no_qemus

    coproc metronome_pipe { exec "$metronome" 2>"$dir/err"; }
    pid=$!
    to=${metronome_pipe[1]}
    echo 'echo ready' >&"$to"
    check 'waiting for a line' answer ready
    kill -TERM "$pid"
    join
    check 'SIGTERM ends it' test "$status" -eq 130
}

# ssh's questions appear at the prompt; a secret is neither shown nor stored.
questions() {
    local add="host add x ssh=127.0.0.1:PORT metronome=$metronome"
    start_sshd
    add=${add/PORT/$port}
    rm "$ssh_dir/client/known_hosts" 2>/dev/null || true
    terminal -e "XDG_STATE_HOME=$state"
    line "$add"
    shows 'a host key that is not known: its fingerprint' "^  ${fingerprint//+/\\+}$"
    at '... and the question' '.*known_hosts\? \(yes/no\)'
    line no
    shows 'no: it is refused' 'is refused: known_hosts does not have it'
    line "$add"
    at 'asked once more' '.*known_hosts\? \(yes/no\)'
    key C-c
    at 'Ctrl-C: back at the prompt' 'metronome>'
    check 'nothing was kept' not grep -qs . "$ssh_dir/client/known_hosts"
    line "$add"
    at 'and again' '.*known_hosts\? \(yes/no\)'
    line yes
    at 'yes: connected' 'metronome>'
    check 'known_hosts has it' grep -qsF "$(cut -d' ' -f2 "$ssh_dir/server/key.pub")" "$ssh_dir/client/known_hosts"
    line 'host list; host remove x'
    shows 'the host is up' '^x +up '
    ssh-keygen -q -p -N 'open sesame' -f "$ssh_dir/client/id_ed25519" >/dev/null
    line "$add identity=$ssh_dir/client/id_ed25519"
    at 'known by now; a passphrase is asked for' 'Passphrase of .*/id_ed25519:'
    line 'open sesame'
    at 'with it: connected' 'metronome>'
    line 'host remove x'
    line "$add identity=$ssh_dir/client/id_ed25519"
    at 'asked for again' 'Passphrase of .*/id_ed25519:'
    line 'open wrong'
    shows 'a wrong passphrase' "identity='.*/id_ed25519': no private key that can be read with this passphrase"
    at 'and the prompt is back' 'metronome>'
    look
    check 'the passphrase is not on the screen' not grep -q sesame "$dir/out"
    line "$add"
    at 'a key of ~/.ssh: its passphrase is asked for, too' 'Passphrase of .*/id_ed25519:'
    line 'open sesame'
    at '... and it is used' 'metronome>'
    truncate -s 8G "$dir/huge"
    line "node add a kernel=$dir/huge host=x; start"
    at 'a large file: how much of it is read' '.*host x: reading .*/huge: [0-9]+ %'
    key C-c
    shows 'Ctrl-C: no more of it' "^metronome: error: '.*/huge': interrupted while it was read"
    at 'Ctrl-C: the prompt is back' 'metronome>'
    line quit
    shows 'it ends' '^status 0$'
    check 'nor in the history' not grep -rqs sesame "$state"
    stop_sshd
}

prompts
off
colours
completion
histories
interrupts
suspension
half_typed
helps
consoles
vanishing
questions
transcripts
pipes
another_terminal
done_testing
