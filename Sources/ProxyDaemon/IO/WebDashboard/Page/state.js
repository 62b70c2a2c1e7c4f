const state = { view: 'overview', snapshot: null, minutes: new Map(), rows: [], known: new Set(), paused: false, opened: null, span: 'today', range: 'hour', long: null, by: 'day', since: 'month', key: '' };
try { state.key = sessionStorage.getItem('gateway.key') || ''; } catch { /* no storage: the key is asked for again */ }

function remember(row) {
  if (!row || typeof row.query_id !== 'string' || state.known.has(row.query_id)) return;
  state.known.add(row.query_id);
  row.text = [row.prompt, row.model, row.requested_model, row.backend, row.project, row.error, row.query_id, row.cache, row.tier, row.status, row.workflow && row.workflow.workflow].join(' ').toLowerCase();
  state.rows.push(row);
  if (state.rows.length > KEPT) state.known.delete(state.rows.shift().query_id);
}

/** Draws at most four times a second, however many events come, and what is looked at alone. */
let isDrawing = false;
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  setTimeout(() => requestAnimationFrame(() => {
    isDrawing = false;
    drawHeader();
    if (!state.snapshot) return;
    if (state.view === 'overview') drawOverview();
    if (state.view === 'requests' && !state.paused) drawRequests();
    if (state.view === 'history') drawMonth();
    if (state.view === 'router') drawChoices();
  }), 250);
}
