import { type Fault } from './fault.ts';
import { type Planned } from '../replicas/load.ts';

type Dose = Omit<Planned, 'id' | 'events'>;

/** Of what is hard to bear, and how it must end all the same. */
function dosesOf(name: string, doses: Readonly<Record<string, Dose>>, lingersMs?: number): Fault {
  return {
    name,
    lastsMs: [0, 0],
    ...(lingersMs === undefined ? {} : { lingersMs }),
    inject(_rig, random, load) {
      const what = random.pick(Object.keys(doses));
      const dose = doses[what];
      if (dose) load.also(dose);
      return { what, heal: () => undefined };
    },
  };
}

export const poison: Fault = dosesOf('poison', {
  'a payload with a NUL': echo('a\0b'),
  'a payload that is nested deeply': echo('['.repeat(50_000) + ']'.repeat(50_000)),
  'a payload almost as large as may be': echo('é'.repeat(1.4 * 2 ** 20)),
  'a payload that no program can read': echo('{"a": \u{10FFFF}\uFFFE\u202E'),
});

/** Given up after so many deliveries: that takes a minute and more. */
export const deadlyWork: Fault = dosesOf(
  'deadly-work',
  {
    'a turn that kills every worker': { name: 'Die', input: '', output: '', failure: 'was given up' },
    'an activity that kills every worker': { name: 'Deadly', input: '', output: 'given up' },
  },
  90_000,
);

function echo(input: string): Dose {
  return { name: 'Echo', input, output: input };
}
