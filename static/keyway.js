// Liveness where people expect it; every page works without this.

document.documentElement.classList.add('has-script');

// Times as the viewer's clock shows them.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = time.textContent;
    time.textContent = format.format(at);
  }
}

// On a narrow window the tab that is open may lie beyond its edge.
document.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

// Menus close when something else is clicked, and by Escape.
const menus = () => document.querySelectorAll('details.menu[open]');
document.addEventListener('click', (event) => {
  for (const menu of menus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

// <button data-copy="#id"> copies the text of that element.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.dataset.copied = '';
  setTimeout(() => delete button.dataset.copied, 2000);
});

// <select data-submit>: choosing is enough.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});

// <form data-guard>: what was typed is not left by accident.
let isDirty = false;
document.addEventListener('input', (event) => {
  if (event.target.closest('form[data-guard]')) isDirty = true;
});
document.addEventListener('submit', (event) => {
  if (event.target.matches('form[data-guard]')) isDirty = false;
});
window.addEventListener('beforeunload', (event) => {
  if (!isDirty) return;
  event.preventDefault();
  // Whoever stays may send the other form later.
  setTimeout(unsent);
});

// A form is sent once, however often its button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
});
function unsent() {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
}
window.addEventListener('pageshow', unsent);
