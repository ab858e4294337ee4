// What other people's scripts put into the page.

declare global {
  var htmx: {
    trigger(element: Element, event: string): void;
    ajax(method: string, address: string, how: { target: Element; swap: string }): Promise<void>;
  };
}

export {};
