import { type Metadata } from '@grpc/grpc-js';
import { invalidArgument } from '../domain/errors.ts';
import { type TraceParent } from '../telemetry/spans.ts';

/** What a call says about its caller beside the request (contract entities-and-connection §2.3). */

/** The task hub that a call is for; undefined when it names none. Throws `invalid_argument` when it names several. */
export function hubOf(metadata: Metadata): string | undefined {
  const values = metadata.get('taskhub');
  const [name] = values;
  if (name === undefined) return undefined;
  // HTTP/2 joins a header that is sent twice with a comma.
  if (values.length > 1 || typeof name !== 'string' || name.includes(',')) {
    throw invalidArgument("the metadata 'taskhub' names more than one task hub");
  }
  return name;
}

/** How a worker calls itself: Python, JavaScript and .NET send it, Java and Go don't. For people only. */
export function workerIdOf(metadata: Metadata): string | undefined {
  return textOf(metadata, 'workerid');
}

/** The SDK and the gRPC library: their peculiarities differ. */
export function userAgentOf(metadata: Metadata): string | undefined {
  const parts = [textOf(metadata, 'x-user-agent'), textOf(metadata, 'user-agent')];
  return parts.filter((part) => part !== undefined).join(' ') || undefined;
}

/** The trace that the caller is in, when its gRPC library sends it. */
export function traceParentOf(metadata: Metadata): TraceParent | undefined {
  const traceParent = textOf(metadata, 'traceparent');
  return traceParent === undefined ? undefined : { traceParent, traceState: textOf(metadata, 'tracestate') };
}

function textOf(metadata: Metadata, key: string): string | undefined {
  return metadata.get(key)[0]?.toString();
}
