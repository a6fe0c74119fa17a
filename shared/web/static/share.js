// Copies a link, or hands it to the phone's own sharing. Without this it stands there to be copied by hand.
"use strict";

async function copyLink(button) {
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // the browser's own copying is one key away
    return;
  }
  button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
}

async function shareLink(button) {
  const { title, text } = button.dataset;
  try {
    await navigator.share({ title, text, url: document.getElementById(button.dataset.share).value });
  } catch {
    // nobody was chosen
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", () => copyLink(button));
}
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => shareLink(button));
}
