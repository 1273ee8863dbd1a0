/** Rows in columns that line up. One rule: the last column may be as long as it likes. */

/** Gives rows as lines; numbers stand to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          if (column === row.length - 1 && !isNumber(cell)) return cell;
          return isNumber(cell) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function isNumber(cell: string): boolean {
  return /^[\d.,]+$/.test(cell);
}
