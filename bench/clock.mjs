/** Seconds on the clock that only goes forward. One rule: its first reading is where cpu-meter.mjs begins to count. */
export const now = () => Number(process.hrtime.bigint()) / 1e9;
