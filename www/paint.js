/*
 * Draws lanes on a canvas: a ruler, how many slots were busy, setup scripts, and a lane for every slot. What it
 * draws is bounded by the size of the picture and not by the run: what is narrower than a pixel is drawn together,
 * the worst on top.
 */
import { duration } from './format.js';
import { coloursOf, patternsOf } from './ink.js';
import { LOOKS } from './lanes.js';

export const GUTTER = 58,
  RULER = 22,
  LOAD = 34,
  GAP = 8;
const RETRIED = LOOKS.indexOf('retried'),
  FAIL = LOOKS.indexOf('fail');
const MOST_LABELS = 600,
  MOST_JOINS = 400;

/* Where things are, for a width in pixels. */
export function layoutOf(lanes, width) {
  const lane = Math.max(7, Math.min(22, Math.floor(420 / Math.max(1, lanes.slots))));
  const scripts = lanes.scripts.length ? Math.min(lanes.scripts.length, 6) : 0;
  const top = RULER + LOAD + GAP + (scripts ? scripts * 18 + GAP : 0);
  return {
    width,
    lane,
    scripts,
    scriptsTop: RULER + LOAD + GAP,
    top,
    height: top + lanes.slots * lane + 4,
    plot: width - GUTTER - 8,
  };
}

function tickStep(span, width) {
  const least = span / Math.max(1, width / 90),
    power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((k) => k * power).find((s) => s >= least);
}

function tickText(us, step) {
  if (step < 1000) return `${(us / 1000).toFixed(step < 100 ? 2 : 1)} ms`;
  if (step < 1e6)
    return us < 1e6 ? `${Math.round(us / 1000)} ms` : `${(us / 1e6).toFixed(step < 1e4 ? 3 : step < 1e5 ? 2 : 1)} s`;
  const s = Math.round(us / 1e6);
  return s < 120 ? `${s} s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/* One frame. view: {from, to} in microseconds; state: {selected, hovered}. painter.calls: how much was drawn. */
export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext('2d');
    this.calls = 0;
  }

  /* After a change of theme or size. */
  prepare(lanes, width) {
    const scale = devicePixelRatio || 1;
    this.place = layoutOf(lanes, width);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(this.place.height * scale);
    this.canvas.style.height = `${this.place.height}px`;
    this.scale = scale;
    this.colours = coloursOf(this.canvas.parentElement);
    this.patterns = patternsOf(this.ctx, this.colours);
  }

  x(t) {
    return GUTTER + (t - this.view.from) * this.perMicro;
  }

  rect(x, y, w, h) {
    this.ctx.fillRect(x, y, w, h);
    this.calls++;
  }

  text(text, x, y) {
    this.ctx.fillText(text, x, y);
    this.calls++;
  }

  paint(lanes, view, state) {
    const { ctx, place, colours } = this;
    this.view = view;
    this.perMicro = place.plot / (view.to - view.from);
    this.calls = 0;
    ctx.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    ctx.fillStyle = colours.sheet;
    this.rect(0, 0, place.width, place.height);
    ctx.font = '11px system-ui, sans-serif';
    ctx.textBaseline = 'middle';
    this.ruler();
    ctx.save();
    ctx.beginPath();
    ctx.rect(GUTTER, RULER, place.plot, place.height);
    ctx.clip();
    this.loadArea(lanes);
    this.bars(lanes);
    this.scriptBars(lanes);
    this.pauses(lanes);
    this.joins(lanes, state);
    this.outline(lanes, state.hovered, colours.ink, 1);
    this.outline(lanes, state.selected, colours.focus, 2.5);
    ctx.restore();
    this.laneNames(lanes);
  }

  ruler() {
    const { ctx, colours, place, view } = this,
      step = tickStep(view.to - view.from, place.plot);
    ctx.textAlign = 'left';
    for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
      const x = Math.round(this.x(t));
      ctx.fillStyle = colours.line;
      this.rect(x, 14, 1, place.height);
      ctx.fillStyle = colours.dim;
      if (x + 50 < place.width) this.text(tickText(t, step), x + 4, 11);
    }
  }

  /* The number of slots that were busy, the mean over each pixel. */
  loadArea(lanes) {
    const { ctx, colours, place, view } = this,
      { at, level } = lanes.load,
      n = at.length;
    const top = RULER,
      most = Math.max(1, lanes.slots),
      step = (view.to - view.from) / place.plot;
    let k = 0;
    while (k < n && at[k] <= view.from) k++;
    ctx.fillStyle = colours['bar-pass'];
    ctx.globalAlpha = 0.35;
    ctx.beginPath();
    ctx.moveTo(GUTTER, top + LOAD);
    for (let px = 0; px < place.plot; px++) {
      let from = view.from + px * step,
        sum = 0;
      const to = from + step;
      while (k < n && at[k] < to) {
        sum += (at[k] - from) * (k ? level[k - 1] : 0);
        from = at[k++];
      }
      sum += (to - from) * (k ? level[k - 1] : 0);
      const y = top + LOAD - (LOAD - 2) * Math.min(1, sum / step / most);
      ctx.lineTo(GUTTER + px, y);
      ctx.lineTo(GUTTER + px + 1, y);
    }
    ctx.lineTo(GUTTER + place.plot, top + LOAD);
    ctx.fill();
    this.calls++;
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.edge;
    this.rect(GUTTER, top + LOAD, place.plot, 1);
  }

  /* Collects what a lane shows: [x, width, look, execution or -1 where several share it] */
  laneBars(lanes, slot, put) {
    const list = lanes.bySlot[slot],
      { view } = this,
      right = GUTTER + this.place.plot;
    let x0 = 0,
      x1 = -1,
      look = 0;
    for (let k = lanes.firstBehind(slot, view.from); k < list.length; k++) {
      const i = list[k];
      if (lanes.start[i] > view.to) break;
      const a = Math.max(this.x(lanes.start[i]), GUTTER - 2),
        b = Math.min(this.x(lanes.end[i]), right + 2),
        wide = b - a >= 2.5;
      if (wide) {
        if (x1 > x0) put(x0, x1 - x0, look, -1);
        x1 = -1;
        put(a, b - a, lanes.look[i], i);
        continue;
      }
      const from = Math.floor(a),
        to = Math.max(from + 1, Math.ceil(b));
      if (x1 < 0 || from > x1 || (from >= x1 && lanes.look[i] !== look)) {
        if (x1 > x0) put(x0, x1 - x0, look, -1);
        x0 = from;
        x1 = to;
        look = lanes.look[i];
      } else if (lanes.look[i] > look) {
        /* a worse one in the same pixels */
        if (from > x0) put(x0, from - x0, look, -1);
        x0 = from;
        x1 = Math.max(x1, to);
        look = lanes.look[i];
      } else {
        x1 = Math.max(x1, to);
      }
    }
    if (x1 > x0) put(x0, x1 - x0, look, -1);
  }

  bars(lanes) {
    const { ctx, place, colours } = this,
      inset = place.lane >= 12 ? 2 : 1,
      high = place.lane - inset;
    const byLook = LOOKS.map(() => []);
    for (let s = 0; s < lanes.slots; s++) {
      const y = place.top + s * place.lane + inset / 2;
      this.laneBars(lanes, s, (x, w, look, i) => byLook[look].push([x, y, w, i]));
    }
    LOOKS.forEach((name, look) => {
      ctx.fillStyle = colours.looks[name];
      for (const [x, y, w, i] of byLook[look]) this.rect(x, y, i >= 0 && w > 4 ? w - 1 : w, high);
      if (!this.patterns[name]) return;
      ctx.fillStyle = this.patterns[name];
      for (const [x, y, w] of byLook[look]) if (w >= 3) this.rect(x, y, w > 4 ? w - 1 : w, high);
    });
    this.marksAndLabels(lanes, byLook, high);
  }

  marksAndLabels(lanes, byLook, high) {
    const { ctx } = this;
    let left = MOST_LABELS;
    ctx.font = '11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
    const one = ctx.measureText('0').width;
    for (const list of byLook) {
      for (const [x, y, w, i] of list) {
        if (i < 0) continue;
        if (lanes.slow[i] && w > 6) {
          ctx.fillStyle = this.colours.ink;
          this.rect(x, y + high - 2, w - 1, 2);
        }
        const from = Math.max(x, GUTTER),
          room = Math.floor((x + w - from - 8) / one);
        if (high < 12 || room < 4 || left-- <= 0) continue;
        const whole = lanes.tests[lanes.test[i]].test,
          name = whole.length <= room ? whole : whole.slice(whole.lastIndexOf('::') + 1).replace(/^:/, '');
        const striped = lanes.look[i] === RETRIED || lanes.look[i] === FAIL;
        const shown = name.length <= room ? name : `${name.slice(0, room - 1)}…`;
        if (striped) {
          ctx.strokeStyle = this.colours.sheet;
          ctx.lineWidth = 3;
          ctx.strokeText(shown, from + 4, y + high / 2 + 0.5);
          this.calls++;
        }
        ctx.fillStyle = striped ? this.colours.ink : '#0a0d10';
        this.text(shown, from + 4, y + high / 2 + 0.5);
      }
    }
    ctx.font = '11px system-ui, sans-serif';
  }

  scriptBars(lanes) {
    const { ctx, colours, place } = this;
    lanes.scripts.slice(0, place.scripts).forEach((s, k) => {
      const x = this.x(s.start),
        w = Math.max(2, this.x(s.end) - x),
        y = place.scriptsTop + k * 18;
      ctx.fillStyle = s.passed ? colours.script : colours['bar-fail'];
      this.rect(x, y + 2, w, 14);
      if (!s.passed && !s.running) {
        ctx.fillStyle = this.patterns.fail;
        this.rect(x, y + 2, w, 14);
      }
      const wide = ctx.measureText(s.name).width + 10,
        beside = x + w + wide < place.width || w < wide;
      ctx.fillStyle = beside ? colours.ink : colours.sheet;
      this.text(
        s.name,
        beside ? Math.max(GUTTER + 4, Math.min(x + w + 5, place.width - wide)) : Math.max(GUTTER, x) + 5,
        y + 9.5,
      );
    });
  }

  pauses(lanes) {
    const { ctx, colours, place } = this;
    for (const p of lanes.pauses) {
      const x = this.x(p.from),
        w = Math.max(2, this.x(p.to) - x);
      ctx.fillStyle = colours.sheet;
      this.rect(x, RULER, w, place.height);
      ctx.fillStyle = this.patterns.pause;
      ctx.globalAlpha = 0.35;
      this.rect(x, RULER, w, place.height);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colours.dim;
      if (w > 44) this.text('paused', x + w / 2 - 18, RULER + 10);
    }
  }

  middle(lanes, i) {
    return this.place.top + (lanes.slot[i] + 0.5) * this.place.lane;
  }

  /* Attempts of a test, joined from the end of one to the start of the next. */
  joins(lanes, { selected, hovered }) {
    const { ctx, colours, view } = this;
    ctx.lineWidth = 1.2;
    let left = MOST_JOINS;
    const test = selected >= 0 ? lanes.test[selected] : hovered >= 0 ? lanes.test[hovered] : -1;
    for (let i = 0; i < lanes.n && left > 0; i++) {
      const j = lanes.next[i];
      if (j < 0 || lanes.end[i] > view.to || lanes.start[j] < view.from) continue;
      const x = this.x(lanes.end[i]),
        u = this.x(lanes.start[j]),
        y = this.middle(lanes, i),
        v = this.middle(lanes, j),
        mine = lanes.test[i] === test;
      if (u - x < 4 && y === v && !mine) continue;
      left--;
      const bend = Math.max(8, (u - x) / 2);
      ctx.strokeStyle = mine ? colours.focus : colours.ink;
      ctx.globalAlpha = mine ? 1 : 0.45;
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.bezierCurveTo(x + bend, y, u - bend, v, u, v);
      ctx.stroke();
      this.calls++;
    }
    ctx.globalAlpha = 1;
  }

  outline(lanes, i, colour, width) {
    if (i === undefined || i < 0 || i >= lanes.n) return;
    const { ctx, place } = this,
      x = this.x(lanes.start[i]),
      w = Math.max(3, this.x(lanes.end[i]) - x);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.strokeRect(x - 0.5, place.top + lanes.slot[i] * place.lane + 0.5, w, place.lane - 1);
    this.calls++;
  }

  laneNames(lanes) {
    const { ctx, colours, place } = this,
      every = Math.ceil(11 / place.lane);
    ctx.textAlign = 'right';
    ctx.fillStyle = colours.dim;
    this.text('busy', GUTTER - 8, RULER + LOAD / 2);
    if (place.scripts) this.text('setup', GUTTER - 8, place.scriptsTop + 9);
    for (let s = 0; s < lanes.slots; s += every) this.text(`slot ${s}`, GUTTER - 8, place.top + (s + 0.5) * place.lane);
    ctx.textAlign = 'left';
  }

  /* What is under a point: an execution, or -1. */
  hit(lanes, px, py) {
    const { place } = this,
      slot = Math.floor((py - place.top) / place.lane);
    if (px < GUTTER || slot < 0 || slot >= lanes.slots) return -1;
    return lanes.at(slot, this.time(px), 3 / this.perMicro);
  }

  scriptAt(lanes, px, py) {
    const k = Math.floor((py - this.place.scriptsTop) / 18);
    return k >= 0 && k < this.place.scripts && px >= GUTTER ? lanes.scripts[k] : null;
  }

  time(px) {
    return this.view.from + (px - GUTTER) / this.perMicro;
  }

  describe(lanes) {
    return `${lanes.n} executions in ${lanes.slots} slots over ${duration(lanes.wall / 1e6)}`;
  }
}
