/** How far the pictures look back: the name, minutes, and how many minutes each bar stands for. */
const RANGES = [['quarter', '15 min', 15, 1], ['hour', '1 h', 60, 1], ['six', '6 h', 360, 5], ['day', '24 h', 1440, 15]];
const rangeOf = () => RANGES.find(([name]) => name === state.range);
segments('range', RANGES.map(([name, label]) => [name, label]), () => state.range, value => { state.range = value; state.long = null; loadLong(); draw(); });

/** Longer ranges than the stream's minutes are asked for. What was before them comes along, for the trends. */
async function loadLong() {
  const [name, , minutes, each] = rangeOf();
  if (each === 1) return;
  const reach = Math.min(1440, 2 * minutes);
  try {
    const report = await ask(`history?seconds=${reach * 60}&points=${reach / each}`);
    if (name !== state.range) return;
    const begin = report.end_unix_ms - report.interval_ms * report.requests.length;
    const bars = report.requests.map((requests, index) => requests === null ? null : {
      unix_ms: begin + index * report.interval_ms, requests, errors: report.errors[index], shared: report.cache_hits[index], escalations: report.escalations[index],
      cost_usd: report.cost_usd[index], baseline_usd: report.baseline_usd[index], saved_usd: report.saved_usd[index],
      tiers: Object.fromEntries(TIERS.map(tier => [tier, report.tiers[tier]?.[index] || 0])), latency_p50_ms: report.latency_p50_ms[index], latency_p95_ms: report.latency_p95_ms[index] });
    state.long = { name, bars: new Map(bars.filter(Boolean).map(bar => [bar.unix_ms, bar])), end: report.end_unix_ms };
    draw();
  } catch { /* it is asked again soon; the link says when there is trouble */ }
}
setInterval(() => { if (state.view === 'overview' && link.isLive) loadLong(); }, 15000);

/** The bars that are shown, and as many from before them. Those in which nothing happened are there; `isKnown` tells of which anything is known. */
function timeline() {
  const [name, , minutes, each] = rangeOf(), step = each * 60000, isLong = each > 1 && state.long?.name === name;
  const known = each === 1 ? state.minutes : isLong ? state.long.bars : new Map();
  const end = each === 1 ? Math.floor(state.snapshot.unix_ms / step) * step : isLong ? state.long.end - step : Math.floor(state.snapshot.unix_ms / step) * step;
  const first = Math.min(end, ...known.keys()), age = (end - first) / step + 1;
  // A new gateway has no hour to show yet.
  const length = name === 'hour' ? [15, 30, 60].find(span => age <= span) || 60 : minutes / each;
  const nothing = start => ({ unix_ms: start, requests: 0, errors: 0, shared: 0, escalations: 0, cost_usd: 0, baseline_usd: 0, saved_usd: 0, tiers: {}, isEmpty: true });
  const all = Array.from({ length: 2 * length }, (_, index) => { const start = end - (2 * length - 1 - index) * step; return known.get(start) || nothing(start); });
  return { bars: all.slice(length), before: first <= end - (2 * length - 1) * step ? all.slice(0, length) : null, each, span: length * each };
}
const sumOf = (bars, of) => bars.reduce((sum, bar) => sum + (of(bar) || 0), 0);
const meanOf = (bars, of) => { const values = bars.map(of).filter(value => value !== null && value !== undefined); return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null; };
const shareOf = (bars, part) => { const all = sumOf(bars, bar => bar.requests); return all ? sumOf(bars, part) / all : null; };

/** ▲ or ▼ with how much more or less it is than in the time before; nothing where that is not known. */
function trendOf({ bars, before, span }, measure, tell, wish) {
  if (!before) return null;
  const now = measure(bars), then = measure(before);
  if (now === null || then === null) return null;
  const text = tell(now, then), sign = text === null ? 0 : Math.sign(now - then);
  if (text === '') return null;
  const colour = !sign || !wish ? 'dim' : sign === wish ? 'good' : 'bad';
  return el('small', { class: 'trend ' + colour, title: `against the ${span >= 120 ? span / 60 + ' h' : span + ' min'} before` }, ' ', sign ? (sign > 0 ? '▲' : '▼') + text : '=');
}
/** Each gives the size of a change, nothing to tell as '', and null for none that is worth a word. */
const relative = (now, then) => !then ? '' : Math.abs(now / then - 1) < 0.005 ? null : Math.abs(now / then - 1) > 9.99 ? '>999%' : Math.round(100 * Math.abs(now / then - 1)) + '%';
const points = (now, then) => Math.abs(now - then) < 0.0005 ? null : Math.abs(100 * (now - then)) < 9.95 ? Math.abs(100 * (now - then)).toFixed(1) : Math.round(Math.abs(100 * (now - then)));
const apart = (now, then) => Math.abs(now - then) < 0.005 * then ? null : duration(Math.abs(now - then));

const budgetOf = period => (state.snapshot.limits?.budgets || []).find(budget => budget.scope === 'all' && budget.period === period);

function drawOverview() {
  const snapshot = state.snapshot, today = snapshot.today, month = snapshot.month, time = timeline(), { bars: minutes, each } = time;
  const budget = { day: budgetOf('day'), month: budgetOf('month') };
  const of = (period, other) => budget[period] ? `of ${money(budget[period].limit_usd)} a ${period}` : other;
  const total = of => bars => sumOf(bars, of), share = part => bars => shareOf(bars, part), mean = of => bars => meanOf(bars, of);
  const cost = trendOf(time, total(bar => bar.cost_usd), relative, -1);
  byId('cards').replaceChildren(
    card('Spent today', brief(today.cost_usd), of('day', `${count(today.requests)} requests`), { series: minutes.map(minute => minute.cost_usd), budget: budget.day, trend: cost }),
    card('Spent this month', brief(month.cost_usd), of('month', `${count(month.requests)} requests`), { series: [], budget: budget.month }),
    card('Spending an hour', snapshot.burn_usd_per_hour === undefined ? '–' : brief(snapshot.burn_usd_per_hour), 'at the rate of the last 10 min', { series: minutes.map(minute => minute.cost_usd), trend: cost?.cloneNode(true) }),
    card('Saved today', brief(today.saved_usd), `${percent(today.saved_usd, today.baseline_usd)} of ${money(today.baseline_usd)}`,
      { series: minutes.map(minute => minute.saved_usd), trend: trendOf(time, total(bar => bar.saved_usd), relative, 1) }),
    card('Cache hits today', percent(hitsOf(today), today.requests),
      `exact ${count(today.exact_cache_hits)} · sem ${count(today.semantic_cache_hits)} · join ${count(today.coalesced)}`,
      { series: minutes.map(minute => minute.requests ? minute.shared / minute.requests : 0), trend: trendOf(time, share(bar => bar.shared), points, 1) }),
    card('Latency, median', duration(snapshot.latency_p50_ms), `p95 ${duration(snapshot.latency_p95_ms)} · p99 ${duration(snapshot.latency_p99_ms)}`,
      { series: minutes.map(minute => minute.latency_p50_ms), trend: trendOf(time, mean(bar => bar.latency_p50_ms), apart, -1) }),
    card('Gateway itself', duration(snapshot.own_p50_ms), `p95 ${duration(snapshot.own_p95_ms)}, added to answers`, { series: [] }),
    card('Requests a minute', count(snapshot.requests_per_minute), `${count(snapshot.in_flight)} now · ${count(snapshot.waiting)} queued`,
      { series: minutes.map(minute => minute.requests), trend: trendOf(time, total(bar => bar.requests), relative, 0) }),
    card('Escalated today', percent(today.escalations, today.requests, 1), `${count(today.escalations)} asked again`,
      { series: minutes.map(minute => minute.escalations), trend: trendOf(time, share(bar => bar.escalations), points, -1) }),
    card('Errors today', percent(today.errors, today.requests, 1), `${count(today.errors)} of ${count(today.requests)}`,
      { series: minutes.map(minute => minute.errors), trend: trendOf(time, share(bar => bar.errors), points, -1) }));
  drawCharts(minutes, each);
  drawSavings(state.span === 'month' ? month : today);
  drawBackends();
  drawModels();
  drawAlerts();
  drawTable(byId('recent'), state.rows.slice(-7).reverse());
}
function drawCharts(minutes, each) {
  const snapshot = state.snapshot, every = each === 1 ? 'a minute' : `every ${each} min`;
  byId('spend-name').textContent = 'Spend ' + every;
  byId('tiers-name').textContent = 'Requests by tier ' + every;
  const spent = minutes.map(minute => minute.cost_usd), baseline = minutes.map(minute => minute.baseline_usd);
  legend('spend-legend', ['fast', 'spent'], ['local', 'would have cost', 'line']);
  chart(byId('spend'), minutes, Math.max(...spent, ...baseline), value => money(value, Math.max(2, -Math.floor(Math.log10(value)))), (x, y, width, foot) => [
    ...spent.map((value, index) => value > 0 ? svg('rect', { class: 'fast fill', x: x(index) + 0.5, width: Math.max(1, width - 1), y: y(value), height: foot - y(value) }) : null),
    svg('path', { class: 'local stroke', d: steps(baseline, x, y, width) })],
    minute => `${clock(minute.unix_ms).slice(0, 5)}  spent ${money(minute.cost_usd)}, would have cost ${money(minute.baseline_usd)}`, 'Spend over time, and what the same would have cost on the premium tier');

  legend('latency-legend', ['fast', 'median', 'line'], ['balanced', 'p95', 'line']);
  const p50 = minutes.map(minute => minute.latency_p50_ms), p95 = minutes.map(minute => minute.latency_p95_ms);
  chart(byId('latency'), minutes, Math.max(...p95.map(value => value ?? 0)), duration, (x, y, width) => [
    ...linesOf(p95, x, y, width, 'balanced'), ...linesOf(p50, x, y, width, 'fast')],
    minute => `${clock(minute.unix_ms).slice(0, 5)}  median ${duration(minute.latency_p50_ms)}, p95 ${duration(minute.latency_p95_ms)}`, 'Latency over time: median and 95th percentile');

  const totals = Object.fromEntries((snapshot.tiers || []).map(tier => [tier.tier, tier])), answered = (snapshot.tiers || []).reduce((sum, tier) => sum + tier.requests, 0);
  byId('tiers-legend').replaceChildren(...TIERS.filter(tier => totals[tier]).map(tier => {
    const { requests, cost_usd: cost } = totals[tier];
    const title = `${count(requests)} requests, ${money(cost)} since the start`;
    return el('span', { class: 'key ' + tier, title }, tier + ' ', el('b', {}, percent(requests, answered)));
  }));
  chart(byId('tiers'), minutes, Math.max(...minutes.map(minute => Object.values(minute.tiers).reduce((sum, value) => sum + value, 0))), count, (x, y, width) => minutes.flatMap((minute, index) => {
    let sum = 0;
    return TIERS.map(tier => {
      const value = minute.tiers[tier] || 0, top = y(sum + value), foot = y(sum);
      sum += value;
      return value ? svg('rect', { class: tier + ' fill', x: x(index) + 0.5, width: Math.max(1, width - 1), y: top, height: foot - top }) : null;
    });
  }), minute => `${clock(minute.unix_ms).slice(0, 5)}  ` + (TIERS.filter(tier => minute.tiers[tier]).map(tier => `${tier} ${minute.tiers[tier]}`).join(', ') || 'no requests'), 'Requests over time by tier');
}
/** The share that was saved as a gauge, and how it comes about line by line: the lines add up. */
function drawSavings(totals) {
  drawGauge(totals);
  const own = totals.overhead_usd || {}, lost = totals.losses_usd || {}, of = value => value || 0;
  const answers = totals.cost_usd - of(own.classifier) - of(own.shadow) - of(own.judge) - of(lost.escalation) - of(lost.cache_checks);
  const lines = [['on the premium tier it would have cost', totals.baseline_usd, ''], ['− answers, retries too', answers], ['− asking models how hard requests are', own.classifier],
    ['− answers thrown away, asked again', lost.escalation], ['− judging answers', own.judge], ['− comparing answers (shadow)', own.shadow],
    ['− checking the semantic cache', lost.cache_checks], ['− wrong answers of the cache', lost.wrong_hits]];
  byId('calculation').replaceChildren(el('tbody', {}, lines.map(([name, value, kind]) => el('tr', {}, el('td', {}, name), el('td', { class: 'num ' + (kind ?? (value ? '' : 'dim')) }, cents(of(value))))),
    el('tr', {}, el('td', {}, el('b', {}, '= saved, ' + percent(totals.saved_usd, totals.baseline_usd) + ' of it')), el('td', { class: 'num ' + (totals.saved_usd < 0 ? 'bad' : 'good') }, el('b', {}, cents(totals.saved_usd))))));
}
function drawGauge(totals) {
  const node = byId('gauge'), share = totals.baseline_usd > 0 ? totals.saved_usd / totals.baseline_usd : 0, isLoss = share < 0;
  const arc = part => { const angle = Math.PI * (1 - Math.min(1, Math.abs(part))); return `M20 108A90 90 0 0 1 ${110 + 90 * Math.cos(angle)} ${108 - 90 * Math.sin(angle)}`; };
  node.setAttribute('viewBox', '0 0 220 148');
  const text = totals.baseline_usd > 0 ? `${isLoss ? '\u2212' : ''}${Math.abs(100 * share).toFixed(0)} %` : '–';
  node.setAttribute('aria-label', `Saved ${text}: spent ${money(totals.cost_usd)}, would have cost ${money(totals.baseline_usd)}`);
  node.replaceChildren(
    svg('path', { d: arc(1), fill: 'none', stroke: 'var(--raised)', 'stroke-width': 15 }),
    svg('path', { d: share ? arc(share) : 'M20 108', fill: 'none', stroke: isLoss ? 'var(--bad)' : 'var(--good)', 'stroke-width': 15 }),
    svg('text', { class: 'big', x: 110, y: 92 }, text), svg('text', { class: 'small', x: 110, y: 110 }, isLoss ? 'dearer than premium' : 'saved ' + brief(totals.saved_usd)),
    svg('text', { class: 'small', x: 110, y: 139 }, `spent ${brief(totals.cost_usd)} of ${brief(totals.baseline_usd)} on premium`));
}
const STATES = { healthy: ['●', 'good', 'ok'], degraded: ['▲', '', 'degraded'], broken: ['✖', 'bad', 'breaker open'], down: ['✖', 'bad', 'down'] };
function drawBackends() {
  byId('backends').replaceChildren(
    el('thead', {}, el('tr', {}, el('th', {}, 'backend'), el('th', {}, 'tier'), el('th', {}, 'state'), el('th', { class: 'num' }, 'calls'), el('th', { class: 'num' }, 'cost'))),
    el('tbody', {}, state.snapshot.backends.map(backend => {
      const [mark, colour, word] = STATES[backend.health?.state] || ['●', 'dim', '–'];
      return el('tr', { title: `${backend.model} (${backend.provider})${backend.health?.last_error ? '; last error: ' + backend.health.last_error : ''}` },
        el('td', {}, backend.name, backend.is_simulated ? el('span', { class: 'dim' }, ' sim') : null), el('td', {}, tierMark(backend.tier)),
        el('td', { class: colour }, `${mark} ${word}`), el('td', { class: 'num' }, count(backend.requests)), el('td', { class: 'num' }, brief(backend.cost_usd)));
    })));
}
/** What exchanges with each model came to since the start: the most asked first, the rest in one row. */
function drawModels() {
  const models = state.snapshot.models || [], all = models.reduce((sum, model) => sum + model.requests, 0);
  const head = ['model', 'requests', 'share', 'errors', 'median', 'p95', 'cost', 'per 1,000'];
  byId('models').replaceChildren(
    el('thead', {}, el('tr', {}, head.map((label, index) => el('th', { class: index ? 'num' : null, scope: 'col' }, label)))),
    el('tbody', {}, models.length ? models.map(model => {
      const cells = [count(model.requests), percent(model.requests, all), count(model.errors), duration(model.latency_p50_ms), duration(model.latency_p95_ms),
        brief(model.cost_usd), model.requests ? brief(1000 * model.cost_usd / model.requests) : '–'];
      return el('tr', { title: model.provider }, el('td', {}, model.model), cells.map(cell => el('td', { class: 'num' }, cell)));
    }) : el('tr', {}, el('td', { class: 'empty', colspan: head.length }, 'No model has answered yet.'))));
}
