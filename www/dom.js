/*
 * The only maker of elements. Every string of a recording is hostile, so nothing here takes markup: children are
 * nodes or text, attributes are on a list, and an address has to be http or https. A name on no list is our bug,
 * and throws.
 */
const ATTRIBUTES = new Set([
  'class',
  'id',
  'title',
  'role',
  'type',
  'name',
  'value',
  'for',
  'tabindex',
  'hidden',
  'disabled',
  'checked',
  'selected',
  'open',
  'colspan',
  'scope',
  'placeholder',
  'download',
  'target',
  'rel',
  'datetime',
  'lang',
  'dir',
  'autocomplete',
  'spellcheck',
  'min',
  'max',
  'list',
  'for',
  'popover',
  'popovertarget',
  'enterkeyhint',
  'maxlength',
]);
const SHAPES = new Set([
  'viewBox',
  'width',
  'height',
  'd',
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'r',
  'rx',
  'points',
  'class',
  'role',
  'text-anchor',
  'preserveAspectRatio',
  'fill',
  'stroke',
  'stroke-width',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-dasharray',
  'transform',
  'focusable',
  'tabindex',
]);
const SVG = 'http://www.w3.org/2000/svg';

function safeAddress(text) {
  const url = new URL(text, document.baseURI);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`no address to go to: ${url.protocol}`);
  return text;
}

function setOne(node, allowed, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === 'on') {
    for (const [type, f] of Object.entries(value)) node.addEventListener(type, f);
  } else if (name === 'css') {
    for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
  } else if (name === 'href') {
    node.setAttribute('href', safeAddress(value));
  } else if (allowed.has(name) || name.startsWith('aria-') || name.startsWith('data-')) {
    node.setAttribute(name, value === true ? '' : String(value));
  } else {
    throw new Error(`no attribute for a page: ${name}`);
  }
}

function fill(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/* h('a', {class: 'x', href: '/', on: {click: f}, css: {width: '1px'}}, child, [children], 'text', null) */
export function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) setOne(node, ATTRIBUTES, name, value);
  return fill(node, children);
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) setOne(node, SHAPES, name, value);
  return fill(node, children);
}

export function replace(node, ...children) {
  node.replaceChildren();
  return fill(node, children);
}

/* Tells a screen reader what changed by itself. */
export function say(text) {
  document.getElementById('said').textContent = text;
}
