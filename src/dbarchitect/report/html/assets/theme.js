"use strict";
// Light or dark: the system's choice until the reader takes another.
(() => {
  const root = document.documentElement;
  root.classList.add("script");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const remembered = () => { try { return localStorage.getItem("dbarchitect-theme"); } catch { return null; } };
  const remember = (name) => { try { localStorage.setItem("dbarchitect-theme", name); } catch { /* no storage here */ } };
  const now = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const name = () => { button.textContent = now() === "dark" ? "Light theme" : "Dark theme"; };
  const kept = remembered();
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  button.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    name();
  });
  dark.addEventListener("change", name);
  name();
  document.getElementById("print").addEventListener("click", () => print());
})();
