#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# report.html of real runs in a real browser: drawn and working in light and dark, readable without
# JavaScript, safe against text that a guest prints, complete also after a failed run. Nothing is
# cut off or overlaps, on wide and narrow pages.
# shellcheck source=tests/scenario/lib.sh
source "$(dirname "$0")/lib.sh"

# browse FILE OPTION...: loads the page. The browser's log goes to $dir/err, the final page to
# $dir/out. The browser uses virtual time, so that the page's timers and frames are over before it
# answers.
browse() {
    local file=$1
    shift
    status=0
    HOME=$dir timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr \
        --virtual-time-budget=3000 --user-data-dir="$dir/chromium" --window-size=1200,1600 "$@" "file://$file" \
        >"$dir/out" 2>"$dir/chromium.log" </dev/null || status=$?
    grep CONSOLE "$dir/chromium.log" >"$dir/err" || true
}

# A script of this test that searches the page for text that is cut off: wider than the window or
# its box, or text of a drawing outside the drawing or over other text. A closed table may scroll.
cat >"$dir/probe.js" <<'END'
addEventListener('load', () => {
    const faults = [], root = document.scrollingElement;
    if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} wide`);
    for (const e of document.querySelectorAll('main *')) {
        const style = getComputedStyle(e);
        if (e.closest('svg') || !e.clientWidth || style.display === 'inline') continue;
        if (e.scrollWidth > e.clientWidth + 1 && !(e.closest('details') && e.closest('.wide')))
            faults.push(`${e.tagName}.${e.className} is cut off: ${e.textContent.slice(0, 40)}`);
    }
    for (const svg of document.querySelectorAll('main svg')) {
        const box = svg.getBoundingClientRect(), seen = [];
        for (const text of svg.querySelectorAll('text')) {
            const t = text.getBoundingClientRect(), said = text.textContent;
            if (!t.width) continue;
            if (t.left < box.left - 1 || t.right > box.right + 1 || t.bottom > box.bottom + 1 || t.top < box.top - 1)
                faults.push(`'${said}' leaves its drawing`);
            for (const [o, other] of seen)
                if (t.left < o.right - 1 && o.left < t.right - 1 && t.top < o.bottom - 3 && o.top < t.bottom - 3)
                    faults.push(`'${said}' overlaps '${other}'`);
            seen.push([t, said]);
            const size = parseFloat(getComputedStyle(text).fontSize) * box.width / svg.viewBox.baseVal.width;
            if (size < 8) faults.push(`'${said}' is ${size.toFixed(1)} pixels high`);
        }
    }
    parent.postMessage(`${document.title}, ${innerWidth} wide: ${faults.join('; ') || 'none'}`, '*');
});
END

# fits FILE...: checks all pages at all widths in one browser, each in a frame of that width. A page
# lets only its own script run, so the probe replaces the page's policy. The faults go to $dir/out.
widths=(500 640 700 780 900 1000 1200 1400 1600)
fits() {
    local file width i=0
    cat >"$dir/frames.html" <<'END'
<!DOCTYPE html><pre id="found"></pre>
<script>addEventListener("message", e => { document.getElementById("found").textContent += e.data + "\n"; });</script>
END
    for file; do
        i=$((i + 1))
        python3 - "$file" "$dir/probe.js" "$dir/probed$i.html" <<'END'
import re, sys
page, probe = open(sys.argv[1], encoding="utf-8").read(), open(sys.argv[2], encoding="utf-8").read()
page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', '', page, count=1)
open(sys.argv[3], "w", encoding="utf-8").write(page.replace('</body>', f'<script>{probe}</script></body>'))
END
        for width in "${widths[@]}"; do
            echo "<iframe src=\"probed$i.html\" width=\"$width\" height=\"1600\" style=\"border:0\"></iframe>" >>"$dir/frames.html"
        done
    done
    browse "$dir/frames.html" --dump-dom --virtual-time-budget=10000 --window-size=1700,1600
    sed -n '/id="found"/,/<\/pre>/p' "$dir/out" >"$dir/found"
    grep ' wide: ' "$dir/found" >"$dir/out" || true
    [[ $(grep -c ' wide: none' "$dir/out") -eq $(($# * ${#widths[@]})) ]]
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
check 'it opens with how it ended, and exactness is said by itself' grep -qPzo \
    '<main>\n<div id="outcome" class="verdict good"><p><strong>Passed\.</strong>(.|\n)*<p class="verdict good"><strong>Exact\.' "$page"
check 'the console has virtual times' grep -qE '<div><span>[0-9]\.[0-9]{9}s</span><code>5 packets transmitted|<div><span>[0-9]\.[0-9]{9}s</span><code>2 packets transmitted' "$page"
sent=$(number sent "$dir/ping/report.json")
check "its sum is that of report.json ($sent sent)" grep -q ">Of the whole network: $sent sent = $(number received "$dir/ping/report.json") received" "$page"
check 'the page is there, and not large' [ "$(stat -c %s "$page")" -lt 1000000 ]
browse "$page" --dump-dom
check 'the browser reads it' ended 0
check 'the script drew the diagram: arrows, barriers, what is shown' says '[0-9]+ of [0-9]+ packets' \
    'class="packet s0' 'class="barrier" d="M' 'each vertical line is' 'class="name"[^>]*>b</text>' 'class="density" d="M'
check 'in place of the table that is open without it' says 'class="script" hidden="">The diagram needs scripts' \
    '<div class="script"><div class="tools"' '<details><summary>As a table'
check 'it had no error' not [ -s "$dir/err" ]
check 'the window shows the exchange, not the whole run' says ' packets, [1-9][0-9]?(\.[0-9]+)? ms</p>'
check 'what the guest printed is text' says '&lt;script&gt;document.title=1&lt;/script&gt;&lt;img src=x onerror'
check 'it did not act' says '<title>metronome report: a, b</title>'
check 'all packets are in the diagram' says "[0-9]+ of $sent packets"
check 'tables: both nodes, each packet with its clocks' says '<th scope="row" data-label="node"><i class="b0"></i>a</th>' \
    '<td class="text">delivered</td><td class="text">a:1</td><td class="text">a:1 b:1</td>'
# Scheme 0 is dark, 1 is light.
for scheme in 0 1; do
    browse "$page" --blink-settings=preferredColorScheme=$scheme --screenshot="$dir/$scheme.png"
    check "a picture of it ($scheme)" test "$(stat -c %s "$dir/$scheme.png")" -gt 50000
done
check 'light and dark differ' not cmp -s "$dir/0.png" "$dir/1.png"
# The browser does not run a script that differs from the page's promise: a wrong hash shows the
# page without JavaScript.
sed 's/sha256-[^'"'"']*/sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' "$page" >"$dir/plain.html"
browse "$dir/plain.html" --dump-dom
check 'without JavaScript: the table is open, with a hint; the diagram and the buttons are not there' says 'Refused|violates' \
    'class="script">The diagram needs scripts' '<details open=""><summary>As a table' '<td class="text">delivered' \
    '<div class="script" hidden=""><div class="tools"' '<svg id="spacetime"[^>]*></svg><svg id="strip"[^>]*></svg></div><p [^>]*></p></div>'
check 'nor is an arrow' not says 'class="packet'

# The report of a failed run has everything up to the failure.
background --report "$dir/failed" -c "node add a kernel=$guest/count-aarch64.elf memory=64M; node add b \
    kernel=$guest/count-aarch64.elf memory=64M; start; run 5ms; echo going; run 1000s"
within 40 says going
# shellcheck disable=SC2046
kill -9 $(qemus | head -n 1)
join
check 'a QEMU that is killed: exit 3' ended 3
check 'its page is there, and says so' grep -q '^<div id="outcome" class="verdict bad"><p><strong>A node or a host failed' "$dir/failed/report.html"
check 'the node is named' grep -q '<strong>Node [ab] failed' "$dir/failed/report.html"
check 'with the barriers until then' grep -q '<title>1 barrier, 5.00 ms' "$dir/failed/report.html"
mtr --report "$dir/none" -c "node add a kernel=$guest/count-aarch64.elf memory=64M; assert 1 == 2"
check 'a run that never began: a page as well' grep -q 'No barrier was recorded' "$dir/none/report.html"

# Sixteen nodes with long names that send nothing; long lines; long commands and checks that fail.
nodes=
for i in {1..16}; do
    nodes+="node add node$i-in-the-rack-at-the-end kernel=$guest/count-aarch64.elf memory=16M icount=shift=0,sleep=off; "
done
long=$(printf 'x%.0s' {1..300})
mtr --report "$dir/many" -c "$nodes start; run 3ms; assert missed == 0; assert barriers == ${long//x/1 + } 1"
check 'a run of many nodes that fails' ended 1
mtr --report "$dir/best" -c "node add a kernel=$guest/count-aarch64.elf memory=64M icount=off; node add b \
    kernel=$guest/tick-aarch64.elf memory=64M icount=shift=3,sleep=on; start; run 50ms"
check 'a run with overshoot and clocks that stray' ended 0
# The console and an assertion have escape sequences, colours and bytes that are not UTF-8. Also: an
# interrupted run, and a run that never began.
mtr --report "$dir/escapes" -c "$(linux a 1 "printf '\\\\033[31mred\\\\033[0m \\\\260C \\\\342\\\\200\\\\256 ${long}\\\\n'")start; wait-line a 'run ended' timeout=20s
    set x \"$(printf '\302\233')${long}\"; wait-line a \"never \$x\" timeout=1ms"
check 'a run whose guest prints escape bytes, which fails' ended 1
check 'its page has none of them' not grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$dir/escapes/report.html"
check 'they are written out' grep -qF 'u{202e}' "$dir/escapes/report.html"
background --report "$dir/interrupted" -c "node add a kernel=$guest/count-aarch64.elf memory=64M; start; run 5ms; echo going; run 1000s"
within 40 says going
kill -INT "$pid"
join
check 'a run that is interrupted' ended 130
mtr --report "$dir/refused" -c "node add a; ${long}"
check 'a run that never began' ended 2
for name in escapes interrupted refused failed; do
    for scheme in 0 1; do
        browse "$dir/$name/report.html" --blink-settings=preferredColorScheme=$scheme --screenshot="$dir/$name-$scheme.png"
        check "a picture of it ($name, $scheme), without an error" test "$(stat -c %s "$dir/$name-$scheme.png")" -gt 10000 -a ! -s "$dir/err"
    done
done
check 'from 500 to 1600 pixels nothing is cut off or overlaps' fits "$dir"/{ping,failed,none,many,best,escapes,interrupted,refused}/report.html

done_testing
