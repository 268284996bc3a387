import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Collector } from '../../test/helpers/collector.ts';
import { createLogger, type Logger } from './log.ts';
import { openSpans } from './otlp-spans.ts';
import { type DispatchedItem, type Spans, type TraceParent } from './spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

function item(parent: TraceParent | undefined): DispatchedItem {
  const ids = { hub: 'orders', instanceId: 'order-1', name: 'Pay' };
  return { kind: 'activity', ...ids, taskId: 3, waitedMs: 40, parent };
}

function logInMemory(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const destination = new PassThrough().setEncoding('utf8').on('data', (line: string) => lines.push(line));
  return { log: createLogger({ level: 'warn', format: 'json', destination }), lines };
}

async function collect(report: (spans: Spans) => void): Promise<Collector['spans']> {
  await using collector = await Collector.open();
  const { log, lines } = logInMemory();
  const spans = openSpans({ endpoint: `${collector.url}/`, version: '1.2.3', log });
  report(spans);
  await spans.close();
  expect(lines).toEqual([]);
  return collector.spans;
}

test('a dispatch joins the trace of its work, with the time that it took', async () => {
  const [span, ...more] = await collect((spans) => {
    spans.dispatched(item({ traceParent: `00-${TRACE}-${SPAN}-01`, traceState: 'vendor=1' }));
  });
  expect(more).toEqual([]);
  expect(span).toMatchObject({
    ...{
      traceId: TRACE,
      parentSpanId: SPAN,
      traceState: 'vendor=1',
      name: 'dispatch:Pay',
      service: 'perdura',
    },
    attributes: {
      'perdura.task_hub': 'orders',
      'durabletask.type': 'activity',
      'durabletask.task.name': 'Pay',
      'durabletask.task.instance_id': 'order-1',
      'durabletask.task.task_id': 3,
    },
  });
  expect(span?.ms).toBeCloseTo(40, 0);
});

test.each([undefined, '', 'nonsense', `00-${TRACE}-${SPAN}-00`])(
  'work that nobody traces gets no span: %j',
  async (traceParent) => {
    const parent = traceParent === undefined ? undefined : { traceParent, traceState: undefined };
    expect(
      await collect((spans) => {
        spans.dispatched(item(parent));
      }),
    ).toEqual([]);
  },
);

test('commits and waits without a caller in a trace begin traces of their own', async () => {
  const found = await collect((spans) => {
    spans.committed(7, 12, 3);
    spans.waited({ until: 'completed', hub: 'orders', instanceId: 'order-1', ms: 100, parent: undefined });
  });
  expect(found.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
    ['commit', ''],
    ['wait_for_completion', ''],
  ]);
  expect(found[0]?.attributes).toEqual({ 'perdura.writes': 7, 'perdura.lane_wait_ms': 3 });
});

test('a collector that is away costs spans and a warning', async () => {
  const { log, lines } = logInMemory();
  const spans = openSpans({ endpoint: 'http://127.0.0.1:1', version: '1.2.3', log });
  spans.committed(1, 1, 1);
  await spans.close();
  expect(lines.join('')).toContain('the collector at http://127.0.0.1:1 did not take them in time');
});
