/* The tests of a run: sorted, filtered and searched by the server, shown a page at a time, so 20,000 are no
 * burden. */
import { api, get } from './api.js';
import { h, replace } from './dom.js';
import * as format from './format.js';
import { mark, problem, testName, testState } from './parts.js';

const PAGE = 100;

export class TestTable {
  /* here: the page; scope, run: whose tests; onPick(row) when one is clicked for the timeline */
  constructor(here, scope, run, onPick) {
    Object.assign(this, { here, scope, run, onPick, rows: [], next: null, asked: 0 });
    this.sort = here.query.get('sort') || 'name';
    this.outcome = here.query.get('outcome') || '';
    this.text = here.query.get('text') || '';
    this.body = h('tbody', {});
    this.more = h('p', { class: 'more' });
    this.chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Which tests' });
    this.search = h('input', {
      type: 'search',
      name: 'text',
      value: this.text,
      placeholder: 'Filter by name',
      'aria-label': 'Filter the tests by name',
      autocomplete: 'off',
      spellcheck: 'false',
      on: { input: () => this.typed() },
    });
    this.head = h('tr', {});
    this.element = h(
      'section',
      { 'aria-labelledby': 'tests-title', class: 'tests' },
      h('div', { class: 'sechead' }, h('h2', { id: 'tests-title' }, 'Tests'), this.chips, this.search),
      h(
        'div',
        { class: 'tablebox' },
        h('table', {}, h('caption', { class: 'unseen' }, 'Tests of this run'), h('thead', {}, this.head), this.body),
      ),
      this.more,
    );
    this.drawHead();
  }

  drawHead() {
    const column = (key, text, direction, cls) =>
      h(
        'th',
        { scope: 'col', class: cls, 'aria-sort': this.sort === key ? direction : null },
        h(
          'button',
          { type: 'button', title: `Sort by ${text.toLowerCase()}`, on: { click: () => this.refine({ sort: key }) } },
          text,
          this.sort === key ? (direction === 'ascending' ? ' ↑' : ' ↓') : '',
        ),
      );
    replace(
      this.head,
      h('th', { scope: 'col' }, h('span', { class: 'unseen' }, 'Outcome')),
      column('name', 'Test', 'ascending'),
      h('th', { scope: 'col' }, 'How it ended'),
      column('duration', 'Took', 'descending', 'n'),
      column('start', 'Start', 'ascending', 'n'),
      h('th', { scope: 'col', class: 'n' }, 'Slot'),
    );
  }

  setCounts(c, stress = this.stress) {
    this.counts = c;
    this.stress = stress;
    const kinds = [
      ['', 'all', stress ? c.executions : c.tests],
      ['failed', 'failed', c.failed],
      ['flaky', 'flaky', c.flaky],
      ['slow', 'slow', c.slow],
      ['running', 'running', c.running],
      ['passed', 'passed', c.passed],
    ];
    replace(
      this.chips,
      kinds
        .filter(([key, , n]) => n > 0 || key === '' || key === this.outcome)
        .map(([key, text, n]) =>
          h(
            'button',
            {
              type: 'button',
              'aria-pressed': this.outcome === key ? 'true' : 'false',
              on: { click: () => this.refine({ outcome: key }) },
            },
            `${text} ${format.number(n)}`,
          ),
        ),
    );
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refine({ text: this.search.value.trim() }), 150);
  }

  refine(changes) {
    Object.assign(this, changes);
    this.here.refine(
      { sort: this.sort === 'name' ? '' : this.sort, outcome: this.outcome, text: this.text },
      { redraw: false },
    );
    this.drawHead();
    if (this.counts) this.setCounts(this.counts);
    return this.load();
  }

  async ask(after, limit = PAGE) {
    return get(
      api(this.scope, ['runs', this.run.id, 'tests'], {
        sort: this.sort,
        outcome: this.outcome,
        text: this.text,
        limit,
        after,
      }),
      { signal: this.here.signal },
    );
  }

  /* The first page anew; of a run that goes on as much as was shown. */
  async load({ keep = false } = {}) {
    const mine = ++this.asked;
    try {
      const answer = await this.ask(null, keep ? Math.min(1000, Math.max(PAGE, this.rows.length)) : PAGE);
      if (mine !== this.asked || this.here.signal.aborted) return;
      this.rows = answer.tests;
      this.next = answer.next;
      replace(
        this.body,
        this.rows.length
          ? this.rowsOf(this.rows)
          : h('tr', {}, h('td', { colspan: 6, class: 'dim' }, 'No test is like that.')),
      );
      this.drawMore();
    } catch (e) {
      if (!this.here.signal.aborted && mine === this.asked)
        replace(
          this.more,
          problem(e, () => this.load()),
        );
    }
  }

  drawMore() {
    replace(
      this.more,
      this.next
        ? [
            h('button', { type: 'button', on: { click: () => this.older() } }, `Show ${PAGE} more`),
            h('span', { class: 'dim' }, ` ${format.number(this.rows.length)} shown`),
          ]
        : null,
    );
  }

  async older() {
    const answer = await this.ask(this.next).catch((e) => {
      replace(
        this.more,
        problem(e, () => this.older()),
      );
    });
    if (!answer || this.here.signal.aborted) return;
    this.rows.push(...answer.tests);
    this.next = answer.next;
    this.body.append(...this.rowsOf(answer.tests, this.drawn));
    this.drawMore();
  }

  /* A row that says the same as before is the same node: what has the focus keeps it while a run goes on. */
  rowsOf(tests, drawn = new Map()) {
    const old = this.drawn || new Map();
    this.drawn = drawn;
    return tests.map((t) => {
      const key = JSON.stringify(t),
        node = old.get(key) || this.row(t);
      drawn.set(key, node);
      return node;
    });
  }

  row(t) {
    const [kind, word] = testState(t),
      from = (Date.parse(t.started_at) - Date.parse(this.run.started_at)) / 1000;
    return h(
      'tr',
      {},
      h('td', { class: 'state' }, mark(kind, word)),
      h('td', {}, testName(t.binary, t.test)),
      h(
        'td',
        {},
        word,
        t.attempt > 1 ? h('span', { class: 'chip' }, `attempt ${t.attempt}`) : null,
        t.slow ? h('span', { class: 'chip' }, 'slow') : null,
        t.stress_index !== null ? h('span', { class: 'chip' }, `iteration ${t.stress_index + 1}`) : null,
        t.group ? h('span', { class: 'chip', title: 'test group' }, format.visible(t.group)) : null,
      ),
      h('td', { class: 'n' }, format.duration(t.duration_secs)),
      h('td', { class: 'n dim' }, from < 0.0005 ? '0' : `+${format.duration(from)}`),
      h(
        'td',
        { class: 'n' },
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            title: 'Show on the timeline',
            'aria-label': `Slot ${t.slot}: show on the timeline`,
            on: { click: () => this.onPick(t) },
          },
          String(t.slot),
        ),
      ),
    );
  }
}
