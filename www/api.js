/*
 * Questions to /api/v1, and the addresses of pages, files and traces. Every address is made here from one base: the
 * folder above /www/, so a proxy may put all of it under a prefix.
 */
export const base = new URL('../', import.meta.url);

/* As the API wants segments: a slash and all that is no letter, digit, - . _ or ~ encoded. */
export function segment(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function query(parameters) {
  const given = Object.entries(parameters || {}).filter(([, v]) => v !== null && v !== undefined && v !== '');
  return given.length ? `?${given.map(([k, v]) => `${segment(k)}=${segment(v)}`).join('&')}` : '';
}

/* address(['runs', id], {limit: 3}): a path of encoded segments */
export function address(segments, parameters) {
  return base.pathname + segments.map(segment).join('/') + query(parameters);
}

/* How many stores there are, as far as an answer told. */
let stores = 1;

/* How routes name a workspace: a store's name comes first where there may be several. */
export function scopeOf(workspace) {
  if (!workspace) return null;
  const several = stores > 1 || workspace.store !== 'default';
  return workspace.store && several ? `${workspace.store}:${workspace.name}` : workspace.name;
}

const scoped = (scope, rest) => (scope ? ['workspaces', scope, ...rest] : rest);

/* A run is named by its id; with its workspace only where the id is there twice. */
export function scopeOfRun(run) {
  return run.prefix && run.prefix.length >= 36 && run.on_disk !== false ? scopeOf(run.workspace) : null;
}

export const page = {
  runs: (parameters) => address([], parameters),
  run: (id, scope, parameters) => address(scoped(scope, ['runs', id]), parameters),
  test: (binary, test, parameters) => address(['tests', binary, test], parameters),
  tests: (parameters) => address(['tests'], parameters),
  compare: (parameters) => address(['compare'], parameters),
  flaky: (scope, parameters) => address(scoped(scope, ['flaky']), parameters),
  slowest: (scope, parameters) => address(scoped(scope, ['slowest']), parameters),
  open: (id, scope, parameters) => address(scoped(scope, ['open', id]), parameters),
};

/* Below /api/v1, in a workspace or over all. */
export function api(scope, segments, parameters) {
  return address(['api', 'v1', ...scoped(scope, segments)], parameters);
}

export class ApiError extends Error {
  constructor(status, error, retryAfter) {
    super(error.message);
    Object.assign(this, { status, code: error.code, hint: error.hint, retryAfter });
  }
}

/* No answer at all: the daemon is gone, or something between is. */
export class GoneError extends Error {}

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });

async function once(where, signal) {
  let response;
  try {
    response = await fetch(where, { signal, headers: { Accept: 'application/json' } });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new GoneError('nxtraced does not answer');
  }
  if (response.ok) {
    const answer = await response.json();
    stores = answer.stores?.length || stores;
    return answer;
  }
  const body = await response.json().catch(() => null);
  if (!body?.error) throw new GoneError(`something that is not nxtraced answered (${response.status})`);
  throw new ApiError(response.status, body.error, Number(response.headers.get('Retry-After')) || 0);
}

let self = null;

/* What the daemon says of itself: version, perfetto_url, index, ... */
export function server() {
  self ??= once(api(null, ['server'])).catch((e) => {
    self = null;
    throw e;
  });
  return self;
}

/* Asks. What the index has not read yet is asked for again, for at most half a minute; busy(message) tells of it. */
export async function get(where, { signal, busy } = {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await once(where, signal);
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 503 || !e.retryAfter || tries >= 30) throw e;
      if ((await server()).index === 'none') throw Object.assign(e, { lasting: true });
      busy?.(`${e.message}…`);
      await pause(Math.min(e.retryAfter, 1) * 1000, signal);
    }
  }
}

/* All pages of a list, a piece at a time: for await (const rows of pages(...)) */
export async function* pages(where, member, options) {
  for (let after = null; ;) {
    const url = new URL(where, base);
    if (after) url.searchParams.set('after', after);
    const answer = await get(url.pathname + url.search, options);
    yield answer[member];
    after = answer.next;
    if (!after) return;
  }
}
