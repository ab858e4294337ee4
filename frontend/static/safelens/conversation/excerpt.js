/**
 * What of the transcript is selected, as its text alone: without the controls among it, its white space as the
 * model wrote it, and in one piece, however the page has laid it out.
 *
 * @param {Range} range
 */
export function excerpt(range) {
  const part = range.cloneContents();
  for (const control of part.querySelectorAll(".fork, .turn-fork, .note, .retracted, [hidden]")) control.remove();
  for (const hung of part.querySelectorAll("[data-hung]")) hung.prepend(" ");
  for (const block of part.querySelectorAll(".prompt, .answer")) block.append("\n\n");
  const text = part.textContent ?? "";
  return text.replace(/[␣⇥⍽↵]+(\u200b|\n+)/g, unmarked).replace(/\n+$/, "");
}

/** White space that was marked, as it is. @param {string} marked */
function unmarked(marked) {
  return marked.replace(/\u200b|\n/g, "").replace(/./g, (mark) => ({ "␣": " ", "⇥": "\t", "⍽": "\u00a0", "↵": "\n" })[mark] ?? mark);
}
