import { expect, test } from 'vitest';
import { ratesOf } from './measure-loads.ts';
import { type LoadWindow } from './result.ts';

const window = (perSecond: number): LoadWindow => ({
  ...{ perSecond, besidePerSecond: perSecond / 2, postgresCpuPercent: 0 },
  ...{ serverCpuMicrosEach: 1, postgresCpuMicrosEach: 1, commitsEach: 1, walBytesEach: 1 },
  ...{ serverCpuPercent: 0, workerCpuPercent: 0, othersCpuPercent: 0 },
});

test('every load is judged by another one, each by its median', () => {
  const rates = ratesOf({
    unary: [100, 9, 1000].map(window),
    signalsToOne: [60, 1, 99].map(window),
    starts: [window(10)],
  });
  expect(rates.signalsToOne).toMatchObject({ perSecond: 60, besidePerSecond: 30, ratio: 0.6 });
  expect([rates.unary?.ratio, rates.starts?.ratio]).toEqual([null, 0.1]);
  expect(rates.signalsToOne?.windows).toHaveLength(3);
  expect(rates).not.toHaveProperty('signalsToMany');
});

test('orchestrations are judged by their work items', () => {
  const rates = ratesOf({
    ...{ workItems: [window(1320)], chain: [window(60)], queries: [window(30)] },
    ...{ events: [window(110)], subOrchestrations: [window(30)] },
  });
  expect(rates).toMatchObject({
    ...{ chain: { ratio: 0.5 }, queries: { ratio: 0.5 }, events: { ratio: 0.5 } },
    subOrchestrations: { ratio: 0.25 },
  });
});
