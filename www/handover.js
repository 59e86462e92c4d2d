/*
 * Opening a run in Perfetto. By hand-over: the click opens the UI, which is asked PING until it says PONG, and is
 * then given the trace that this page fetched from its own server. That works at any address and port, and needs
 * no permission. By link: the UI fetches the trace itself, which it may from http://127.0.0.1:9001 only, and newer
 * browsers ask first.
 */
import { address, base, scopeOfRun, server } from './api.js';
import * as format from './format.js';
import { toast } from './parts.js';

let perfetto = 'https://ui.perfetto.dev',
  mayRead = true;
server()
  .then((s) => {
    perfetto = s.perfetto_url.replace(/\/+$/, '');
    mayRead = s.perfetto_may_read;
  })
  .catch(() => {
    /* then as it is without options */
  });

export function perfettoUrl() {
  return perfetto;
}

/* workspace-date-time-id, in the time zone of the run, as the daemon names files for downloads. */
export function titleOf(run) {
  const name =
    format
      .pathParts((run.workspace?.path || run.workspace?.name || 'run').replace(/\/+$/, ''))
      .last.replace(/[^A-Za-z0-9_.]+/g, '-')
      .replace(/^[-.]+|-+$/g, '')
      .slice(0, 63) || 'run';
  return `${name}-${run.started_at.slice(0, 10)}-${run.started_at.slice(11, 19).replaceAll(':', '')}-${run.id.slice(0, 8)}`;
}

/* how: {slot: true}: a row for each slot; {plain: true}: nextest's very bytes, else with what Perfetto stumbles
 * over corrected */
export function traceAddress(run, how) {
  const scope = scopeOfRun(run),
    form = `${how.slot ? '.slot' : ''}${how.plain ? '' : '.perfetto'}`;
  return address([...(scope ? ['workspaces', scope] : []), 'traces', run.id, `${titleOf(run)}${form}.json`]);
}

/* Microseconds since 1970 of a time as the API gives it; a Number holds them exactly. */
export function micros(text) {
  const [, whole, fraction, zone] = /^([^.]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  return Date.parse(whole + zone) * 1000 + Number((fraction || '').padEnd(6, '0').slice(0, 6));
}

/* Arguments of the UI's own address. It takes nanoseconds, which no Number holds: three noughts behind
 * microseconds. */
function argumentsOf({ query, slice, ts } = {}) {
  const list = [];
  if (query) list.push(['query', query]);
  if (ts) list.push(['ts', `${ts}000`]);
  if (slice) {
    const around = Math.max(50, Math.round(slice.took / 3));
    list.push(['visStart', `${slice.from - around}000`], ['visEnd', `${slice.from + slice.took + around}000`]);
  }
  return list.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&');
}

/* The link. works: does the UI read from this page's address? */
export function linkTo(run, how, what) {
  const here = new URL(base),
    rest = argumentsOf(what);
  if (here.hostname === 'localhost') here.hostname = '127.0.0.1';
  const works =
    mayRead &&
    (here.protocol === 'https:' ||
      (here.protocol === 'http:' && here.hostname === '127.0.0.1' && here.port === '9001'));
  return {
    works,
    href: `${perfetto}/#!/?url=${encodeURIComponent(here.origin + traceAddress(run, how))}${rest ? `&${rest}` : ''}`,
  };
}

function waitForPong(ui, origin) {
  return new Promise((resolve, reject) => {
    const stop = (f, v) => {
      clearInterval(timer);
      removeEventListener('message', onMessage);
      f(v);
    };
    const onMessage = (e) => {
      if (e.source === ui && e.origin === origin && e.data === 'PONG') stop(resolve);
    };
    const timer = setInterval(() => {
      if (ui.closed) stop(reject, new Error('its window was closed'));
      else ui.postMessage('PING', origin);
    }, 50);
    addEventListener('message', onMessage);
  });
}

async function fetchTrace(where) {
  const response = await fetch(where);
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw new Error(body?.error?.message || `the trace could not be read (${response.status})`);
  }
  return { buffer: await response.arrayBuffer(), missing: response.headers.get('X-Nxtrace-Missing') };
}

/* When the slice of an execution begins in the trace: that of the same test whose start is nearest. */
function sliceStart(buffer, slice) {
  let best = null;
  for (const e of JSON.parse(new TextDecoder().decode(buffer)).traceEvents) {
    if (e.ph !== 'B' || e.cat !== 'test' || e.args?.test_name !== slice.test || e.args?.binary_id !== slice.binary)
      continue;
    if (best === null || Math.abs(e.ts - slice.from) < Math.abs(best - slice.from)) best = e.ts;
  }
  return best;
}

/*
 * Has to be called in a click (browsers open windows only then). what: {query} to run; {slice: {binary, test,
 * from, took}}, an execution to show, in microseconds. The UI takes what to select from its address as it starts,
 * so for that the trace is read first. Resolves to whether Perfetto was given the trace.
 */
export async function handOver(run, how, what = {}) {
  const origin = new URL(perfetto).origin,
    place = (more) => `${perfetto}/#!/?${argumentsOf({ ...what, ...more })}`.replace(/\?$/, '');
  const ui = open(what.slice ? 'about:blank' : place());
  if (!ui) {
    toast('The browser kept Perfetto from opening: allow pop-ups for this page, or use the link', { bad: true });
    return false;
  }
  toast('Opening in Perfetto…', { stay: true });
  try {
    const reading = fetchTrace(traceAddress(run, how));
    if (what.slice) ui.location.href = place({ ts: sliceStart((await reading).buffer, what.slice) });
    const [trace] = await Promise.all([reading, waitForPong(ui, origin)]),
      size = trace.buffer.byteLength;
    ui.postMessage(
      {
        perfetto: {
          buffer: trace.buffer,
          title: titleOf(run) + (how.slot ? ' by slot' : ''),
          fileName: `${titleOf(run)}.json`,
        },
      },
      origin,
      [trace.buffer],
    );
    toast(`Handed ${format.bytes(size)} to Perfetto${trace.missing ? ` (${trace.missing})` : ''}`);
    return true;
  } catch (e) {
    if (what.slice && !ui.closed) ui.close();
    toast(`Perfetto was not given the trace: ${e.message}`, { bad: true });
    return false;
  }
}
