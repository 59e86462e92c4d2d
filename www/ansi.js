/*
 * What a terminal would show of a test's output, as lines of pieces: colours and weights of SGR are kept,
 * everything else that steers a terminal is dropped, a carriage return writes the line anew, and other control
 * characters show as themselves. Nothing here makes elements; see output.js.
 */

/* What is no plain text: the parameters of a CSI are the first or third group, its letter the second or fourth. */
const TOKEN = new RegExp(
  [
    String.raw`\r?\n`,
    String.raw`\u001b\[([0-9:;<=>?]*)[ -/]*([@-~])` /* CSI, of which SGR is one */,
    String.raw`\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?` /* OSC: titles, links */,
    String.raw`\u001b[PX^_][^\u001b]*(?:\u001b\\)?` /* other strings */,
    String.raw`\u001b[ -/]*[0-~]?` /* the shorter ones */,
    String.raw`\u009b([0-9:;<=>?]*)[ -/]*([@-~])` /* CSI in one character */,
    String.raw`[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]`,
  ].join('|'),
  'g',
);
const PLAIN = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  under: false,
  strike: false,
  swap: false,
});

/* 256 colours: 0 to 15 by class, the rest as rgb. */
function indexed(n) {
  if (!(n >= 0 && n <= 255)) return null;
  if (n < 16) return n;
  if (n >= 232) {
    const v = 8 + (n - 232) * 10;
    return `rgb(${v} ${v} ${v})`;
  }
  const at = (k) => (k ? 55 + 40 * k : 0),
    c = n - 16;
  return `rgb(${at(Math.floor(c / 36))} ${at(Math.floor(c / 6) % 6)} ${at(c % 6)})`;
}

/* 38 and 48: ;5;n, ;2;r;g;b. Returns how many numbers it took. */
function extended(codes, i, set) {
  if (codes[i + 1] === 5) {
    set(indexed(codes[i + 2]));
    return 2;
  }
  if (codes[i + 1] === 2) {
    const rgb = codes.slice(i + 2, i + 5);
    if (rgb.length === 3 && rgb.every((v) => v >= 0 && v <= 255)) set(`rgb(${rgb.join(' ')})`);
    return 4;
  }
  return 0;
}

function sgr(style, text) {
  const codes = (text || '0').split(/[;:]/).map((s) => Number(s) || 0),
    s = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const c = codes[i];
    if (c === 0) Object.assign(s, PLAIN);
    else if (c === 1) s.bold = true;
    else if (c === 2) s.dim = true;
    else if (c === 3) s.italic = true;
    else if (c === 4) s.under = true;
    else if (c === 7) s.swap = true;
    else if (c === 9) s.strike = true;
    else if (c === 22) s.bold = s.dim = false;
    else if (c === 23) s.italic = false;
    else if (c === 24) s.under = false;
    else if (c === 27) s.swap = false;
    else if (c === 29) s.strike = false;
    else if (c >= 30 && c <= 37) s.fg = c - 30;
    else if (c >= 90 && c <= 97) s.fg = c - 82;
    else if (c === 39) s.fg = null;
    else if (c >= 40 && c <= 47) s.bg = c - 40;
    else if (c >= 100 && c <= 107) s.bg = c - 92;
    else if (c === 49) s.bg = null;
    else if (c === 38)
      i += extended(codes, i, (v) => {
        s.fg = v;
      });
    else if (c === 48)
      i += extended(codes, i, (v) => {
        s.bg = v;
      });
  }
  return s;
}

const picture = (c) => (c === '\u007f' ? '␡' : c < ' ' ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : '·');

/* lines: a list of lists of {text, style}; style null where it is plain. */
export function lines(text) {
  const out = [];
  let line = [],
    style = PLAIN,
    at = 0;
  const put = (piece) => {
    if (piece) line.push({ text: piece, style: style === PLAIN ? null : style });
  };
  for (const m of text.matchAll(TOKEN)) {
    put(text.slice(at, m.index));
    at = m.index + m[0].length;
    if (m[0].endsWith('\n')) {
      out.push(line);
      line = [];
      continue;
    }
    if (m[0] === '\r') {
      line = [];
      continue;
    }
    const letter = m[2] || m[4];
    if (letter === 'm') style = sgr(style, m[1] ?? m[3]);
    else if (m[0].length === 1 && m[0] !== '\u001b') put(picture(m[0]));
  }
  put(text.slice(at));
  if (line.length) out.push(line);
  return out;
}
