/** Durations as people read them. */

/** Gives `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 2 min`. */
export function showDuration(ms: number): string {
  const time = Math.max(0, ms);
  if (time < 1000) return `${Math.round(time)} ms`;
  if (time < 59_950) return `${(time / 1000).toFixed(1)} s`;
  const seconds = Math.round(time / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}
