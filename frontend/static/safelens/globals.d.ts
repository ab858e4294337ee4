// What other people's scripts put into the page.

declare global {
  var d3: typeof import("d3-selection");
  var htmx: { trigger(element: Element, event: string): void };
}

export {};
