// Asks every two seconds for what has changed. The program draws; this puts it in place.
(function () {
  'use strict';
  var EVERY_MS = 2000;
  var id = 0, seen = 0, last = null, lostSince = null;

  function part(name) { return document.getElementById(name); }

  function ask(from, answered, failed) {
    var request = new XMLHttpRequest();
    request.onload = function () {
      var answer = null;
      try {
        answer = request.status === 200 ? JSON.parse(request.responseText) : null;
      } catch (torn) { /* as if there were none */ }
      if (answer) answered(answer); else failed();
    };
    request.onerror = failed;
    request.open('GET', 'page.json?seen=' + from);
    request.send();
  }

  function poll() {
    ask(seen, function (answer) {
      if (answer.id !== id && !answer.body) ask(0, got, lost); // another process
      else got(answer);
    }, lost);
  }

  function got(answer) {
    id = answer.id;
    last = answer;
    lostSince = null;
    show(answer);
    told();
  }

  function lost() {
    lostSince = lostSince || new Date();
    told();
  }

  function told() {
    var over = last && last.over;
    part('state').className = lostSince && !over ? 'lost' : '';
    if (lostSince) {
      part('state').textContent = (last ? last.state + '; ' : '')
        + (over ? 'the program has ended' : 'no answer since ' + lostSince.toLocaleTimeString());
    }
    setTimeout(poll, EVERY_MS);
  }

  function show(answer) {
    document.title = answer.title;
    part('name').textContent = answer.name;
    part('state').textContent = answer.state;
    part('done').style.width = answer.done + '%';
    part('tiles').innerHTML = answer.tiles;
    // Values under a resting pointer stay until it leaves.
    if (answer.body && !document.querySelector('#charts .tip')) {
      var pressed = charts.focused();
      part('charts').innerHTML = answer.body;
      charts.take();
      charts.focus(pressed);
      seen = answer.next;
    }
  }

  poll();
})();
