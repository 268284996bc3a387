import { type Load } from './loads.ts';

/**
 * In percent, of a quick run. They guard against a collapse and measure nothing: each is about 60 % of the least of a few
 * runs on two processors that other programs kept busy four times over, where the ceiling and what it judges easily meet
 * different neighbours. On a quiet machine ratios are up to five times as high.
 */
export const floors: Readonly<Partial<Record<Load | 'full' | 'fanOut' | 'timers', number>>> = {
  ...{ chain: 20, full: 35, fanOut: 18, timers: 20 },
  ...{ queries: 20, events: 8, subOrchestrations: 12, starts: 14 },
  ...{ signalsToOne: 20, signalsToMany: 10, entityCalls: 7, criticalSections: 0.5 },
};
