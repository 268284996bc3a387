import { Clock } from '../dispatch/clock.ts';
import { type Demand, type HubUse } from '../dispatch/hub-use.ts';
import { entityIdProblem } from '../domain/entity-id.ts';
import { SchedulerError } from '../domain/errors.ts';
import { instanceId } from '../domain/ids.ts';
import { quotaReached } from '../domain/quota.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { must } from '../lib/assert.ts';
import {
  type CreateInstanceRequest,
  type RaiseEventRequest,
  type RestartInstanceRequest,
  type SignalEntityRequest,
} from '../protocol/messages.ts';
import { type HubContext } from './context.ts';

type Operation<Request, Result> = (context: HubContext, request: Request, bytes: Buffer) => Promise<Result>;

/** What a call adds at most, and the id of an instance that it adds to where there is one already. */
interface Asked extends Demand {
  readonly existing: string;
}

/** How much a request asks for, by its fields and its size. */
type DemandOf<Request> = (request: Request, size: number) => Asked;

/** Its input is stored with the instance, and in the event that starts it. */
export const startDemand: DemandOf<CreateInstanceRequest> = ({ instanceId: id, input }, bytes) => ({
  ...{ instances: 1, pending: 1, bytes: 2 * bytes, payload: input, existing: id },
});
export const signalDemand: DemandOf<SignalEntityRequest> = ({ instanceId: id, input }, bytes) => ({
  ...{ instances: 1, pending: 1, bytes, payload: input, existing: id },
});
export const eventDemand: DemandOf<RaiseEventRequest> = ({ input }, bytes) => ({
  ...{ instances: 0, pending: 1, bytes, payload: input, existing: '' },
});
export const restartDemand: DemandOf<RestartInstanceRequest> = ({ restartWithNewInstanceId }, bytes) => ({
  ...{ instances: Number(restartWithNewInstanceId), pending: 1, bytes, payload: null, existing: '' },
});
export const rewindDemand: DemandOf<unknown> = (_, bytes) => ({
  ...{ instances: 0, pending: 1, bytes, payload: null, existing: '' },
});

/**
 * A client's call that adds something, refused with `resource_exhausted` where a quota of its task hub is reached; then
 * nothing of it is carried out.
 */
export function withinQuotas<Request, Result>(
  demandOf: DemandOf<Request>,
  run: (context: HubContext, request: Request) => Promise<Result>,
): Operation<Request, Result> {
  return (context, request, bytes) => {
    const { quotas, hubId, hub } = context;
    const use = quotas.of(hubId, hub, Clock.monotonicMs());
    if (!use) return run(context, request);
    return admitted(context, use, demandOf(request, bytes.length), () => run(context, request));
  };
}

async function admitted<Result>(
  context: HubContext,
  use: HubUse,
  asked: Asked,
  run: () => Promise<Result>,
): Promise<Result> {
  const demand = await leastOf(context, use, asked);
  const refusing = use.refuses(demand, Clock.monotonicMs());
  if (refusing) {
    context.metrics.quotaRefused(use.hub, refusing);
    throw quotaReached(use.hub, refusing, must(use.limitOf(refusing), 'the limit that refuses'));
  }
  const end = use.begin(demand);
  try {
    const result = await run();
    end(true);
    return result;
  } catch (error) {
    end(error instanceof SchedulerError && error.code === 'unknown');
    throw error;
  }
}

/** An instance that is there already is no new one: who starts it again hears so, and an entity that exists gets its signal. */
async function leastOf(context: HubContext, use: HubUse, asked: Asked): Promise<Demand> {
  const { store, hubId, settings } = context;
  const id = asked.existing;
  const isPossible = canBeInstanceId(id) || entityIdProblem(id, settings.bounds) === undefined;
  if (!isPossible || use.fits('instances', asked.instances)) return asked;
  const [existing] = await store.readInstances([{ hubId, id: instanceId(id) }], false);
  return existing ? { ...asked, instances: 0 } : asked;
}
