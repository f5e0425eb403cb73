// A test run that goes on is asked for until it is over. Only what is new is put in its place, so that what somebody opened
// or selected stays.

const live = document.querySelector('[data-live]');
const seen = new Map();
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const shown = (element) => {
  for (const time of element.querySelectorAll('time[datetime]')) time.textContent = format.format(new Date(time.dateTime));
  return element;
};

const steps = (root) => [...root.querySelectorAll('[data-part="steps"] > li')];

const take = (page) => {
  const head = page.querySelector('[data-part="head"]');
  live.querySelector('[data-part="head"]').replaceWith(shown(document.importNode(head, true)));
  const list = live.querySelector('[data-part="steps"]');
  const old = steps(live);
  steps(page).forEach((step, at) => {
    const text = step.outerHTML;
    if (seen.get(at) === text) return;
    seen.set(at, text);
    const next = shown(document.importNode(step, true));
    if (!old[at]) return list.append(next);
    const was = old[at].querySelector('details');
    const is = next.querySelector('details');
    if (was && is) is.open = was.open;
    old[at].replaceWith(next);
  });
  return page.querySelector('[data-live]').dataset.live === 'true';
};

const ask = async (wait) => {
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!take(page)) return;
    wait = 700;
  } catch {
    wait = Math.min(wait * 2, 10000);
  }
  setTimeout(() => ask(wait), wait);
};

if (live?.dataset.live === 'true') setTimeout(() => ask(700), 400);
