import { limits } from '../domain/limits.ts';

/** Options of the gRPC server; the benchmark's ceiling runs on the same. */
export const serverOptions = {
  // Nobody reads its counters, and they cost on every call.
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': limits.receivedMessageBytes,
  // Past it a connection's new calls are refused, and after a hundred of them it is closed: who asks and never reads
  // would fill the memory with answers.
  'grpc-node.max_session_memory': limits.connectionMegabytes,
  // Work items are bounded where they are made.
  'grpc.max_send_message_length': -1,
  // SDKs don't ping: dead workers are noticed only from here (contract §13.2).
  'grpc.keepalive_time_ms': 25_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Clients wait for instances by calls on one connection.
  'grpc.max_concurrent_streams': limits.waiters + limits.workerStreams,
};
