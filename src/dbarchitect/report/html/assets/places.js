// Where the address leads: a section, a finding, a table, a rule, a diagram.
(() => {
  const choose = (choice) => {
    const all = choice.parentElement.querySelectorAll(":scope > .choice");
    for (const other of all) other.classList.toggle("chosen", other === choice);
    for (const link of choice.closest("section").querySelectorAll(".drawings a")) {
      if (link.hash === `#${choice.id}`) link.setAttribute("aria-current", "true");
      else if (choice.parentElement.querySelector(`:scope > [id="${CSS.escape(link.hash.slice(1))}"]`)) link.removeAttribute("aria-current");
    }
    choice.dispatchEvent(new Event("chosen"));
  };
  const arrive = () => {
    const [id, query = ""] = decoded(location.hash.slice(1));
    const place = id && document.getElementById(id);
    for (const old of document.querySelectorAll(".target")) old.classList.remove("target");
    if (id === "findings") filters.read(query);
    if (!place) return;
    const choice = place.closest(".choice");
    if (choice) choose(choice);
    if (place.matches(".finding, .rule")) {
      filters.reveal(place);
      fold(place, false);
    }
    if (place.matches(".finding, .rule, .table")) place.classList.add("target");
    place.scrollIntoView({ behavior: "instant" });
    const focus = (!place.matches("main") && place.querySelector(".fold, h2[tabindex], h3[tabindex]")) || place;
    focus.focus({ preventScroll: true });
  };
  const decoded = (hash) => {
    const cut = hash.indexOf("?");
    const id = cut < 0 ? hash : hash.slice(0, cut);
    try { return [decodeURIComponent(id), cut < 0 ? "" : hash.slice(cut + 1)]; } catch { return [id]; }
  };
  for (const list of document.querySelectorAll('.choices[data-default="first"]')) choose(list.querySelector(".choice"));
  for (const link of document.querySelectorAll("[data-show]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const box = [...document.querySelectorAll(".box")].find((each) => each.dataset.table === link.dataset.show);
      if (!box) { say("This table is in no diagram."); return; }
      choose(box.closest(".choice"));
      for (const old of document.querySelectorAll(".sought")) old.classList.remove("sought");
      box.classList.add("sought");
      box.closest(".drawing").scrollIntoView({ behavior: "instant" });
      box.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      box.focus({ preventScroll: true });
    });
  }
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -80% 0px" });
  for (const id of links.keys()) watcher.observe(document.getElementById(id));
  addEventListener("hashchange", arrive);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && !link.dataset.show && link.getAttribute("href") === location.hash) { event.preventDefault(); arrive(); }
  });
  if (location.hash) arrive();
})();
