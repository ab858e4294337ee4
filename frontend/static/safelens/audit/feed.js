// The live feed: however long it is watched, it holds only so many rows. What was scrolled away to is kept:
// who asked for older ones wants them.

const MOST = 500;

const rows = document.getElementById("verdicts");
if (rows) {
  const trimming = new MutationObserver(() => {
    while (rows.children.length > MOST) rows.lastElementChild?.remove();
  });
  trimming.observe(rows, { childList: true });
  rows.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest(".more")) trimming.disconnect();
  });
}
