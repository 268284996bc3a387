import { type Load } from './loads.ts';

/**
 * In percent, of a quick run. They guard against a collapse and measure nothing: each is about 60 % of the least that six
 * runs gave, of 512 and of 128 orchestrations at once, on two processors that other programs kept very busy. There the
 * same ratio differed fivefold and more from run to run: a load and its judge are measured seconds apart.
 */
export const floors: Readonly<Partial<Record<Load | 'full' | 'fanOut' | 'timers', number>>> = {
  ...{ chain: 20, full: 35, fanOut: 18, timers: 20 },
  ...{ queries: 18, events: 8, subOrchestrations: 12, starts: 14 },
  ...{ signalsToOne: 10, signalsToMany: 11, entityCalls: 7, criticalSections: 0.5 },
};
