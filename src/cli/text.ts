import stringWidth from 'string-width';

const ELLIPSIS = '…';
const GAP = '  ';
/** No column that can be cut becomes narrower. */
const NARROWEST = 8;
/** Nothing that a terminal shows in one line is longer, whatever its characters are. */
const LONGEST_LINE = 10_000;

const graphemes = new Intl.Segmenter();
/** Zero-width joiners are how emojis are made; all other invisible characters are shown. */
const invisible = /(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text of others fit to be shown: what could steer a terminal, or reorder or hide what stands around it, becomes
 * an escape such as `\u001b`.
 */
export function escapeText(text: string): string {
  return text.replaceAll(invisible, (character) => named[character] ?? escapeOf(character));
}

function escapeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** A value as JSON in one line; what could steer a terminal is written as JSON's own escapes. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(invisible, (character) =>
    Array.from({ length: character.length }, (_, at) => escapeOf(character.charAt(at))).join(''),
  );
}

/** Columns that a terminal needs for it. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** At most so wide; what is cut off at the end becomes an ellipsis. */
export function cutEnd(text: string, width: number): string {
  if (text.length <= LONGEST_LINE && widthOf(text) <= width) return text;
  return `${firstOf(symbolsOf(text), width - 1)}${ELLIPSIS}`;
}

/** The same, cut in the middle: derived ids differ at their ends. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const symbols = symbolsOf(text);
  const head = firstOf(symbols, Math.ceil((width - 1) / 2));
  const tail = firstOf(symbols.toReversed(), Math.floor((width - 1) / 2), (kept, symbol) => symbol + kept);
  return `${head}${ELLIPSIS}${tail}`;
}

function symbolsOf(text: string): string[] {
  return Array.from(graphemes.segment(text.slice(0, LONGEST_LINE)), ({ segment }) => segment);
}

/** As many of the symbols as fit, put together. */
function firstOf(
  symbols: readonly string[],
  width: number,
  join = (kept: string, symbol: string): string => kept + symbol,
): string {
  let kept = '';
  let left = width;
  for (const symbol of symbols) {
    left -= widthOf(symbol);
    if (left < 0) break;
    kept = join(kept, symbol);
  }
  return kept;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export interface Column {
  readonly title: string;
  /** Where cells of this column are cut when the terminal is narrow; unset: never. */
  readonly cut?: 'end' | 'middle';
  /** Adds colour to a padded cell. */
  readonly style?: (padded: string, cell: string) => string;
}

/** Lines of aligned columns, made part by part: a later part keeps the widths of those before where it can. */
export class Table {
  readonly #columns: readonly Column[];
  readonly #width: number | undefined;
  #widths: readonly number[];
  #hasTitles = false;

  /** `width`: of the terminal; undefined when there is none to fit into. */
  constructor(columns: readonly Column[], width: number | undefined) {
    this.#columns = columns;
    this.#width = width;
    this.#widths = columns.map(({ title }) => widthOf(title));
  }

  /** The next rows as lines, with the titles before the first. Cells may be any text. */
  add(rows: readonly (readonly string[])[]): string {
    const cells = rows.map((row) => row.map(escapeText));
    this.#widths = this.#widths.map((width, at) =>
      Math.max(width, ...cells.map((row) => widthOf(row[at] ?? ''))),
    );
    const widths = this.#fitting();
    const titles = this.#hasTitles ? [] : [this.#columns.map(({ title }) => title)];
    const lines = [
      ...titles.map((row) => this.#line(row, widths, false)),
      ...cells.map((row) => this.#line(row, widths, true)),
    ];
    this.#hasTitles = true;
    return lines.map((line) => `${line}\n`).join('');
  }

  #fitting(): readonly number[] {
    const widths = [...this.#widths];
    if (this.#width === undefined) return widths;
    let excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - this.#width;
    // Ids are there to be copied: they are cut last.
    for (const cut of ['end', 'middle']) {
      for (const [at, column] of this.#columns.entries()) {
        if (column.cut !== cut) continue;
        const width = widths[at] ?? 0;
        const spared = Math.min(Math.max(excess, 0), Math.max(width - NARROWEST, 0));
        widths[at] = width - spared;
        excess -= spared;
      }
    }
    return widths;
  }

  #line(row: readonly string[], widths: readonly number[], isStyled: boolean): string {
    const cells = this.#columns.map(({ cut, style }, at) => {
      const [cell, width] = [row[at] ?? '', widths[at] ?? 0];
      const shown = cut === 'middle' ? cutMiddle(cell, width) : cut === 'end' ? cutEnd(cell, width) : cell;
      const padded = at === this.#columns.length - 1 ? shown : padEnd(shown, width);
      return isStyled && style ? style(padded, cell) : padded;
    });
    return cells.join(GAP).trimEnd();
  }
}
