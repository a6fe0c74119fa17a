// Help on top of lists that work without it: the box at the head ticks the rows, and the bar says how many are ticked.
"use strict";
for (const form of document.querySelectorAll("form[data-list]")) {
  const head = form.querySelector("[data-tick-page]");
  const rows = [...form.querySelectorAll("td.tick input[type=checkbox]")];
  const bar = form.querySelector("[data-ticked]");
  const first = bar ? bar.textContent : "";
  const show = () => {
    const ticked = rows.filter((row) => row.checked).length;
    if (head) {
      head.checked = rows.length > 0 && ticked === rows.length;
      head.indeterminate = ticked > 0 && ticked < rows.length;
    }
    if (bar) bar.textContent = ticked ? bar.dataset.ticked.replace("#", ticked) : first;
  };
  form.addEventListener("change", (event) => {
    if (event.target === head) for (const row of rows) row.checked = head.checked;
    show();
  });
  show();
}
