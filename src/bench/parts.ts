/** What can be measured, in the order in which it is, and what it is. */
export const partTable = {
  ceiling: 'bare grpc-js',
  chain: 'five activities one after the other, many orchestrations at once; brings the ceiling',
  full: 'the chain in a database with 200,000 finished and 200,000 waiting instances; brings both',
  latency: 'one orchestration at a time',
  'fan-out': '10,000 activities at once',
  timers: '100,000 that are due at once, and some one after the other',
  queries: 'lists and look-ups beside the chain',
  events: 'five from clients, one after the other',
  'sub-orchestrations': 'five, one after the other',
  'start-only': 'starts of what nobody runs yet',
  entities: 'signals, calls and critical sections',
} as const;

export type Part = keyof typeof partTable;

export const partNames = Object.keys(partTable) as readonly Part[];
