#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# report.html of real runs, looked at by a real browser: drawn and working in light and dark, readable without
# JavaScript, proof against what a guest prints, there also when the run failed.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# browse FILE OPTION...: what the page writes to the browser's log goes to $dir/err, the page as it is in the end to $dir/out. Its time is its
# own: the page's timers and frames are over before it answers.
browse() {
    local file=$1
    shift
    status=0
    HOME=$dir timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr \
        --virtual-time-budget=3000 --user-data-dir="$dir/chromium" --window-size=1200,1600 "$@" "file://$file" \
        >"$dir/out" 2>"$dir/chromium.log" </dev/null || status=$?
    grep CONSOLE "$dir/chromium.log" >"$dir/err" || true
}

linux() { # NAME NUMBER COMMAND
    echo "node add $1 kernel=$guest/vmlinuz initrd=$guest/initramfs.cpio.gz memory=256M icount=shift=1,sleep=off \
        append=\"console=ttyAMA0 quiet cryptomgr.notests hostname=$1 ip=10.0.0.$2/24 run=\\\"$3\\\"\"; "
}

hostile='<script>document.title=1</script><img src=x onerror=alert(1)>'
mtr --report "$dir/ping" -c "quantum 200us; $(linux a 1 "echo '$hostile'; sleep 0.2; ping -c 2 -i 0.002 10.0.0.2")$(linux b 2 \
    'sleep 60') link add a b latency=1ms; start; wait-line a 'run ended' timeout=20s; assert a.late == 0"
check 'a run with packets writes its page' ended 0
page=$dir/ping/report.html
check 'the page is there, and not large' [ "$(stat -c %s "$page")" -lt 1000000 ]
browse "$page" --dump-dom
check 'the browser reads it' ended 0
check 'the script drew the diagram: arrows, barriers, what is shown' says '[0-9]+ of [0-9]+ packets' \
    'class="packet s0' 'class="barrier" d="M' 'each vertical line is'
check 'it had no error' not [ -s "$dir/err" ]
check 'the window shows the exchange, not the whole run' says '[1-9][0-9]?(\.[0-9]+)? ms</span>'
check 'what the guest printed is text' says '&lt;script&gt;document.title=1&lt;/script&gt;&lt;img src=x onerror'
check 'it did not act' says '<title>metronome report: a, b</title>'
check 'tables: both nodes, each packet with its clocks' says '<th scope="row"><i class="b0"></i>a</th>' \
    '<td class="text">delivered</td><td class="text">a:1</td><td class="text">a:1 b:1</td>'
# 0 is dark, 1 is light.
for scheme in 0 1; do
    browse "$page" --blink-settings=preferredColorScheme=$scheme --screenshot="$dir/$scheme.png"
    check "a picture of it ($scheme)" test "$(stat -c %s "$dir/$scheme.png")" -gt 50000
done
check 'light and dark differ' not cmp -s "$dir/0.png" "$dir/1.png"
# A script that is not the one that the page promises does not run: that is the page without JavaScript.
sed 's/sha256-[^'"'"']*/sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' "$page" >"$dir/plain.html"
browse "$dir/plain.html" --dump-dom
check 'without JavaScript: arrows and tables are there, the buttons are not' says 'Refused|violates' \
    'class="packet s0"' '<title>a → b, [0-9]+ bytes, sent at [01]\.' 'class="tools" hidden' '<td class="text">delivered'

# A run that fails, with what was seen until then.
background --report "$dir/failed" -c "node add a kernel=$guest/count-aarch64.elf memory=64M; node add b \
    kernel=$guest/count-aarch64.elf memory=64M; start; run 5ms; echo going; run 1000s"
within 40 says going
# shellcheck disable=SC2046
kill -9 $(qemus | head -n 1)
join
check 'a QEMU that is killed: exit 3' ended 3
check 'its page is there, and says so' grep -q 'The run failed' "$dir/failed/report.html"
check 'with the barriers until then' grep -q '<title>1 barrier, 5.00 ms' "$dir/failed/report.html"
mtr --report "$dir/none" -c "node add a kernel=$guest/count-aarch64.elf memory=64M; nonsense"
check 'a run that never began: a page as well' grep -q 'No barrier was recorded' "$dir/none/report.html"

done_testing
