// Preloaded into a server: says how many bytes of its heap are alive, after a full collection, to whoever asks over the channel.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('message', (message) => {
  if (message !== 'live bytes') return;
  collect();
  process.send?.({ liveBytes: process.memoryUsage().heapUsed });
});
// Listening keeps nobody alive.
process.channel?.unref();
