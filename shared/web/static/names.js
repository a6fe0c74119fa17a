// Names that judging does not keep, from the service that does, for whoever may know them there.
"use strict";
const unitNames = document.getElementById("unit-names");
const instructorNames = document.getElementById("instructor-names");

async function nameUnits() {
  const places = [...document.querySelectorAll("[data-unit]")];
  if (!places.length) return;
  const answer = await fetch(unitNames.dataset.units).catch(() => null);
  if (!answer || !answer.ok) return; // their ids stay
  const named = new Map((await answer.json()).map((unit) => [unit.unit, unit.name]));
  for (const place of places) {
    const name = named.get(place.dataset.unit) || {};
    place.textContent = name[unitNames.dataset.language] || name.zh || name.en || "";
  }
}

// Rows of CSV: cells that hold a comma, a quote or a line are in quotes, a quote in them twice.
function rows(text) {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const all = [[]];
  for (let match = cell.exec(text); match && cell.lastIndex <= text.length; match = cell.exec(text)) {
    all.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (cell.lastIndex >= text.length) break;
    if (match[3] !== ",") all.push([]);
  }
  return all;
}

async function nameInstructors(event) {
  event.preventDefault();
  const answer = await fetch(instructorNames.href).catch(() => null);
  if (!answer || !answer.ok) {
    instructorNames.replaceWith(instructorNames.dataset.missing);
    return;
  }
  const [head, ...lines] = rows((await answer.text()).replace(/^\uFEFF/, ""));
  const [id, name] = ["instructor", "name"].map((column) => head.indexOf(column));
  const named = new Map(lines.map((line) => [line[id], line[name]]));
  for (const place of document.querySelectorAll("[data-instructor]")) {
    place.textContent = named.get(place.dataset.instructor) || "";
  }
  instructorNames.parentElement.remove();
}

if (unitNames) nameUnits();
if (instructorNames) instructorNames.addEventListener("click", nameInstructors);
