"use strict";
// Sorting and filtering; the state stands in the address, so that a view can be linked to.
(() => {
  const table = document.getElementById("board");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const form = document.getElementById("filters");
  const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

  const valueOf = (row, column) => row.cells[column]?.dataset.value ?? "";
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === ""); // without a value: last, whichever way it is sorted
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };

  function sort() {
    const column = heads.findIndex((head) => head.dataset.key === state.get("sort"));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    if (column < 0) return;
    const down = state.get("order") === "descending";
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [valueOf(a, column), valueOf(b, column)];
      return compare(x, y) * (down && x !== "" && y !== "" ? -1 : 1);
    });
    body.append(...rows);
  }

  function filter() {
    if (!form) return;
    const find = (state.get("find") ?? "").toLowerCase();
    const [tag, base] = [state.get("tag") ?? "", state.get("base") ?? ""];
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.dataset.name.toLowerCase().includes(find) || (base !== "" && row.dataset.base !== base);
      shown += !row.hidden;
    }
    heads.forEach((head, column) => {
      const hidden = tag !== "" && head.dataset.tags !== undefined && !head.dataset.tags.split(" ").includes(tag);
      head.hidden = hidden;
      for (const row of body.rows) if (row.cells[column]) row.cells[column].hidden = hidden;
    });
    document.getElementById("count").textContent = `${shown} of ${body.rows.length} models`;
  }

  function show() {
    sort();
    filter();
  }

  function remember() {
    for (const [key, value] of [...state]) if (value === "") state.delete(key);
    history.replaceState(null, "", state.size ? `#${state}` : location.pathname + location.search);
    show();
  }

  for (const head of heads) {
    head.querySelector("button")?.addEventListener("click", () => {
      const again = state.get("sort") === head.dataset.key;
      const first = head.dataset.first ?? (head.dataset.key === "model" ? "ascending" : "descending");
      const other = first === "ascending" ? "descending" : "ascending";
      state.set("order", again && state.get("order") === first ? other : first);
      state.set("sort", head.dataset.key);
      remember();
    });
  }
  if (form) {
    for (const field of form.elements) {
      field.value = state.get(field.name) ?? "";
      field.addEventListener("input", () => {
        state.set(field.name, field.value);
        remember();
      });
    }
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  show();
})();
