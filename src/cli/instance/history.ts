import { type Command, Option } from 'commander';
import { type HistoryEvent } from '../../protocol/generated/HistoryEvent.ts';
import { whole } from '../../setting-kinds.ts';
import { clientCommand } from '../client-command.ts';
import { toJson } from '../message-json.ts';
import { valueOf } from '../option-values.ts';
import { note, print, printJsonList, terminalWidth } from '../output.ts';
import { historyLine, historyTitles } from './history-line.ts';

export function historyCommand(): Command {
  return clientCommand<{ readonly limit?: number }>(
    {
      usage: 'history <id>',
      description: 'Show what has happened to the current execution of an instance, one line per event.',
      example: 'perdura instance history order-17 --limit 20',
      options: [
        new Option('--limit <number>', 'The first so many. Default: all.').argParser(
          valueOf(whole(1, Number.MAX_SAFE_INTEGER)),
        ),
      ],
    },
    async ({ connection, args: [id = ''], options: { limit = Infinity }, isJson }) => {
      await connection.find(id);
      const events = first(connection.history(id), limit);
      if (isJson) await printJsonList('events', jsonOf(events));
      else await printLines(events);
    },
  );
}

async function* first<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if (++count >= limit) return;
  }
}

async function* jsonOf(events: AsyncIterable<HistoryEvent>): AsyncGenerator {
  for await (const event of events) yield toJson(event);
}

async function printLines(events: AsyncIterable<HistoryEvent>): Promise<void> {
  const width = terminalWidth();
  let sequence = 0;
  for await (const event of events) {
    if (sequence === 0) await print(`${historyTitles()}\n`);
    await print(`${historyLine(++sequence, event, width)}\n`);
  }
  if (sequence === 0) note('no events: its first turn is not recorded yet');
}
