// Findings and rules are folded to their first lines; SQL can be copied.
const fold = (article, folded) => {
  article.classList.toggle("folded", folded);
  article.querySelector(".fold")?.setAttribute("aria-expanded", String(!folded));
};
const say = (text) => { document.getElementById("said").textContent = text; };
(() => {
  for (const title of document.querySelectorAll(".fold-title")) {
    const article = title.parentElement;
    const body = article.querySelector(":scope > .fold-body");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fold";
    button.setAttribute("aria-controls", body.id);
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => fold(article, !article.classList.contains("folded")));
    fold(article, true);
  }
  for (const list of document.querySelectorAll("details.references")) {
    list.open = false;
    addEventListener("beforeprint", () => { list.open = true; });
  }
  const all = document.getElementById("unfold");
  all?.addEventListener("click", () => {
    const unfolded = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", String(unfolded));
    all.textContent = unfolded ? "Fold all" : "Unfold all";
    for (const article of document.querySelectorAll("#list > .finding")) fold(article, !unfolded);
  });
  const copied = async (block) => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(block);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return document.execCommand("copy");
    }
  };
  for (const figure of document.querySelectorAll(".sql")) {
    const caption = figure.querySelector("figcaption");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${caption.textContent}`);
    caption.append(button);
    button.addEventListener("click", async () => {
      const done = await copied(figure.querySelector("code"));
      button.textContent = done ? "Copied" : "Selected";
      say(done ? "Copied" : "Selected: copy it with the keyboard");
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
})();
