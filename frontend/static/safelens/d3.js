// D3's packages ship as scripts that put themselves under one global; the page loads them before the modules.

export const { select } = globalThis.d3;
