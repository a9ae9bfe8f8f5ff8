# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of metronome for fish. `metronome --complete WORD...` prints the possible
# continuations: first a line "words" or "files PREFIX", then one word a line.
function __metronome_complete
    set -l words (commandline -opc)
    # The last word as typed, without an opening quote.
    set -l last (string replace -r '^[\'"]' '' -- (commandline -ct))
    set -l answer ($words[1] --complete $words[2..-1] "$last" 2>/dev/null)
    printf '%s\n' $answer[2..-1]
    if string match -q 'files *' -- $answer[1]
        set -l prefix (string replace 'files ' '' -- $answer[1])
        set -l path (string sub -s (math 1 + (string length -- "$prefix")) -- "$last")
        for file in (complete -C "'' $path")
            printf '%s%s\n' "$prefix" $file
        end
    end
end
complete -c metronome -f -a '(__metronome_complete)'
