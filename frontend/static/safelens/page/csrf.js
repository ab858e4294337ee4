const COOKIE = /(?:^|; )safelens_csrf=([^;]+)/;

/**
 * What a request that changes something must carry. The cookie's is today's: after a log-in in another window
 * the one that came with this page is stale.
 */
export function csrf() {
  const input = document.querySelector("input[name=csrfmiddlewaretoken]");
  return COOKIE.exec(document.cookie)?.[1] ?? (input instanceof HTMLInputElement ? input.value : "");
}
