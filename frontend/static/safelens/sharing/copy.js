/** Buttons with `data-copy` copy what the input with that id holds, and say so for a moment. */

const SAID = 2000; // milliseconds

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  const input = document.getElementById(button?.getAttribute("data-copy") ?? "");
  if (!(button instanceof HTMLButtonElement) || !(input instanceof HTMLInputElement)) return;
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    button.textContent = "Copied";
  } catch {
    // Without https a browser may refuse: what is selected can be copied by key.
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = "Copy"), SAID);
});
