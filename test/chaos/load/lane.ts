/** Which lane of the suite this is, and how its figures are printed. */

/** Set by `npm run test:chaos -- --long`. */
export const isLong = process.env["DAGMAR_TEST_CHAOS_LONG"] !== undefined;

export function describeFigures(title: string, figures: Readonly<Record<string, number>>): void {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name}: ${format(value)}`);
  process.stdout.write(`\n${title}\n${lines.join("\n")}\n`);
}

function format(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
