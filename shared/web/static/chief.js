// Help on top of a page that works without it: counts move while ballots arrive.
"use strict";
const count = document.getElementById("count");

if (count && window.EventSource) {
  const stream = new EventSource(count.dataset.live);
  stream.addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    count.textContent = count.textContent.replace(/\d+(?=\D+\d+\D*$)/, state.submitted).replace(/\d+(?=\D*$)/, state.expected);
    for (const [judge, [submitted]] of Object.entries(state.judges)) {
      const cell = document.querySelector(`tr[data-judge="${CSS.escape(judge)}"] td`);
      if (cell) cell.textContent = submitted;
    }
  });
}
