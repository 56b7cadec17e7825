// Draws what /figures.json tells, asking every two seconds for what is new since the last answer.
// Sizes, classes and tooltips are those of the report's charts.
const WIDTH = 560, HEIGHT = 250, LEFT = 48, RIGHT = 14, TOP = 10, BOTTOM = 36;
const DRAWN = 500, KEPT = 4000, EVERY_MS = 2000;
const SVG = name => document.createElementNS('http://www.w3.org/2000/svg', name);
let run = null, id = 0, next = 0, steps = [], evaluations = [], lostSince = null;

async function poll() {
  try {
    let answer = await ask(next);
    if (answer.id !== id || steps.length > KEPT) { // another process, or time for its thinned list
      steps = [];
      evaluations = [];
      answer = await ask(0);
    }
    id = answer.id;
    next = answer.next;
    run = answer.run;
    steps.push(...answer.steps);
    evaluations.push(...answer.evaluations);
    lostSince = null;
  } catch (problem) {
    lostSince = lostSince || new Date();
  }
  draw();
  setTimeout(poll, EVERY_MS);
}

async function ask(after) {
  const answer = await fetch('figures.json?after=' + after);
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

const count = n => Number(n).toLocaleString('en-US', {maximumFractionDigits: 0});
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

function draw() {
  if (run) {
    document.title = run.name + ' – step ' + count(run.step);
    document.getElementById('name').textContent = run.name;
    document.getElementById('done').style.width = 100 * run.step / Math.max(1, run.last_step) + '%';
    tiles();
    charts();
    results();
  }
  const state = document.getElementById('state');
  const over = run && run.state !== 'training' && run.state !== 'starting';
  state.className = lostSince && !over ? 'lost' : '';
  state.textContent = (run ? run.method + ', ' + run.state + ', step ' + count(run.step) + ' of ' + count(run.last_step) : '')
    + (run && run.seconds_left !== undefined ? ', about ' + clock(run.seconds_left) + ' left' : '')
    + (lostSince ? (run ? '; ' : '') + (over ? 'the program has ended' : 'no answer since ' + lostSince.toLocaleTimeString()) : '');
}

function clock(seconds) {
  const s = Math.round(seconds), pad = n => String(n).padStart(2, '0');
  return (s >= 3600 ? Math.floor(s / 3600) + ':' + pad(Math.floor(s / 60) % 60) : Math.floor(s / 60)) + ':' + pad(s % 60);
}

function tiles() {
  const last = steps[steps.length - 1] || {}, group = last.statistics || {};
  const came = rate('group_insertions').pop();
  const all = [
    [count(run.step), 'steps', 'of ' + count(run.last_step)],
    [run.loss, 'loss', 'of the last step', v => v.toFixed(3)],
    [run.images_per_second, 'images/s', 'with loading', count],
    [last.data_wait_share, 'data wait', 'share of a step', v => (100 * v).toFixed(1) + ' %'],
    [last.rss_bytes, 'memory', 'resident', v => count(v / 1e6) + ' MB'],
    [group.group_occupied, 'slots in use', came ? count(came[1]) + ' replaced a step' : 'ID group', count],
    [last.learning_rate, 'learning rate', 'now', v => v.toPrecision(3)],
    [run.checkpoint_step || undefined, 'checkpoint', 'newest, at step', count],
  ];
  for (const line of latest().values()) {
    const figures = line.figures, tar = figures.tar_at_far || {};
    const [name, value] = figures.accuracy_mean !== undefined ? ['accuracy', figures.accuracy_mean]
      : ['TAR@FAR ' + Object.keys(tar)[0], Object.values(tar)[0]];
    all.push([value, name, line.set + ', step ' + count(line.step), v => v.toFixed(4)]);
  }
  document.getElementById('tiles').replaceChildren(...all.filter(t => t[0] !== undefined).map(([value, name, note, text]) => {
    const tile = element('div', undefined, 'tile');
    tile.append(element('b', text ? text(value) : value), element('span', name), element('small', note));
    return tile;
  }));
}

const latest = () => new Map(evaluations.map(line => [line.set, line]));

function flat(figures, prefix = '') {
  return Object.entries(figures).flatMap(([key, value]) => typeof value === 'object'
    ? flat(value, key === 'tar_at_far' ? 'TAR@FAR=' : key + '.') : [[prefix + key, value]]);
}

function results() {
  const table = element('table', undefined, 'plain');
  const row = cells => {
    const made = element('tr');
    made.append(...cells.map(cell => element('td', cell)));
    return made;
  };
  table.append(row(['set', 'figure', 'value']));
  for (const [set, line] of latest()) {
    flat(line.figures).forEach(([name, value], i) => table.append(row([
      i ? '' : set + ' (step ' + count(line.step) + ', ' + count(line.images) + ' images' + (line.flip ? ', flip test' : '') + ')',
      name.replaceAll('_', ' '), value.toFixed(4)])));
  }
  const card = element('section', undefined, 'card');
  card.append(element('h3', 'Results'), element('p', 'last evaluation of each set'), table);
  document.getElementById('results').replaceChildren(...(evaluations.length ? [card] : []));
}

// What is drawn: sections of charts, a chart being {title, note, x, series: [[name, [[x, y], ...]], ...]}.

const field = (key, factor = 1) => steps.map(line => [line.step, line[key] * factor]);
const statistic = key => steps.map(line => [line.step, (line.statistics || {})[key]]);
const names = key => [...new Set(steps.flatMap(line => Object.keys(line[key] || {})))];

function rate(key) { // increase per step of what counts since the process began
  const all = statistic(key).filter(p => p[1] !== undefined);
  return all.slice(1).map((p, i) => [p[0], (p[1] - all[i][1]) / (p[0] - all[i][0])]).filter(p => p[1] >= 0);
}

const GROUP = ['existing_share_id_loader', 'existing_share_instance_loader', 'group_occupied', 'group_hits',
  'group_insertions', 'group_evictions', 'group_age_mean', 'group_age_max', 'probe_gallery_cosine'];

function sections() {
  const terms = names('terms');
  const chart = (title, note, series, options) => ({title, note, series, x: 'step', fromZero: true, ...options});
  const judged = [];
  for (const [set, line] of latest()) {
    judged.push(chart('ROC on ' + set, 'true accept rate by false accept rate, at step ' + line.step,
      [['TAR', line.roc || []]], {x: 'false accept rate', logX: true}));
    const own = evaluations.filter(e => e.set === set);
    const figures = flat(line.figures).map(f => f[0]).filter(name => !name.endsWith('_std'));
    if (own.length > 1) {
      judged.push(chart('Figures on ' + set, 'at each evaluation', figures.map(name =>
        [name, own.map(e => [e.step, new Map(flat(e.figures)).get(name)])]), {fromZero: false}));
    }
  }
  return [
    ['Training', [
      chart('Loss', 'of the reported steps, and its terms', [['loss', field('loss')],
        ...(terms.length > 1 ? terms.map(t => [t, steps.map(line => [line.step, line.terms[t]])]) : [])]),
      chart('Learning rate', '', [['rate', field('learning_rate')]]),
      chart('Gradient norm', 'before clipping', [['norm', field('gradient_norm')]]),
      chart('Probe and gallery', 'mean cosine between the two networks\' embeddings of one identity',
        [['cosine', statistic('probe_gallery_cosine')]], {fromZero: false}),
    ]],
    ['Machine', [
      chart('Throughput', 'images per second', [['images/s', field('images_per_second')]]),
      chart('Waiting for data', 'share of the time of a step, in percent', [['data wait', field('data_wait_share', 100)]]),
      chart('Memory', 'resident, in MB', [['resident', field('rss_bytes', 1e-6)]]),
    ]],
    ['ID group', [
      chart('Group fill', 'slots in use', [['occupied', statistic('group_occupied')]]),
      chart('Replacement', 'images per step whose identity was there (hits), came in, went out',
        [['hits', rate('group_hits')], ['came in', rate('group_insertions')], ['went out', rate('group_evictions')]]),
      chart('Samples that meet their identity in the group', 'share of existing IDs, by loader; the rest are fresh',
        [['ID loader', statistic(GROUP[0])], ['instance loader', statistic(GROUP[1])]]),
      chart('Slot age', 'steps since a slot was last written',
        [['mean', statistic('group_age_mean')], ['largest', statistic('group_age_max')]]),
    ]],
    ['Evaluations', judged],
    ['Other figures', names('statistics').filter(name => !GROUP.includes(name)).map(name =>
      chart(name.replaceAll('_', ' '), '', [[name, statistic(name)]], {fromZero: false}))],
  ];
}

const figures = new Map(); // by title; drawn anew in place, so that a tooltip stays
let layout = '';

function charts() {
  const shown = sections().map(([heading, all]) => [heading, all.map(chart => ({...chart, series: chart.series
    .map(([name, points]) => [name, thinned(points.filter(p => Number.isFinite(p[1]) && (!chart.logX || p[0] > 0)))])
    .filter(s => s[1].length)})).filter(chart => chart.series.length)]).filter(section => section[1].length);
  const drawn = shown.map(([heading, all]) => [heading, all.map(figure)]);
  const wanted = JSON.stringify(shown.map(([heading, all]) => [heading, all.map(chart => chart.title)]));
  if (wanted === layout) return;
  layout = wanted;
  document.getElementById('charts').replaceChildren(...drawn.flatMap(([heading, all]) => {
    const grid = element('div', undefined, 'grid');
    grid.append(...all);
    return [element('h2', heading), grid];
  }));
}

function thinned(points) { // neighbours are averaged
  const stride = Math.ceil(points.length / DRAWN);
  if (stride <= 1) return points;
  const thin = [];
  for (let i = 0; i < points.length; i += stride) {
    const part = points.slice(i, i + stride);
    thin.push([part[part.length - 1][0], part.reduce((sum, p) => sum + p[1], 0) / part.length]);
  }
  return thin;
}

function figure(chart) {
  let made = figures.get(chart.title);
  if (!made) {
    made = element('figure', undefined, 'card chart');
    made.append(element('figcaption'), SVG('svg'));
    made.lastChild.setAttribute('viewBox', '0 0 ' + WIDTH + ' ' + HEIGHT);
    made.lastChild.setAttribute('role', 'img');
    made.lastChild.setAttribute('aria-label', chart.title);
    showValues(made.lastChild);
    figures.set(chart.title, made);
  }
  const caption = made.firstChild;
  caption.replaceChildren(element('h3', chart.title));
  if (chart.note) caption.append(element('p', chart.note));
  if (chart.series.length > 1) {
    const legend = element('ul', undefined, 'legend');
    legend.append(...chart.series.map(([name], i) => element('li', name, 'c' + i % 6)));
    caption.append(legend);
  }
  drawChart(made.lastChild, chart);
  return made;
}

function drawChart(svg, chart) {
  const xs = chart.series.flatMap(s => s[1].map(p => p[0])), ys = chart.series.flatMap(s => s[1].map(p => p[1]));
  if (chart.fromZero) ys.push(0);
  const x = chart.logX ? logarithmic(lowest(xs), highest(xs)) : tight(lowest(xs), highest(xs), 6);
  const y = linear(lowest(ys), highest(ys), 4);
  const toX = v => LEFT + x.position(v) * (WIDTH - LEFT - RIGHT);
  const toY = v => HEIGHT - BOTTOM - y.position(v) * (HEIGHT - TOP - BOTTOM);
  const add = (name, attributes, text) => {
    const made = SVG(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    svg.append(made);
  };
  svg.replaceChildren();
  for (const tick of y.ticks) {
    add('line', {class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: toY(tick), y2: toY(tick)});
    add('text', {class: 'tick', x: LEFT - 7, y: toY(tick) + 4, 'text-anchor': 'end'}, y.label(tick));
  }
  for (const tick of x.ticks) {
    add('line', {class: 'grid', x1: toX(tick), x2: toX(tick), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4});
    add('text', {class: 'tick', x: toX(tick), y: HEIGHT - BOTTOM + 17, 'text-anchor': 'middle'}, x.label(tick));
  }
  add('text', {class: 'tick', x: WIDTH - RIGHT, y: HEIGHT - 4, 'text-anchor': 'end'}, chart.x);
  chart.series.forEach(([name, points], i) => {
    const at = points.map(p => [toX(p[0]), toY(p[1])]);
    if (at.length === 1) add('circle', {class: 'c' + i % 6 + ' dot', cx: at[0][0], cy: at[0][1], r: 3.5});
    else add('path', {class: 'c' + i % 6 + ' line', d: 'M' + at.map(p => p[0].toFixed(1) + ' ' + p[1].toFixed(1)).join('L')});
  });
  svg.dataset.chart = JSON.stringify({x: chart.x, s: chart.series.map(([name, points]) =>
    [name, points.map(p => [toX(p[0]), toY(p[1]), brief(p[0]), brief(p[1])])])});
}

const lowest = values => values.reduce((a, b) => Math.min(a, b));
const highest = values => values.reduce((a, b) => Math.max(a, b));
const brief = v => Number.isInteger(v) ? String(v) : v.toPrecision(5);

// Axes: {ticks, position(value) in [0, 1], label(tick)}.

function linear(min, max, wanted) {
  if (!(max > min)) {
    const margin = min === 0 ? 1 : Math.abs(min) * 0.1;
    return linear(min - margin, min + margin, wanted);
  }
  const rough = (max - min) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find(unit => rough / power <= unit);
  const from = Math.floor(min / step + 1e-9), to = Math.ceil(max / step - 1e-9), ticks = [];
  for (let i = from; i <= to; i++) ticks.push(i * step);
  return even(from * step, to * step, ticks, step);
}

function tight(min, max, wanted) {
  const round = linear(min, max, wanted);
  return max > min ? even(min, max, round.ticks.filter(t => t >= min && t <= max), round.step) : round;
}

function even(low, high, ticks, step) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const [unit, suffix] = size < 1e4 ? [1, ''] : size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  let digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  const scaled = step / unit * 10 ** digits;
  if (Math.abs(scaled - Math.round(scaled)) > 1e-6) digits++; // steps of 0.25
  return {ticks, step, position: v => (v - low) / (high - low), label: tick => tick === 0 ? (0).toFixed(suffix ? 0 : digits)
    : size < 1e-3 ? tick.toExponential(1) : (tick / unit).toFixed(digits) + suffix};
}

function logarithmic(min, max) {
  const from = Math.floor(Math.log10(min) + 1e-9);
  const to = Math.max(from + 1, Math.ceil(Math.log10(max) - 1e-9)), ticks = [];
  for (let i = from; i <= to; i++) ticks.push(10 ** i);
  return {ticks, position: v => (Math.log10(v) - from) / (to - from),
    label: tick => Math.round(Math.log10(tick)) === 0 ? '1' : '1e' + Math.round(Math.log10(tick))};
}

poll();
