/* Single keys. A page says what its keys do when it is shown; what has the focus for typing keeps its keys. */
export const keys = new Map();

/* shown: how the help names it */
export function onKey(key, shown, help, f) {
  keys.set(key, { shown, help, f });
}

document.addEventListener('keydown', (e) => {
  const at = e.target;
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
  if (
    at.isContentEditable ||
    at.tagName === 'TEXTAREA' ||
    at.tagName === 'SELECT' ||
    (at.tagName === 'INPUT' && at.type !== 'checkbox')
  ) {
    if (e.key === 'Escape') at.blur();
    return;
  }
  const known = keys.get(e.key);
  if (!known || (e.key === 'Enter' && at.closest('a, button, summary'))) return;
  if (known.f(e) !== false) e.preventDefault();
});
