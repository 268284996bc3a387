import { runProgram } from './cli/program.ts';

// Whoever started us over a channel (bin/start.mjs) is gone, even by kill -9: don't hold its ports and data any longer.
process.on('disconnect', () => process.exit(1));

process.exitCode = await runProgram(process.argv.slice(2));
