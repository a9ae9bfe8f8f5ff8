// SPDX-License-Identifier: GPL-3.0-or-later
// page.js: what moves in report.html: the space-time diagram, the causes and effects of a packet,
// notes under the pointer. Without this script a table has the diagram's packets.
'use strict';
(() => {
const $ = id => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const tip = $('tip');

function add(parent, name, attributes, text) {
    const e = document.createElementNS(SVG, name);
    for (const key in attributes) e.setAttribute(key, attributes[key]);
    if (text !== undefined) e.textContent = text;
    return parent.appendChild(e);
}

// --- the note under the pointer

function place(x, y) {
    tip.hidden = false;
    const w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = Math.max(8, Math.min(x + 14, innerWidth - w - 8)) + 'px';
    tip.style.top = (y + 18 + h > innerHeight ? Math.max(8, y - h - 12) : y + 18) + 'px';
}

// The browser's own notes appear late and without style, so these replace them.
for (const title of document.querySelectorAll('svg title')) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
}
document.addEventListener('pointermove', e => {
    const at = e.target.closest('[data-tip]');
    if (at && !at.closest('#spacetime')) {
        tip.textContent = at.dataset.tip;
        place(e.clientX, e.clientY);
    } else if (!e.target.closest('#spacetime')) {
        tip.hidden = true;
    }
});

// --- the space-time diagram

if (!$('data')) return;
const d = JSON.parse($('data').textContent);
const [FATE, FROM, TO, SIZE, SENT, DUE, WHEN, SEND, END, REASON, SENT_CLOCK, END_CLOCK] = Array(12).keys();
const UNDER_WAY = 0, DELIVERED = 1, DROPPED = 2;
const TOP = 40, ARROWS = 1500, NARROWEST = 9, BINS = 238; // narrowest: pixels between barriers
const gap = Math.min(Math.max(460 / d.lanes.length, 28), 92);
const width = d.right - d.left, bottom = TOP + d.lanes.length * gap;
const lane = new Map(d.lanes.map((node, i) => [node, TOP + (i + 0.5) * gap]));
let from = d.from, to = d.to, focus = null, drawn = [], queued = false;

// What needs this script takes the place of what stood in for it.
for (const e of document.querySelectorAll('.script')) e.hidden = !e.hidden;
$('space-time').querySelector('details').open = false;

const svg = $('spacetime'), view = add(svg, 'g');
svg.setAttribute('viewBox', `0 0 ${d.width} ${bottom + 54}`);
d.lanes.forEach((node, i) => {
    const y = lane.get(node);
    add(svg, 'path', { class: `lane s${node % d.colours}`, d: `M${d.left} ${y}H${d.right}` });
    add(svg, 'text', { class: 'name', x: d.left - 12, y: y + 8, 'text-anchor': 'end' }, d.labels[i]);
});
add(add(svg, 'clipPath', { id: 'clip' }), 'rect', { x: d.left - 6, y: 0, width: width + 12, height: bottom + 54 });
const group = add(svg, 'g', { 'clip-path': 'url(#clip)' });

// The strip: the number of packets over the whole run, for orientation.
const strip = $('strip'), bins = Array(BINS).fill(0);
const all = t => d.left + t / d.end * width;
for (const p of d.packets) bins[Math.min(Math.floor(p[SENT] / d.end * BINS), BINS - 1)]++;
const most = Math.log1p(Math.max(...bins));
strip.setAttribute('viewBox', `0 0 ${d.width} 34`);
add(strip, 'text', { x: d.left - 12, y: 25, 'text-anchor': 'end' }, 'whole run');
add(strip, 'rect', { class: 'rail', x: d.left, y: 2, width, height: 30, rx: 3 });
add(strip, 'path', { class: 'density', d: bins.map((n, i) =>
    n ? `M${d.left + (i + 0.5) * width / BINS} 31v-${3 + 24 * Math.log1p(n) / most}` : '').join('') });
const frame = add(strip, 'rect', { id: 'window', y: 1, height: 32, rx: 3 });

const at = t => d.left + (t - from) / (to - from) * width;
const seconds = t => (t / 1e9).toFixed(9) + ' s';

function step(range, most) { // as svg_step()
    let s = 1;
    for (let i = 0; range / s > most; i++) s = i % 3 === 1 ? s / 2 * 5 : s * 2;
    return s;
}

function time(t, by) { // as svg_time()
    const units = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']];
    let u = 0, digits = 0;
    while (units[u][0] > 1 && by < units[u][0] / 100) u++;
    if (u > 0 && by >= units[u][0] * 1000) u--;
    for (let part = units[u][0]; part > by && digits < 2; part /= 10) digits++;
    return (t / units[u][0]).toFixed(digits) + ' ' + units[u][1];
}

function drawGrid() {
    const by = step(to - from, d.ticks), axis = add(view, 'g', { class: 'axis' });
    for (let t = Math.ceil(from / by) * by; t <= to; t += by) {
        add(axis, 'path', { d: `M${at(t)} ${bottom + 6}V${bottom + 11}` });
        add(axis, 'text', { x: at(t), y: bottom + 19 + d.text, 'text-anchor': 'middle' }, time(t, by));
    }
}

function drawBarriers() {
    let path = '', each = 1;
    for (const [first, by, count] of d.stretches) {
        if (first > to || first + by * (count - 1) < from) continue;
        let every = 1;
        while (count > 1 && every * by / (to - from) * width < NARROWEST) every *= 10;
        each = Math.max(each, every);
        const before = by ? Math.floor(first / by) : 0;
        let i = Math.max(0, Math.ceil((from - first) / by || 0));
        i += (every - (before + i) % every) % every; // start at a round time
        for (; i < count && first + i * by <= to; i += every)
            path += `M${at(first + i * by).toFixed(1)} ${TOP - 6}V${bottom + 6}`;
    }
    add(view, 'path', { class: 'barrier', d: path });
    add(view, 'text', { class: 'note', x: d.left, y: d.text },
        !d.stretches.length ? 'barriers were not recorded' :
        each === 1 ? 'each vertical line is a barrier' : `each vertical line is every ${each}th barrier`);
}

function ends(p) {
    const y1 = lane.get(p[FROM]), x1 = at(p[SENT]);
    let y2 = lane.get(p[TO]), x2 = at(p[WHEN]);
    if (y2 === undefined) y2 = y1 + gap * 0.4;
    if (p[FATE] !== DELIVERED) { y2 = y1 + (y2 - y1) * 0.6; x2 = Math.max(x2, x1 + 5); }
    return [x1, y1, x2, y2];
}

function arrow([x1, y1, x2, y2], fate) {
    const length = Math.hypot(x2 - x1, y2 - y1) || 1, ux = (x2 - x1) / length, uy = (y2 - y1) / length;
    const f = v => v.toFixed(1);
    let path = `M${f(x1)} ${f(y1)}L${f(x2)} ${f(y2)}`;
    if (fate === DELIVERED)
        path += `M${f(x2)} ${f(y2)}L${f(x2 - 9 * ux - 3.5 * uy)} ${f(y2 - 9 * uy + 3.5 * ux)}` +
            `L${f(x2 - 9 * ux + 3.5 * uy)} ${f(y2 - 9 * uy - 3.5 * ux)}Z`;
    else if (fate === DROPPED)
        path += `M${f(x2 - 4)} ${f(y2 - 4)}l8 8m-8 0l8 -8`;
    return path;
}

// Relation of a packet to the focus, which is an event with a vector clock: the whole packet is
// before the focus, after the focus, or neither.
function relation(p) {
    const clock = focus.p[focus.end ? END_CLOCK : SENT_CLOCK], node = focus.p[focus.end ? TO : FROM];
    if (p === focus.p) return 'focus';
    if (!clock.length || !p[SENT_CLOCK].length) return 'aside';
    if (p[FATE] === DELIVERED && p[END_CLOCK].length && clock[p[TO]] >= p[END_CLOCK][p[TO]]) return 'past';
    return p[SENT_CLOCK][node] >= clock[node] ? 'future' : 'aside';
}

function drawPackets() {
    const seen = d.packets.filter(p => p[SENT] <= to && p[WHEN] >= from && lane.has(p[FROM]));
    const each = Math.ceil(seen.length / ARROWS) || 1;
    drawn = seen.filter((p, i) => i % each === 0);
    for (const p of drawn) {
        const kind = p[FATE] === DROPPED ? ' lost' : p[REASON] ? ' late' : '';
        const where = ends(p), rel = focus ? ' ' + relation(p) : '';
        add(group, 'path', { class: `packet s${p[FROM] % d.colours}${kind}${rel}`, d: arrow(where, p[FATE]) });
        if (drawn.length <= 200) {
            add(group, 'circle', { class: `f${p[FROM] % d.colours}${rel}`, cx: where[0], cy: where[1], r: 3 });
            if (p[FATE] === DELIVERED)
                add(group, 'circle', { class: `f${p[TO] % d.colours}${rel}`, cx: where[2], cy: where[3], r: 3 });
        }
    }
    if (focus) {
        const e = ends(focus.p), i = focus.end ? 2 : 0;
        add(group, 'circle', { class: 'ring', cx: e[i], cy: e[i + 1], r: 7 });
    }
    $('shown').textContent = `${seen.length.toLocaleString('en')} of ${d.packets.length.toLocaleString('en')} packets` +
        (each > 1 ? `, one of ${each} drawn: zoom in for all` : '') + `, ${time(to - from, (to - from) / 100)}`;
}

function render() {
    queued = false;
    view.replaceChildren();
    group.replaceChildren();
    drawGrid();
    drawBarriers();
    drawPackets();
    frame.setAttribute('x', all(from));
    frame.setAttribute('width', Math.max(3, all(to) - all(from)));
}

function refresh() {
    if (!queued) { queued = true; requestAnimationFrame(render); }
}

function look(a, b) {
    const span = Math.min(Math.max(b - a, 100), d.end);
    from = Math.min(Math.max(a, 0), d.end - span);
    to = from + span;
    refresh();
}

const zoom = (by, t = (from + to) / 2) => look(t - (t - from) * by, t + (to - t) * by);

// --- a packet's note

function note(p, end) {
    const line = text => { tip.appendChild(document.createElement('div')).textContent = text; };
    tip.replaceChildren();
    tip.appendChild(document.createElement('strong')).textContent =
        `${d.names[p[FROM]]} → ${p[TO] < 0 ? '?' : d.names[p[TO]]}, ${p[SIZE]} bytes`;
    line(`sent ${seconds(p[SENT])}` + (p[SEND] ? `, event ${p[SEND]}` : ''));
    if (p[FATE] === DELIVERED) {
        line(`due ${seconds(p[DUE])}`);
        line(`delivered ${seconds(p[WHEN])}, event ${p[END]}` + (p[REASON] ? `: ${p[REASON]}` : ''));
    } else {
        line(p[FATE] === DROPPED ? `dropped ${seconds(p[WHEN])}: ${p[REASON]}` : 'still under way');
    }
    const table = tip.appendChild(document.createElement('table'));
    const row = (cells, head) => {
        const tr = table.insertRow();
        for (const [i, c] of cells.entries()) {
            const cell = tr.appendChild(document.createElement(head || i === 0 ? 'th' : 'td'));
            cell.textContent = c;
            if (i === (end ? 2 : 1)) cell.className = 'at';
        }
    };
    row(['clock', 'sent', p[FATE] === DELIVERED ? 'delivered' : 'end'], true);
    let rows = 0;
    d.names.forEach((name, i) => {
        const a = p[SENT_CLOCK][i] || 0, b = p[END_CLOCK][i] || 0;
        if ((a || b) && rows++ < 16) row([name, a || '–', b || '–']);
    });
    if (rows > 16) line(`and ${rows - 16} more nodes`);
}

function setFocus(p, end) {
    if (focus ? focus.p === p && focus.end === end : !p) return;
    focus = p ? { p, end: end && p[FATE] === DELIVERED } : null;
    refresh();
}

// Converts a place on the screen to coordinates of the drawing.
function local(e) {
    const q = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [q.x, q.y];
}

function nearest(x, y) {
    let best = 9, found = null;
    for (const p of drawn) {
        const [x1, y1, x2, y2] = ends(p), dx = x2 - x1, dy = y2 - y1;
        const s = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
        const far = Math.hypot(x - x1 - s * dx, y - y1 - s * dy);
        if (far < best) { best = far; found = [p, s > 0.5]; }
    }
    return found;
}

let drag = null;
svg.addEventListener('pointerdown', e => {
    drag = { x: local(e)[0], from, to };
    svg.setPointerCapture(e.pointerId);
});
svg.addEventListener('pointerup', () => { drag = null; });
svg.addEventListener('pointercancel', () => { drag = null; });
svg.addEventListener('pointermove', e => {
    const [x, y] = local(e);
    if (drag && e.buttons) {
        const by = (drag.x - x) / width * (drag.to - drag.from);
        tip.hidden = true;
        look(drag.from + by, drag.to + by);
        return;
    }
    const hit = nearest(x, y);
    if (!hit) { setFocus(null); tip.hidden = true; return; }
    setFocus(...hit);
    note(focus.p, focus.end);
    place(e.clientX, e.clientY);
});
svg.addEventListener('pointerleave', () => { setFocus(null); tip.hidden = true; });
svg.addEventListener('dblclick', e => {
    const t = from + (local(e)[0] - d.left) / width * (to - from);
    zoom(0.4, t);
});
// With Ctrl or Shift the wheel zooms. Without a key, sideways movement moves the window, and other
// movement scrolls the page.
svg.addEventListener('wheel', e => {
    if (e.ctrlKey || e.shiftKey) {
        const t = from + (local(e)[0] - d.left) / width * (to - from);
        e.preventDefault();
        zoom(Math.exp((e.deltaY || e.deltaX) / 400), t);
    } else if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
        const by = e.deltaX / width * (to - from);
        e.preventDefault();
        look(from + by, to + by);
    }
}, { passive: false });

function follow(e) {
    const q = new DOMPoint(e.clientX, e.clientY).matrixTransform(strip.getScreenCTM().inverse());
    const t = (q.x - d.left) / width * d.end, half = (to - from) / 2;
    look(t - half, t + half);
}
strip.addEventListener('pointerdown', e => { strip.setPointerCapture(e.pointerId); follow(e); });
strip.addEventListener('pointermove', e => { if (e.buttons) follow(e); });

// Moves the next or the previous packet into the middle of the window. Starts from the packet in
// focus, or from the window's middle.
function walk(by) {
    if (!d.packets.length) return;
    let i = focus ? d.packets.indexOf(focus.p) + by : d.packets.findIndex(p => p[SENT] >= from);
    i = Math.max(0, Math.min(d.packets.length - 1, i));
    const p = d.packets[i], span = to - from;
    if (p[SENT] < from || p[WHEN] > to) look(p[SENT] - span / 4, p[SENT] + span * 3 / 4);
    setFocus(p, false);
    render();
    note(p, false);
    const [x1, y1] = ends(p), q = new DOMPoint(x1, y1).matrixTransform(svg.getScreenCTM());
    place(q.x, q.y);
}

const actions = {
    in: () => zoom(0.5), out: () => zoom(2), all: () => look(0, d.end), next: () => walk(1), back: () => walk(-1),
};
for (const button of document.querySelectorAll('[data-do]'))
    button.addEventListener('click', () => actions[button.dataset.do]());
svg.addEventListener('keydown', e => {
    const by = (to - from) / 8;
    const keys = {
        '+': actions.in, '=': actions.in, '-': actions.out, 0: actions.all, n: actions.next, p: actions.back,
        ArrowLeft: () => look(from - by, to - by), ArrowRight: () => look(from + by, to + by),
        Escape: () => { setFocus(null); tip.hidden = true; },
    };
    if (keys[e.key] && !e.ctrlKey && !e.metaKey) { e.preventDefault(); keys[e.key](); }
});
render();
})();
