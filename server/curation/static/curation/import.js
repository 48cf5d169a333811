// Follows an import that is running and shows its result once it is over.
"use strict";
const waiting = document.getElementById("waiting");
const follow = async () => {
  try {
    const answer = await fetch(waiting.dataset.state, { headers: { Accept: "application/json" } });
    const state = await answer.json();
    document.getElementById("read").textContent = state.read.toLocaleString("fr");
    if (state.over) { window.location.reload(); return; }
  } catch (error) {
    console.warn("the server does not answer yet", error);
  }
  window.setTimeout(follow, 1000);
};
if (waiting) { window.setTimeout(follow, 500); }
