// Says in the place of a file that there is nothing to see yet: the organizer looks at it first, or it is being prepared.
// Without this the page says where to find that out.
"use strict";
const files = document.getElementById("files");

function say(place, text) {
  const note = document.createElement("p");
  note.className = "note now";
  note.textContent = `${place.dataset.label}: ${text}`;
  place.replaceChildren(note);
}

// A document that is there and cannot be drawn: its link stays beside the words.
async function sayWhole(place) {
  const shown = place.querySelector(".shown");
  const answer = await fetch(shown.dataset.pages).catch(() => null);
  if (!answer || answer.status !== 409) {
    say(place, files.dataset.wait);
    return;
  }
  const note = document.createElement("p");
  note.className = "shown text";
  note.textContent = (await answer.json()).detail || files.dataset.whole;
  shown.replaceWith(note);
}

async function explain() {
  let copies;
  try {
    const answer = await fetch(files.dataset.copies);
    if (!answer.ok) return;
    copies = await answer.json();
  } catch {
    return; // what can be shown is shown
  }
  const held = new Set(copies.filter((copy) => copy.state === "held").map((copy) => copy.number));
  for (const place of files.children) {
    const shown = place.querySelector(".shown");
    if (held.has(Number(place.dataset.number))) say(place, files.dataset.held);
    else if (shown && shown.dataset.pages && shown.complete && !shown.naturalWidth) sayWhole(place);
    else if (shown && (shown.error || (shown.complete && !shown.naturalWidth && shown.currentSrc))) say(place, files.dataset.wait);
  }
}

// A text stands in its place: at most this much of it, the whole is one click away.
const LONGEST = 60000;

async function read(place) {
  try {
    const answer = await fetch(place.dataset.text);
    if (!answer.ok) return;
    place.textContent = (await answer.text()).slice(0, LONGEST);
    place.hidden = false;
  } catch {
    // the link beside it stays
  }
}

if (files && files.children.length) {
  for (const place of files.querySelectorAll("[data-text]")) read(place);
  files.addEventListener("error", explain, true); // errors do not bubble
  explain();
}
