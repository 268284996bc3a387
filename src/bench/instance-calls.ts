import { setTimeout as pause } from 'node:timers/promises';
import { codec } from '../protocol/codec.ts';
import { waitRequest } from './answers.ts';
import { type GrpcConnection } from './grpc-connection.ts';

const ASK_TIMEOUT_MS = 5_000;

/** The id, with the status that the server says. */
export async function describeInstance(connection: GrpcConnection, id: string): Promise<string> {
  const asked = connection.ask('GetInstance', waitRequest(id));
  const response = await Promise.race([asked, pause(ASK_TIMEOUT_MS, undefined, { ref: false })]);
  if (!response) return `${id}: no answer`;
  const state = codec.decode('GetInstanceResponse', response).orchestrationState;
  return `${id}: ${state?.orchestrationStatus ?? 'unknown to the server'}`;
}

/** Rejects when it ends otherwise. */
export async function untilCompleted(connection: GrpcConnection, id: string): Promise<void> {
  const response = await connection.ask('WaitForInstanceCompletion', waitRequest(id));
  const state = codec.decode('GetInstanceResponse', response).orchestrationState;
  if (state?.orchestrationStatus !== 'ORCHESTRATION_STATUS_COMPLETED') {
    throw new Error(`an orchestration ended as ${String(state?.orchestrationStatus)}`);
  }
}
