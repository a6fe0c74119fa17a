// Help on top of a form that works without it: the preview follows what is typed.
"use strict";
const form = document.getElementById("template");
const source = document.getElementById("source");
const picture = document.getElementById("preview");
const state = document.getElementById("state");
const WAIT = 900;
let timer = 0;
let asked = 0;

async function show() {
  const number = ++asked;
  state.textContent = form.dataset.busy;
  const body = new URLSearchParams({ source: source.value, kind: form.elements.kind.value });
  const answer = await fetch(form.dataset.preview, { method: "POST", body, headers: { Accept: "application/problem+json" } });
  if (number !== asked) {
    return;
  }
  if (!answer.ok) {
    state.textContent = (await answer.json()).detail;
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    picture.src = reader.result;
    picture.hidden = false;
    state.textContent = form.dataset.fresh;
  };
  reader.readAsDataURL(await answer.blob());
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => show().catch(() => { state.textContent = ""; }), WAIT);
}

if (form) {
  source.addEventListener("input", soon);
  form.elements.kind.addEventListener("change", soon);
}
