// The diagrams: zoom by buttons and keys, move by dragging or scrolling, the lines of a box stand out.
const STEP = 1.25;
const LEAST = 0.05;
const MOST = 4;
const FAR = 0.55; // below this, boxes show their names only, as large as they can
const LEGIBLE = 0.85;
for (const drawing of document.querySelectorAll(".drawing")) {
  const canvas = drawing.querySelector(".canvas");
  const picture = canvas.querySelector(".er");
  const width = picture.viewBox.baseVal.width;
  const height = picture.viewBox.baseVal.height;
  let scale = 1;
  const set = (wanted, at) => {
    const before = scale;
    scale = Math.min(MOST, Math.max(LEAST, wanted));
    const frame = canvas.getBoundingClientRect();
    const x = at ? at.clientX - frame.left : canvas.clientWidth / 2;
    const y = at ? at.clientY - frame.top : canvas.clientHeight / 2;
    const left = (canvas.scrollLeft + x) * (scale / before) - x;
    const top = (canvas.scrollTop + y) * (scale / before) - y;
    picture.style.width = `${width * scale}px`;
    picture.style.height = `${height * scale}px`;
    picture.classList.toggle("far", scale < FAR);
    canvas.scrollTo({ left, top, behavior: "instant" });
  };
  const fitting = () => {
    const room = parseFloat(getComputedStyle(canvas).maxHeight) || innerHeight;
    return Math.min((canvas.clientWidth - 2) / width, room / height, 1);
  };
  const fit = () => set(fitting());
  const first = () => {
    if (!canvas.clientWidth || drawing.dataset.ready) return;
    drawing.dataset.ready = "yes";
    set(fitting() < FAR ? LEGIBLE : fitting());
    const near = [...picture.querySelectorAll(".box > svg")].filter((box) => box.x.baseVal.value * scale < canvas.clientWidth);
    const top = Math.min(...near.map((box) => box.y.baseVal.value)) * scale;
    canvas.scrollTo({ left: 0, top: top - 16, behavior: "instant" });
  };
  drawing.addEventListener("chosen", first);
  drawing.addEventListener("click", (event) => {
    const act = event.target.dataset.zoom;
    if (act === "in") set(scale * STEP);
    if (act === "out") set(scale / STEP);
    if (act === "fit") fit();
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] }[event.key];
    if (event.key === "+" || event.key === "=") set(scale * STEP);
    else if (event.key === "-" || event.key === "−") set(scale / STEP);
    else if (event.key === "0") fit();
    else if (move) canvas.scrollBy({ left: move[0], top: move[1], behavior: "instant" });
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    set(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1), event);
  }, { passive: false });
  let grip = null;
  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button === 0 && event.pointerType === "mouse") grip = { x: event.clientX, y: event.clientY };
  });
  addEventListener("pointermove", (event) => {
    if (!grip) return;
    const across = event.clientX - grip.x;
    const down = event.clientY - grip.y;
    if (!dragged && Math.hypot(across, down) < 4) return;
    dragged = true;
    canvas.classList.add("dragged");
    canvas.scrollBy({ left: -across, top: -down, behavior: "instant" });
    grip = { x: event.clientX, y: event.clientY };
  });
  addEventListener("pointerup", () => { grip = null; canvas.classList.remove("dragged"); });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
  canvas.addEventListener("click", (event) => { if (dragged) event.preventDefault(); dragged = false; }, true);

  const boxes = new Map([...picture.querySelectorAll(".box")].map((box) => [box.dataset.table, box]));
  const lines = [...picture.querySelectorAll(".lines path")];
  const light = (box, on) => {
    for (const line of lines) {
      const { from, to } = line.dataset;
      if (from !== box.dataset.table && to !== box.dataset.table) continue;
      line.classList.toggle("hot", on);
      for (const other of [boxes.get(from), boxes.get(to)]) if (other !== box) other?.classList.toggle("near", on);
    }
  };
  for (const box of boxes.values()) {
    box.addEventListener("pointerenter", () => light(box, true));
    box.addEventListener("pointerleave", () => light(box, false));
    box.addEventListener("focus", () => light(box, true));
    box.addEventListener("blur", () => light(box, false));
  }
}
