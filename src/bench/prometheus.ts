/** The value of a counter or gauge in Prometheus' text format, summed over its labels; undefined when it isn't there. */
export function readMetric(text: string, name: string): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    const [, value] = line.startsWith(name) ? (/^\w+(?:\{.*\})? (\S+)/.exec(line) ?? []) : [];
    if (value !== undefined && /^[{ ]/.test(line.slice(name.length))) sum = (sum ?? 0) + Number(value);
  }
  return sum;
}
