# SPDX-License-Identifier: GPL-3.0-or-later
"""foretell.py METRONOME GUEST FOLDER SEED

Makes a random scenario of nodes, switches, links, breaks, variables, captures, saves, restores and restarts, most of
which can be carried out, and holds what `metronome check` says of it against what happens when the same lines are typed
one by one, unchecked: both go through to the end, or the first error is the same, at the same line. Behind that, the
same for a second scenario that begins with the folder of a save of the first (--from). Prints what differs, with the
scenario.
"""
import os
import random
import re
import subprocess
import sys

metronome, guest, folder, seed = sys.argv[1:5]
NODES, SWITCHES, SAVES = ["a", "b", "c"], ["s", "t"], ["one", "two", "three"]
NODE = f"icount=shift=0,sleep=off memory=16M nic=2 kernel={guest}/count-aarch64.elf"


class Nothing(Exception):
    """There is nothing to choose from."""


class Maker:
    """Makes lines. What it believes to be there chooses names: now and then it takes one that is not."""

    def __init__(self, seed, known):
        self.random = random.Random(seed)
        self.nodes, self.switches, self.links, self.linked = [], [], [], set()
        self.breaks, self.last, self.variables, self.captures, self.saves, self.paths = [], 0, [], [], {}, {}
        self.count = 0
        if known:
            self.back(known)

    def state(self):
        return [list(x) for x in (self.nodes, self.switches, self.links, self.breaks, self.variables)] + [
            self.last, set(self.linked)]

    def back(self, state):
        self.nodes, self.switches, self.links, self.breaks, self.variables = (list(x) for x in state[:5])
        self.last, self.linked = state[5], set(state[6])

    def pick(self, there, all_of):
        if self.random.random() < 0.04:
            return self.random.choice(all_of)
        if not there:
            raise Nothing
        return self.random.choice(there)

    def node(self):
        return self.pick(self.nodes, NODES)

    def new(self, there, all_of):
        free = [x for x in all_of if x not in there]
        return self.pick(free, all_of)

    def end(self):
        taken = {end for link in self.links for end in link}
        cards = [card for node in self.nodes for card in (node, node + ".1") if card not in taken]
        return self.pick(cards + self.switches, NODES + SWITCHES + ["a.1", "a.2", "b.01", "c.uart1"])

    def broken(self, line):
        self.last += 1
        self.breaks.append(self.last)
        return line

    def line(self):
        kinds = [self.add, self.add, self.remove, self.switch, self.link, self.link, self.link, self.link_change,
                 self.link_remove, self.break_, self.break_, self.delete, self.set, self.echo, self.capture, self.look,
                 self.run, self.save, self.save, self.save_path, self.restore, self.restore, self.restore,
                 self.restore_path, self.save_delete, self.restart, self.symbols, self.setting]
        while True:
            try:
                return self.random.choice(kinds)()
            except Nothing:
                pass

    def add(self):
        node = self.new(self.nodes, NODES)
        if node not in self.nodes:
            self.nodes.append(node)
        return f"node add {node} {NODE}"

    def remove(self):
        free = [x for x in self.nodes if x not in self.linked]
        node = self.pick(free, NODES)
        if node in self.nodes:
            self.nodes.remove(node)
        return f"node remove {node}"

    def switch(self):
        name = self.new(self.switches, SWITCHES)
        if name not in self.switches:
            self.switches.append(name)
        return f"switch add {name}"

    def link(self):
        a, b = self.end(), self.end()
        if a == b:
            return self.run()
        self.links.append((a, b))
        self.linked |= {a.split(".")[0], b.split(".")[0]}
        return f"link add {a} {b} latency={self.random.choice(['100us', '1ms'])}"

    def known_link(self):
        return self.pick(self.links, [("a", "b"), ("b", "s"), ("c", "a.1")])

    def link_change(self):
        if not self.links:
            return self.link()
        a, b = self.known_link()
        return self.random.choice([f"link set {a} {b} loss=10%", f"link down {b} {a}", f"link up {a} {b}"])

    def link_remove(self):
        if not self.links:
            return self.link()
        link = self.known_link()
        self.links = [x for x in self.links if x != link]
        return "link remove {} {}".format(*link)

    def break_(self):
        node = self.node()
        kinds = ["break time 90s", f"break console {node} never", f"break when {node}.time > 90s",
                 f"break pc {node} 0x4ffffff0 if {node}.reg.x0 == 5", f"break event {node} panic", "watch 'time' 80s",
                 f"break time 91s do 'regs {node}; continue'", "break time 92s do ''" if self.random.random() < 0.1
                 else "break time 93s once"]
        if self.links:
            kinds += ["break packet {} {}".format(*self.known_link()), "break packet filter='tcp port 80'"]
        return self.broken(self.random.choice(kinds))

    def delete(self):
        number = self.pick(self.breaks, range(1, 9))
        self.breaks = [x for x in self.breaks if x != number]
        return f"delete {number}"

    def set(self):
        name = self.random.choice("xyz")
        if name not in self.variables:
            self.variables.append(name)
        return f"set {name} {self.random.randrange(9)}"

    def echo(self):
        return f"echo ${self.pick(self.variables, 'xyz')}"

    def capture(self):
        if not self.links:
            return self.link()
        if self.captures and self.random.random() < 0.5:
            return f"capture {self.captures.pop()} off"
        self.count += 1
        path = f"{folder}/{seed}-{self.count}.pcapng"
        self.captures.append(path)
        return f"capture {path}"

    def look(self):
        node = self.node()
        return self.random.choice([f"regs {node} pc", f"time {node}", f"mem {node} 0x40080000 4", f"node list {node}",
                                   f"assert {node}.icount >= 0", "breaks", "link list", "saves", "time"])

    def run(self):
        return self.random.choice(["run 20us", "barrier", "run 1insn on " + self.node(), "quantum 50us", "quantum 1ms",
                                   "max-skip 50us"])

    def save(self):
        name = self.random.choice(SAVES)
        self.saves[name] = self.state()
        return f"save {name}"

    def save_path(self):
        name = self.random.choice(SAVES)
        path = f"{folder}/{seed}-{self.random.choice('pq')}"
        self.saves[name] = self.paths[path] = self.state()
        return f"save {name} file={path}"

    def restore(self):
        name = self.pick(list(self.saves), SAVES)
        if name in self.saves:
            self.back(self.saves[name])
        place = self.random.choice([""] * 30 + [" host=local"] * 5 + [" host=a:local"] * 2 +
                                   [" host=nowhere", " host=a:local,a:local"])
        return f"restore {name}{place}"

    def restore_path(self):
        if not self.paths:
            return self.save_path()
        path = self.random.choice(list(self.paths))
        self.back(self.paths[path])
        return f"restore {path}"

    def save_delete(self):
        name = self.pick(list(self.saves), SAVES)
        self.saves.pop(name, None)
        return f"save delete {name}"

    def restart(self):
        return "restart"

    def symbols(self):
        node = self.node()
        return self.random.choice([f"symbols {node} off", f"symbols {node} {guest}/ring-aarch64.elf",
                                   self.broken(f"break pc {node} _start+0x10000")])

    def setting(self):
        return self.random.choice(["defaults smp=1", "seed 7", "defaults"])


def call(*arguments, stdin=None):
    done = subprocess.run([metronome, *arguments], input=stdin or "", capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


def first_error(text):
    """The line of the first error, and what it says."""
    found = re.search(r"^metronome: error: [^:\n]*:(\d+): (.*)$", text, re.MULTILINE)
    return (int(found[1]), found[2]) if found else None


def agree(what, lines, *options):
    """Whether check and a run that nobody has checked say the same."""
    path = f"{folder}/{seed}-{what}.mtr"
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    foreseen, said = call("check", path, *(f"from={option}" for option in options))
    ended, told = call(*(f"--from={option}" for option in options), stdin="\n".join(lines) + "\n")
    if (foreseen, first_error(said)) == (ended, first_error(told)):
        return ended == 0 or 'up to {}: {}'.format(*first_error(told))
    print(f"seed {seed}, {what}: check: {foreseen}, {first_error(said)}; run: {ended}, {first_error(told)}")
    for number, line in enumerate(lines, 1):
        print(f"{number:3} {line}")
    print(told)
    sys.exit(1)


maker = Maker(seed, None)
first = [maker.add(), maker.add(), "start"] + [maker.line() for _ in range(maker.random.randrange(8, 30))]
whole = agree("first", first)
folders = [path for path in maker.paths if os.path.exists(path)]
if folders:
    begin = maker.random.choice(folders)
    then = Maker(seed + "'", maker.paths[begin])
    then.paths = {path: maker.paths[path] for path in folders}
    agree("second", [then.line() for _ in range(then.random.randrange(3, 15))], begin)
came = "to the end" if whole is True else whole
print(f"# seed {seed}: {len(first)} lines, {came}{', and from a save' if folders else ''}")
