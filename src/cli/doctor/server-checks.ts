import { connect } from 'node:net';
import { type ClientSettings } from '../../config.ts';
import { type Endpoint } from '../../setting-kinds.ts';
import { Connection } from '../connection.ts';
import { CommandError } from '../exit-codes.ts';
import { type Check, failed, ok, warning } from './check.ts';

const ANSWER_TIMEOUT_MS = 5_000;
const ELSEWHERE = 'if a replica tells it elsewhere, --endpoint and PERDURA_METRICS_PORT say where';
const START_ONE = 'start one: "perdura serve" or "perdura dev"; --endpoint names another place';

/** Whether Perdura answers at the endpoint, or could. */
export async function grpcCheck(settings: ClientSettings): Promise<Check> {
  const { endpoint } = settings;
  const connection = new Connection(settings);
  try {
    await connection.call('Hello', {}, ANSWER_TIMEOUT_MS);
    return ok('grpc', `Perdura answers at ${endpoint.address}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (await isFree(endpoint)) return warning('grpc', `nothing listens at ${endpoint.address}`, START_ONE);
    return failed(
      'grpc',
      error.message,
      'if it is Perdura, look at its log; if not, --endpoint names another place, PERDURA_GRPC_PORT another port',
    );
  } finally {
    connection.close();
  }
}

/** What the replica says about itself at its port for probes. */
export async function readinessCheck({ address, isSecure }: Endpoint, metricsPort: number): Promise<Check> {
  const url = `${isSecure ? 'https' : 'http'}://${address.replace(/:\d+$/, '')}:${metricsPort}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const text = (await answer.text()).trim().slice(0, 200);
    if (answer.status === 200 && text === 'ok') return ok('readiness', `${url} says ok`);
    const advice = answer.status === 503 ? 'look at its log' : ELSEWHERE;
    return failed('readiness', `${url} says ${answer.status} ${text}`, advice);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return warning('readiness', `${url} can't be read (${reason})`, ELSEWHERE);
  }
}

function isFree({ address }: Endpoint): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const socket = connect({ host, port: Number(port), timeout: ANSWER_TIMEOUT_MS });
  return new Promise((resolve) => {
    const end = (free: boolean): void => {
      socket.destroy();
      resolve(free);
    };
    socket.once('connect', () => {
      end(false);
    });
    socket.once('timeout', () => {
      end(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(error.code === 'ECONNREFUSED');
    });
  });
}
