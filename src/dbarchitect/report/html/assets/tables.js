// The lists of tables: searched, and sorted by any column.
for (const field of document.querySelectorAll(".table-search")) {
  const rows = [...document.getElementById(field.dataset.for).tBodies[0].rows];
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const name = row.cells[0].textContent.toLowerCase();
      const fits = words.every((word) => name.includes(word));
      row.classList.toggle("filtered", !fits);
      shown += fits;
    }
    say(`${shown} of ${rows.length} tables`);
  });
}
for (const list of document.querySelectorAll(".table-list .grid")) {
  const body = list.tBodies[0];
  const heads = [...list.tHead.rows[0].cells];
  const value = (row, column) => {
    const text = row.cells[column].dataset.key || row.cells[column].textContent.trim();
    if (!text) return null; // unknown: last in either order
    const number = Number(text.replace(/,/g, ""));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const order = (a, b) => (typeof a === typeof b ? (a > b) - (a < b) : typeof a === "number" ? -1 : 1);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => [value(row, column), row]);
      keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : up ? order(a, b) : order(b, a)));
      body.append(...keyed.map(([, row]) => row));
    });
  });
}
