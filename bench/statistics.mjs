/** The little arithmetic of the table. One rule: of an even number of values the median is the lower middle one, a value that was seen. */

/** Gives the median, or `null` of nothing. */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Gives the value below which this part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Gives median, minimum and maximum, each `null` of nothing. */
export function spread(values) {
  if (values.length === 0) return { median: null, min: null, max: null };
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Rounds to so many significant digits; `null` stays. */
export function round(value, digits = 4) {
  return value === null || value === undefined ? null : Number(value.toPrecision(digits));
}
