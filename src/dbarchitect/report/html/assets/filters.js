// The findings' filters. Their state is in the address: #findings?level=error&q=…
const filters = (() => {
  const form = document.getElementById("filters");
  if (!form) return { read: () => {}, reveal: () => {} };
  const cards = [...document.querySelectorAll("#list > .finding")];
  const fields = ["category", "phase", "application", "table", "rule", "baseline"].filter((name) => form.elements[name]);
  const texts = new Map();
  const text = (card) => {
    if (!texts.has(card)) {
      const parts = card.querySelectorAll(".fold-title, .message, .about, .hint, .note, .evidence, pre, dd");
      texts.set(card, [...parts].map((part) => part.textContent).join("\n").toLowerCase());
    }
    return texts.get(card);
  };
  const chosen = () => {
    const state = new URLSearchParams();
    const data = new FormData(form);
    for (const name of new Set(data.keys())) {
      const values = data.getAll(name).filter((value) => value.trim());
      if (values.length) state.set(name, name === "q" ? values[0].trim() : values.join(","));
    }
    return state;
  };
  const apply = () => {
    const state = chosen();
    const words = (state.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set((state.get("level") || "").split(",").filter(Boolean));
    const names = fields.filter((name) => state.has(name));
    const counts = { error: 0, warning: 0, info: 0 };
    let shown = 0;
    for (const card of cards) {
      const fits = names.every((name) => card.dataset[name] === form.elements[name].value)
        && words.every((word) => text(card).includes(word));
      if (fits && card.dataset.level in counts) counts[card.dataset.level] += 1;
      const visible = fits && (!levels.size || levels.has(card.dataset.level));
      card.classList.toggle("filtered", !visible);
      shown += visible;
    }
    for (const place of form.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count];
    const noun = cards.length === 1 ? "finding" : "findings";
    document.getElementById("shown").textContent =
      shown === cards.length ? `${shown} ${noun}` : `${shown} of ${cards.length} ${noun}`;
    document.getElementById("nothing").hidden = shown > 0;
    return state;
  };
  const write = (state) => {
    const query = state.toString();
    try {
      history.replaceState(null, "", `#findings${query ? `?${query}` : ""}`);
    } catch { /* a page from a file in a strict browser: the filters work without their address */ }
  };
  const read = (query) => {
    form.reset();
    const state = new URLSearchParams(query);
    const levels = (state.get("level") || "").split(",");
    for (const tick of form.querySelectorAll("[name=level]")) tick.checked = levels.includes(tick.value);
    for (const name of ["q", ...fields]) {
      const field = form.elements[name];
      if (state.has(name)) field.value = state.get(name);
      if (field.selectedIndex === -1) field.selectedIndex = 0;
    }
    apply();
  };
  let waiting = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.target.name === "q") waiting = setTimeout(() => write(apply()), 150);
    else write(apply());
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); write(apply()); });
  document.getElementById("clear").addEventListener("click", () => {
    clearTimeout(waiting);
    form.reset();
    write(apply());
  });
  const reveal = (card) => { if (card.classList.contains("filtered")) read(""); };
  return { read, reveal };
})();
