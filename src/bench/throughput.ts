import { fillDatabase, type Filling } from '../postgres/bench-rows.ts';
import { type Plan } from './plan.ts';
import { type Processes } from './processes.ts';
import { type BenchResult, type CeilingResult, type ChainResult } from './result.ts';
import { type CeilingRig, type Rig, startRig } from './rig.ts';
import { ceilingWindow, chainWindow, medianCeiling, medianChain } from './windows.ts';

/** What each part gave, in order; nothing of a part that was not planned. */
interface Windows {
  readonly ceiling: CeilingResult[];
  readonly chain: ChainResult[];
  readonly full: ChainResult[];
}

type Throughput = Pick<BenchResult, 'ceiling' | 'chain' | 'full'>;

/** Measures the ceiling, and the chains that were planned, in windows that take turns. */
export async function measureThroughput(
  plan: Plan,
  rig: Rig,
  loop: CeilingRig,
  processes: Processes,
): Promise<Throughput> {
  const { parts, progress, windowSeconds, warmUpSeconds, filling } = plan;
  const chains: { readonly part: 'chain' | 'full'; readonly rig: Rig }[] = [];
  if (parts.includes('chain')) chains.push({ part: 'chain', rig });
  if (parts.includes('full')) chains.push({ part: 'full', rig: await startFullRig(plan, processes) });
  progress('warming up');
  await ceilingWindow(loop, plan, warmUpSeconds);
  for (const chain of chains) await chainWindow(chain.rig, plan, warmUpSeconds);
  const windows: Windows = { ceiling: [], chain: [], full: [] };
  for (let number = 1; number <= plan.windows; number++) {
    const report = (part: keyof Windows): void => {
      const rate = Math.round(windows[part].at(-1)?.itemsPerSecond ?? NaN);
      progress(`window ${number} of ${plan.windows}: ${part} ${rate} work items/s`);
    };
    windows.ceiling.push(await ceilingWindow(loop, plan, windowSeconds));
    report('ceiling');
    // They go first in turn: what makes the machine slower or faster as time goes by favours neither.
    for (const chain of number % 2 === 1 ? chains : chains.toReversed()) {
      windows[chain.part].push(await chainWindow(chain.rig, plan, windowSeconds));
      report(chain.part);
    }
  }
  return throughputOf(windows, filling);
}

/** A rig whose database has been in use for long. */
async function startFullRig(plan: Plan, processes: Processes): Promise<Rig> {
  const { progress, filling } = plan;
  progress(
    `filling a second database: ${filling.finished} finished instances, ${filling.waiting} waiting ones`,
  );
  const rig = await startRig(processes, plan);
  await rig.worker.ask('recordChain', undefined);
  await rig.worker.ask('startWaiting', { count: 1 });
  await fillDatabase(rig.databaseUrl, filling);
  return rig;
}

/** Medians, and each rate by the one that it is judged by. */
export function throughputOf(windows: Windows, filling: Filling): Throughput {
  const ceiling = { ...medianCeiling(windows.ceiling), windows: windows.ceiling };
  if (windows.chain.length === 0) return { ceiling };
  const chain = { ...medianChain(windows.chain), windows: windows.chain };
  const ratioToCeiling = chain.itemsPerSecond / ceiling.itemsPerSecond;
  const full = { ...medianChain(windows.full), windows: windows.full, filling };
  const ratioToChain = full.itemsPerSecond / chain.itemsPerSecond;
  return {
    ceiling,
    chain: { ...chain, ratioToCeiling },
    ...(windows.full.length > 0 && { full: { ...full, ratioToChain } }),
  };
}
