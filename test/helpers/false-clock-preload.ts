import { readFileSync } from 'node:fs';

// Loaded into a server before anything of its own: its calendar is off by as many seconds as a file says at that moment.
// Timers and whatever else counts from its start stay right, as on a machine whose clock is set.

const file = process.env['FALSE_CLOCK_FILE'] ?? '';
const trueNow = Date.now.bind(Date);
const now = (): number => trueNow() + Number(readFileSync(file, 'utf8')) * 1000;

globalThis.Date = new Proxy(Date, {
  construct: (date, args, made) => Reflect.construct(date, args.length === 0 ? [now()] : args, made) as Date,
  get: (date, key, receiver) => (key === 'now' ? now : (Reflect.get(date, key, receiver) as unknown)),
});
