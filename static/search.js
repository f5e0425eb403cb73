// Results under the search field while something is typed; Enter still opens the page of all of them.

const GROUPS = [['connections', 'Connections'], ['integrations', 'Integrations'], ['customers', 'Customers']];
const PAUSE_MS = 150;

for (const input of document.querySelectorAll('input[data-suggest]')) {
  const list = document.createElement('div');
  list.className = 'suggestions';
  list.id = 'suggestions';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Results');
  input.form.append(list);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-controls', list.id);
  input.setAttribute('aria-expanded', 'false');
  let timer;
  let asked = '';
  let chosen = -1;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const show = (isShown) => {
    list.hidden = !isShown;
    input.setAttribute('aria-expanded', String(isShown));
    if (!isShown) choose(-1);
  };
  const choose = (index) => {
    chosen = index;
    options().forEach((option, at) => option.setAttribute('aria-selected', String(at === index)));
    const option = options()[index];
    if (option) {
      input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      input.removeAttribute('aria-activedescendant');
    }
  };
  const text = (tag, className, content) => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = content;
    return element;
  };
  const draw = (found) => {
    list.replaceChildren();
    let number = 0;
    for (const [key, title] of GROUPS) {
      if (!found[key].length) continue;
      const group = document.createElement('div');
      group.setAttribute('role', 'group');
      group.setAttribute('aria-label', title);
      group.append(text('p', 'quiet', title));
      for (const hit of found[key]) {
        const option = document.createElement('a');
        option.href = hit.url;
        option.id = `suggestion-${number}`;
        option.tabIndex = -1;
        option.setAttribute('role', 'option');
        option.append(text('span', '', hit.label), text('span', 'quiet', hit.key));
        group.append(option);
        number += 1;
      }
      list.append(group);
    }
    if (!number) list.append(text('p', 'quiet', 'Nothing found.'));
    show(true);
  };
  const ask = async () => {
    const typed = input.value.trim();
    asked = typed;
    if (!typed) return show(false);
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`, { headers: { Accept: 'application/json' } });
    // A slower answer to what was typed before does not count, nor does one that led to the sign-in page.
    if (answer.ok && !answer.redirected && asked === typed) draw(await answer.json());
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => show(false)), PAUSE_MS);
  });
  input.addEventListener('keydown', (event) => {
    const count = options().length;
    if (list.hidden || !count) return;
    if (event.key === 'ArrowDown') choose((chosen + 1) % count);
    else if (event.key === 'ArrowUp') choose((chosen - 1 + count) % count);
    else if (event.key === 'Enter' && chosen >= 0) options()[chosen].click();
    else if (event.key === 'Escape') show(false);
    else return;
    event.preventDefault();
  });
  document.addEventListener('click', (event) => {
    if (!input.form.contains(event.target)) show(false);
  });
  input.form.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !input.form.contains(event.relatedTarget)) show(false);
  });
}
