"use strict";
// Sends a file in pieces by the tus protocol and goes on after any break, also in a page that was opened again.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form || !window.fetch || !window.Blob) return;
  const PIECE = 8 * 1024 * 1024, LONGEST_WAIT = 30000, VERSION = { "Tus-Resumable": "1.0.0" };
  const status = document.getElementById("progress");
  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  class Refusal extends Error {}

  async function refused(answer) {
    let detail = form.dataset.failed;
    try { detail = (await answer.json()).detail || detail; } catch (error) { /* no body */ }
    return new Refusal(detail);
  }

  async function begin(file, remembered) {
    const known = localStorage.getItem(remembered);
    if (known) {
      const answer = await fetch(known, { method: "HEAD", headers: VERSION });
      if (answer.ok) return { address: known, offset: Number(answer.headers.get("Upload-Offset")) };
      localStorage.removeItem(remembered);
    }
    const pairs = { season: form.dataset.season, entry: form.dataset.entry, filename: file.name };
    const told = Object.entries(pairs).map(([name, value]) => `${name} ${base64(value)}`).join(",");
    const headers = { ...VERSION, "Upload-Length": String(file.size), "Upload-Metadata": told };
    const answer = await fetch(form.dataset.upload, { method: "POST", headers });
    if (!answer.ok) throw await refused(answer);
    const address = answer.headers.get("Location");
    localStorage.setItem(remembered, address);
    return { address, offset: 0 };
  }

  async function offsetOf(address) {
    const answer = await fetch(address, { method: "HEAD", headers: VERSION });
    if (!answer.ok) throw await refused(answer);
    return Number(answer.headers.get("Upload-Offset"));
  }

  async function send(file) {
    const remembered = `upload:${form.dataset.season}/${form.dataset.entry}/${file.name}/${file.size}/${file.lastModified}`;
    let { address, offset } = await begin(file, remembered), wait = 1000;
    while (offset < file.size) {
      const share = Math.floor((100 * offset) / file.size);
      status.textContent = `${form.dataset.going} ${share} %`;
      try {
        const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
        const answer = await fetch(address, { method: "PATCH", headers, body: file.slice(offset, offset + PIECE) });
        if (answer.status === 204) offset = Number(answer.headers.get("Upload-Offset"));
        else if (answer.status === 409) offset = await offsetOf(address);
        else if (answer.status === 423 || answer.status >= 500) throw new Error(String(answer.status));
        else { localStorage.removeItem(remembered); throw await refused(answer); }
        wait = 1000;
      } catch (error) {
        if (error instanceof Refusal) throw error;
        status.textContent = form.dataset.waiting;
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
        try { offset = await offsetOf(address); } catch (again) { if (again instanceof Refusal) throw again; }
      }
    }
    const receipt = await fetch(address);
    localStorage.removeItem(remembered);
    if (!receipt.ok) throw await refused(receipt);
  }

  form.addEventListener("submit", async (event) => {
    const file = form.querySelector("input[type=file]").files[0];
    if (!file) return;
    event.preventDefault();
    form.querySelector("button").disabled = true;
    try {
      await send(file);
      location.reload();
    } catch (error) {
      status.textContent = error.message || form.dataset.failed;
      form.querySelector("button").disabled = false;
    }
  });
})();
