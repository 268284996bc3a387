/** The one of `words` that takes the fewest edits to become `wanted`; there must be one. */
export function nearestWord(wanted: string, words: readonly string[]): string {
  return words.reduce((best, word) =>
    editDistance(wanted, word) < editDistance(wanted, best) ? word : best,
  );
}

/** Levenshtein's: insertions, deletions and replacements of one character. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, character] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (row[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
