// Turns the pages of a document in its place. Without this its first page is shown, and a page of its own has the others.
"use strict";

async function turnPages(shown) {
  const place = shown.closest("figure");
  const turning = place.querySelector(".turning");
  const where = place.querySelector(".page-of");
  let count;
  try {
    const answer = await fetch(shown.dataset.pages);
    if (!answer.ok) return;
    count = (await answer.json()).pages;
  } catch {
    return; // the first page and the link beside it stay
  }
  let page = 1;
  const label = shown.alt;

  function show() {
    const says = shown.dataset.says.replace("{page}", page).replace("{pages}", count);
    where.textContent = says;
    shown.alt = label + says;
    for (const button of turning.children) {
      const to = page + Number(button.dataset.turn);
      button.disabled = to < 1 || to > count;
    }
  }

  for (const button of turning.children) {
    button.addEventListener("click", () => {
      page += Number(button.dataset.turn);
      shown.src = `${shown.dataset.pages}/${page}`;
      show();
    });
  }
  turning.hidden = count < 2;
  show();
}

for (const shown of document.querySelectorAll("[data-pages]")) turnPages(shown);
