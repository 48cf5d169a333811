// The page with a pairing code asks every two seconds whether the device has claimed it, then goes on by itself.
"use strict";
const waiting = document.querySelector("[data-wait]");
if (waiting) {
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.wait, { credentials: "same-origin" });
      if (answer.ok && (await answer.json()).stamp !== waiting.dataset.stamp) {
        window.location.assign(waiting.dataset.next);
        return;
      }
    } catch (error) {
      waiting.classList.add("offline"); // the server is away: keep asking
    }
    window.setTimeout(ask, 2000);
  };
  window.setTimeout(ask, 2000);
}
