// What other people's scripts put into the page.

declare global {
  var htmx: { trigger(element: Element, event: string): void };
}

export {};
