// Checks what a QR code says of itself with the keys in this page: no network is asked.
"use strict";
const form = document.getElementById("offline");
const verdict = document.getElementById("verdict");
const facts = document.getElementById("facts");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

async function record(code) {
  const [body, signature] = code.slice(code.lastIndexOf("#") + 1).trim().split(".");
  const content = bytes(body);
  const signed = bytes(signature);
  for (const x of JSON.parse(form.dataset.keys)) {
    const key = await crypto.subtle.importKey("raw", bytes(x), { name: "Ed25519" }, false, ["verify"]);
    if (await crypto.subtle.verify({ name: "Ed25519" }, key, signed, content)) {
      return JSON.parse(new TextDecoder().decode(content));
    }
  }
  return null;
}

async function check(code) {
  facts.replaceChildren();
  facts.hidden = true;
  let found = null;
  try {
    found = await record(code);
  } catch (error) {
    if (error.name === "NotSupportedError") {
      verdict.textContent = form.dataset.unsupported;
      return;
    }
  }
  verdict.className = found ? "note ok" : "note stop";
  verdict.textContent = found ? form.dataset.right : form.dataset.wrong;
  if (!found) {
    return;
  }
  const labels = JSON.parse(form.dataset.labels);
  const [, serial, version, name, award, day] = found;
  [serial, version, name, award, day].forEach((value, number) => {
    const line = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = labels[number];
    detail.textContent = value;
    line.append(term, detail);
    facts.append(line);
  });
  facts.hidden = false;
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(form.elements.code.value);
  });
  if (location.hash.includes(".")) {
    form.elements.code.value = location.hash.slice(1);
    check(location.hash);
  }
}
