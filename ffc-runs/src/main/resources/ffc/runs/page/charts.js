// Draws the charts of a page as its reader asks: linear or logarithmic axes, what x counts, smoothed, without some of their
// series; and shows the values under the pointer. Each chart carries its points in data-chart (Chart.java draws the same
// without a script), each run what images and time its steps took in data-timeline (Timeline.java).
var charts = (function () {
  'use strict';
  var HEIGHT = 250, TOP = 10, BOTTOM = 36, RIGHT = 14, GAP = 7, LEFT = 48, CHARACTER = 6.6;
  var WIDE = 560, NARROW = 480, NARROWEST = 240;
  var COLUMN = { images: 1, seconds: 2 };
  var UNITS = [['hours', 3600, 10800], ['minutes', 60, 300], ['seconds', 1, 0]];

  // What the reader has asked for; it outlives the drawings of a page that follows its run.
  var asked = { x: 'step', smooth: 0, log: {}, off: {} };
  var timelines = {}, drawn = [];

  function all(root, selector) { return Array.prototype.slice.call(root.querySelectorAll(selector)); }
  function log10(v) { return Math.log(v) / Math.LN10; }

  function element(parent, name, attributes, text) {
    var made = document.createElementNS(parent.namespaceURI, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  }

  // Axes, as in Axis.java.

  function linear(min, max, wanted, tight) {
    if (!(max > min)) {
      if (tight) return { low: min - 1, high: min + 1, ticks: [min] };
      var margin = min === 0 ? 1 : Math.abs(min) * 0.1;
      return linear(min - margin, min + margin, wanted);
    }
    var rough = (max - min) / wanted, power = Math.pow(10, Math.floor(log10(rough))), unit = rough / power;
    var step = power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 2.5 ? 2.5 : unit <= 5 ? 5 : 10);
    var low = Math.floor(min / step + 1e-9) * step, high = Math.ceil(max / step - 1e-9) * step, ticks = [];
    for (var i = Math.round(low / step); i <= Math.round(high / step); i++) {
      if (!tight || (i * step >= min && i * step <= max)) ticks.push(i * step);
    }
    return { low: tight ? min : low, high: tight ? max : high, ticks: ticks };
  }

  function logarithmic(min, max) {
    var from = Math.floor(log10(min) + 1e-9), to = Math.max(from + 1, Math.ceil(log10(max) - 1e-9)), ticks = [];
    var few = to - from <= 2;
    for (var e = from; e <= to; e++) {
      (few && e < to ? [1, 2, 5] : [1]).forEach(function (digit) { ticks.push(digit * Math.pow(10, e)); });
    }
    while (few && ticks.length > 2 && ticks[1] <= min * (1 + 1e-9)) ticks.shift();
    while (few && ticks.length > 2 && ticks[ticks.length - 2] >= max * (1 - 1e-9)) ticks.pop();
    return { low: ticks[0], high: ticks[ticks.length - 1], log: true, ticks: ticks };
  }

  function position(axis, v) {
    return axis.log ? Math.log(v / axis.low) / Math.log(axis.high / axis.low) : (v - axis.low) / (axis.high - axis.low);
  }

  function decimals(value, step) {
    var digits = Math.max(0, Math.ceil(-log10(step) - 1e-9)), scaled = step * Math.pow(10, digits);
    if (Math.abs(scaled - Math.round(scaled)) > 1e-6) digits++;
    return value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
  }

  function label(axis, tick) {
    if (axis.log) {
      var e = Math.floor(log10(tick) + 1e-9), digit = Math.round(tick / Math.pow(10, e));
      return axis.high / axis.low > 101 || e < -3 || e > 3
        ? (e === 0 ? '1' : digit + 'e' + e) : (digit * Math.pow(10, e)).toFixed(Math.max(0, -e));
    }
    var size = Math.max(Math.abs(axis.low), Math.abs(axis.high));
    var step = axis.ticks.length > 1 ? axis.ticks[1] - axis.ticks[0] : size;
    if (size >= 10000) {
      var unit = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : 1e3;
      return tick === 0 ? '0' : decimals(tick / unit, step / unit) + (unit === 1e9 ? 'G' : unit === 1e6 ? 'M' : 'k');
    }
    if (size < 1e-3 && tick !== 0) return tick.toExponential(1);
    return decimals(tick, step);
  }

  // What x counts.

  function timeline(run) { return timelines[run] || timelines['']; }

  function along(run, step) {
    if (asked.x === 'step') return step;
    var points = (timeline(run) || []).filter(function (p) { return p[COLUMN[asked.x]] !== null; });
    if (!points.length) return null;
    var i = 0;
    while (i < points.length - 1 && points[i][0] < step) i++;
    var to = points[i], from = i > 0 ? points[i - 1] : [0, 0, 0], column = COLUMN[asked.x];
    return to[0] === from[0] ? to[column]
      : from[column] + (to[column] - from[column]) * (step - from[0]) / (to[0] - from[0]);
  }

  function knows(column) {
    return Object.keys(timelines).some(function (run) {
      return timelines[run].some(function (p) { return p[column] !== null; });
    });
  }

  // An exponential average that begins with the first value instead of zero.
  function smoothed(points) {
    var sum = 0, weight = 0;
    return points.map(function (p) {
      sum = asked.smooth * sum + (1 - asked.smooth) * p[1];
      weight = asked.smooth * weight + (1 - asked.smooth);
      return [p[0], sum / weight];
    });
  }

  // A run that is hidden in one chart is hidden in all, a series of one run in its chart only.
  function offKey(chart, name) { return timelines[name] ? name : chart.key + '/' + name; }

  function isLog(chart, axis) {
    var own = asked.log[chart.key + axis];
    return own === undefined ? chart.data['log' + axis.toUpperCase()] : own;
  }

  function range(series, coordinate) {
    var values = [];
    series.forEach(function (s) { s.points.forEach(function (p) { values.push(p[coordinate]); }); });
    return [Math.min.apply(null, values), Math.max.apply(null, values)];
  }

  function prepare(chart) {
    var inSteps = chart.data.x === 'step', owner = '', unit = null;
    var ofTime = inSteps && asked.x !== 'step' && Object.keys(timelines).length > 0;
    var series = chart.data.s.map(function (s) {
      owner = s[0] || owner;
      return { name: s[0], colour: s[1], look: s[2], off: asked.off[offKey(chart, owner)], points: s[3].map(function (p) {
        return [ofTime ? along(owner, p[0]) : p[0], p[1]];
      }).filter(function (p) { return p[0] !== null; }) };
    });
    var marks = chart.data.m.map(function (m) { return { kind: m[0], at: ofTime ? along('', m[1]) : m[1], text: m[2] }; })
      .filter(function (m) { return m.at !== null; });
    if (ofTime && asked.x === 'seconds') {
      var last = range(series, 0)[1];
      unit = UNITS.filter(function (u) { return last >= u[2]; })[0] || UNITS[2];
      series.forEach(function (s) { s.points.forEach(function (p) { p[0] /= unit[1]; }); });
      marks.forEach(function (m) { m.at /= unit[1]; });
    }
    chart.logX = isLog(chart, 'x');
    chart.logY = isLog(chart, 'y');
    series.forEach(function (s) {
      s.points = s.points.filter(function (p) {
        return (!chart.logX || p[0] > 0) && (!chart.logY || p[1] > 0);
      });
    });
    series = series.filter(function (s) { return s.points.length; });
    chart.xName = unit ? unit[0] + ' of training' : ofTime ? asked.x : chart.data.x;
    chart.smooth = inSteps && asked.smooth > 0;
    chart.marks = marks;
    chart.series = series.filter(function (s) { return !s.off; });
    return chart.series.length ? chart.series : series;
  }

  function draw(chart) {
    var svg = chart.svg, shown = prepare(chart);
    while (svg.firstChild) svg.removeChild(svg.firstChild);
    chart.hair = null;
    var narrow = svg.clientWidth > 0 && svg.clientWidth < NARROW;
    var width = chart.width = narrow ? Math.max(NARROWEST, svg.clientWidth) : WIDE;
    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + HEIGHT);
    var xs = shown.length ? range(shown, 0) : [1, 10], ys = shown.length ? range(shown, 1) : [1, 10], zero = chart.data.zero;
    var x = chart.logX ? logarithmic(xs[0], xs[1]) : linear(xs[0], xs[1], narrow ? 4 : 6, true);
    var y = chart.logY ? logarithmic(ys[0], ys[1])
      : linear(zero ? Math.min(0, ys[0]) : ys[0], zero ? Math.max(0, ys[1]) : ys[1], 4);
    var longest = Math.max.apply(null, y.ticks.map(function (tick) { return label(y, tick).length; }));
    var left = Math.max(LEFT, Math.ceil(GAP + CHARACTER * longest));
    var toX = chart.toX = function (v) { return left + position(x, v) * (width - left - RIGHT); };
    var toY = function (v) { return HEIGHT - BOTTOM - position(y, v) * (HEIGHT - TOP - BOTTOM); };
    y.ticks.forEach(function (tick) {
      var at = toY(tick);
      element(svg, 'line', { 'class': 'grid', x1: left, x2: width - RIGHT, y1: at.toFixed(1), y2: at.toFixed(1) });
      element(svg, 'text', { 'class': 'tick', x: left - GAP, y: (at + 4).toFixed(1), 'text-anchor': 'end' }, label(y, tick));
    });
    x.ticks.forEach(function (tick) {
      var at = toX(tick).toFixed(1);
      element(svg, 'line', { 'class': 'grid', x1: at, x2: at, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 });
      element(svg, 'text', { 'class': 'tick', x: at, y: HEIGHT - BOTTOM + 17, 'text-anchor': 'middle' }, label(x, tick));
    });
    element(svg, 'text', { 'class': 'tick name', x: width - RIGHT, y: HEIGHT - 4, 'text-anchor': 'end' }, chart.xName);
    chart.marks.forEach(function (m) {
      if (m.at >= x.low && m.at <= x.high) mark(svg, m, toX(m.at));
    });
    chart.series.forEach(function (s) {
      var smooth = chart.smooth && s.look === 'line' && s.points.length > 2;
      if (smooth) {
        line(svg, s.points, 'c' + s.colour + ' line raw', toX, toY);
        s.smoothed = smoothed(s.points);
      }
      if (s.look !== 'dots' && s.points.length > 1) {
        line(svg, smooth ? s.smoothed : s.points, 'c' + s.colour + ' line' + (s.look === 'dashed' ? ' dashed' : ''), toX, toY);
      }
      if (s.look === 'marked' || s.look === 'dots' || s.points.length === 1) {
        s.points.forEach(function (p) {
          element(svg, 'circle', { 'class': 'c' + s.colour + ' dot', cx: toX(p[0]).toFixed(1), cy: toY(p[1]).toFixed(1), r: 3.5 });
        });
      }
    });
    chart.buttons.forEach(function (button) { button.show(); });
  }

  function line(svg, points, look, toX, toY) {
    element(svg, 'path', { 'class': look, d: points.map(function (p, i) {
      return (i ? 'L' : 'M') + toX(p[0]).toFixed(1) + ' ' + toY(p[1]).toFixed(1);
    }).join('') });
  }

  function mark(svg, m, at) {
    var floor = HEIGHT - BOTTOM, d = {
      evaluation: ['M', at - 4, floor + 1, 'h8l-4 -6z'],
      skipped: ['M', at - 4, TOP, 'l8 8M', at - 4, TOP + 8, 'l8 -8'],
      resumed: ['M', at, TOP, 'V', floor]
    }[m.kind];
    var made = element(svg, 'path', { 'class': 'mark ' + m.kind, d: d.map(function (v) {
      return typeof v === 'number' ? v.toFixed(1) : v;
    }).join(' ') });
    element(made, 'title', {}, m.text);
  }

  // Controls.

  function button(text, press, isOn) {
    var made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.onclick = function () { press(); };
    made.show = function () { made.setAttribute('aria-pressed', String(isOn())); };
    return made;
  }

  function addControls(chart) {
    var axes = document.createElement('div');
    axes.className = 'axes';
    ['x', 'y'].forEach(function (axis, coordinate) {
      var has = range(chart.data.s.map(function (s) { return { points: s[3] }; }), coordinate);
      if (!(has[0] >= 0 && has[1] > has[0])) return;
      var made = button('log ' + axis, function () {
        asked.log[chart.key + axis] = !isLog(chart, axis);
        draw(chart);
      }, function () { return isLog(chart, axis); });
      axes.appendChild(made);
      chart.buttons.push(made);
    });
    chart.card.appendChild(axes);
    all(chart.card, '.legend li').forEach(function (item) {
      var name = item.textContent, made = button(name, function () {
        var key = offKey(chart, name);
        asked.off[key] = !asked.off[key];
        (timelines[name] ? drawn : [chart]).forEach(draw);
      }, function () { return !asked.off[offKey(chart, name)]; });
      made.title = 'hide or show';
      item.textContent = '';
      item.appendChild(made);
      chart.buttons.push(made);
    });
  }

  // Values under the pointer.

  function addPointer(chart) {
    var svg = chart.svg, tip = document.createElement('div');
    tip.className = 'tip';
    svg.addEventListener('pointermove', function (event) {
      var series = chart.series.filter(function (s) { return s.name !== '' || chart.series.length === 1; });
      if (!series.length) return;
      var box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * chart.width / box.width;
      var near = series.map(function (s) {
        var best = 0;
        s.points.forEach(function (p, i) {
          if (Math.abs(chart.toX(p[0]) - x) < Math.abs(chart.toX(s.points[best][0]) - x)) best = i;
        });
        return { s: s, i: best, px: chart.toX(s.points[best][0]) };
      });
      var at = near.reduce(function (a, b) { return Math.abs(b.px - x) < Math.abs(a.px - x) ? b : a; });
      chart.hair = chart.hair || element(svg, 'line', { 'class': 'hair', y1: TOP, y2: HEIGHT - BOTTOM });
      chart.hair.setAttribute('x1', at.px);
      chart.hair.setAttribute('x2', at.px);
      tip.textContent = chart.xName + ' ' + brief(at.s.points[at.i][0]) + near.map(function (n) {
        return '\n' + n.s.name + '  ' + brief(n.s.points[n.i][1])
          + (chart.smooth && n.s.smoothed ? '  (smoothed ' + brief(n.s.smoothed[n.i][1]) + ')' : '');
      }).join('');
      chart.card.appendChild(tip);
      var left = at.px * box.width / chart.width + svg.getBoundingClientRect().left - chart.card.getBoundingClientRect().left;
      var flip = left + tip.offsetWidth + 20 > chart.card.clientWidth;
      tip.style.left = Math.max(0, flip ? left - tip.offsetWidth - 10 : left + 10) + 'px';
      tip.style.top = (box.top - chart.card.getBoundingClientRect().top + 14) + 'px';
    });
    svg.addEventListener('pointerleave', function () {
      if (chart.hair) svg.removeChild(chart.hair);
      chart.hair = null;
      if (tip.parentNode) tip.parentNode.removeChild(tip);
    });
  }

  function brief(value) { return String(value === Math.round(value) ? value : Number(value.toPrecision(5))); }

  // Takes the charts that are on the page now; a page that puts others in their place calls it again.
  function take() {
    var titles = {};
    timelines = {};
    all(document, '[data-timeline]').forEach(function (e) {
      var line = JSON.parse(e.getAttribute('data-timeline'));
      timelines[line.run] = line.points;
    });
    drawn = all(document, 'svg[data-chart]').map(function (svg) {
      var title = svg.getAttribute('aria-label'), card = svg.parentNode;
      titles[title] = (titles[title] || 0) + 1;
      return { svg: svg, card: card, key: title + '#' + titles[title], buttons: [], series: [],
        data: JSON.parse(svg.getAttribute('data-chart')) };
    });
    drawn.forEach(function (chart) {
      addControls(chart);
      addPointer(chart);
      draw(chart);
    });
    showTools();
  }

  // The button that has the keyboard, by its chart and place, as another page content has another one there.
  function focused() {
    var found = null;
    drawn.forEach(function (chart) {
      var at = chart.buttons.indexOf(document.activeElement);
      if (at >= 0) found = { key: chart.key, at: at };
    });
    return found;
  }

  function focus(wanted) {
    drawn.forEach(function (chart) {
      if (wanted && chart.key === wanted.key && chart.buttons[wanted.at]) chart.buttons[wanted.at].focus();
    });
  }

  function showTools() {
    var tools = document.querySelector('form.tools');
    if (!tools) return;
    var overSteps = drawn.some(function (chart) { return chart.data.x === 'step'; });
    if (overSteps) tools.removeAttribute('hidden');
    var select = tools.querySelector('select'), slider = tools.querySelector('input'), told = tools.querySelector('output');
    all(select, 'option').forEach(function (option) {
      option.disabled = option.value !== 'step' && !knows(COLUMN[option.value]);
    });
    select.onchange = function () {
      asked.x = select.value;
      drawn.forEach(draw);
    };
    slider.oninput = slider.onchange = function () {
      asked.smooth = Number(slider.value);
      told.textContent = asked.smooth ? asked.smooth.toFixed(2) : 'off';
      drawn.forEach(draw);
    };
  }

  var waiting = null;
  window.addEventListener('resize', function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { drawn.forEach(draw); }, 100);
  });
  take();
  return { take: take, focused: focused, focus: focus };
})();
