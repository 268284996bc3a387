import { expect, test } from 'vitest';
import { loadsOf } from './loads.ts';

test('a part brings the loads beside which it is judged', () => {
  expect(loadsOf(['queries'])).toEqual(['workItems', 'chain', 'queries']);
  expect(loadsOf(['start-only', 'events'])).toEqual(['workItems', 'unary', 'events', 'starts']);
  expect(loadsOf(['chain', 'latency', 'timers'])).toEqual([]);
});
