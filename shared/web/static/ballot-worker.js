// Sends what waits when the network is back and no page is open. It stores no page and answers no request.
"use strict";
importScripts("outbox.js");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("sync", (event) => {
  if (event.tag !== "ballots") return;
  event.waitUntil(self.outbox.sendAll().then((reached) => {
    if (!reached) throw new Error("nobody was reached"); // the browser asks again later
  }));
});
