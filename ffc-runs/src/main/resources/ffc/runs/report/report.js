// Shows the values under the pointer. Every chart carries its points in data-chart.
function showValues(svg) {
  const card = svg.parentElement;
  let hair;
  const tip = document.createElement('div');
  tip.className = 'tip';
  svg.addEventListener('pointermove', event => {
    hair = hair || svg.querySelector('line').cloneNode();
    hair.setAttribute('class', 'hair');
    const chart = JSON.parse(svg.dataset.chart);
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const near = chart.s.map(([name, points]) =>
      [name, points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a)]);
    const at = near.reduce((a, b) => Math.abs(b[1][0] - x) < Math.abs(a[1][0] - x) ? b : a)[1];
    for (const [key, value] of [['x1', at[0]], ['x2', at[0]], ['y1', 10], ['y2', 214]]) hair.setAttribute(key, value);
    svg.append(hair);
    tip.textContent = chart.x + ' ' + at[2] + near.map(([name, p]) => '\n' + name + '  ' + p[3]).join('');
    card.append(tip);
    const left = at[0] * box.width / svg.viewBox.baseVal.width + svg.offsetLeft;
    const flip = left + tip.offsetWidth + 20 > card.clientWidth;
    tip.style.left = (flip ? left - tip.offsetWidth - 10 : left + 10) + 'px';
    tip.style.top = (box.top - card.getBoundingClientRect().top + 14) + 'px';
  });
  svg.addEventListener('pointerleave', () => { hair?.remove(); tip.remove(); });
}
document.querySelectorAll('svg[data-chart]').forEach(showValues);
