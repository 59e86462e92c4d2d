/*
 * What the timeline draws: every execution as numbers in typed arrays, by slot in order of start. Times are
 * microseconds since the run began. Nothing here knows of a canvas.
 */

/* How an execution looks. A worse one wins where many share a pixel: later in this list. */
export const LOOKS = ['pass', 'flaky', 'retried', 'running', 'fail'];
const LOOK = Object.fromEntries(LOOKS.map((name, i) => [name, i]));

function lookOf(passed, running, last, attempt) {
  if (running) return LOOK.running;
  if (!passed) return last ? LOOK.fail : LOOK.retried;
  return attempt > 1 ? LOOK.flaky : LOOK.pass;
}

export class Lanes {
  /* executions: {test, attempt, slot, start, end, took, passed, running, last, slow, stress, outcome}, test an
   * index into tests: [{binary, test}] */
  constructor({ tests, executions, scripts, pauses, slots, wall }) {
    const n = executions.length;
    Object.assign(this, { tests, scripts, pauses, n });
    this.start = new Float64Array(n);
    this.end = new Float64Array(n);
    this.slot = new Uint32Array(n);
    this.test = new Uint32Array(n);
    this.attempt = new Uint32Array(n);
    this.stress = new Int32Array(n);
    this.look = new Uint8Array(n);
    this.slow = new Uint8Array(n);
    this.took = new Float64Array(n); /* less than end - start where the run was paused */
    this.outcome = new Array(n);
    this.next = new Int32Array(n).fill(-1);
    this.before = new Int32Array(n).fill(-1);
    executions.forEach((e, i) => {
      this.start[i] = e.start;
      this.end[i] = e.end;
      this.slot[i] = e.slot;
      this.test[i] = e.test;
      this.attempt[i] = e.attempt;
      this.stress[i] = e.stress ?? -1;
      this.look[i] = lookOf(e.passed, e.running, e.last, e.attempt);
      this.slow[i] = e.slow ? 1 : 0;
      this.took[i] = e.took ?? e.end - e.start;
      this.outcome[i] = e.outcome;
    });
    this.wall = Math.max(wall || 0, ...chunkMax(this.end), ...scripts.map((s) => s.end), 1);
    this.slots = Math.max(slots || 0, 1 + executions.reduce((m, e) => Math.max(m, e.slot), -1), n ? 1 : 0);
    this.bySlot = this.sortBySlot();
    this.joinAttempts();
    this.load = loadOf(this.start, this.end);
  }

  sortBySlot() {
    const lists = Array.from({ length: this.slots }, () => []);
    for (let i = 0; i < this.n; i++) lists[this.slot[i]].push(i);
    return lists.map((list) => Uint32Array.from(list.sort((a, b) => this.start[a] - this.start[b])));
  }

  joinAttempts() {
    const open = new Map(),
      order = Array.from({ length: this.n }, (_, i) => i).sort((a, b) => this.attempt[a] - this.attempt[b]);
    for (const i of order) {
      const key = `${this.test[i]} ${this.stress[i]}`,
        last = open.get(key);
      if (last !== undefined && this.attempt[i] > this.attempt[last]) {
        this.next[last] = i;
        this.before[i] = last;
      }
      open.set(key, i);
    }
  }

  /* The first place in a slot's list whose execution ends behind t. */
  firstBehind(slot, t) {
    const list = this.bySlot[slot];
    let low = 0,
      high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.end[list[mid]] <= t) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /* The execution in a slot at t, or within reach of it; -1: none. */
  at(slot, t, reach = 0) {
    const list = this.bySlot[slot];
    if (!list) return -1;
    let best = -1,
      least = reach;
    for (
      let k = Math.max(0, this.firstBehind(slot, t - reach) - 1);
      k < list.length && this.start[list[k]] <= t + reach;
      k++
    ) {
      const i = list[k],
        away = t < this.start[i] ? this.start[i] - t : t > this.end[i] ? t - this.end[i] : 0;
      if (away <= least) {
        best = i;
        least = away;
        if (away === 0) break;
      }
    }
    return best;
  }

  find(binary, test) {
    const t = this.tests.findIndex((x) => x.binary === binary && x.test === test);
    let found = -1;
    for (let i = 0; t >= 0 && i < this.n; i++)
      if (this.test[i] === t && (found < 0 || this.attempt[i] >= this.attempt[found])) found = i;
    return found;
  }

  /* The next (by = 1) or previous execution in the same slot. */
  beside(i, by) {
    const list = this.bySlot[this.slot[i]];
    return list[Math.min(list.length - 1, Math.max(0, list.indexOf(i) + by))];
  }

  /* What ran about then in the next slot that has anything, down (by = 1) or up. */
  across(i, by) {
    for (let s = this.slot[i] + by; s >= 0 && s < this.slots; s += by) {
      const list = this.bySlot[s];
      if (list.length) return list[Math.min(list.length - 1, this.firstBehind(s, this.start[i]))];
    }
    return i;
  }
}

/* Spreading a long array over arguments would overflow the stack. */
function chunkMax(array) {
  let most = 0;
  for (const x of array) if (x > most) most = x;
  return [most];
}

/* How many executions ran at a time: {at, level}, from at[k] on. */
function loadOf(start, end) {
  const begins = Float64Array.from(start).sort(),
    ends = Float64Array.from(end).sort(),
    n = start.length;
  const at = new Float64Array(2 * n),
    level = new Uint32Array(2 * n);
  for (let i = 0, b = 0, e = 0, now = 0; i < 2 * n; i++) {
    if (b < n && (e >= n || begins[b] < ends[e])) {
      at[i] = begins[b++];
      now++;
    } else {
      at[i] = ends[e++];
      now--;
    }
    level[i] = now;
  }
  return { at, level };
}
