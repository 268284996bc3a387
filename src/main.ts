import { flushed } from './cli/output.ts';
import { runProgram } from './cli/program.ts';

// Whoever started us over a channel (bin/start.mjs) is gone, even by kill -9: don't hold its ports and data any longer.
process.on('disconnect', () => process.exit(1));

// A start that failed half-way may have left things open: it ends all the same.
const exitCode = await runProgram(process.argv.slice(2));
await flushed();
process.exit(exitCode);
