function drawMonth() {
  const month = state.snapshot.month, name = new Date(state.snapshot.unix_ms).toLocaleString('en-US', { month: 'long', timeZone: 'UTC' }), usage = month.usage || {};
  const hits = hitsOf(month), budget = budgetOf('month'), own = Object.values(month.overhead_usd || {}).reduce((sum, value) => sum + (value || 0), 0);
  byId('month').replaceChildren(
    card(`Spent in ${name}`, brief(month.cost_usd), budget ? `of ${money(budget.limit_usd)} a month` : `${count(month.requests)} requests`, { budget }),
    card('Would have cost', brief(month.baseline_usd), 'all on premium'),
    card('Saved', brief(month.saved_usd), percent(month.saved_usd, month.baseline_usd) + ' of it'),
    card('Own calls', brief(own), 'in what was spent'),
    card('Cache hits', percent(hits, month.requests), `${count(hits)} of ${count(month.requests)}`),
    card('Tokens in', short(tokensIn(usage)), `${short(usage.cache_read_tokens || 0)} cache read`),
    card('Tokens out', short(usage.output_tokens || 0), 'of models'),
    card('Errors', percent(month.errors, month.requests, 1), `${count(month.errors)} of ${count(month.requests)}`));
}
segments('by', [['day', 'by day'], ['project', 'by project'], ['model', 'by model'], ['key', 'by key']], () => state.by, value => { state.by = value; loadUsage(); });
segments('since', [['week', '7 days'], ['month', 'this month'], ['all', 'all']], () => state.since, value => { state.since = value; loadUsage(); });
setInterval(() => { if (state.view === 'history' && link.isLive) loadUsage(); }, 30000);
async function loadUsage() {
  const now = new Date(), by = state.by, span = state.since;
  const first = span === 'week' ? new Date(now - 6 * 86400000) : span === 'month' ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)) : null;
  byId('usage-state').textContent = 'reading…';
  try {
    const { usage } = await ask(`usage?by=${by}` + (first ? `&since=${first.toISOString().slice(0, 10)}` : ''));
    if (by !== state.by || span !== state.since) return;
    byId('usage-state').textContent = usage.length ? 'days by UTC' : '';
    drawUsage(by === 'day' ? usage.reverse() : usage, by);
  } catch (error) {
    byId('usage-state').textContent = '';
    byId('usage').replaceChildren(el('tbody', {}, el('tr', {}, el('td', { class: 'empty' }, error.message))));
  }
}
function drawUsage(rows, by) {
  const dearest = Math.max(...rows.map(row => row.cost_usd), 1e-12), none = { project: '–', key: 'without a key', model: 'no model', day: '–' }[by];
  const head = [by, 'requests', 'errors', 'cache hits', 'tokens', 'saved', 'cost', ''].map((label, index) => el('th', { class: index && index < 7 ? 'num' : null, scope: 'col' }, label));
  byId('usage').className = 'bars';
  byId('usage').replaceChildren(el('thead', {}, el('tr', {}, head)), el('tbody', {}, rows.length ? rows.map(row => {
    const bar = el('i', { class: 'bar' });
    bar.style.width = 100 * row.cost_usd / dearest + '%';
    const cells = [count(row.requests), count(row.errors), percent(hitsOf(row), row.requests), short(tokensOf(row.usage)), brief(row.saved_usd), brief(row.cost_usd)];
    return el('tr', {}, el('td', {}, row[by] || el('span', { class: 'dim' }, none)), cells.map(cell => el('td', { class: 'num' }, cell)), el('td', {}, bar));
  }) : el('tr', {}, el('td', { class: 'empty', colspan: 8 }, 'Nothing yet in this time.'))));
}

show(VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'overview');
window.addEventListener('hashchange', () => { if (VIEWS.includes(location.hash.slice(1))) go(location.hash.slice(1)); });
connect();
