const link = { attempt: 0, lastHeard: 0, controller: null, timer: 0, rest: 0, isLive: false, isResting: false };
const headers = more => ({ ...(state.key ? { 'X-API-Key': state.key } : {}), ...more });

/** EventSource cannot send the key, so the stream is read by hand. */
async function connect() {
  clearTimeout(link.timer);
  link.controller?.abort();
  const controller = link.controller = new AbortController();
  link.isResting = false;
  let problem = 'the gateway does not answer';
  try {
    const answer = await fetch('/dashboard/events', { headers: headers(), signal: controller.signal, cache: 'no-store' });
    if (!answer.ok) {
      const message = await messageOf(answer);
      if (answer.status === 401) return askForKey(state.key ? 'This key is not the admin key.' : 'The figures are for the operator.');
      if (answer.status === 403 || answer.status === 404) { explain('No dashboard here', message); throw new Error(message); }
      throw new Error(message);
    }
    byId('gate').hidden = true;
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    let buffer = '';
    link.lastHeard = Date.now();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      link.lastHeard = Date.now();
      const events = (buffer + decoder.decode(value, { stream: true })).split('\n\n');
      buffer = events.pop();
      for (const event of events) receive(event);
    }
    problem = 'the gateway ended the connection';
  } catch (error) {
    if (controller !== link.controller) return;
    if (error instanceof Error && error.message && error.name === 'Error') problem = error.message;
  }
  if (controller === link.controller) retry(problem);
}
function receive(event) {
  let name = '', data = '';
  for (const line of event.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (!data) return;
  const value = JSON.parse(data);
  if (name === 'exchange') remember(value);
  else if (name === 'minutes') { for (const minute of value) state.minutes.set(minute.unix_ms, minute); while (state.minutes.size > 121) state.minutes.delete(Math.min(...state.minutes.keys())); }
  else if (name === 'snapshot') {
    state.snapshot = value;
    link.attempt = 0;
    if (!link.isLive) loadLong();
    setLink(true, 'live');
    show(state.view);
  }
  draw();
}
function retry(problem) {
  const seconds = Math.min(10, 0.5 * 2 ** link.attempt++) * (0.75 + Math.random() / 2);
  setLink(false, `lost: ${problem}; next try in ${Math.max(1, Math.round(seconds))} s`);
  clearTimeout(link.timer);
  link.timer = setTimeout(connect, seconds * 1000);
}
function setLink(isLive, text) {
  link.isLive = isLive;
  const mark = byId('link');
  mark.className = isLive ? 'live' : 'lost';
  if (mark.textContent !== text) mark.textContent = plain(text);
  document.body.classList.toggle('lost', !isLive && !!state.snapshot);
}
// A connection may be dead without a word, after a night's sleep for one.
setInterval(() => { if (link.isLive && Date.now() - link.lastHeard > 6000) { setLink(false, 'lost: nothing was heard for 6 s'); connect(); } }, 1000);
window.addEventListener('online', () => { if (!link.isLive) connect(); });
// A browser opens six connections to one address: tabs that nobody looks at leave theirs to the others.
document.addEventListener('visibilitychange', () => {
  clearTimeout(link.rest);
  if (document.hidden) link.rest = setTimeout(rest, 60000);
  else if (link.isResting) connect();
});
function rest() {
  const controller = link.controller;
  clearTimeout(link.timer);
  link.controller = null;
  link.isResting = true;
  controller?.abort();
  setLink(false, 'resting');
}

async function messageOf(answer) {
  try { const body = await answer.json(); return body.error.message; } catch { return 'HTTP ' + answer.status; }
}
const request = (path, body, signal) => fetch('/dashboard/api/' + path, body
  ? { method: 'POST', headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body), signal, cache: 'no-store' }
  : { headers: headers(), signal, cache: 'no-store' });
/** A JSON answer of the daemon's; throws a text for people. */
async function ask(path, body, signal) {
  const answer = await request(path, body, signal);
  if (!answer.ok) throw new Error(await messageOf(answer));
  return answer.json();
}

function explain(title, text) {
  byId('gate-title').textContent = title;
  byId('gate-text').textContent = plain(text);
  byId('key-form').hidden = true;
  byId('gate').hidden = false;
  for (const view of VIEWS) byId(view).hidden = true;
}
function askForKey(text) {
  state.snapshot = null;
  explain('The admin key, please', text + ' The key stays in this tab and is forgotten with it.');
  byId('key-form').hidden = false;
  setLink(false, 'locked');
  byId('forget').hidden = true;
  byId('key').focus();
}
byId('key-form').addEventListener('submit', event => {
  event.preventDefault();
  keepKey(byId('key').value.trim());
  byId('key').value = '';
  connect();
});
byId('forget').addEventListener('click', () => { keepKey(''); state.rows = []; state.known.clear(); state.minutes.clear(); closeDetail(); connect(); });
function keepKey(key) {
  // A header's value has no other characters.
  state.key = /^[\x21-\x7e]*$/.test(key) ? key : '';
  try { state.key ? sessionStorage.setItem('gateway.key', state.key) : sessionStorage.removeItem('gateway.key'); } catch { /* see above */ }
}
