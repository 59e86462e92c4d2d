/*
 * What happens to runs, as the daemon tells it (server-sent events), for whoever listens. One stream for a tab,
 * and none while the tab is hidden: browsers keep few connections to one server. It goes on behind the last event
 * that was seen.
 */
import { api } from './api.js';

const KINDS = ['run-started', 'run-progressed', 'run-finished', 'run-removed', 'reset'];
const listeners = new Set();
const watchers = new Set();
let source = null,
  last = null,
  timer = 0,
  wait = 1000,
  state = 'connecting';

function become(next) {
  if (next === state) return;
  state = next;
  for (const f of watchers) f(state);
}

function hand(kind, event) {
  last = event.lastEventId || last;
  const data = kind === 'reset' ? {} : JSON.parse(event.data);
  for (const f of listeners) f(kind, data);
}

function open() {
  clearTimeout(timer);
  source = new EventSource(api(null, ['events'], { after: last }));
  for (const kind of KINDS) source.addEventListener(kind, (e) => hand(kind, e));
  source.addEventListener('open', () => {
    wait = 1000;
    become('live');
  });
  source.addEventListener('error', () => {
    become('lost');
    /* A browser tries again by itself after a lost connection, but not after an answer that was no stream. */
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 15000);
    }
  });
}

function shut() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

export function start() {
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) shut();
    else if (!source) open();
  });
  addEventListener('pagehide', shut);
  addEventListener('pageshow', (e) => {
    if (e.persisted && !source) open();
  });
  open();
}

/* f(kind, data) until the signal. */
export function listen(f, signal) {
  listeners.add(f);
  signal.addEventListener('abort', () => listeners.delete(f), { once: true });
}

/* f('connecting' | 'live' | 'lost'), at once and at every change, until the signal if there is one. */
export function watchState(f, signal) {
  watchers.add(f);
  signal?.addEventListener('abort', () => watchers.delete(f), { once: true });
  f(state);
}
