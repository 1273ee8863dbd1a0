/** A configuration module. */
export const enableUtc = true;
export const timezone = "Europe/London";
