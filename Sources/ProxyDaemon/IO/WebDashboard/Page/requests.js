/** The filter of the terminal's dashboard: words and fields that must all hold, each with ! for the opposite. */
function filterOf(text) {
  const tests = text.toLowerCase().split(/\s+/).filter(word => word && word !== '!').map(word => {
    const isNot = word.startsWith('!'), body = isNot ? word.slice(1) : word;
    const [, field, sign, value] = /^(tier|st|status|cache|model|m|project|id|ms|cost)([:<>])\$?(.*)$/.exec(body) || [];
    const test = field ? fieldTest(field, sign, value) : row => row.text.includes(body);
    return isNot ? row => !test(row) : test;
  });
  return row => tests.every(test => test(row));
}
function fieldTest(field, sign, value) {
  if (sign !== ':') {
    const limit = parseFloat(value), of = row => field === 'ms' ? row.latency_ms : row.cost_usd;
    if (Number.isNaN(limit)) return () => true;
    return sign === '>' ? row => of(row) > limit : row => of(row) < limit;
  }
  switch (field) {
    case 'tier': return row => (row.tier || '').startsWith(value);
    case 'st': case 'status':
      if (value === 'ok') return row => !isFailed(row);
      return ['err', 'error', 'bad'].includes(value) ? isFailed : row => String(row.status).startsWith(value);
    case 'cache': return value === 'hit' ? row => row.cache !== 'none' : ['miss', 'none'].includes(value) ? row => row.cache === 'none' : row => row.cache.startsWith(value);
    case 'model': case 'm': return row => `${row.model} ${row.requested_model} ${row.backend}`.toLowerCase().includes(value);
    case 'project': return row => row.project.toLowerCase().startsWith(value);
    default: return row => row.query_id.startsWith(value);
  }
}
function drawRequests() {
  const matches = filterOf(byId('filter').value), found = [];
  let hits = 0;
  for (let index = state.rows.length - 1; index >= 0; index--) if (matches(state.rows[index])) { hits++; if (found.length < SHOWN) found.push(state.rows[index]); }
  byId('count').textContent = `${count(hits)} of the last ${count(state.rows.length)}` + (hits > SHOWN ? `, ${SHOWN} shown` : '');
  drawTable(byId('table'), found);
}
/** The end of a class name, what is written above, whether it is a number. */
const COLUMNS = [['time', 'time'], ['tier', 'tier'], ['model', 'model'], ['cache', 'cache'], ['st', 'status'],
  ['ms', 'latency', 1], ['tok', 'tokens', 1], ['cost', 'cost', 1], ['saved', 'saved', 1], ['prompt', 'prompt']];
/** Rows that are there already stay: only what is new is made, so that focus and selection hold. */
function drawTable(table, rows) {
  if (!table.tHead) {
    table.append(el('thead', {}, el('tr', {}, COLUMNS.map(([key, label, isNumber]) => el('th', { class: `c-${key}${isNumber ? ' num' : ''}`, scope: 'col' }, label)))), el('tbody'));
  }
  const body = table.tBodies[0], made = new Map([...body.rows].map(row => [row.dataset.id, row]));
  const wanted = rows.map(row => made.get(row.query_id) || rowOf(row));
  const nothing = state.rows.length ? 'No request fits this filter.' : 'No requests yet. Point ANTHROPIC_BASE_URL at this gateway, or try the Router tab.';
  if (!rows.length) wanted.push(el('tr', {}, el('td', { class: 'empty', colspan: COLUMNS.length }, nothing)));
  const isSame = wanted.length === body.rows.length && wanted.every((row, index) => body.rows[index] === row);
  if (!isSame) {
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...wanted);
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }
  for (const row of body.rows) row.setAttribute('aria-current', String(row.dataset.id === state.opened));
}
function rowOf(row) {
  const open = () => openDetail(row.query_id), prompt = row.prompt.slice(0, 300), failed = isFailed(row);
  const cells = [
    clock(row.unix_ms), tierMark(row.tier),
    [row.backend || row.model || row.requested_model, row.is_simulated && el('span', { class: 'dim' }, ' sim'), row.escalations > 0 && el('span', { class: 'tag' }, `esc ${row.escalations}`)],
    el('span', { class: row.cache === 'none' ? 'dim' : 'good' }, row.cache === 'none' ? 'miss' : row.cache),
    el('span', { class: failed ? 'bad' : 'dim' }, failed ? (row.status >= 400 ? row.status : '✖ ' + row.status) : 'ok'),
    duration(row.latency_ms), short(tokensOf(row.usage)), cents(row.cost_usd), cents(row.saved_usd),
    failed && row.error ? [el('span', { class: 'bad' }, row.error.slice(0, 300)), ' ', prompt] : prompt,
  ];
  return el('tr', { tabindex: 0, 'data-id': row.query_id, onclick: open, onkeydown: event => {
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); open(); }
    const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    if (next) { event.preventDefault(); event.currentTarget[next]?.focus(); }
  } }, cells.map((cell, index) => el('td', { class: COLUMNS[index][2] ? 'num' : null, title: index === 9 ? row.prompt.slice(0, 1000) : null }, cell)));
}
byId('filter').addEventListener('input', () => drawRequests());
byId('pause').addEventListener('click', () => {
  state.paused = !state.paused;
  byId('pause').setAttribute('aria-pressed', String(state.paused));
  byId('pause').textContent = state.paused ? 'Go on' : 'Pause';
  drawRequests();
});

async function openDetail(id) {
  if (state.view !== 'requests') go('requests');
  state.opened = id;
  const pane = byId('detail');
  pane.hidden = false;
  byId('split').classList.add('open');
  for (const row of document.querySelectorAll('tr[data-id]')) row.setAttribute('aria-current', String(row.dataset.id === id));
  pane.replaceChildren(el('p', { class: 'empty' }, 'Reading…'));
  try {
    const detail = await ask('exchanges/' + encodeURIComponent(id));
    if (state.opened === id) drawDetail(pane, detail);
  } catch (error) {
    if (state.opened === id) pane.replaceChildren(closeButton(), el('p', { class: 'empty' }, error.message));
  }
  pane.focus({ preventScroll: true });
}
const closeButton = () => el('div', { class: 'top' }, el('button', { class: 'end', onclick: closeDetail, 'aria-label': 'Close' }, 'Close'));
function closeDetail() {
  const id = state.opened;
  state.opened = null;
  byId('detail').hidden = true;
  byId('split').classList.remove('open');
  for (const row of document.querySelectorAll('tr[data-id]')) if (row.dataset.id === id) { row.setAttribute('aria-current', 'false'); if (state.view === 'requests' && row.closest('#table')) row.focus(); }
}
const pairs = entries => el('dl', {}, entries.filter(entry => entry && entry[1] !== null && entry[1] !== undefined && entry[1] !== '').flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
function drawDetail(pane, { summary, decision, attempts, warnings }) {
  const usage = summary.usage || {}, exact = value => value === undefined ? null : money(value, 6), part = (title, ...content) => parts.push(el('h2', {}, title), ...content);
  const parts = [el('div', { class: 'top' }, el('b', { class: 'mono' }, summary.query_id), tierMark(summary.tier),
    summary.is_simulated && el('span', { class: 'tag' }, 'simulated'), el('button', { class: 'end', onclick: closeDetail }, 'Close'))];
  if (summary.prompt) parts.push(el('pre', { class: 'quote' }, summary.prompt));
  const status = [summary.status, summary.stop_reason, summary.stream && 'stream'].filter(Boolean).join(', ');
  part('Outcome', pairs([
    ['when', new Date(summary.unix_ms).toLocaleString()],
    ['asked for', summary.requested_model],
    ['answered by', [summary.model || 'nobody', summary.backend && ` (${summary.backend})`]],
    ['status', el('span', { class: isFailed(summary) ? 'bad' : '' }, status)],
    ['error', summary.error],
    ['cache', summary.cache],
    ['latency', `${duration(summary.latency_ms)}, first byte ${duration(summary.first_byte_ms)}`],
    ['project', summary.project],
    ['workflow', summary.workflow && `${summary.workflow.workflow}: ${summary.workflow.op}`],
  ]));
  const read = `${count(usage.cache_read_tokens)} cache read, ${count(cacheWrites(usage))} cache write`;
  part('Money', pairs([
    ['cost', exact(summary.cost_usd)], ['own calls', exact(summary.overhead_usd)], ['would have cost', exact(summary.baseline_usd)], ['saved', exact(summary.saved_usd)],
    ['tokens', `${count(usage.input_tokens)} in, ${count(usage.output_tokens)} out, ${read}${summary.usage_is_estimated ? ', estimated' : ''}`],
  ]));
  if (decision) part('Why', el('ol', {}, decision.reasons.map(reason => el('li', {}, reason))));
  if (decision) part('Candidates', candidateTable(decision));
  if (attempts.length) part('Calls', el('table', {}, el('tbody', {}, attempts.map(attempt => el('tr', {},
    td(attempt.backend), td(attempt.status ?? 'no answer', attempt.error || attempt.status >= 400 ? 'bad' : 'dim'), td(duration(attempt.duration_ms), 'num'),
    td(money(attempt.cost_usd), 'num'), td(attempt.weakness || attempt.error || ''))))));
  if (decision?.signals?.length) part('Signals', signalList(decision));
  if (warnings.length) part('Warnings', el('ul', { class: 'lines' }, warnings.map(warning => el('li', {}, warning))));
  pane.replaceChildren(...parts);
}
function candidateTable(decision) {
  const dearest = Math.max(...decision.candidates.map(candidate => candidate.estimated_cost_usd), 1e-12);
  return el('table', { class: 'bars' }, el('tbody', {}, decision.candidates.map(candidate => {
    const bar = el('i', { class: 'bar ' + candidate.tier }), { veto } = candidate;
    bar.style.width = 100 * candidate.estimated_cost_usd / dearest + '%';
    const name = candidate.is_chosen ? el('b', {}, candidate.backend, ' ◀') : el('span', { class: veto ? 'dim' : '' }, candidate.backend);
    return el('tr', { title: candidate.model }, td(tierMark(candidate.tier)), td(name), td(money(candidate.estimated_cost_usd, 6), 'num'),
      td(veto ? el('span', { class: 'dim' }, '✖ ' + veto) : bar));
  })));
}
const signalList = decision => el('ul', { class: 'lines' }, decision.signals.map(signal => el('li', {}, `${signal.points >= 0 ? '+' : '\u2212'}${Math.abs(signal.points)}  ${signal.detail}`)));
