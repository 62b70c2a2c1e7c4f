/** What stands on a card: how it changed against the time before, a budget's meter and a curve are left out where there are none. */
function card(name, value, note, { series, budget, trend } = {}) {
  const share = budget ? budget.spent_usd / budget.limit_usd : 0;
  const node = el('div', { class: 'card' }, el('span', { class: 'name' }, name), el('span', { class: 'value' }, value, trend || null), el('span', { class: 'note', title: note }, note));
  if (isAllSimulated() && String(value).includes('$')) node.children[1].insertBefore(el('small', { class: 'dim', title: 'simulated' }, ' sim'), node.children[1].children[0] || null);
  if (budget) {
    const fill = el('i');
    fill.style.width = Math.min(100, 100 * share) + '%';
    const spoken = { role: 'meter', 'aria-valuenow': Math.round(100 * share), 'aria-valuemin': 0, 'aria-valuemax': 100 };
    node.append(el('div', { class: 'meter' + (share >= 0.8 ? ' high' : ''), 'aria-label': name + ' of the budget', ...spoken }, fill));
  }
  if (series) node.append(sparkline(series));
  return node;
}
function sparkline(values) {
  const most = Math.max(...values.map(value => value ?? 0), 0), chart = svg('svg', { viewBox: '0 0 120 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  chart.append(svg('line', { x1: 0, x2: 120, y1: 23.5, y2: 23.5, stroke: 'var(--line)' }));
  values.forEach((value, index) => {
    const step = 120 / values.length, height = Math.max(1.5, 22 * value / most);
    if (value > 0) chart.append(svg('rect', { x: (index + 0.1) * step, y: 23.5 - height, width: 0.8 * step, height, fill: 'var(--accent)' }));
  });
  return chart;
}

function legend(id, ...items) {
  if (byId(id).childElementCount === items.length) return;
  byId(id).replaceChildren(...items.map(([colour, label, kind]) => el('span', { class: `key ${kind || ''} ${colour}` }, label)));
}
/** A number of one, two or five and noughts that is not below another. */
function roundUp(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(step => step * unit).find(step => step >= value * 0.999);
}
function chart(node, minutes, most, label, content, tell, name) {
  const width = node.clientWidth || 400, height = node.clientHeight || 148, foot = height - 17, top = 12, scale = roundUp(most), step = width / minutes.length;
  const x = index => index * step, y = value => foot - (foot - top) * Math.min(1, (value || 0) / scale);
  node.setAttribute('viewBox', `0 0 ${width} ${height}`);
  node.setAttribute('aria-label', name);
  const parts = [svg('line', { class: 'axis', x1: 0, x2: width, y1: top, y2: top }), svg('line', { class: 'axis', x1: 0, x2: width, y1: foot, y2: foot })];
  parts.push(...content(x, y, step, foot).filter(Boolean), svg('text', { x: 0, y: top - 3 }, label(scale)));
  for (const [part, anchor] of [[0, 'start'], [1 / 3, 'middle'], [2 / 3, 'middle'], [1, 'end']])
    parts.push(svg('text', { x: width * part, y: height - 3, 'text-anchor': anchor }, part < 1 ? `\u2212${spanOf(minutes, 1 - part)}` : 'now'));
  minutes.forEach((minute, index) => parts.push(svg('rect', { class: 'hit', x: x(index), y: top, width: step, height: foot - top }, svg('title', {}, tell(minute)))));
  node.replaceChildren(...parts);
}
/** A part of the time that bars stand for, in words. */
function spanOf(bars, part) {
  const minutes = part * bars.length * (bars.length > 1 ? (bars[1].unix_ms - bars[0].unix_ms) / 60000 : 1);
  return minutes > 120 ? Math.round(minutes / 60) + ' h' : Math.round(minutes) + ' min';
}
function steps(values, x, y, width) {
  let path = '', isDrawn = false;
  values.forEach((value, index) => {
    if (value > 0) { path += `${isDrawn ? 'L' : 'M'}${x(index)} ${y(value)}H${x(index) + width}`; isDrawn = true; } else isDrawn = false;
  });
  return path;
}
/** Lines through neighbouring minutes, and dots for those that stand alone. */
function linesOf(values, x, y, width, colour) {
  const parts = [], runs = [];
  values.forEach((value, index) => {
    if (value === null || value === undefined) return;
    if (index && values[index - 1] !== null && values[index - 1] !== undefined) runs[runs.length - 1].push(index); else runs.push([index]);
  });
  const at = index => `${x(index) + width / 2} ${y(values[index])}`;
  for (const run of runs) {
    if (run.length > 1) parts.push(svg('path', { class: colour + ' stroke', d: 'M' + run.map(at).join('L') }));
    const last = run[run.length - 1];
    parts.push(svg('circle', { class: colour + ' fill', cx: x(last) + width / 2, cy: y(values[last]), r: 2.2 }));
  }
  return parts;
}
