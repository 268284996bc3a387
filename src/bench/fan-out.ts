import { costMomentOf, costsOf } from './costs.ts';
import { type Plan } from './plan.ts';
import { type FanOutResult } from './result.ts';
import { type CeilingRig, type Rig } from './rig.ts';
import { median, percentile } from './statistics.ts';
import { ceilingWindow } from './windows.ts';

/** Measures orchestrations of very many activities, one at a time. `chainItemsPerSecond`: when it was measured. */
export async function measureFanOut(
  plan: Plan,
  { rig, loop }: { readonly rig: Rig; readonly loop: CeilingRig },
  chainItemsPerSecond: number | undefined,
): Promise<FanOutResult> {
  const { fanOutActivities: activities, fanOutRuns, progress } = plan;
  const ceiling = await ceilingWindow(loop, plan, plan.loadWindowSeconds);
  const run = async (): Promise<number> => (await rig.worker.ask('fanOut', { activities })).seconds;
  await run(); // It warms up.
  const seconds: number[] = [];
  const before = await costMomentOf(rig);
  for (let number = 1; number <= fanOutRuns; number++) {
    const taken = await run();
    progress(`fan-out ${number} of ${fanOutRuns}: ${Math.round(activities / taken)} activities/s`);
    seconds.push(taken);
  }
  const after = await costMomentOf(rig);
  const activitiesPerSecond = activities / median(seconds);
  return {
    ...{ activities, activitiesPerSecond, ...costsOf(before, after, fanOutRuns * activities) },
    ...{ p50Ms: percentile(seconds, 0.5) * 1000, p99Ms: percentile(seconds, 0.99) * 1000 },
    ratioToCeiling: activitiesPerSecond / ceiling.itemsPerSecond,
    ratioToChain: chainItemsPerSecond === undefined ? null : activitiesPerSecond / chainItemsPerSecond,
  };
}
