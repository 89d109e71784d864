// The search over the lists of tables.
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
