/* The page for links from elsewhere: one click, which browsers want before a window opens, and the run is in
 * Perfetto. */
import { api, get, page, scopeOfRun } from './api.js';
import { h } from './dom.js';
import * as format from './format.js';
import { handOver, linkTo, micros, perfettoUrl } from './handover.js';
import { onKey } from './keys.js';
import { icon, into, mark, runState, time, workspaceName } from './parts.js';

/* The execution that ?binary=...&test=... names, if any; &from=&took=, in microseconds, say when it was, and save
 * asking. */
async function sliceOf(scope, run, query, signal) {
  const [binary, test] = [query.get('binary'), query.get('test')];
  if (!binary || !test) return null;
  const [from, took] = [Number(query.get('from')), Number(query.get('took'))];
  if (Number.isSafeInteger(from) && from > 0 && took >= 0) return { binary, test, from, took };
  const answer = await get(api(scope, ['runs', run.id, 'tests'], { text: `${binary} ${test}`, limit: 1000 }), {
    signal,
  });
  const t = answer.tests.find((row) => row.binary === binary && row.test === test);
  return t ? { binary, test, from: micros(t.started_at), took: Math.round(t.duration_secs * 1e6) } : null;
}

export async function show(here) {
  const { signal, query } = here,
    { scope, run: id } = here.parameters,
    slot = query.has('slot');
  here.title('Open in Perfetto');
  await into(
    here.main,
    async () => {
      const run = await get(api(scope, ['runs', id]), { signal }),
        at = scope || scopeOfRun(run);
      const slice = await sliceOf(at, run, query, signal),
        [kind, word] = runState(run),
        link = linkTo(run, { slot }, { slice });
      const button = h(
        'button',
        { type: 'button', class: 'primary big', on: { click: () => handOver(run, { slot }, { slice }) } },
        icon('perfetto'),
        'Open in Perfetto',
      );
      onKey('o', 'o', 'open in Perfetto', () => void handOver(run, { slot }, { slice }));
      queueMicrotask(() => button.focus());
      const missing =
        query.get('test') && !slice
          ? h(
              'p',
              { class: 'warning' },
              `The run has no test ${format.visible(query.get('test'))}: the whole run is opened.`,
            )
          : null;
      return h(
        'div',
        { class: 'opener' },
        h('h1', {}, 'Open in Perfetto'),
        h('p', { class: 'cardhead' }, mark(kind, word), workspaceName(run.workspace), ' ', time(run.started_at)),
        h('p', {}, h('code', {}, format.commandLine(run.cli_args))),
        slice
          ? h(
              'p',
              {},
              'At the test ',
              h(
                'span',
                { class: 'test' },
                h('span', { class: 'binary' }, format.visible(slice.binary)),
                ' ',
                format.visible(slice.test),
              ),
            )
          : null,
        missing,
        button,
        h(
          'p',
          { class: 'dim' },
          `This page reads the trace from its own server and hands it to ${new URL(perfettoUrl()).host} in your browser; nothing is uploaded.`,
        ),
        h(
          'p',
          { class: 'row' },
          link.works ? h('a', { href: link.href, target: '_blank', rel: 'noopener' }, 'Open by link instead') : null,
          h('a', { href: page.run(run.id, at) }, 'Show the run here'),
        ),
      );
    },
    { signal },
  );
}
