// Asks every two seconds for what has changed. The program draws; this puts it in place.
const EVERY_MS = 2000;
const part = id => document.getElementById(id);
let id = 0, seen = 0, last = null, lostSince = null;

async function poll() {
  try {
    let answer = await ask(seen);
    if (answer.id !== id && !answer.body) answer = await ask(0); // another process
    id = answer.id;
    last = answer;
    lostSince = null;
    show(answer);
  } catch (problem) {
    lostSince = lostSince || new Date();
  }
  const lost = lostSince && !(last && last.over);
  part('state').className = lost ? 'lost' : '';
  if (lostSince) {
    part('state').textContent = (last ? last.state + '; ' : '')
      + (last && last.over ? 'the program has ended' : 'no answer since ' + lostSince.toLocaleTimeString());
  }
  setTimeout(poll, EVERY_MS);
}

async function ask(from) {
  const answer = await fetch('page.json?seen=' + from);
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

function show(answer) {
  document.title = answer.title;
  part('name').textContent = answer.name;
  part('state').textContent = answer.state;
  part('done').style.width = answer.done + '%';
  part('tiles').innerHTML = answer.tiles;
  // Values under a resting pointer stay until it leaves.
  if (answer.body && !document.querySelector('#charts .tip')) {
    part('charts').innerHTML = answer.body;
    document.querySelectorAll('#charts svg[data-chart]').forEach(showValues);
    seen = answer.next;
  }
}

poll();
