// On every page of a judge: what waits on this device is sent, and what could not be is named.
"use strict";
const waiting = document.getElementById("waiting");

async function askForSync() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const ready = await navigator.serviceWorker.getRegistration(waiting.dataset.worker);
    if (ready && "sync" in ready) await ready.sync.register("ballots");
  } catch {
    // the next page of the judge sends it
  }
}

function line(kept) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = kept.page;
  link.textContent = kept.title;
  item.append(link, ` ${waiting.dataset[kept.state] || ""} ${kept.why || ""} `);
  if (kept.state === "refused") {
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "act";
    drop.textContent = waiting.dataset.drop;
    drop.addEventListener("click", async () => { await self.outbox.remove(kept.key); await nameWaiting(); });
    item.append(drop);
  }
  return item;
}

async function nameWaiting() {
  const all = await self.outbox.of(waiting.dataset.account);
  const left = all.filter((kept) => kept.state !== "sent" && kept.page !== location.pathname);
  waiting.hidden = !left.length;
  const lines = waiting.querySelector("ul") || waiting.appendChild(document.createElement("ul"));
  lines.replaceChildren(...left.map(line));
}

async function sendWaiting() {
  try {
    await self.outbox.sendAll(waiting.dataset.account, location.pathname);
    await nameWaiting();
    if ((await self.outbox.of(waiting.dataset.account)).some((kept) => kept.state === "waits")) await askForSync();
  } catch {
    // no place to keep anything on this device
  }
}

if (waiting) {
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(waiting.dataset.worker).catch(() => null);
  window.addEventListener("online", sendWaiting);
  sendWaiting();
}
