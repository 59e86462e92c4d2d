/* Numbers, times and names as a person reads them. */

/* "412 ms", "3.21 s", "2 m 05 s", "1 h 02 m" */
export function duration(secs) {
  if (secs === null || secs === undefined) return '–';
  if (secs === 0) return '0 s';
  if (secs < 0.001) return `${(secs * 1e6).toFixed(0)} µs`;
  if (secs < 0.01) return `${(secs * 1000).toFixed(1)} ms`;
  if (secs < 1) return `${(secs * 1000).toFixed(0)} ms`;
  if (secs < 10) return `${secs.toFixed(2)} s`;
  if (secs < 60) return `${secs.toFixed(1)} s`;
  const whole = Math.round(secs),
    two = (n) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} m`;
}

export function number(n) {
  return n === null || n === undefined ? '–' : n.toLocaleString('en');
}

/* many(1, 'test') is "1 test" */
export function many(n, word) {
  return `${number(n)} ${word}${n === 1 ? '' : word.endsWith('s') ? 'es' : 's'}`;
}

export function percent(part, whole = 1) {
  if (part === null || part === undefined || !whole) return '–';
  const p = (100 * part) / whole;
  return p === 0 || p === 100 ? `${p} %` : p < 1 ? '< 1 %' : p > 99 ? '> 99 %' : `${Math.round(p)} %`;
}

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0;
  for (; n >= 1000 && i + 1 < units.length; i++) n /= 1000;
  return `${i && n < 10 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export function ago(date, now = Date.now()) {
  const secs = (now - date) / 1000;
  if (secs < 5) return secs < -60 ? moment(date) : 'just now';
  if (secs < 60) return `${Math.floor(secs)} s ago`;
  if (secs < 3600) return `${Math.floor(secs / 60)} min ago`;
  if (secs < 86400) return `${Math.floor(secs / 3600)} h ago`;
  const days = Math.floor(secs / 86400);
  return days < 60
    ? `${days} d ago`
    : days < 730
      ? `${Math.floor(days / 30.44)} months ago`
      : `${Math.floor(days / 365.25)} years ago`;
}

/* In the reader's own time zone. */
export function moment(date) {
  return date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

export function clock(date) {
  return date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

export function day(date, now = new Date()) {
  const at = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const gone = Math.round((at(now) - at(date)) / 864e5);
  if (gone === 0) return 'Today';
  if (gone === 1) return 'Yesterday';
  return date.toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
}

/* What cannot be seen, or turns the order of what is seen, stands for itself: a name may not play tricks. */
export function visible(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u{${c.charCodeAt(0).toString(16)}}`,
  );
}

/* The arguments as one would type them, without the path of cargo-nextest. */
export function commandLine(args) {
  const rest = args.slice(/(^|[\\/])cargo(-nextest)?(\.exe)?$/.test(args[0] || '') ? 1 : 0);
  return ['cargo', ...(rest[0] === 'nextest' ? rest : ['nextest', ...rest])].map(shellWord).join(' ');
}

/* Only what was asked for: without "cargo nextest run". */
export function askedFor(args) {
  const words = commandLine(args).split(' ').slice(2);
  return (words[0] === 'run' ? words.slice(1) : words).join(' ');
}

/* The nextest profile that was asked for, or null. */
export function profileOf(args) {
  const end = args.indexOf('--');
  for (const [i, a] of (end < 0 ? args : args.slice(0, end)).entries()) {
    if (a === '-P' || a === '--profile') return args[i + 1] ?? null;
    const m = /^(?:--profile=|-P=?)(.+)$/.exec(a);
    if (m) return m[1];
  }
  return null;
}

export function shellWord(word) {
  return /^[A-Za-z0-9_@%+=:,./~-]+$/.test(word) ? word : `'${visible(word).replaceAll("'", "'\\''")}'`;
}

/* {parent: '/src/', last: 'orchard'} */
export function pathParts(path) {
  const at = Math.max(path.lastIndexOf('/'), path.startsWith('/') ? -1 : path.lastIndexOf('\\')) + 1;
  return { parent: path.slice(0, at), last: path.slice(at) || path };
}
