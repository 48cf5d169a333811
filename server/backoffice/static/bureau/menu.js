// The menu stands open beside the page where there is room, and folds away above it where there is none.
"use strict";
const menu = document.getElementById("menu");
if (menu) {
  const wide = window.matchMedia("(min-width: 901px)");
  const fit = () => { menu.open = wide.matches; };
  fit();
  wide.addEventListener("change", fit);
}
