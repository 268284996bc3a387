import { randomUUID } from 'node:crypto';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { type Request, TaskHubClient, type UnaryName } from '../../src/grpc/client.ts';
import { type MessageInput } from '../../src/protocol/codec.ts';
import { type OrchestrationState, type OrchestrationStatus } from '../../src/protocol/messages.ts';
import { must } from '../../src/lib/assert.ts';
import { PATIENCE_MS, ScriptedWorker, type WorkerOptions } from './scripted-worker.ts';

type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'TERMINATED' | 'PENDING' | 'SUSPENDED';
export const statusNamed = (name: Status): OrchestrationStatus => `ORCHESTRATION_STATUS_${name}`;

/** A task hub as its clients see it, with shorthands for what tests do all the time. */
export class TestHub {
  readonly name: string;
  readonly endpoint: string;
  readonly client: TaskHubClient;
  readonly #workers = new Set<ScriptedWorker>();

  constructor(endpoint: string, name: string) {
    this.name = name;
    this.endpoint = endpoint;
    this.client = new TaskHubClient({ address: endpoint, hub: name });
  }

  /** Opens a stream of work items; resolves when the server has greeted it. */
  async worker(options: WorkerOptions = {}): Promise<ScriptedWorker> {
    const worker = new ScriptedWorker(this.endpoint, this.name, options);
    this.#workers.add(worker);
    await worker.next('ping');
    return worker;
  }

  /** Starts an instance, with an id of its own unless one is given, and returns the id. */
  async start(request: MessageInput<'CreateInstanceRequest'> = {}): Promise<string> {
    const whole = { instanceId: randomUUID(), name: 'Order', ...request };
    return (await this.client.call('StartInstance', whole)).instanceId;
  }

  async find(instanceId: string, getInputsAndOutputs = true): Promise<OrchestrationState | null> {
    const { exists, orchestrationState } = await this.client.call('GetInstance', {
      instanceId,
      getInputsAndOutputs,
    });
    expect(exists).toBe(orchestrationState !== null);
    return orchestrationState;
  }

  async get(instanceId: string): Promise<OrchestrationState> {
    return must(await this.find(instanceId), `the instance ${instanceId}`);
  }

  async status(instanceId: string): Promise<OrchestrationState['orchestrationStatus']> {
    return (await this.get(instanceId)).orchestrationStatus;
  }

  started(instanceId: string): Promise<OrchestrationState> {
    return this.#wait('WaitForInstanceStart', instanceId);
  }

  completed(instanceId: string): Promise<OrchestrationState> {
    return this.#wait('WaitForInstanceCompletion', instanceId);
  }

  async #wait(
    rpc: 'WaitForInstanceStart' | 'WaitForInstanceCompletion',
    instanceId: string,
  ): Promise<OrchestrationState> {
    const request = { instanceId, getInputsAndOutputs: true };
    const { orchestrationState } = await this.client.call(rpc, request, { timeoutMs: PATIENCE_MS });
    return must(orchestrationState, `the instance ${instanceId}`);
  }

  async raise(instanceId: string, name: string, input?: string): Promise<void> {
    await this.client.call('RaiseEvent', { instanceId, name, input: wrapped(input) });
  }

  async terminate(instanceId: string, output?: string, recursive = false): Promise<void> {
    await this.client.call('TerminateInstance', { instanceId, output: wrapped(output), recursive });
  }

  async suspend(instanceId: string, reason?: string): Promise<void> {
    await this.client.call('SuspendInstance', { instanceId, reason: wrapped(reason) });
  }

  async resume(instanceId: string, reason?: string): Promise<void> {
    await this.client.call('ResumeInstance', { instanceId, reason: wrapped(reason) });
  }

  /** Asserts that a call is refused with that status and a text that contains the words. */
  async refuses<Name extends UnaryName>(
    rpc: Name,
    request: Request<Name>,
    code: keyof typeof status,
    words = '',
  ): Promise<void> {
    await expect(this.client.call(rpc, request, { timeoutMs: PATIENCE_MS })).rejects.toMatchObject({
      code: status[code],
      details: expect.stringContaining(words) as unknown,
    });
  }

  close(): void {
    for (const worker of this.#workers) worker.close();
    this.client.close();
  }
}

export function wrapped(value: string | undefined): { value: string } | null {
  return value === undefined ? null : { value };
}

/** What a call ends with, whatever bytes and metadata it is made of. */
export interface RawOutcome {
  readonly code: status;
  readonly details: string;
  readonly bytes: Buffer | undefined;
}

/** Sends bytes as they are. */
export async function callRaw(
  endpoint: string,
  rpc: string,
  bytes: Buffer,
  metadata: Metadata = new Metadata(),
): Promise<RawOutcome> {
  const client = new Client(endpoint, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  const asIs = (value: Buffer): Buffer => value;
  try {
    return await new Promise((resolve) => {
      const path = `/TaskHubSidecarService/${rpc}`;
      const options = { deadline: Date.now() + PATIENCE_MS };
      client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, options, (error, answer) => {
        resolve({ code: error?.code ?? status.OK, details: error?.details ?? '', bytes: answer });
      });
    });
  } finally {
    client.close();
  }
}
