import { expect, test } from 'vitest';
import { ratesOf } from './entities.ts';
import { type EntityWindow } from './result.ts';

const window = (perSecond: number): EntityWindow => ({
  ...{ perSecond, operationsPerSecond: perSecond / 2, postgresCpuPercent: 0, serverCpuMicrosEach: 1 },
  ...{ serverCpuPercent: 0, workerCpuPercent: 0, othersCpuPercent: 0 },
});

test('every load is judged by the unary calls, each by its median', () => {
  const rates = ratesOf({
    unary: [100, 9, 1000].map(window),
    signalsToOne: [60, 1, 99].map(window),
    ...{ signalsToMany: [window(50)], entityCalls: [window(40)], criticalSections: [window(20)] },
    starts: [window(10)],
  });
  expect(rates.signalsToOne).toMatchObject({ perSecond: 60, operationsPerSecond: 30, ratioToUnary: 0.6 });
  expect([rates.unary.ratioToUnary, rates.starts.ratioToUnary]).toEqual([1, 0.1]);
  expect(rates.signalsToOne.windows).toHaveLength(3);
});
