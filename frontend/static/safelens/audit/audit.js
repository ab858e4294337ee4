// The audit's plots: each figure is drawn from the table behind it.

import { plot } from "./plot.js";

for (const figure of document.querySelectorAll("figure.plot")) {
  if (figure instanceof HTMLElement) plot(figure);
}
