import { realClock } from '#api/clock.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { EXECS, PROGRAMS, runtimeContract } from './runtime-contract.ts';

runtimeContract('in memory', async () => {
  const runtime = new FakeRuntime({
    clock: realClock,
    program: (spec) => PROGRAMS[spec.entrypoint?.at(-1) ?? ''] ?? {},
    exec: (_container, command) => EXECS[command.at(-1) ?? ''] ?? { exitCode: 0 },
  });
  runtime.addImage('shell');
  return { runtime, image: 'shell', prefix: 'contract', settle: 0 };
});
