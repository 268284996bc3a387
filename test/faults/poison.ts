import { type Fault } from './fault.ts';
import { type Planned } from '../replicas/load.ts';

/** What is hard to bear, and how it must end all the same. */
const poisons: Readonly<Record<string, Omit<Planned, 'id' | 'events'>>> = {
  'a turn that kills every worker': { name: 'Die', input: '', output: '', failure: 'was given up' },
  'an activity that kills every worker': { name: 'Deadly', input: '', output: 'given up' },
  'a payload with a NUL': echo('a\0b'),
  'a payload that is nested deeply': echo('['.repeat(50_000) + ']'.repeat(50_000)),
  'a payload almost as large as may be': echo('é'.repeat(1.4 * 2 ** 20)),
  'a payload that no program can read': echo('{"a": \u{10FFFF}\uFFFE\u202E'),
};

export const poison: Fault = {
  name: 'poison',
  lastsMs: [0, 0],
  inject(_rig, random, load) {
    const what = random.pick(Object.keys(poisons));
    const planned = poisons[what];
    if (planned) load.also(planned);
    return { what, heal: () => undefined };
  },
};

function echo(input: string): Omit<Planned, 'id' | 'events'> {
  return { name: 'Echo', input, output: input };
}
