// Help on top of a form that works without it: the preview follows what is typed, and words are put in where the cursor is.
"use strict";
const design = document.getElementById("design");
const paper = document.getElementById("preview");
const told = document.getElementById("state");
const PAUSE = 900;
let waiting = 0;
let number = 0;

async function follow() {
  const mine = ++number;
  told.textContent = design.dataset.busy;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(design)) {
    if (typeof value === "string") {
      body.append(name, value);
    }
  }
  const answer = await fetch(design.dataset.preview, { method: "POST", body, headers: { Accept: "application/problem+json" } });
  if (mine !== number) {
    return;
  }
  if (!answer.ok) {
    const problem = await answer.json();
    told.textContent = problem.detail || problem.title;
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    paper.src = reader.result;
    paper.hidden = false;
    told.textContent = design.dataset.fresh;
  };
  reader.readAsDataURL(await answer.blob());
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => follow().catch(() => { told.textContent = ""; }), PAUSE);
}

if (design) {
  design.addEventListener("input", later);
  for (const list of design.querySelectorAll("[data-insert]")) {
    const area = document.getElementById(list.dataset.insert);
    for (const chip of list.querySelectorAll("button")) {
      chip.hidden = false;
      chip.nextElementSibling.hidden = true;
      chip.addEventListener("click", () => {
        area.setRangeText(`{${chip.textContent.trim()}}`, area.selectionStart, area.selectionEnd, "end");
        area.focus();
        later();
      });
    }
  }
}
