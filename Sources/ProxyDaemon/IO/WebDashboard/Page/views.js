const VIEWS = ['overview', 'requests', 'router', 'history'];
function show(view) {
  state.view = view;
  for (const name of VIEWS) {
    byId(name).hidden = name !== view || !state.snapshot;
    const tab = byId('tab-' + name);
    tab.setAttribute('aria-selected', name === view);
    tab.tabIndex = name === view ? 0 : -1;
  }
}
function go(view) {
  if (location.hash.slice(1) !== view) history.replaceState(null, '', '#' + view);
  show(view);
  if (view === 'history') loadUsage();
  if (view === 'requests') drawRequests();
  draw();
}
for (const view of VIEWS) byId('tab-' + view).addEventListener('click', () => go(view));
document.querySelector('nav').addEventListener('keydown', event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = VIEWS[(VIEWS.indexOf(state.view) + step + VIEWS.length) % VIEWS.length];
  go(next);
  byId('tab-' + next).focus();
});
byId('all').addEventListener('click', () => go('requests'));
document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && !byId('detail').hidden) return closeDetail();
  if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key >= '1' && event.key <= '4') go(VIEWS[event.key - 1]);
  if (event.key === '/') { event.preventDefault(); go('requests'); byId('filter').focus(); }
});

const prefersLight = matchMedia('(prefers-color-scheme: light)');
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = theme === 'light' ? 'Dark' : 'Light';
  draw();
}
let chosenTheme = '';
try { chosenTheme = localStorage.getItem('gateway.theme') || ''; } catch { /* as the system says, then */ }
setTheme(chosenTheme || (prefersLight.matches ? 'light' : 'dark'));
prefersLight.addEventListener('change', () => { if (!chosenTheme) setTheme(prefersLight.matches ? 'light' : 'dark'); });
byId('theme').addEventListener('click', () => {
  chosenTheme = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
  try { localStorage.setItem('gateway.theme', chosenTheme); } catch { /* for this page, then */ }
  setTheme(chosenTheme);
});
window.addEventListener('resize', draw);

function segments(id, choices, current, choose) {
  byId(id).replaceChildren(...choices.map(([value, label]) => el('button', { 'aria-pressed': String(value === current()), onclick: event => {
    choose(value);
    for (const button of byId(id).children) button.setAttribute('aria-pressed', String(button === event.currentTarget));
  } }, label)));
}
segments('gauge-span', [['today', 'today'], ['month', 'month']], () => state.span, value => { state.span = value; draw(); });

const isAllSimulated = () => state.snapshot.is_demo || state.snapshot.backends.every(backend => backend.is_simulated);
function drawHeader() {
  const snapshot = state.snapshot;
  byId('forget').hidden = !state.key || !snapshot;
  if (!snapshot) return;
  const simulated = snapshot.backends.filter(backend => backend.is_simulated).length;
  byId('demo').hidden = !simulated;
  byId('demo').textContent = isAllSimulated() ? 'SIMULATED' : `${simulated} MODEL${simulated > 1 ? 'S' : ''} SIMULATED`;
  byId('demo').title = isAllSimulated() ? 'Every answer is simulated: no money moves, and the figures are as if it did.' : 'Some figures are of simulated models.';
  byId('uptime').textContent = 'up ' + uptime(snapshot.uptime_seconds);
}
