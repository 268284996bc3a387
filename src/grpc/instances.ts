import { invalidArgument, SchedulerError } from '../domain/errors.ts';
import { instanceId } from '../domain/ids.ts';
import { type InstanceSnapshot } from '../domain/instance.ts';
import { toOrchestrationState } from '../domain/snapshot.ts';
import { canBeInstanceId } from '../domain/validate.ts';
import { type Codec, type Message } from '../protocol/codec.ts';
import { type HubContext } from '../scheduler/context.ts';
import { getInstance } from '../scheduler/get-instance.ts';
import { raiseEvent } from '../scheduler/raise-event.ts';
import { restartInstance } from '../scheduler/restart-instance.ts';
import { resumeInstance } from '../scheduler/resume-instance.ts';
import { rewindInstance } from '../scheduler/rewind-instance.ts';
import { startInstance } from '../scheduler/start-instance.ts';
import { suspendInstance } from '../scheduler/suspend-instance.ts';
import { terminateInstance } from '../scheduler/terminate-instance.ts';
import { waitForInstance } from '../scheduler/wait-for-instance.ts';
import {
  eventDemand,
  restartDemand,
  rewindDemand,
  startDemand,
  withinQuotas,
} from '../scheduler/within-quotas.ts';
import { decodeRequest } from './decode.ts';
import { hubOf, traceParentOf } from './metadata.ts';
import { type GrpcParts } from './parts.ts';
import { answering, unary, type UnaryHandler } from './unary.ts';

/** What clients do with orchestrations. */
export function instanceHandlers(parts: GrpcParts): Record<string, UnaryHandler> {
  const { codec } = parts;
  return {
    StartInstance: unary(parts, 'CreateInstanceRequest', withinQuotas(startDemand, startInstance), (id) =>
      codec.encode('CreateInstanceResponse', { instanceId: id }),
    ),
    GetInstance: unary(parts, 'GetInstanceRequest', readInstance, (snapshot) => encode(snapshot, codec)),
    WaitForInstanceStart: waiting(parts, 'started'),
    WaitForInstanceCompletion: waiting(parts, 'completed'),
    RaiseEvent: unary(parts, 'RaiseEventRequest', ifPossible(withinQuotas(eventDemand, raiseEvent))),
    TerminateInstance: unary(parts, 'TerminateRequest', ifPossible(terminateInstance)),
    SuspendInstance: unary(parts, 'SuspendRequest', ifPossible(suspendInstance)),
    ResumeInstance: unary(parts, 'ResumeRequest', ifPossible(resumeInstance)),
    RestartInstance: unary(
      parts,
      'RestartInstanceRequest',
      withinQuotas(restartDemand, restartInstance),
      (id) => codec.encode('RestartInstanceResponse', { instanceId: id }),
    ),
    RewindInstance: unary(parts, 'RewindInstanceRequest', withinQuotas(rewindDemand, rewindInstance)),
  };
}

/** An id that no orchestration can have, such as an entity's, is that of an unknown one (contract §15). */
function ifPossible<Request extends { readonly instanceId: string }>(
  run: (context: HubContext, request: Request, bytes: Buffer) => Promise<void>,
) {
  return async (context: HubContext, request: Request, bytes: Buffer): Promise<void> => {
    if (isPossible(request.instanceId)) await run(context, request, bytes);
  };
}

function isPossible(id: string): boolean {
  if (id === '') throw invalidArgument('the instance id is empty');
  return canBeInstanceId(id);
}

async function readInstance(
  context: HubContext,
  { instanceId: id, getInputsAndOutputs }: Message<'GetInstanceRequest'>,
): Promise<InstanceSnapshot | undefined> {
  return isPossible(id) ? getInstance(context, instanceId(id), getInputsAndOutputs) : undefined;
}

/** Ends by the condition or with the call: unknown ids keep waiting, impossible ones as well (contract §3.3). */
function waiting(parts: GrpcParts, until: 'started' | 'completed'): UnaryHandler {
  const { codec, hubs, waits } = parts;
  return answering(parts, (call) =>
    waits.during(call, async (signal) => {
      const request = decodeRequest(() => codec.decode('GetInstanceRequest', call.request));
      const context = await hubs.contextFor(hubOf(call.metadata));
      if (!isPossible(request.instanceId)) return untilAborted(signal);
      const startMs = performance.now();
      try {
        const options = { withPayloads: request.getInputsAndOutputs, signal };
        return encode(await waitForInstance(context, instanceId(request.instanceId), until, options), codec);
      } finally {
        context.metrics.spans?.waited({
          ...{ until, hub: context.hub, instanceId: request.instanceId, ms: performance.now() - startMs },
          parent: traceParentOf(call.metadata),
        });
      }
    }),
  );
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(new SchedulerError('cancelled', 'the wait was cancelled'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function encode(snapshot: InstanceSnapshot | undefined, codec: Codec): Buffer {
  if (!snapshot) return codec.encode('GetInstanceResponse', { exists: false });
  const orchestrationState = toOrchestrationState(snapshot, codec);
  return codec.encode('GetInstanceResponse', { exists: true, orchestrationState });
}
