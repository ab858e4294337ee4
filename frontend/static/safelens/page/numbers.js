/**
 * A probability with two significant digits; never 0 % or 100 % for what is only close to it.
 *
 * @param {number} p
 */
export function percent(p) {
  const share = p * 100;
  if (share >= 100) return "100 %";
  if (share >= 99.5) return ">99 %";
  if (share < 0.01) return "<0.01 %";
  return `${significant(share)} %`;
}

/**
 * A number with two significant digits and a real minus sign; whole from 10 on.
 *
 * @param {number} value
 */
export function significant(value) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(Number(value.toPrecision(2))); // 9.99 has the digits of 10
  const digits = size >= 10 || size === 0 ? 0 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  return value.toFixed(digits).replace("-", "−");
}
