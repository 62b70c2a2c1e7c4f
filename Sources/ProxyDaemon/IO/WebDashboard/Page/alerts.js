/** A dollar amount in a sentence, as the terminal's dashboard has it. */
const amount = value => Math.abs(value) >= 0.01 || value === 0 ? money(value, 2) : money(value, 4);

/** What a person should look at, the worst first: the same as in the terminal's dashboard (Alerts.swift). */
function alertsOf(snapshot) {
  const found = [], bad = text => found.push(['bad', text]), warning = text => found.push(['', text]);
  for (const { name, health } of snapshot.backends) {
    const why = health?.last_error ? ': ' + health.last_error : '';
    if (health?.state === 'broken') bad(`${name}: its circuit breaker is open${why}`);
    if (health?.state === 'down') bad(`${name} is down${why}`);
  }
  const { homes = [], semantic } = snapshot.cache, down = homes.filter(home => home.state === 'down');
  for (const home of down) bad(`${home.name} is down${home.detail ? ': ' + home.detail : ''}`);
  if (semantic?.is_suspended && semantic.off) bad(`the semantic cache is off: ${semantic.off}`);
  for (const { scope, period, spent_usd: spent, limit_usd: limit } of snapshot.limits?.budgets || []) {
    const share = limit > 0 ? spent / limit : 1, whose = scope === 'all' ? 'all projects' : scope.replace('project:', 'project ');
    if (share >= 0.8) (share >= 1 ? bad : warning)(`${whose}: ${Math.round(100 * share)}% of the ${period}'s budget (${amount(spent)} of ${amount(limit)})`);
  }
  if (snapshot.storage?.problem) bad(snapshot.storage.problem);
  if (snapshot.storage?.lost > 0) bad(`${count(snapshot.storage.lost)} rows of the books were lost`);
  if (semantic && !semantic.is_suspended && semantic.false_hit_rate > semantic.max_false_hit_rate / 2) {
    const shares = [semantic.false_hit_rate, semantic.max_false_hit_rate].map(share => (100 * share).toFixed(1) + '%');
    (semantic.false_hit_rate > semantic.max_false_hit_rate ? bad : warning)(`${shares[0]} of the semantic cache's hits are wrong, allowed are ${shares[1]}`);
  }
  // What a home that is down means is among the warnings, too.
  const isSaid = text => down.some(home => text.startsWith(`the cache goes on without ${home.name}:`)) || (semantic?.off && text === `the semantic cache is off: ${semantic.off}`);
  for (const text of snapshot.warnings) if (!isSaid(text)) warning(text);
  return [...found.filter(([kind]) => kind), ...found.filter(([kind]) => !kind)];
}
function drawAlerts() {
  const item = (mark, colour, text) => el('li', { title: text }, el('b', { class: colour }, mark), el('span', {}, text));
  const items = alertsOf(state.snapshot).map(([kind, text]) => item(kind ? '✖' : '▲', kind || 'dim', text));
  byId('alerts').replaceChildren(...(items.length ? items : [item('●', 'good', 'nothing wants a look')]));
}
