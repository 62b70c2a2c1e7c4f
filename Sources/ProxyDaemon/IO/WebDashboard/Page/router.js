const router = { timer: 0, dry: null, sending: null };
byId('tier').replaceChildren(el('option', { value: '' }, 'as routed'), ...TIERS.map(tier => el('option', { value: tier }, tier)));
function drawChoices() {
  const names = ['auto', ...state.snapshot.backends.map(backend => backend.name)], select = byId('model');
  if ([...select.options].map(option => option.value).join('\n') === names.join('\n')) return;
  const kept = select.value;
  select.replaceChildren(...names.map(name => el('option', { value: name }, name)));
  if (names.includes(kept)) select.value = kept;
}
const question = () => ({ prompt: byId('prompt').value, model: byId('model').value || 'auto', tier: byId('tier').value || undefined });
function dryRunSoon() {
  clearTimeout(router.timer);
  router.timer = setTimeout(dryRun, 300);
}
for (const id of ['prompt', 'model', 'tier']) byId(id).addEventListener('input', dryRunSoon);
async function dryRun() {
  router.dry?.abort();
  if (!byId('prompt').value.trim()) { byId('dry-state').textContent = ''; return byId('dry').replaceChildren(el('p', { class: 'empty' }, 'Nothing typed yet.')); }
  const controller = router.dry = new AbortController(), began = performance.now();
  byId('dry-state').textContent = 'asking…';
  try {
    const decision = await ask('route', question(), controller.signal);
    byId('dry-state').textContent = `dry run, nothing sent · ${Math.round(performance.now() - began)} ms`;
    drawDecision(decision);
  } catch (error) {
    if (controller.signal.aborted) return;
    byId('dry-state').textContent = '';
    byId('dry').replaceChildren(el('p', { class: 'bad' }, error.message));
  }
}
function drawDecision(decision) {
  const chosen = decision.candidates.find(candidate => candidate.is_chosen), bounds = decision.thresholds;
  byId('dry').replaceChildren(
    el('div', { class: 'sum' }, fact('goes to', chosen ? chosen.backend : 'nobody'), fact('tier', tierMark(chosen?.tier)),
      fact('score', decision.score ?? '–'), fact('task', (decision.task_type || '–').replaceAll('_', ' ')),
      fact('sure to', decision.confidence === undefined ? '–' : percent(decision.confidence, 1)), fact('by', decision.classifier), fact('about', chosen ? cents(chosen.estimated_cost_usd) : '–')),
    decision.score === undefined || !bounds ? '' : scale(decision.score, bounds),
    el('h2', {}, 'Cost on each model'), candidateTable(decision), el('h2', {}, 'Why'), el('ol', {}, decision.reasons.map(reason => el('li', {}, reason))),
    decision.signals.length ? el('details', {}, el('summary', { class: 'dim' }, 'Signals'), signalList(decision)) : '');
}
/** The scale from 0 to 100 with the bounds between the tiers and where the prompt stands. */
function scale(score, bounds) {
  const node = svg('svg', { class: 'chart', viewBox: '0 0 400 34', role: 'img', 'aria-label': `Score ${score}: fast up to ${bounds.fast_max}, balanced up to ${bounds.balanced_max}` });
  node.style.height = '34px';
  node.setAttribute('preserveAspectRatio', 'none');
  const parts = [['fast', 0, bounds.fast_max], ['balanced', bounds.fast_max, bounds.balanced_max], ['premium', bounds.balanced_max, 100]];
  for (const [tier, from, to] of parts) node.append(svg('rect', { class: tier + ' fill', x: from * 4, width: Math.max(0, (to - from) * 4 - 1), y: 14, height: 7, opacity: .55 }));
  const x = Math.min(397, Math.max(3, score * 4));
  node.append(svg('rect', { x: x - 1.5, y: 8, width: 3, height: 19, fill: 'var(--text)' }));
  return node;
}
byId('send').addEventListener('click', send);
byId('stop').addEventListener('click', () => router.sending?.abort());
byId('prompt').addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(); });
async function send() {
  if (router.sending || !byId('prompt').value.trim()) return;
  const controller = router.sending = new AbortController(), box = byId('answer');
  byId('send').disabled = true;
  byId('stop').hidden = false;
  box.textContent = '';
  byId('answer-sum').replaceChildren();
  byId('answer-state').textContent = 'sending…';
  let id = '';
  try {
    const answer = await request('send', question(), controller.signal);
    id = answer.headers.get('x-gateway-query-id') || '';
    if (!answer.ok) throw new Error(await messageOf(answer));
    byId('answer-state').textContent = 'answering…';
    await readAnswer(answer, text => { box.append(document.createTextNode(plain(text, true))); box.scrollTop = box.scrollHeight; });
    byId('answer-state').textContent = '';
  } catch (error) {
    byId('answer-state').textContent = controller.signal.aborted ? 'stopped' : plain(error.message);
  }
  router.sending = null;
  byId('send').disabled = false;
  byId('stop').hidden = true;
  if (id) drawCost(id);
}
/** Anthropic's events, or one JSON answer where it was not streamed. */
async function readAnswer(answer, tell) {
  if (!(answer.headers.get('content-type') || '').startsWith('text/event-stream'))
    return tell((await answer.json()).content.map(block => block.text || '').join(''));
  const reader = answer.body.getReader(), decoder = new TextDecoder();
  for (let buffer = ''; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (buffer + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    buffer = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5)).join('');
      if (!data) continue;
      const body = JSON.parse(data);
      if (body.type === 'content_block_delta' && body.delta.text) tell(body.delta.text);
      if (body.type === 'error') throw new Error(body.error.message);
    }
  }
}
async function drawCost(id) {
  try {
    const { summary } = await ask('exchanges/' + encodeURIComponent(id));
    byId('answer-sum').replaceChildren(
      fact('answered by', summary.backend || 'nobody'), fact('tier', tierMark(summary.tier)),
      fact(summary.is_simulated ? 'cost, simulated' : 'cost', money(summary.cost_usd, 6)), fact('saved', money(summary.saved_usd, 6)),
      fact('cache', summary.cache), fact('tokens', count(tokensOf(summary.usage))),
      fact('latency', duration(summary.latency_ms)), fact('first byte', duration(summary.first_byte_ms)),
      el('button', { onclick: () => openDetail(id) }, 'Why'));
  } catch { /* its row tells the same */ }
}
