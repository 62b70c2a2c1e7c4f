'use strict';
const byId = id => document.getElementById(id);
const TIERS = ['local', 'fast', 'balanced', 'premium'];
const KEPT = 1000, SHOWN = 200;


const HARMFUL = /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;
/** The daemon's rule for text from outside: nothing invisible, nothing that turns the line around. */
const plain = (text, keepNewlines) =>
  String(text ?? '').replace(/\r\n?|\n/g, keepNewlines ? '\n' : ' ').replace(/\t/g, ' ')
    .replace(HARMFUL, mark => (mark === '\n' ? '\n' : '\u00B7'));

/** An element with attributes, handlers (on…) and children, which become text. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : plain(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(plain(child, true)));
  }
  return node;
}
function svg(name, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  for (const child of children) node.append(child instanceof Node ? child : document.createTextNode(plain(child)));
  return node;
}
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const count = value => whole.format(value ?? 0);
const short = value => value >= 1e6 ? (value / 1e6).toFixed(1) + ' M' : value >= 1e4 ? (value / 1e3).toFixed(1) + ' k' : count(value);
/** Dollars. Amounts are sums of the daemon's; here they are only rounded for the eye. */
function money(value, places) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  places ??= size >= 1000 ? 0 : size >= 1 || size === 0 ? 2 : size >= 0.01 ? 4 : 6;
  const digits = new Intl.NumberFormat('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
  return (value < 0 ? '\u2212$' : '$') + digits.format(size);
}
/** The same in columns, to a hundredth of a cent where that tells anything. */
const cents = value => money(value, value === 0 ? 2 : Math.abs(value) < 0.00005 ? 6 : 4);
const brief = value => Math.abs(value) >= 1 ? money(value) : cents(value);
const duration = ms => ms === null || ms === undefined ? '–' : ms < 10 ? ms.toFixed(1) + ' ms' : ms < 1000 ? Math.round(ms) + ' ms' : ms < 60000 ? (ms / 1000).toFixed(1) + ' s' : (ms / 60000).toFixed(1) + ' min';
const percent = (part, all, places = 0) => all > 0 ? (100 * part / all).toFixed(places) + ' %' : '–';
const clock = ms => new Date(ms).toTimeString().slice(0, 8);
function uptime(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  return days ? `${days} d ${hours % 24} h` : hours ? `${hours} h ${minutes % 60} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}
const tierMark = tier => tier ? el('span', { class: 'tier ' + (TIERS.includes(tier) ? tier : '') }, tier) : el('span', { class: 'dim' }, '–');
const isFailed = row => row.status >= 400 || !!row.error;
const cacheWrites = usage => (usage.cache_write_5m_tokens || 0) + (usage.cache_write_1h_tokens || 0);
const tokensIn = usage => (usage.input_tokens || 0) + (usage.cache_read_tokens || 0) + cacheWrites(usage);
const tokensOf = usage => usage ? tokensIn(usage) + (usage.output_tokens || 0) : 0;
const hitsOf = totals => totals.exact_cache_hits + totals.semantic_cache_hits + totals.coalesced;
const td = (content, kind) => el('td', { class: kind }, content);
const fact = (name, value) => el('span', { class: 'dim' }, name, el('b', {}, value));
