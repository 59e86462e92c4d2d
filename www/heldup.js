/* What held a run up, in words and bars. */
import { h } from './dom.js';
export function heldUp(held) {
  if (!held) return null;
  return h('section', { class: 'panel' });
}
