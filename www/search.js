/* Tests by name, of all runs. */
import { api, get } from './api.js';
import { h, replace } from './dom.js';
import { onKey } from './keys.js';
import { into, notice, testName } from './parts.js';

export async function show(here) {
  const { signal } = here,
    box = h('div', {});
  const input = h('input', {
    type: 'search',
    name: 'text',
    class: 'big',
    value: here.query.get('text') || '',
    placeholder: 'Part of a binary’s or test’s name',
    'aria-label': 'Part of a binary’s or test’s name',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  let timer = 0,
    asked = 0;
  const list = (text) =>
    into(
      box,
      async () => {
        const mine = ++asked,
          body = h('ul', { class: 'plainlist lines' }),
          more = h('p', { class: 'more' });
        const add = async (after) => {
          const answer = await get(api(null, ['tests'], { text, limit: 200, after }), { signal });
          body.append(...answer.tests.map((t) => h('li', {}, testName(t.binary, t.test))));
          replace(
            more,
            answer.next ? h('button', { type: 'button', on: { click: () => add(answer.next) } }, 'Show more') : null,
          );
        };
        await add(null);
        if (mine !== asked) return box.firstChild;
        return body.childElementCount
          ? [body, more]
          : notice(
              'No test has that in its name',
              h(
                'p',
                {},
                text
                  ? 'Case does not matter; binary and test are one name with a space between them.'
                  : 'No run has been read yet.',
              ),
            );
      },
      { signal },
    );
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      here.refine({ text: input.value.trim() }, { redraw: false, quiet: true });
      list(input.value.trim());
    }, 150);
  });
  here.title('Tests');
  onKey('/', '/', 'to the search', () => input.focus());
  replace(
    here.main,
    h('h1', {}, 'Tests'),
    h(
      'form',
      { role: 'search', class: 'bigfind', 'aria-label': 'Tests by name', on: { submit: (e) => e.preventDefault() } },
      input,
    ),
    box,
  );
  await list(input.value.trim());
}
