// Steps are dragged to another place; without this, the panel's buttons move them. Each place is where the server shows one.

const nodes = document.querySelector('[data-designer]');
const form = document.querySelector('#move');
let dragged = null;

const fill = (name, value) => { form.elements[name].value = value ?? ''; };

nodes?.addEventListener('dragstart', (event) => {
  // Links can always be dragged; steps that must stay where they are cannot.
  dragged = event.target.closest('.node-card[draggable]')?.closest('.node') ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', dragged.dataset.path);
  // Later, so that the picture under the pointer is the whole step.
  setTimeout(() => {
    dragged?.classList.add('dragged');
    nodes.classList.add('dragging');
  });
});

const end = () => {
  dragged?.classList.remove('dragged');
  nodes.classList.remove('dragging');
  for (const place of nodes.querySelectorAll('.over')) place.classList.remove('over');
  dragged = null;
};
nodes?.addEventListener('dragend', end);

// A step cannot go inside of itself, and behind itself it is already.
const place = (event) => {
  const found = event.target.closest?.('.drop');
  return found && dragged && !dragged.contains(found) ? found : null;
};

nodes?.addEventListener('dragover', (event) => {
  for (const over of nodes.querySelectorAll('.over')) over.classList.remove('over');
  const found = place(event);
  if (!found) return;
  event.preventDefault();
  found.classList.add('over');
});

nodes?.addEventListener('drop', (event) => {
  const found = place(event);
  if (!found) return;
  event.preventDefault();
  fill('step', dragged.dataset.path);
  fill('add', found.dataset.spot);
  fill('at', found.dataset.at);
  fill('branch', found.dataset.branch);
  end();
  form.requestSubmit();
});

// A list is narrowed while its search is typed; Enter asks the server, which knows all of it.
const search = document.querySelector('[data-filter]');
search?.addEventListener('input', () => {
  const words = search.value.trim().toLowerCase();
  for (const item of document.querySelectorAll(`${search.dataset.filter} > li`)) {
    item.hidden = !item.textContent.toLowerCase().includes(words);
  }
});

// On a narrow window the panel is below the diagram: what was asked for is shown. On a wide one the diagram stays where it
// was, though another page came.
const details = document.querySelector('#details');
const isNarrow = matchMedia('(max-width: 52rem)').matches;
const [path, top] = (sessionStorage.getItem('designer') ?? '').split(' ');
if (details && isNarrow) {
  if (new URLSearchParams(location.search).size > 1) details.scrollIntoView();
} else if (path === location.pathname && !document.querySelector('[role="alert"]')) {
  scrollTo(0, Number(top));
}
addEventListener('pagehide', () => sessionStorage.setItem('designer', `${location.pathname} ${scrollY}`));
