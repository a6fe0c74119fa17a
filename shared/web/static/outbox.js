// Ballots that wait on this device until the server has them: each is of one account, one work and one round, and is
// written over the version that it was begun on, nothing else. Of what was sent the version alone stays, for a page that
// is still open. Shared by the pages of judges and by their worker.
"use strict";

self.outbox = (() => {
  const KEPT = 60 * 24 * 3600 * 1000;

  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  async function ballots(mode) {
    const opening = indexedDB.open("laurel-ballots", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("ballots", { keyPath: "key" });
    return (await done(opening)).transaction("ballots", mode).objectStore("ballots");
  }

  const find = async (key) => done((await ballots("readonly")).get(key));
  const keep = async (kept) => done((await ballots("readwrite")).put(kept));
  const remove = async (key) => done((await ballots("readwrite")).delete(key));

  async function of(account) {
    const all = await done((await ballots("readonly")).getAll());
    const old = all.filter((kept) => Date.now() - kept.at > KEPT);
    for (const kept of old) await remove(kept.key);
    return all.filter((kept) => !old.includes(kept) && (!account || kept.account === account));
  }

  // What became of one: "saved" with the version it has now, "changed", "refused", or "waits" where nobody was reached.
  async function send(kept) {
    const { comment, note, ...scores } = kept.values;
    const given = Object.fromEntries(Object.entries(scores).filter(([, value]) => value !== ""));
    const words = { scores: given, comment, note, round: kept.round, version: kept.version, account: kept.account, submit: false };
    let answer;
    try {
      answer = await fetch(kept.api, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(words) });
    } catch {
      return { state: "waits" };
    }
    const said = await answer.json().catch(() => ({}));
    const now = await find(kept.key);
    const same = now && now.at === kept.at;
    if (answer.ok) {
      const { key, account, page, tab, at } = kept;
      if (same) await keep({ key, account, page, tab, at, version: said.version, state: "sent" });
      else if (now) await keep({ ...now, version: said.version });
      return { state: "saved", version: said.version };
    }
    if (answer.status >= 500 || [401, 408, 429].includes(answer.status) || said.code === "ballot-account") return { state: "waits" };
    const state = said.code === "ballot-changed" ? "changed" : "refused";
    if (same) await keep({ ...now, state, why: said.detail || "" });
    return { state, why: said.detail || "" };
  }

  // All that wait, one after another, but for what an open page sends itself; whether somebody was reached for each.
  async function sendAll(account, open) {
    let reached = true;
    for (const kept of await of(account)) {
      if (kept.state === "waits" && kept.page !== open && (await send(kept)).state === "waits") reached = false;
    }
    return reached;
  }

  return { find, keep, remove, of, send, sendAll };
})();
